"""How many pages are open, and how much more slowly they therefore look for something new."""

from collections.abc import Generator
from contextlib import contextmanager

SLOWER = {50: 1, 150: 2, 500: 4}
"""Up to so many open pages the time between two looks is that many times the shortest."""

SLOWEST = 8

_open_pages = 0


@contextmanager
def one_more() -> Generator[None]:
    """Count a page while it is open; all of them on the one thread of the server's loop."""
    global _open_pages
    _open_pages += 1
    try:
        yield
    finally:
        _open_pages -= 1


def slower() -> int:
    """Return by how much longer than alone a page that is drawn now waits between two looks."""
    return next((times for most, times in SLOWER.items() if _open_pages <= most), SLOWEST)
