"""A holdout on its way to the judge's other processes: a file under a key, open in a moment."""

import io
import json
import secrets
from pathlib import Path

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from challenges.files import write_atomically
from scoring.sealed.holdout import Holdout, HoldoutError

PARTS = ("ids", "groups", "weights", "slices")
HEAD = b"holdout"
PURPOSE = b"lent"


def lend(holdout: Holdout, path: Path, key: bytes) -> None:
    """Write a holdout for `borrow` (AES-256-GCM); what is committed to and kept is `Holdout.seal`'s, a text."""
    head = {name: getattr(holdout, name) for name in ("track", "metric", "features_sha256", "digest")}
    head |= {"salts": dict(holdout.salts), "variance": dict(holdout.variance)}
    columns = {name: getattr(holdout, name) for name in PARTS}
    columns |= {f"target {name}": holdout.targets[name].array for name in holdout.targets}
    table = pa.table({name: pa.array(column) for name, column in columns.items()}, metadata={HEAD: json.dumps(head)})
    stream = io.BytesIO()
    with pa.ipc.new_file(stream, table.schema) as file:
        file.write_table(table)
    nonce = secrets.token_bytes(12)
    write_atomically(path, nonce + AESGCM(key).encrypt(nonce, stream.getvalue(), PURPOSE), 0o600)


def borrow(path: Path, key: bytes) -> Holdout:
    """Return a holdout that `lend` wrote.

    Raises
    ------
    HoldoutError
        If it is not there any more, damaged, or under another key.
    """
    try:
        lent = path.read_bytes()
        table = pa.ipc.open_file(AESGCM(key).decrypt(lent[:12], lent[12:], PURPOSE)).read_all()
    except FileNotFoundError as error:
        raise HoldoutError(f"no holdout at {path}: it is not lent any more, or this machine does not see it") from error
    except InvalidTag as error:
        raise HoldoutError(f"{path} is damaged, or lent under another key") from error
    head = json.loads((table.schema.metadata or {})[HEAD])
    digest, variance = head.pop("digest"), {name: tuple(values) for name, values in head.pop("variance").items()}
    parts = {name: table[name].to_numpy() for name in PARTS[:-1]} | {"slices": table["slices"].to_numpy().astype(str)}
    targets = table.select([name for name in table.column_names if name not in PARTS]).to_pandas()
    holdout = Holdout(**head, **parts, targets=targets.rename(columns=lambda name: name[7:]), variance=variance)
    vars(holdout)["digest"] = digest  # worked out by who lent it; from a million rows it takes seconds
    return holdout
