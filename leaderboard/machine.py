"""What the machine has left, and whether its clock is kept right: found out in microseconds, without other programs."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CONTROL_GROUP = Path("/sys/fs/cgroup")
UNSYNCHRONISED = 5
"""What adjtimex answers while nothing keeps the clock right (TIME_ERROR)."""

TIMEX_BYTES = 512
"""More than a ``struct timex`` has on any machine; all zero, it asks and changes nothing."""


def memory() -> tuple[int, int] | None:
    """Return the bytes of memory that are free for more, and all there are; None where the system does not say.

    In a container with a limit of its own that limit counts.
    """
    try:
        lines = (line.split() for line in MEMINFO.read_text().splitlines())
        found = {words[0]: int(words[1]) * 1024 for words in lines}
        free, whole = found["MemAvailable:"], found["MemTotal:"]
    except (OSError, ValueError, KeyError, IndexError):
        return None
    with suppress(OSError, ValueError):  # "max" is no limit
        limit = int((CONTROL_GROUP / "memory.max").read_text())
        used = int((CONTROL_GROUP / "memory.current").read_text())
        if limit < whole:
            free, whole = min(free, max(limit - used, 0)), limit
    return free, whole


def clock_is_kept() -> bool | None:
    """Return whether a time service keeps this machine's clock right; None where the system does not say."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, AttributeError):
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
        return None if state < 0 else state != UNSYNCHRONISED
    return None
