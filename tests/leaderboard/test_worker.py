"""The judge's queue: a killed judge loses nothing and records nothing twice."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import delete, func, select

from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import history
from leaderboard.judge import worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.raw_scores import RawScore
from leaderboard.store.queries import accepted
from leaderboard.store.tables import AuditEntry, Job, Release, Submission, Team
from scoring.ranking import Ranking
from tests.support import ROOT, add_team, kept_files, noisy_answers, prediction_file

TRACK = "higgs.signal"


def send(judge: Judge, team: Team, seed: int, noise: float = 1.0) -> int:
    upload = prediction_file(judge, noisy_answers(judge, noise, seed))
    return receive(judge.event, judge.store, team, TRACK, upload, f"{seed}.csv")["submission"]


def states(judge: Judge) -> dict[str, int]:
    with judge.store.read() as session:
        return dict(session.execute(select(Job.state, func.count()).group_by(Job.state)).all())


HOLD = """
import sys
from leaderboard import cli
from leaderboard.judge.judging import Judge

method, moment = sys.argv[1:3]
original, calls = getattr(Judge, method), []

def held(self, *arguments):
    calls.append(arguments)
    if moment == "before" and len(calls) == 4:
        hold()
    result = original(self, *arguments)
    if moment == "after" and len(calls) == 4:
        hold()
    return result

def hold():
    print("in flight", flush=True)
    sys.stdin.read()

setattr(Judge, method, held)
sys.argv[1:] = ["judge", "--event", sys.argv[3]]
cli.main()
"""
"""A judge that stops before or after one of its steps with its fourth job, says so, and waits to be killed."""


@pytest.mark.parametrize(
    ("method", "moment"),
    [
        pytest.param("score", "before", id="claimed"),
        pytest.param("score", "after", id="scored"),
        pytest.param("release_team", "after", id="released but not committed"),
    ],
)
def test_a_judge_killed_in_the_middle_loses_nothing_and_repeats_nothing(make_judge, method, moment):
    judge = make_judge(lease_seconds=3600, submissions_per_day=1000)
    teams = [add_team(judge, f"Team {number}") for number in range(4)]
    sent = [send(judge, team, seed) for seed in range(5) for team in teams]
    command = [sys.executable, "-c", HOLD, method, moment, str(judge.event.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline()
        process.kill()
    assert said == "in flight\n"
    assert process.returncode == -signal.SIGKILL
    assert states(judge) == {"done": 3, "claimed": 1, "queued": len(sent) - 4}
    assert worker.work(judge, once=True) == len(sent) - 4, "the killed judge's lease has not run out"
    with judge.store.write() as session:
        job = session.query(Job).filter_by(state="claimed").one()
        job.lease_until = job.created_at
    assert worker.work(judge, once=True) == 1
    assert states(judge) == {"done": len(sent)}
    with judge.scores.read() as session:
        assert sorted(session.scalars(select(RawScore.submission_id))) == sent
    with judge.store.read() as session:
        assert sorted(session.scalars(select(Release.submission_id))) == sent
        assert set(session.scalars(select(Submission.state))) == {"scored"}


def test_a_submission_is_sorted_once_however_often_it_is_judged(judge, monkeypatch):
    sent = send(judge, add_team(judge), 3)
    worker.work(judge, once=True)
    with judge.store.read() as session:
        submission = session.get(Submission, sent)
    (kept,) = (path for path in (judge.vault.folder / "rankings").rglob("*") if path.name == submission.sha256)
    monkeypatch.setattr(Ranking, "of", lambda scores: pytest.fail("sorted again"))
    first = judge.look(submission, judge.holdout(TRACK), "private")
    monkeypatch.undo()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert judge.look(submission, judge.holdout(TRACK), "private") == first, "a damaged ranking was believed"


def test_a_judge_that_was_only_slow_cannot_finish_what_another_took_over(judge):
    send(judge, add_team(judge), 1)
    slow = worker.claim(judge, "slow")
    assert worker.claim(judge, "other") is None
    with judge.store.write() as session:
        session.get(Job, slow.id).lease_until = slow.created_at
    other = worker.claim(judge, "other")
    assert (other.id, other.attempt) == (slow.id, slow.attempt + 1)
    assert worker.handle(judge, slow) is False
    assert states(judge) == {"claimed": 1}
    assert worker.handle(judge, other) is True
    assert states(judge) == {"done": 1}


def test_whichever_job_ends_first_the_board_follows_the_order_of_receipt(judge):
    team = add_team(judge)
    values = noisy_answers(judge, 0.4)
    first, second = (
        receive(judge.event, judge.store, team, TRACK, prediction_file(judge, equally_good), "a.csv")["submission"]
        for equally_good in (values, 2 * values)
    )
    one, two = worker.claim(judge, "a"), worker.claim(judge, "b")
    assert (one.submission_id, two.submission_id) == (first, second)
    worker.handle(judge, two)
    with judge.store.read() as session:
        assert board(session, TRACK) == []
    worker.handle(judge, one)
    with judge.store.read() as session:
        assert [entry.submission for entry in board(session, TRACK)] == [first]
        assert [standing.moved for standing in history(session, team)] == [False, True]


def test_a_judge_that_fails_three_times_gives_up_and_the_team_pays_nothing(judge, monkeypatch):
    team = add_team(judge)
    broken, fine = send(judge, team, 1, noise=0.4), send(judge, team, 2, noise=0.6)
    score = Judge.score

    def fail(self, submission, *rest):
        if submission.id == broken:
            raise RuntimeError("the labels are 0, 1, 1, 0")
        return score(self, submission, *rest)

    monkeypatch.setattr(Judge, "score", fail)
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    assert worker.work(judge, once=True) == 1
    with judge.store.read() as session:
        assert session.get(Submission, broken).state == "failed"
        assert session.query(Job).filter_by(submission_id=broken).one().attempt == worker.ATTEMPTS
        assert [entry.submission for entry in board(session, TRACK)] == [fine]
        told = str([vars(row) for table in (Job, AuditEntry) for row in session.query(table)])
    assert "RuntimeError" in told
    assert "the labels are" not in told
    assert "the labels are" in (judge.vault.folder / "judge.log").read_text()
    monkeypatch.undo()
    assert send(judge, team, 1, noise=0.4) == broken, "sending it again queues it again"
    assert worker.work(judge, once=True) == 1
    with judge.store.read() as session:
        assert [entry.submission for entry in board(session, TRACK)] == [broken]


def test_a_fault_of_the_vault_costs_no_file(judge, monkeypatch):
    team = add_team(judge)
    sent = [send(judge, team, seed) for seed in range(2)]
    (sealed,) = (judge.vault.folder / "holdouts").iterdir()
    sealed.rename(sealed.with_suffix(".away"))
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    fresh = Judge(judge.event, judge.vault)
    try:
        assert worker.work(fresh, once=True) == 0
        assert states(fresh) == {"failed": 2}
        sealed.with_suffix(".away").rename(sealed)
        assert worker.retry_failed(fresh) == 2
        assert worker.work(fresh, once=True) == len(sent)
    finally:
        fresh.close()


def test_a_file_that_kills_its_judges_is_given_up(judge):
    number = send(judge, add_team(judge), 1)
    for _ in range(worker.ATTEMPTS):
        job = worker.claim(judge, "killed")
        with judge.store.write() as session:
            session.get(Job, job.id).lease_until = job.created_at
    assert worker.work(judge, once=True) == 0
    with judge.store.read() as session:
        assert session.get(Submission, number).state == "failed"
        assert session.get(Job, job.id).error == "JudgeDied"


def test_a_vault_that_knows_less_than_the_tables_judges_again_what_it_lacks(judge):
    team = add_team(judge)
    send(judge, team, 1, noise=1.0)
    worker.work(judge, once=True)
    with judge.scores.write() as session:
        session.execute(delete(RawScore))
    send(judge, team, 2, noise=0.3)
    worker.work(judge, once=True)
    with judge.store.read() as session:
        (entry,) = board(session, TRACK)
    assert (entry.submission, states(judge)) == (2, {"done": 2})


def test_a_kept_file_that_was_exchanged_is_not_judged(judge, monkeypatch):
    send(judge, add_team(judge), 1)
    (path,) = kept_files(judge.event)
    path.write_bytes(path.read_bytes()[:-8] + bytes(8))
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    assert worker.work(judge, once=True) == 0
    assert "DamagedFile" in (judge.vault.folder / "judge.log").read_text()
    monkeypatch.undo()
    send(judge, add_team(judge, "Boosted Tops"), 1)
    assert worker.work(judge, once=True) == 1, "the same predictions sent again mend the file"


def test_a_queue_position_is_told(judge):
    team = add_team(judge)
    for seed in range(3):
        send(judge, team, seed)
    with judge.store.read() as session:
        assert [(entry.state, entry.ahead) for entry in history(session, team)] == [
            ("queued", 2),
            ("queued", 1),
            ("queued", 0),
        ]


@pytest.mark.parametrize("attempt", [0, pytest.param(1, marks=pytest.mark.proof)])
def test_the_board_is_the_same_from_any_number_of_judges(make_judge, attempt):
    judge = make_judge(submissions_per_day=100)
    teams = [add_team(judge, f"Team {number}") for number in range(3)]
    for seed in range(12):
        for team in teams:
            send(judge, team, seed * 3 + team.id, noise=2 - seed / 8)
    with worker.more_workers(judge.event.folder, 1, once=True):
        worker.work(judge, once=True)
    with judge.store.read() as session:
        shown = [(entry.team, entry.value, entry.submission) for entry in board(session, TRACK)]
        expected = {}
        for team in teams:
            sent = accepted(session, TRACK, team.id)
            raw = {one.id: judge.look(one, judge.holdout(TRACK), "public") for one in sent}
            expected[team.name] = judge.fold(sent, raw, judge.holdout(TRACK))[-1].best.submission
    assert {team: submission for team, _, submission in shown} == expected
