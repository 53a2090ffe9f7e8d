"""The rush before the close: 600 files in 30 s, then 600 at one instant, through intake on 40 threads."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks._event import SmallEvent, small_event

FILES, THREADS, TEAMS = 600, 40, 30
LIMIT = 1.0
"""Seconds within which 95 of 100 receipts must be given when the files come within 30 s."""


def rush(event: SmallEvent, uploads: list[bytes], seconds: float) -> np.ndarray:
    """Send files evenly within some seconds; return how long each waited for its receipt, from when it was due."""
    start = time.perf_counter()

    def send(number: int) -> tuple[int, float]:
        due = start + seconds * number / len(uploads)
        time.sleep(max(0.0, due - time.perf_counter()))
        receipt = event.send(number, uploads[number])
        return receipt["submission"], time.perf_counter() - due

    with ThreadPoolExecutor(THREADS) as threads:
        numbers, waited = zip(*threads.map(send, range(len(uploads))), strict=True)
    assert len(set(numbers)) == len(uploads), "two files share a receipt"
    return np.array(waited)


def main() -> None:
    """Rush twice, print the waits, and hold the first against the promise."""
    with tempfile.TemporaryDirectory() as folder, small_event(Path(folder) / "event", TEAMS) as event:
        uploads = event.uploads(2 * FILES)
        for seconds, files in ((30.0, uploads[:FILES]), (0.0, uploads[FILES:])):
            waited = rush(event, files, seconds)
            middle, late = np.quantile(waited, [0.5, 0.95])
            when = f"in {seconds:g} s" if seconds else "at one instant"
            print(
                f"{FILES} files {when}: receipt after {middle:.3f} s (median), {late:.3f} s (95%), {waited.max():.2f} s"
            )
            assert seconds == 0 or late < LIMIT, f"95% of the receipts took up to {late:.2f} s"


if __name__ == "__main__":
    main()
