"""An event whose tables are in PostgreSQL: the same boards, the same faults by name, and a web that reads no raw score.

`PHYSATHON_TEST_DATABASE=postgresql` has all other tests keep their events there, too.
"""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event as Signal
from time import sleep
from typing import NamedTuple

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import ProgrammingError

import leaderboard.store
from leaderboard.board.entries import board
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, raw_scores, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import teams
from leaderboard.store.archive import ArchiveError
from leaderboard.store.database import AnotherEvents, Database, open_store
from leaderboard.store.faults import StoreBusy, StoreFault, StoreUnwritable
from leaderboard.store.queries import now
from leaderboard.store.tables import Base, Job, Question, Release, Submission, Team
from leaderboard.store.transfer import last_number
from tests.postgresql import Server
from tests.support import add_team, corrections, noisy_answers, physathon, prediction_file, publish_rescored

pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg: pip install physathon[cluster]")

TRACK = "higgs.signal"
ROLES = Path(leaderboard.store.__file__).with_name("roles.sql")


@pytest.fixture
def in_postgresql() -> None:
    """Let each test here say itself where its events are."""


class Urls(NamedTuple):
    """Of one database, with a role each."""

    web: str
    judge: str


@pytest.fixture
def empty(postgresql: Server) -> Urls:
    """Return an empty database in which judge and web have a role each."""
    name = make_url(postgresql.new_database()).database
    for role in ("web", "judge"):
        postgresql.query(f"DROP ROLE IF EXISTS {role}_{name}; CREATE ROLE {role}_{name} LOGIN")
    postgresql.run_file(ROLES, name, web=f"web_{name}", judge=f"judge_{name}")
    return Urls(*(postgresql.url(name, f"{role}_{name}") for role in Urls._fields))


@pytest.fixture
def apart(empty: Urls, make_judge, monkeypatch) -> Judge:
    """Return the judge of an event in such a database."""
    monkeypatch.setenv(VAULT_DATABASE_VARIABLE, empty.judge)
    return make_judge(database_url=empty.web)


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


def test_a_server_that_is_killed_in_a_rush_loses_nothing_that_has_a_receipt(apart, postgresql, monkeypatch):
    judge, over = apart, Signal()
    monkeypatch.setattr(worker, "REST", 0.1)
    team, files = add_team(judge), [prediction_file(judge, noisy_answers(judge, 1.0, seed)) for seed in range(16)]
    given: dict[int, list[dict]] = defaultdict(list)

    def send(number: int, times: int) -> None:
        while len(given[number]) < times:
            try:
                given[number].append(receive(judge.event, judge.store, team, TRACK, files[number], "a.csv"))
            except StoreFault:
                sleep(0.05)

    with ThreadPoolExecutor(5) as pool:
        judging = pool.submit(worker.work, judge, stop=over.is_set)
        sending = [pool.submit(send, number, 1) for number in range(16)]
        while sum(map(len, given.values())) < 6:
            sleep(0.001)
        postgresql.kill()
        try:
            assert not all(one.done() for one in sending), "the rush is over"
        finally:
            postgresql.start()
        for number in range(16):
            send(number, 2)
        over.set()
        judging.result()
    worker.work(judge, once=True)
    assert all(first == second for first, second in given.values()), "a receipt was lost"
    assert {one["submission"] for one, _ in given.values()} == kept_of(judge)
    with judge.scores.read() as session:
        scored = list(session.scalars(select(raw_scores.RawScore.submission_id)))
    assert sorted(scored) == sorted(kept_of(judge))


def kept_of(judge) -> set[int]:
    """Return the numbers of all files, each of which must have one job and one release."""
    with judge.store.read() as session:
        kept, jobs, released = (
            sorted(session.scalars(select(column)))
            for column in (Submission.id, Job.submission_id, Release.submission_id)
        )
    assert kept == jobs == released
    return set(kept)


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


def everything(folder: Path) -> dict[str, tuple]:
    """Return all rows of an event and of its judge, and the last numbers that its tables gave."""
    event, found = Event(folder), {}
    with closing(Judge(event, Vault(event))) as judge:
        for database, tables in ((judge.store, Base.metadata), (judge.scores, raw_scores.Base.metadata)):
            with database.read() as session:
                for name, table in tables.tables.items():
                    rows = list(session.execute(select(table).order_by(*table.primary_key)))
                    found[name] = rows, last_number(session.connection(), table)
    return found


def test_a_backup_goes_from_sqlite_into_postgresql_and_back(empty, make_judge, tmp_path, monkeypatch):
    monkeypatch.setenv("PHYSATHON_BACKUP_PASSPHRASE", "correct horse battery staple")
    judge = make_judge()
    for name, noise in {"Strong": 0.5, "Even": 1.0}.items():
        upload = prediction_file(judge, noisy_answers(judge, noise))
        receive(judge.event, judge.store, add_team(judge, name), TRACK, upload, "a.csv")
    worker.work(judge, once=True)
    with judge.store.write() as session:
        session.add(gone := Question(team_id=1, text="Who was here?", asked_at=now()))
        session.flush()
        session.delete(gone)  # and nobody else gets its number
    place, kept = judge.event.folder, everything(judge.event.folder)
    for number, (where, judges) in enumerate([(empty.web, empty.judge), ("none", "")]):
        files = tmp_path / f"{number}.tar", "--vault", tmp_path / f"{number}.bin"
        physathon("backup", *files, "--event", place)
        place = tmp_path / f"{number}"
        monkeypatch.setenv(VAULT_DATABASE_VARIABLE, judges)
        assert "2 scores follow" in physathon("restore", *files, "--database", where, "--event", place)
        left = {path.name for path in place.rglob("*.sqlite")}
        assert left == (set() if judges else {"event.sqlite", "judge.sqlite"})
        assert everything(place) == kept
        if judges:
            with pytest.raises(ArchiveError, match="holds tables of an event already"):
                physathon("restore", *files, "--database", where, "--event", tmp_path / "again")
            assert not (tmp_path / "again").exists()


def test_tables_of_another_event_are_refused(apart, tmp_path):
    first = apart.event.first
    second = Event.create(tmp_path / "second", name="second", challenges=["higgs"], database_url=first.database_url)
    with pytest.raises(AnotherEvents, match=f"are of the event {first.id}, .* is of {second.first.id}"):
        open_store(second)
