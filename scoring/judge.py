"""score(predictions, holdout) -> Score: the judge's own number, with its uncertainty."""

from dataclasses import dataclass

import numpy as np

from scoring import roc
from scoring.estimate import Estimate
from scoring.holdout import Holdout
from scoring.interval import interval
from scoring.validate import ScoringError

VERSIONS = {roc.ROC_AUC.name: str(roc.ROC_AUC)}


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
        ``(2U, m, n)``: reproduces an AUC to the bit.
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


def estimate(predictions: list[np.ndarray], holdout: Holdout, slice_name: str) -> Estimate:
    """Return the joint estimate of several sets of predictions on one slice.

    Parameters
    ----------
    predictions : list of ndarray, shape (n, k)
        Rows in the holdout's order (ascending id), all slices.
    holdout : Holdout
    slice_name : str

    Raises
    ------
    ScoringError
        If rows are missing, or the slice has no score (one class only, say).
    """
    known = VERSIONS[holdout.metric.partition("/")[0]]
    if holdout.metric != known:
        raise ScoringError(f"{holdout.track} was sealed for metric {holdout.metric}, this scorer computes {known}")
    if (holdout.weights != 1).any():
        raise ScoringError(f"{holdout.track} has weights, which {holdout.metric} does not know")
    for values in predictions:
        if len(values) != len(holdout.ids):
            raise ScoringError(f"{holdout.track} has {len(holdout.ids)} rows, the predictions {len(values)}")
    rows = holdout.rows(slice_name)
    label = holdout.targets.iloc[rows, 0].to_numpy()
    return roc.delong(label, np.column_stack([values[rows, 0] for values in predictions]), holdout.groups[rows])


def score(predictions: np.ndarray, holdout: Holdout, slice_name: str) -> Score:
    """Judge one set of predictions on one slice; parameters and errors as for `estimate`."""
    found = estimate([predictions], holdout, slice_name)
    (low, high), value = interval(found)[0], found.value[0]
    return Score(
        slice=slice_name,
        value=float(value),
        low=float(low),
        high=float(high),
        standard_error=float(found.standard_error[0]),
        exact=found.exact[0],
        metric=holdout.metric,
        holdout=holdout.digest,
    )


def difference_error(first: np.ndarray, second: np.ndarray, holdout: Holdout, slice_name: str) -> float:
    """Return the standard error of the difference between two sets of predictions on the same slice."""
    return estimate([first, second], holdout, slice_name).difference_error()
