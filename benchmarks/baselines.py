"""Every rung of every ladder on the default data: score with interval, training time; and how long data take."""

import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.progress import track

from baselines.ladder import Baseline, ladder
from challenges import spec
from challenges.dataset import Dataset
from challenges.spec import Challenge, Track
from challenges.training import split_public
from leaderboard import data_files
from scoring import judge
from scoring.estimate import Estimate
from scoring.holdout import Holdout
from scoring.interval import interval
from scoring.judge import Predictions
from scoring.metrics import METRICS
from scoring.predictions import Format, check

PAGE = Path(__file__).parents[1] / "docs/baselines.md"
TRAIN_SEED, TEST_SEED = 1, 2
PUBLISHED = {
    ("higgs", "xgboost"): "boosted trees 0.81, 10.5 million real rows (Baldi et al. 2014); XGBoost 0.789 on 10,984",
    ("higgs", "net"): "deep net 0.885, 10.5 million real rows (Baldi et al. 2014)",
    ("particle_images", "shapes_xgboost"): "LightGBM 0.778, real images (participants)",
    ("particle_images", "cnn"): "small CNNs 0.78 to 0.81, real images (participants)",
    ("quantum", "autoencoder"): "classical autoencoder 0.6605, real images (the hackathon's notebook)",
}


def simulated(challenge: Challenge, rows: int, seed: int) -> tuple[Dataset, float]:
    """Return simulated data and the seconds they took."""
    start = time.perf_counter()
    data = challenge.module("simulate").simulate(rows, seed)
    return data, time.perf_counter() - start


def rung_answers(rung: Baseline, train: Dataset, test: Dataset) -> tuple[np.ndarray, float, float]:
    """Train a rung and return its predictions, and the seconds of wall and of processor it trained."""
    wall, cpu = time.perf_counter(), time.process_time()
    model = rung.fit(train)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return model.predict(test.features), wall, cpu


def starter_answers(
    challenge: Challenge, labelled: dict[str, Dataset], test: Dataset
) -> tuple[np.ndarray, float, float]:
    """Run the starter on files as a kit has them; return its predictions and the seconds that the whole of it took."""
    ids = np.arange(len(test), dtype=np.uint64)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, data in labelled.items():
            data_files.write_labelled(folder, part, data)
        data_files.write_test(folder, ids, test.features)
        shutil.copy(challenge.folder / "starter.py", folder)
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "starter.py"], cwd=folder, check=True, capture_output=True)
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - wall
        found = challenge.tracks[0]
        checked = check(folder / "submission.csv", Format(challenge.id, found.id, found.columns, ids))
    return checked.values, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judged(challenge: Challenge, found: Track, answers: np.ndarray, test: Dataset) -> Estimate:
    """Return the estimate of predictions on the test rows."""
    holdout = Holdout(
        track=f"{challenge.id}.{found.id}",
        metric=str(METRICS[found.metric]),
        features_sha256="",
        ids=np.arange(len(test), dtype=np.uint64),
        targets=test.targets[[found.target]],
        groups=test.groups,
        weights=np.ones(len(test)),
        slices=np.full(len(test), "all"),
        salts={"all": ""},
    )
    return judge.estimate([Predictions(answers)], holdout, "all")


def main() -> None:
    """Measure every ladder and write the page."""
    lines, sizes = [], []
    for challenge_id in spec.available():
        challenge = spec.load(challenge_id)
        size = challenge.sizes["default"]
        train, seconds = simulated(challenge, size.train, TRAIN_SEED)
        test, more = simulated(challenge, size.holdout, TEST_SEED)
        small = challenge.sizes["small"]
        _, quick = simulated(challenge, small.train + small.holdout, TRAIN_SEED)
        sizes.append(
            f"| {challenge_id} | {small.train:,} + {small.holdout:,} | {quick:.1f} "
            f"| {size.train:,} + {size.holdout:,} | {seconds + more:.1f} |"
        )
        labelled = {"train": train}
        if challenge.training:
            labelled = split_public(train, challenge.training, seed=TRAIN_SEED)._asdict()
        rows = len(labelled["train"])

        entries = [("*the starter, as it is*", challenge.tracks[0], starter_answers(challenge, labelled, test), "")]
        for rung in track(ladder(challenge_id), challenge_id):
            published = PUBLISHED.get((challenge_id, rung.name), "")
            found = challenge.track(rung.track)
            entries.append((rung.title, found, rung_answers(rung, labelled["train"], test), published))
        for title, found, (answers, wall, cpu), published in entries:
            estimate = judged(challenge, found, answers, test)
            (low, high), value = interval(estimate)[0], estimate.value[0]
            anchors = f"{found.anchors.floor:g} / {found.anchors.reference:g}"
            lines.append(
                f"| {challenge_id}.{found.id} | {title} | {value:.3f} ({low:.3f} – {high:.3f}) | {wall:.1f} | "
                f"{cpu:.1f} | {rows:,} | {anchors} | {published} |"
            )
            print(lines[-1], flush=True)
    metrics = ", ".join(sorted({found.metric for one in spec.available() for found in spec.load(one).tracks}))
    PAGE.write_text(f"""# What the baselines score

Every rung of every ladder, trained on the default data (seed {TRAIN_SEED}) and judged on as many fresh rows as the
default holdout has (seed {TEST_SEED}); metric {metrics}, with its 95% interval, clustered where rows share a group. The
anchors (floor / reference) are what points are counted from.

| track | baseline | score | training, s | processor, s | rows | anchors | published, on real data |
|---|---|---|---|---|---|---|---|
{chr(10).join(lines)}

A starter's seconds are those of all of it: start, reading, training, predicting, writing.

Published numbers belong to the real data and, mostly, to far more of them: they say how alike the tasks are, not who
wins.

## How long the data take

| challenge | small: train + holdout | s | default: train + holdout | s |
|---|---|---|---|---|
{chr(10).join(sizes)}

One run, {platform.machine()}, Python {platform.python_version()}. Made by `python -m benchmarks baselines`.
""")


if __name__ == "__main__":
    main()
