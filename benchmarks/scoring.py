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
from torchmetrics.functional.classification import binary_auroc

from scoring.interval import interval
from scoring.ranking import Ranking
from scoring.ranks import rank_sets
from scoring.roc import auc, delong, delong_ranked

DOCS = Path(__file__).parents[1] / "docs"
EVIDENCE = DOCS / "evidence"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
SECONDS_A_SIZE = 15
ROWS_A_TURN = 200_000
REFERENCE = "scikit-learn, AUC"
AIMS = {
    "AUC": 15,
    "AUC, tied scores": 15,
    "AUC with DeLong interval": 10,
    "label fix, stored order": 25,
    "dropped rows, stored order": 25,
    "new slice, stored order": 25,
    "label fix, value alone": 300,
}
IMPORT_AIM = 0.4


def contestants(n: int) -> dict[str, Callable[[], float]]:
    """Return everything that is timed on n rows: each gives an AUC, or (limits) just touches the scores."""
    rng = np.random.default_rng(n)
    labels = rng.integers(0, 2, n)
    scores = rng.normal(labels, 1.0)
    tied = np.round(scores, 3)
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

    return {
        REFERENCE: lambda: roc_auc_score(labels, scores),
        "scikit-learn, tied scores": lambda: roc_auc_score(labels, tied),
        "torchmetrics, AUC": lambda: float(binary_auroc(*tensors, validate_args=False)),
        "SciPy, Mann-Whitney U": lambda: mannwhitneyu(scores[labels == 1], scores[labels == 0]).statistic / pairs,
        "AUC": lambda: auc(labels, scores),
        "AUC, tied scores": lambda: auc(labels, tied),
        "AUC with DeLong interval": lambda: with_interval(delong(labels, scores)),
        "label fix, stored order": lambda: with_interval(delong_ranked(fixed, [stored])),
        "dropped rows, stored order": lambda: with_interval(delong_ranked(kept_labels, [stored], rows=kept)),
        "new slice, stored order": lambda: with_interval(delong_ranked(part_labels, [stored], rows=part)),
        "label fix, value alone": lambda: (midranks @ mask - m * (m - 1)) / (2 * m * (n - m)),
        "limit: sort the scores": lambda: float(np.sort(scores)[0]),
        "limit: read the scores": lambda: float(scores.max()),
    }


def agree(works: dict[str, Callable[[], float]]) -> None:
    """Say so if contestants that are asked the same thing answer differently."""
    asked = [
        (REFERENCE, "torchmetrics, AUC", "SciPy, Mann-Whitney U", "AUC", "AUC with DeLong interval"),
        ("scikit-learn, tied scores", "AUC, tied scores"),
        ("label fix, stored order", "label fix, value alone"),
    ]
    for names in asked:
        answers = {name: works[name]() for name in names}
        if max(answers.values()) - min(answers.values()) > 1e-6:
            raise AssertionError(f"expected one AUC, got {answers}")


def measure(n: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return seconds (median of alternating rounds) and peak bytes a row above the input."""
    works = contestants(n)
    agree(works)
    seconds: dict[str, list[float]] = {name: [] for name in works}
    started = time.perf_counter()
    repeats = max(1, ROWS_A_TURN // n)
    while len(seconds[REFERENCE]) < 4 or time.perf_counter() - started < SECONDS_A_SIZE:
        for name, work in works.items():
            start = time.perf_counter()
            for _ in range(repeats):
                work()
            seconds[name].append((time.perf_counter() - start) / repeats)
    memory = {}
    for name in AIMS:
        tracemalloc.start()
        works[name]()
        memory[name] = tracemalloc.get_traced_memory()[1] / n
        tracemalloc.stop()
    return {name: median(times[1:]) for name, times in seconds.items()}, memory


def ratio(seconds: dict[str, float], name: str) -> float:
    """Return how many times longer scikit-learn takes, on the same scores."""
    return seconds["scikit-learn, tied scores" if "tied" in name else REFERENCE] / seconds[name]


def board(k: int = 300, n: int = 20_000) -> tuple[float, float, float]:
    """Return seconds for the joint covariance of k models, for their rank sets, and for k AUCs by scikit-learn."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n)
    scores = rng.normal(labels[:, None] * rng.uniform(0.5, 1.5, k), 1.0)
    marks = [time.perf_counter()]
    estimate = delong(labels, scores)
    marks.append(time.perf_counter())
    rank_sets(estimate)
    marks.append(time.perf_counter())
    for column in scores.T:
        roc_auc_score(labels, column)
    marks.append(time.perf_counter())
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
    results = {n: measure(n) for n in track(SIZES, "scoring")}
    times = {n: seconds for n, (seconds, _) in results.items()}
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
    joint, ranks, alone = board()
    own, numpy_alone = import_seconds()
    modules = {"NumPy": np, "scikit-learn": sklearn, "SciPy": scipy, "torchmetrics": torchmetrics, "torch": torch}
    versions = ", ".join(f"{name} {module.__version__}" for name, module in modules.items())
    columns = " | ".join(f"n = {n:,}" for n in SIZES)
    (EVIDENCE / "scoring_speed.md").write_text(f"""# How fast scoring is

![Nanoseconds a row against the number of rows](images/scoring_speed.png)

Times that `sklearn.metrics.roc_auc_score` takes, over the times ours takes, on the same float64 scores (tied: three
decimals) and 0/1 labels in the same run. scikit-learn gives the value alone; ours, in a line with "interval" or "stored
order", gives its DeLong standard error and 95% interval too.

{head}
{ratios}
{others}

- "Stored order": the judge keeps each submission's sort order and ties (4 bytes a row). Correcting 1% of the labels,
  dropping 10% of the rows or judging a new slice of 30% is then one linear pass; it gives the same bits as scoring from
  scratch.
- "Value alone": the doubled mid-ranks of a slice are kept; whatever the labels become, the AUC is a masked sum.
- The limits are `numpy.sort` and `numpy.max` of the scores, this machine's own ways to sort and to read them.
- Small inputs are scored several times a turn, so that caches are warm for all. One call a turn, which was tried first,
  lowers the ratios at n = 10,000: AUC 17 instead of 23.

Milliseconds (medians of alternating rounds in one process; a turn scores at least {ROWS_A_TURN:,} rows):

| | {columns} |
|---|{"---|" * len(SIZES)}
{milliseconds}

Peak memory above the input, bytes a row (traced allocations; the aim is at most 24):

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
