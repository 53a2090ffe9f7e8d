"""Rows that only a web that was taken over writes: each is passed over by name, and all else goes on."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select

from leaderboard.intake.receive import receive
from leaderboard.judge import tasks, worker
from leaderboard.people import desk
from leaderboard.store.queries import now
from leaderboard.store.tables import AuditEntry, Job, Submission, Task
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
pytestmark = pytest.mark.in_a_file


def write(judge, statement: str) -> None:
    """Write into the tables as whoever holds their file can: without their rules."""
    with closing(sqlite3.connect(judge.event.folder / "event.sqlite", isolation_level=None)) as connection:
        connection.execute(statement)


def passed_over(judge) -> list[dict]:
    with judge.store.read() as session:
        asked = select(AuditEntry.details).where(AuditEntry.action == "malformed row passed over")
        return list(session.scalars(asked))


JOBS = {
    "made when": "created_at = 'noon'",
    "made at no time": "created_at = CAST(x'ff' AS TEXT)",
    "ended when": "finished_at = -1e300",
    "of no submission": "submission_id = 10000",
    "of a submission that is a text": "submission_id = 'the first'",
    "on a slice in other letters": "slice = CAST(x'ff' AS TEXT)",
}
GIVEN_UP = {"on no slice": "slice = 'secret'", "tried endlessly often": "attempt = 9223372036854775807"}


def test_a_malformed_job_is_passed_over_and_all_others_are_judged(judge, monkeypatch):
    monkeypatch.setattr(worker, "PAUSE", 0)
    numbers = {}
    for name in (*JOBS, *GIVEN_UP, "a sound one"):
        upload = prediction_file(judge, noisy_answers(judge, 1, seed=len(numbers)))
        numbers[name] = receive(judge.event, judge.store, add_team(judge, name), TRACK, upload, "a.csv")["submission"]
    for name, wrong in (JOBS | GIVEN_UP).items():
        write(judge, f"UPDATE jobs SET {wrong} WHERE id = {numbers[name]}")
    worker.work(judge, once=True)
    assert passed_over(judge) == [{"table": "jobs", "row": numbers[name]} for name in JOBS]
    assert (judge.vault.folder / "judge.log").read_text().count("malformed row") == len(JOBS)
    orphans = {"of no submission", "of a submission that is a text"}
    with judge.store.read() as session:
        states = {name: session.get_one(Submission, number).state for name, number in numbers.items()}
        errors = dict(session.execute(select(Job.submission_id, Job.error)).all())
    assert states == {name: "queued" if name in orphans else "failed" for name in numbers} | {"a sound one": "scored"}
    assert {errors[numbers[name]] for name in JOBS if name not in orphans} == {"MalformedRow"}
    assert worker.retry_failed(judge) == len(JOBS) - len(orphans) + len(GIVEN_UP)
    worker.work(judge, once=True)
    with judge.store.read() as session:
        states = {name: session.get_one(Submission, number).state for name, number in numbers.items()}
    assert {states[name] for name in JOBS if name not in orphans} == {"scored"}


TASKS = {
    "asked when": "asked_at = 'noon'",
    "details that are none": "details = '{'",
    "details of another kind": "details = '[1]'",
    "details without end": f"details = '{'[' * 100_000}'",
    "a kind that is a number": "kind = x'00'",
    "a track in other letters": "track = CAST(x'ff' AS TEXT)",
    "asked by nobody": "asked_by = x'00'",
    "a code that is a blob": "state = 'asking', code = x'00'",
}


def test_a_malformed_task_is_passed_over_and_all_others_are_taken_up(judge):
    with judge.store.write() as session:
        numbers = {}
        for name in (*TASKS, "a sound one"):
            task = Task(kind="rescore", track=TRACK, asked_by="Ada", asked_at=now(), state="waiting")
            session.add(task)
            session.flush()
            numbers[name] = task.id
    for name, wrong in TASKS.items():
        write(judge, f"UPDATE tasks SET {wrong} WHERE id = {numbers[name]}")
    said: list[str] = []
    tasks.look_after(judge, said.append)
    assert passed_over(judge) == [{"table": "tasks", "row": numbers[name]} for name in TASKS]
    assert len(said) == 1, said
    with judge.store.read() as session:
        assert [(task.id, task.state) for task in desk.newest(session, 20)] == [(numbers["a sound one"], "asking")]
