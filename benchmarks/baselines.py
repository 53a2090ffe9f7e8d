"""Every rung of every ladder on the default data: score with interval, training time; and how long data take."""

import platform
import time
from pathlib import Path

import numpy as np
from rich.progress import track

from baselines.ladder import Baseline, ladder
from challenges import spec
from challenges.dataset import Dataset
from challenges.spec import Challenge
from challenges.training import split_public
from scoring import judge
from scoring.estimate import Estimate
from scoring.holdout import Holdout
from scoring.interval import interval
from scoring.judge import Predictions
from scoring.metrics import METRICS

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


def judged(challenge: Challenge, rung: Baseline, train: Dataset, test: Dataset) -> tuple[Estimate, float, float]:
    """Train a rung and return its estimate on the test rows, and the seconds of wall and of processor it trained."""
    wall, cpu = time.perf_counter(), time.process_time()
    model = rung.fit(train)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = challenge.track(rung.track)
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
    return judge.estimate([Predictions(model.predict(test.features))], holdout, "all"), wall, cpu


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
        if challenge.training:
            train = split_public(train, challenge.training, seed=TRAIN_SEED).train
        for rung in track(ladder(challenge_id), challenge_id):
            estimate, wall, cpu = judged(challenge, rung, train, test)
            (low, high), value = interval(estimate)[0], estimate.value[0]
            found = challenge.track(rung.track)
            anchors = f"{found.anchors.floor:g} / {found.anchors.reference:g}"
            lines.append(
                f"| {challenge_id}.{rung.track} | {rung.title} | {value:.3f} ({low:.3f} – {high:.3f}) | {wall:.1f} | "
                f"{cpu:.1f} | {len(train):,} | {anchors} | {PUBLISHED.get((challenge_id, rung.name), '')} |"
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
