"""score(predictions, holdout) -> Score: the judge's own number, with its uncertainty."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from pandas.api.types import is_string_dtype

from challenges.spec import OBSERVED, PRIVATE
from scoring.detection import DETECTION_RATE
from scoring.estimate import Estimate, Kind, TrackMetric
from scoring.interval import interval
from scoring.metrics import METRICS
from scoring.ranking import Ranking
from scoring.sealed.answers import images_of
from scoring.sealed.holdout import Holdout
from scoring.sealed.observed import observed_detection, shares_below
from scoring.validate import LengthError, ScoringError


@dataclass(frozen=True)
class Score:
    """What the judge found for one set of predictions on one slice.

    Attributes
    ----------
    slice : str
    value, low, high : float
        The metric and its 95% confidence interval.
    standard_error : float
    exact : tuple of int
        The integers that the value follows from, ``(2U, m, n)`` for an AUC; empty where there are none.
    metric : str
        Name and version of the metric.
    holdout : str
        Digest of the holdout it was judged on.
    """

    slice: str
    value: float
    low: float
    high: float
    standard_error: float
    exact: tuple[int, ...]
    metric: str
    holdout: str


class RankedPredictions(Protocol):
    """One model's predictions for a whole holdout, with the ranking that rescoring needs, wherever they are kept."""

    @property
    def values(self) -> np.ndarray:
        """Numbers, texts or images, shape (n, k) or (n, height, width); rows in the holdout's order, all slices."""
        ...

    @property
    def ranking(self) -> Ranking:
        """The order of the first column."""
        ...


class Predictions:
    """`RankedPredictions` held in memory.

    Parameters
    ----------
    values : ndarray, shape (n, k) or (n, height, width)
        Numbers, texts or images; rows in the holdout's order (ascending id), all slices.
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @cached_property
    def ranking(self) -> Ranking:
        """The order of the first column."""
        return Ranking.of(self.values[:, 0])


def estimate(
    predictions: Sequence[RankedPredictions], holdout: Holdout, slice_name: str, metric: str | None = None
) -> Estimate:
    """Return the joint estimate of several sets of predictions on one slice.

    Parameters
    ----------
    predictions : sequence of RankedPredictions
    holdout : Holdout
    slice_name : str
    metric : str, optional
        Another metric than the one that the holdout was sealed for: for interest, it decides nothing.

    Raises
    ------
    ScoringError
        If rows are missing, the slice has no score (one class only, say), or its rows differ in weight and the metric
        knows no weights.
    """
    sealed_for = holdout.metric.partition("/")[0]
    if holdout.metric != str(METRICS.get(sealed_for)):
        known = ", ".join(map(str, METRICS.values()))
        raise ScoringError(f"{holdout.track} was sealed for {holdout.metric}, this scorer computes {known}")
    rows = judged_rows(holdout, slice_name)
    if metric is None and metric_on(holdout, slice_name) == str(DETECTION_RATE):
        return _detection_rate(predictions, holdout, rows)
    chosen = METRICS[metric or sealed_for]
    if chosen.weighted is None and _differ(holdout.weights[rows]):
        raise ScoringError(f"{holdout.track} has rows of different weights, which {chosen} does not know")
    return KINDS[chosen.kind](chosen, predictions, holdout, rows)


def metric_on(holdout: Holdout, slice_name: str) -> str:
    """Return name and version of what a slice is judged by: on recordings of one kind alone, their detection rate."""
    one_kind = slice_name == OBSERVED and holdout.targets.iloc[judged_rows(holdout, slice_name), 0].nunique() == 1
    sealed_for = METRICS.get(holdout.metric.partition("/")[0])
    return str(DETECTION_RATE) if one_kind and sealed_for and sealed_for.kind == "scores" else holdout.metric


def judged_rows(holdout: Holdout, slice_name: str) -> np.ndarray:
    """Return the rows of a slice less those of weight 0, which recordings are compared with."""
    rows = holdout.rows(slice_name)
    return rows[holdout.weights[rows] > 0]


def _seen_alike(holdout: Holdout, label: int) -> np.ndarray:
    """Return the simulated rows of a label that were seen as recordings were: of weight 0, in the recording's group."""
    rows = holdout.rows(OBSERVED)
    return rows[(holdout.weights[rows] == 0) & (holdout.targets.iloc[rows, 0].to_numpy() == label)]


def _detection_rate(predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray) -> Estimate:
    """Return the rate of alarms among recordings, each beside what was seen as it was; or all beside private rows."""
    empty, groups = _seen_alike(holdout, 0), holdout.groups
    if len(empty):
        ranks = [
            (shares_below(one, two, groups[rows], groups[empty]), shares_below(two, two, groups[empty], groups[empty]))
            for one, two in zip(
                *(_rows_of(predictions, holdout, part, columns=0) for part in (rows, empty)), strict=True
            )
        ]
        observed, simulated = map(list, zip(*ranks, strict=True))
        return observed_detection(observed, simulated, groups[rows], np.arange(len(empty)))
    private = holdout.rows(PRIVATE)
    empty = private[holdout.targets.iloc[private, 0].to_numpy() == 0]
    observed, simulated = (_rows_of(predictions, holdout, part, columns=0) for part in (rows, empty))
    return observed_detection(observed, simulated, groups[rows], groups[empty])


def places_of_recordings(predictions: Sequence[RankedPredictions], holdout: Holdout) -> np.ndarray:
    """Return where each recording stands among simulated rows that were seen as it was.

    Returns
    -------
    ndarray, shape (k, recordings, 2)
        For each set of predictions, and each recording by ascending group: the share of rows without a signal, and of
        those with one, whose score is lower, ties counted half; nan where there are none.
    """
    rows = judged_rows(holdout, OBSERVED)
    rows = rows[np.argsort(holdout.groups[rows], kind="stable")]
    kinds = [_seen_alike(holdout, label) for label in (0, 1)]
    return np.array(
        [
            [
                shares_below(one.values[rows, 0], one.values[kind, 0], holdout.groups[rows], holdout.groups[kind])
                for kind in kinds
            ]
            for one in predictions
        ]
    ).transpose(0, 2, 1)


def _scores(
    metric: TrackMetric, predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray
) -> Estimate:
    label, groups, weights = holdout.targets.iloc[rows, 0].to_numpy(), holdout.groups[rows], holdout.weights[rows]
    if metric.weighted and _differ(weights):
        scores = np.column_stack(_rows_of(predictions, holdout, rows, columns=0))
        return metric.weighted(label, scores, weights, groups)
    return metric.function(label, _Rankings(predictions, holdout), groups, rows)


def _class_scores(
    metric: TrackMetric, predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray
) -> Estimate:
    classes = holdout.targets.iloc[:, 0].to_numpy()
    scores = _rows_of(predictions, holdout, rows)
    return metric.function(classes[rows], scores, labels=np.unique(classes), groups=holdout.groups[rows])


def _classes(
    metric: TrackMetric, predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray
) -> Estimate:
    classes = holdout.targets.iloc[:, 0].to_numpy()
    names = np.unique(classes)
    answers = [
        one[:, 0] if one.shape[1] == 1 else names[one.argmax(axis=1)] for one in _rows_of(predictions, holdout, rows)
    ]
    return metric.function(classes[rows], answers, holdout.groups[rows])


def _numbers(
    metric: TrackMetric, predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray
) -> Estimate:
    targets = holdout.targets.iloc[rows]
    images = is_string_dtype(targets.iloc[:, 0])
    truth = images_of(targets.iloc[:, 0].tolist()) if images else targets.to_numpy(np.float64)
    return metric.function(truth, _rows_of(predictions, holdout, rows), holdout.groups[rows])


def _scaled_numbers(
    metric: TrackMetric, predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray
) -> Estimate:
    truth = holdout.targets.iloc[rows].to_numpy(np.float64)
    return metric.function(
        truth, _rows_of(predictions, holdout, rows), holdout.variance[metric.name], holdout.groups[rows]
    )


def _texts(
    metric: TrackMetric, predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray
) -> Estimate:
    references = holdout.targets.iloc[rows, 0].tolist()
    return metric.function(references, _rows_of(predictions, holdout, rows, columns=0), holdout.groups[rows])


KINDS: dict[Kind, Callable[[TrackMetric, Sequence[RankedPredictions], Holdout, np.ndarray], Estimate]] = {
    "scores": _scores,
    "class scores": _class_scores,
    "classes": _classes,
    "numbers": _numbers,
    "scaled numbers": _scaled_numbers,
    "texts": _texts,
}
"""How answers of each kind come to a metric's function."""


def _differ(weights: np.ndarray) -> bool:
    return bool((weights != weights[:1]).any())


def _rows_of(predictions: Sequence[RankedPredictions], holdout: Holdout, rows: np.ndarray, columns=slice(None)) -> list:
    for one in predictions:
        if len(one.values) != len(holdout.ids):
            raise LengthError(f"{holdout.track} has {len(holdout.ids)} rows, the predictions {len(one.values)}")
    return [one.values[rows, columns] for one in predictions]


class _Rankings:
    """The rankings of sets of predictions, each read when its turn comes."""

    def __init__(self, predictions: Sequence[RankedPredictions], holdout: Holdout) -> None:
        self._predictions, self._holdout = predictions, holdout

    def __len__(self) -> int:
        return len(self._predictions)

    def __iter__(self) -> Iterator[Ranking]:
        for one in self._predictions:
            ranking, rows = one.ranking, len(self._holdout.ids)
            if len(ranking.order) != rows:
                raise LengthError(f"{self._holdout.track} has {rows} rows, the predictions {len(ranking.order)}")
            yield ranking


def score(predictions: RankedPredictions, holdout: Holdout, slice_name: str, metric: str | None = None) -> Score:
    """Judge one set of predictions on one slice; parameters and errors as for `estimate`."""
    found = estimate([predictions], holdout, slice_name, metric)
    (low, high), value = interval(found)[0], found.value[0]
    return Score(
        slice=slice_name,
        value=float(value),
        low=float(low),
        high=float(high),
        standard_error=float(found.standard_error[0]),
        exact=found.exact[0] if found.exact else (),
        metric=str(found.metric),
        holdout=holdout.digest,
    )
