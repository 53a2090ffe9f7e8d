"""The ladder of the disks, rung by rung, and what carries it; ``python -m benchmarks exoplanet_ladder``.

On three pairs of seeds: trains the starter, the small net as a sample and with care, and boosted trees on disk
features; asks what the light's curve of growth alone tells, and what the rungs win among disks for which it says the
same. On the first pair: switches groups of features off, asks which planets are missed and what is left without any.
Writes docs/evidence/exoplanet.md and its pictures.
"""

import resource
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
from challenges.exoplanet.layout import SIDE, TARGET
from challenges.exoplanet.simulate import Run, simulate
from challenges.training import split_public
from leaderboard.kit.starters import starter_files
from leaderboard.public import files
from scoring.interval import interval
from scoring.roc import auc, delong

PAGE = ROOT / "docs/evidence/exoplanet.md"
IMAGES = ROOT / "docs/evidence/images"
SEEDS = ((11, 12), (21, 22), (31, 32))  # of the disks to learn from, and of those to be judged on
NET_SEED = 1
WITHIN = (4, 8, 12, 18, 26, 36, 50)  # pixels from the middle, where the curve of growth is read
STRATA = 20
NULL = 2000  # disks to learn from, and to be judged on, without any planets
JUPITER = 9.546e-4  # solar masses
MASSES = (0.26, 0.5, 1.0, 2.0, 5.3)  # Jupiters, edges of the bins of the heaviest planet
GROUPS = {
    "radial profile": ("brightness at",),
    "profile less its trend": ("bump at",),
    "gaps and rings": ("gap ", "ring "),
    "azimuthal residuals": ("spread", "brightest spot", "mode ", "spiral of"),
    "wakes": ("wake",),
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
        challenge, track = spec.find_track("exoplanet.planets")
        files.write_labelled(folder, **split_public(train, track.training, seed=NET_SEED)._asdict())
        files.write_test(folder, ids, test.features)
        for file, content in starter_files(challenge, track).items():
            (folder / file).write_bytes(content)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "starter.py"], cwd=folder, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        answers = pd.read_csv(folder / "submission.csv")
    return Rung("the kit's starter: small net on 32 x 32 pixels", answers["score"].to_numpy(), seconds)


def net(name: str, fit: str, train: Dataset, test: Dataset) -> Rung:
    """Train the convolutional net."""
    from baselines.exoplanet import nets

    begin = time.process_time()
    model = getattr(nets, fit)(train, seed=NET_SEED)
    seconds = time.process_time() - begin
    return Rung(name, model.predict(test.features)[:, 0], seconds)


def trees(name: str, table: np.ndarray, labels: np.ndarray, test: np.ndarray) -> Rung:
    """Train boosted trees on some of the features."""
    begin = time.process_time()
    model = fit_table(table, labels)
    return Rung(name, model.predict_proba(test)[:, 1].astype(float), time.process_time() - begin)


def area(test: Dataset, scores: np.ndarray, rows: np.ndarray | slice = slice(None)) -> tuple[float, float, float]:
    """Return an AUC and its 95% interval."""
    estimate = delong(test.targets[TARGET].to_numpy()[rows], scores[rows])
    return float(estimate.value[0]), *map(float, interval(estimate)[0])


def told(value: float, low: float, high: float) -> str:
    return f"{value:.4f} ({low:.4f} – {high:.4f})"


def heaviest(test: Dataset, seed: int) -> np.ndarray:
    """Return the mass of each disk's heaviest planet, Jupiters; 0 without."""
    hosts = test.targets[TARGET].to_numpy()
    runs = [Run.draw(seed, run, bool(host)).planets for run, host in enumerate(hosts)]
    return np.array([planets.mass.max() / JUPITER if planets else 0.0 for planets in runs])


def growth(images: np.ndarray) -> np.ndarray:
    """Return the curve of growth of each image, light within circles over all of it: what needs no gap to be seen."""
    offset = np.arange(SIDE) - (SIDE - 1) / 2
    r = np.hypot(offset[:, None], offset)
    within = np.stack([images[:, r < radius].sum(axis=1) for radius in WITHIN], axis=1)
    return within / images.sum(axis=(1, 2))[:, None]


def matched(labels: np.ndarray, scores: np.ndarray, light: np.ndarray) -> float:
    """Return the share of pairs of a disk with planets and one without in right order, of equal light.

    Pairs are made within twentieths of the disks by what the curve of growth says: there it says next to nothing.
    """
    right = pairs = 0.0
    for part in np.array_split(np.argsort(light), STRATA):
        hosts = labels[part] == 1
        count = hosts.sum() * (~hosts).sum()
        if count:
            right, pairs = right + auc(labels[part], scores[part]) * count, pairs + count
    return right / pairs


def members(group: str) -> np.ndarray:
    """Return which features belong to a group."""
    first = next(name for name, words in GROUPS.items() if name == group)
    owner = [
        next(name for name, words in GROUPS.items() if any(word in feature for word in words)) for feature in NAMES
    ]
    return np.array([name == first for name in owner])


def difference(test: Dataset, better: np.ndarray, worse: np.ndarray) -> str:
    """Return the paired difference of two AUCs and its 95% limits."""
    estimate = delong(test.targets[TARGET].to_numpy(), np.column_stack([better, worse]))
    gain = estimate.value[0] - estimate.value[1]
    covariance = estimate.covariance
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return f"{gain:+.4f} ± {1.96 * error:.4f}"


def draw_ladder(rungs: Sequence[tuple[str, list[tuple[float, float, float]]]], path: Path) -> None:
    """Draw every rung's AUC with its interval, a point a pair of seeds; on the scale equal steps halve the error."""
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
    axis.set(xscale="log", xlim=(0.3, 2e-3), ylim=(-0.6, len(rungs) - 0.4))
    axis.set_yticks(range(len(rungs)), [name for name, _ in rungs], fontsize=10, color="#1e293b")
    axis.tick_params(axis="y", length=0)
    ticks = [0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998]
    axis.set_xticks([1 - tick for tick in ticks], [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel("ROC-AUC with its 95% interval")
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


def climb(train: Dataset, test: Dataset) -> tuple[list[Rung], Rung, np.ndarray, np.ndarray]:
    """Return all rungs, weakest first, what the curve of growth tells, and the features of both."""
    labels = train.targets[TARGET].to_numpy()
    light = trees("curve of growth alone, XGBoost", growth(train.features), labels, growth(test.features))
    begin = time.process_time()
    table = features(train.features)
    measuring = time.process_time() - begin
    test_table = features(test.features)
    disk = trees(f"{len(NAMES)} disk features, XGBoost", table, labels, test_table)
    disk = Rung(disk.name, disk.scores, disk.seconds + measuring)
    rungs = [
        starter(train, test),
        net("small CNN, five epochs of Adam", "fit_sample", train, test),
        net("the same CNN, tuned: 20 epochs, AdamW, one cycle, turned and mirrored", "fit_tuned", train, test),
        disk,
    ]
    for rung in (light, *rungs):
        print(rung.name, told(*area(test, rung.scores)), f"{rung.seconds:.0f} s", flush=True)
    return rungs, light, table, test_table


def null_check(seeds: tuple[int, int]) -> str:
    """Return the AUC of boosted trees on disk features without any planets."""
    train, test = (simulate(NULL, seed, signal=False) for seed in seeds)
    labels = train.targets[TARGET].to_numpy()
    return told(*area(test, trees("", features(train.features), labels, features(test.features)).scores))


def missed(test: Dataset, scores: np.ndarray, mass: np.ndarray) -> tuple[str, str]:
    """Return tables in Markdown: what is found by the mass of the heaviest planet, and the disks least suspected."""
    host = test.targets[TARGET].to_numpy() == 1
    alarm = np.sort(scores[~host])[int(0.95 * (~host).sum())]
    lines = []
    for low, high in pairwise(MASSES):
        chosen = (mass >= low) & (mass < high)
        found = told(*area(test, scores, chosen | ~host))
        lines.append(f"| {low:g} – {high:g} | {chosen.sum()} | {found} | {(scores[chosen] > alarm).mean():.0%} |")
    worst = []
    for run, score in pd.Series(scores)[host].nsmallest(6).items():
        one = Run.draw(SEEDS[0][1], int(run), True)
        planets = ", ".join(
            f"{m / JUPITER:.2g} at {r:.0f} au" for m, r in zip(one.planets.mass, one.planets.radius, strict=True)
        )
        worst.append(
            f"| {score:.4f} | {planets} | {one.disk.viscosity:.1e} | {one.disk.stokes:.3f} "
            f"| {np.degrees(one.view.tilt):.0f}° |"
        )
    return "\n".join(lines), "\n".join(worst)


def main() -> None:
    """Measure everything and write the page and its pictures."""
    size = spec.load("exoplanet").tracks[0].sizes["default"]
    climbed, areas, lights, even = [], [], [], []
    for seeds in SEEDS:
        train, test = simulate(size.train, seeds[0]), simulate(size.holdout, seeds[1])
        rungs, light, table, test_table = climb(train, test)
        labels, judged = train.targets[TARGET].to_numpy(), test.targets[TARGET].to_numpy()
        areas.append([area(test, rung.scores) for rung in rungs])
        lights.append(area(test, light.scores))
        even.append([matched(judged, rung.scores, light.scores) for rung in (light, *rungs)])
        if not climbed:
            climbed = rungs
            gains = [difference(test, one.scores, other.scores) for other, one in pairwise(rungs)]
            model = fit_table(table, labels)
            draw_importances(model.feature_importances_, IMAGES / "exoplanet_importances.png")
            ablations = [
                (name, trees(name, table[:, own], labels, test_table[:, own]),
                 trees(name, table[:, ~own], labels, test_table[:, ~own]))
                for name, own in ((name, members(name)) for name in GROUPS)
            ]  # fmt: skip
            ablated = [
                f"| {name} | {members(name).sum()} | {told(*area(test, alone.scores))} "
                f"| {told(*area(test, without.scores))} |"
                for name, alone, without in ablations
            ]
            by_mass = missed(test, rungs[-1].scores, heaviest(test, seeds[1]))
    by_rung = list(zip(*areas, strict=True))
    draw_ladder(
        [(rung.name.partition(":")[0], list(one)) for rung, one in zip(climbed, by_rung, strict=True)],
        IMAGES / "exoplanet_ladder.png",
    )
    lines = [
        f"| {rung.name} | {'; '.join(told(*one) for one in found)} | {rung.seconds:.0f} |"
        for rung, found in zip(climbed, by_rung, strict=True)
    ]
    names = ["curve of growth alone", *(rung.name for rung in climbed)]
    overall = [[one[0] for one in lights], *([one[0] for one in found] for found in by_rung)]
    of_equal_light = [
        f"| {name} | {'; '.join(f'{one:.3f}' for one in all_)} | {'; '.join(f'{one:.3f}' for one in equal)} |"
        for name, all_, equal in zip(names, overall, zip(*even, strict=True), strict=True)
    ]
    null = null_check(SEEDS[0])
    print("null", null)
    PAGE.write_text(
        page(
            rungs="\n".join(lines),
            gains="\n".join(
                f"- {name}: {gain}"
                for name, gain in zip(
                    ("the small net against the starter", "tuning the net", "disk features against the tuned net"),
                    gains,
                    strict=True,
                )
            ),
            light="; ".join(told(*one) for one in lights),
            of_equal_light="\n".join(of_equal_light),
            ablations="\n".join(ablated),
            missed_tables=by_mass,
            null=null,
            sizes=(size.train, size.holdout),
        ),
        "utf-8",
    )


def page(
    *,
    rungs: str,
    gains: str,
    light: str,
    of_equal_light: str,
    ablations: str,
    missed_tables: tuple[str, str],
    null: str,
    sizes: tuple[int, int],
) -> str:
    """Return the page in Markdown."""
    n_train, n_test = sizes
    bounds = spec.load("exoplanet").tracks[0].shortcuts
    by_mass, worst = missed_tables
    pairs = ", ".join(f"{one} and {other}" for one, other in SEEDS)
    return f"""# Planets in the making: the ladder, and what carries it

`python -m benchmarks exoplanet_ladder` made this page: {n_train:,} disks to learn from and {n_test:,} others to be
judged on, on three pairs of seeds ({pairs}). Intervals are 95%. Seconds are those of one
processor, for training.

![The ladder](images/exoplanet_ladder.png)

| rung | ROC-AUC, one a pair of seeds | seconds |
| --- | --- | ---: |
{rungs}

Paired differences on the same disks (first pair of seeds), with their 95% limits:

{gains}

## Why it is a ladder

- **The sample net looks at brightness as it is.** In units of the brightest pixel, a gap at 80 au is a matter of a
  hundredth or two; five epochs find where the light is, the deep gaps of bright disks, and little more.
- **The tuned net is the same net.** Turned and mirrored, every disk is eight; with 20 epochs and a learning rate that
  comes down the faint gaps come within reach. It still has to learn from some thousand disks what a tilt is.
- **The features know geometry.** Turned face on and averaged over rings, a gap is measured with all the beams that
  fit into it, ten to a hundred of them: it shows below the noise of single pixels. What is left of the rings is held
  against the wakes that planets on 16 orbits would send out.

## How much of it is planets

Deep gaps move light, so the light alone tells something: its curve of growth, the shares of it within
{len(WITHIN)} circles of up to {WITHIN[-1]} pixels around the middle, no gap seen, reaches
with trees like the best rung's
{light}.
That is physics, not a leak, and level with the starter. Two of the low-level summaries that `challenge.toml` bounds are
akin, both read by shallow trees:

- `encircled`, bounded at {bounds["encircled"]}, is the same light in seven circles spread evenly over the image: a
  weaker reading.
- `profile`, bounded at {bounds["profile"]}, is the mean brightness ring by ring: it does see gaps, and is ahead of the
  first two rungs.

A ladder on any of them would not be one of planets. Broad excesses and lacks of dust, deep rings and gaps that need no
planet, drawn alike for all disks, keep them low. What the rungs win beside the light is seen among disks of equal
light: pairs of one with and one without planets that the curve of growth calls equally likely (the same twentieth of
the disks).

| | ROC-AUC, all pairs | of equal light |
| --- | --- | --- |
{of_equal_light}

## What the features see

![Importances](images/exoplanet_importances.png)

| kind of feature | how many | with it alone | with all others |
| --- | ---: | --- | --- |
{ablations}

Planets carve gaps, and the profile tells. Wakes and circumplanetary disks, in the azimuthal residuals, tell less:
crescents, spirals and galaxies behind look like them, and the beam takes the inner ones. Where the profile is known
they add next to nothing: of one planet, gap and wake come together.

## Which planets are missed

By the heaviest planet of a disk, in masses of Jupiter, against all disks without; the last column is the share of
images that score above 95% of those without planets.

| heaviest planet | disks | ROC-AUC | found at 5% false alarms |
| --- | ---: | --- | ---: |
{by_mass}

The disks with planets that the features suspect least:

| score | planets (Jupiters) | viscosity α | Stokes number | tilt |
| ---: | --- | ---: | ---: | ---: |
{worst}

A planet is missed when its gap is not: light planets in viscous disks displace little gas, small grains follow the
gas, and far out there is little dust to be missed.

## What tells nothing

With the planets left out and the labels kept, boosted trees on the same features get {null}
({NULL:,} disks to learn from, as many to be judged on).
Every simulated disk is seen once; real files hold many snapshots of a run, and there splits, slices and intervals go by
runs.
"""


if __name__ == "__main__":
    main()
