"""One team sends what checks are worst at, as fast as it can, and others check honest files; writes docs/evidence."""

import gzip
import io
import json
import os
import platform
import random
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

import numpy as np
import requests

from benchmarks import ROOT
from leaderboard import serve
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.people import teams
from leaderboard.store.database import open_store
from leaderboard.store.queries import now
from leaderboard.store.tables import HoldoutRecord, TrackState
from scoring.predictions import Format, id_text

PAGE = ROOT / "docs/evidence/checks.md"
ROWS, TEAMS, SECONDS, PAUSE = 30_000, 20, 30, 2.0
ATTACKERS = 6
"""Connections that the attacking team keeps busy by submitting, and as many by asking for checks."""

AIM = 0.3
"""Seconds within which 95 of 100 honest checks are answered, whatever one team does."""

PLACES = {"higgs": "tracks/higgs.signal", "quantum": "tracks/quantum.anomaly/circuits"}


@dataclass
class Load:
    """What a crowd of clients saw."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        """Return how long that share of the answers took at most, in seconds."""
        return float(np.quantile(self.seconds, share))


def make_event(folder: Path) -> tuple[Event, Format]:
    """Make an event of one track with files and one with circuits; nobody judges, so there are no answers."""
    event = Event.create(folder, name="checks", challenges=["higgs", "quantum"])
    receipts.make_key(event)
    open_store(event).close()
    ids = np.sort(np.random.default_rng(1).integers(0, 2**64, ROWS, dtype=np.uint64))
    format = Format("higgs", "signal", ("score",), ids)
    public = event.public / "higgs" / "signal"
    public.mkdir(parents=True)
    (public / "facts.json").write_text("{}")
    (public / "format.json").write_text(json.dumps(format.to_json()))
    return event, format


def tokens(event: Event, count: int) -> list[str]:
    """Register a holdout that nobody has seen, and so many teams; return their tokens."""
    store = open_store(event)
    try:
        with store.write() as session:
            made = {"commitments": {}, "rows": {}, "secret": True, "note": "", "created_at": now()}
            session.add(HoldoutRecord(digest="none", track="higgs.signal", **made))
            session.add(TrackState(name="higgs.signal", holdout="none"))
            return [teams.issue_token(session, teams.add_team(session, f"Number {at}")) for at in range(count)]
    finally:
        store.close()


def honest_file(format: Format) -> bytes:
    """Return a CSV in order."""
    scores = np.random.default_rng(2).random(len(format.ids)).tolist()
    rows = zip(id_text(format.ids).tolist(), scores, strict=True)
    return ("id,score\n" + "".join(f"{id},{score!r}\n" for id, score in rows)).encode()


def hostile_files(format: Format) -> dict[str, tuple[str, bytes]]:
    """Return where to send what is worst to check, by name."""
    space = format.size_limit - 200
    line = f"id,score\n{id_text(format.ids[:1])[0]},".encode()
    head = b'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[20] q;\n'
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("submission.csv", bytes(2**27))
    files = {
        "a cell of `'111` repeated": line + b"1" + b"'111" * (space // 4) + b"\n",
        "a cell of digits and a letter": line + b"1" * space + b"x\n",
        "a cell that is not UTF-8": line + b"\xff" * space + b"\n",
        "twice as many rows as there may be": b"id,score\n" + b"0,1'000\n" * (2 * ROWS),
        "line ends behind `[]`": b"[]" + b"\n" * space + b"x",
        "zeros, gzipped": gzip.compress(bytes(2**27), 1),
        "zeros, in a ZIP archive": archive.getvalue(),
    }
    circuits = {
        "a circuit of 19,900 names, numbers and signs": head + b"h q[0];\n" * 3300,
        "a circuit of long terms": head + (b"rx(" + b"+".join([b"1"] * 120) + b") q[0];\n") * 80,
        "a circuit of comments never closed": head + b"/*" * 30_000,
    }
    found = {name: (f"{PLACES['higgs']}/check", content) for name, content in files.items()}
    found |= {f"{name}, submitted": (f"{PLACES['higgs']}/submissions", content) for name, content in files.items()}
    return found | {name: (PLACES["quantum"], content) for name, content in circuits.items()}


@contextmanager
def crowd(*clients: Callable[[threading.Event], None]):
    """Run clients on threads until the block ends."""
    over = threading.Event()
    threads = [threading.Thread(target=client, args=(over,)) for client in clients]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join()


def honest(address: str, token: str, upload: bytes, load: Load) -> Callable[[threading.Event], None]:
    """Return a client that checks a file, pauses, and begins again."""

    def run(over: threading.Event) -> None:
        with requests.Session() as session:
            over.wait(PAUSE * random.random())
            while not over.wait(PAUSE):
                started = time.perf_counter()
                answer = session.post(f"{address}/{PLACES['higgs']}/check", data=upload, headers=signed(token))
                load.seconds.append(time.perf_counter() - started)
                load.answers[answer.status_code] += 1

    return run


def hostile(address: str, token: str, files: list[tuple[str, bytes]], load: Load) -> Callable[[threading.Event], None]:
    """Return a client that sends one file after the other without a pause."""

    def run(over: threading.Event) -> None:
        with requests.Session() as session:
            while not over.is_set():
                place, content = random.choice(files)
                answer = session.post(f"{address}/{place}", data=content, headers=signed(token))
                load.answers[answer.status_code] += 1

    return run


def signed(token: str) -> dict[str, str]:
    """Return the header that a request is signed by."""
    return {"Authorization": f"Bearer {token}"}


def children(pid: int) -> list[int]:
    """Return the processes that a process has started (Linux only)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def peak(pid: int) -> float:
    """Return the most memory that a process has held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def alone(address: str, token: str, files: dict[str, tuple[str, bytes]]) -> list[str]:
    """Return lines of a table: how long each hostile file takes by itself, the best of three."""
    lines = []
    for name, (place, content) in files.items():
        if name.endswith("submitted"):
            continue
        times = []
        for _ in range(3):
            started = time.perf_counter()
            answer = requests.post(f"{address}/{place}", data=content, headers=signed(token))
            times.append(time.perf_counter() - started)
        lines.append(f"| {name} | {len(content) / 1e6:.2f} | {answer.status_code} | {min(times):.2f} |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name, socket() as probe:
        event, format = make_event(Path(name) / "event")
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        attacker, measured, *crowd_of = tokens(event, TEAMS + 2)
        upload, files = honest_file(format), hostile_files(format)
        web = serve.start_web(event, "127.0.0.1", port)
        address = f"http://127.0.0.1:{port}/api/v1"
        try:
            serve.wait_until_up("127.0.0.1", port, web)
            requests.post(f"{address}/{PLACES['higgs']}/check", data=upload, headers=signed(measured))
            calm, attacked, attack = Load(), Load(), Load()
            with crowd(*(honest(address, token, upload, calm) for token in crowd_of)):
                time.sleep(SECONDS)
            before = peak(web.pid)
            sent = [one for one in files.values() if one[0].endswith("submissions")]
            asked = [one for one in files.values() if one not in sent]
            hostiles = [hostile(address, attacker, kind, attack) for kind in (sent, asked) for _ in range(ATTACKERS)]
            with crowd(*hostiles, *(honest(address, token, upload, attacked) for token in crowd_of)):
                time.sleep(SECONDS)
            peaks = peak(web.pid), ", ".join(f"{peak(child):.0f}" for child in children(web.pid))
            lines = alone(address, measured, files)
        finally:
            web.terminate()
            web.wait()
    assert set(calm.answers) == set(attacked.answers) == {200}, (calm.answers, attacked.answers)
    memory = f"the web process {peaks[0]:.0f} MB ({before:.0f} MB before), the checking processes {peaks[1]} MB"
    PAGE.write_text(page(calm, attacked, attack, memory, lines, len(upload)), "utf-8")
    found = attacked.quantile(0.95)
    assert found < AIM, f"95% of honest checks took up to {found:.2f} s under attack, the aim is {AIM} s"


def page(calm: Load, attacked: Load, attack: Load, memory: str, lines: list[str], size: int) -> str:
    """Return the page in Markdown."""

    def row(name: str, load: Load) -> str:
        times = [load.quantile(0.5), load.quantile(0.95), max(load.seconds)]
        return f"| {name} | {len(load.seconds)} | " + " | ".join(f"{one:.3f}" for one in times) + " |"

    answers = ", ".join(f"{count:,} × {status}" for status, count in sorted(attack.answers.items()))
    table = "\n".join(lines)
    return f"""# Checks while one team attacks

{TEAMS} teams check a CSV of {ROWS:,} rows ({size / 1e6:.1f} MB) over HTTP, each {PAUSE:g} s after its last answer, for
{SECONDS} s; then the same while another team sends the worst files known: it submits over {ATTACKERS} connections,
and asks for checks of files and circuits over {ATTACKERS} more. Web, checking processes and clients share
{os.cpu_count()} cores with what else ran there ({os.getloadavg()[2]:.0f} processes on average).

| the others' checks | answers | median, s | 95%, s | longest, s |
|---|---|---|---|---|
{row("alone", calm)}
{row("under attack", attacked)}

The aim is 95% within {AIM} s. The attacking team got {answers}.

Memory at its peak: {memory}.

## What was sent

Each by itself, the shortest of three times:

| file | MB | answer | s |
|---|---|---|---|
{table}

Made by `python -m benchmarks checks`, with Python {platform.python_version()} on {platform.machine()}.
"""


if __name__ == "__main__":
    main()
