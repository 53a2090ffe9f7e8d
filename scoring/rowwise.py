"""Metrics that are a mean over rows: from truth and k sets of predictions to one value a row, and to the estimate."""

from collections.abc import Callable

import numpy as np

from scoring.estimate import Estimate, Metric, from_influence
from scoring.validate import LengthError, NotFiniteError, real_numbers

BLOCK = 1 << 18
LARGEST = 1e140


def models_of(predictions) -> list:
    """Return the k sets of predictions as a list.

    All metrics of numbers, images, labels and texts share this convention: an array, or a flat list of numbers or
    texts, is one set of predictions; a list or tuple of arrays or lists is k of them.

    Raises
    ------
    LengthError
        If the list is empty.

    Examples
    --------
    >>> models_of(["a", "b"])
    [['a', 'b']]
    >>> len(models_of([["a", "b"], ["a", "c"], ["b", "b"]]))
    3
    """
    if not isinstance(predictions, (list, tuple)):
        return [predictions]
    if not predictions:
        raise LengthError("at least one prediction is needed, got an empty list")
    return [predictions] if np.ndim(predictions[0]) == 0 else list(predictions)


def named_models(predictions, what: str = "predictions") -> list[tuple]:
    """Return each of the k sets of predictions with what errors call it.

    Examples
    --------
    >>> [name for _, name in named_models([["a", "b"], ["b", "b"]], "hypotheses")]
    ['hypotheses[0]', 'hypotheses[1]']
    """
    models = models_of(predictions)
    return [(one, what if len(models) == 1 else f"{what}[{model}]") for model, one in enumerate(models)]


def row_values(measure: Callable[[np.ndarray, np.ndarray], np.ndarray], truth, predictions) -> np.ndarray:
    """Return one value a row and model, shape (n_rows, k); rows are taken in blocks, so memory stays small.

    Parameters
    ----------
    measure : callable
        From truth and prediction as float64, shape (rows, ...), to values, shape (rows,).
    truth : array-like, shape (n_rows, ...)
    predictions : array-like of the same shape, or list of k such
        See `models_of`.

    Raises
    ------
    LengthError
        If shapes differ, or there is no row.
    NotFiniteError
        If a number is nan or infinite, or a row's value is too large for its square to be held.
    NotNumbersError
        If there is something else than real numbers.

    Examples
    --------
    >>> row_values(lambda t, p: abs(p - t).sum(axis=1), np.zeros((2, 3)), np.ones((2, 3))).tolist()
    [[3.0], [3.0]]
    """
    truth = real_numbers(truth, "truth")
    if truth.ndim == 0 or truth.size == 0:
        raise LengthError(f"truth needs at least one row with at least one number, got shape {truth.shape}")
    values = []
    for prediction, name in named_models(predictions):
        prediction = real_numbers(prediction, name)
        if prediction.shape != truth.shape:
            raise LengthError(
                f"{name} need the truth's shape {truth.shape}, got {prediction.shape} (k models come as a list of k)"
            )
        values.append(_in_blocks(measure, truth, prediction, name))
    return np.stack(values, axis=1)


def mean_estimate(metric: Metric, values: np.ndarray, groups=None) -> Estimate:
    """Return the estimate of a mean over rows from the values of each row and model, shape (n_rows, k).

    Examples
    --------
    >>> found = mean_estimate(Metric("mean", 1, "mean", "numbers"), np.array([[0.0], [1.0]]))
    >>> found.value.item(), found.covariance.item()
    (0.5, 0.25)
    """
    # Each column by itself, so that a value's last bit does not depend on the other models.
    value = np.ascontiguousarray(values.T).mean(axis=1)
    return from_influence(metric, value, values - value, groups)


def _in_blocks(measure, truth: np.ndarray, prediction: np.ndarray, name: str) -> np.ndarray:
    step = max(1, BLOCK // (truth.size // len(truth)))
    values = np.empty(len(truth))
    for start in range(0, len(truth), step):
        rows = slice(start, start + step)
        with np.errstate(over="ignore", invalid="ignore"):
            values[rows] = measure(_block(truth, rows, "truth"), _block(prediction, rows, name))
    large = np.flatnonzero(~(np.abs(values) < LARGEST))
    if len(large):
        raise NotFiniteError(
            f"{name} are too far from the truth for their errors to be squared; row {large[0]} gives"
            f" {values[large[0]]:g} ({len(large)} such rows)"
        )
    return values


def _block(array: np.ndarray, rows: slice, name: str) -> np.ndarray:
    block = np.asarray(array[rows], dtype=np.float64)
    finite = np.isfinite(block)
    if not finite.all():
        row = int(np.flatnonzero(~finite.reshape(len(block), -1).all(axis=1))[0])
        count = np.count_nonzero(~finite[row])
        raise NotFiniteError(f"{name} must be finite; row {rows.start + row} has {count} numbers that are not")
    return block
