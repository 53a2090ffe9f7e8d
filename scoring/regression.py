"""Squared errors of numbers or their logarithms: plain, and over the variance that the training targets have."""

from collections.abc import Iterable

import numpy as np

from scoring.estimate import Estimate, TrackMetric
from scoring.rowwise import mean_estimate, named_models, row_values
from scoring.validate import LengthError, ScoringError, finite_array, real_numbers


class VarianceError(ScoringError):
    """Variances of training targets that are not positive, or not one a target."""


class NotPositiveError(ScoringError):
    """A number that has no logarithm."""


def mse(truth, predictions, groups=None) -> Estimate:
    """Return the mean squared error over rows, where a row's own error is the mean over its numbers.

    Parameters
    ----------
    truth : array-like, shape (n_rows, ...)
        A row may be a number, several targets or an image.
    predictions : array-like of the same shape, or list of k such
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Raises
    ------
    LengthError, NotFiniteError, ScoringError
        As for `scoring.rowwise.row_values`.
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    Examples
    --------
    >>> mse([1.0, 2.0, 3.0], [1.0, 2.0, 6.0]).value.item()
    3.0
    """
    return mean_estimate(MSE, row_values(_squared_error, truth, predictions), groups)


MSE = TrackMetric(
    "mse",
    1,
    "mean squared error",
    "numbers of any shape, (n_rows, ...)",
    greater_is_better=False,
    high=np.inf,
    unit="square of the target's unit",
    kind="numbers",
    function=mse,
)


def normalised_mse(truth, predictions, variance, groups=None) -> Estimate:
    """Return squared errors over the variance of the training targets: 0 is perfect, 1 is what their mean would score.

    ``mean over targets of (mean over rows of (p - y)²) / variance``. The variance is that of the training targets,
    so that a holdout's own spread changes nothing.

    Parameters
    ----------
    truth : array-like, shape (n_rows, n_targets) or (n_rows,)
    predictions : array-like of the same shape, or list of k such
    variance : array-like, shape (n_targets,)
        Variance of each target in the training data, in the square of its unit.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Raises
    ------
    VarianceError
        If there is not one positive variance a target.
    LengthError, NotFiniteError, ScoringError, GroupError
        As for `mse`.

    Examples
    --------
    >>> truth, predicted = [[1.0, 10.0], [2.0, 30.0]], np.array([[1.0, 10.0], [2.0, 50.0]])
    >>> normalised_mse(truth, predicted, variance=[0.25, 100.0]).value.item()
    1.0
    """
    return mean_estimate(NORMALISED_MSE, _over_variance(truth, predictions, variance), groups)


NORMALISED_MSE = TrackMetric(
    "normalised_mse",
    1,
    "squared error over the variance, mean over the targets",
    "numbers, (n_rows, n_targets), and the variance of each training target",
    greater_is_better=False,
    high=np.inf,
    kind="scaled numbers",
    function=normalised_mse,
)


def normalised_log_mse(truth, predictions, variance, groups=None) -> Estimate:
    """Return squared errors of logarithms over the variance of the training targets' logarithms: relative errors.

    ``mean over targets of (mean over rows of (ln p - ln y)²) / variance``: numbers that span decades count alike,
    wherever they lie.

    Parameters
    ----------
    truth : array-like, shape (n_rows, n_targets) or (n_rows,)
        Positive.
    predictions : array-like of the same shape, or list of k such
        Positive.
    variance : array-like, shape (n_targets,)
        Variance of each target's logarithm in the training data.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Raises
    ------
    NotPositiveError
        If a number is 0 or less.
    VarianceError, LengthError, NotFiniteError, ScoringError, GroupError
        As for `normalised_mse`.

    Examples
    --------
    >>> found = normalised_log_mse([1.0, 100.0], np.exp([1.0, 1.0]) * [1.0, 100.0], variance=[2.0])
    >>> round(found.value.item(), 9)
    0.5
    """
    logarithms = [_logarithms(one, name) for one, name in named_models(predictions)]
    errors = _over_variance(_logarithms(truth, "truth"), logarithms, variance)
    return mean_estimate(NORMALISED_LOG_MSE, errors, groups)


NORMALISED_LOG_MSE = TrackMetric(
    "normalised_log_mse",
    1,
    "squared error of the logarithms over their variance, mean over the targets",
    "positive numbers, (n_rows, n_targets), and the variance of each training target's logarithm",
    greater_is_better=False,
    high=np.inf,
    kind="scaled numbers",
    function=normalised_log_mse,
)


def training_variances(metrics: Iterable[str], targets: np.ndarray) -> dict[str, tuple[float, ...]]:
    """Return the variance that each of some metrics counts errors in, of every training target.

    Metrics that count in none are left out.

    Parameters
    ----------
    metrics : iterable of str
        Their names.
    targets : ndarray, shape (n_rows, n_targets)

    Examples
    --------
    >>> training_variances(["roc_auc", "normalised_mse"], np.array([[1.0], [3.0]]))
    {'normalised_mse': (1.0,)}
    """
    scales = {NORMALISED_MSE.name: np.asarray, NORMALISED_LOG_MSE.name: np.log}
    return {name: tuple(scales[name](targets).var(axis=0).tolist()) for name in metrics if name in scales}


def _squared_error(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return ((prediction - truth) ** 2).reshape(len(truth), -1).mean(axis=1)


def _over_variance(truth, predictions, variance) -> np.ndarray:
    """Return each row's squared errors over the variances, mean over the targets, shape (n_rows, k)."""
    truth = real_numbers(truth, "truth")
    if truth.ndim not in (1, 2):
        raise LengthError(f"truth needs shape (n_rows,) or (n_rows, n_targets), got {truth.shape}")
    variance = _variances(variance, 1 if truth.ndim == 1 else truth.shape[1])

    def row_error(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        return ((prediction - truth) ** 2).reshape(len(truth), -1) @ (1 / variance) / len(variance)

    return row_values(row_error, truth, predictions)


def _logarithms(numbers, name: str) -> np.ndarray:
    numbers = real_numbers(numbers, name)
    wrong = np.argwhere(numbers <= 0)
    if len(wrong):
        raise NotPositiveError(
            f"{name} must be above 0 to have logarithms; row {wrong[0][0]} holds {numbers[*wrong[0]]:g}"
        )
    return np.log(numbers)


def _variances(variance, n_targets: int) -> np.ndarray:
    variance = finite_array(np.atleast_1d(real_numbers(variance, "variances")), "variances")
    if variance.shape != (n_targets,):
        raise VarianceError(f"variances need one entry a target: expected shape ({n_targets},), got {variance.shape}")
    wrong = np.flatnonzero(variance <= 0)
    if len(wrong):
        raise VarianceError(f"variances must be positive; target {wrong[0]} has {variance[wrong[0]]:g}")
    return variance
