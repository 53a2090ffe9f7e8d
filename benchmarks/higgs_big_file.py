"""Memory and time of reading a big HIGGS file; ``python -m benchmarks higgs_big_file`` writes them into docs."""

import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._memory import peak_bytes

ROWS = 1_000_000
FULL_ROWS = 11_000_000
HOLDOUT = 500_000
COPIES = 1000
PAGE = Path(__file__).parents[1] / "docs/evidence/higgs_big_file.md"


def generate(folder: Path) -> None:
    """Write made-up rows in the published layout, plain and packed; `COPIES` of them come again in the holdout."""
    import numpy as np

    rng = np.random.default_rng(1)
    line = ",".join(["%.18e"] * 29) + "\n"
    first: list[str] = []
    # Level 1 packs six times faster than the usual 6 and unpacks about as fast.
    with (folder / "HIGGS.csv").open("w") as plain, gzip.open(folder / "HIGGS.csv.gz", "wt", 1) as packed:
        for start in range(0, ROWS, 10_000):
            features = rng.normal(size=(10_000, 28)).astype(np.float32).tolist()
            lines = [line % (label, *row) for label, row in zip(rng.integers(0, 2, 10_000), features, strict=True)]
            first = first or lines[:COPIES]
            if start + 10_000 == ROWS:
                lines[-COPIES:] = first
            text = "".join(lines)
            plain.write(text)
            packed.write(text)


def measure(source: Path) -> dict[str, float]:
    """Read and split one file in this process, and say what it took."""
    from challenges.higgs import data

    everything, train = source.with_suffix(".parquet"), source.with_suffix(".train.parquet")
    begin = time.perf_counter()
    rows = data.stream_to_parquet(source, everything)
    streamed = time.perf_counter()
    peak = peak_bytes()
    split = data.split_off_holdout(everything, train, HOLDOUT)
    assert (rows, split.duplicates, len(split.holdout)) == (ROWS, COPIES, HOLDOUT)
    return {
        "source": source.stat().st_size,
        "parquet": everything.stat().st_size,
        "stream_seconds": streamed - begin,
        "stream_peak": peak,
        "split_seconds": time.perf_counter() - streamed,
        "split_peak": peak_bytes(),
    }


def child(function: str, path: Path) -> str:
    """Run one of the functions above alone in a process: a peak never falls, so each needs one of its own."""
    code = (
        "import json, sys; from pathlib import Path; from benchmarks import higgs_big_file as benchmark;"
        f"print(json.dumps(benchmark.{function}(Path(sys.argv[1]))))"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", code, path]
    return subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Generate, measure, and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        child("generate", folder)
        found = {kind: json.loads(child("measure", folder / kind)) for kind in ("HIGGS.csv", "HIGGS.csv.gz")}
    PAGE.write_text(page(found), "utf-8")
    worst = max(case["split_peak"] for case in found.values())
    print(f"{PAGE}: peak {worst / 1e6:.0f} MB")
    assert worst < 1e9, f"reading must stay below 1 GB, took {worst:,} bytes"


def page(found: dict[str, dict[str, float]]) -> str:
    """Return the page: what was measured, and what follows for the published file if time grows with the rows."""
    stream, split = FULL_ROWS / ROWS, (FULL_ROWS - HOLDOUT) / (ROWS - HOLDOUT)
    rows = "\n".join(
        f"| {kind} | {case['source'] / 1e6:.0f} | {case['parquet'] / 1e6:.0f} | {case['stream_seconds']:.1f}"
        f" | {case['stream_peak'] / 1e6:.0f} | {case['split_seconds']:.1f} | {case['split_peak'] / 1e6:.0f}"
        f" | *{(case['stream_seconds'] * stream + case['split_seconds'] * split) / 60:.1f}* |"
        for kind, case in found.items()
    )
    return f"""\
# Reading the big HIGGS file

{ROWS:,} made-up rows in the published layout (`%.18e`, commas, label first) are streamed to Parquet; then the last
{HOLDOUT:,} rows, as many as in the published test set, are split off as the holdout, and the {COPIES:,} training rows
that come again in it are dropped. Each file is read in a process of its own; a peak is the most memory that process
had held by the end of the step, Python and its libraries included.

| file | MB | Parquet, MB | stream, s | peak, MB | split, s | peak, MB | *{FULL_ROWS:,} rows, min (extrapolated)* |
|---|---|---|---|---|---|---|---|
{rows}

Measured on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}.

**The last column is extrapolated, not measured:** {stream:g} times the streaming, for all rows, and {split:g} times the
split, for its training rows. The peaks are not multiplied: rows pass through in groups of a fixed size, and the holdout
is as large here as in the published file.

Made by `python -m benchmarks higgs_big_file`, which fails when a peak reaches 1 GB.
"""


if __name__ == "__main__":
    main()
