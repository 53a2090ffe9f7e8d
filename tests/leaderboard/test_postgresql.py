"""An event whose tables are in PostgreSQL: the same boards, the same faults by name, and a web that reads no raw score.

`PHYSATHON_TEST_DATABASE=postgresql` has all other tests keep their events there, too.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

import leaderboard.store
from leaderboard.board.entries import board
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, rescoring, worker
from leaderboard.people import teams
from leaderboard.store.database import Database, open_store
from leaderboard.store.faults import StoreBusy, StoreUnwritable
from leaderboard.store.tables import Base, Team
from tests.postgresql import Server
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg: pip install physathon[cluster]")

TRACK = "higgs.signal"
ROLES = Path(leaderboard.store.__file__).with_name("roles.sql")


@pytest.fixture
def apart(postgresql: Server, make_judge, monkeypatch):
    """Return the judge of an event whose judge and web have a role each, and the database's name."""
    name = make_url(postgresql.new_database()).database
    for role in ("web", "judge"):
        postgresql.query(f"DROP ROLE IF EXISTS {role}_{name}; CREATE ROLE {role}_{name} LOGIN")
    postgresql.run_file(ROLES, name, web=f"web_{name}", judge=f"judge_{name}")
    monkeypatch.setenv(VAULT_DATABASE_VARIABLE, postgresql.url(name, f"judge_{name}"))
    return make_judge(database_url=postgresql.url(name, f"web_{name}"))


def as_the_web(judge, monkeypatch) -> Database:
    """Return the event's tables as the web process opens them."""
    monkeypatch.delenv(VAULT_DATABASE_VARIABLE)
    return open_store(Event(judge.event.folder), patience=1)


def test_the_web_takes_files_that_the_judge_scores_and_reads_no_raw_score(apart, monkeypatch):
    judge = apart
    team = add_team(judge)
    file = prediction_file(judge, noisy_answers(judge, 1.0))
    with monkeypatch.context() as web_alone:
        web = as_the_web(judge, web_alone)
        try:
            receive(judge.event, web, team, TRACK, file, "a.csv")
            with web.engine.connect() as connection:
                assert connection.scalar(text("SELECT current_user")).startswith("web_")
                connection.rollback()
                for what in ("SELECT value FROM judge.scores", "CREATE TABLE event.mine (a int)", "SET ROLE owner"):
                    with pytest.raises(ProgrammingError, match=r"permission denied"), connection.begin():
                        connection.execute(text(what))
        finally:
            web.close()
    assert worker.work(judge, once=True) == 1
    with judge.scores.read() as session:
        assert session.scalar(text("SELECT count(*) FROM judge.scores")) == 1
    with judge.store.read() as session:
        assert [one.team for one in board(session, TRACK)] == [team.name]


def test_boards_and_finals_are_those_of_sqlite(apart, make_judge, tmp_path, monkeypatch):
    judges = {"postgresql": apart}
    with monkeypatch.context() as beside:
        beside.delenv(VAULT_DATABASE_VARIABLE)
        judges["sqlite"] = make_judge(tmp_path / "sqlite")
    found = {}
    for kind, judge in judges.items():
        for name, noise in {"Strong": 0.3, "Even": 1.4, "Same": 1.5}.items():
            upload = prediction_file(judge, noisy_answers(judge, noise, seed=int(10 * noise)))
            receive(judge.event, judge.store, add_team(judge, name), TRACK, upload, "a.csv")
        worker.work(judge, once=True)
        finals.finalize(judge, TRACK, early=True)
        finals.publish(judge, TRACK)
        with judge.store.read() as session:
            found[kind] = [(one.team, one.value, one.low, one.rank_range) for one in board(session, TRACK)]
    # Their holdouts are drawn apart; the answers' noise is not.
    assert [one[0] for one in found["postgresql"]] == [one[0] for one in found["sqlite"]] == ["Strong", "Even", "Same"]


def test_who_writes_waits_in_turn_and_is_told_when_it_takes_too_long(apart):
    judge = apart
    other = Database(judge.event.database_url, "event", patience=0.3)
    try:
        with judge.store.write() as session:
            teams.add_team(session, "first")
            for beside in (False, True):
                with pytest.raises(StoreBusy), other.write(beside=beside) as second:
                    second.query(Team).count()
            with other.read() as reading:
                assert reading.query(Team).count() == 0, "not committed yet"
        with other.write(beside=True) as one, judge.store.write(beside=True) as another:
            assert one.query(Team).count() == another.query(Team).count() == 1
        with pytest.raises(StoreUnwritable), other.read() as session:
            session.execute(text("DELETE FROM event.teams"))
    finally:
        other.close()


def test_many_who_claim_at_once_get_a_job_each(apart):
    judge = apart
    team = add_team(judge)
    for number in range(8):
        receive(
            judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 1, seed=number)), "a"
        )
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda number: worker.claim(judge, f"judge {number}"), range(8)))
    assert len({job.id for job in claimed}) == 8
    assert worker.claim(judge, "late") is None


def test_a_server_that_goes_away_is_named_and_found_again(apart, postgresql):
    judge = apart
    add_team(judge, "before")
    postgresql.stop()
    try:
        for way in (judge.store.write, judge.store.read):
            with pytest.raises(StoreUnwritable), way() as session:
                session.query(Team).count()
    finally:
        postgresql.start()
    with judge.store.read() as session:
        assert session.query(Team).count() == 1


def test_migrations_make_on_postgresql_what_a_new_database_gets_at_once(postgresql):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = Database(postgresql.new_database(), "event")
    try:
        database.migrate()
        with database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    finally:
        database.close()


def test_a_label_fix_is_a_transaction_there_too(apart):
    judge = apart
    receive(
        judge.event, judge.store, add_team(judge), TRACK, prediction_file(judge, noisy_answers(judge, 1.0)), "a.csv"
    )
    worker.work(judge, once=True)
    with judge.store.read() as session:
        before = board(session, TRACK)
    fixed = rescoring.corrected_holdout(judge, TRACK, corrections(judge, list(range(40))))
    publish_rescored(judge, fixed)
    assert judge.holdout(TRACK).digest == fixed.digest
    with judge.store.read() as session:
        after = board(session, TRACK)
    assert [one.team for one in after] == [one.team for one in before]
    assert after[0].value < before[0].value, "forty labels fewer agree with what was sent"
