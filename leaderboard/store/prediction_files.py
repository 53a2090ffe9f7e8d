"""Canonical prediction files, named by their SHA-256: a local folder now, any object store by the same calls."""

import hashlib
import io

import numpy as np
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from leaderboard.event import Event


class DamagedFile(ValueError):
    """A kept prediction file whose content is not what its name says."""


def _store(event: Event) -> LocalStore:
    return LocalStore(event.submissions, mkdir=True)


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}.npy"


def put(event: Event, sha256: str, canonical: bytes) -> None:
    """Keep a canonical file; one that is there already stays, unless it is damaged."""
    try:
        _store(event).put(_path(sha256), canonical, mode="create")
    except AlreadyExistsError:
        if _digest(_read(event, sha256)) != sha256:
            _store(event).put(_path(sha256), canonical, mode="overwrite")


def get(event: Event, sha256: str) -> np.ndarray:
    """Return the predictions of that name, float64, rows by ascending id.

    Raises
    ------
    DamagedFile
        If the content has another SHA-256.
    """
    content = _read(event, sha256)
    if _digest(content) != sha256:
        raise DamagedFile(f"submissions/{_path(sha256)} has SHA-256 {_digest(content)}")
    return np.load(io.BytesIO(content), allow_pickle=False)


def _read(event: Event, sha256: str) -> bytes:
    return bytes(_store(event).get(_path(sha256)).bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
