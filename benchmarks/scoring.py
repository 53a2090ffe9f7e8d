"""AUC, DeLong and rescoring against scikit-learn, torchmetrics and SciPy in one run, beside the machine's limit."""

import os
import platform
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
import scipy
import sklearn
import torch
import torchmetrics
from rich.progress import track
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits
from torchmetrics.functional.classification import binary_auroc
from xgboost import XGBClassifier

from scoring.interval import interval
from scoring.ranking import Ranking
from scoring.ranks import rank_sets
from scoring.roc import auc, delong, delong_ranked

DOCS = Path(__file__).parents[1] / "docs"
EVIDENCE = DOCS / "evidence"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
SECONDS_A_SIZE = 15
ROWS_A_TURN = 200_000
KINDS = ("distinct", "float32", "xgboost", "six decimals", "three decimals")


def on(kind: str, work: str) -> str:
    """Return what a work is called on a kind of scores."""
    return work if kind == KINDS[0] else f"{work}, {kind}"


REFERENCE = "scikit-learn, AUC"
AIMS = {
    **{on(kind, "AUC"): 15 for kind in KINDS},
    **{on(kind, "AUC with DeLong interval"): 10 for kind in KINDS},
    "label fix, stored order": 25,
    "dropped rows, stored order": 25,
    "new slice, stored order": 25,
    "label fix, value alone": 300,
}
IMPORT_AIM = 0.4


def labelled_scores(n: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return labels and each kind of scores, as float64."""
    rng = np.random.default_rng(n)
    labels = rng.integers(0, 2, n)
    normal = rng.normal(labels, 1.0)
    chance = 1 / (1 + np.exp(-normal))
    trained_on = rng.integers(0, 2, 20_000)
    forest = XGBClassifier(n_estimators=200, max_depth=6, learning_rate=0.1, random_state=0)
    forest.fit(_features(rng, trained_on), trained_on)
    parts = [
        forest.predict_proba(_features(rng, part))[:, 1] for part in np.array_split(labels, max(1, n // 1_000_000))
    ]
    scores = (normal, chance.astype(np.float32), np.concatenate(parts), chance.round(6), chance.round(3))
    return labels, {kind: one.astype(np.float64) for kind, one in zip(KINDS, scores, strict=True)}


def _features(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    return rng.normal(labels[:, None] * np.linspace(0.1, 0.5, 8), 1.0).astype(np.float32)


def contestants(n: int) -> tuple[dict[str, Callable[[], float]], dict[str, float]]:
    """Return everything that is timed on n rows, and which share of each kind's scores differ.

    Each work gives an AUC, or (limits) just touches the scores.
    """
    labels, kinds = labelled_scores(n)
    scores = kinds[KINDS[0]]
    rng = np.random.default_rng(n)
    fixed = np.where(rng.random(n) < 0.01, 1 - labels, labels)
    kept, part = (np.flatnonzero(rng.random(n) < share) for share in (0.9, 0.3))
    kept_labels, part_labels, mask = fixed[kept], fixed[part], fixed.astype(np.float64)
    stored = Ranking.of(scores)
    midranks = stored.doubled_midranks()
    m, pairs = int(fixed.sum()), int(labels.sum()) * int((1 - labels).sum())
    tensors = torch.from_numpy(scores), torch.from_numpy(labels)

    def with_interval(estimate) -> float:
        interval(estimate)
        return float(estimate.value[0])

    works: dict[str, Callable[[], float]] = {}
    for kind, ones in kinds.items():
        works |= {
            on(kind, REFERENCE): lambda ones=ones: roc_auc_score(labels, ones),
            on(kind, "AUC"): lambda ones=ones: auc(labels, ones),
            on(kind, "AUC with DeLong interval"): lambda ones=ones: with_interval(delong(labels, ones)),
        }
    works |= {
        "torchmetrics, AUC": lambda: float(binary_auroc(*tensors, validate_args=False)),
        "SciPy, Mann-Whitney U": lambda: mannwhitneyu(scores[labels == 1], scores[labels == 0]).statistic / pairs,
        "label fix, stored order": lambda: with_interval(delong_ranked(fixed, [stored])),
        "dropped rows, stored order": lambda: with_interval(delong_ranked(kept_labels, [stored], rows=kept)),
        "new slice, stored order": lambda: with_interval(delong_ranked(part_labels, [stored], rows=part)),
        "label fix, value alone": lambda: (midranks @ mask - m * (m - 1)) / (2 * m * (n - m)),
        "limit: sort the scores": lambda: float(np.sort(scores)[0]),
        "limit: read the scores": lambda: float(scores.max()),
    }
    return works, {kind: len(np.unique(ones)) / n for kind, ones in kinds.items()}


def agree(works: dict[str, Callable[[], float]]) -> None:
    """Say so if contestants that are asked the same thing answer differently."""
    asked = [[on(kind, work) for work in (REFERENCE, "AUC", "AUC with DeLong interval")] for kind in KINDS]
    asked[0] += ["torchmetrics, AUC", "SciPy, Mann-Whitney U"]
    asked += [["label fix, stored order", "label fix, value alone"]]
    for names in asked:
        answers = {name: works[name]() for name in names}
        if max(answers.values()) - min(answers.values()) > 1e-6:
            raise AssertionError(f"expected one AUC, got {answers}")


def measure(n: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return processor seconds (median of alternating rounds), peak bytes a row above the input, shares of scores."""
    works, distinct = contestants(n)
    agree(works)
    seconds: dict[str, list[float]] = {name: [] for name in works}
    started = time.perf_counter()
    repeats = max(1, ROWS_A_TURN // n)
    while len(seconds[REFERENCE]) < 4 or time.perf_counter() - started < SECONDS_A_SIZE:
        for name, work in works.items():
            start = time.process_time()
            for _ in range(repeats):
                work()
            seconds[name].append((time.process_time() - start) / repeats)
    memory = {}
    for name in AIMS:
        tracemalloc.start()
        works[name]()
        memory[name] = tracemalloc.get_traced_memory()[1] / n
        tracemalloc.stop()
    return {name: median(times[1:]) for name, times in seconds.items()}, memory, distinct


def ratio(seconds: dict[str, float], name: str) -> float:
    """Return how many times longer scikit-learn takes, on the same scores."""
    kind = next((kind for kind in KINDS if name.endswith(f", {kind}")), KINDS[0])
    return seconds[on(kind, REFERENCE)] / seconds[name]


def board(k: int = 300, n: int = 20_000) -> tuple[float, float, float]:
    """Return processor seconds for k models' joint covariance, for their rank sets, and for k AUCs by scikit-learn."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n)
    scores = rng.normal(labels[:, None] * rng.uniform(0.5, 1.5, k), 1.0)
    marks = [time.process_time()]
    estimate = delong(labels, scores)
    marks.append(time.process_time())
    rank_sets(estimate)
    marks.append(time.process_time())
    for column in scores.T:
        roc_auc_score(labels, column)
    marks.append(time.process_time())
    return tuple(np.diff(marks).tolist())


def joint_memory(k: int = 100, n: int = 1_000_000) -> float:
    """Return by how many GB the joint covariance of k models raises a process above its input (Linux only)."""
    script = f"""
import numpy as np
from benchmarks._memory import held_bytes
from scoring.roc import delong
rng = np.random.default_rng(0)
labels = rng.integers(0, 2, {n})
scores = np.asfortranarray(rng.normal(size=({n}, {k})))
before = held_bytes("RssAnon")
import threading, time
peak = 0
def watch():
    global peak
    while True:
        peak = max(peak, held_bytes("RssAnon"))
        time.sleep(0.01)
threading.Thread(target=watch, daemon=True).start()
delong(labels, scores)
print(peak - before)
"""
    return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout) / 1e9


def import_seconds() -> tuple[float, float]:
    """Return what importing scoring takes (median of processes), and NumPy alone."""

    def once(module: str) -> float:
        script = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
        return float(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)

    return tuple(median(once(module) for _ in range(9)) for module in ("scoring", "numpy"))


def plot(times: dict[int, dict[str, float]], path: Path) -> None:
    """Draw nanoseconds a row against the number of rows, ours in colour."""
    styles = {
        REFERENCE: ("#888888", "-"),
        "torchmetrics, AUC": ("#888888", "--"),
        "SciPy, Mann-Whitney U": ("#888888", ":"),
        "AUC": ("#0b6fa4", "-"),
        "AUC with DeLong interval": ("#0b6fa4", "--"),
        "label fix, stored order": ("#c2410c", "-"),
        "label fix, value alone": ("#c2410c", "--"),
        "limit: sort the scores": ("#222222", "-"),
        "limit: read the scores": ("#222222", ":"),
    }
    figure, axes = plt.subplots(figsize=(9, 5.2), layout="constrained")
    ends = sorted(styles, key=lambda name: times[SIZES[-1]][name])
    heights = _apart([np.log10(times[SIZES[-1]][name] / SIZES[-1] * 1e9) for name in ends], 0.155)
    for name, height in zip(ends, heights, strict=True):
        color, style = styles[name]
        axes.plot(SIZES, [times[n][name] / n * 1e9 for n in SIZES], style, color=color, marker="o", markersize=3)
        axes.annotate(name, (SIZES[-1] * 1.25, 10**height), color=color, va="center", fontsize=9, annotation_clip=False)
    axes.set(
        xscale="log", yscale="log", xlabel="rows", ylabel="nanoseconds a row", xlim=(SIZES[0] * 0.8, SIZES[-1] * 30)
    )
    axes.set_xticks(SIZES)
    axes.set_xticks([], minor=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e5e5e5")
    axes.set_title("Scoring one submission, and rescoring it without sorting", loc="left", fontsize=11)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _apart(heights: list[float], least: float) -> list[float]:
    """Return ascending heights moved up so that neighbours are at least so far apart."""
    for place in range(1, len(heights)):
        heights[place] = max(heights[place], heights[place - 1] + least)
    return heights


def main() -> None:
    """Measure and write the page."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    with threadpool_limits(1):
        results = {n: measure(n) for n in track(SIZES, "scoring")}
        joint, ranks, alone = board()
    times = {n: seconds for n, (seconds, _, _) in results.items()}
    plot(times, EVIDENCE / "images/scoring_speed.png")
    head = "| work | aim | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |\n|---|---|" + "---|" * len(SIZES)
    ratios = "\n".join(
        f"| {name} | {aim} | " + " | ".join(f"{ratio(times[n], name):.1f}" for n in SIZES) + " |"
        for name, aim in AIMS.items()
    )
    others = "\n".join(
        f"| {name} | | " + " | ".join(f"{times[n][REFERENCE] / times[n][name]:.2g}" for n in SIZES) + " |"
        for name in ("torchmetrics, AUC", "SciPy, Mann-Whitney U", "limit: sort the scores", "limit: read the scores")
    )
    milliseconds = "\n".join(
        f"| {name} | " + " | ".join(f"{times[n][name] * 1e3:.3g}" for n in SIZES) + " |" for name in times[SIZES[0]]
    )
    memory = "\n".join(f"| {name} | " + " | ".join(f"{results[n][1][name]:.1f}" for n in SIZES) + " |" for name in AIMS)
    distinct = "\n".join(
        f"| {kind} | " + " | ".join(f"{100 * results[n][2][kind]:.3g}%" for n in SIZES) + " |" for kind in KINDS
    )
    own, numpy_alone = import_seconds()
    modules = {"NumPy": np, "scikit-learn": sklearn, "SciPy": scipy, "torchmetrics": torchmetrics, "torch": torch}
    versions = ", ".join(f"{name} {module.__version__}" for name, module in modules.items())
    columns = " | ".join(f"n = {n:,}" for n in SIZES)
    (EVIDENCE / "scoring_speed.md").write_text(f"""# How fast scoring is

![Nanoseconds a row against the number of rows](images/scoring_speed.png)

Times that `sklearn.metrics.roc_auc_score` takes, over the times ours takes, on the same float64 scores and 0/1 labels
in the same run. scikit-learn gives the value alone; ours, in a line with "interval" or "stored order", gives its DeLong
standard error and 95% interval too. Where no kind of scores is named, no two rows score the same. Times are those of
the processor, on one thread each, so that a busy machine changes them little.

{head}
{ratios}
{others}

Scores tie as they do where teams make them: float32 and rounded ones are the logistic function of the distinct ones;
xgboost's are what 200 trees of depth 6 give on 8 features, float32 too. So many of the scores differ:

| | {columns} |
|---|{"---|" * len(SIZES)}
{distinct}

- "Stored order": the judge keeps each submission's sort order and ties (4 bytes a row). Correcting 1% of the labels,
  dropping 10% of the rows or judging a new slice of 30% is then one linear pass; it gives the same bits as scoring from
  scratch.
- "Value alone": the doubled mid-ranks of a slice are kept; whatever the labels become, the AUC is a masked sum.
- The limits are `numpy.sort` and `numpy.max` of the scores, this machine's own ways to sort and to read them.
- Small inputs are scored several times a turn, so that caches are warm for all.
- Intervals of scores that tie in twos and threes fall behind: their sums run over every score, once for each class.

Milliseconds (medians of alternating rounds in one process; a turn scores at least {ROWS_A_TURN:,} rows):

| | {columns} |
|---|{"---|" * len(SIZES)}
{milliseconds}

Peak memory above the input, bytes a row (traced allocations; the aim is at most 24 for large inputs; small
ones are one piece of work, for which a dozen arrays are held):

| | {columns} |
|---|{"---|" * len(SIZES)}
{memory}

- The joint covariance of 300 models on 20,000 rows takes {joint:.2f} s ({alone / joint:.1f} times less than 300 AUCs by
  scikit-learn); their simultaneous rank sets {ranks:.2f} s.
- For 100 models on 1,000,000 rows the private memory grows by {joint_memory():.2f} GB above an input of 0.80 GB; what
  does not fit into 256 MB lies in an unnamed temporary file.
- `import scoring` takes {own:.2f} s, of which NumPy {numpy_alone:.2f} s (the aim is {IMPORT_AIM} s).

{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {versions}.
Made by `python -m benchmarks scoring`.
""")


if __name__ == "__main__":
    main()
