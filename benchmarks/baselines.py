"""Every rung of every ladder on the default data: score with interval, points, training time; whether anchors hold."""

import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.progress import track

from baselines.rungs import Baseline, rungs
from benchmarks import ROOT
from challenges import spec
from challenges.dataset import Dataset
from challenges.spec import Challenge, Track
from challenges.training import PublicSplit, learned_from, split_public
from leaderboard.kit.layout import folder_of
from leaderboard.public import files
from leaderboard.workshop.ladders import WHOLE, trial_holdout
from scoring.interval import interval
from scoring.metrics import METRICS
from scoring.points import Points
from scoring.predictions import Format, check
from scoring.sealed import judge
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Predictions

PAGE = ROOT / "docs/evidence/baselines.md"
TRAIN_SEED, TEST_SEED = 11, 12
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


def starter_answers(challenge: Challenge, labelled: PublicSplit, test: Dataset) -> Answers:
    """Run the starter on files as a kit has them; return its predictions and the seconds that the whole of it took."""
    ids, found = np.arange(len(test), dtype=np.uint64), challenge.tracks[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = folder / folder_of(challenge, found)
        place.mkdir(exist_ok=True)
        files.write_labelled(place, **labelled._asdict())
        files.write_test(place, ids, test.features)
        shutil.copy(challenge.starter(found), place / "starter.py")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "starter.py"], cwd=place, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        checked = check(place / "submission.csv", Format(challenge.id, found.id, found.columns, ids))
    return checked.values, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table_row(
    found: Track, title: str, answers: Answers, holdout: Holdout, rows: int, published: str
) -> tuple[str, Limits]:
    """Return one line of the table (the score, further metrics, points, how long it took), and the score's limits."""
    values, seconds = answers
    estimate = judge.estimate([Predictions(values)], holdout, WHOLE)
    (low, high), value = interval(estimate)[0], estimate.value[0]
    also = [f"{name} {judge.estimate([Predictions(values)], holdout, WHOLE, name).value[0]:.4g}" for name in found.also]
    worth = Points.of(
        value, low, high, metric=METRICS[found.metric], floor=found.anchors.floor, reference=found.anchors.reference
    )
    cells = [found.id, title, f"{value:.4g} ({low:.4g} – {high:.4g})", ", ".join(also)]
    points = f"{worth.value:.0f} ({worth.low:.0f} – {worth.high:.0f})"
    return f"| {' | '.join([*cells, points, f'{seconds:.1f}', f'{rows:,}', published])} |", (low, high)


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


def climb(challenge: Challenge, found: Track) -> tuple[list[str], str, list[str]]:
    """Return the lines of a track's ladder, one that says what points are made of, and which anchors are astray."""
    size, simulate = found.sizes["default"], challenge.simulator(found)
    train, test = simulate(size.train, TRAIN_SEED), simulate(size.holdout, TEST_SEED)
    about = f"- {found.id}: floor {found.anchors.floor:g}, reference {found.anchors.reference:g}."
    learned = learned_from(train, found.training, seed=TRAIN_SEED)
    holdout, rows = trial_holdout(challenge, found, train, test), len(learned)
    lines: list[str] = []
    limits: list[Limits] = []

    def tell(title: str, answers: Answers, published: str = "") -> None:
        line, interval_of_it = table_row(found, title, answers, holdout, rows, published)
        lines.append(line)
        limits.append(interval_of_it)
        print(line, flush=True)

    if found == challenge.tracks[0]:
        labelled = split_public(train, found.training, seed=TRAIN_SEED)
        tell("*the starter, as it is*", starter_answers(challenge, labelled, test))
    for rung in track(rungs(challenge.id, found.id), holdout.track):
        tell(rung.title, rung_answers(rung, learned, test), PUBLISHED.get((holdout.track, rung.name), ""))
    return lines, about, astray(found, limits)


def section(challenge: Challenge) -> tuple[str, list[str]]:
    """Measure a challenge's ladders; return its part of the page, and which anchors are astray."""
    climbed, about, faults = zip(*(climb(challenge, found) for found in challenge.tracks), strict=True)
    text = f"""
## {challenge.id}

| track | baseline | score | also | points | training, s | rows | published, on real data |
|---|---|---|---|---|---|---|---|
{chr(10).join(line for lines in climbed for line in lines)}

{chr(10).join(about)}

{platform.machine()}, Python {platform.python_version()}.
"""
    return text, [f"{challenge.id}.{fault}" for of_track in faults for fault in of_track]


def main(*chosen: str) -> int:
    """Measure ladders, by default all, and write their sections of the page; return 1 if an anchor is astray."""
    faults: list[str] = []
    for challenge in map(spec.load, chosen or spec.available()):
        new, found = section(challenge)
        faults += found
        _, *old = re.split(r"(?=\n## )", PAGE.read_text("utf-8")) if PAGE.exists() else [""]
        sections = {part.split()[1]: part for part in old} | {challenge.id: new}
        PAGE.write_text(INTRODUCTION + "".join(sections[name] for name in spec.available() if name in sections))
    print(*faults, sep="\n")
    return 1 if faults else 0


INTRODUCTION = f"""# What the baselines score

Every rung of every ladder, trained on the default data (seed {TRAIN_SEED}) and judged on as many fresh rows as the
default holdout has (seed {TEST_SEED}): the deciding metric with its 95% interval, clustered where rows share a group,
and the points that it earns with the limits that the interval gives them. An unedited starter, or the weakest rung
where a track has none, is the floor and earns about nothing; the reference earns 50.

Seconds are those of one core's processor; a starter's are those of all of it: start, reading, training, predicting,
writing; what asks the simulator prepares it once for all tracks of a challenge. Published numbers belong to the real
data and, mostly, to far more of them: they say how alike the tasks are, not who wins.

Made by `python -m benchmarks.baselines`, or for some challenges `python -m benchmarks.baselines higgs`.
"""

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
