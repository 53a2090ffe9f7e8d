"""A few rows of an event's own training data to look at; what is asked of the test rows is nowhere near."""

from functools import lru_cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd

from challenges.dataset import as_table
from challenges.drawing import Picture
from challenges.spec import Challenge, Track, find_track
from leaderboard.event import Event, EventError
from leaderboard.public import files
from leaderboard.public.data import public_data

SAMPLES = 24
"""Pictures of a challenge."""

_drawing = Lock()


class NoSamples(EventError):
    """A challenge that draws no pictures of its rows, or a number that none of them has."""


def samples(event: Event, challenge_id: str) -> tuple[Picture, ...]:
    """Return pictures of labelled rows that every team is given, one class after the other; drawn once.

    Where training rows are of one kind alone they are of the validation rows.

    Raises
    ------
    NoSamples
        If the challenge draws none, or this event has no data of the track that it draws.
    EventError
        If the event has no such challenge, or no data of it yet.
    """
    challenge = event.challenge(challenge_id)
    if find_spec(f"challenges.{challenge.id}.picture") is None:
        raise NoSamples(f"{challenge.id} draws no pictures of its rows")
    track = _drawn(event, challenge)
    public = public_data(event, challenge.full_name(track))
    path = public.train
    if track.training.only and public.validation:
        path = public.validation
    with _drawing:
        return _draw(challenge.full_name(track), path, path.stat().st_mtime_ns)


def sample(event: Event, challenge_id: str, number: int) -> Picture:
    """Return one of the pictures, counted from 0.

    Raises
    ------
    NoSamples
        If there is none of that number, and as in `samples`.
    """
    found = samples(event, challenge_id)
    if not 0 <= number < len(found):
        raise NoSamples(f"{challenge_id} has pictures 0 to {len(found) - 1}, got {number}")
    return found[number]


def _drawn(event: Event, challenge: Challenge) -> Track:
    """Return the track whose rows are drawn: the one that the challenge names, else its first."""
    name = getattr(challenge.module("picture"), "TRACK", challenge.tracks[0].id)
    for track in event.tracks_of(challenge):
        if track.id == name:
            return track
    raise NoSamples(f"this event has no data of {challenge.id}.{name}, whose rows are drawn")


@lru_cache(maxsize=32)
def _draw(name: str, path: Path, _changed: int) -> tuple[Picture, ...]:
    challenge, track = find_track(name)
    rows = files.read_some(path, track.targets, in_turn)
    features = rows.features.iloc if isinstance(rows.features, pd.DataFrame) else rows.features
    draw = challenge.module("picture").draw
    return tuple(draw(features[at], as_table(rows.targets).iloc[at]) for at in range(len(rows)))


def in_turn(targets: pd.DataFrame) -> np.ndarray:
    """Return the places of a few rows from all over a table, one class after the other, the last class first.

    Examples
    --------
    >>> in_turn(pd.DataFrame({"label": [0, 0, 0, 1, 1]})).tolist()
    [3, 0, 4, 1, 2]
    >>> in_turn(pd.DataFrame({"text": [str(line) for line in range(93)]})).tolist()[:3]
    [0, 4, 8]
    """
    column = targets.iloc[:, 0]
    kinds = sorted(column.unique(), reverse=True)
    groups = [np.flatnonzero(column == kind) for kind in kinds] if len(kinds) < SAMPLES else [np.arange(len(column))]
    most = -(-SAMPLES // len(groups))
    spread = [rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)] for rows in groups]
    return np.array([row for turn in zip_longest(*spread) for row in turn if row is not None][:SAMPLES])
