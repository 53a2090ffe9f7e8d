"""Real data: what a manifest says about its files, fetching them, and writing files whole or not at all."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pooch
import requests
import urllib3
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from challenges.dataset import Dataset

Progress = Callable[[int, int | None], None]
"""Called with the bytes done so far and all bytes there are (None where nobody knows)."""

CHUNK = 1 << 20
TRIES = 3
TIMEOUT = (10, 60)  # seconds to connect, seconds of silence


class DataFileError(ValueError):
    """A data file that is not what it should be; the message says what was expected, what came, and where."""


class ManifestError(DataFileError):
    """A manifest that is not Croissant, or lacks what a download needs."""


class DownloadError(DataFileError):
    """A download that did not finish; the next fetch continues what has arrived."""


class ChecksumError(DataFileError):
    """A download whose bytes are not those of the manifest; nothing of it is kept."""


class DiskFullError(DataFileError):
    """No room for a file.

    Attributes
    ----------
    path : Path
        The file that could not be written.
    needed, free : int
        Bytes it needs (an upper estimate where the size is not known beforehand) and bytes there are.
    """

    def __init__(self, path: Path, needed: int) -> None:
        self.path, self.needed, self.free = path, needed, shutil.disk_usage(path.parent).free
        super().__init__(f"{path}: no space left on the disk; needs up to {needed:,} bytes, {self.free:,} are free")


@dataclass(frozen=True)
class Split:
    """A real data set cut in two: the training rows lie in a file, the holdout in memory.

    Attributes
    ----------
    holdout : Dataset
        The rows to be judged on.
    rows, train_rows, duplicates : int
        Rows read, rows written for training, and training rows dropped because they equal a holdout row.
    """

    holdout: Dataset
    rows: int
    train_rows: int
    duplicates: int


@contextmanager
def written_whole(destination: Path, needed: int) -> Iterator[Path]:
    """Yield a temporary name beside `destination`; it becomes `destination` only when the block ends well.

    Parameters
    ----------
    destination : Path
        Its folder is made if need be.
    needed : int
        Bytes the file may take, for the message when the disk is full.

    Raises
    ------
    DiskFullError
        If the disk runs full; as after any other failure, nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "answer.txt", needed=2) as temporary:
    ...     _ = temporary.write_text("42")
    >>> [path.name for path in folder.iterdir()]
    ['answer.txt']
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    temporary = destination.with_name(f".{destination.name}.{os.getpid()}.part")
    try:
        with _room_for(destination, needed):
            yield temporary
            # Without this a power cut could leave an empty file under the final name.
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _room_for(path: Path, needed: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(path, needed) from error
        raise


def _bytes(text: object) -> object:
    """Read Croissant's contentSize: a number of bytes, with or without its unit."""
    return text.removesuffix("B").strip() if isinstance(text, str) else text


class RemoteFile(BaseModel):
    """One file of a manifest: where it is, how long it is, and the checksum that says it is the right one."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    url: str = Field(alias="contentUrl", pattern=r"^https?://")
    size: Annotated[int, BeforeValidator(_bytes)] = Field(alias="contentSize", gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    encoding_format: str = Field(alias="encodingFormat")


def _files(distribution: object) -> object:
    """Leave out what is found inside another file: there is nothing to fetch."""
    if not isinstance(distribution, list):
        return distribution
    return [part for part in distribution if not (isinstance(part, dict) and "containedIn" in part)]


class Source(BaseModel):
    """A file of which nobody has published a checksum: where people find it."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str = Field(alias="contentUrl", pattern=r"^https?://")


class Manifest(BaseModel):
    """What a Croissant file says about a data set, as far as fetching and citing it goes.

    Attributes
    ----------
    name, licence, citation : str
        The data set, the address of its licence, and the paper to cite.
    files : tuple of RemoteFile
        What is to be fetched.
    unverified : tuple of Source
        What is not, for want of a checksum; read from ``isBasedOn``.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    licence: str = Field(alias="license")
    citation: str = Field(alias="citeAs")
    files: Annotated[tuple[RemoteFile, ...], BeforeValidator(_files)] = Field((), alias="distribution")
    unverified: tuple[Source, ...] = Field((), alias="isBasedOn")

    @model_validator(mode="after")
    def _names_a_file(self) -> "Manifest":
        if not self.files and not self.unverified:
            raise ValueError("expected at least one file in distribution or isBasedOn, got none")
        return self

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest.

        Raises
        ------
        ManifestError
            If it is not JSON, or a key that a download needs is missing or wrong; the message names the key.

        Examples
        --------
        >>> from challenges.spec import MANIFESTS
        >>> Manifest.read(MANIFESTS / "higgs.json").files[0].name
        'HIGGS.csv.gz'
        """
        try:
            return cls.model_validate(json.loads(path.read_text("utf-8")))
        except (UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
            raise ManifestError(f"{path}: {error}") from error


def fetch(file: RemoteFile, folder: Path, *, progress: Progress | None = None) -> Path:
    """Return a file of the real data, downloading what is not there yet.

    A download that breaks off stays as ``NAME.part`` and is continued, now or by the next call. The name without
    ``.part`` appears only after the checksum agrees; a file there already is used if its checksum agrees, and replaced
    if not.

    Parameters
    ----------
    file : RemoteFile
        What to fetch.
    folder : Path
        Where it goes; made if need be.
    progress : callable, optional
        Called with the bytes there and the bytes of the whole file.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, offers another length, or breaks off three times.
    ChecksumError
        If all bytes came but their sha256 is not the manifest's; they are removed.
    DiskFullError
        If the disk has too little room; found before the download starts where possible.
    """
    destination = folder / file.name
    if destination.is_file() and pooch.file_hash(str(destination)) == file.sha256:
        return destination
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{file.name}.part"
    _download(file, part, progress)
    came = pooch.file_hash(str(part))
    if came != file.sha256:
        _forget(part)
        raise ChecksumError(f"{file.url}: expected sha256 {file.sha256}, got {came}; the download was removed")
    part.replace(destination)
    _forget(part)
    return destination


def _download(file: RemoteFile, part: Path, progress: Progress | None) -> None:
    failure: Exception | None = None
    for _ in range(TRIES):
        if _length(part) > file.size:
            _forget(part)
        missing = file.size - _length(part)
        if missing == 0:
            return
        if shutil.disk_usage(part.parent).free < missing:
            raise DiskFullError(part, missing)
        try:
            _receive(file, part, progress)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = error
        if _length(part) == file.size:
            return
    raise DownloadError(
        f"{file.url}: expected {file.size:,} bytes, got {_length(part):,} in {TRIES} tries"
        f" ({failure or 'the server ended early'}); fetch again to continue"
    )


def _receive(file: RemoteFile, part: Path, progress: Progress | None) -> None:
    """Ask once for what is missing, and write what comes."""
    have, tag = _length(part), _tag_of(part)
    # The checksum is that of the bytes as stored, so nobody may compress or expand them on the way.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag.exists():
            # A file that changed since is then sent anew from its first byte.
            headers["If-Range"] = tag.read_text("latin-1")
    with requests.get(file.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == 416:
            return _forget(part)
        if answer.status_code not in (200, 206):
            raise DownloadError(f"{file.url}: expected the file, got HTTP {answer.status_code} {answer.reason}")
        if answer.status_code == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            got = answer.headers.get("Content-Range")
            raise DownloadError(f"{file.url}: asked for the bytes from {have}, got {got}")
        # A server that knows no Range, or whose file has changed, sends everything.
        start = have if answer.status_code == 206 else 0
        coming = answer.headers.get("Content-Length")
        if coming is not None and start + int(coming) != file.size:
            # Perhaps the sign-in page of a wireless network: no reason to give up what has arrived before.
            raise DownloadError(f"{file.url}: expected {file.size:,} bytes, the server offers {start + int(coming):,}")
        _remember(tag, answer.headers.get("ETag", ""))
        with _room_for(part, file.size - start), part.open("ab" if start else "wb") as sink:
            there = start
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                there += len(chunk)
                if there > file.size:
                    break
                sink.write(chunk)
                if progress:
                    progress(there, file.size)
        if there > file.size:
            _forget(part)
            raise DownloadError(f"{file.url}: expected {file.size:,} bytes, the server sends more")


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _tag_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _remember(tag: Path, etag: str) -> None:
    """Keep the server's name for this version of the file; a weak one cannot vouch for single bytes."""
    if etag and not etag.startswith("W/"):
        tag.write_text(etag, "latin-1")
    else:
        tag.unlink(missing_ok=True)


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag_of(part).unlink(missing_ok=True)
