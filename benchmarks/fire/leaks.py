"""Looks through all that an event lets out for what it must not: labels, salts, seeds, keys, raw scores."""

import io
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from benchmarks.fire.promises import drain
from benchmarks.fire.serving import TRACK, Sent, add_teams, ask, fetch, prediction_files, served
from leaderboard.event import Event
from leaderboard.judge.judging import Judge
from leaderboard.judge.raw_scores import RawScore
from leaderboard.judge.vault import Vault


def secrets_of(judge: Judge, track: str) -> dict[str, list[bytes]]:
    """Return what must be found nowhere, each as the ways in which it could be written down."""
    holdout = judge.holdout(track)
    with judge.scores.read() as session:
        raw = list(session.scalars(select(RawScore)))
    labels = holdout.targets.iloc[:, 0].to_numpy()
    rows = [f"{row:016x},{label}" for row, label in zip(holdout.ids.tolist(), labels.tolist(), strict=True)][:200]
    return {
        "a label beside its id": [f"{row}{end}".encode() for row in rows for end in "\n\r,"],
        "the labels in a row": ["".join(map(str, labels)).encode(), bytes(labels.astype("i1")[:64].tobytes())],
        "a salt": [one.encode() for salt in holdout.salts.values() for one in (salt, str(salt).upper())],
        "the vault's key": [(judge.vault.folder / "key").read_bytes().strip()],
        "a raw score": [way for one in raw for value in (one.value, one.low, one.high) for way in _written(value)],
    }


def _written(value: float) -> list[bytes]:
    """Return a number in digits and as SQLite stores it; a round one, which stands anywhere, in no way.

    Examples
    --------
    >>> _written(0.5), _written(0.8123456789)[0]
    ([], b'0.8123456789')
    """
    return [repr(value).encode(), struct.pack(">d", value)] if len(repr(value)) > 8 else []


def found_in(content: bytes, secrets: Mapping[str, list[bytes]]) -> list[str]:
    """Return which secrets stand in some content, inside archives too.

    Examples
    --------
    >>> found_in(b'{"auc": 0.8123456789}', {"a raw score": [b"0.8123456789"]})
    ['a raw score']
    """
    return [
        what
        for what, ways in secrets.items()
        if any(len(way) >= 8 and way in part for part in _unpacked(content) for way in ways)
    ]


def _unpacked(content: bytes) -> Iterator[bytes]:
    yield content
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from _unpacked(archive.read(name))


def outside_the_vault(folder: Path, vault: Path) -> Iterator[Path]:
    """Yield every file of an event's folder that does not lie in the vault."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.resolve().is_relative_to(vault):
            yield path


def routes(paths: Mapping[str, Mapping], values: Mapping[str, str]) -> list[str]:
    """Return the addresses of an OpenAPI document that can be read, each with values for its parameters.

    Examples
    --------
    >>> routes({"/tracks/{track}/board": {"get": {}}, "/tracks/{track}/check": {"post": {}}}, {"track": "higgs"})
    ['/tracks/higgs/board']
    """
    return [re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path) for path, ways in paths.items() if "get" in ways]


def walk(source: Path, folder: Path, *, files: int = 40) -> str:
    """Read every route, log, kit and file of an event in which files were judged, and find no secret."""
    with served(source, folder) as one:
        (token,) = add_teams(folder, 1)
        for body in prediction_files(folder, files):
            Sent(body, token).until_received(one.port)
        drain(folder)
        values = {"track": TRACK, "challenge": TRACK.partition(".")[0], "number": "1", "name": "higgs", "form": "svg"}
        document = ask(one.port, "GET", "/api/v1/openapi.json").document
        read = [f"/api{path}" for path in routes(document["paths"], values)] + ["/", "/submit", "/challenge"]
        contents = {f"{path} {who}": fetch(one.port, path, who) for path in read for who in (None, token)}
    with closing(Judge(Event(folder), Vault(Event(folder)))) as judge:
        secrets = secrets_of(judge, TRACK)
        assert all(secrets.values())
        kept = sorted(judge.vault.folder.rglob("*.sqlite"))
        assert any("a raw score" in found_in(path.read_bytes(), secrets) for path in kept), "the search finds nothing"
        contents |= {str(path): path.read_bytes() for path in outside_the_vault(folder, judge.vault.folder)}
    contents["log"] = one.log.read_bytes()
    leaks = {place: found for place, content in contents.items() if (found := found_in(content, secrets))}
    assert not leaks, leaks
    files = len(contents) - 2 * len(read)
    return f"{len(read)} routes with and without a token, {files} files: no label, salt, key or raw score"
