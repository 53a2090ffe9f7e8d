"""The sealed holdout: what the judge alone knows, and the commitment that proves it never changed."""

import hashlib
import hmac
import io
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from challenges.files import write_atomically
from scoring.predictions.rows import ID
from scoring.sealed.answers import composed_texts

FORMAT = "physathon holdout 1"


class HoldoutError(ValueError):
    """A holdout that cannot be sealed, opened or corrected as asked."""


@dataclass(frozen=True, repr=False, eq=False)
class Holdout:
    """The answers of one track, opened only by the judge.

    Attributes
    ----------
    track : str
        Full name, ``challenge.track``.
    metric : str
        Name and version of the metric it is judged by.
    features_sha256 : str
        Digest of the public test features that these answers belong to.
    ids : ndarray of uint64, shape (n,)
        Ascending.
    targets : DataFrame, shape (n, t)
    groups : ndarray of int64, shape (n,)
        The independent unit of each row.
    weights : ndarray of float64, shape (n,)
    slices : ndarray of str, shape (n,)
        The slice each row is judged in.
    salts : mapping of str to str
        32 random bytes in hexadecimal for each slice; without them small slices could be guessed from their digest.
    variance : mapping of str to tuple of float
        Of each training target, for each metric, by its name, that counts errors in it.
    """

    track: str
    metric: str
    features_sha256: str
    ids: np.ndarray
    targets: pd.DataFrame
    groups: np.ndarray
    weights: np.ndarray
    slices: np.ndarray
    salts: Mapping[str, str]
    variance: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in ("ids", "targets", "groups", "weights", "slices")}
        if len(set(lengths.values())) > 1:
            raise HoldoutError(f"a holdout needs as many rows of each part, got {lengths}")
        if len(self.ids) == 0 or (self.ids[1:] <= self.ids[:-1]).any():
            raise HoldoutError("a holdout needs at least one row, and its ids ascending and unique")
        missing = np.argwhere(self.targets.isna().to_numpy())
        if len(missing):
            row, column = missing[0]
            raise HoldoutError(f"{self.targets.columns[column]} of row {row} is missing ({len(missing)} such answers)")
        self._check_groups()

    def _check_groups(self) -> None:
        names, code = np.unique(self.groups, return_inverse=True)
        any_slice = np.empty(len(names), dtype=self.slices.dtype)
        any_slice[code] = self.slices
        straddles = np.flatnonzero(any_slice[code] != self.slices)
        if len(straddles):
            row = straddles[0]
            count = len(np.unique(code[straddles]))
            raise HoldoutError(
                f"a group must lie in one slice; group {self.groups[row]} has rows in {self.slices[row]} and "
                f"{any_slice[code[row]]} ({count} such groups)"
            )

    def __repr__(self) -> str:
        return f"Holdout({self.track}, {len(self.ids)} rows, slices {sorted(self.salts)})"

    def __reduce_ex__(self, protocol):
        raise HoldoutError("a holdout refuses to be pickled: pass its path and let the judge open it")

    def canonical(self, name: str) -> bytes:
        """Return the bytes whose SHA-256 commits to one slice: comment lines, a header, then rows by ascending id."""
        rows = self.rows(name)
        head = {"track": self.track, "slice": name, "metric": self.metric}
        head |= {"features_sha256": self.features_sha256, "salt": self.salts[name]}
        head |= {"types": _types(self.targets), "variance": _written(self.variance, self.metric)}
        table = pd.DataFrame(
            {
                "id": [f"{value:016x}" for value in self.ids[rows].tolist()],
                "group": self.groups[rows],
                "weight": self.weights[rows],
                **{column: self.targets[column].to_numpy()[rows] for column in self.targets},
            }
        )
        text = io.StringIO()
        text.write(f"# {FORMAT}\n# {json.dumps(head, sort_keys=True)}\n")
        table.to_csv(text, index=False, lineterminator="\n")
        return text.getvalue().encode()

    def rows(self, name: str) -> np.ndarray:
        """Return the row numbers of one slice."""
        if name not in self.salts:
            raise HoldoutError(f"{self.track} has no slice {name!r}; it has {sorted(self.salts)}")
        return self._rows_of[name]

    @cached_property
    def _rows_of(self) -> dict[str, np.ndarray]:
        """The row numbers of each slice: every submission is judged on them."""
        return {name: np.flatnonzero(self.slices == name) for name in self.salts}

    @cached_property
    def commitments(self) -> dict[str, str]:
        """Return the SHA-256 of each slice's canonical bytes, fit to be published."""
        return {name: hashlib.sha256(self.canonical(name)).hexdigest() for name in sorted(self.salts)}

    @cached_property
    def digest(self) -> str:
        """One SHA-256 for the whole holdout: over its slices' commitments."""
        return digest_of(self.commitments)

    def corrected(self, corrections: pd.DataFrame, salt: Callable[[bytes], str] | None = None) -> "Holdout":
        """Return the holdout with some targets replaced, and other salts for the slices that changed.

        Parameters
        ----------
        corrections : DataFrame
            Column ``id`` (16 hexadecimal digits) and one or more target columns.
        salt : callable, optional
            Given the canonical bytes of a slice that changed, still under its old salt, returns its new one: 32 bytes
            in hexadecimal that nobody can guess; by default fresh random ones.

        Raises
        ------
        HoldoutError
            If an id is unknown, repeated or no id, a column is no target, or nothing would change.
        """
        targets = self.targets.copy()
        columns = [column for column in corrections if column != "id"]
        unknown = [column for column in columns if column not in targets]
        if "id" not in corrections or not columns or unknown:
            raise HoldoutError(f"corrections need a column id and targets of {list(targets)}, got {list(corrections)}")
        strange = [value for value in corrections["id"] if not (isinstance(value, str) and ID.fullmatch(value))]
        if strange:
            raise HoldoutError(f"corrections: expected ids of 16 lower-case hexadecimal digits, got {strange[0]!r}")
        ids = np.array([int(value, 16) for value in corrections["id"]], dtype=np.uint64)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        absent = ids[self.ids[rows] != ids]
        if len(absent):
            raise HoldoutError(f"corrections: {len(absent)} ids are not in {self.track}, first {absent[0]:016x}")
        again = corrections["id"][corrections["id"].duplicated()]
        if len(again):
            raise HoldoutError(f"corrections: expected each id once, {again.iloc[0]} stands there twice")
        by_id = corrections.set_index("id")
        for column in columns:
            targets.iloc[rows, list(targets).index(column)] = _corrected(targets[column], by_id[column])
        if targets.equals(self.targets):
            raise HoldoutError(f"corrections: every row of {self.track} already has these targets")
        changed = set(self.slices[(targets != self.targets).any(axis=1)])
        fixed = replace(self, targets=targets)
        salts = {name: salt(fixed.canonical(name)) for name in changed} if salt else fresh_salts(changed)
        return replace(fixed, salts={**self.salts, **salts})

    def seal(self, path: Path, key: bytes) -> None:
        """Write the holdout encrypted (AES-256-GCM, the track's name authenticated), whole or not at all.

        Raises
        ------
        HoldoutError
            If its targets would not come back as they are.
        """
        parts = {name: self.canonical(name) for name in sorted(self.salts)}
        try:
            unchanged = Holdout._join([_read_canonical(part) for part in parts.values()]).digest == self.digest
        except ValueError:
            unchanged = False
        if not unchanged:
            raise HoldoutError(f"the targets of {self.track} cannot be written as text and read back unchanged")
        index = json.dumps({name: len(part) for name, part in parts.items()}).encode()
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(key).encrypt(nonce, index + b"\n" + b"".join(parts.values()), self.track.encode())
        write_atomically(path, nonce + sealed, 0o600)

    @classmethod
    def open(cls, path: Path, key: bytes, track: str) -> "Holdout":
        """Decrypt a sealed holdout.

        Raises
        ------
        HoldoutError
            If the file is missing, damaged, of another track, or sealed with another key.
        """
        try:
            sealed = path.read_bytes()
            plain = AESGCM(key).decrypt(sealed[:12], sealed[12:], track.encode())
        except FileNotFoundError as error:
            raise HoldoutError(f"no sealed holdout of {track} at {path}") from error
        except (InvalidTag, ValueError) as error:
            raise HoldoutError(f"{path} is damaged, or sealed with another key or for another track") from error
        index, _, body = plain.partition(b"\n")
        parts, start = [], 0
        for length in json.loads(index).values():
            parts.append(_read_canonical(body[start : start + length]))
            start += length
        return cls._join(parts)

    @classmethod
    def _join(cls, parts: list[tuple[dict, pd.DataFrame]]) -> "Holdout":
        heads = [head for head, _ in parts]
        table = pd.concat([rows.assign(slice=head["slice"]) for head, rows in parts], ignore_index=True)
        ids = np.array([int(value, 16) for value in table["id"]], dtype=np.uint64)
        order = np.argsort(ids)
        table = table.iloc[order].reset_index(drop=True)
        return cls(
            track=heads[0]["track"],
            metric=heads[0]["metric"],
            features_sha256=heads[0]["features_sha256"],
            ids=ids[order],
            targets=table.drop(columns=["id", "group", "weight", "slice"]),
            groups=table["group"].to_numpy(np.int64),
            weights=table["weight"].to_numpy(np.float64),
            slices=table["slice"].to_numpy(str),
            salts={head["slice"]: head["salt"] for head in heads},
            variance=_variances(heads[0]["variance"], heads[0]["metric"]),
        )


def _read_canonical(part: bytes) -> tuple[dict, pd.DataFrame]:
    form, head, rows = part.split(b"\n", 2)
    if form != f"# {FORMAT}".encode():
        raise HoldoutError(f"expected answers in the form {FORMAT!r}, got {form[:40]!r}: another version wrote them")
    head = json.loads(head.removeprefix(b"# "))
    types = {"id": "str"} | head["types"]
    return head, pd.read_csv(io.BytesIO(rows), dtype=types, keep_default_na=False)


def _written(variance: Mapping[str, tuple[float, ...]], metric: str) -> list[float] | dict[str, list[float]]:
    """Return variances as they are sealed: of the deciding metric alone as a list, which is how it always was."""
    if variance.keys() <= {metric.partition("/")[0]}:
        return [value for values in variance.values() for value in values]
    return {name: list(values) for name, values in variance.items()}


def _variances(written: list[float] | dict[str, list[float]], metric: str) -> dict[str, tuple[float, ...]]:
    """Return what `_written` was given."""
    if isinstance(written, list):
        written = {metric.partition("/")[0]: written} if written else {}
    return {name: tuple(values) for name, values in written.items()}


def _types(targets: pd.DataFrame) -> dict[str, str]:
    numeric = pd.api.types.is_numeric_dtype
    return {str(name): str(kind) if numeric(kind) else "str" for name, kind in targets.dtypes.items()}


def _corrected(targets: pd.Series, corrections: pd.Series) -> np.ndarray:
    """Return corrections as the targets' type: texts composed, of classes only known ones, else finite numbers.

    Parameters
    ----------
    targets : Series
    corrections : Series
        Indexed by id.
    """
    if not pd.api.types.is_numeric_dtype(targets):
        strange = [(id, value) for id, value in corrections.items() if not isinstance(value, str)]
        if strange:
            id, value = strange[0]
            raise HoldoutError(f"corrections, id {id}: expected a text as {targets.name}, got {value!r}")
        return composed_texts(corrections).to_numpy()
    if pd.api.types.is_integer_dtype(targets):
        known = set(targets.unique().tolist())
        strange = [(id, value) for id, value in corrections.items() if value not in known]
        if strange:
            id, value = strange[0]
            raise HoldoutError(f"corrections, id {id}: {targets.name} is {value!r}, expected one of {sorted(known)}")
    try:
        with np.errstate(over="ignore"):
            corrected = corrections.astype(targets.dtype).to_numpy()
    except (TypeError, ValueError) as error:
        raise HoldoutError(f"corrections: {targets.name} needs {targets.dtype} ({error})") from error
    if pd.api.types.is_float_dtype(targets) and not np.isfinite(corrected).all():
        raise HoldoutError(f"corrections: {targets.name} must be finite numbers")
    return corrected


def digest_of(commitments: Mapping[str, str]) -> str:
    """Return the digest of a holdout whose slices have these commitments."""
    lines = "".join(f"{name} {sha256}\n" for name, sha256 in sorted(commitments.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def fresh_salts(names: Iterable[str]) -> dict[str, str]:
    """Return 32 new random bytes, in hexadecimal, for each slice."""
    return {name: secrets.token_hex(32) for name in names}


def opaque_ids(key: bytes, challenge: str, n_rows: int) -> np.ndarray:
    """Return an id for each row that says nothing about it: the first 64 bits of ``HMAC-SHA256(key, challenge:row)``.

    Raises
    ------
    HoldoutError
        If two rows share an id (a chance of n²/2⁶⁵).
    """
    ids = np.array(
        [int.from_bytes(hmac.digest(key, f"{challenge}:{row}".encode(), "sha256")[:8], "big") for row in range(n_rows)],
        dtype=np.uint64,
    )
    if n_rows > 1 and (np.diff(np.sort(ids)) == 0).any():
        raise HoldoutError("two rows share an id: draw another key")
    return ids


def assign_slices(groups: np.ndarray, fractions: Mapping[str, float], rng: np.random.Generator) -> np.ndarray:
    """Return the slice of each row: whole groups, in random order, filled up to each slice's fraction of the rows."""
    names, code, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng.permutation(len(names))
    middle = np.empty(len(names))
    middle[order] = (np.cumsum(counts[order]) - counts[order] / 2) / len(groups)
    edges = np.cumsum(list(fractions.values()))[:-1]
    return np.array(list(fractions), dtype=str)[np.searchsorted(edges, middle)][code]
