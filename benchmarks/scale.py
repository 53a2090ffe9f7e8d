"""An event of 10,000 teams on PostgreSQL, in a bucket and with a cluster of Dask's: what each thing costs; writes docs.

``python -m benchmarks.scale [--teams N] [--files N] [--sent N]``
"""

import argparse
import http.client
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import psutil
from sqlalchemy import event as on

from benchmarks._event import TRACK, SmallEvent, small_event
from benchmarks._filled import fill
from benchmarks.queries import SERVER
from challenges.spec import PRIVATE, PUBLIC
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.intake.receive import receive
from leaderboard.judge import cluster, rescoring, worker
from leaderboard.people import teams
from leaderboard.public import files
from leaderboard.public.data import public_data
from leaderboard.serve import start_web, wait_until_up
from leaderboard.store.database import Database
from leaderboard.store.tables import Team
from scoring.sealed.holdout import fresh_salts
from tests import postgresql, s3

OTHER = "nmr.gauss"
"""The track that is scored anew: each of its files is really there."""

SENDERS, LOOKERS, WORKERS, ALONE, LOOKS = 8, 4, 2, 50, 2000
PORT, SCHEDULER = 8523, 8524
TIMES = 1000
KINDS = ("web", "checkers", "PostgreSQL", "judge", "workers", "storage")
RECEIVED, JUDGED = "a file: received, kept, receipt given", "a file: judged, board moved"
LOOK, CLOCK = "a look at a board that is the same", "a look at the clock"
LOOK_EVERY = 8
"""Seconds between two looks of a page where very many are open."""

LAST_HOUR = 0.1
"""Of all files, that share comes in the last hour."""

PAGE = Path(__file__).parents[1] / "docs/evidence/scale.md"


@dataclass
class Cost:
    """What so many of a thing took: seconds that passed, and seconds of processor by kind of process."""

    count: int
    seconds: float = 0.0
    processor: dict[str, float] = field(default_factory=dict)

    def each(self, kind: str) -> float:
        """Return the milliseconds of processor that one takes of a kind of process."""
        return 1000 * self.processor.get(kind, 0.0) / self.count


def processor() -> dict[str, float]:
    """Return the seconds of processor that each kind of process has taken."""
    found: dict[str, float] = {}
    own = os.times()
    found["judge"] = own.user + own.system
    for one in psutil.process_iter(["cmdline", "cpu_times"]):
        kind = kind_of(" ".join(one.info["cmdline"] or ()))
        if kind and one.info["cpu_times"]:
            times = one.info["cpu_times"]
            ended = times.children_user + times.children_system if kind == "PostgreSQL" else 0.0
            found[kind] = found.get(kind, 0.0) + times.user + times.system + ended
    return found


def kind_of(command: str) -> str | None:
    """Return which of the processes that are measured a command is."""
    kinds = {
        "leaderboard.site.web": "web",
        "leaderboard.intake.checker": "checkers",
        "postgres": "PostgreSQL",
        "tests.s3": "storage",
        "dask_worker": "workers",
    }
    return next((kind for part, kind in kinds.items() if part in command), None)


@contextmanager
def measured(count: int) -> Generator[Cost]:
    """Yield what is told of the block once it has ended."""
    cost, before, start = Cost(count), processor(), time.perf_counter()
    yield cost
    cost.seconds, after = time.perf_counter() - start, processor()
    cost.processor = {kind: after[kind] - before.get(kind, 0.0) for kind in after}


@contextmanager
def lock_held(store: Database) -> Generator[list[float]]:
    """Yield a list of the seconds for which each transaction had the lock of all who write."""
    began, held = threading.local(), list[float]()

    def asked(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        if "pg_advisory_xact_lock(" in statement:
            began.at = time.perf_counter()

    def ended(_connection, _record) -> None:
        if at := getattr(began, "at", None):
            held.append(time.perf_counter() - at)
            began.at = None

    on.listen(store.engine, "after_cursor_execute", asked)
    on.listen(store.engine, "checkin", ended)  # which comes after the commit
    yield held
    on.remove(store.engine, "after_cursor_execute", asked)
    on.remove(store.engine, "checkin", ended)


@contextmanager
def served(event: Event) -> Iterator[None]:
    """Serve an event by one web process."""
    with start_web(event, "127.0.0.1", PORT) as web:
        try:
            wait_until_up("127.0.0.1", PORT, web)
            yield
        finally:
            web.terminate()


def send(tokens: list[str], uploads: list[bytes]) -> Cost:
    """Send files over HTTP, several at once; each gets its receipt."""

    def one(number: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)) as connection:
            sign_in = {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}
            connection.request("POST", f"/api/v1/tracks/{TRACK}/submissions?filename=a.csv", uploads[number], sign_in)
            answer = connection.getresponse()
            said = answer.read()
        if answer.status != 201:
            raise RuntimeError(said.decode())

    with measured(len(uploads)) as cost, ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(one, range(len(uploads))))
    return cost


def look(path: str, count: int) -> Cost:
    """Ask for what pages keep alive, as a browser does that has it already."""

    def some(_: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)) as connection:
            known: dict[str, str] = {}
            for _ in range(count // LOOKERS):
                connection.request("GET", path, headers=known)
                answer = connection.getresponse()
                answer.read()
                known = {"If-None-Match": answer.headers["ETag"]}

    some(0)
    with measured(count) as cost, ThreadPoolExecutor(LOOKERS) as pool:
        list(pool.map(some, range(LOOKERS)))
    return cost


def guesses(small: SmallEvent, count: int) -> list[bytes]:
    """Return files of the track that is scored anew, each the answers with noise of its own."""
    event, holdout, rng = small.judge.event, small.judge.holdout(OTHER), np.random.default_rng(1)
    _, track = event.track(OTHER)
    ids, _ = files.read_test(public_data(event, OTHER).folder)
    right = holdout.targets[list(track.columns)].to_numpy(float)
    return [files.predictions(ids, right * rng.lognormal(0, 0.1, right.shape), track) for _ in range(count)]


@contextmanager
def cluster_of(event: Event) -> Iterator[str]:
    """Run the judge's own cluster; yield where its scheduler is."""
    address = f"tls://127.0.0.1:{SCHEDULER}"
    base = [sys.executable, "-m", "leaderboard", "cluster"]
    of = ["--event", str(event.folder)]
    commands = [
        [*base, "scheduler", "--port", str(SCHEDULER), *of],
        [*base, "worker", address, "--workers", str(WORKERS), *of],
    ]
    running = [subprocess.Popen(one, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for one in commands]
    try:
        yield address
    finally:
        for one in running[::-1]:
            one.terminate()
            one.wait()


def rescored(small: SmallEvent, count: int) -> tuple[Cost, Cost]:
    """Score files anew on a holdout with other salts: in this process, and on the judge's cluster; the same."""
    judge, holdout = small.judge, small.judge.holdout(OTHER)
    fixed = replace(holdout, salts=fresh_salts([PUBLIC, PRIVATE]))
    with measured(count) as alone:
        here = rescoring.rescore(judge, OTHER, fixed)
    with (
        cluster_of(judge.event) as address,
        cluster.joined(judge.event, judge.vault, address),
        measured(count) as shared,
    ):
        there = rescoring.rescore(judge, OTHER, fixed)
    assert there.results.raw == here.results.raw
    return alone, shared


def played(folder: Path, size: argparse.Namespace, **settings) -> tuple[dict[str, Cost], float]:
    """Play the event; return what each thing cost, and for how many seconds a file has the lock of all who write."""
    with small_event(folder, 0, **settings) as small:
        judge, costs = small.judge, dict[str, Cost]()
        fill(judge, TRACK, size.teams, size.files)
        uploads = small.uploads(size.sent + ALONE)
        with judge.store.write() as session:
            senders = [session.get_one(Team, number) for number in range(1, SENDERS * 8 + 1)]
            tokens = [teams.issue_token(session, team) for team in senders]
        small.teams.extend(senders)
        with lock_held(judge.store) as held:
            for number, upload in enumerate(uploads[size.sent :]):
                small.send(number, upload)
        with served(judge.event):
            send(tokens, small.uploads(SENDERS))  # what is loaded, and made once, is there
            costs[RECEIVED] = send(tokens, uploads[: size.sent])
            costs[LOOK] = look(f"/parts/board?track={TRACK}", LOOKS)
            costs[CLOCK] = look("/parts/clock", LOOKS)
        waiting = size.sent + ALONE + SENDERS
        with measured(waiting) as costs[JUDGED]:
            worker.work(judge, once=True)
        for number, upload in enumerate(guesses(small, size.sent)):
            receive(judge.event, judge.store, senders[number % len(senders)], OTHER, upload, f"{number}.csv")
        worker.work(judge, once=True)
        alone, shared = rescored(small, size.sent)
        costs["a file: scored anew, by the judge"], costs["a file: scored anew, on the cluster"] = alone, shared
    return costs, 1000 * sum(held) / max(len(held), 1)


def on_paper(costs: dict[str, Cost], held: float, size: argparse.Namespace) -> str:
    """Return the table of what an event a thousand times as large needs in its last hour."""
    received, judged = costs[RECEIVED], costs[JUDGED]
    rate = LAST_HOUR * TIMES * size.teams * size.files / 3600
    looks = TIMES * size.teams / LOOK_EVERY
    look = costs[LOOK]
    needs = [
        (
            "the lock of all who write",
            f"{held:.1f} ms a file, one after the other",
            1000 / held,
            rate,
            "of them, where there is one",
        ),
        ("PostgreSQL, for files", f"{received.each('PostgreSQL') + judged.each('PostgreSQL'):.1f} ms", None, rate, ""),
        ("web, for files", f"{received.each('web'):.1f} ms", None, rate, ""),
        ("checkers", f"{received.each('checkers'):.1f} ms", None, rate, ""),
        ("judge", f"{judged.each('judge'):.1f} ms", None, rate, ""),
        ("web, for looks", f"{look.each('web'):.2f} ms", None, looks, ""),
    ]
    rows = ""
    for part, cost, most, asked, unit in needs:
        one = most or 1000 / max(float(cost.split()[0]), 1e-9)
        rows += f"| {part} | {cost} | {one:,.0f} | {asked:,.0f} | {asked / one:,.0f} {unit or 'cores'} |\n"
    return rows


def page(costs: dict[str, Cost], held: float, size: argparse.Namespace) -> str:
    """Return the page of evidence."""
    rows = "".join(
        f"| {what} | {one.count:,} | {one.count / one.seconds:,.0f} | "
        + " | ".join(f"{one.each(kind):.1f}" if one.each(kind) >= 0.05 else "" for kind in KINDS)
        + " |\n"
        for what, one in costs.items()
    )
    sent = TIMES * size.teams * size.files
    rate = LAST_HOUR * sent / 3600
    return f"""# An event of {size.teams:,} teams, and a thousand times that

{size.teams:,} teams have sent {size.files} files each, {size.teams * size.files:,} in all; the tables are in
PostgreSQL, what is sent now lies in a bucket, and files are scored anew by the judge's own cluster of Dask's,
{WORKERS} workers behind mutual TLS. {size.sent:,} files come over HTTP, {SENDERS} at once, are checked, kept and
judged. Milliseconds of processor that one thing takes of each kind of process; *storage* is a stand-in written in
Python, whose own cost says nothing; while files and looks come over HTTP, *judge* is who sends them.

| | measured | a second, here | {" | ".join(KINDS)} |
|---|---|---|{"---|" * len(KINDS)}
{rows}
A file has the lock of all who write for {held:.1f} ms.

## On paper, a thousand times that

{TIMES * size.teams:,} teams, {sent:,} files, a tenth of them in the last hour: {rate:,.0f} files a second; and of each
team one page open, which looks every {LOOK_EVERY} s.

| part | one takes | one of it bears a second | asked for a second | so many are needed |
|---|---|---|---|---|
{on_paper(costs, held, size)}
**What saturates first is the lock**: all who write files take turns, on one database, whatever the machine. Its place
takes a lock of each team, for what is counted is counted by team (`leaderboard.store.tallies`), and the track's version
and queue are rows of their own; then the database's processor, for which tracks go to databases of their own: nothing
but standings over all tracks reads two of them. Web processes, checkers and judges share nothing but the database, and
are as many as there are cores. None of this is built. Nor is a board for millions: today a web process
reads of a board what moved, once a second at most, but ranks and draws all of its teams; of so many nobody scrolls
through all, so a page and one's own row would do.

{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}. Made by `python -m benchmarks scale`.
"""


def main() -> None:
    """Play the event, and write the page."""
    parser = argparse.ArgumentParser()
    for name, default in (("--teams", 10_000), ("--files", 20), ("--sent", 200)):
        parser.add_argument(name, type=int, default=default)
    size = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgresql.serving(settings=SERVER) as server, s3.serving() as storage:
        url = server.new_database()
        os.environ |= storage.environment | {VAULT_DATABASE_VARIABLE: url}
        costs, held = played(Path(name) / "event", size, database_url=url, files_url=storage.new_url())
    for what, one in costs.items():
        print(what, f"{one.seconds:.1f} s", {kind: f"{one.each(kind):.2f} ms" for kind in KINDS}, flush=True)
    PAGE.write_text(page(costs, held, size))


if __name__ == "__main__":
    main()
