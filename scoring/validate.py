"""What every metric demands of its input, checked in one place; each error says what was expected and what came."""

from numbers import Number, Real

import numpy as np

EXACT_INTEGER = 2**53


class ScoringError(ValueError):
    """Input that has no score; the message names what was expected and what came."""


class LengthError(ScoringError):
    """Arrays that should have one entry a row do not fit together."""


class NotFiniteError(ScoringError):
    """A number is nan or infinite."""


class NotNumbersError(ScoringError):
    """Text, dates, complex numbers or objects where real numbers are needed."""


class PrecisionError(ScoringError):
    """Numbers that differ by so little that float64 takes them for equal."""


class LabelError(ScoringError):
    """A label or class that the metric does not know."""


class OneClassError(ScoringError):
    """An AUC needs positives and negatives; only one class (or too few of one) was found."""


class GroupError(ScoringError):
    """Groups that are missing, too few, or do not fit the rows."""


class WeightError(ScoringError):
    """Weights that are negative, or all zero."""


def labels_of(y_true) -> np.ndarray:
    """Return which rows are positive, shape (n_rows,), from labels that are 0 or 1.

    Raises
    ------
    LengthError
        If the labels are not one-dimensional.
    LabelError
        If one is neither 0 nor 1.
    """
    label = array_of(y_true, "labels")
    if label.ndim != 1:
        raise LengthError(f"labels need shape (n_rows,), got {label.shape}")
    if label.dtype.kind not in "biufO":
        raise LabelError(f"labels are 0 or 1, got an array of {label.dtype}")
    positive, negative = _equal(label, 1), _equal(label, 0)
    if np.count_nonzero(positive) + np.count_nonzero(negative) < len(label):
        wrong = np.flatnonzero(~(positive | negative))
        raise LabelError(f"labels are 0 or 1; row {wrong[0]} has {label[wrong[0]]!r} ({len(wrong)} such rows)")
    return positive


def two_classes(positive: np.ndarray, least: int = 1) -> tuple[int, int]:
    """Return the numbers of positives and negatives, (m, n).

    Raises
    ------
    OneClassError
        If either is below ``least``.
    """
    m = int(np.count_nonzero(positive))
    n = len(positive) - m
    if min(m, n) < least:
        raise OneClassError(f"at least {least} of each class are needed, got {m} positives and {n} negatives")
    return m, n


def array_of(values, name: str) -> np.ndarray:
    """Return what came as an array; ``name`` says in errors what it is.

    Integers among floats, in lists or tables, that float64 does not hold stay what they are: in an array of objects.

    Raises
    ------
    LengthError
        If rows differ in length.
    ScoringError
        If an entry is masked.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind == "f" and not hasattr(values, "dtype") and (np.abs(array) >= EXACT_INTEGER).any():
            table = getattr(values, "to_numpy", None)
            exact = np.asarray(values, dtype=object) if table is None else table(dtype=object)
            array = exact if (exact != array).any() and np.isfinite(array).all() else array
    except ValueError as error:
        raise LengthError(f"{name} do not make an array: {error}") from None
    if isinstance(values, np.ndarray) and np.any(masked := getattr(values, "mask", False)):
        row = int(np.argwhere(masked)[0][0])
        raise ScoringError(f"{name} must all be there; row {row} is masked ({np.count_nonzero(masked)} masked entries)")
    return array


def real_numbers(values, name: str) -> np.ndarray:
    """Return an array of real numbers, in the type they came in; ``name`` says in errors what they are.

    Raises
    ------
    NotNumbersError
        If they are something else.
    LengthError, ScoringError
        As for `array_of`.
    """
    array = array_of(values, name)
    if array.dtype.kind == "O":
        for kind in set(map(type, array.flat)):
            if issubclass(kind, (str, bytes, np.complexfloating)):
                raise NotNumbersError(f"{name} must be real numbers, got objects of type {kind.__name__}")
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise NotNumbersError(f"{name} must be real numbers: {error}") from None
    if array.dtype.kind not in "biuf":
        raise NotNumbersError(f"{name} must be real numbers, got an array of {array.dtype}")
    return array


def probability(value: float, name: str) -> float:
    """Return a number after checking that it lies between 0 and 1, neither included.

    Raises
    ------
    ScoringError

    Examples
    --------
    >>> probability(0.95, "a confidence level")
    0.95
    """
    if not (isinstance(value, Real) and 0 < value < 1):
        raise ScoringError(f"{name} lies between 0 and 1, got {value}")
    return float(value)


def finite_array(values, name: str, n_rows: int | None = None) -> np.ndarray:
    """Return numbers as float64 after checking that each is finite; ``name`` says in errors what they are.

    Raises
    ------
    LengthError
        If there are not ``n_rows`` rows.
    NotFiniteError
        If any is nan or infinite.
    PrecisionError
        If two different numbers are one as float64.
    NotNumbersError, ScoringError
        As for `real_numbers`.
    """
    given = array_of(values, name)
    with np.errstate(over="ignore", under="ignore"):
        array = np.asarray(real_numbers(given, name), dtype=np.float64)
    if array.ndim == 0 or (n_rows is not None and len(array) != n_rows):
        expected = "at least one dimension" if n_rows is None else f"{n_rows} rows, one a label"
        raise LengthError(f"{name} need {expected}; got shape {array.shape}")
    finite = np.isfinite(array)
    if not finite.all():
        bad = ~finite if array.ndim == 1 else ~finite.all(axis=tuple(range(1, array.ndim)))
        row = int(np.flatnonzero(bad)[0])
        found = array[row].tolist() if array[row].size < 10 else f"{np.count_nonzero(~finite[row])} such values"
        raise NotFiniteError(f"{name} must be finite; row {row} has {found} ({bad.sum()} such rows)")
    if _may_lose(given):
        _all_told_apart(given.ravel(), array.ravel(), name)
    return array


def _may_lose(given: np.ndarray) -> bool:
    """Whether float64 may not hold each of these numbers as it is."""
    if given.dtype.kind in "iu" and given.size:
        return max(-int(given.min()), int(given.max())) > EXACT_INTEGER
    return given.dtype.kind == "O" or given.dtype.itemsize > 8


def _all_told_apart(given: np.ndarray, held: np.ndarray, name: str) -> None:
    """Raise if float64 holds two different numbers as one."""
    order = np.argsort(held)
    same = np.flatnonzero(held[order[1:]] == held[order[:-1]])
    one, other = given[order[same]], given[order[same + 1]]
    lost = np.flatnonzero(one != other)
    if len(lost):
        raise PrecisionError(
            f"{name} are held as float64, which is exact for integers up to 2**53 and has 16 digits: it takes"
            f" {one[lost[0]]} and {other[lost[0]]} for equal; round them if they are ({len(lost)} such pairs)"
        )


def scores_of(y_score, n_rows: int) -> np.ndarray:
    """Return the scores of k models as float64, shape (n_rows, k), from shape (n_rows,) or (n_rows, k).

    Raises
    ------
    LengthError, NotFiniteError, NotNumbersError, PrecisionError
        As for `finite_array`.
    """
    scores = finite_array(y_score, "scores", n_rows)
    if scores.ndim > 2 or scores.size == 0:
        raise LengthError(f"scores need shape ({n_rows},) or ({n_rows}, k); got {scores.shape}")
    return scores[:, None] if scores.ndim == 1 else scores


def weights_of(weights, n_rows: int) -> np.ndarray:
    """Return weights as float64, shape (n_rows,).

    Raises
    ------
    LengthError, NotFiniteError, NotNumbersError, PrecisionError
        As for `finite_array`.
    WeightError
        If one is negative, or all are zero.
    """
    weights = finite_array(weights, "weights", n_rows)
    if weights.ndim != 1:
        raise LengthError(f"weights need shape ({n_rows},); got {weights.shape}")
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        row = negative[0]
        raise WeightError(f"weights must not be negative; row {row} has {weights[row]:g} ({len(negative)} such rows)")
    if not weights.any():
        raise WeightError(f"all {n_rows} weights are zero")
    return weights


def groups_of(groups, n_rows: int) -> tuple[np.ndarray, int]:
    """Return each row's group as a number from 0, shape (n_rows,), and how many groups there are.

    Raises
    ------
    GroupError
        If there is not one entry a row, one is empty (None, nan, NaT, "") or a list, or fewer than two groups came.
    """
    groups = array_of(groups, "groups")
    if groups.shape != (n_rows,):
        raise GroupError(f"groups need one entry a row: expected shape ({n_rows},), got {groups.shape}")
    number = _named if groups.dtype.kind in "OSTU" else _numbered
    code, n_groups = number(groups)
    if n_groups < 2:
        raise GroupError(f"at least 2 groups are needed, got {n_groups}")
    return code, n_groups


def _numbered(groups: np.ndarray) -> tuple[np.ndarray, int]:
    """Number groups that are numbers or dates in their order, which sums over groups keep."""
    if groups.dtype.kind in "iu" and groups.size and int(groups.max()) - int(groups.min()) < 4 * groups.size:
        number = groups - groups.min()
        present = np.bincount(number) > 0
        return (np.cumsum(present) - 1).take(number), int(present.sum())
    _all_there(groups != groups, groups)
    names, code = np.unique(groups, return_inverse=True)
    return code, len(names)


def _named(groups: np.ndarray) -> tuple[np.ndarray, int]:
    """Number groups that are text or objects in the order of their names: hashed, so that only names are sorted."""
    from pandas import factorize  # takes longer to import than all of scoring, and few metrics have groups

    each = groups.astype(object)
    try:
        code, found = factorize(each)
    except TypeError as error:
        raise GroupError(f"groups are numbers, texts or dates, one a row: {error}") from None
    if (code < 0).any() or any(map(_is_empty, found)):
        _all_there(np.array([_is_empty(one) for one in each]), groups)
    text = np.array([str(one) for one in found]) if groups.dtype == object else found.astype(groups.dtype)
    names, place = np.unique(text, return_inverse=True)
    return place.take(code), len(names)


def _all_there(empty: np.ndarray, groups: np.ndarray) -> None:
    if empty.any():
        row = int(np.flatnonzero(empty)[0])
        raise GroupError(f"every row needs a group; row {row} has {groups[row]!r} ({empty.sum()} such rows)")


def _is_empty(one) -> bool:
    try:
        return bool(one is None or one != one or one in ("", b""))
    except TypeError:  # pandas' NA: what it equals, it does not say
        return True


def _equal(label: np.ndarray, number: int) -> np.ndarray:
    if label.dtype.kind != "O":
        return label == number
    return np.array([isinstance(one, (Number, np.bool_)) and bool(one == number) for one in label], dtype=bool)
