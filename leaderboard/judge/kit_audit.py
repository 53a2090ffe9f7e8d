"""Looks for labels that leak through a kit: ids, order, neighbours, features, and the archive's own bookkeeping."""

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from challenges.dataset import Rows
from challenges.spec import Track
from leaderboard.event import EventError
from leaderboard.judge import kit_files
from leaderboard.judge.judging import Judge
from leaderboard.judge.kit_files import Leak
from leaderboard.kit.layout import LONG_AGO, folder_of
from leaderboard.public import files
from leaderboard.public.data import kit_file
from scoring.permutation import correlation, correlations, permutation_interval
from scoring.predictions import id_text
from scoring.sealed.answers import images_of
from scoring.sealed.holdout import Holdout

LEVEL = 0.99999  # of dozens of clues in an event none should be a false alarm
TELLS_ALL = 0.99
"""A feature whose rank correlation with the target is above this is the target."""


@dataclass(frozen=True)
class Clue:
    """Something of a kit that could carry labels, beside what chance alone would show of it.

    Attributes
    ----------
    what : str
    value, low, high : float
        Its agreement with the labels, and a grouped permutation interval of 99.999%.
    """

    what: str
    value: float
    low: float
    high: float

    @property
    def innocent(self) -> bool:
        """Whether chance alone would show as much."""
        return self.low <= self.value <= self.high


def audit(judge: Judge, challenge_id: str) -> list[Clue]:
    """Hold a challenge's kit against the sealed labels, before anybody gets it.

    Raises
    ------
    Leak
        If a file holds more than it must, or knows test rows (`leaderboard.judge.kit_files`); if the test file holds a
        target as a feature or its rows are not the holdout's in order of id; if the archive tells times, modes,
        comments, or an order.
    EventError
        If there is no kit.
    """
    path = kit_file(judge.event, challenge_id)
    if not path.exists():
        raise EventError(f"{challenge_id} has no kit yet: run `physathon kit build {challenge_id}`")
    challenge, clues = judge.event.challenge(challenge_id), []
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as kit:
            _check_archive(kit)
            kit.extractall(folder)
        tracks = judge.event.tracks_of(challenge)
        holdouts = {track.id: judge.holdout(challenge.full_name(track)) for track in tracks}
        kit_files.check(Path(folder) / challenge_id, challenge, holdouts)
        for track in tracks:
            name, holdout = challenge.full_name(track), holdouts[track.id]
            ids, features = files.read_test(Path(folder) / challenge_id / folder_of(challenge, track))
            if not np.array_equal(ids, id_text(holdout.ids)):
                raise Leak(f"the kit of {challenge_id} has other rows than the holdout of {name}, or in another order")
            if track.answers == "numbers":
                _check_features(name, features, holdout.targets)
            clues += _clues(track, holdout)
    return clues


def _check_archive(kit: zipfile.ZipFile) -> None:
    entries = kit.infolist()
    telling = [
        one.filename for one in entries if one.date_time != LONG_AGO or one.comment or one.external_attr >> 16 != 0o644
    ]
    if telling or kit.comment:
        raise Leak(f"{len(telling)} files of the kit tell times, modes or comments, first {telling[:1]}")
    names = [one.filename for one in entries]
    if names != sorted(set(names)):
        raise Leak("the files of the kit come in an order of their own, or twice: expected them by their names")


def _check_features(track: str, features: Rows, targets: pd.DataFrame) -> None:
    if isinstance(features, pd.DataFrame):
        named = [name for name in features if name in targets]
        if named:
            raise Leak(f"the test file of {track} has the target {named[0]} as a feature")
        features = features.select_dtypes("number").to_numpy()
    flat = pd.DataFrame(features.reshape(len(features), -1)).rank().to_numpy()
    for name, label in targets.items():
        agreement = np.abs(correlations(flat, numbers(label)))
        if agreement.size and agreement.max() > TELLS_ALL:
            raise Leak(f"feature {int(agreement.argmax())} of the test file of {track} is the target {name}")


def numbers(answers: pd.Series) -> np.ndarray:
    """Return answers as float64, shape (n,): numbers as they are, of texts their lengths."""
    if pd.api.types.is_numeric_dtype(answers):
        return answers.to_numpy(np.float64)
    return answers.str.len().to_numpy(np.float64)


def _clues(track: Track, holdout: Holdout) -> list[Clue]:
    clues = []
    places = np.arange(len(holdout.ids))
    for name, column in holdout.targets.items():
        images = track.answers == "images"
        labels = images_of(column.tolist()).mean(axis=(1, 2), dtype=np.float64) if images else numbers(column)
        statistics = {
            "ids": lambda y: correlation(holdout.ids.astype(np.float64), y),
            "places in the file": lambda y: correlation(places, y),
            "neighbours in the file": lambda y: correlation(y[1:], y[:-1]),
        }
        for what, statistic in statistics.items():
            low, high = permutation_interval(statistic, labels, holdout.groups, level=LEVEL)
            clues.append(Clue(f"{track.id}: {what} against {name}", statistic(labels), low, high))
    return clues
