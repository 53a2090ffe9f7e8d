"""An event's files in a bucket of an object storage, by S3's protocol: kept under names that are given once."""

import hashlib
import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from challenges.files import written_whole
from leaderboard.event import Event, EventError
from leaderboard.store.faults import StoreUnwritable, faults_of_the_disk

BLOCK = 8 * 2**20
"""Bytes that one request asks for: what breaks off is asked for again from there."""

LONGEST_REQUEST = timedelta(seconds=30)
SOON, LATER = timedelta(seconds=0.1), timedelta(seconds=2)
"""How long one rests before a request is repeated the first time, and at most."""


AT_ONCE = 8
"""Files that are asked for, or sent, at the same time."""


class NotInBucket(KeyError):
    """A name that a bucket knows nothing by."""


class Bucket:
    """Objects below an address.

    What does not answer, or answers that it is busy or broken (503, 500, 429), is asked again until the patience is
    over; then it raises StoreUnwritable. Nothing is ever deleted.

    Parameters
    ----------
    url : str
        ``s3://bucket/prefix``. Endpoint, region and keys come from the environment: AWS_ENDPOINT_URL, AWS_REGION,
        AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what else obstore reads.
    patience : float
        Seconds.

    Raises
    ------
    EventError
        If obstore is not installed.
    """

    def __init__(self, url: str, patience: float) -> None:
        self.url = url
        try:
            from obstore.store import S3Store
        except ImportError as error:
            raise EventError(f"files at {url} need obstore: pip install 'physathon[cluster]'") from error
        self._store = S3Store.from_url(
            url,
            client_options={
                "timeout": LONGEST_REQUEST,
                "connect_timeout": timedelta(seconds=max(patience, 1)),
                "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true"),
            },
            retry_config={
                "max_retries": 10_000,
                "retry_timeout": timedelta(seconds=patience),
                "backoff": {"init_backoff": SOON, "max_backoff": LATER, "base": 2},
            },
        )

    def __repr__(self) -> str:
        return f"Bucket({self.url!r})"

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name that says what they are; where other bytes have it, they are damaged and give way."""
        from obstore.exceptions import AlreadyExistsError

        with self._asked(name):
            try:
                self._store.put(name, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                if bytes(self._store.get(name).bytes()) != content:
                    self._store.put(name, content, use_multipart=False)

    def put_public(self, content: bytes | Path) -> str:
        """Keep bytes, or a file, under their SHA-256 in ``public/``, unless they are there; return that."""
        sha256 = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else digest_of(content)
        name = public_name(sha256)
        with self._asked(name):
            try:
                self._store.head(name)
            except FileNotFoundError:
                self._store.put(name, content)
        return sha256

    def get(self, name: str) -> bytes:
        """Return what has a name.

        Raises
        ------
        NotInBucket
            If nothing has.
        """
        with self._asked(name):
            return bytes(self._store.get(name).bytes())

    def fetch(self, sha256: str, path: Path) -> None:
        """Write the public file of that SHA-256 to a path, whole.

        Raises
        ------
        StoreUnwritable
            If it is not there, or another one.
        """
        name = public_name(sha256)
        try:
            with self._asked(name):
                size = self._store.head(name)["size"]
        except NotInBucket as error:
            raise StoreUnwritable(f"{name} is not in the bucket") from error
        digest = hashlib.sha256()
        with faults_of_the_disk(), written_whole(path, size) as partial, partial.open("wb") as file:
            for start in range(0, size, BLOCK):
                with self._asked(name):
                    block = self._store.get_range(name, start=start, end=min(start + BLOCK, size))
                digest.update(block)
                file.write(block)
            if digest.hexdigest() != sha256:
                raise StoreUnwritable(f"{name} in the bucket holds other bytes than its name says")

    def names(self, prefix: str) -> Iterator[str]:
        """Yield all names below a prefix."""
        with self._asked(prefix):
            for found in self._store.list(prefix):
                yield from (one["path"] for one in found)

    def look(self, name: str, known: str | None = None) -> tuple[bytes | None, str | None]:
        """Return what has a name at this moment, and its tag; no bytes where it is what is known by a tag.

        Raises
        ------
        NotInBucket
            If nothing has.
        """
        from obstore.exceptions import NotModifiedError

        with self._asked(name):
            try:
                found = self._store.get(name, options={"if_none_match": known} if known else None)
                return bytes(found.bytes()), found.meta["e_tag"]
            except NotModifiedError:
                return None, known

    def replace(self, name: str, content: bytes, tag: str | None) -> bool:
        """Put bytes in the place of those of a tag, or of nothing; return False where others came before."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with self._asked(name):
            try:
                self._store.put(name, content, mode={"e_tag": tag} if tag else "create", use_multipart=False)
                return True
            except (AlreadyExistsError, PreconditionError):
                return False

    @contextmanager
    def _asked(self, name: str) -> Generator[None]:
        """Raise what a bucket refuses as what it is: nothing of that name, or a fault."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise StoreUnwritable(f"there is no bucket at {self.url}") from error
            raise NotInBucket(name) from error
        except (BaseError, OSError) as error:
            # What follows the status is the storage's own document, which may name keys.
            logging.getLogger(__name__).warning("%s", str(error).partition("\n")[0].partition(": <")[0])
            raise StoreUnwritable("the bucket of its files does not answer as it should") from error


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def public_name(sha256: str) -> str:
    """Return the name of a public file."""
    return f"public/{sha256}"


def bucket_of(event: Event) -> Bucket | None:
    """Return the bucket that an event's files lie in; None where they lie in its folder."""
    url = event.first.files_url
    return _bucket(url, event.patience) if url else None


@lru_cache(maxsize=8)
def _bucket(url: str, patience: float) -> Bucket:
    return Bucket(url, patience)
