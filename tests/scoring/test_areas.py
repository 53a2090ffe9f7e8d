"""Weighted, partial and multi-class areas: their values are the definitions', their covariances the jackknife's."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from benchmarks.simulations.areas import Case, cases, run
from scoring.areas import RateError, area_and_influence, partial_auc, weighted_auc
from scoring.estimate import effective_number
from scoring.interval import interval
from scoring.multiclass import OptionError, multiclass_auc
from scoring.roc import delong
from scoring.validate import GroupError, LabelError, LengthError, NotFiniteError, OneClassError, WeightError

SCHEMES = [("ovr", "macro"), ("ovr", "weighted"), ("ovo", "macro"), ("ovo", "weighted")]

# 113 patients with a subarachnoid haemorrhage, those with a poor outcome first: WFNS grade, and S100b in 0.01 µg/l.
# Turck et al., Intensive Care Medicine 36, 107 (2010), as the tests of the R package pROC have them.
POOR = 41
WFNS = (
    "32455552521254425552525245441442255225555111151221221112121134141551124112212122111121211324214115422111312244111"
)
S100B = (
    "13 10 16 12 44 52 49 7 33 9 7 41 35 48 56 25 58 70 71 7 71 30 3 9 22 74 26 77 8 27 13 10 11 23 82 14 86 32 96 207 "
    "44 13 14 10 4 45 17 10 10 4 8 4 9 11 7 17 7 11 13 18 4 16 14 34 9 50 46 16 7 43 47 11 8 9 8 4 13 10 14 15 5 5 9 5 "
    "9 8 16 9 8 33 11 28 7 10 32 7 6 24 38 10 15 8 14 10 7 6 19 15 47 19 15 50 48"
)


def patients() -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and both predictors."""
    scores = np.column_stack([[int(grade) for grade in WFNS], [int(level) for level in S100B.split()]])
    return np.arange(len(scores)) < POOR, scores.astype(float)


@st.composite
def weighted_rows(draw):
    """Draw labels, scores with many ties, positive weights, and a false-positive rate."""
    n = draw(st.integers(6, 40))
    labels = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 2 <= sum(y) <= len(y) - 2))
    scores = draw(st.lists(st.integers(0, 7), min_size=n, max_size=n))
    weights = draw(st.lists(st.floats(0.1, 10), min_size=n, max_size=n))
    rate = draw(st.floats(0.01, 1))
    return np.array(labels), np.array(scores, float), np.array(weights), rate


def rows(n: int = 120, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, scores of two models with some ties, and weights that spread by a factor of ten."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.4).astype(int)
    first = np.round(labels + rng.normal(size=n), 1)
    return labels, np.column_stack([first, first + rng.normal(size=n)]), 10 ** rng.random(n)


def class_rows(n: int = 150, seed: int = 2) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return classes of unequal size and difficulty, and the probabilities of two models."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    first = rng.normal(size=(n, 3)) + (classes[:, None] == np.arange(3)) * [4, 2, 0]
    models = [np.exp(first), np.exp(first + rng.normal(size=(n, 3)))]
    return classes, [one / one.sum(axis=1, keepdims=True) for one in models]


def jackknife(value_without, units: int) -> np.ndarray:
    """Return the covariance of values from those that leave out a unit each."""
    left = np.array([value_without(unit) for unit in range(units)])
    left -= left.mean(axis=0)
    return (units - 1) / units * left.T @ left


def test_auc_and_covariance_of_grade_and_marker_are_those_that_proc_publishes():
    found = delong(*patients())
    np.testing.assert_allclose(found.value, [0.823678861788618, 0.731368563685637], rtol=1e-14)
    expected = [[0.00146991470882363, 0.00119615567376754], [0.00119615567376754, 0.00266868245717244]]
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-13)


def test_partial_area_of_the_grade_is_what_proc_publishes():
    outcome, scores = patients()
    assert partial_auc(outcome, scores[:, 0], 0.1).value[0] == pytest.approx(0.649693339038653, rel=1e-14)


@given(weighted_rows())
def test_values_are_those_of_scikit_learn(drawn):
    labels, scores, weights, rate = drawn
    expected = roc_auc_score(labels, scores, sample_weight=weights)
    assert weighted_auc(labels, scores, weights).value[0] == pytest.approx(expected, abs=1e-12)
    expected = roc_auc_score(labels, scores, sample_weight=weights, max_fpr=rate)
    assert partial_auc(labels, scores, rate, weights).value[0] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(("multi_class", "average"), SCHEMES)
def test_values_of_several_classes_are_those_of_scikit_learn(multi_class, average):
    classes, models = class_rows()
    names = np.array(["electron", "muon", "tau"])[classes]
    found = multiclass_auc(names, models, average=average, multi_class=multi_class)
    expected = [roc_auc_score(names, one, average=average, multi_class=multi_class) for one in models]
    np.testing.assert_allclose(found.value, expected, atol=1e-13)


@given(weighted_rows())
def test_equal_weights_give_delong(drawn):
    labels, scores, weights, _ = drawn
    both = np.column_stack([scores, weights])
    expected = delong(labels, both)
    for found in (weighted_auc(labels, both, np.full(len(labels), 0.3)), partial_auc(labels, both, 1)):
        np.testing.assert_allclose(found.value, expected.value, atol=1e-13)
        np.testing.assert_allclose(found.covariance, expected.covariance, atol=1e-13)
        assert found.sizes == expected.sizes


@pytest.mark.parametrize("group", [np.arange(120) // 6, np.arange(120) ** 2 // 720])
def test_equal_weights_in_groups_give_the_clustered_covariance(group):
    labels, scores, _ = rows()
    labels = np.arange(120) % 2
    found, expected = weighted_auc(labels, scores, np.ones(120), group), delong(labels, scores, group)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-12)
    np.testing.assert_allclose(found.design_effect, expected.design_effect, rtol=1e-12)
    assert found.units == pytest.approx(expected.units)


@pytest.mark.parametrize("multi_class", ["ovr", "ovo"])
def test_two_classes_give_delong(multi_class):
    labels, scores, _ = rows()
    chances = [np.column_stack([1 - one, one]) for one in (scores.T + 5) / 10]
    found, expected = multiclass_auc(labels, chances, multi_class=multi_class), delong(labels, scores)
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-13)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-12)


@given(weighted_rows(), st.integers(0, 5))
def test_influence_is_the_derivative_by_a_row_s_weight(drawn, row):
    labels, scores, weights, rate = drawn
    below = weights * (labels == 0)
    shares_above = (scores > scores[:, None]) @ below / below.sum()
    assume(np.abs(shares_above - rate).min() > 1e-3)  # there the curve may have a corner, and no derivative
    step = 1e-5 * weights * (np.arange(len(weights)) == row)
    pulls = area_and_influence(labels == 1, scores, weights, rate)[1]
    up, down = (area_and_influence(labels == 1, scores, weights + sign * step, rate)[0] for sign in (1, -1))
    assert pulls[row] == pytest.approx((up - down) / 2e-5, abs=1e-6)
    assert pulls[labels == 1].sum() == pytest.approx(0, abs=1e-12)
    assert pulls.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0])
def test_the_covariance_is_the_jackknife_s(rate):
    labels, scores, weights = rows()
    found = partial_auc(labels, scores, rate, weights).covariance
    keep = [np.arange(120) != row for row in range(120)]
    left_out = jackknife(
        lambda row: partial_auc(labels[keep[row]], scores[keep[row]], rate, weights[keep[row]]).value, 120
    )
    np.testing.assert_allclose(found, left_out, rtol=0.12 if rate < 1 else 0.03)


@pytest.mark.parametrize(("multi_class", "average"), SCHEMES)
def test_the_covariance_of_several_classes_is_the_jackknife_s(multi_class, average):
    classes, models = class_rows()

    def without(row: int) -> np.ndarray:
        kept = np.arange(150) != row
        fewer = [one[kept] for one in models]
        return multiclass_auc(classes[kept], fewer, average=average, multi_class=multi_class).value

    found = multiclass_auc(classes, models, average=average, multi_class=multi_class).covariance
    np.testing.assert_allclose(found, jackknife(without, 150), rtol=0.03)


def test_the_covariance_of_unequal_groups_is_the_jackknife_s():
    _, scores, weights = rows(n=400)
    rng = np.random.default_rng(3)
    group = np.sort((40 * rng.random(400) ** 1.5).astype(int))
    labels = group % 2
    scores = scores + rng.normal(size=(40, 1))[group] + labels[:, None]
    found = weighted_auc(labels, scores, weights, group)

    def without(one: int) -> np.ndarray:
        kept = group != one
        return weighted_auc(labels[kept], scores[kept], weights[kept]).value

    np.testing.assert_allclose(found.covariance, jackknife(without, 40), rtol=0.08)
    assert (found.design_effect > 1.5).all()


def test_rows_of_no_weight_are_as_if_absent():
    labels, scores, weights = rows()
    weights[::3] = 0
    group = np.arange(120) // 4
    kept = weights > 0
    for found, expected in (
        (weighted_auc(labels, scores, weights), weighted_auc(labels[kept], scores[kept], weights[kept])),
        (
            partial_auc(labels, scores, 0.2, weights, group),
            partial_auc(labels[kept], scores[kept], 0.2, weights[kept], group[kept]),
        ),
    ):
        assert found.value.tolist() == expected.value.tolist()
        assert found.covariance.tolist() == expected.covariance.tolist()
        assert (found.sizes, found.units) == (expected.sizes, expected.units)


@given(weighted_rows())
def test_only_the_order_of_scores_counts(drawn):
    labels, scores, weights, rate = drawn
    found = partial_auc(labels, scores, rate, weights)
    bent = partial_auc(labels, np.exp(scores) - 7, rate, weights)
    assert found.value.tolist() == bent.value.tolist()
    assert found.covariance.tolist() == bent.covariance.tolist()


def test_weights_may_be_scaled():
    labels, scores, weights = rows()
    found, scaled = weighted_auc(labels, scores, weights), weighted_auc(labels, scores, weights * 1e6)
    np.testing.assert_allclose(found.covariance, scaled.covariance, rtol=1e-12)
    assert found.sizes == scaled.sizes


def test_perfect_scores_are_one_and_constant_ones_a_half():
    labels = np.arange(60) % 2
    weights = 1.0 + np.arange(60) % 7
    for estimate in (lambda s: weighted_auc(labels, s, weights), lambda s: partial_auc(labels, s, 0.1, weights)):
        assert estimate(labels).value[0] == pytest.approx(1, abs=1e-15)
        assert estimate(np.zeros(60)).value[0] == pytest.approx(0.5, abs=1e-15)
    assert weighted_auc(labels, -labels, weights).value[0] == pytest.approx(0, abs=1e-15)
    assert partial_auc(labels, -labels, 0.1).value[0] == pytest.approx(0.9 / 1.9)


def test_ten_rows_a_class_that_are_apart_do_not_prove_much():
    low, high = interval(delong([0] * 10 + [1] * 10, np.arange(20)))[0]
    assert high == 1
    assert 0.6 < low < 0.85


def test_a_group_of_equal_rows_is_worth_one_row():
    labels, scores = np.arange(40) % 2, np.arange(40) % 2 + 0.01 * np.arange(40)
    once = interval(delong(labels, scores))[0]
    copied = np.repeat(labels, 8), np.repeat(scores, 8)
    assert interval(delong(*copied, np.repeat(np.arange(40), 8)))[0] == pytest.approx(once, abs=1e-9)
    assert interval(delong(*copied))[0, 0] > once[0]


def test_an_area_s_interval_stays_in_its_range_and_narrows_with_more_rows():
    rng = np.random.default_rng(5)
    for rate in (0.05, 1.0):
        widths = []
        for n in (40, 400, 4000):
            labels = np.arange(n) % 2
            found = partial_auc(labels, rng.normal(size=n) + 2 * labels, rate)
            (low, high) = interval(found)[0]
            assert found.metric.low <= low < found.value[0] < high <= 1
            widths.append(high - low)
        assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_effective_numbers_are_kish_s():
    assert effective_number(np.ones(7)) == 7
    assert effective_number(np.array([1.0, 0.1, 0.1])) == pytest.approx(1.44 / 1.02)
    labels, scores, weights = rows()
    assert weighted_auc(labels, scores, weights).sizes < delong(labels, scores).sizes


def hard_cases() -> list[Case]:
    """Return a case of each kind where the normal interval fails: few rows, areas near one, groups, no bell shape."""
    wanted = {
        ("roc_auc", "a share of positives is like negatives", "60 + 1000 rows", 0.97),
        ("roc_auc", "binormal, positives 2 times as wide", "15 + 40 rows", 0.75),
        ("roc_auc", "binormal in five ratings", "100 + 5000 rows", 0.997),
        ("roc_auc", "binormal", "1500 + 1500 rows", 0.999),
        ("roc_auc", "binormal", "60 groups of 10 rows, one label a group", 0.9),
        ("roc_auc", "binormal", "60 very alike groups of 1 to 110 rows, both labels in a group", 0.75),
        ("roc_auc", "binormal", "60 very alike groups, one of 30% of all rows, both labels in a group", 0.75),
        ("roc_auc", "a share of positives is like negatives", "20 groups of 5 rows, both labels in a group", 0.97),
        ("weighted_roc_auc", "a share of positives is like negatives", "50 + 50 rows", 0.97),
        ("partial_roc_auc@0.1", "a share of positives is like negatives, whole area 0.97", "60 + 1000 rows", 0.97),
        ("macro_roc_auc", "normal", "(20, 100, 1000) rows", 0.97),
        ("macro_ovo_roc_auc", "a share of rows is placed at random", "(20, 20, 20) rows", 0.997),
    }
    chosen = [one for one in cases() if (one.metric, one.population, one.size, round(one.truth, 4)) in wanted]
    assert len(chosen) == len(wanted)
    return chosen


def test_intervals_hold_the_truth_as_often_as_they_say():
    for row in run(rounds=200, seed=4, chosen=hard_cases()):
        assert row.covered >= 0.91, row


def test_near_one_the_interval_is_not_twice_as_wide_as_it_need_be():
    (case,) = [
        one for one in cases() if (one.population, one.size, one.truth) == ("binormal", "1500 + 1500 rows", 0.999)
    ]
    (row,) = run(rounds=100, seed=4, chosen=[case])
    assert row.width < 0.0014  # 0.0021 if one more misplaced row were supposed whatever is seen


def test_unequal_groups_are_worth_kish_s_number_of_each_class():
    label, groups = np.tile([0, 1], 60), np.repeat([0, 1, 2, 3], [60, 20, 20, 20])
    scores = np.random.default_rng(1).normal(size=120)
    worth = 120**2 / (60**2 + 3 * 20**2)
    assert delong(label, scores, groups).units == pytest.approx((worth, worth))
    assert weighted_auc(label, scores, np.full(120, 0.3), groups).units == pytest.approx((worth, worth))
    assert delong(label, scores).units == (60, 60)


def test_that_measurement_tells_a_variance_that_is_half_too_small():
    def halved(case: Case) -> Case:
        def draw(rng, k):
            found = case.draw(rng, k)
            return replace(found, covariance=found.covariance / 2)

        return replace(case, draw=draw)

    chosen = [halved(case) for case in cases() if (case.size, case.truth) == ("500 + 500 rows", 0.75)]
    assert max(row.covered for row in run(rounds=200, seed=4, chosen=chosen[:4])) < 0.9


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: weighted_auc([1, 1, 1], [1, 2, 3], [1, 1, 1]), OneClassError, "got 3 positives and 0 negatives"),
        (lambda: weighted_auc([0, 0, 1, 1], [1, 2, 3, 4], [1, 1, 1, 0]), OneClassError, "got 1 positives"),
        (lambda: weighted_auc([0, 0, 1, 1], [1, 2, 3, 4], [1, 1, 1, -1]), WeightError, "row 3 has -1"),
        (lambda: weighted_auc([0, 0, 1, 1], [1, 2, 3, 4], [0, 0, 0, 0]), WeightError, "all 4 weights are zero"),
        (lambda: weighted_auc([0, 0, 1, 1], [1, 2, 3, 4], [1, 1]), LengthError, "weights need 4 rows"),
        (lambda: weighted_auc([0, 0, 1, 1], [1, 2, np.nan, 4], [1] * 4), NotFiniteError, "row 2 has"),
        (lambda: weighted_auc([0, 0, 1, 2], [1, 2, 3, 4], [1] * 4), LabelError, "row 3 has"),
        (lambda: weighted_auc([0, 0, 1, 1], [1, 2, 3, 4], [1] * 4, [1, 2, 3, 3]), GroupError, "class number 1"),
        (lambda: partial_auc([0, 0, 1, 1], [1, 2, 3, 4], 0), RateError, "not above 1, got 0"),
        (lambda: partial_auc([0, 0, 1, 1], [1, 2, 3, 4], 1.5), RateError, "got 1.5"),
        (lambda: partial_auc([0, 0, 1, 1], [1, 2, 3, 4], 0.1, groups=[1, 2]), GroupError, "one entry a row"),
        (lambda: multiclass_auc([0, 0, 1, 1, 2], np.full((5, 3), 1 / 3)), OneClassError, "class number 2 has 1"),
        (lambda: multiclass_auc([0, 0, 1, 1], np.full((4, 3), 1 / 3)), LabelError, "2 classes, 3 columns"),
        (lambda: multiclass_auc([0, 0, 1, 1], np.full((4, 2), 0.5), labels=[1, 2]), LabelError, r"labels': \[0\]"),
        (lambda: multiclass_auc([0, 0, 1, 1], np.full((4, 2), 0.5), labels=[1, 0]), LabelError, "ordered"),
        (lambda: multiclass_auc([0, 0, 1, np.nan], np.full((4, 2), 0.5)), LabelError, "row 3 has nan"),
        (lambda: multiclass_auc([0, 0, 1, 1], np.full((3, 2), 0.5)), LengthError, "4 rows"),
        (lambda: multiclass_auc([0, 0, 1, 1], np.ones(4)), LengthError, "n_classes"),
        (lambda: multiclass_auc([0, 1] * 2, np.full((4, 2), 0.5), average="micro"), OptionError, "'micro'"),
        (lambda: multiclass_auc([0, 1] * 2, np.full((4, 2), 0.5), multi_class="all"), OptionError, "'all'"),
        (
            lambda: multiclass_auc([0, 1] * 2, [np.full((4, 2), 0.5), np.full((4, 3), 1 / 3)]),
            LengthError,
            "same columns",
        ),
    ],
)
def test_what_has_no_area_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
