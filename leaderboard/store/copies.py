"""What everybody may have of an event whose files lie in a bucket: there once, and in each machine's ``public/``.

Files lie in the bucket under their SHA-256, and ``public.json`` says which of them has which name in ``public/``. Who
writes one puts it there first. So a name changes at one instant, for all machines alike, and no two of them mix.
"""

import json
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.files import InTheMaking, folder_made_whole, is_litter, write_atomically
from leaderboard.event import Event, EventError
from leaderboard.store.bucket import AT_ONCE, Bucket, NotInBucket, bucket_of, digest_of
from leaderboard.store.faults import StoreFault, faults_of_the_disk
from leaderboard.store.prediction_files import in_folder
from leaderboard.store.tables import Submission

INDEX = "public.json"
KNOWN = ".public.json"
"""The index as it was last brought here, in ``public/``."""

SECONDS = 2.0
"""Between two looks at the index."""

PUBLISHED = re.compile(
    r"receipts[A-Za-z0-9_-]*\.pem"
    r"|corrections\.key"
    r"|(results|observed|revealed)/[a-z0-9_]+\.[a-z0-9_.]+\.(json|csv)"
    r"|[a-z0-9_]+/kit\.zip"
    r"|[a-z0-9_]+/[a-z0-9_]+/(train|validation|test|format|facts)\.(parquet|h5|json)"
)
"""What is public, and nothing that a vault has: whoever writes the index may lead a name anywhere by a link."""


def _published(name: str) -> str:
    if not PUBLISHED.fullmatch(name):
        raise ValueError("no event publishes a file of that name")
    return name


Name = Annotated[str, AfterValidator(_published)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Index(BaseModel):
    """Which files are public, by their names in ``public/``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str
    files: dict[Name, Sha256] = {}
    tag: str | None = None
    """What the bucket calls this version of it."""

    def to_bytes(self) -> bytes:
        """Return it as it lies in the bucket."""
        return json.dumps({"event": self.event, "files": dict(sorted(self.files.items()))}, indent=1).encode()


def write(event: Event, path: Path, data: bytes) -> None:
    """Write a file of ``public/``, whole."""
    share(event, {path: data})
    write_atomically(path, data)


def remove(event: Event, *paths: Path) -> None:
    """Take files of ``public/`` away, where they are there."""
    share(event, {}, gone=paths)
    for path in paths:
        path.unlink(missing_ok=True)


def share(event: Event, files: Mapping[Path, Path | bytes], gone: Iterable[Path] = ()) -> None:
    """Let all machines have files of ``public/``, before they get their names here; without a bucket nothing is done.

    Parameters
    ----------
    event : Event
    files : mapping of Path to (Path or bytes)
        What is in them, or where that lies now, by their paths in ``public/``.
    gone : iterable of Path
        What there is no more.

    Raises
    ------
    leaderboard.store.faults.StoreUnwritable
        If the bucket does not take them: no machine sees a change then.
    """
    bucket = bucket_of(event)
    if bucket is None:
        return
    new = {_name(event, path): bucket.put_public(content) for path, content in files.items()}
    lost = {_name(event, path) for path in gone}
    while True:
        index = _index(event, bucket) or Index(event=event.config.id)
        wanted = {name: sha256 for name, sha256 in (index.files | new).items() if name not in lost}
        if index.tag and wanted == index.files:
            return
        if bucket.replace(INDEX, Index(event=index.event, files=wanted).to_bytes(), index.tag):
            return


def send(event: Event) -> None:
    """Put what an event's folder has of its files into the bucket, where that lacks it."""
    bucket = bucket_of(event)
    if bucket is None:
        return
    index = _index(event, bucket)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        kept = [path for path in sorted(event.submissions.rglob("*.npy")) if not is_litter(path.name)]
        names = (path.relative_to(event.folder).as_posix() for path in kept)
        list(pool.map(lambda name, path: bucket.put(name, path.read_bytes()), names, kept))
    own = {path: path for path in sorted(event.public.rglob("*")) if PUBLISHED.fullmatch(_name(event, path))}
    if index is None:
        share(event, own)
    for path in own if index else ():
        bucket.put_public(path)


def refresh(event: Event) -> bool:
    """Bring ``public/`` to what the bucket has; return False where that has nothing of the event.

    A challenge's data come whole. What is here by other ways stays.

    Raises
    ------
    EventError
        If the bucket's index is none, or another event's.
    leaderboard.store.faults.StoreUnwritable
        If the bucket does not answer, or lacks what the index names.
    """
    bucket = bucket_of(event)
    if bucket is None:
        return True
    known = _known(event)
    index = _index(event, bucket, known)
    if index is None:
        return False
    waits = set()
    for challenge in event.config.challenges:
        folder, begin = event.public / challenge, f"{challenge}/"
        its = {name: sha256 for name, sha256 in index.files.items() if name.startswith(begin)}
        if its and not folder.exists():
            try:
                with folder_made_whole(folder) as staging:
                    for name, sha256 in its.items():
                        bucket.fetch(sha256, staging / name.removeprefix(begin))
            except InTheMaking:  # here, by who puts it into the bucket at this moment
                waits |= its.keys()
    here = {name: sha256 for name, sha256 in index.files.items() if name not in waits}
    for name, sha256 in here.items():
        path = event.public / name
        if known.files.get(name) == sha256 and path.exists():
            continue
        if not path.is_file() or digest_of(path) != sha256:
            bucket.fetch(sha256, path)
    for name in known.files.keys() - index.files.keys():
        (event.public / name).unlink(missing_ok=True)
    found = index.model_copy(update={"files": here, "tag": None if waits else index.tag})
    if found != known:
        with faults_of_the_disk():
            write_atomically(event.public / KNOWN, found.model_dump_json().encode())
    return True


def opened(event: Event, session: Session) -> None:
    """Bring ``public/`` here, or an event that comes from its folder into the bucket.

    Where the bucket does not answer now, what was brought here before serves until it does.

    Raises
    ------
    EventError
        If the bucket has nothing of the event, and the folder does not have all of its files.
    leaderboard.store.faults.StoreUnwritable
        If the bucket does not answer, and nothing was brought here yet.
    """
    try:
        if refresh(event):
            return
    except StoreFault as error:
        if not (event.public / KNOWN).exists():
            raise
        logging.getLogger(__name__).warning("public files stay as they were: %s", error)
        return
    missing = sum(not in_folder(event, sha256) for sha256 in set(session.scalars(select(Submission.sha256))))
    if missing:
        raise EventError(
            f"{event.first.files_url} has nothing of this event, and {missing} of its files are not in "
            f"{event.submissions}: mend files_url, or put them back from a backup"
        )
    send(event)
    refresh(event)


def follow(event: Event) -> threading.Event:
    """Bring ``public/`` to what the bucket has, again and again, until the event that is returned is set."""
    end = threading.Event()
    if bucket_of(event):
        threading.Thread(target=_follow, args=(event, end), name="public files", daemon=True).start()
    return end


def _follow(event: Event, end: threading.Event) -> None:
    while not end.wait(SECONDS):
        try:
            refresh(event)
        except StoreFault:
            pass  # the bucket's own words are in the log
        except Exception:
            logging.getLogger(__name__).exception("public files are looked at again in a moment")


def _index(event: Event, bucket: Bucket, known: Index | None = None) -> Index | None:
    """Return which files are public at this moment; None where the bucket was never used."""
    try:
        content, tag = bucket.look(INDEX, known.tag if known else None)
    except NotInBucket:
        return None
    if content is None and known:
        return known
    try:
        index = Index.model_validate(json.loads(content or b"") | {"tag": tag})
    except (ValueError, TypeError) as error:
        raise EventError(f"{bucket.url}/{INDEX} does not say which files are public: {error}") from error
    if index.event != event.config.id:
        raise EventError(f"{bucket.url} holds the files of another event: {index.event}, not {event.config.id}")
    return index


def _known(event: Event) -> Index:
    try:
        return Index.model_validate_json((event.public / KNOWN).read_bytes())
    except (FileNotFoundError, ValidationError):
        return Index(event=event.config.id)


def _name(event: Event, path: Path) -> str:
    return path.relative_to(event.public).as_posix()
