"""The commands that back an event up, and bring it back on another machine."""

import os
from contextlib import ExitStack
from pathlib import Path
from stat import S_IMODE
from typing import Annotated

import tomlkit
import typer

from challenges.files import write_atomically
from leaderboard.cli.common import (
    HERE,
    EventOption,
    at_a_terminal,
    console,
    errors,
    judging,
    progress_bars,
    readable,
    storing,
)
from leaderboard.event import Event, EventError

app = typer.Typer()
PASSPHRASE = "PHYSATHON_BACKUP_PASSPHRASE"
WITHOUT_VAULT = (
    "Without its vault this event shows its boards, takes files in and verifies receipts; it cannot judge, rescore, "
    "finalize, publish or reveal. Bring the vault by `physathon restore --vault FILE`."
)
VaultOption = Annotated[Path | None, typer.Option(help="The vault, in an encrypted file of its own.")]


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="All but the vault, in one tar file. Keep it to yourself.")
    ] = None,
    vault: VaultOption = None,
    event: EventOption = HERE,
) -> None:
    """Back an event up, while it is served or not; the vault goes into a file of its own, under a passphrase."""
    from leaderboard.health import BACKUP
    from leaderboard.judge.vault import Vault
    from leaderboard.judge.vault_archive import back_up_vault
    from leaderboard.store.archive import back_up
    from leaderboard.store.queries import audit

    if file is None and vault is None:
        raise EventError("say where to: `physathon backup FILE`, with --vault FILE for the vault, or both")
    found = Event(event)
    if vault is not None:
        passphrase = _passphrase(new=True)
        with progress_bars() as progress:
            count = back_up_vault(Vault(found), vault, passphrase, progress)
        console.print(f"{vault}: {count} files of the vault, of no use without the passphrase", soft_wrap=True)
    if file is not None:
        with progress_bars() as progress:
            count = back_up(found, file, progress)
        console.print(f"{file}: {count} files; the vault is not among them", soft_wrap=True)
    with storing(event) as (_, store), store.write() as session:
        what = [name for name, target in (("tables", file), ("vault", vault)) if target is not None]
        audit(session, BACKUP, what=what)


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="As `physathon backup` wrote it.")] = None,
    vault: VaultOption = None,
    erased: Annotated[
        Path | None, typer.Option(help="The newest erased.txt that is left: who stands in it is forgotten again.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="An empty database for its tables; none: a file in the folder.")
    ] = None,
    files: Annotated[str | None, typer.Option(metavar="URL", help="A bucket for its files; none: the folder.")] = None,
    event: EventOption = HERE,
) -> None:
    """Bring an event back into a new folder, and its vault, or the vault alone; then replay the boards."""
    from leaderboard.judge.vault_archive import restore_vault, vault_tables_put_back
    from leaderboard.store import archive, copies
    from leaderboard.store.tables import Base

    if file is None and vault is None:
        raise EventError("say what from: `physathon restore FILE`, with --vault FILE for the vault, or both")
    if file is None and (erased, database, files) != (None, None, None):
        raise EventError("--erased, --database and --files go with the backup of the tables: `physathon restore FILE`")
    passphrase = _passphrase(new=False) if vault else ""
    if file is not None:
        with archive.new_folder(event) as staging, ExitStack() as put_back:
            its = archive.restore(readable(file), staging)
            _say_where(staging / "event.toml", database_url=database, files_url=files)
            if erased is not None:
                write_atomically(staging / Event.ERASED, readable(erased).read_bytes())
            if vault is not None:
                (staging / "vault").mkdir(0o700)
                _same_event(its, restore_vault(readable(vault), staging / "vault", passphrase), file, vault)
                put_back.enter_context(vault_tables_put_back(staging / "vault"))
            url = Event(staging).database_url
            put_back.enter_context(archive.tables_put_back(staging / "event.sqlite", url, "event", Base.metadata))
            copies.send(Event(staging))
    elif vault is not None:
        found = Event(event)
        with archive.new_folder(found.vault) as staging, ExitStack() as put_back:
            its = restore_vault(readable(vault), staging, passphrase)
            _same_event({"event": found.config.id}, its, event, vault)
            put_back.enter_context(vault_tables_put_back(staging))
    _look_over(event, whole=vault is not None)


def _say_where(settings: Path, **urls: str | None) -> None:
    """Write into event.toml where tables and files are from now on, as far as something is said."""
    document = tomlkit.parse(settings.read_text("utf-8"))
    for key, url in urls.items():
        if url is not None:
            document.pop(key, None)
        if url not in (None, "none"):
            document[key] = url
    write_atomically(settings, tomlkit.dumps(document).encode(), S_IMODE(settings.stat().st_mode))


def _same_event(one: dict, other: dict, file: Path, vault: Path) -> None:
    if one["event"] != other["event"]:
        raise EventError(f"{vault} is the vault of another event than {file}: {other['event']}, not {one['event']}")


def _look_over(folder: Path, *, whole: bool) -> None:
    """Say what a restored event has, and whether its boards are what they were."""
    from sqlalchemy import select

    from leaderboard.intake.receipts import verify
    from leaderboard.store.database import open_store
    from leaderboard.store.tables import Submission

    event = Event(folder)
    store = open_store(event)
    try:
        with store.read() as session:
            signed = [receipt for receipt in session.scalars(select(Submission.receipt)) if receipt]
    finally:
        store.close()
    for receipt in signed:
        verify(receipt, event)
    console.print(
        f"{event.folder}: {event.config.name}, {len(signed)} receipts, all verify", markup=False, soft_wrap=True
    )
    if not whole:
        console.print(WITHOUT_VAULT, soft_wrap=True)
        return
    _replay(folder)


def _replay(folder: Path) -> None:
    from leaderboard.judge.replay import replay
    from leaderboard.judge.results import named

    guilty = []
    with judging(folder) as judge:
        with judge.store.read() as session:
            tracks = [name for name in judge.event.tracks() if _has_holdout(session, name)]
        for track in tracks:
            found = replay(judge, track)
            if found.lost:
                errors.print(f"{track}: missing or damaged: {named(found.lost)}", markup=False, soft_wrap=True)
            console.print(f"{track}: {found.releases} scores follow from the vault as they are shown")
            guilty += [f"{track}: no. {number}" for number in found.differing]
    if guilty:
        raise EventError(f"what is shown does not follow from the vault: {', '.join(guilty)}")


def _has_holdout(session, track: str) -> bool:
    from leaderboard.store.tables import TrackState

    return session.get(TrackState, track) is not None


def _passphrase(*, new: bool) -> str:
    """Return the passphrase of a vault's backup: from the environment, or from who is at the terminal."""
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not at_a_terminal():
        raise EventError(f"the vault's backup has a passphrase: put it into {PASSPHRASE}, or call this at a terminal")
    return typer.prompt("Passphrase of the vault's backup", hide_input=True, confirmation_prompt=new)
