"""Read, check and score a CSV of a million rows, against pandas and scikit-learn in the same run; writes docs."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn
from sklearn.metrics import roc_auc_score

from benchmarks._memory import forget_peak, held_bytes, peak_bytes
from scoring.predictions import Format, check, id_text
from scoring.roc import auc_counts

ROWS = 1_000_000
ROUNDS = 7
AIM = 4
PAGE = Path(__file__).parents[1] / "docs/evidence/read_check_score.md"
ORDERS = ("in order", "shuffled")


def generate(folder: Path) -> None:
    """Write ids, labels and the same predictions in two orders of rows."""
    rng = np.random.default_rng(1)
    ids = np.sort(rng.integers(0, 2**64, ROWS, dtype=np.uint64))
    labels = rng.integers(0, 2, ROWS).astype(np.int8)
    scores = 1 / (1 + np.exp(-rng.normal(labels, 1)))
    np.savez(folder / "truth.npz", ids=ids, labels=labels)
    rows = [f"{id},{score!r}\n" for id, score in zip(id_text(ids).tolist(), scores.tolist(), strict=True)]
    for order, places in zip(ORDERS, (range(ROWS), rng.permutation(ROWS)), strict=True):
        (folder / f"{order}.csv").write_text("id,score\n" + "".join([rows[place] for place in places]))


def ways(folder: Path) -> dict[str, Callable[[Path], float]]:
    """Return the contestants: each takes a file to its AUC, with the truth in memory as it likes it."""
    truth = np.load(folder / "truth.npz")
    labels = truth["labels"]
    format = Format("bench", "mark", ("score",), truth["ids"])
    table = pd.DataFrame({"id": id_text(truth["ids"]), "label": labels})

    def ours(path: Path) -> float:
        twice_u, m, n = auc_counts(labels, check(path, format).values[:, 0])
        return twice_u / (2 * m * n)

    def merged(predictions: pd.DataFrame) -> float:
        both = table.merge(predictions, on="id")
        return roc_auc_score(both["label"], both["score"])

    return {
        "physathon": ours,
        "pandas": lambda path: merged(pd.read_csv(path)),
        "pandas, engine=pyarrow": lambda path: merged(pd.read_csv(path, engine="pyarrow")),
    }


def measure_peak(folder: str, way: str, order: str) -> None:
    """Print by how many bytes one run of one contestant raises this process's resident memory (Linux only)."""
    run = ways(Path(folder))[way]
    forget_peak()
    before = held_bytes()
    run(Path(folder) / f"{order}.csv")
    print(peak_bytes() - before)


def compare(folder: Path, order: str) -> tuple[dict[str, float], dict[str, int]]:
    """Return seconds (median of alternating rounds) and peak bytes (own process) of every contestant."""
    path = folder / f"{order}.csv"
    contestants = ways(folder)
    seconds: dict[str, list[float]] = {way: [] for way in contestants}
    for _ in range(1 + ROUNDS):
        found = {}
        for way, run in contestants.items():
            start = time.perf_counter()
            found[way] = run(path)
            seconds[way].append(time.perf_counter() - start)
        assert max(found.values()) - min(found.values()) < 1e-12, found
    script = "import sys; from benchmarks.read_check_score import measure_peak; measure_peak(*sys.argv[1:])"
    peaks = {}
    for way in contestants:
        command = [sys.executable, "-c", script, str(folder), way, order]
        peaks[way] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {way: median(times[1:]) for way, times in seconds.items()}, peaks


def main() -> None:
    """Measure and write the page."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder)
        size = (folder / f"{ORDERS[0]}.csv").stat().st_size
        for order in ORDERS:
            seconds, peaks = compare(folder, order)
            for way in seconds:
                ratio = seconds[way] / seconds["physathon"]
                lines.append(f"| {order} | {way} | {seconds[way]:.3f} | {ratio:.1f} | {peaks[way] / 1e6:.0f} |")
                print(lines[-1], flush=True)
    table = "\n".join(lines)
    modules = {"pandas": pd, "scikit-learn": sklearn, "pyarrow": pa, "NumPy": np}
    versions = ", ".join(f"{name} {module.__version__}" for name, module in modules.items())
    PAGE.write_text(f"""# Read, check and score a million predictions

A CSV of {ROWS:,} rows ({size / 1e6:.0f} MB: ids of 16 hexadecimal digits, scores with all their digits) becomes an AUC.
Ours reads it with `scoring.predictions.check`, which also proves that every id occurs exactly once and every score is
finite, and counts with `scoring.roc.auc_counts`. The others are `pandas.read_csv`, `merge` with the labels on `id`,
and `sklearn.metrics.roc_auc_score`; they check nothing. All three give the same AUC to 1e-12.

| rows | by | seconds | times as long as ours | peak memory above the truth, MB |
|---|---|---|---|---|
{table}

Medians of {ROUNDS} alternating rounds in one process after one to warm up, the file in the system's cache; memory is
measured in a process of its own for each. The aim is to be at least {AIM} times as fast as plain pandas.
{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {versions}.
Made by `python -m benchmarks read_check_score`.
""")


if __name__ == "__main__":
    main()
