"""Web and judge are heard of while they live, and a job is a judge's for as long as it is at it."""

import time
from datetime import timedelta

from leaderboard.judge import worker
from leaderboard.judge.judging import Judge
from leaderboard.store import heartbeats
from leaderboard.store.heartbeats import Pulse, alive, beating, last_heard
from leaderboard.store.queries import now
from leaderboard.store.tables import Heartbeat, Job
from tests.leaderboard.test_worker import send, states
from tests.support import add_team


def test_a_job_longer_than_its_lease_stays_with_the_judge_that_is_at_it(judge, monkeypatch):
    send(judge, add_team(judge), 1)
    monkeypatch.setattr(heartbeats, "BEAT", 0.01)
    score, taken = Judge.score, []

    def lease_ran_out() -> bool:
        with judge.store.read() as session:
            return session.query(Job.lease_until).scalar() < now()

    def long(self, submission, *rest):
        with judge.store.write() as session:
            session.query(Job).one().lease_until = now() - timedelta(seconds=1)
        while lease_ran_out():
            time.sleep(0.01)
        taken.append(worker.claim(judge, "another"))
        with judge.store.read() as session:
            assert [one.doing for one in alive(session, "judge")] == [f"judges no. {submission.id}"]
        return score(self, submission, *rest)

    monkeypatch.setattr(Judge, "score", long)
    assert worker.work(judge, once=True) == 1
    assert taken == [None]
    assert states(judge) == {"done": 1}
    with judge.store.read() as session:
        assert session.query(Job.attempt).scalar() == 1
        assert alive(session, "judge") == [], "who ended in order is not waited for"


def test_who_falls_silent_is_not_alive_and_is_forgotten_in_the_end(store, tmp_path):
    pulse = Pulse(store, "web", disk=tmp_path, apart=True)
    pulse.beat()
    with store.read() as session:
        (found,) = alive(session, "web")
        assert (found.apart, found.disk_free > 0, found.memory > 0) == (True, True, True)
        assert alive(session, "judge") == []
    with store.write() as session:
        session.query(Heartbeat).one().at -= heartbeats.SILENT
    with store.read() as session:
        assert alive(session, "web") == []
        assert last_heard(session, "web").name == pulse.name
    for wrong in (now() - heartbeats.FORGOTTEN, now() + 2 * heartbeats.FORGOTTEN):
        with store.write() as session:
            found = session.query(Heartbeat).one()
            found.name, found.at = "elsewhere:1", wrong
        pulse.beat()
        assert _listed(store) == [pulse.name]


def test_a_database_that_takes_nothing_stops_no_pulse(store, tmp_path, monkeypatch):
    monkeypatch.setattr(heartbeats, "BEAT", 0.01)
    pulse = Pulse(store, "judge", disk=tmp_path / "gone")
    with beating(pulse):
        time.sleep(0.05)
        pulse._disk = tmp_path
        while not _listed(store):
            time.sleep(0.01)
    assert _listed(store) == []


def _listed(store) -> list[str]:
    with store.read() as session:
        return [one.name for one in session.query(Heartbeat)]
