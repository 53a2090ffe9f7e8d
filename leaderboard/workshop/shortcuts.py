"""What low-level summaries of the features know of the label: where one knows much, no physics is needed to win."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Rows, as_table
from challenges.spec import Track
from scoring.estimate import Estimate
from scoring.interval import interval
from scoring.metrics import METRICS
from scoring.multiclass import multiclass_auc
from scoring.roc import delong

BOUND = 0.60
"""What a summary may reach unless the track says, and its README explains, why more is physics."""

FOLDS = 3
CHANNELS = 4
"""The most channels that the last axis of an image or a sequence can be."""

RADII = 7
"""At how many radii the light of an image is summed up."""


@dataclass(frozen=True)
class Shortcut:
    """What one summary reaches by itself.

    Attributes
    ----------
    name : str
    auc : float
        The ROC-AUC of boosted trees on the summary alone, each group answered by trees that never saw it.
    low, high : float
        Its 95% interval.
    bound : float
        What the track allows it.
    """

    name: str
    auc: float
    low: float
    high: float
    bound: float

    @property
    def is_open(self) -> bool:
        """Whether it leads beyond the bound, and not by chance."""
        return self.low > self.bound


def known_to(track: Track) -> bool:
    """Return whether there is a class to be told by a track's summaries."""
    return METRICS[track.metric].kind in ("scores", "class scores")


def measured(track: Track, data: Dataset) -> list[Shortcut]:
    """Return what each low-level summary of a track's features reaches, the best first.

    Parameters
    ----------
    track : Track
        One that `known_to` holds for.
    data : Dataset
    """
    code = np.unique(as_table(data.targets).iloc[:, 0].to_numpy(), return_inverse=True)[1]
    found = []
    for name, columns in summaries(data.features):
        estimate = _area(code, _out_of_fold(columns, code, data.groups), data.groups)
        (low, high), value = interval(estimate)[0], estimate.value[0]
        found.append(Shortcut(name, float(value), float(low), float(high), track.shortcuts.get(name, BOUND)))
    return sorted(found, key=lambda one: -one.auc)


def summaries(features: Rows) -> Iterator[tuple[str, np.ndarray]]:
    """Yield low-level summaries by name, each of shape (n, k).

    Of a table every column, of a text its length; of sequences mean, spread, extremes and ends; of images light,
    brightest pixel, border, number of lit pixels, mean profile and encircled light about the centre. Up to four
    channels, the last axis, are summed up side by side.

    Examples
    --------
    >>> [name for name, _ in summaries(np.zeros((2, 8, 8)))]
    ['total', 'brightest', 'border', 'lit', 'profile', 'encircled']
    """
    if isinstance(features, pd.DataFrame):
        yield from _of_columns(features)
        return
    long = [axis for axis in range(1, features.ndim) if features.shape[axis] > CHANNELS]
    few = [axis for axis in range(1, features.ndim) if axis not in long]
    channels = features.transpose(0, *long, *few).reshape(len(features), *(features.shape[axis] for axis in long), -1)
    yield from _of_images(channels) if channels.ndim == 4 else _of_sequences(channels)


def _of_columns(table: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    for name, column in table.items():
        if isinstance(column.iloc[0], bytes):
            continue
        numbers = column.str.len() if isinstance(column.iloc[0], str) else column
        yield str(name), numbers.to_numpy(np.float32)[:, None]


def _of_sequences(channels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "mean", channels.mean(axis=1)
    yield "spread", channels.std(axis=1)
    yield "extremes", np.concatenate([channels.min(axis=1), channels.max(axis=1)], axis=1)
    yield "ends", np.concatenate([channels[:, 0], channels[:, -1]], axis=1)


def _of_images(channels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    height, width = channels.shape[1:3]
    total, brightest = channels.sum(axis=(1, 2)), channels.max(axis=(1, 2))
    edge = np.ones((height, width), bool)
    edge[1:-1, 1:-1] = False
    yield "total", total
    yield "brightest", brightest
    yield "border", channels[:, edge].mean(axis=1)
    half = (channels > brightest[:, None, None] / 2).sum(axis=(1, 2))
    yield "lit", np.concatenate([(channels != 0).sum(axis=(1, 2)), half], axis=1)
    y, x = np.indices((height, width))
    radius = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
    ring = np.minimum(radius.astype(int), min(height, width) // 2)
    rings = np.stack([channels[:, ring == one].sum(axis=1) for one in range(ring.max() + 1)], axis=1)
    count = np.bincount(ring.ravel())
    yield "profile", (rings / count[None, :, None]).reshape(len(channels), -1)
    within = np.linspace(1, ring.max() - 1, RADII).round().astype(int)
    whole = np.where(total == 0, 1, total)
    yield "encircled", (rings.cumsum(axis=1)[:, within] / whole[:, None]).reshape(len(channels), -1)


def _out_of_fold(columns: np.ndarray, code: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the chance of each class, shape (n, classes), by trees that never saw the row's group."""
    from xgboost import XGBClassifier

    fold = np.unique(groups, return_inverse=True)[1] % FOLDS
    chances = np.empty((len(code), code.max() + 1))
    for one in range(FOLDS):
        model = XGBClassifier(
            n_estimators=40, max_depth=3, learning_rate=0.2, tree_method="hist", random_state=1, n_jobs=1
        )
        model.fit(columns[fold != one], code[fold != one])
        chances[fold == one] = model.predict_proba(columns[fold == one])
    return chances


def _area(code: np.ndarray, chances: np.ndarray, groups: np.ndarray) -> Estimate:
    if chances.shape[1] == 2:
        return delong(code, chances[:, 1], groups)
    return multiclass_auc(code, chances, groups=groups)
