"""A backup of all but the vault: one tar file, whole and of one moment although the event is served meanwhile."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import MetaData, make_url

from challenges.files import folder_made_whole, is_litter, passing_folder
from leaderboard.event import Event, EventError
from leaderboard.store.copies import refresh
from leaderboard.store.copying import ArchiveError, copy_file, new_file
from leaderboard.store.database import open_database
from leaderboard.store.prediction_files import all_in_bucket
from leaderboard.store.queries import now
from leaderboard.store.tables import Base
from leaderboard.store.transfer import copy_tables, is_empty

MANIFEST = "manifest.json"
FORMAT = 1
"""Version of what an archive holds, in its manifest."""

LEFT_OUT = {"vault", "uploads", "served.toml", "served.lock", "event.toml"}
"""What of an event's folder is the judge's alone or of the moment; as event.toml the file is kept that was read."""

BLOCK = 2**20

Progress = Callable[[str, int, int | None], None]

Source = Path | Callable[[], io.BufferedRandom]
"""Where the content of a file of an archive is, or what opens it."""


def back_up(event: Event, target: Path, progress: Progress) -> int:
    """Write a backup of an event's public side and return how many files are in it.

    The tables are copied first: whatever file they speak of was kept before them.

    Raises
    ------
    ArchiveError
        If the target is there already.
    """
    database = event.database_file()
    with (
        new_file(target) as partial,
        passing_folder(target.resolve().with_name(f".{target.name}.work.partial")) as work,
    ):
        copy = work / "event.sqlite"
        if database is None or database.exists():
            copy_database(event.database_url, "event", Base.metadata, copy)
        paths: dict[str, Source] = {"event.toml": event.settings}
        if copy.exists():
            paths["event.sqlite"] = copy
        refresh(event)
        paths |= {name: path for name, path in _files_of(event) if not name.startswith("event.sqlite")}
        paths |= all_in_bucket(event)
        with partial.open("wb") as file:
            write_tar(file, paths, {"event": event.config.id}, progress, f"backup of {event.config.name}")
    return len(paths)


def copy_database(url: str, tables: str, newest_tables: MetaData, target: Path) -> None:
    """Copy a database into a new SQLite file as it is at one moment, whoever writes meanwhile.

    Parameters
    ----------
    url, tables, newest_tables
        See `leaderboard.store.database.open_database`.
    target : Path
    """
    file = file_of(url)
    if file is None:
        with (
            closing(open_database(url, tables, newest_tables)) as database,
            closing(open_database(f"sqlite:///{target}", tables, newest_tables)) as copy,
            database.read() as source,
            copy.write() as written,
        ):
            copy_tables(source.connection(), written.connection(), newest_tables)
        return
    copy_file(file, target)


@contextmanager
def tables_put_back(file: Path, url: str, tables: str, newest_tables: MetaData) -> Generator[None]:
    """Move a backup's tables from their SQLite file to where their event keeps them, once the block ends well.

    Parameters
    ----------
    file : Path
        As `copy_database` wrote it.
    url, tables, newest_tables
        See `leaderboard.store.database.open_database`.

    Raises
    ------
    ArchiveError
        If there are rows in those tables already.
    """
    if file_of(url) == file:
        yield
        return
    with (
        closing(open_database(f"sqlite:///{file}", tables, newest_tables)) as kept,
        closing(open_database(url, tables, newest_tables)) as database,
        kept.read() as source,
        database.write() as written,
    ):
        if not is_empty(written.connection(), newest_tables):
            where = make_url(url).render_as_string()
            raise ArchiveError(f"{where} holds tables of an event already: a backup is restored into an empty database")
        copy_tables(source.connection(), written.connection(), newest_tables)
        yield
    file.unlink()


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None where it is another kind."""
    found = make_url(url)
    return Path(found.database or "") if found.get_backend_name() == "sqlite" else None


def _files_of(event: Event) -> Iterator[tuple[str, Path]]:
    for path in sorted(event.folder.rglob("*")):
        name = path.relative_to(event.folder)
        hidden = any(is_litter(part) for part in name.parts)
        if path.is_file() and not hidden and name.parts[0] not in LEFT_OUT and not path.is_relative_to(event.vault):
            yield name.as_posix(), path


def write_tar(
    file: io.BufferedIOBase, paths: Mapping[str, Source], about: dict[str, str], progress: Progress, what: str
) -> None:
    """Write files into a tar archive, and at its end what each of them is."""
    digests: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w|") as tar:
        for done, (name, path) in enumerate(paths.items(), start=1):
            with path.open("rb") if isinstance(path, Path) else path() as content:
                info = tar.gettarinfo(arcname=name, fileobj=content)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                digests[name] = hashlib.file_digest(content, "sha256").hexdigest()
                content.seek(0)
                tar.addfile(info, content)
            progress(what, done, len(paths))
        document = {"format": FORMAT, "made_at": now().isoformat(), **about, "files": digests}
        text = json.dumps(document, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        tar.addfile(info, io.BytesIO(text))


def read_tar(file: io.BufferedIOBase, folder: Path, name: str) -> dict:
    """Unpack an archive into an empty folder and return its manifest, once every file is what that says.

    Parameters
    ----------
    file : file object
        Read from its beginning to its end.
    folder : Path
    name : str
        What the archive is called in messages.

    Raises
    ------
    ArchiveError
        If it is no backup, is cut off, or a file is missing, added or changed.
    """
    try:
        with tarfile.open(fileobj=file, mode="r|") as tar:
            for member in tar:
                if not member.isfile():
                    raise ArchiveError(f"{name} is no backup of an event: {member.name!r} in it is no file")
                tar.extract(member, folder, filter="data")
        while file.read(BLOCK):
            pass
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        said = manifest["files"]
    except FileNotFoundError:
        raise ArchiveError(f"{name} is no backup of an event, or it is cut off: it has no {MANIFEST}") from None
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as error:
        if isinstance(error, EventError):
            raise
        raise ArchiveError(f"{name} is no backup of an event, or it is damaged: {error}") from error
    (folder / MANIFEST).unlink()
    if manifest.get("format") != FORMAT:
        raise ArchiveError(f"{name} is of format {manifest.get('format')!r}; this version reads {FORMAT}")
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as content:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(content, "sha256").hexdigest()
    differ = sorted(one for one in said.keys() | found.keys() if said.get(one) != found.get(one))
    if differ:
        raise ArchiveError(
            f"{name} is damaged: {', '.join(differ[:5])} {'is' if len(differ) == 1 else 'are'} not as said"
        )
    return manifest


@contextmanager
def new_folder(folder: Path) -> Generator[Path]:
    """Yield an empty folder that gets its name, and is on the disk, once the block ends well; else nothing is left.

    Raises
    ------
    ArchiveError
        If something is there already.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArchiveError(f"{folder} already holds something: a backup is restored into a new folder")
    with folder_made_whole(folder) as staging:
        yield staging


def restore(archive: Path, staging: Path, name: str = "") -> dict:
    """Unpack a backup of an event's public side into an empty folder, and return its manifest.

    Raises
    ------
    ArchiveError
        If it is none, or not whole.
    """
    with archive.open("rb") as file:
        manifest = read_tar(file, staging, name or archive.name)
    if not (staging / "event.toml").is_file():
        raise ArchiveError(f"{archive.name} is no backup of an event: there is no event.toml in it")
    for folder, mode in ((staging / "submissions", 0o700), (staging, 0o755)):
        if folder.is_dir():
            folder.chmod(mode)
    return manifest
