"""What an event shows of its data: the files under public/, read without any knowledge of the labels."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from challenges.spec import Challenge, Track
from leaderboard.event import Event, EventError
from leaderboard.public import files
from scoring.predictions import Format


@dataclass(frozen=True)
class PublicData:
    """Where the public files of one track are: training, validation and test rows, facts, format."""

    folder: Path

    @property
    def train(self) -> Path:
        """Features and targets to learn from."""
        return files.find(self.folder, files.TRAIN)

    @property
    def validation(self) -> Path | None:
        """Labelled rows to validate with; None in an event that was made before all tracks had some."""
        path = files.find(self.folder, files.VALIDATION)
        return path if path.exists() else None

    @property
    def test(self) -> Path:
        """Features to predict on, with their ids, ascending."""
        return files.find(self.folder, "test")

    @property
    def facts_file(self) -> Path:
        """Where it is written how the data came to be."""
        return self.folder / "facts.json"

    def facts(self) -> dict:
        """Return how the data came to be: rows, source, whether the holdout is secret, commitments of its slices."""
        return json.loads(self.facts_file.read_text("utf-8"))

    @property
    def format_file(self) -> Path:
        """Where the format of a prediction file is written."""
        return self.folder / "format.json"

    def format(self) -> Format:
        """Return what a prediction file must hold."""
        return _read_format(self.format_file, self.format_file.stat().st_mtime_ns)


def format_of(challenge: Challenge, track: Track, ids: np.ndarray) -> Format:
    """Return what a prediction file of a track must hold, for test rows of these ids, ascending."""
    return Format(
        challenge.id,
        track.id,
        track.columns,
        ids,
        answers=track.answers,
        shape=track.shape,
        ranges=track.ranges,
        rows_in_order=track.rows_in_order,
    )


@lru_cache(maxsize=32)
def _read_format(path: Path, _changed: int) -> Format:
    return Format.from_json(json.loads(path.read_text("utf-8")))


def public_data(event: Event, track: str) -> PublicData:
    """Return the public files of a track, named in full (``challenge.track``).

    Raises
    ------
    EventError
        If the event has no such track, or its data are not there yet.
    """
    challenge, found = event.track(track)
    public = PublicData(event.public / challenge.id / found.id)
    if not public.facts_file.is_file():
        raise EventError(f"{challenge.id} has no data yet: run `physathon simulate` or `physathon fetch`")
    return public


def ready_tracks(event: Event) -> list[str]:
    """Return the full names of the tracks that have their data: an event may open while others are being made."""
    return [name for name in event.tracks() if (event.public / name.replace(".", "/") / "facts.json").is_file()]


def first_out(event: Event) -> str | None:
    """Return the first track whose challenge is out, else the first with its data; None where none has any."""
    ready = ready_tracks(event)
    return next((name for name in ready if not event.not_out(name.partition(".")[0])), next(iter(ready), None))


def kit_file(event: Event, challenge: str) -> Path:
    """Return where the starter kit of a challenge lies, or will lie.

    Raises
    ------
    EventError
        If the event has no such challenge.
    """
    return event.public / event.challenge(challenge).id / "kit.zip"


def revealed_files(event: Event, track: str | None = None) -> list[Path]:
    """Return the answers that are there for everybody: of a track, named in full, or of all."""
    return sorted((event.public / "revealed").glob(f"{track}.*.csv" if track else "*.csv"))
