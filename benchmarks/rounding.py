"""What rounding public images below their noise costs a model (nothing), and what it saves a kit."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np

from baselines.rungs import rungs
from benchmarks import ROOT
from challenges import arrays, spec
from challenges.dataset import Dataset, as_array
from leaderboard.workshop.ladders import WHOLE, trial_holdout
from scoring.interval import interval
from scoring.ranks import compare
from scoring.sealed import judge
from scoring.sealed.judge import Predictions

PAGE = ROOT / "docs/evidence/rounding.md"
ROUNDS = {
    "nmr.interaction": "challenges.nmr.simulate.rounded_below_noise",
    "particle_images.electron_photon": "challenges.particle_images.calorimeter.rounded_to_half",
}
"""Where the images of a track are rounded."""

ROWS = 1000
TRAIN_SEED, TEST_SEED = 1, 2


def as_they_are(images: np.ndarray, noise: np.ndarray | float = 0) -> np.ndarray:
    """Return images unrounded."""
    return images.astype(np.float32)


def in_this_process(simulate: Callable[..., Dataset], seed: int) -> Dataset:
    """Simulate without starting processes, which would round again."""
    with patch("challenges.streams.SPAWN_BELOW", np.inf):
        return simulate(ROWS, seed)


def bits(data: Dataset) -> float:
    """Return how many bits a number takes in a file of a kit."""
    features = as_array(data.features)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.h5"
        with arrays.writing(path, features.nbytes) as append:
            append(X=features)
        return 8 * path.stat().st_size / features.size


def row(name: str, place: str) -> str:
    """Return the line of a track: bits a number and scores of its best quick baseline, rounded and not."""
    challenge, track = spec.find_track(name)
    simulate, rung = challenge.simulator(track), rungs(challenge.id, track.id, slow=False)[-1]
    train, test = (in_this_process(simulate, seed) for seed in (TRAIN_SEED, TEST_SEED))
    with patch(place, as_they_are):
        exact_train, exact_test = (in_this_process(simulate, seed) for seed in (TRAIN_SEED, TEST_SEED))
    half = as_array(train.features).astype(np.float16).astype(np.float32)
    answers = [
        Predictions(rung.fit(one).predict(other.features)) for one, other in ((train, test), (exact_train, exact_test))
    ]
    found = judge.estimate(answers, trial_holdout(challenge, track, train, test), WHOLE)
    (low, high), difference = interval(found)[0], compare(found, 0, 1)
    if not difference.interval[0] <= 0 <= difference.interval[1]:
        raise AssertionError(f"{name}: rounding changes what {rung.title} scores by {difference}")
    cells = [
        name,
        f"{bits(exact_train):.1f}",
        f"{bits(train):.1f}",
        "yes" if np.array_equal(half, train.features) else "no",
        rung.title,
        f"{found.value[0]:.4f} ({low:.4f} – {high:.4f})",
        f"{difference.difference:+.4f} ({difference.interval[0]:+.4f} – {difference.interval[1]:+.4f})",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure each track and write the page."""
    lines = []
    for name, place in ROUNDS.items():
        lines.append(row(name, place))
        print(lines[-1], flush=True)
    PAGE.write_text(f"""# Images rounded below their noise

The images of kits are float32, as those of the real files are, and hold no digit that noise hides: exoplanet, lensing
and nmr are rounded to a power of two that is at most a quarter of the noise, particle images to the 11 bits of half
precision, 0.05% where the best resolution is 0.3%. What is left packs (shuffled gzip), and half precision holds it
exactly where the column says so: who wants half of the memory loses nothing by `X.astype("float16")`, and who adds up
pixels need not know. What disks and lenses lose is among the [decisions](../decisions.md). Of {ROWS:,} rows to learn
from and {ROWS:,} to be judged on, of the same seeds, rounded and not:

| track | bits a number, unrounded | rounded | half precision holds it | baseline | scores | more than unrounded, 95% |
|---|---|---|---|---|---|---|
{chr(10).join(lines)}

Made by `python -m benchmarks rounding`, which fails where an interval of the difference excludes 0.
""")


if __name__ == "__main__":
    main()
