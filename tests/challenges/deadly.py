"""Work that kills whoever does it; nothing is imported that takes long to load."""

import os
import signal
from pathlib import Path


def squared(folder: Path, number: int) -> tuple[int, int]:
    """Return a square and who made it; the first to be asked for that of 5 is killed by it."""
    marker = folder / "killed"
    if number == 5 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2, os.getpid()


def deadly(number: int) -> int:
    """Return a number, but for 1."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
