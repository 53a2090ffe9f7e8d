"""The ladder of the disks, rung by rung, and what carries it; ``python -m benchmarks exoplanet_ladder``.

Trains the small net with several seeds, as a sample and with care, and boosted trees on disk features; switches groups
of features off; asks which planets are missed, and what is left without any; writes
docs/evidence/exoplanet.md and its pictures.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from baselines.exoplanet.features import NAMES, features
from baselines.exoplanet.trees import fit_table
from benchmarks import ROOT
from challenges import spec
from challenges.dataset import Dataset
from challenges.exoplanet.layout import SNAPSHOTS, TARGET
from challenges.exoplanet.simulate import Run, simulate
from leaderboard.public import files
from scoring.interval import interval
from scoring.roc import delong

PAGE = ROOT / "docs/evidence/exoplanet.md"
IMAGES = ROOT / "docs/evidence/images"
TRAIN_SEED, TEST_SEED = 1, 2
NET_SEEDS = (1, 2, 3)
JUPITER = 9.546e-4  # solar masses
MASSES = (0.26, 0.5, 1.0, 2.0, 5.3)  # Jupiters, edges of the bins of the heaviest planet
GROUPS = {
    "radial profile": ("brightness at",),
    "profile less its trend": ("bump at",),
    "gaps and rings": ("gap ", "ring "),
    "azimuthal residuals": ("spread", "brightest spot", "mode ", "spiral of"),
    "tilt, size, noise": ("noise", "axis ratio", "radius"),
}
"""The first words of the features that belong together."""


@dataclass(frozen=True)
class Rung:
    """What one model scored: its answers, and the seconds it trained."""

    name: str
    scores: np.ndarray
    seconds: float


def starter(train: Dataset, test: Dataset) -> Rung:
    """Run the kit's starter on files as a kit has them."""
    ids = np.arange(len(test), dtype=np.uint64)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files.write_labelled(folder, "train", train)
        files.write_test(folder, ids, test.features)
        (folder / "starter.py").write_text((spec.load("exoplanet").folder / "starter.py").read_text("utf-8"), "utf-8")
        begin = time.perf_counter()
        subprocess.run([sys.executable, "starter.py"], cwd=folder, check=True, capture_output=True)
        seconds = time.perf_counter() - begin
        answers = pd.read_csv(folder / "submission.csv")
    return Rung("the kit's starter: small net on 32 x 32 pixels", answers["score"].to_numpy(), seconds)


def net(kind: str, seed: int, train: Dataset, test: Dataset) -> Rung:
    """Train the convolutional net with one seed."""
    from baselines.exoplanet import nets

    begin = time.perf_counter()
    model = {"sample": nets.fit_sample, "tuned": nets.fit_tuned}[kind](train, seed=seed)
    seconds = time.perf_counter() - begin
    return Rung(f"{kind}, seed {seed}", model.predict(test.features)[:, 0], seconds)


def trees(name: str, table: np.ndarray, labels: np.ndarray, test: np.ndarray) -> Rung:
    """Train boosted trees on some of the features."""
    begin = time.perf_counter()
    model = fit_table(table, labels)
    return Rung(name, model.predict_proba(test)[:, 1].astype(float), time.perf_counter() - begin)


def area(test: Dataset, scores: np.ndarray, rows: np.ndarray | slice = slice(None)) -> tuple[float, float, float]:
    """Return an AUC and its 95% interval, clustered by runs."""
    estimate = delong(test.targets[TARGET].to_numpy()[rows], scores[rows], test.groups[rows])
    return float(estimate.value[0]), *map(float, interval(estimate)[0])


def told(value: float, low: float, high: float) -> str:
    return f"{value:.4f} ({low:.4f} – {high:.4f})"


def heaviest(test: Dataset, seed: int) -> np.ndarray:
    """Return the mass of each image's heaviest planet, Jupiters; 0 without."""
    hosts = test.targets[TARGET].to_numpy()[::SNAPSHOTS]
    runs = [Run.draw(seed, run, bool(host)).planets for run, host in enumerate(hosts)]
    masses = [planets.mass.max() / JUPITER if planets else 0.0 for planets in runs]
    return np.repeat(masses, SNAPSHOTS)[: len(test)]


def members(group: str) -> np.ndarray:
    """Return which features belong to a group."""
    first = next(name for name, words in GROUPS.items() if name == group)
    owner = [
        next(name for name, words in GROUPS.items() if any(word in feature for word in words)) for feature in NAMES
    ]
    return np.array([name == first for name in owner])


def difference(test: Dataset, better: np.ndarray, worse: np.ndarray) -> str:
    """Return the paired difference of two AUCs and its 95% limits, clustered by runs."""
    estimate = delong(test.targets[TARGET].to_numpy(), np.column_stack([better, worse]), test.groups)
    gain = estimate.value[0] - estimate.value[1]
    covariance = estimate.covariance
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return f"{gain:+.4f} ± {1.96 * error:.4f}"


def draw_ladder(rungs: Sequence[tuple[str, list[tuple[float, float, float]]]], path: Path) -> None:
    """Draw every rung's AUC with its interval, one point a seed, on a scale on which equal steps halve the error."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 3.3), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for line, (_, areas) in enumerate(rungs):
        for seed, (value, low, high) in enumerate(areas):
            at = line + 0.16 * (seed - (len(areas) - 1) / 2)
            axis.plot([1 - low, 1 - high], [at, at], color="#94a3b8", linewidth=2)
            axis.plot(1 - value, at, "o", color="#c2410c", markersize=6)
    axis.set(xscale="log", xlim=(0.22, 3e-4), ylim=(-0.6, len(rungs) - 0.4))
    axis.set_yticks(range(len(rungs)), [name for name, _ in rungs], fontsize=10, color="#1e293b")
    axis.tick_params(axis="y", length=0)
    ticks = [0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999]
    axis.set_xticks([1 - tick for tick in ticks], [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel("ROC-AUC, 95% interval clustered by runs")
    axis.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(path, dpi=110, format="png", metadata={"Software": None})


def draw_importances(importances: np.ndarray, path: Path) -> None:
    """Draw the share of the gain that each kind of feature carries, and the fifteen single ones that carry most."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    shares = {group: importances[members(group)].sum() for group in GROUPS}
    best = np.argsort(importances)[-15:]
    for axis, names, values, title in (
        (left, list(shares)[::-1], list(shares.values())[::-1], "by kind"),
        (right, [NAMES[one] for one in best], importances[best], "the fifteen strongest"),
    ):
        axis.barh(range(len(names)), 100 * np.array(values), color="#c2410c")
        axis.set_yticks(range(len(names)), names, fontsize=8.5)
        axis.set_title(title, fontsize=10.5, loc="left")
        axis.set_xlabel("share of the trees' gain [%]", fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100, format="png", metadata={"Software": None})


def standardised(data: Dataset, train: Dataset) -> Dataset:
    """Return the same images, their pixels scaled to mean 0 and spread 1 over the training images."""
    mean, spread = train.features.mean(), train.features.std()
    return Dataset((data.features - mean) / spread, data.targets, data.groups)


def nets(train: Dataset, test: Dataset) -> dict[str, list[Rung]]:
    """Train the nets, each seed of either kind, and once more on standardised images."""
    found = {kind: [net(kind, seed, train, test) for seed in NET_SEEDS] for kind in ("sample", "tuned")}
    scaled, scaled_test = standardised(train, train), standardised(test, train)
    found["standardised"] = [net(kind, NET_SEEDS[0], scaled, scaled_test) for kind in ("sample", "tuned")]
    return found


def null_check(seed: int, size: spec.Size) -> tuple[str, str]:
    """Return the AUC without any planets: by runs, and where rows of one run are on both sides of the split."""
    train, test = (simulate(n, s, signal=False) for n, s in ((size.train, seed), (size.holdout, seed + 1)))
    table, labels = features(train.features), train.targets[TARGET].to_numpy()
    honest = area(test, trees("", table, labels, features(test.features)).scores)
    order = np.random.default_rng(0).permutation(len(train))
    kept, known = order[: len(test)], order[len(test) :]
    careless = trees("", table[known], labels[known], table[kept]).scores
    return told(*honest), told(*area(train.take(kept), careless))


def missed(test: Dataset, scores: np.ndarray, mass: np.ndarray) -> tuple[str, str]:
    """Return tables in Markdown: what is found by the mass of the heaviest planet, and the disks least suspected."""
    host = test.targets[TARGET].to_numpy() == 1
    alarm = np.sort(scores[~host])[int(0.95 * (~host).sum())]
    lines = []
    for low, high in pairwise(MASSES):
        chosen = (mass >= low) & (mass < high)
        found = told(*area(test, scores, chosen | ~host))
        lines.append(
            f"| {low:g} – {high:g} | {chosen.sum() // SNAPSHOTS} | {found} | {(scores[chosen] > alarm).mean():.0%} |"
        )
    runs = pd.Series(scores[host]).groupby(test.groups[host]).mean().nsmallest(6)
    worst = []
    for run, score in runs.items():
        one = Run.draw(TEST_SEED, int(run), True)
        planets = ", ".join(
            f"{m / JUPITER:.2g} at {r:.0f} au" for m, r in zip(one.planets.mass, one.planets.radius, strict=True)
        )
        worst.append(
            f"| {score:.2f} | {planets} | {one.disk.viscosity:.1e} | {one.disk.stokes:.3f} "
            f"| {np.degrees(one.view.tilt):.0f}° |"
        )
    return "\n".join(lines), "\n".join(worst)


def main() -> None:
    """Measure everything and write the page and its pictures."""
    size = spec.load("exoplanet").tracks[0].sizes["default"]
    begin = time.perf_counter()
    train, test = simulate(size.train, TRAIN_SEED), simulate(size.holdout, TEST_SEED)
    simulation = time.perf_counter() - begin
    labels = train.targets[TARGET].to_numpy()
    begin = time.perf_counter()
    table, test_table = features(train.features), features(test.features)
    measuring = time.perf_counter() - begin
    model = fit_table(table, labels)
    disk = trees("disk features, XGBoost", table, labels, test_table)
    disk = Rung(disk.name, disk.scores, disk.seconds + measuring * len(train) / (len(train) + len(test)))
    print(disk.name, told(*area(test, disk.scores)), flush=True)
    without = {name: trees(name, table[:, ~members(name)], labels, test_table[:, ~members(name)]) for name in GROUPS}
    alone = {name: trees(name, table[:, members(name)], labels, test_table[:, members(name)]) for name in GROUPS}
    null = null_check(TRAIN_SEED, size)
    print("null", *null, flush=True)
    first = starter(train, test)
    learned = nets(train, test)
    for rung in [first, *(rung for group in learned.values() for rung in group)]:
        print(rung.name, told(*area(test, rung.scores)), f"{rung.seconds:.0f} s", flush=True)
    shown = [(name, [area(test, rung.scores) for rung in rungs]) for name, rungs in (
        ("disk features, XGBoost", [disk]),
        ("the same CNN, tuned", learned["tuned"]),
        ("small CNN, five epochs", learned["sample"]),
        ("the kit's starter", [first]),
    )]  # fmt: skip
    draw_ladder(shown[::-1], IMAGES / "exoplanet_ladder.png")
    draw_importances(model.feature_importances_, IMAGES / "exoplanet_importances.png")
    lines = [
        f"| {name} | {'; '.join(told(*area(test, rung.scores)) for rung in rungs)} "
        f"| {'; '.join(f'{rung.seconds:.0f}' for rung in rungs)} |"
        for name, rungs in (
            (first.name, [first]),
            ("small CNN, five epochs of Adam", learned["sample"]),
            ("the same CNN, tuned: 20 epochs, AdamW, one cycle, turned and mirrored", learned["tuned"]),
            (f"{len(NAMES)} disk features, XGBoost", [disk]),
        )
    ]
    ablations = [
        f"| {name} | {members(name).sum()} | {told(*area(test, alone[name].scores))} "
        f"| {told(*area(test, without[name].scores))} |"
        for name in GROUPS
    ]
    gains = [
        ("tuning the net", learned["tuned"][0].scores, learned["sample"][0].scores),
        ("disk features against the tuned net", disk.scores, learned["tuned"][0].scores),
    ]
    PAGE.write_text(
        page(
            rungs="\n".join(lines),
            gains="\n".join(f"- {name}: {difference(test, *pair)}" for name, *pair in gains),
            ablations="\n".join(ablations),
            scaled=[told(*area(test, rung.scores)) for rung in learned["standardised"]],
            missed_tables=missed(test, disk.scores, heaviest(test, TEST_SEED)),
            null=null,
            sizes=(len(train), len(test), simulation),
        ),
        "utf-8",
    )


def page(
    *,
    rungs: str,
    gains: str,
    ablations: str,
    scaled: list[str],
    missed_tables: tuple[str, str],
    null: tuple[str, str],
    sizes: tuple[int, int, float],
) -> str:
    """Return the page in Markdown."""
    n_train, n_test, simulation = sizes
    by_mass, worst = missed_tables
    return f"""# Planets in the making: the ladder, and what carries it

`python -m benchmarks exoplanet_ladder` made this page: {n_train:,} images of {n_train // SNAPSHOTS:,} disks to learn
from (seed {TRAIN_SEED}), {n_test:,} of {n_test // SNAPSHOTS:,} others to be judged on (seed {TEST_SEED}), simulated in
{simulation:.0f} s. Intervals are 95%, clustered by runs; the nets were trained with {len(NET_SEEDS)} seeds. Seconds are
those of training on a machine of two busy cores.

![The ladder](images/exoplanet_ladder.png)

| rung | ROC-AUC, one a seed | seconds |
| --- | --- | ---: |
{rungs}

Paired differences on the same disks (first seeds), with their 95% limits:

{gains}

## Why it is a ladder

- **The sample net looks at brightness as it is.** In units of the brightest pixel, a gap at 80 au is a matter of a
  hundredth or two; five epochs find the deep gaps of bright disks, and little more.
- **The tuned net is the same net.** Turned and mirrored, every disk is eight; with 20 epochs and a learning rate that
  comes down the faint gaps come within reach. It still has to learn from a thousand disks what a tilt is.
- **The features know geometry.** Turned face on and averaged over rings, a gap is measured with all the beams that
  fit into it, ten to a hundred of them: it shows below the noise of single pixels. What is left to learn is small.

There is a short cut, and it is honest to say so: scaled to mean 0 and spread 1, the same images give the same net
{scaled[0]} in five epochs and
{scaled[1]} tuned. Most pixels lie within a hundredth of nothing, where a net's first steps are slow; whoever looks at
the histogram before the model gains most of a rung.

## What the features see

![Importances](images/exoplanet_importances.png)

| kind of feature | how many | with it alone | with all others |
| --- | ---: | --- | --- |
{ablations}

Planets carve gaps, and the profile tells. Wakes and circumplanetary disks, in the azimuthal residuals, tell much less:
they fade within some scale heights, the beam blurs them, and crescents, spirals and galaxies behind look like them.
Even the radii that hold the light tell something: gaps dim the outer disk, rings light it up.

## Which planets are missed

By the heaviest planet of a disk, in masses of Jupiter, against all disks without; the last column is the share of
images that score above 95% of those without planets.

| heaviest planet | disks | ROC-AUC | found at 5% false alarms |
| --- | ---: | --- | ---: |
{by_mass}

The disks with planets that the features suspect least:

| mean score | planets (Jupiters) | viscosity α | Stokes number | tilt |
| ---: | --- | ---: | ---: | ---: |
{worst}

A planet is missed when its gap is not: light planets in viscous disks displace little gas, small grains follow the
gas, and far out there is little dust to be missed.

## What tells nothing

With the planets left out and the labels kept, boosted trees on the same features get {null[0]}. Were images of one disk
allowed on both sides of the split, they would get {null[1]} from the same data: they recognise the disk. That is why
splits, slices and intervals go by runs.
"""


if __name__ == "__main__":
    main()
