"""A database that is locked, full or read-only: readers go on, writers are told by name, nothing is half done."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.people import teams
from leaderboard.site.api import PATIENT, create_api
from leaderboard.store.database import open_store
from leaderboard.store.faults import StoreBusy, StoreFull, StoreUnwritable
from leaderboard.store.queries import now
from leaderboard.store.tables import Job, Submission, Team
from tests.support import add_team, noisy_answers, prediction_file

pytestmark = pytest.mark.in_a_file

SUBMISSIONS = "/tracks/higgs.signal/submissions"


@contextmanager
def locked(judge):
    """Hold the database as another process does that is writing; yield what lets go of it."""
    with closing(sqlite3.connect(judge.event.folder / "event.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield lambda: other.in_transaction and other.execute("ROLLBACK")


@pytest.fixture
def hasty(judge):
    """Return the event's tables for somebody who hardly waits."""
    with closing(open_store(judge.event, patience=0.05)) as store:
        yield store


def count(store, table):
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def send(judge, team):
    return receive(judge.event, judge.store, team, "higgs.signal", prediction_file(judge, noisy_answers(judge, 1)), "a")


def token(judge, team):
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, team)}"}


def test_behind_a_lock_one_reads_and_is_told_that_one_cannot_write(judge, hasty):
    with locked(judge) as let_go:
        assert count(hasty, Team) == 0
        with pytest.raises(StoreBusy, match=r"locked.*nothing of it was kept"), hasty.write() as session:
            teams.add_team(session, "Too late")
        let_go()
        with hasty.write() as session:
            teams.add_team(session, "In time")
    assert count(hasty, Team) == 1


def test_a_database_whose_tables_are_new_is_opened_behind_a_lock(judge):
    with locked(judge), closing(open_store(judge.event, patience=0.05)) as store:
        assert count(store, Team) == 0


def test_one_who_reads_cannot_write(hasty):
    with hasty.read() as session, pytest.raises(StoreUnwritable, match="readonly"):
        teams.add_team(session, "By the back door")
    assert count(hasty, Team) == 0


def test_a_file_that_comes_behind_a_lock_is_refused_by_name_and_taken_afterwards(judge, hasty):
    header, upload = token(judge, add_team(judge)), prediction_file(judge, noisy_answers(judge, 1))
    with TestClient(create_api(judge.event, hasty, loopback=True)) as client:
        with locked(judge):
            refused = client.post(SUBMISSIONS, content=upload, headers=header)
            assert [client.get(path).status_code for path in ("/health", "/tracks/higgs/board")] == [200, 200]
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["type"] == "urn:physathon:store-busy"
        assert count(hasty, Submission) == 0
        assert client.post(SUBMISSIONS, content=upload, headers=header).status_code == 201
    assert count(hasty, Submission) == count(hasty, Job) == 1


def test_more_writers_than_threads_wait_for_a_lock_and_readers_do_not(judge):
    team = add_team(judge)
    header, number = token(judge, team), send(judge, team)["submission"]

    async def rush():
        transport = httpx2.ASGITransport(create_api(judge.event, judge.store, loopback=True))
        async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=header) as client:
            with locked(judge) as let_go:
                select = f"/submissions/{number}/select"
                writers = [asyncio.create_task(client.post(select)) for _ in range(PATIENT + 5)]
                paths = ["/health", "/tracks/higgs/board", "/submissions"] * 20
                read = await asyncio.gather(*map(client.get, paths))
                waited = not any(writer.done() for writer in writers)
                let_go()
            return waited, read, await asyncio.gather(*writers)

    waited, read, written = asyncio.run(rush())
    assert waited
    assert {answer.status_code for answer in read} == {200}
    assert {answer.status_code for answer in written} == {200}


def test_a_judge_behind_a_lock_waits_and_says_so_and_loses_no_job(judge, hasty, monkeypatch, capsys):
    sent = send(judge, add_team(judge))["submission"]
    patient, judge.store = judge.store, hasty
    try:
        with locked(judge) as let_go:
            monkeypatch.setattr(worker.time, "sleep", lambda _: let_go())
            assert worker.work(judge, once=True) == 1
    finally:
        judge.store = patient
    assert "the judge waits: the event could not keep this" in capsys.readouterr().err
    with hasty.read() as session:
        assert session.get(Submission, sent).state == "scored"
        assert session.query(Job).one().attempt == 1


def test_a_judge_whose_last_step_meets_a_lock_tries_this_step_again_without_a_new_attempt(judge, monkeypatch):
    send(judge, add_team(judge))
    release, met = type(judge).release_team, []

    def locked_once(self, *arguments):
        if not met:
            met.append(True)
            raise StoreBusy("database is locked")
        return release(self, *arguments)

    monkeypatch.setattr(type(judge), "release_team", locked_once)
    monkeypatch.setattr(worker, "REST", 0)
    assert worker.work(judge, once=True) == 1
    with judge.store.read() as session:
        assert (session.query(Job).one().state, session.query(Job).one().attempt) == ("done", 1)


@pytest.mark.parametrize(
    ("pragma", "undo", "fault"),
    [
        pytest.param("max_page_count=1", "max_page_count=1000000", StoreFull, id="full"),
        pytest.param("query_only=ON", "query_only=OFF", StoreUnwritable, id="read-only"),
    ],
)
def test_a_disk_that_takes_no_more_is_named_and_nothing_is_half_written(judge, hasty, pragma, undo, fault):
    def set_pragma(words):
        with hasty.engine.connect() as connection:
            connection.connection.cursor().execute(f"PRAGMA {words}")

    def add_many():
        with hasty.write() as session:
            for number in range(300):
                session.add(Team(name=f"{number:03d} {'x' * 40}", kind="team", created_at=now()))
                session.flush()

    set_pragma(pragma)
    with pytest.raises(fault, match="nothing of it was kept"):
        add_many()
    assert count(hasty, Team) == 0
    set_pragma(undo)
    add_many()
    assert count(hasty, Team) == 300


@pytest.mark.parametrize(("fault", "status"), [(StoreBusy, 503), (StoreUnwritable, 503), (StoreFull, 507)])
def test_the_api_says_which_fault_it_was_and_when_to_come_back(judge, monkeypatch, fault, status):
    def refuse(*_arguments, **_options):
        raise fault("made up")

    monkeypatch.setattr("leaderboard.site.api.receive", refuse)
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        answer = client.post(SUBMISSIONS, content=b"", headers=token(judge, add_team(judge)))
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["title"]) == (
        status,
        "5",
        fault.__doc__.rstrip("."),
    )
