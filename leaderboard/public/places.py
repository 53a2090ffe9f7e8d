"""Where models place each recording among simulated rows that were seen as it was: shown with the final board."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from leaderboard.event import Event
from leaderboard.store import copies

RARE = 0.95
"""A recording stands out for a model if it scores above this share of what holds nothing."""


@dataclass(frozen=True)
class Place:
    """What one model makes of one recording.

    Attributes
    ----------
    recording, team, kind : str
        Its name, whose model, and whether that is a team's or a baseline's.
    empty, full : float
        Shares of simulated rows without and with a signal, seen as the recording was, that score lower.
    """

    recording: str
    team: str
    kind: str
    empty: float
    full: float


@dataclass(frozen=True)
class Spread:
    """What all models make of one recording.

    Attributes
    ----------
    recording : str
    models : int
    lowest, middle, highest : float
        Of the shares of rows without a signal that score lower.
    """

    recording: str
    models: int
    lowest: float
    middle: float
    highest: float

    @property
    def verdict(self) -> str:
        """What may be said; where models disagree, nothing more than that."""
        if self.lowest >= RARE:
            return "stands out for every model"
        return "stands out for none" if self.highest < RARE else "models disagree"


def path_of(event: Event, track: str) -> Path:
    """Return where the places of a track's recordings are published."""
    return event.public / "observed" / f"{track}.csv"


def write(event: Event, track: str, places: Iterable[Place]) -> None:
    """Publish where models place each recording."""
    table = pd.DataFrame([asdict(place) for place in places], columns=[field.name for field in fields(Place)])
    copies.write(event, path_of(event, track), table.to_csv(index=False, lineterminator="\n").encode())


def spreads(event: Event, track: str) -> list[Spread]:
    """Return what all models make of each recording, in the order of the recordings; empty before publication."""
    path = path_of(event, track)
    if not path.is_file():
        return []
    found = pd.read_csv(path, dtype={"recording": str}).groupby("recording", sort=False)["empty"]
    return [Spread(str(name), len(one), float(one.min()), float(one.median()), float(one.max())) for name, one in found]


def rename(event: Event, before: str, after: str) -> None:
    """Let what is published of recordings know a team by another name."""
    for path in path_of(event, "").parent.glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table.loc[table["team"] == before, "team"] = after
        copies.write(event, path, table.to_csv(index=False, lineterminator="\n").encode())
