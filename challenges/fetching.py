"""Fetching real files: resumed, verified, whole or not at all."""

import shutil
from pathlib import Path

import pooch
import requests
import urllib3

from challenges.dataset import DataFileError, Progress
from challenges.files import DiskFullError, room_for, write_atomically, written_whole
from challenges.manifest import RemoteFile

CHUNK = 1 << 20
TRIES = 3
TIMEOUT = (10, 60)  # seconds to connect, seconds of silence
CHECKSUMS = "SHA256SUMS"
"""Holds what was computed when files without a published checksum first came, as sha256sum writes it."""


class DownloadError(DataFileError):
    """A download that did not finish; the next fetch continues what has arrived."""


class ChecksumError(DataFileError):
    """A download whose bytes are not those of the manifest; nothing of it is kept."""


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


def fetch_unverified(url: str, folder: Path, *, progress: Progress | None = None) -> Path:
    """Return a file of which nobody has published a checksum, downloading it if it is not there.

    Its sha256 is computed when it first comes, and kept in ``SHA256SUMS`` beside it: a later call notices if the file
    is another by then. A file that was put there by hand is taken as it is.

    Parameters
    ----------
    url : str
        Its last part is the file's name.
    folder : Path
        Where it goes; made if need be.
    progress : callable, optional
        Called with the bytes there and, where the server names them, those of the whole file.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, or ends early; nothing is left behind.
    ChecksumError
        If the file there is another than the one that first came.
    DiskFullError
        If the disk runs full.
    """
    destination = folder / url.rpartition("/")[2]
    known = _checksums(folder)
    if not destination.is_file():
        try:
            _receive_whole(url, destination, progress)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise DownloadError(f"{url}: cannot be downloaded ({error})") from error
        known.pop(destination.name, None)
    came = pooch.file_hash(str(destination))
    first = known.setdefault(destination.name, came)
    if came != first:
        raise ChecksumError(f"{destination}: expected sha256 {first}, as when it first came, got {came}; remove it")
    lines = "".join(f"{checksum}  {name}\n" for name, checksum in sorted(known.items()))
    write_atomically(folder / CHECKSUMS, lines.encode())
    return destination


def _receive_whole(url: str, destination: Path, progress: Progress | None) -> None:
    with requests.get(url, headers={"Accept-Encoding": "identity"}, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code != 200:
            raise DownloadError(f"{url}: expected the file, got HTTP {answer.status_code} {answer.reason}")
        size = int(answer.headers["Content-Length"]) if "Content-Length" in answer.headers else None
        with written_whole(destination, size or 0) as temporary, temporary.open("wb") as sink:
            there = 0
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                there += sink.write(chunk)
                if progress:
                    progress(there, size)
            if size not in (None, there):
                raise DownloadError(f"{url}: expected {size:,} bytes, got {there:,}; fetch again")


def _checksums(folder: Path) -> dict[str, str]:
    path = folder / CHECKSUMS
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return {name: checksum for checksum, _, name in (line.partition("  ") for line in lines)}


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
        with room_for(part, file.size - start), part.open("ab" if start else "wb") as sink:
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
