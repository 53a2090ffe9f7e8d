"""Boards of 200 and of 600 teams with 5,000 files: read, served to many readers, locked, and judged; writes docs."""

import http.client
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import TypeVar
from unittest import mock

import fastapi
import numpy as np
import pandas as pd
import sqlalchemy
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from challenges.dataset import Dataset
from challenges.higgs.layout import FEATURES
from challenges.spec import OBSERVED, PRIVATE, PUBLIC
from leaderboard.board.entries import Best, Entry, Sent, assemble, board, submissions_by_team
from leaderboard.event import EVENT_VARIABLE, Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import prepare, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import teams
from leaderboard.serve import start_web, wait_until_up
from leaderboard.site.live import snapshot
from leaderboard.store.database import WEB_PATIENCE, Database, open_store
from leaderboard.store.queries import accepted, now, track_state
from leaderboard.store.standings import read_anew
from leaderboard.store.tables import Job, Release, Submission, Team, TeamStanding

TRACK, BOARD = "higgs.signal", "/api/v1/tracks/higgs.signal/board"
TEAMS, FILES = (200, 600), 5000
READERS, WRITERS = (1, 20, 50), 40
SECONDS, LOCK = 5.0, 12.0
NTH = (5, 50, 300)
PORT = 8519
T = TypeVar("T")
PAGE = Path(__file__).parents[1] / "docs/evidence/boards.md"


def from_all_submissions(session: Session, track: str) -> list[Entry]:
    """Return a track's board as it follows from every submission and every release: what standings stand for."""
    state = track_state(session, track)
    submissions = accepted(session, track)
    by_id = {submission.id: submission for submission in submissions}
    slice_name = PRIVATE if state.published_at else PUBLIC
    best = _newest(session, track, state.holdout, slice_name)
    observed = _newest(session, track, state.holdout, OBSERVED)
    shown = [(Sent.of(by_id[one.submission]), one) for one in best.values() if one.submission in by_id]
    files = {team: len(sent) for team, sent in submissions_by_team(submissions).items()}
    return [replace(entry, observed=observed.get(entry.team)) for entry in assemble(track, shown, files, slice_name)]


def _newest(session: Session, track: str, holdout: str, slice_name: str) -> Mapping[str, Best]:
    rows = session.execute(
        select(Submission, Release)
        .join(Release, Release.submission_id == Submission.id)
        .where(Submission.track == track, Release.holdout == holdout, Release.slice == slice_name)
        .where(Submission.state != "failed")
        .order_by(Submission.id)
    )
    return {
        submission.team.name: Best(
            shown.best_submission_id, shown.value, shown.low, shown.high, shown.rank_best, shown.rank_worst
        )
        for submission, shown in rows
    }


def uncached() -> fastapi.FastAPI:
    """Return a site that reads every board from all submissions, as each reader asks for it."""
    api = fastapi.FastAPI()
    store = open_store(Event(Path(os.environ[EVENT_VARIABLE])))

    @api.get(BOARD)
    def show_board() -> dict:
        with store.read() as session:
            return {"entries": [asdict(entry) for entry in from_all_submissions(session, TRACK)]}

    @api.get("/api/v1/health")
    def health() -> dict:
        return {}

    return api


def toy(n_events: int, seed: int, **_options: object) -> Dataset:
    """Draw features that know something of the label: what is judged does not matter here."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n_events).astype(np.int8)
    values = rng.normal(label[:, None], 3, size=(n_events, len(FEATURES))).astype(np.float32)
    return Dataset(pd.DataFrame(values, columns=FEATURES), pd.DataFrame({"label": label}), np.arange(n_events))


def make_judge(folder: Path) -> Judge:
    """Return the judge of an event without files."""
    settings = {"size": "small", "challenges": ["higgs"], "submissions_per_day": 10_000, "submissions_in_all": 10_000}
    event = Event.create(folder, name="boards", **settings)
    receipts.make_key(event)
    judge = Judge(event, Vault(event, create=True))
    with mock.patch("challenges.higgs.simulate.simulate", toy):
        prepare.simulate(judge, "higgs")
    return judge


def fill(judge: Judge, teams: int) -> None:
    """Write teams, files and releases as rows."""
    rng, at, holdout = np.random.default_rng(1), now(), judge.holdout(TRACK).digest
    files = range(1, FILES + 1)
    best = {number: number if number <= teams else number - teams * rng.integers(0, 2) for number in files}
    for number in files[teams:]:
        best[number] = number if best[number] == number else best[number - teams]
    value = {number: round(0.5 + 0.4 * rng.random(), 3) for number in files}
    with judge.store.write() as session:
        session.execute(
            insert(Team), [{"id": n, "name": f"Team {n}", "kind": "team", "created_at": at} for n in files[:teams]]
        )
        names = {
            "track": TRACK,
            "upload_sha256": "",
            "filename": "a.csv",
            "began_at": at,
            "received_at": at,
            "state": "scored",
        }
        session.execute(
            insert(Submission),
            [
                {"id": n, "team_id": 1 + (n - 1) % teams, "sha256": f"{n:064x}", "selected": False, **names}
                for n in files
            ],
        )
        done = {"slice": PUBLIC, "state": "done", "attempt": 1, "created_at": at}
        session.execute(insert(Job), [{"submission_id": n, **done} for n in files])
        session.execute(
            insert(Release),
            [
                {
                    "submission_id": n,
                    "slice": PUBLIC,
                    "holdout": holdout,
                    "best_submission_id": best[n],
                    "value": value[best[n]],
                    "low": value[best[n]] - 0.02,
                    "high": value[best[n]] + 0.02,
                    "created_at": at,
                }
                for n in files
            ],
        )
        read_anew(session)


@contextmanager
def filled(teams: int) -> Iterator[Judge]:
    """Give the judge of an event to which all files were sent."""
    with tempfile.TemporaryDirectory() as name, closing(make_judge(Path(name) / "event")) as judge:
        fill(judge, teams)
        yield judge


def milliseconds(run: Callable[[], object], rounds: int = 9) -> float:
    """Return the median processor time of a call after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return 1000 * median(times[1:])


def compare_reading(store: Database) -> tuple[float, float, float]:
    """Return the milliseconds of a board from all submissions, of the same from standings, and of a snapshot."""

    def read(way: Callable[[Session, str], T]) -> T:
        with store.read() as session:
            return way(session, TRACK)

    assert read(board) == read(from_all_submissions)
    slow, fast, all_told = (milliseconds(lambda way=way: read(way)) for way in (from_all_submissions, board, snapshot))
    return slow, fast, all_told


def ask(path: str, until: float, method: str = "GET", headers: Mapping[str, str] | None = None) -> list[tuple]:
    """Ask again and again for some seconds; return the status and the seconds of each answer."""
    answers = []
    with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)) as connection:
        while not answers or time.perf_counter() < until:
            start = time.perf_counter()
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            answer.read()
            answers.append((answer.status, time.perf_counter() - start))
    return answers


def at_once(count: int, run: Callable[[], list[tuple]]) -> list[tuple]:
    """Let many ask at the same time and return all their answers."""
    found: list[tuple] = []
    threads = [threading.Thread(target=lambda: found.extend(run())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@contextmanager
def changing(store: Database):
    """Change the track five times a second, as uploads and the judge do."""
    stop = threading.Event()

    def change() -> None:
        while not stop.wait(0.2):
            with store.write() as session:
                one = session.get_one(Submission, 1)
                one.selected = not one.selected

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def measure_readers(store: Database) -> list[list[float]]:
    """Return readers, p50 and p95 in milliseconds, and answers a second."""
    found = []
    for readers in READERS:
        with changing(store):
            until = time.perf_counter() + SECONDS
            answers = at_once(readers, lambda until=until: ask(BOARD, until))
        assert {status for status, _ in answers} == {200}
        times = 1000 * np.array([seconds for _, seconds in answers])
        found.append([readers, *np.percentile(times, [50, 95]).tolist(), len(answers) / SECONDS])
    return found


def measure_lock(event: Event, store: Database) -> tuple[Counter, float, float]:
    """Return the writers' answers behind a lock, the longest they waited, and the p95 of who reads meanwhile."""
    with store.write() as session:
        sign_in = {"Authorization": f"Bearer {teams.issue_token(session, session.get_one(Team, 1))}"}
    written: list[tuple] = []
    with closing(sqlite3.connect(event.folder / "event.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def write() -> None:
            written.extend(at_once(WRITERS, lambda: ask("/api/v1/submissions/1/select", 0, "POST", sign_in)))

        writers = threading.Thread(target=write)
        writers.start()
        until = time.perf_counter() + LOCK
        read = at_once(5, lambda: ask(BOARD, until)) + at_once(1, lambda: ask("/api/v1/health", 0))
        other.execute("ROLLBACK")
        writers.join()
    assert {status for status, _ in read} == {200}
    waited = max(seconds for _, seconds in written)
    return Counter(status for status, _ in written), waited, 1000 * np.percentile([seconds for _, seconds in read], 95)


def measure_judge(judge: Judge) -> list[tuple[int, float, float]]:
    """Return n, and the milliseconds that a team's n-th file costs the judge: going on, and replayed."""
    with judge.store.write() as session:
        team = teams.add_team(session, "Diligent")
    ids, labels = judge.holdout(TRACK).ids, judge.holdout(TRACK).targets["label"].to_numpy(float)
    rng, found, rounds = np.random.default_rng(2), [], 9

    def handle(number: int, *, replay: bool) -> float:
        noise = rng.normal(scale=3 - 2 * number / NTH[-1], size=len(ids))
        rows = (f"{row:016x},{value!r}\n" for row, value in zip(ids.tolist(), (labels + noise).tolist(), strict=True))
        receive(judge.event, judge.store, team, TRACK, ("id,score\n" + "".join(rows)).encode(), "a.csv")
        if replay:
            with judge.store.write() as session:
                session.execute(update(TeamStanding).values(resumable=False))
        job = worker.claim(judge, "timed")
        assert job is not None
        start = time.process_time()
        assert worker.handle(judge, job)
        return 1000 * (time.process_time() - start)

    sent = 0
    for nth in NTH:
        while sent < nth - rounds:
            handle(sent := sent + 1, replay=False)
        times: dict[bool, list[float]] = {False: [], True: []}
        for at in range(2 * rounds):
            times[at % 2 == 1].append(handle(sent := sent + 1, replay=at % 2 == 1))
        found.append((nth, median(times[False]), median(times[True])))
    return found


@contextmanager
def old_site(event: Event):
    """Serve boards that are read from all submissions."""
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.boards:uncached", "--port", str(PORT)]
    environment = os.environ | {EVENT_VARIABLE: str(event.folder)}
    with subprocess.Popen([*command, "--log-level", "warning"], env=environment) as process:
        try:
            wait_until_up("127.0.0.1", PORT, process)
            yield
        finally:
            process.terminate()


@contextmanager
def site(event: Event):
    """Serve the event as `physathon serve` does."""
    with start_web(event, "127.0.0.1", PORT) as process:
        try:
            wait_until_up("127.0.0.1", PORT, process)
            yield
        finally:
            process.terminate()


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name, closing(make_judge(Path(name) / "judged")) as judge:
        judged = measure_judge(judge)
        print(judged, flush=True)
    reading = []
    for count in TEAMS:
        with filled(count) as judge:
            reading.append((count, *compare_reading(judge.store)))
            print(reading, flush=True)
    with filled(TEAMS[0]) as judge:
        with old_site(judge.event):
            before = measure_readers(judge.store)
        with site(judge.event):
            after = measure_readers(judge.store)
            print(before, after, flush=True)
            statuses, waited, read = measure_lock(judge.event, judge.store)
            print(statuses, waited, read, flush=True)
    for _, slow, fast, all_told in reading:
        assert 10 * fast < slow, "a board is not read from one row a team"
        assert 5 * all_told < slow, "a snapshot costs much more than its board"
    assert judged[-1][1] < 2 * judged[0][1], "a later file costs the judge more than an earlier one"
    assert set(statuses) == {503}, "writers behind a lock are not told"
    assert waited < 2 * WEB_PATIENCE, "writers behind a lock are not told in time"
    assert read < 1000, "readers wait for writers"
    readers = "\n".join(
        f"| {count} | {p50:.0f} | {p95:.0f} | {rate:.0f} | {new50:.1f} | {new95:.0f} | {new_rate:.0f} |"
        for (count, p50, p95, rate), (_, new50, new95, new_rate) in zip(before, after, strict=True)
    )
    costs_of_reading = "\n".join(
        f"| {count} | {slow:.0f} | **{fast:.1f}** | {all_told:.1f} |" for count, slow, fast, all_told in reading
    )
    costs = "\n".join(f"| {nth} | {on:.1f} | {replayed:.1f} |" for nth, on, replayed in judged)
    modules = {"SQLAlchemy": sqlalchemy, "SQLite": sqlite3, "FastAPI": fastapi}
    versions = ", ".join(
        f"{name} {getattr(module, 'sqlite_version', None) or module.__version__}" for name, module in modules.items()
    )
    refused = ", ".join(f"{count} of {WRITERS} got {status}" for status, count in sorted(statuses.items()))
    PAGE.write_text(f"""# Boards under many readers

{FILES:,} files have been sent to one track. Its board is read from one row a team; that it is the same as from all
submissions and releases is checked. A snapshot is the board with all else that its page and the API show. In
milliseconds of processor time:

| teams | all submissions | one row a team | snapshot |
|---|---|---|---|
{costs_of_reading}

Over HTTP, with {TEAMS[0]} teams, every reader asks again as soon as it has its answer, for {SECONDS:g} s, while
something changes five times a second. On the left each answer is read from all submissions; on the right one reader
looks once a second and all get its bytes.

| readers | p50, ms | p95, ms | answers/s | p50, ms | p95, ms | answers/s |
|---|---|---|---|---|---|---|
{readers}

**Behind a lock** of {LOCK:g} s, {WRITERS} writers at once: {refused}, none after more than {waited:.1f} s. Meanwhile
the p95 of five readers was {read:.0f} ms.

**A team's n-th file** costs the judge, in milliseconds of processor time, going on from where the team stands, or
replaying all that it has sent:

| n | going on | replayed |
|---|---|---|
{costs}

Medians of 9 files around the n-th, in turn. {os.cpu_count()} cores ({platform.machine()}), shared by server and
readers, Python {platform.python_version()}, {versions}.
Made by `python -m benchmarks boards`.
""")


if __name__ == "__main__":
    main()
