"""What a team sees after each file: on a board of exact values, of rounded ones, and on ours."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from benchmarks._attacked import Target
from leaderboard.judge.ladder import Judged, climb, on_grid

Kind = Literal["exact", "rounded", "ours"]
KINDS: tuple[Kind, ...] = ("exact", "rounded", "ours")


@dataclass(frozen=True)
class Seen:
    """What a team sees after a file: whether it became its best, and a value.

    The value is the file's own on a board that shows every file's, and the best file's on ours. It counts upwards.
    """

    moved: bool
    value: float


class Team(Protocol):
    """One quota: files go in, what the board shows comes back."""

    target: Target
    kind: Kind
    left: int
    shown: float

    @property
    def blur(self) -> float:
        """How far a value may be from the one that is shown."""
        ...

    def send(self, direction: np.ndarray) -> Seen:
        """Send the model's answers, changed along a direction."""
        ...


@dataclass
class Simulated:
    """A team on a board that is played by the scorer's and the judge's own functions, without files and databases."""

    target: Target
    kind: Kind
    left: int
    best: np.ndarray | None = None
    shown: float = -np.inf
    seen: list[Seen] = field(default_factory=list)
    _judged: Judged | None = None

    @property
    def blur(self) -> float:
        """How far a value may be from the one that is shown."""
        return 0.0 if self.kind == "exact" else self.target.step / 2

    def send(self, direction: np.ndarray) -> Seen:
        self.left -= 1
        sign, step = self.target.sign, self.target.step
        value = float(self.target.estimate([direction]).value[0])
        new = Judged(len(self.seen), value, value, value)

        def difference_error(_new: int, _best: int) -> float:
            return self.target.estimate([direction, self.best]).difference_error()

        known = [self._judged] if self._judged else []
        if self.kind == "ours":
            up = self.target.metric.greater_is_better
            moved = climb([*known, new], difference_error, step, greater_is_better=up)[-1].moved
        else:
            moved = not known or sign * value > sign * self._judged.value
        if moved:
            self.best, self._judged = direction, new
        told = self._judged.value if self.kind == "ours" else value
        told = told if self.kind == "exact" else on_grid(told, told, told, step)[0]
        self.shown = max(self.shown, sign * told)
        self.seen.append(Seen(moved, sign * told))
        return self.seen[-1]
