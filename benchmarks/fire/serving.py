"""A served event with its teams: `physathon serve` in a process of its own, and clients that never give up."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

import numpy as np

from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import teams
from leaderboard.public.data import public_data
from leaderboard.store.database import open_store
from scoring.predictions import id_text

TRACK = "higgs.signal"
UNLIMITED = {"submissions_per_day": 100_000, "submissions_in_all": 100_000}
PATIENCE = 240
"""Seconds after which a client that never gives up does."""


def make_event(folder: Path, *, size: str = "default", **settings) -> None:
    """Make and fill the event that is copied for each scenario."""
    event = Event.create(folder, name="under fire", size=size, challenges=["higgs"], **UNLIMITED | settings)
    receipts.make_key(event)
    with closing(Judge(event, Vault(event, create=True))) as judge:
        prepare.simulate(judge, "higgs")


def add_teams(folder: Path, count: int) -> list[str]:
    """Register teams and return their tokens."""
    event = Event(folder)
    with closing(open_store(event)) as store, store.write() as session:
        return [teams.issue_token(session, teams.add_team(session, f"Team {number}")) for number in range(count)]


def prediction_files(folder: Path, count: int) -> list[bytes]:
    """Return as many different files that are in order."""
    ids = id_text(public_data(Event(folder), TRACK).format().ids).tolist()
    draws = np.random.default_rng(1).normal(size=(count, len(ids)))
    lines = ("".join(f"{row},{value:.6f}\n" for row, value in zip(ids, draw, strict=True)) for draw in draws)
    return [b"id,score\n" + part.encode() for part in lines]


@dataclass(frozen=True)
class Answer:
    """What a request came to; status 0 is a connection that broke."""

    status: int
    document: dict
    seconds: float
    retry_after: float | None = None


def ask(port: int, method: str, path: str, *, token: str | None = None, body: bytes | None = None) -> Answer:
    """Send one request."""
    begin = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException):
            return Answer(0, {}, time.perf_counter() - begin)
        wait = response.getheader("Retry-After")
    document = {}
    with suppress(ValueError):
        document = json.loads(content)
    return Answer(response.status, document, time.perf_counter() - begin, None if wait is None else float(wait))


def fetch(port: int, path: str, token: str | None) -> bytes:
    """Return the whole answer to a request, headers too."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return str(response.getheaders()).encode() + response.read()


def send(port: int, token: str, body: bytes, filename: str = "a.csv") -> Answer:
    """Send predictions once."""
    path = f"/api/v1/tracks/{TRACK}/submissions?filename={quote(filename)}"
    return ask(port, "POST", path, token=token, body=body)


@dataclass
class Sent:
    """What a client went through until it had its receipt."""

    body: bytes
    token: str
    answers: list[Answer] = field(default_factory=list)

    @property
    def receipt(self) -> dict | None:
        """The receipt, once there is one."""
        return self.answers[-1].document if self.answers and self.answers[-1].status == 201 else None

    def until_received(self, port: int) -> "Sent":
        """Send until a receipt comes; refusals that ask for patience get it, broken connections are tried again."""
        deadline = time.monotonic() + PATIENCE
        while self.receipt is None and time.monotonic() < deadline:
            answer = send(port, self.token, self.body)
            self.answers.append(answer)
            if answer.status not in (0, 201, 409, 429, 503, 507):
                raise AssertionError(f"{answer.status}: {answer.document}")
            if answer.status != 201:
                time.sleep(answer.retry_after or 0.2)
        return self


class Served:
    """`physathon serve` on an event's folder."""

    def __init__(self, folder: Path, port: int, log: Path) -> None:
        self.folder, self.port, self.log = folder, port, log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it, and return when it answers."""
        command = [sys.executable, "-m", "leaderboard", "serve", "--event", str(self.folder), "--port", str(self.port)]
        with self.log.open("a") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file)
        self.wait_until_up()

    def wait_until_up(self, seconds: float = 60) -> float:
        """Return after how many seconds the API answers."""
        begin = time.monotonic()
        while ask(self.port, "GET", "/api/v1/health").status != 200:
            assert time.monotonic() - begin < seconds, self.log.read_text()
            time.sleep(0.05)
        return time.monotonic() - begin

    def children(self, word: str) -> list[int]:
        """Return the processes right below it whose command holds a word: ``judge`` or ``uvicorn``."""
        assert self.process is not None
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and word in stat.with_name("cmdline").read_text().split("\0"):
                    found.append(int(stat.parent.name))
        return found

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        """End it, and return when nothing of it is left."""
        if self.process is None:
            return
        left = self.children("judge") + self.children("uvicorn")
        self.process.send_signal(kind)
        self.process.wait(60)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{one}").exists() for one in left):
            assert time.monotonic() < deadline, "a process outlived its supervisor"
            time.sleep(0.05)
        self.process = None


@contextmanager
def served(source: Path, folder: Path) -> Iterator[Served]:
    """Serve a copy of an event while the block lasts."""
    if source != folder:
        shutil.copytree(source, folder)
        (folder / "vault").chmod(0o700)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    one = Served(folder, port, folder.parent / f"{folder.name}.log")
    try:
        one.start()
        yield one
    finally:
        one.stop()
