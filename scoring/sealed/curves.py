"""What cuts on the scores of one model let through, where a track tells two classes apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.curve import RocCurve, WorkingPoint, roc_curve, working_point
from scoring.metrics import METRICS
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import RankedPredictions, judged_rows

MOST_POINTS = 100
"""Points that are kept of a curve."""


@dataclass(frozen=True, eq=False)
class Cuts:
    """The ROC curve of one model, and its working points in the order asked for."""

    curve: RocCurve
    points: list[WorkingPoint]


def cuts(
    predictions: RankedPredictions, holdout: Holdout, slice_name: str, efficiencies: Sequence[float]
) -> Cuts | None:
    """Return what cuts let through on a slice; None where there is no such curve.

    There is none where a track is not about two classes, or rows differ in weight: a curve knows no weights.

    Parameters
    ----------
    predictions : RankedPredictions
    holdout : Holdout
    slice_name : str
    efficiencies : sequence of float
        Signal efficiencies of the working points.

    Raises
    ------
    ScoringError
        If a class is absent from the slice or, with groups, comes from fewer than two.
    """
    metric, rows = METRICS[holdout.metric.partition("/")[0]], judged_rows(holdout, slice_name)
    if metric.kind != "scores" or np.ptp(holdout.weights[rows]):
        return None
    label, score = holdout.targets.iloc[rows, 0].to_numpy(), predictions.values[rows, 0]
    groups = holdout.groups[rows]
    of_groups = groups if len(np.unique(groups)) < len(groups) else None
    return Cuts(
        roc_curve(label, score, max_points=MOST_POINTS, groups=of_groups),
        [working_point(label, score, asked, groups=of_groups) for asked in efficiencies],
    )
