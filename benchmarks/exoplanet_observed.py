"""What the rungs make of real disks, beside simulated ones seen through the same beam and noise; ``python -m benchmarks
exoplanet_observed``."""

from pathlib import Path

import numpy as np

from baselines.exoplanet import LADDER
from benchmarks import ROOT
from benchmarks.exoplanet_faithfulness import HL_TAU, REAL, figure_of
from challenges import spec
from challenges.exoplanet.layout import TARGET
from challenges.exoplanet.observe import Observation, observe
from challenges.exoplanet.simulate import seen_like, simulate
from leaderboard.public.places import RARE, Spread
from scoring.roc import auc
from scoring.sealed.observed import shares_below

PAGE = ROOT / "docs/evidence/exoplanet_observed.md"
PICTURE = ROOT / "docs/evidence/images/exoplanet_places.png"
TRAIN_SEED = 11
PLAIN_SEED, PLAIN = 12, 1000  # disks as the challenge has them
LIKE, LIKE_SEED = 300, 20141106  # disks of either kind, seen as each recording was


def recordings() -> list[Observation]:
    """Return the recordings that are at hand and sharp enough."""
    path = REAL / "HL_Tau_band6_continuum.fits"
    return [observe(path, **HL_TAU)] if path.is_file() else []


def place(score: float, scores: np.ndarray) -> float:
    """Return the share of scores that are lower."""
    one = np.zeros(1, int)
    return float(shares_below(np.array([score]), scores, one, np.zeros(len(scores), int))[0])


def main() -> None:
    """Train the rungs, place the recordings, and write the page and its picture."""
    hosts = np.arange(2 * LIKE) < LIKE
    seen = [(one, seen_like(one.beam, one.peak_over_noise, hosts, LIKE_SEED + n)) for n, one in enumerate(recordings())]
    if not seen:
        raise SystemExit(f"expected recordings in {REAL}, got none")
    plain = simulate(PLAIN, PLAIN_SEED)
    plain_empty = plain.targets[TARGET].to_numpy() == 0
    rows, places, scores = [], {one.facts["name"]: [] for one, _ in seen}, []
    train = simulate(spec.load("exoplanet").tracks[0].sizes["default"].train, TRAIN_SEED)
    for rung in LADDER:
        model = rung.fit(train)
        usual = model.predict(plain.features)[:, 0]
        for one, images in seen:
            own, like = float(model.predict(one.image[None])[0, 0]), model.predict(images)[:, 0]
            places[one.facts["name"]].append(place(own, like[~hosts]))
            scores.append((f"{one.facts['name']}: {rung.title}", own, like))
            rows.append(
                f"| {one.facts['name']} | {rung.title} | {place(own, usual[plain_empty]):.3f} "
                f"| {places[one.facts['name']][-1]:.3f} | {place(own, like[hosts]):.3f} "
                f"| {auc(plain.targets[TARGET], usual):.3f} | {auc(hosts, like):.3f} |"
            )
            print(rows[-1], flush=True)
    spreads = [Spread(str(name), len(one), min(one), float(np.median(one)), max(one)) for name, one in places.items()]
    draw(scores, hosts, PICTURE)
    PAGE.write_text(page([one for one, _ in seen], rows, spreads), "utf-8")


def draw(scores: list[tuple[str, float, np.ndarray]], hosts: np.ndarray, path: Path) -> None:
    """Draw for each model where the recording stands among simulated disks of either kind."""
    figure, axes = figure_of(len(scores) // len(LADDER), len(LADDER), (11.5, 2.6 * len(scores) / len(LADDER)))
    for axis, (title, own, like) in zip(axes.ravel(), scores, strict=True):
        order = np.sort(like)
        edges = np.linspace(0, 1, 16)
        ranks = np.searchsorted(order, like) / len(order)
        axis.hist(ranks[~hosts], edges, color="#475569", alpha=0.6, label="without planets")
        axis.hist(ranks[hosts], edges, color="#c2410c", alpha=0.5, label="with planets")
        axis.axvline(np.searchsorted(order, own) / len(order), color="black", linewidth=2, label="the recording")
        axis.set_title(title, fontsize=8.5)
        axis.set(xlim=(0, 1), yticks=[])
        axis.spines[["top", "right", "left"]].set_visible(False)
    axes[-1, 0].set_xlabel("rank of the score among disks seen alike", fontsize=8.5)
    axes[0, 0].legend(frameon=False, fontsize=7.5)
    figure.savefig(path, dpi=100, format="png", metadata={"Software": None})


def page(seen: list[Observation], rows: list[str], spreads: list[Spread]) -> str:
    """Return the page in Markdown."""
    told = "\n".join(
        f"| {one.recording} | {one.models} | {one.lowest:.3f} | {one.middle:.3f} | {one.highest:.3f} | {one.verdict} |"
        for one in spreads
    )
    noise = "; ".join(f"{one.facts['name']}: its peak is {one.peak_over_noise:.0f} times the noise" for one in seen)
    lines = "\n".join(rows)
    return f"""# Planets in the making: what models make of real disks

`python -m benchmarks exoplanet_observed` made this page. No real disk is proven empty, so a score of a real disk says
nothing by itself. It is compared with {LIKE} simulated disks without planets and {LIKE} with some, all seen through the
recording's own beam and noise, as `physathon challenge observe --like {LIKE}` makes them. An event keeps a hundred of
either kind for each recording, unless it is told another number: in the observed slice, unmarked among the test images,
judged by nothing. The models learned from the default training data, seed {TRAIN_SEED}.

({noise}.)

| recording | models | lowest | median | highest | what may be said |
| --- | ---: | ---: | ---: | ---: | --- |
{told}

Shares of planet-free disks, seen alike, that score lower. A recording *stands out* for a model from {RARE:g}; where one
model disagrees, nothing is said to be found: that is a fact about the models.

![Places among disks seen alike](images/exoplanet_places.png)

| recording | model | among usual disks | seen alike, without | seen alike, with | AUC, usual | AUC, seen alike |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
{lines}

*Among usual disks* is the share of planet-free disks of the challenge that score lower, most of them seen more sharply
and with less noise: a comparison of unlike things, shown for what it misleads to. *AUC, seen alike* says how well the
model tells simulated disks apart that were seen as the recording was.

More recordings: `physathon fetch exoplanet --recordings` downloads the 20 disks of DSHARP and names the pages of eDisk,
exoALMA and MAPS.
"""


if __name__ == "__main__":
    main()
