"""Every rung of every ladder on the default data: score with interval, points, training time; whether anchors hold."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.progress import track

from baselines.measured import STARTER, Measured, keep
from baselines.measured import measured as known
from baselines.rungs import Baseline, rungs
from benchmarks import ROOT
from challenges import mass, spec
from challenges.dataset import Dataset
from challenges.spec import Challenge, Track
from challenges.training import PublicSplit, learned_from, split_public
from leaderboard.kit.layout import folder_of, submission_name
from leaderboard.kit.starters import starter_files
from leaderboard.public import files
from leaderboard.public.data import format_of
from leaderboard.public.ladders import Rung, worth_of
from leaderboard.workshop.ladders import WHOLE, trial_holdout
from scoring.estimate import Estimate
from scoring.interval import interval
from scoring.metrics import METRICS
from scoring.predictions import check
from scoring.sealed import judge
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Predictions

PAGE = ROOT / "docs/evidence/baselines.md"
TRAIN_SEED, TEST_SEED = 11, 12
ALONE = "--starters"
PUBLISHED = {
    (
        "higgs.signal",
        "xgboost",
    ): "boosted trees 0.81, 10.5 million real rows (Baldi et al. 2014)",
    ("higgs.signal", "net"): "deep net 0.885, 10.5 million real rows (Baldi et al. 2014)",
    ("particle_images.electron_photon", "shapes_xgboost"): "LightGBM 0.778, real images (participants)",
    ("particle_images.electron_photon", "cnn"): "small CNNs 0.78 to 0.81, real images (participants)",
    ("nmr.gauss", "cnn"): "nets: normalised_mse 0.040, 6,000 real rows without noise (participants)",
    ("nmr.rkky", "cnn"): "nets: normalised_mse 0.087, 6,000 real rows without noise (participants)",
    ("quantum.anomaly", "autoencoder"): "classical autoencoder 0.6605, real images (the hackathon's notebook)",
}

Answers = tuple[np.ndarray, float]
"""Predictions, and the seconds of processor that they took."""

Limits = tuple[float, float]
"""Lower and upper limit of a score, 95%."""


def rung_answers(rung: Baseline, train: Dataset, test: Dataset) -> Answers:
    """Train a rung and return its predictions, and the seconds of processor it trained."""
    start = time.process_time()
    model = rung.fit(train)
    seconds = time.process_time() - start
    return model.predict(test.features), seconds


def starter_answers(challenge: Challenge, found: Track, labelled: PublicSplit, test: Dataset) -> Answers:
    """Run the starter on files as a kit has them; return its predictions and the seconds that the whole of it took."""
    ids = np.arange(len(test), dtype=np.uint64)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = folder / folder_of(challenge, found)
        place.mkdir(exist_ok=True)
        files.write_labelled(place, **labelled._asdict())
        files.write_test(place, ids, test.features)
        for file, content in starter_files(challenge, found).items():
            (place / file).write_bytes(content)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "starter.py"], cwd=place, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        checked = check(place / submission_name(found), format_of(challenge, found, ids))
    return checked.values, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def scored(found: Track, name: str, title: str, answers: Answers, holdout: Holdout, rows: int) -> Measured:
    """Return what answers score, with four digits."""
    values, seconds = answers

    def estimate(metric: str | None = None) -> Estimate:
        return judge.estimate([Predictions(values)], holdout, WHOLE, metric)

    (low, high), value = interval(estimate())[0], estimate().value[0]
    also = {metric: four_digits(estimate(metric).value[0]) for metric in found.also}
    return Measured(name, title, *map(four_digits, (value, low, high)), also, round(seconds, 1), rows)


def four_digits(value: float) -> float:
    """Return a number as the page shows it."""
    return float(f"{value:.4g}")


def table_row(found: Track, track: str, one: Measured) -> str:
    """Return one line of the table: the score, further metrics, points, how long it took."""
    rung = Rung(one, worth_of(found, one))
    also = ", ".join(f"{name} {value:.4g}" for name, value in one.also.items())
    published = PUBLISHED.get((track, one.name), "")
    cells = [found.id, one.title, rung.score, also, rung.worth, f"{one.seconds:.1f}", f"{one.rows:,}", published]
    return f"| {' | '.join(cells)} |"


def astray(found: Track, limits: Sequence[Limits]) -> list[str]:
    """Say which anchors a ladder does not stand on; limits are its rungs', the starter's or the weakest's first."""
    (low, high), anchors = limits[0], found.anchors
    said = []
    if not low <= anchors.floor <= high:
        said.append(
            f"{found.id}: the floor {anchors.floor:g} lies outside of {low:.4g} to {high:.4g}, where it is scored"
        )
    if METRICS[found.metric].greater_is_better:
        best = max(upper for _, upper in limits)
        reached = best >= anchors.reference
    else:
        best = min(lower for lower, _ in limits)
        reached = best <= anchors.reference
    if not reached:
        said.append(f"{found.id}: no rung reaches the reference {anchors.reference:g}, the best limit is {best:.4g}")
    return said


def climb(challenge: Challenge, found: Track, *, starter_alone: bool) -> list[Measured]:
    """Return what the starter of a track and its rungs score; of rungs what is known, if the starter alone is asked."""
    size, simulate = found.sizes["default"], challenge.simulator(found)
    train, test = simulate(size.train, TRAIN_SEED), simulate(size.holdout, TEST_SEED)
    learned = learned_from(train, found.training, seed=TRAIN_SEED)
    holdout, rows = trial_holdout(challenge, found, train, test), len(learned)
    measured: list[Measured] = []

    def tell(name: str, title: str, answers: Answers) -> None:
        measured.append(scored(found, name, title, answers, holdout, rows))
        print(table_row(found, holdout.track, measured[-1]), flush=True)

    if challenge.starter(found).exists():
        labelled = split_public(train, found.training, seed=TRAIN_SEED)
        tell(STARTER, "The starter, as it is", starter_answers(challenge, found, labelled, test))
    if starter_alone:
        return measured + [one for one in known(holdout.track) if one.name != STARTER]
    for rung in track(rungs(challenge.id, found.id), holdout.track):
        tell(rung.name, rung.title, rung_answers(rung, learned, test))
    return measured


def section(challenge: Challenge) -> str:
    """Return a challenge's part of the page, of what was measured last."""
    lines = [
        table_row(found, challenge.full_name(found), one)
        for found in challenge.tracks
        for one in known(challenge.full_name(found))
    ]
    anchors = [
        f"- {one.id}: floor {one.anchors.floor:g}, reference {one.anchors.reference:g}." for one in challenge.tracks
    ]
    return f"""
## {challenge.id}

| track | baseline | score | also | points | training, s | rows | published, on real data |
|---|---|---|---|---|---|---|---|
{chr(10).join(lines)}

{chr(10).join(anchors)}
"""


def page() -> str:
    """Return the page of what was measured last."""
    return INTRODUCTION + "".join(section(spec.load(name)) for name in spec.available())


def ladder_of(name: str, *, starter_alone: bool) -> list[Measured]:
    """Return what the ladder of a track scores, in whatever process."""
    return climb(*spec.find_track(name), starter_alone=starter_alone)


def main(*arguments: str) -> int:
    """Measure ladders, by default all, keep what they score and write the page; return 1 if an anchor is astray."""
    options = dict(one.split("=", 1) for one in arguments if "=" in one)
    names = [one for one in arguments if not one.startswith("--")] or spec.available()
    tracks = [(challenge, found) for challenge in map(spec.load, names) for found in challenge.tracks]
    measure = partial(ladder_of, starter_alone=ALONE in arguments)
    faults: list[str] = []
    scheduler, workers = options.get("--scheduler"), int(options.get("--workers", 1))
    with mass.cluster(scheduler) if scheduler else mass.processes(workers):
        ladders = mass.each(measure, [challenge.full_name(found) for challenge, found in tracks])
        for (challenge, found), ladder in zip(tracks, ladders, strict=True):
            keep(challenge.full_name(found), ladder)
            faults += [f"{challenge.id}.{fault}" for fault in astray(found, [(one.low, one.high) for one in ladder])]
            PAGE.write_text(page(), "utf-8")
    print(*faults, sep="\n")
    return 1 if faults else 0


INTRODUCTION = f"""# What the baselines score

Every rung of every ladder, trained on the default data (seed {TRAIN_SEED}) and judged on as many fresh rows as the
default holdout has (seed {TEST_SEED}): the deciding metric with its 95% interval, clustered where rows share a group,
and the points that it earns with the limits that the interval gives them. An unedited starter
is the floor and earns about nothing; the reference earns 50.

Seconds are those of one core's processor; a starter's are those of all of it: start, reading, training, predicting,
writing; what asks the simulator prepares it once for all tracks of a challenge. Published numbers belong to the real
data and, mostly, to far more of them: they say how alike the tasks are, not who wins.

Made by `python -m benchmarks.baselines`, or for some challenges `python -m benchmarks.baselines higgs`; with `{ALONE}`
rungs stay as they are, and with `--workers=4` or `--scheduler=tcp://HOST:8786` several tracks are measured at once.
The numbers lie in `baselines/measured.json`, from which kits and pages of challenges tell them.
"""

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
