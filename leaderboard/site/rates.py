"""How often one team may ask for what costs work, and one address may be wrong; a right token is never refused."""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from leaderboard.event import EventError

CHECKS, EVERY = 30, 2.0
"""Checks of files and circuits that a team may ask for at once, and seconds until it has one more."""

TOGETHER = 3
"""How many of them may be under way, or wait for each other, at a time."""

WRONG, WRONG_EVERY = 600, 0.5
"""Wrong tokens and codes from one address, behind which a venue of 300 people may sit, and seconds until one more."""

TEAMS, TEAMS_EVERY = 60, 30.0
"""Teams that one address may form without a code, where registration is open, and seconds until it may one more."""

MOST_KEYS = 10_000


class TooManyRequests(EventError):
    """More requests than a team or an address may make in so short a time.

    Attributes
    ----------
    seconds : int
        After so many it is worth trying again.
    """

    def __init__(self, message: str, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        self.headers = {"Retry-After": str(self.seconds)}
        super().__init__(f"{message}: try again in {self.seconds} s")


class Bucket:
    """Tokens for each key: so many at most, one more after so many seconds.

    Parameters
    ----------
    most : int
    every : float
    clock : callable
        Seconds of a clock that never goes back.

    Examples
    --------
    >>> bucket = Bucket(2, 10.0, clock=lambda: 0.0)
    >>> [bucket.take("a"), bucket.take("a"), bucket.take("a"), bucket.take("b")]
    [0.0, 0.0, 10.0, 0.0]
    """

    def __init__(self, most: int, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.every, self.clock = most, every, clock
        self._full_at: dict[Hashable, float] = {}  # when each key has all its tokens again
        self._lock = threading.Lock()

    def take(self, key: Hashable) -> float:
        """Take a token and return 0, or take none and return the seconds until there is one."""
        with self._lock:
            now = self.clock()
            if len(self._full_at) >= MOST_KEYS:
                self._forget(now)
            full_at = max(self._full_at.get(key, now), now) + self.every
            wait = full_at - now - self.most * self.every
            if wait > 0:
                return wait
            self._full_at[key] = full_at
            return 0.0

    def forget(self) -> None:
        """Forget who has all its tokens again."""
        with self._lock:
            self._forget(self.clock())

    def _forget(self, now: float) -> None:
        self._full_at = {known: full for known, full in self._full_at.items() if full > now}


class Rates:
    """The rates of one event's web process.

    Parameters
    ----------
    clock : callable
        Seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._checks, self._wrong = Bucket(CHECKS, EVERY, clock), Bucket(WRONG, WRONG_EVERY, clock)
        self._formed = Bucket(TEAMS, TEAMS_EVERY, clock)
        self._under_way: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def check(self, team: int) -> Generator[None]:
        """Count a check of a team, by its id, for as long as it takes.

        Raises
        ------
        TooManyRequests
            If the team has used its checks up, or has too many under way.
        """
        with self._lock:
            if self._under_way[team] >= TOGETHER:
                raise TooManyRequests(f"{TOGETHER} checks of your team are under way, the most at a time", 1)
            if wait := self._checks.take(team):
                raise TooManyRequests(f"your team may ask for {CHECKS} checks at once, then one each {EVERY:g} s", wait)
            self._under_way[team] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[team] -= 1
                if not self._under_way[team]:
                    del self._under_way[team]

    def wrong(self, address: str) -> None:
        """Count a wrong token or code from an address.

        Raises
        ------
        TooManyRequests
            If there were too many.
        """
        if wait := self._wrong.take(address):
            raise TooManyRequests(
                "too many wrong tokens or codes came from this address; a right one is always taken", wait
            )

    def forms(self, address: str) -> None:
        """Count a team that is formed without a code from an address.

        Raises
        ------
        TooManyRequests
            If there were too many.
        """
        if wait := self._formed.take(address):
            raise TooManyRequests("too many teams were formed from this address", wait)

    def forget(self) -> None:
        """Forget every address and team that has done nothing for so long that it has all its tries again."""
        for bucket in (self._checks, self._wrong, self._formed):
            bucket.forget()


@lru_cache(maxsize=32)
def rates_of(folder: Path) -> Rates:
    """Return the rates of the event in a folder: page and API share them."""
    return Rates()
