"""What an event shows of a challenge's data: the files under public/, read without any knowledge of the labels."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from leaderboard import data_files
from leaderboard.event import Event, EventError
from scoring.predictions import Format


@dataclass(frozen=True)
class PublicData:
    """Where the public files of one challenge are: training, validation and test rows, facts, formats, kit."""

    folder: Path

    @property
    def train(self) -> Path:
        """Features and targets to learn from."""
        return data_files.find(self.folder, "train")

    @property
    def validation(self) -> Path | None:
        """Labelled rows to validate with, where training rows are of one kind alone; else None."""
        path = data_files.find(self.folder, "validation")
        return path if path.exists() else None

    @property
    def test(self) -> Path:
        """Features to predict on, with their ids, ascending."""
        return data_files.find(self.folder, "test")

    @property
    def kit(self) -> Path:
        """The starter kit."""
        return self.folder / "kit.zip"

    def facts(self) -> dict:
        """Return how the data came to be: rows, source, whether the holdout is secret, commitments."""
        return json.loads((self.folder / "facts.json").read_text("utf-8"))

    def format_file(self, track: str) -> Path:
        """Where the format of one track's prediction file is written."""
        return self.folder / f"format_{track}.json"

    def format(self, track: str) -> Format:
        """Return what a prediction file of one track must hold."""
        path = self.format_file(track)
        return _read_format(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read_format(path: Path, _changed: int) -> Format:
    return Format.from_json(json.loads(path.read_text("utf-8")))


def public_data(event: Event, challenge: str) -> PublicData:
    """Return the public files of a challenge.

    Raises
    ------
    EventError
        If the event has no such challenge, or its data are not there yet.
    """
    event.challenge(challenge)
    folder = event.public / challenge
    if not (folder / "facts.json").is_file():
        raise EventError(f"{challenge} has no data yet: run `physathon simulate` or `physathon fetch`")
    return PublicData(folder)
