"""What cannot be opened or filled leaves no connection behind."""

import pytest

from leaderboard.event import Event, EventError
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.store.database import Database, open_store
from leaderboard.workshop.conformance import Subject


@pytest.fixture
def closed(monkeypatch):
    """Return the names of the databases closed since, in order."""
    names, close = [], Database.close

    def note(database):
        names.append(database.tables)
        close(database)

    monkeypatch.setattr(Database, "close", note)
    return names


@pytest.fixture
def broken(monkeypatch):
    """Return a function after which tables of one kind can no longer be brought to their newest version."""
    migrate = Database.migrate

    def break_tables(tables):
        def fail(database, newest, **how):
            migrate(database, newest, **how)
            if database.tables == tables:
                raise EventError("the tables are of a newer version")

        monkeypatch.setattr(Database, "migrate", fail)

    return break_tables


@pytest.fixture
def event(tmp_path):
    return Event.create(tmp_path / "event", name="toy", challenges=["nmr"])


def test_a_store_that_cannot_be_migrated_is_closed(event, broken, closed):
    broken("event")
    with pytest.raises(EventError, match="newer version"):
        open_store(event)
    assert closed == ["event"]


def test_a_judge_without_its_own_database_closes_the_events(event, broken, closed):
    vault = Vault(event, create=True)
    broken("judge")
    with pytest.raises(EventError, match="newer version"):
        Judge(event, vault)
    assert closed == ["judge", "event"]


def test_a_challenge_whose_data_cannot_be_made_is_closed_with_its_subject(tmp_path, monkeypatch, closed):
    monkeypatch.setattr(prepare, "simulate", lambda *_: pytest.fail("no simulator"))
    subject = Subject("nmr", tmp_path / "examined")
    with pytest.raises(pytest.fail.Exception, match="no simulator"):
        _ = subject.judge
    assert closed == []
    subject.close()
    assert sorted(closed) == ["event", "judge"]
