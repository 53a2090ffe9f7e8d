"""Numbers that were never scaled back: a model's own standardised targets, sent as they came out of it."""

import numpy as np

from .format import Predictions
from .problems import Report

OUTSIDE = 0.25
"""A column is suspected once this part of it lies outside the range that its true numbers have by nature."""


def in_their_own_unit(predictions: Predictions, report: Report) -> Predictions:
    """Return the predictions, or refuse columns that look standardised (mean 0, deviation 1) or scaled to [0, 1].

    Single values outside a column's range are nobody's business: a regression may overshoot.
    """
    for column, (low, high) in report.format.ranges.items():
        values = predictions.values[:, report.format.columns.index(column)]
        outside = np.mean((values < low) | (values > high))
        if outside <= OUTSIDE:
            continue
        mean, deviation = float(values.mean()), float(values.std())
        standardised = abs(mean) < 0.3 and 0.3 < deviation < 3 and values.min() < min(low, 0)
        scaled = values.min() >= -0.1 and values.max() <= 1.1 and deviation > 0
        if standardised or scaled:
            seen = f"{values.min():.3g} to {values.max():.3g}, mean {mean:.3g}, standard deviation {deviation:.3g}"
            report.add("other_unit", f"values mostly between {low:g} and {high:g}", seen, column=column)
    if report.found:
        report.stop()
    return predictions
