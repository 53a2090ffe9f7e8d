"""Web and judge are looked after each by itself, and the web process stays away from the vault."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from leaderboard import cli, confine, separation, serve, supervision
from leaderboard.event import Event, EventError
from leaderboard.judge.judging import Judge
from leaderboard.separation import separated
from leaderboard.store.tables import Heartbeat, Submission
from tests.leaderboard.test_worker import send
from tests.support import ROOT, add_team, free_port, toy_event

needs_landlock = pytest.mark.skipif(confine.version() < 3, reason="this kernel has no Landlock of version 3 or later")


class Ended:
    """A process that is over."""

    returncode = 1

    def poll(self) -> int:
        return self.returncode


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that moves only when it is told to."""
    moment = [1000.0]
    monkeypatch.setattr(supervision.time, "monotonic", lambda: moment[0])
    return moment


def test_what_ends_at_once_is_started_again_for_ever_with_longer_and_longer_pauses(clock):
    starts, said = [], []

    def start():
        starts.append(clock[0])
        if len(starts) % 3 == 0:
            raise EventError("the port is taken")
        return Ended()

    process = supervision.Supervised("the judge", start, said.append)
    for _ in range(4000):
        process.look()
        clock[0] += 0.1
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert [round(pause) for pause in pauses[:6]] == [1, 2, 4, 8, 16, 30]
    assert set(map(round, pauses[6:])) == {supervision.LONGEST_PAUSE}
    assert "the judge ended with status 1" in said[0]
    assert any("could not be started (the port is taken)" in one for one in said)


def test_after_a_long_life_the_next_start_is_soon(clock):
    process = supervision.Supervised("web", Ended, [].append)
    process.pause = supervision.LONGEST_PAUSE
    clock[0] += supervision.SHORT_LIFE
    process.look()
    assert process.pause == supervision.FIRST_PAUSE


def test_what_lives_and_answers_nothing_is_ended_and_started_again():
    said, limit = [], round(supervision.HUNG / supervision.LOOK)
    asleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = supervision.Supervised("web", lambda: subprocess.Popen(asleep), said.append, answers=lambda: False)
    first = process.process
    try:
        first.send_signal(signal.SIGSTOP)
        for _ in range(limit + 1):
            process.look()
        assert first.poll() is None, "before its first answer it has longer"
        for _ in range(3):
            process.heard()
            for _ in range(limit - 1):
                process.look()
        assert first.poll() is None, "slow is not hung"
        process.look()
        assert first.wait(10) == -signal.SIGKILL
        assert "has answered nothing for 20 s" in said[0]
        process.look()
        process.pause, process._next = 0, 0
        process.look()
        assert process.process.poll() is None
    finally:
        process.stop()


def test_who_is_supervised_is_asked_by_threads_that_wait_for_slow_answers(monkeypatch):
    monkeypatch.setattr(supervision, "LOOK", 0.001)
    answered, heard = threading.Event(), threading.Event()
    monkeypatch.setattr(supervision.Supervised, "heard", lambda _: heard.set())
    monkeypatch.setattr(supervision.Supervised, "look", lambda _: looked.append(1))
    looked: list[int] = []
    process = supervision.Supervised("web", Ended, [].append, answers=lambda: answered.wait(60))
    with supervision.supervision(process):
        while len(looked) < 10:
            time.sleep(0.001)
        assert not heard.is_set(), "others are looked after while it has not answered"
        answered.set()
        assert heard.wait(60)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory):
    """Yield a running `physathon serve`: the judge of its event, its process, its address, and what it says."""
    with toy_event(tmp_path_factory.mktemp("serving") / "event") as judge:
        port, folder = free_port(), judge.event.folder
        command = [sys.executable, "-m", "leaderboard", "serve", "--event", str(folder), "--port", str(port)]
        said = folder / "said"
        with said.open("w") as file:
            process = subprocess.Popen(command, cwd=ROOT, stderr=file, stdout=file)
        address = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: answers(address), said, seconds=180)
            yield judge, process, address, said
        finally:
            process.terminate()
            process.wait(20)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api/v1/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def eventually(true: Callable[[], object], said: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.05)


def heard_of(judge: Judge) -> set[str]:
    """Return which kinds of processes gave a sign of life."""
    with judge.store.read() as session:
        return set(session.scalars(select(Heartbeat.kind)))


def children(process: subprocess.Popen, name: str) -> list[int]:
    """Return the processes below a supervisor whose command line holds a word."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == process.pid and name in stat.with_name("cmdline").read_text().split("\0"):
                found.append(int(stat.parent.name))
    return found


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (b"higgs", b"higgz", "higgz"),
        (b'name = "toy"', b'name = "toy"\ndatabase_url = "sqlit:///x"', "sqlit"),
        (b'name = "toy"', b'name = "Z\xfcrich"', "utf-8"),
        (b'"higgs"', b'"higgs", "higgs"', "named once"),
    ],
)
def test_whatever_is_wrong_with_the_settings_those_of_before_serve(judge, right, wrong, says):
    settings = judge.event.folder / "event.toml"
    good = settings.read_bytes()
    (judge.event.folder / Event.SERVED).write_bytes(good)
    settings.write_bytes(good.replace(right, wrong))
    assert settings.read_bytes() != good
    said = []
    assert serve.last_good(judge.event.folder, said.append).config == judge.event.config
    assert says in said[0]
    with pytest.raises(EventError, match=says):
        serve.serve(Event(judge.event.folder), "127.0.0.1", free_port(), say=said.append)
    assert (judge.event.folder / Event.SERVED).read_bytes() == good


def test_an_event_is_served_once(serving):
    judge, process, address, said = serving
    with pytest.raises(EventError, match=f"is served already, on {address}"):
        serve.serve(judge.event, "127.0.0.1", free_port(), say=lambda _: None)
    told = CliRunner().invoke(cli.app, ["demo", "--event", str(judge.event.folder)])
    assert isinstance(told.exception, serve.ServedAlready)
    eventually(lambda: heard_of(judge) == {"web", "judge"}, said)
    assert process.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_kills_of_web_judge_and_supervisor_and_a_typo_in_the_settings_end_nothing(serving):
    """Comes after what only looks at them: at the end none is left."""
    judge, process, address, said = serving
    settings = judge.event.folder / "event.toml"
    settings.write_text(settings.read_text().replace("closes", "closses"))
    sent = send(judge, add_team(judge), 1)

    def scored() -> bool:
        with judge.store.read() as session:
            return session.get_one(Submission, sent).state == "scored"

    eventually(scored, said)
    for name in ("judge", "uvicorn"):
        (first,) = children(process, name)
        os.kill(first, signal.SIGKILL)
        eventually(lambda name=name, first=first: children(process, name) not in ([], [first]), said)
    eventually(lambda: answers(address), said)
    assert process.poll() is None
    assert "the judge ended with status -9" in said.read_text()
    left = children(process, "judge") + children(process, "uvicorn")
    assert len(left) == 2
    process.kill()
    process.wait()
    eventually(lambda: not any(Path(f"/proc/{one}").exists() for one in left), said)

    again = serve.last_good(judge.event.folder, said.write_text)
    assert again.config == judge.event.config
    assert "event.toml" in said.read_text()


def test_settings_that_were_never_in_order_are_refused_by_name(judge):
    settings = judge.event.folder / "event.toml"
    settings.write_text(settings.read_text().replace("closes", "closses"))
    with pytest.raises(EventError, match="closses"):
        serve.last_good(judge.event.folder, pytest.fail)


INTRUDER = """
import os, sys
from pathlib import Path
vault, submissions, judge = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
tried = {
    "read the key": lambda: (vault / "key").read_bytes(),
    "read raw scores": lambda: (vault / "judge.sqlite").read_bytes(),
    "write into the vault": lambda: (vault / "new").write_bytes(b""),
    "empty the key": lambda: os.truncate(vault / "key", 0),
    "move the vault": lambda: vault.rename(submissions / "vault"),
    "link the key": lambda: os.link(vault / "key", submissions / "key"),
    "delete the key": lambda: (vault / "key").unlink(),
    "read the judge's environment": lambda: Path("/proc", judge, "environ").read_bytes(),
    "read the judge's memory": lambda: Path("/proc", judge, "mem").open("rb"),
    "change the settings": lambda: (vault.parent / "event.toml").write_text(""),
    "write a prediction file": lambda: (submissions / "fine").write_text(""),
    "read a public file": lambda: (vault.parent / "public" / "receipts.pem").read_text(),
}
for what, try_it in tried.items():
    try:
        try_it()
        print(what)
    except OSError:
        pass
"""


@needs_landlock
def test_who_takes_over_the_web_process_reaches_neither_vault_nor_judge(judge, capfd):
    with separated(judge.event) as found:
        assert found.apart
        assert "are apart" in str(found)
        arguments = [str(judge.vault.folder), str(judge.event.submissions), str(os.getpid())]
        assert found.start([sys.executable, "-c", INTRUDER, *arguments], dict(os.environ)).wait() == 0
    assert capfd.readouterr().out.splitlines() == ["write a prediction file", "read a public file"]
    assert (judge.vault.folder / "key").read_bytes()


def test_a_vault_within_reach_is_said_to_be_so(judge, monkeypatch):
    monkeypatch.setattr(separation, "SYSTEM", (*separation.SYSTEM, judge.event.folder))
    with separated(judge.event) as found:
        assert not found.apart
        assert "NOT apart" in str(found)


def test_a_user_who_is_not_there_is_named(judge):
    with (
        pytest.raises(EventError, match="'nobody-at-all'"),
        separated(judge.event, "nobody-at-all"),
    ):
        pass


@pytest.mark.in_a_file
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_user_gets_what_the_web_writes_and_nothing_else(judge):
    separation._hand_over(judge.event, str(judge.event.public), "nobody")
    owners = {path.name: path.owner() for path in judge.event.folder.iterdir()}
    theirs = {name for name, owner in owners.items() if owner == "nobody"}
    assert {"public", "submissions", "event.sqlite", "receipts.key"} <= theirs
    assert {"vault", "event.toml"}.isdisjoint(theirs)
    assert all(path.owner() == "root" for path in judge.vault.folder.rglob("*"))


def test_demo_tokens_are_shut_out_behind_a_proxy(judge, monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, env, **_: started.append((command, env)))
    serve.start_web(judge.event, "127.0.0.1", free_port())
    serve.start_web(judge.event, "127.0.0.1", free_port(), proxy="127.0.0.1")
    (alone, mine), (behind, others) = started
    assert (mine["PHYSATHON_LOOPBACK"], others["PHYSATHON_LOOPBACK"]) == ("1", "0")
    assert "--no-proxy-headers" in alone
    assert behind[-2:] == ["--forwarded-allow-ips", "127.0.0.1"]
