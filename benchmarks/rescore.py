"""A label fix on a big holdout: all submissions scored anew from stored order, by 1 to 16 processes; writes docs.

``python -m benchmarks.rescore [SUBMISSIONS [ROWS]]``: by default 1,000 submissions of 1,000,000 rows, 12 GB of disk.
"""

import hashlib
import io
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from joblib.externals.loky import reusable_executor
from sqlalchemy import insert

from benchmarks._memory import held_bytes
from benchmarks.boards import make_judge
from challenges import mass
from challenges.spec import PRIVATE, PUBLIC
from leaderboard.judge import rescoring
from leaderboard.judge.judging import Judge
from leaderboard.judge.rescoring import DryRun
from leaderboard.judge.results import judge_all
from leaderboard.store import prediction_files
from leaderboard.store.queries import now, track_state
from leaderboard.store.tables import Submission, Team
from scoring.metrics import METRICS
from scoring.sealed import judge as scorer
from scoring.sealed.holdout import Holdout, assign_slices, fresh_salts, opaque_ids

TRACK, SUBMISSIONS, ROWS = "higgs.signal", 1_000, 1_000_000
FILES_OF_A_TEAM, WRONG, ALIKE = 10, 0.01, 20
WORKERS = (1, 2, 4, 16)
ON_PAPER = (1, 2, 4, 8, 16)
PAGE = Path(__file__).parents[1] / "docs/evidence/rescore.md"


@dataclass(frozen=True)
class Run:
    """One dry run: seconds that passed, those of processor of the judge and of each worker, peaks of memory."""

    workers: int
    seconds: float
    judge: float
    each: list[float]
    peaks: list[int]


@contextmanager
def filled(submissions: int, rows: int) -> Iterator[Judge]:
    """Give the judge of an event with a big holdout and files that were sent; none of them is sorted yet."""
    rng = np.random.default_rng(1)
    label, groups = rng.integers(0, 2, rows).astype(np.int8), np.arange(rows)
    holdout = Holdout(
        track=TRACK,
        metric=str(METRICS["roc_auc"]),
        features_sha256="",
        ids=np.sort(opaque_ids(bytes(32), TRACK, rows)),
        targets=pd.DataFrame({"label": label}),
        groups=groups,
        weights=np.ones(rows),
        slices=assign_slices(groups, {PUBLIC: 0.3, PRIVATE: 0.7}, rng),
        salts=fresh_salts([PUBLIC, PRIVATE]),
    )
    with tempfile.TemporaryDirectory() as name, closing(make_judge(Path(name) / "event")) as judge:
        sent = [
            write(judge, label + rng.normal(0, 3 - 2 * number / submissions, rows)) for number in range(submissions)
        ]
        with judge.store.write() as session:
            judge.commit(session, holdout, secret=True, note="big")
            track_state(session, TRACK).holdout = holdout.digest
            teams = range(1, -(-submissions // FILES_OF_A_TEAM) + 1)
            named = [{"id": n, "name": f"Team {n}", "kind": "team", "created_at": now()} for n in teams]
            session.execute(insert(Team), named)
            common = {"track": TRACK, "upload_sha256": "", "filename": "a.csv", "state": "scored", "selected": False}
            common |= {"began_at": now(), "received_at": now()}
            session.execute(
                insert(Submission),
                [{"team_id": 1 + n % len(teams), "sha256": sha256, **common} for n, sha256 in enumerate(sent)],
            )
        yield judge


def write(judge: Judge, scores: np.ndarray) -> str:
    """Write a canonical file of predictions and return its name."""
    content = io.BytesIO()
    np.save(content, scores[:, None])
    sha256 = hashlib.sha256(content.getvalue()).hexdigest()
    with prediction_files.staging(judge.event, sha256, content.getvalue()) as keep:
        keep()
    return sha256


def run(judge: Judge, fixed: Holdout, workers: int) -> tuple[Run, DryRun]:
    """Work out a rescoring by so many processes."""
    judge._difference_errors.clear()
    start, own = time.perf_counter(), processor_seconds()
    with mass.processes(workers):
        found = rescoring.rescore(judge, TRACK, fixed)
        seconds = time.perf_counter() - start
        pids = list(reusable_executor._executor._processes) if workers > 1 else []
        each, peaks = [processor_seconds(pid) for pid in pids], [held_bytes("VmHWM", pid) for pid in pids]
    return Run(workers, seconds, processor_seconds() - own, each, peaks or [held_bytes("VmHWM")]), found


def processor_seconds(pid: int | None = None) -> float:
    """Return the seconds of processor that a process has taken; by default this one."""
    if pid is None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def unit_costs(judge: Judge, fixed: Holdout) -> tuple[float, float]:
    """Return the milliseconds of processor of a score from stored order, and of one from the predictions alone."""
    with judge.store.read() as session:
        some = list(session.query(Submission).limit(ALIKE))
    scorer.score(judge.predictions(some[0]), fixed, PUBLIC)
    stored, anew = [], []
    for one in some:
        start = time.process_time()
        scorer.score(judge.predictions(one), fixed, PUBLIC)
        middle = time.process_time()
        scorer.score(scorer.Predictions(judge.predictions(one).values), fixed, PUBLIC)
        stored.append(middle - start)
        anew.append(time.process_time() - middle)
    return 1000 * median(stored), 1000 * median(anew)


def essence(found: DryRun) -> tuple:
    """Return all that a board follows from."""
    return found.name, found.moves, [(key, score) for key, score in sorted(found.results.raw.items())]


def main(submissions: int = SUBMISSIONS, rows: int = ROWS) -> None:
    """Measure, and write the page."""
    with filled(submissions, rows) as judge:
        start = time.perf_counter()
        current = judge.holdout(TRACK)
        with mass.processes(os.cpu_count() or 1):
            judge_all(judge, TRACK, current)
        print(f"sorted and judged for the first time: {time.perf_counter() - start:.0f} s", flush=True)
        wrong = np.random.default_rng(2).choice(rows, int(WRONG * rows), replace=False)
        ids = [f"{one:016x}" for one in current.ids[wrong].tolist()]
        labels = pd.DataFrame({"id": ids, "label": 1 - current.targets["label"].to_numpy()[wrong]})
        start = time.process_time()
        fixed = rescoring.corrected_holdout(judge, TRACK, labels)
        assert fixed.digest
        sealing = time.process_time() - start
        stored, anew = unit_costs(judge, fixed)
        runs, results = [], []
        for workers in WORKERS:
            one, found = run(judge, fixed, workers)
            runs.append(one)
            results.append(essence(found))
            print(one, flush=True)
        assert all(one == results[0] for one in results), "not the same by other numbers of workers"
        start = time.perf_counter()
        rescoring.switch(judge, found)
        switching = time.perf_counter() - start
    write_page(submissions, rows, sealing, (stored, anew), runs, switching)


def write_page(
    submissions: int, rows: int, sealing: float, costs: tuple[float, float], runs: list[Run], switching: float
) -> None:
    """Write what was measured, and what follows from it."""
    stored, anew = costs
    alone, two, most = runs[0], runs[1], runs[-1]
    shared = alone.judge - two.judge
    begin = (sum(most.each) - sum(two.each)) / (most.workers - two.workers)
    measured = "\n".join(
        f"| {one.workers} | {one.seconds:.0f} | {submissions / one.seconds:.1f} | {one.judge:.1f} "
        f"| {sum(one.each):.1f} "
        f"| {max(one.peaks) / 1e6:.0f} |"
        for one in runs
    )

    def on_paper(workers: int, many: int) -> float:
        return two.judge + (begin if workers > 1 else 0) + shared * many / submissions / workers

    paper = "\n".join(
        f"| {workers} | {on_paper(workers, submissions):.0f} | {on_paper(workers, 1000):.0f} "
        f"| {1000 / on_paper(workers, 1000):.0f} |"
        for workers in ON_PAPER
    )
    teams = -(-submissions // FILES_OF_A_TEAM)
    PAGE.write_text(f"""# Rescoring at size

{submissions:,} submissions of {rows:,} rows each, from {teams:,} teams, when {WRONG:.0%} of the labels turn out wrong.
A dry run (`rescoring.rescore`) scores every submission on the public slice, three tenths of the rows, with its
interval, and climbs every team's Ladder, which asks for the standard error of a difference wherever a file gains. All
of it from the stored order of each submission: nothing is sorted again, and no prediction file is read.

One submission takes **{stored:.0f} ms of one core from stored order**, {anew:.0f} ms from its predictions
({anew / stored:.1f} times as long). The counting alone, in memory, gains [more](scoring_speed.md): here both ways
read a file and number the groups. To correct the labels and commit to them takes {sealing:.1f} s, once; to publish
what the dry run showed took {switching:.1f} s, in one transaction.

| processes | seconds | submissions a second | processor of the judge, s | of all workers, s | most of one process, MB |
|---|---|---|---|---|---|
{measured}

One process is the judge itself. All of these gave the same board, scores and intervals bit by bit. A worker is told
where the event and the lent holdout lie and opens them itself; it holds that one holdout and one or two orders,
however many submissions there are. What a worker had that is killed is done again by others (a test kills one).

**On paper**, with a core for each worker, from the seconds of processor above: what the judge does alone
({two.judge:.1f} s) is not shared, each worker more takes {begin:.1f} s to begin (Python, packages, the holdout), and
the rest is shared.

| workers | seconds | for 1,000 submissions | submissions a second, of 1,000 |
|---|---|---|---|
{paper}

{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, NumPy {np.__version__}. Where other
work runs beside, the seconds that pass say little, those of processor hold.
Made by `python -m benchmarks.rescore {submissions} {rows}`.
""")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
