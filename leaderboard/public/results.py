"""The whole result of a published track, beyond its board: values on all slices, curves, and who is ahead of whom.

The judge writes one document a track, and none before publication. It names finals by their numbers alone: what their
teams are called, and who is out by now, the board says.
"""

import math
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from leaderboard.event import Event
from leaderboard.store import copies

WORKING_POINTS = (0.3, 0.5)
"""Signal efficiencies at which the background is told that passes."""

MOST_COMPARED = 60
"""So many of the best teams are compared with each other, one by one."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Value(_Document):
    """A metric's exact value, with its 95% interval."""

    value: float
    low: float
    high: float


class Curve(_Document):
    """A ROC curve to be joined by straight lines, with the 95% band of its true positive rate."""

    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class WorkingPoint(_Document):
    """The share of background that passes where the ``asked`` share of signal does, with its 95% interval."""

    asked: float
    background: float
    low: float
    high: float

    @property
    def rejection(self) -> tuple[float, float, float]:
        """Background rejection, one over the share that passes, with its limits; infinite where nothing passes."""
        return _inverse(self.background), _inverse(self.high), _inverse(self.low)


def _inverse(share: float) -> float:
    return 1 / share if share > 0 else math.inf


class Final(_Document):
    """One final: by slice what the track's metric says, and on the private slice what others say."""

    submission: int
    slices: dict[str, Value]
    also: dict[str, Value]
    curve: Curve | None = None
    points: tuple[WorkingPoint, ...] = ()


class Pair(_Document):
    """Two finals of teams on the private slice, the better one first.

    ``ahead`` says whether it is surely better, all pairs of the track considered at once, as the rank ranges have it.
    The interval and ``p_value`` are those of this pair alone.
    """

    first: int
    second: int
    difference: float
    low: float
    high: float
    p_value: float
    ahead: bool


class Result(_Document):
    """All that is shown of a track's finals after publication.

    Attributes
    ----------
    version : int
        Of this kind of document.
    track, holdout, metric : str
        ``holdout`` is the digest of the one that all this was judged on.
    rows : dict of str to int
        How many rows each slice has.
    finals : tuple of Final
    pairs : tuple of Pair
        Of the best teams, all of them.
    """

    version: int = 1
    track: str
    holdout: str
    metric: str
    rows: dict[str, int]
    finals: tuple[Final, ...]
    pairs: tuple[Pair, ...]


def path_of(event: Event, track: str) -> Path:
    """Return where a track's result lies once it is published."""
    return event.public / "results" / f"{track}.json"


def write(event: Event, result: Result) -> None:
    """Publish a track's result, instead of the one that is there."""
    copies.write(event, path_of(event, result.track), result.model_dump_json().encode())


def read(event: Event, track: str) -> Result | None:
    """Return a track's result; None where there is none."""
    changed = version(event, track)
    try:
        return _read(path_of(event, track), changed) if changed else None
    except FileNotFoundError:
        return None


def version(event: Event, track: str) -> int:
    """Return what changes with a track's result; 0 where there is none."""
    try:
        return path_of(event, track).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> Result:
    return Result.model_validate_json(path.read_bytes())
