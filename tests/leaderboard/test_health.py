"""One look says what waits, who lives and what must be done, and an alarm rings once."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from leaderboard import cli, health, machine
from leaderboard.health import Alarms, Finding, look
from leaderboard.people import teams
from leaderboard.store import settings
from leaderboard.store.heartbeats import Pulse
from leaderboard.store.queries import now
from leaderboard.store.tables import Heartbeat, Job, Submission
from tests.support import physathon

MINUTE = timedelta(minutes=1)
STATES = {"queued": "queued", "done": "scored", "failed": "failed"}


@pytest.fixture
def found(store, monkeypatch) -> Callable[[str], Finding]:
    """Return a function that looks at one thing of an event without data; its clock is kept."""
    monkeypatch.setattr(machine, "clock_is_kept", lambda: True)
    with store.write() as session:
        teams.add_team(session, "Muon Collective")

    def find(what: str) -> Finding:
        with store.read() as session:
            return next(one for one in look(session, store.event) if one.what == what)

    return find


def beat(store, kind="judge", **options) -> None:
    pulse = Pulse(store, kind, disk=store.event.folder, **options)
    pulse.name = kind
    pulse.beat()


def enter(store, ago: timedelta, state="queued", took: timedelta | None = None, error: str | None = None, **of_file):
    """Enter a file that came so long ago and, if it was judged, was judged at once."""
    at = now() - ago
    with store.write() as session:
        file = {"team_id": 1, "track": "higgs.signal", "upload_sha256": "", "filename": "a.csv"}
        sent = Submission(**file, sha256=str(at), began_at=at, received_at=at, state=STATES[state], **of_file)
        session.add(sent)
        session.flush()
        times = {} if took is None else {"claimed_at": at, "finished_at": at + took}
        job = {"submission_id": sent.id, "slice": "public", "state": state, "attempt": 0, "error": error}
        session.add(Job(**job, created_at=at, **times))


def test_a_queue_that_moves_is_well_however_long_it_is_and_one_that_stands_still_is_not(store, found):
    assert found("queue").says == "no file waits"
    enter(store, 30 * MINUTE)
    assert found("queue").level == "act"
    enter(store, MINUTE / 2, "done", timedelta(seconds=1))
    moving = found("queue")
    assert (moving.level, moving.says) == ("good", "1 file waits, the oldest for 30 min")
    with store.write() as session:
        session.query(Job).filter_by(state="done").one().finished_at -= 2 * MINUTE
    still = found("queue")
    assert still.level == "act"
    assert "nothing was judged for 2 min" in still.says
    assert "judge.log" in still.to_do


def test_where_files_take_long_a_queue_may_take_long_and_a_second_judge_is_thought_of(store, found):
    enter(store, 10 * MINUTE, "done", 5 * MINUTE)
    enter(store, 9 * MINUTE)
    long = found("queue")
    assert long.level == "watch"
    assert "the last will be judged in 5 min" in long.says
    assert "second judge" in long.to_do


def test_a_judge_that_fell_silent_is_missed_once_somebody_needs_it(store, found):
    assert found("judge").level == "watch"
    enter(store, MINUTE / 2)
    assert found("judge").level == "act"
    beat(store)
    assert (found("judge").level, found("judge").says) == ("good", "1 alive: waits (judge)")
    with store.write() as session:
        session.query(Heartbeat).one().at -= MINUTE
    assert found("judge").says.startswith("no judge was heard of since 1 min")


def test_failures_and_lost_files_are_counted_without_those_that_were_taken_out(store, found):
    gone = timedelta()
    enter(store, 3 * MINUTE, "failed", gone, "JudgeDied", excluded="a test")
    enter(store, 4 * MINUTE, "failed", gone, "DamagedFile", lost=True)
    assert found("failures").level == "good"
    assert (found("files").level, found("files").says) == ("act", "1 missing or damaged, 1 excluded")
    enter(store, 90 * MINUTE, "failed", gone, "ValueError")
    assert found("failures").level == "watch"
    enter(store, MINUTE, "failed", gone, "MemoryError")
    failures = found("failures")
    assert failures.level == "act"
    assert "2 given up" in failures.says
    assert failures.says.endswith("within the last hour 1 MemoryError")


def test_what_is_full_is_said_before_it_is_full(store, found, monkeypatch):
    beat(store)
    with store.write() as session:
        session.query(Heartbeat).one().disk_free = 3 * health.GIB
    assert (found("disk").level, "3.2 GB free where the vault is" in found("disk").says) == ("watch", True)
    monkeypatch.setattr(machine, "memory", lambda: (10**8, 10**10))
    assert found("memory").level == "act"
    assert found("memory").says.startswith("100 MB of 10.0 GB free; held at most: judge")
    monkeypatch.setattr(machine, "memory", lambda: None)
    assert found("memory").level == "good"


def test_a_container_has_no_more_memory_than_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "CONTROL_GROUP", tmp_path)
    assert machine.memory() is None
    (tmp_path / "meminfo").write_text("MemTotal: 8000 kB\nMemAvailable: 6000 kB\n")
    assert machine.memory() == (6000 * 1024, 8000 * 1024)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("3072000\n")
    assert machine.memory() == (6000 * 1024, 8000 * 1024)
    (tmp_path / "memory.max").write_text("4096000\n")
    assert machine.memory() == (1024000, 4096000)


@pytest.mark.parametrize(("kept", "level"), [(True, "good"), (None, "good"), (False, "watch")])
def test_a_clock_that_nobody_keeps_is_said_to_be_so(found, monkeypatch, kept, level):
    monkeypatch.setattr(machine, "clock_is_kept", lambda: kept)
    assert found("clock").level == level


def test_web_and_judge_that_disagree_on_the_time_are_noticed(store, found):
    beat(store)
    assert found("clock").level == "good"
    with store.write() as session:
        session.query(Heartbeat).one().at += MINUTE
    assert found("clock").level == "act"


@pytest.mark.parametrize(("apart", "level"), [(True, "good"), (False, "watch"), (None, "watch")])
def test_whether_web_and_judge_are_apart_is_known_while_it_is_served(store, found, apart, level):
    assert found("separation").says == "no web process is served now"
    beat(store, "web", apart=apart)
    assert found("separation").level == level


def test_what_the_settings_let_in_is_told(store, found):
    assert found("event").says.startswith("open for")
    assert found("doors").level == "good"
    with store.write() as session:
        settings.change(session, store.event, "paused", "a power cut", who="test", reason="")
        settings.change(session, store.event, "registration", "open", who="test", reason="")
    assert (found("event").level, "a power cut" in found("event").says) == ("watch", True)
    assert found("doors").level == "watch"
    assert (found("tracks").level, found("tracks").to_do) == ("watch", "`physathon simulate higgs`")


def test_a_backup_is_known_to_have_been_made_and_grows_old(judge, monkeypatch):
    folder = judge.event.folder

    def status() -> dict[str, dict]:
        told = CliRunner().invoke(cli.app, ["status", "--json", "--event", str(folder)], env={"COLUMNS": "200"})
        return {one["what"]: one for one in json.loads(told.output)}

    assert status()["backup"]["level"] == "watch"
    monkeypatch.setenv("PHYSATHON_BACKUP_PASSPHRASE", "correct horse battery")
    physathon("backup", folder / "a.tar", "--event", folder)
    assert status()["backup"]["says"].endswith("vault never")
    physathon("backup", "--vault", folder / "v", "--event", folder)
    assert status()["backup"]["level"] == "good"
    monkeypatch.setattr(health, "OLD_BACKUP", timedelta())
    assert status()["backup"]["level"] == "watch"
    assert status()["tracks"]["says"] == "no kit yet: higgs"


def test_status_ends_with_1_if_something_must_be_done(store):
    ask = ["status", "--event", str(store.event.folder)]
    assert CliRunner().invoke(cli.app, ask).exit_code == 0
    beat(store, "web", apart=True)
    told = CliRunner().invoke(cli.app, ask, env={"COLUMNS": "200"})
    assert told.exit_code == 1
    assert "no judge was heard of" in told.output


def test_an_alarm_rings_once_when_it_begins_and_once_when_it_is_over():
    said = []
    alarms = Alarms(said.append)
    bad, well = Finding("judge", "act", "none lives", "start one"), Finding("judge", "good", "1 alive")
    for _ in range(Alarms.LOOKS - 1):
        alarms.hear([bad])
    alarms.hear([well])
    assert said == [], "what is over soon is no alarm"
    for _ in range(2 * Alarms.LOOKS):
        alarms.hear([bad])
        alarms.hear([Finding("tables", "good", "they can be read")])
    alarms.hear([well])
    alarms.hear([well])
    assert said == ["ALARM: judge: none lives; start one", "ALARM over: judge: 1 alive"]
