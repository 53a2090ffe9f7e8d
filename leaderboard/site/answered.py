"""HTML that was asked for last, kept by its addresses for all who ask."""

import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock

from leaderboard.site.live import Kept
from leaderboard.site.unchanged import name_of

EVERY = 0.25
"""Of a second for which an answer is kept as it is."""

MOST_KEPT = 500
"""Addresses whose answer is kept."""


@dataclass(frozen=True)
class Answer:
    """What an address answers.

    Attributes
    ----------
    html : str
    """

    html: str

    @cached_property
    def body(self) -> bytes:
        """Its bytes."""
        return self.html.encode()

    @cached_property
    def packed(self) -> bytes:
        """Its bytes in gzip."""
        return gzip.compress(self.body, 5, mtime=0)

    @cached_property
    def name(self) -> str:
        """Its ETag."""
        return name_of(self.body)


class Answers:
    """What was asked for last, by its address, for all who ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept[Answer]] = OrderedDict()
        self._changing = Lock()

    def of(self, address: str, make: Callable[[], str]) -> Kept[Answer]:
        """Return what follows the answer of an address."""
        with self._changing:
            one = self._kept.get(address) or Kept(partial(_look, make), every=EVERY)
            self._kept[address] = one
            self._kept.move_to_end(address)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return one


def _look(make: Callable[[], str], old: Answer | None) -> Answer:
    html = make()
    return old if old and old.html == html else Answer(html)
