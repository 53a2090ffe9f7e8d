"""An event of an earlier version is copied before it is brought to this one, whole or not at all."""

import sqlite3
import stat
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.people import auditing
from leaderboard.people.auditing import Filter
from leaderboard.store import migrating
from leaderboard.store.copying import copy_file
from leaderboard.store.database import Database, open_store
from leaderboard.store.tables import Base
from leaderboard.store.versions import newest_version, stands_at
from tests.leaderboard.test_serve import answers, eventually
from tests.support import ROOT, free_port, physathon

TRACK = "higgs.signal"
WAS, NEWEST = "event_0003", newest_version("event")
STEPS = range(int(WAS[-4:]), int(NEWEST[-4:]))


@pytest.fixture
def event(tmp_path, monkeypatch) -> Event:
    """Return an event as version 0.1 left it."""
    for variable in ("PHYSATHON_VAULT", "PHYSATHON_VAULT_KEY", VAULT_DATABASE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    with tarfile.open(ROOT / "tests" / "fixtures" / "event-0.1" / "event.tar.xz") as archive:
        archive.extractall(tmp_path, filter="tar")
    return Event(tmp_path / "event")


def copies(event: Event) -> list[Path]:
    return sorted(event.folder.glob("event.sqlite-event_*"))


def version(url: str) -> str | None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return stands_at(connection)
    finally:
        engine.dispose()


def rows(file: Path) -> dict[str, int]:
    """Return how many rows the tables of version 0.1 have."""
    names = "teams", "tokens", "submissions", "jobs", "releases", "audit"
    with closing(sqlite3.connect(file)) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def test_tables_of_an_earlier_version_are_copied_beside_before_they_are_changed(event):
    before = rows(event.folder / "event.sqlite")
    said = physathon("upgrade", "--event", event.folder)
    (copy,) = copies(event)
    assert str(copy) in said
    assert f"version {NEWEST}" in said
    assert copy.name.startswith(f"event.sqlite-{WAS}-20")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert version(f"sqlite:///{copy}") == WAS
    assert version(event.database_url) == NEWEST
    assert rows(copy) == rows(event.folder / "event.sqlite") == before
    physathon("upgrade", "--event", event.folder)
    assert copies(event) == [copy], "where nothing is changed nothing is copied"


def test_the_log_of_before_is_looked_through_like_what_comes_later(event):
    physathon("upgrade", "--no-backup", "--event", event.folder)
    with closing(open_store(event)) as store, store.read() as session:
        told = [one.id for one in auditing.entries(session, Filter(), limit=None) if one.details.get("track") == TRACK]
        assert told
        assert [one.id for one in auditing.entries(session, Filter(track=TRACK), limit=None)] == told


def test_no_copy_is_made_where_none_is_wanted(event):
    physathon("upgrade", "--no-backup", "--event", event.folder)
    assert copies(event) == []
    assert version(event.database_url) == NEWEST


def test_a_migration_that_fails_leaves_the_tables_as_they_were(event, monkeypatch):
    before, upgrade = rows(event.folder / "event.sqlite"), migrating.upgrade

    def break_in_the_middle(connection, tables):
        upgrade(connection, tables, "event_0006")
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(migrating, "upgrade", break_in_the_middle)
        with pytest.raises(RuntimeError):
            open_store(event)
    assert version(event.database_url) == WAS
    assert rows(event.folder / "event.sqlite") == before
    assert copies(event) == [], "a judge that is started again and again fills no disk"
    open_store(event).close()
    assert version(event.database_url) == NEWEST


def test_tables_of_a_later_version_are_left_alone(event):
    with closing(open_store(event)) as store, store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'event_9999'"))
    said = CliRunner().invoke(cli.app, ["status", "--event", str(event.folder)])
    assert isinstance(said.exception, migrating.NewerTables)
    assert "event_9999" in str(said.exception)
    assert version(event.database_url) == "event_9999"


def test_tables_in_a_server_are_changed_once_somebody_says_that_they_were_copied(postgresql, tmp_path, monkeypatch):
    url = postgresql.new_database()
    event = Event.create(tmp_path / "event", name="toy", challenges=["higgs"], database_url=url)
    with closing(Database(url, "event")) as database, database.engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA event"))
        migrating.upgrade(connection, "event", "event_0011")
    with pytest.raises(migrating.NotCopied, match=r"event_0011, .*pg_dump.* --no-backup"):
        open_store(event)
    assert "its vault is not here" in physathon("upgrade", "--no-backup", "--event", event.folder)
    open_store(event).close()


@pytest.mark.proof
def test_an_event_of_an_earlier_version_is_served_and_its_web_need_not_write_beside_the_tables(event):
    port, log = free_port(), event.folder / "log"
    command = [sys.executable, "-m", "leaderboard", "serve", "--event", str(event.folder), "--port", str(port)]
    with log.open("w") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{port}"), log)
    finally:
        process.terminate()
        process.wait(20)
    (copy,) = copies(event)
    assert f"{copy}: the tables as they were" in log.read_text()


@pytest.mark.proof
def test_from_every_version_there_ever_was_the_same_rows_come(event, tmp_path):
    """Walk from version to version; from each of them go on at once."""
    before = rows(event.folder / "event.sqlite")
    for step in STEPS:
        here = tmp_path / f"{step}.sqlite"
        copy_file(event.folder / "event.sqlite", here)
        engine = create_engine(f"sqlite:///{here}")
        with engine.begin() as connection:
            migrating.upgrade(connection, "event", f"event_{step:04}")
        engine.dispose()
        with closing(Database(f"sqlite:///{here}", "event")) as database:
            database.migrate(Base.metadata)
            assert database.copy is not None
            assert version(f"sqlite:///{database.copy}") == f"event_{step:04}"
        assert rows(here) == before
