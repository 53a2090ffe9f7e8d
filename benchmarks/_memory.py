"""What a process holds of the machine's memory, as Linux tells it in ``/proc``."""

from pathlib import Path


def held_bytes(kind: str = "VmRSS", process: int | str = "self") -> int:
    """Return what a process holds now, in bytes: ``VmRSS`` all of its resident memory, ``RssAnon`` its private part.

    ``VmHWM`` is the most that it held.

    Raises
    ------
    OSError
        Away from Linux.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{kind}:"))


def peak_bytes() -> int:
    """Return the most resident memory that this process has held since it began, or since `forget_peak`, in bytes.

    ``ru_maxrss`` of ``resource.getrusage`` will not do: a process begins with the peak of the one that started it.

    Raises
    ------
    OSError
        Away from Linux.
    """
    return held_bytes("VmHWM")


def forget_peak() -> None:
    """Begin the peak anew, at what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
