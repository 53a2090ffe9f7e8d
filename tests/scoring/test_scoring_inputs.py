"""Whatever comes in, the scorer gives the right number or an error that names what is wrong."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from scoring import (
    Points,
    accuracy,
    challenge_points,
    character_error_rate,
    compare,
    delong,
    detection_rate,
    f1,
    interval,
    mse,
    multiclass_auc,
    normalised_mse,
    partial_auc,
    planned,
    points,
    psnr,
    rank_sets,
    resolvable_gap,
    roc_auc_score,
    roc_curve,
    ssim,
    weighted_auc,
    working_point,
)
from scoring.estimate import Estimate
from scoring.permutation import permutation_interval
from scoring.ranking import Ranking
from scoring.roc import ROC_AUC, auc, delong_ranked
from scoring.validate import (
    GroupError,
    LabelError,
    LengthError,
    NotFiniteError,
    NotNumbersError,
    PrecisionError,
    groups_of,
)
from scoring.validate import ScoringError as Refused

LABELS = [0, 1] * 6
SCORES = [0.1, 0.8, 0.4, 0.4, 0.3, 0.9, 0.2, 0.7, 0.6, 0.5, 0.35, 0.65]
GROUPS = [row // 2 for row in range(12)]
CLASSES = ["e", "mu", "tau"] * 4
CHANCES = np.full((12, 3), 1 / 3)
IMAGES = np.linspace(0, 1, 12 * 121).reshape(12, 11, 11)
TEXTS = ["ab c", "d e"] * 6

LABELLED = {
    "auc": auc,
    "roc_auc_score": roc_auc_score,
    "delong": delong,
    "weighted_auc": lambda y, s: weighted_auc(y, s, np.ones(12)),
    "partial_auc": lambda y, s: partial_auc(y, s, 0.5),
    "roc_curve": roc_curve,
    "working_point": lambda y, s: working_point(y, s, 0.5),
    "detection_rate": lambda y, s: detection_rate(y, s, 0.3),
}
GROUPED = {
    "delong": lambda g: delong(LABELS, SCORES, g),
    "weighted_auc": lambda g: weighted_auc(LABELS, SCORES, np.ones(12), g),
    "roc_curve": lambda g: roc_curve(LABELS, SCORES, groups=g),
    "detection_rate": lambda g: detection_rate(LABELS, SCORES, 0.3, g),
    "mse": lambda g: mse(SCORES, SCORES, g),
    "accuracy": lambda g: accuracy(LABELS, LABELS, g),
    "f1": lambda g: f1(LABELS, LABELS, groups=g),
    "multiclass_auc": lambda g: multiclass_auc(CLASSES, CHANCES, groups=g),
    "character_error_rate": lambda g: character_error_rate(TEXTS, TEXTS, g),
    "permutation": lambda g: permutation_interval(np.mean, LABELS, g, rounds=3),
}
NOT_NUMBERS = {
    "text": ["0.5"] * 12,
    "bytes": np.array([b"x"] * 12),
    "dates": np.arange(12).astype("M8[D]"),
    "durations": np.arange(12).astype("m8[D]"),
    "complex": np.arange(12) + 0j,
    "records": np.zeros(12, dtype=[("score", float)]),
    "pandas' NA": pd.Series([0.5, pd.NA] * 6, dtype=object),
    "words": pd.Series(["high", "low"] * 6, dtype="category"),
    "huge integers": [10**400] * 12,
    "text as objects": pd.Series(["0.5"] * 12, dtype=object),
    "bytes as objects": np.array([b"0.5"] * 12, object),
    "complex as objects": np.array([np.complex128(0.5)] * 12, object),
}
UNFIT = {
    "a set": {0.5},
    "a dictionary": {"score": 0.5},
    "a generator": (score for score in SCORES),
    "ragged": [[1], [1, 2], *SCORES[2:]],
    "a number": 0.5,
    "empty": [],
    "one short": SCORES[:-1],
    "three axes": np.zeros((12, 2, 2)),
}


@pytest.mark.parametrize("metric", LABELLED)
@pytest.mark.parametrize("kind", NOT_NUMBERS)
def test_scores_are_real_numbers(metric, kind):
    with pytest.raises(NotNumbersError, match="must be real numbers"):
        LABELLED[metric](LABELS, NOT_NUMBERS[kind])


@pytest.mark.parametrize("metric", LABELLED)
@pytest.mark.parametrize("kind", UNFIT)
def test_scores_are_one_a_row(metric, kind):
    with pytest.raises((LengthError, NotNumbersError)):
        LABELLED[metric](LABELS, UNFIT[kind])


@pytest.mark.parametrize("metric", LABELLED)
@pytest.mark.parametrize("kind", [np.nan, np.inf, -np.inf, None])
def test_scores_are_finite(metric, kind):
    with pytest.raises(NotFiniteError):
        LABELLED[metric](LABELS, [kind, *SCORES[1:]])


@pytest.mark.parametrize("metric", sorted(set(LABELLED) - {"roc_auc_score"}))
@pytest.mark.parametrize(
    "labels",
    [["0", "1"] * 6, [0, 2] * 6, [0, np.nan] * 6, [0, None] * 6, [0, pd.NA] * 6, np.arange(12) % 2 + 0j],
    ids=["text", "2", "nan", "None", "NA", "complex"],
)
def test_labels_are_0_or_1(metric, labels):
    with pytest.raises(LabelError, match="labels are 0 or 1"):
        LABELLED[metric](labels, SCORES)


@pytest.mark.parametrize("metric", GROUPED)
@pytest.mark.parametrize(
    "groups",
    [
        [None, *GROUPS[1:]],
        [np.nan, *GROUPS[1:]],
        pd.Series([pd.NA, *GROUPS[1:]], dtype="Int64"),
        ["", *"abcdefghijk"],
        np.array(["NaT", *["2026-11-21", "2026-11-22"] * 5, "2026-11-23"], dtype="M8[D]"),
    ],
    ids=["None", "nan", "NA", "empty text", "NaT"],
)
def test_every_row_needs_a_group(metric, groups):
    with pytest.raises(GroupError, match="row 0"):
        GROUPED[metric](groups)


@pytest.mark.parametrize("dtype", ["U9", "S9", object, np.dtypes.StringDType()])
def test_groups_named_by_text_are_numbered_in_the_order_of_their_names(dtype):
    names = np.array([f"disk-{number}" for number in (10, 9, 10, 100, 9, 1)])
    code, n_groups = groups_of(names.astype(dtype), 6)
    assert (code.tolist(), n_groups) == ([1, 3, 1, 2, 3, 0], 4)


def test_groups_of_any_kind_are_told_apart_by_their_names():
    assert groups_of(np.array([1, "1", 2, (1, 2), 2], object), 5)[0].tolist() == [1, 1, 2, 0, 2]
    with pytest.raises(GroupError, match="numbers, texts or dates"):
        groups_of(pd.Series([[1], [2]]), 2)
    for empty in (np.array([], object), np.array([], int)):
        with pytest.raises(GroupError, match="got 0"):
            groups_of(empty, 0)


def test_masked_rows_are_not_taken_for_their_hidden_values():
    hidden = np.ma.masked_array(SCORES, mask=[True] + [False] * 11)
    for refused in (
        lambda: auc(LABELS, hidden),
        lambda: roc_auc_score(LABELS, hidden),
        lambda: auc(hidden, SCORES),
        lambda: mse(SCORES, hidden),
        lambda: accuracy(hidden, LABELS),
        lambda: delong(LABELS, SCORES, hidden),
        lambda: weighted_auc(LABELS, SCORES, hidden),
    ):
        with pytest.raises(Refused, match="row 0 is masked"):
            refused()
    assert auc(LABELS, np.ma.masked_array(SCORES)) == auc(LABELS, SCORES)


LARGE = 2**53
NOT_TOLD_APART = {
    "integers": np.arange(12) + LARGE,
    "negative integers": -np.arange(12) - LARGE,
    "unsigned integers": np.arange(12, dtype=np.uint64) + np.uint64(2**63),
    "nullable integers": pd.Series(range(LARGE, LARGE + 12), dtype="Int64"),
    "integers of Python": [2**70 + 2 * row for row in range(12)],
    "integers among floats": [LARGE + 1, float(LARGE), *SCORES[2:]],
    "integers of either sign": [2**63, -1, 2**63 + 1, *range(9)],
    "integers in a table with floats": pd.DataFrame({"a": range(LARGE, LARGE + 12), "b": SCORES}),
    "decimals": [Decimal("0.1"), Decimal("0.1000000000000000000001"), *map(Decimal, range(10))],
    "fractions": [Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30), *map(Fraction, range(10))],
    "long doubles": 1 + np.arange(12) * np.longdouble(2) ** -60,
    "long doubles near 0": np.arange(12) * np.longdouble("1e-400"),
    "long doubles as objects": (1 + np.arange(12) * np.longdouble(2) ** -60).astype(object),
}


@pytest.mark.parametrize("kind", NOT_TOLD_APART)
def test_numbers_that_float64_cannot_tell_apart_are_refused(kind):
    for metric in (delong, lambda labels, scores: weighted_auc(labels, scores, np.ones(12))):
        with pytest.raises(PrecisionError, match=r"it takes .* for equal"):
            metric(LABELS, NOT_TOLD_APART[kind])
    if kind != "integers in a table with floats":
        with pytest.raises(PrecisionError, match=r"it takes .* for equal"):
            roc_auc_score(LABELS, NOT_TOLD_APART[kind])


@pytest.mark.parametrize(
    "scores",
    [
        [LARGE - 1, LARGE],
        [2**60, 2**61],
        [-(2**70), 2**70],
        np.array([2**63, 2**64 - 1], np.uint64),
        [0.5, LARGE + 1],
        [Decimal("0.1"), Decimal("0.2")],
        [Fraction(1, 3), Fraction(2, 3)],
        np.arange(2) / np.longdouble(3),
        np.array([0.1, 0.2], np.float16),
    ],
)
def test_numbers_that_float64_tells_apart_score_whatever_they_are(scores):
    assert auc([0, 1], scores) == 1.0
    assert auc([1, 0], scores) == 0.0


@pytest.mark.parametrize(
    "dtype", [bool, np.uint8, np.int8, ">i4", np.float16, np.float32, ">f8", np.longdouble, object]
)
def test_the_type_of_numbers_does_not_matter(dtype):
    ones = np.array([0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1])
    typed = ones.astype(dtype)
    assert auc(typed, SCORES) == auc(ones, SCORES)
    assert auc(LABELS, typed) == auc(LABELS, ones)
    assert mse(typed, 1 - ones).value == 1


def test_where_an_array_comes_from_does_not_matter():
    expected = delong(LABELS, SCORES, GROUPS)
    frozen = np.array(SCORES)
    frozen.flags.writeable = False
    spread = np.repeat(SCORES, 2)[::2]
    series = pd.Series(SCORES, index=range(100, 112))
    nullable = pd.Series(LABELS, dtype="Int64")
    for labels, scores, groups in (
        (np.array(LABELS), frozen, pd.Series(GROUPS, dtype="string")),
        (pd.Series(LABELS, index=range(50, 62)), spread, pd.Series(GROUPS, dtype="category")),
        (nullable, series, pd.Series(GROUPS, index=range(7, 19))),
        (nullable.astype("boolean"), series.astype("Float64"), np.array(GROUPS, dtype=object)),
        (LABELS, pd.DataFrame({"score": SCORES}), np.array(GROUPS, dtype=np.uint8)),
    ):
        found = delong(labels, scores, groups)
        assert (found.value, found.covariance) == (expected.value, expected.covariance)


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda: multiclass_auc(None, CHANCES), LengthError),
        (lambda: multiclass_auc("e", CHANCES), LengthError),
        (lambda: multiclass_auc([[1], [1, 2]], CHANCES), LengthError),
        (lambda: multiclass_auc(CLASSES, CHANCES, labels=[]), LabelError),
        (lambda: multiclass_auc([np.inf, 1, 2] * 4, CHANCES), LabelError),
        (lambda: roc_auc_score([np.inf, 1, 2] * 4, SCORES), LabelError),
        (lambda: roc_auc_score([[1], [1, 2]], [1, 2]), LengthError),
        (lambda: accuracy([np.inf, 1], [1, 1]), NotFiniteError),
        (lambda: accuracy([[1], [1, 2]], [1, 1]), LengthError),
        (lambda: mse([[1], [1, 2]], [1, 1]), LengthError),
        (lambda: normalised_mse([1, 2], [1, 1], ["wide"]), NotNumbersError),
        (lambda: psnr(IMAGES.astype(str), IMAGES), NotNumbersError),
        (lambda: ssim([IMAGES[0], IMAGES[1, :5]], IMAGES[:2]), LengthError),
        (lambda: character_error_rate(TEXTS, None), Refused),
        (lambda: character_error_rate(3, TEXTS), Refused),
        (lambda: permutation_interval(np.mean, 3, GROUPS), Refused),
    ],
)
def test_other_truths_are_checked_too(refused, error):
    with pytest.raises(error):
        refused()


TWO = delong(LABELS, np.column_stack([SCORES, SCORES[::-1]]))
NOT_INSIDE = [None, "0.5", np.nan, np.inf, -1, 0, 2, 1j]


@pytest.mark.parametrize("number", NOT_INSIDE)
@pytest.mark.parametrize(
    "takes",
    [
        lambda level: interval(TWO, level),
        lambda level: compare(TWO, level=level),
        lambda level: rank_sets(TWO, level),
        lambda level: roc_curve(LABELS, SCORES, level),
        lambda rate: partial_auc(LABELS, SCORES, rate),
        lambda rate: working_point(LABELS, SCORES, rate),
        lambda rate: detection_rate(LABELS, SCORES, rate),
        lambda auc: planned(auc, 10, 10),
        lambda power: resolvable_gap(planned(0.8, 10, 10), power=power),
    ],
)
def test_levels_and_rates_lie_between_0_and_1(takes, number):
    with pytest.raises(Refused, match=r"lies (between|above) 0"):
        takes(number)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: compare(TWO, 0, "b"),
        lambda: compare(TWO, 0, 0.5),
        lambda: compare(TWO, 0, -1),
        lambda: planned(0.8, np.nan, 10),
        lambda: planned(0.8, np.inf, 10),
        lambda: planned(0.8, 10, 10.5),
        lambda: roc_curve(LABELS, SCORES, max_points=np.nan),
        lambda: roc_curve(LABELS, SCORES, max_points="all"),
        lambda: Points(np.nan, 0.0, 1.0),
        lambda: Points(np.inf, 0.0, np.inf),
        lambda: Points(0.5, 0.6, 0.7),
        lambda: challenge_points({"higgs": Points(1.0, 0.0, 2.0)}, []),
        lambda: points(0.7, ROC_AUC, floor=np.nan, reference=0.8),
        lambda: points(0.7, ROC_AUC, floor=0.5, reference=1e308),
    ],
)
def test_other_options_are_checked_too(refused):
    with pytest.raises(Refused):
        refused()


def test_rows_of_a_ranking_are_rising_numbers():
    rankings, labels = [Ranking.of(np.arange(6.0))], [0, 1, 0, 1]
    for rows in ([1, 0, 2, 3], [0, 1, 1, 2], [-1, 0, 1, 2], [True] * 4, [0.0, 1.0, 2.0, 3.0]):
        with pytest.raises(LengthError, match="ascending numbers"):
            delong_ranked(labels, rankings, rows=np.array(rows))
    with pytest.raises(LengthError, match="got none"):
        delong_ranked(labels, [])


@pytest.mark.parametrize("unit", [1e-60, 1e-23, 1.0, 1e60])
def test_rank_sets_do_not_depend_on_the_unit(unit):
    rng = np.random.default_rng(5)
    truth = rng.normal(size=200)
    found = mse(truth * unit, [(truth + rng.normal(size=200) * spread) * unit for spread in (1, 1, 3)])
    assert rank_sets(found).tolist() == [[1, 2], [1, 2], [3, 3]]


def test_a_variance_that_is_rounding_counts_as_none():
    def pair(variance: float) -> Estimate:
        covariance = np.diag([variance, TWO.covariance[1, 1]])
        return Estimate(TWO.metric, TWO.value, covariance, TWO.units, TWO.sizes, TWO.exact, TWO.design_effect)

    assert compare(pair(1e-33)) == compare(pair(0.0))
