"""Numbers that cannot be: standardised targets that were never scaled back, or negative ones of what is positive."""

import numpy as np

from .format import Predictions, id_text
from .problems import Report

OUTSIDE = 0.25
"""A column is suspected once this part of it lies outside the range that its true numbers have by nature."""


def in_their_own_unit(predictions: Predictions, report: Report) -> Predictions:
    """Return the predictions, or refuse columns that look standardised (mean 0, deviation 1) or scaled to [0, 1].

    A number that is not positive is refused too where a column's range lies above 0: its error may be counted by
    logarithms. Other single values outside a range are nobody's business: a regression may overshoot.
    """
    for column, (low, high) in report.format.ranges.items():
        values = predictions.values[:, report.format.columns.index(column)]
        if _own_unit(values, column, low, high, report) and low > 0:
            for row in np.flatnonzero(values <= 0).tolist():
                name = str(id_text(report.format.ids[row : row + 1])[0])
                report.add("not_positive", "a number above 0", f"{values[row]:g}", id=name, column=column)
    if report.found:
        report.stop()
    return predictions


def _own_unit(values: np.ndarray, column: str, low: float, high: float, report: Report) -> bool:
    """Return whether a column looks like numbers in their own unit; report it otherwise."""
    if np.mean((values < low) | (values > high)) <= OUTSIDE:
        return True
    mean, deviation = float(values.mean()), float(values.std())
    standardised = abs(mean) < 0.3 and 0.3 < deviation < 3 and values.min() < min(low, 0)
    scaled = values.min() >= -0.1 and values.max() <= 1.1 and deviation > 0
    if standardised or scaled:
        seen = f"{values.min():.3g} to {values.max():.3g}, mean {mean:.3g}, standard deviation {deviation:.3g}"
        report.add("other_unit", f"values mostly between {low:g} and {high:g}", seen, column=column)
    return not (standardised or scaled)
