"""What is done to an event; each returns a sentence of figures, and fails if a promise is not kept."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from benchmarks.fire.promises import drain, hold, waiting
from benchmarks.fire.serving import (
    TRACK,
    Answer,
    Sent,
    add_teams,
    ask,
    make_event,
    prediction_files,
    send,
    served,
)
from leaderboard.event import VAULT_DATABASE_VARIABLE
from leaderboard.site.spool import RESERVE
from tests.postgresql import serving

ON_THE_DISK = ("listen_addresses=", "fsync=on", "max_connections=200")
"""Settings of a PostgreSQL server that keeps what it has confirmed."""

BOARD = f"/api/v1/tracks/{TRACK}/board"


def milliseconds(seconds: Sequence[float]) -> str:
    """Return median, 95th percentile and maximum.

    Examples
    --------
    >>> milliseconds([0.010] * 95 + [0.200] * 5)
    '10 / 19 / 200 ms'
    """
    return " / ".join(f"{1000 * q:.0f}" for q in np.quantile(seconds, (0.5, 0.95, 1))) + " ms"


def _memory(process: int) -> float:
    """Return the most megabytes that a process has held."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


class Rush:
    """Files that come in over some time, each from a client that never gives up."""

    def __init__(self, port: int, sent: Sequence[Sent], seconds: float) -> None:
        self.port, self.sent, self.seconds = port, sent, seconds
        self._pool = ThreadPoolExecutor(len(sent))
        self._under_way = 0
        self._lock = threading.Lock()
        self._futures: list[Future] = []

    def __enter__(self) -> "Rush":
        begin = time.monotonic()
        for number, one in enumerate(self.sent):
            self._futures.append(self._pool.submit(self._send, one, begin + self.seconds * number / len(self.sent)))
        return self

    def _send(self, one: Sent, when: float) -> None:
        time.sleep(max(0.0, when - time.monotonic()))
        with self._lock:
            self._under_way += 1
        one.until_received(self.port)
        with self._lock:
            self._under_way -= 1

    @property
    def in_flight(self) -> int:
        """How many clients wait for a receipt now."""
        return self._under_way

    def __exit__(self, *_) -> None:
        for future in self._futures:
            future.result()
        self._pool.shutdown()


def rush(source: Path, folder: Path, *, files: int = 600, seconds: float = 30, teams: int = 60) -> str:
    """600 files in 30 s."""
    with served(source, folder) as one:
        tokens = add_teams(folder, teams)
        sent = [Sent(body, tokens[at % teams]) for at, body in enumerate(prediction_files(folder, files))]
        with Rush(one.port, sent, seconds):
            pass
        judged = drain(folder)
        memory = _memory(one.children("uvicorn")[0])
    taken = [answer.seconds for each in sent for answer in each.answers if answer.status == 201]
    assert hold(folder, sent) == files
    return (
        f"{files} receipts, {milliseconds(taken)} (median / p95 / longest); the last file was judged {judged:.1f} s "
        f"after the last receipt; the web process held at most {memory:.0f} MB"
    )


def instant(source: Path, folder: Path, *, files: int = 600) -> str:
    """600 files at one instant, each of another team."""
    with served(source, folder) as one:
        sent = [
            Sent(body, token)
            for body, token in zip(prediction_files(folder, files), add_teams(folder, files), strict=True)
        ]
        begin = time.monotonic()
        with Rush(one.port, sent, 0):
            pass
        taken = time.monotonic() - begin
        drain(folder)
        memory = _memory(one.children("uvicorn")[0])
    tries = sum(len(each.answers) for each in sent)
    assert hold(folder, sent) == files
    return f"{files} receipts within {taken:.1f} s, in {tries} requests; the web process held at most {memory:.0f} MB"


def kills(source: Path, folder: Path, *, files: int = 200, seconds: float = 20) -> str:
    """SIGKILL of judge, web, both and supervisor in turn, each with files in flight."""
    killed = []
    with served(source, folder) as one:
        tokens = add_teams(folder, files)
        sent = [Sent(body, token) for body, token in zip(prediction_files(folder, files), tokens, strict=True)]
        with Rush(one.port, sent, seconds) as going:
            for victims in (["judge"], ["uvicorn"], ["judge", "uvicorn"], ["supervisor"]):
                _until(lambda words=victims: going.in_flight > 0 and (waiting(folder) > 0 or "judge" not in words))
                killed.append(f"{' and '.join(victims)} ({going.in_flight} in flight, {waiting(folder)} queued)")
                if victims == ["supervisor"]:
                    one.stop(signal.SIGKILL)
                    one.start()
                else:
                    for victim in [pid for word in victims for pid in one.children(word)]:
                        os.kill(victim, signal.SIGKILL)
                    one.wait_until_up()
                time.sleep(1)
        drain(folder)
    broken = sum(answer.status == 0 for each in sent for answer in each.answers)
    assert hold(folder, sent) == files
    return (
        f"{files} receipts, nothing lost or doubled; {broken} requests broke and were sent again; {'; '.join(killed)}"
    )


def database_killed(_source: Path, folder: Path, *, files: int = 200, seconds: float = 20, times: int = 3) -> str:
    """SIGKILL of the PostgreSQL server in which an event has its tables, each time with files in flight."""
    with serving(settings=ON_THE_DISK) as server:
        url = os.environ[VAULT_DATABASE_VARIABLE] = server.new_database()
        try:
            make_event(folder, database_url=url)
            with served(folder, folder) as one:
                tokens, killed = add_teams(folder, files), []
                sent = [Sent(body, token) for body, token in zip(prediction_files(folder, files), tokens, strict=True)]
                with Rush(one.port, sent, seconds) as going:
                    for _ in range(times):
                        _until(lambda: going.in_flight > 0)
                        killed.append(f"{going.in_flight}")
                        server.kill()
                        time.sleep(1)
                        server.start()
                        time.sleep(seconds / (2 * times))
                drain(folder)
            assert hold(folder, sent) == files
        finally:
            del os.environ[VAULT_DATABASE_VARIABLE]
    refused = sum(answer.status != 201 for each in sent for answer in each.answers)
    return (
        f"{files} receipts, nothing lost or doubled; {' and '.join(killed)} in flight at the kills; {refused} requests "
        "were refused or broke, and were sent again"
    )


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "what should be in flight never was"
        time.sleep(0.002)


@contextmanager
def small_disk(place: Path, megabytes: float) -> Iterator[Callable[[float], None]]:
    """Mount a disk of some megabytes; yields what gives it another size."""
    place.mkdir(parents=True)
    size = f"size={int(megabytes * 1e6)}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=True)

    def resize(megabytes: float) -> None:
        subprocess.run(["mount", "-o", f"remount,size={int(megabytes * 1e6)}", place], check=True)

    try:
        yield resize
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def disk_full(source: Path, folder: Path, *, files: int = 60) -> str:
    """The disk runs full under uploads, and is given room again."""
    used = sum(path.stat().st_size for path in source.rglob("*") if path.is_file()) / 1e6
    with small_disk(folder, used + RESERVE / 1e6 + 6) as resize:
        event = folder / "event"
        with served(source, event) as one:
            sent = [
                Sent(body, token)
                for body, token in zip(prediction_files(event, files), add_teams(event, files), strict=True)
            ]
            first = [send(one.port, each.token, each.body) for each in sent]
            refused = [answer for answer in first if answer.status != 201]
            assert refused, "the disk was not full"
            statuses = {answer.status for answer in refused}
            assert statuses <= {503, 507}, statuses
            assert ask(one.port, "GET", "/api/v1/event").status == 200, "the site went down with the disk"
            resize(used + RESERVE / 1e6 + 200)
            for each in sent:
                each.until_received(one.port)
            drain(event)
        assert hold(event, sent) == files
        shutil.rmtree(event)
    return (
        f"{files - len(refused)} receipts, {len(refused)} refusals ({_listed(statuses)}); with room again all {files}"
    )


def _listed(statuses: set[int]) -> str:
    return ", ".join(map(str, sorted(statuses)))


def unwritable(source: Path, folder: Path, *, files: int = 5) -> str:
    """The folder of prediction files cannot be written for a while."""
    with served(source, folder) as one:
        sent = [
            Sent(body, token)
            for body, token in zip(prediction_files(folder, files), add_teams(folder, files), strict=True)
        ]
        kept = folder / "submissions"
        subprocess.run(["mount", "--bind", kept, kept], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", kept], check=True)
        try:
            refused = [send(one.port, each.token, each.body) for each in sent]
            answered = ask(one.port, "GET", BOARD).status
        finally:
            subprocess.run(["umount", "-l", kept], check=True)
        assert answered == 200
        assert {answer.status for answer in refused} <= {503, 507}, refused
        for each in sent:
            each.until_received(one.port)
        drain(folder)
    assert hold(folder, sent) == files
    statuses = _listed({answer.status for answer in refused})
    return f"{files} refusals ({statuses}) while the board was read; then {files} receipts"


def locked(source: Path, folder: Path, seconds: float, *, writers: int = 40) -> str:
    """Another process holds the database's write lock while 40 teams send and everybody reads."""
    with served(source, folder) as one:
        sent = [
            Sent(body, token)
            for body, token in zip(prediction_files(folder, writers), add_teams(folder, writers), strict=True)
        ]
        ask(one.port, "GET", BOARD)
        reads: list[Answer] = []
        with closing(sqlite3.connect(folder / "event.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with Rush(one.port, sent, 0):
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    reads.append(ask(one.port, "GET", BOARD))
                    time.sleep(0.05)
                other.execute("ROLLBACK")
        drain(folder)
    statuses = [answer.status for each in sent for answer in each.answers]
    assert {answer.status for answer in reads} == {200}
    assert set(statuses) <= {201, 503}, sorted(set(statuses))
    assert hold(folder, sent) == writers
    return (
        f"{len(reads)} reads of the board, {milliseconds([answer.seconds for answer in reads])}; "
        f"{statuses.count(503)} times 503 with Retry-After, then {writers} receipts"
    )


def stopped_judge(source: Path, folder: Path, *, files: int = 40) -> str:
    """Of two judges one is stopped in the middle of a job, and goes on after the other took the job over."""
    settings = folder / "event.toml"
    shutil.copytree(source, folder)
    settings.write_text(settings.read_text() + "lease_seconds = 2\n")
    (folder / "vault").chmod(0o700)
    with served(folder, folder) as one:
        sent = [
            Sent(body, token)
            for body, token in zip(prediction_files(folder, files), add_teams(folder, files), strict=True)
        ]
        (first,) = one.children("judge")
        with Rush(one.port, sent, 2):
            _until(lambda: waiting(folder) > 0)
            os.kill(first, signal.SIGSTOP)
        left = waiting(folder)
        assert left > 0
        second = subprocess.Popen([*one.process.args[:3], "judge", "--event", str(folder)])  # type: ignore[union-attr,index]
        try:
            drain(folder)
        finally:
            os.kill(first, signal.SIGCONT)
            second.terminate()
            second.wait()
        time.sleep(1)
    assert hold(folder, sent) == files
    return f"{left} files waited when it was stopped; each was judged once"


def temporary_folder() -> Path:
    """Return a new folder on a real disk."""
    return Path(tempfile.mkdtemp(prefix="physathon-fire-"))
