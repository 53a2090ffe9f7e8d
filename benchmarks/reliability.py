"""An event under fire: rushes, kills, full disks, locks; asserts what docs/reliability.md promises, writes figures."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.fire import described, leaks, malformed, scenarios, serving
from benchmarks.fire.serving import make_event

PAGE = Path(__file__).parents[1] / "docs/evidence/reliability.md"

SCENARIOS: dict[str, Callable[[Path, Path], str]] = {
    "600 files in 30 s": scenarios.rush,
    "600 files at one instant": scenarios.instant,
    "kill -9 of judge, web, both, supervisor": scenarios.kills,
    "kill -9 of PostgreSQL, three times": scenarios.database_killed,
    "disk full": scenarios.disk_full,
    "submissions/ unwritable": scenarios.unwritable,
    "database locked for 20 s": partial(scenarios.locked, seconds=20),
    "database locked for 45 s": partial(scenarios.locked, seconds=45),
    "one of two judges stopped": scenarios.stopped_judge,
    "12,000 malformed files": lambda *_: malformed.survive(),
    "everything that a running event lets out": leaks.walk,
    "the API against its own description": described.answered_as_described,
}


def page(figures: dict[str, str], rows_of_a_file: int, bytes_of_a_file: int) -> str:
    """Return the page of evidence."""
    rows = "".join(f"| {name} | {figure} |\n" for name, figure in figures.items())
    return f"""# An event under fire

Written by `python -m benchmarks reliability` on {platform.machine()}, Python {platform.python_version()}: a served
event of {rows_of_a_file:,} holdout rows (files of {bytes_of_a_file / 1000:.0f} kB), with clients on the same
{os.cpu_count()} cores, which send again what broke or was asked for patience. After each scenario every receipt was
verified, its file read back from the disk, its score found once, and the board compared with a replay of all that was
judged. What is promised, and how it is tested: [reliability](../reliability.md).

| what happened | what came of it |
|---|---|
{rows}"""


def main() -> None:
    """Play all scenarios, or those whose name holds the argument; write the page if all were played."""
    chosen = {name: play for name, play in SCENARIOS.items() if all(word in name for word in sys.argv[1:])}
    place = scenarios.temporary_folder()
    try:
        make_event(place / "source")
        (file,) = serving.prediction_files(place / "source", 1)
        figures = {}
        for number, (name, play) in enumerate(chosen.items()):
            begin = time.monotonic()
            figures[name] = play(place / "source", place / str(number))
            print(f"{name}: {figures[name]} [{time.monotonic() - begin:.0f} s]", flush=True)
            shutil.rmtree(place / str(number), ignore_errors=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if len(chosen) == len(SCENARIOS):
        PAGE.write_text(page(figures, file.count(b"\n") - 1, len(file)))


if __name__ == "__main__":
    main()
