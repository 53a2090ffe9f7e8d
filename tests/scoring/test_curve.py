"""ROC curves and working points: the definitions, a band that keeps its promise, a drawing that keeps the shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit
from scipy.stats import binom, norm
from sklearn import metrics

from benchmarks.simulations import curves
from scoring.band import ClassInGroups
from scoring.curve import roc_curve, working_point
from scoring.interval import clopper_pearson
from scoring.roc import auc
from scoring.validate import GroupError, LabelError, LengthError, NotFiniteError, OneClassError, ScoringError


@st.composite
def labelled_scores(draw, levels: int = 8):
    """Draw labels of both classes and scores with many ties."""
    n = draw(st.integers(4, 50))
    labels = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 2 <= sum(y) <= len(y) - 2))
    scores = draw(st.lists(st.integers(-levels, levels), min_size=n, max_size=n))
    return np.array(labels), np.array(scores, dtype=float)


def normal_scores(rng, m, n, shift=1.0):
    labels = np.repeat([1, 0], [m, n])
    return labels, rng.normal(size=m + n) + shift * labels


def points_of(curve):
    return np.stack([curve.false_positive_rate, curve.true_positive_rate], axis=1)


def distance_to_lines(points, corners):
    """Return each point's distance to the nearest of the lines between neighbouring corners."""
    start, along = corners[:-1], np.diff(corners, axis=0)
    offset = points[:, None] - start
    part = np.clip((offset * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-300), 0, 1)
    return np.linalg.norm(offset - part[:, :, None] * along, axis=2).min(axis=1)


@given(labelled_scores())
def test_the_area_under_the_whole_curve_is_the_auc(data):
    assert roc_curve(*data, max_points=None).area == pytest.approx(auc(*data), abs=1e-12)


@given(labelled_scores())
def test_the_points_are_those_of_scikit_learn(data):
    curve = roc_curve(*data)
    x, y, thresholds = metrics.roc_curve(*data, drop_intermediate=False)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    np.testing.assert_allclose(points_of(curve), np.stack([x, y], axis=1), atol=1e-12)


@given(labelled_scores(), st.sampled_from([0.5, 0.95, 0.999]), st.booleans())
def test_the_band_holds_the_curve_and_rises_with_it(data, level, in_groups):
    labels, scores = data
    # Two groups, each of which holds rows of both classes.
    place = np.where(labels == 1, np.cumsum(labels), np.cumsum(1 - labels))
    curve = roc_curve(labels, scores, level, groups=place % 2 if in_groups else None)
    assert (curve.low >= 0).all()
    assert (curve.low <= curve.true_positive_rate).all()
    assert (curve.true_positive_rate <= curve.high).all()
    assert (curve.high <= 1).all()
    for rising in (curve.false_positive_rate, curve.true_positive_rate, curve.low, curve.high, -curve.thresholds):
        assert (np.diff(rising) >= 0).all()


@given(labelled_scores())
def test_a_monotone_transform_changes_only_the_thresholds(data):
    labels, scores = data
    first, second = roc_curve(labels, scores), roc_curve(labels, np.exp(scores / 4))
    for name in ("false_positive_rate", "true_positive_rate", "low", "high"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@given(labelled_scores(), st.floats(0.01, 0.99))
def test_a_working_point_is_its_definition(data, asked):
    labels, scores = data
    signal, background = scores[labels == 1], scores[labels == 0]
    point = working_point(labels, scores, asked)
    cut = np.sort(signal)[::-1][int(np.ceil(asked * len(signal) - 1e-9)) - 1]
    assert point.threshold == cut
    assert point.signal_efficiency == np.mean(signal >= cut) >= asked - 1e-9
    assert point.background_efficiency == np.mean(background >= cut)
    for value, (low, high) in (
        (point.signal_efficiency, point.signal_interval),
        (point.background_efficiency, point.background_interval),
        (point.rejection, point.rejection_interval),
    ):
        assert low <= value <= high


def test_a_product_a_little_above_a_whole_number_takes_no_further_signal():
    labels = np.repeat([1, 0], [100, 10])
    assert 0.07 * 100 > 7
    scores = np.r_[np.arange(100, 0, -1), np.zeros(10)]
    assert working_point(labels, scores, 0.07).threshold == 94
    assert working_point(labels, scores, 1e-12).threshold == 100


def test_where_no_background_passes_the_rejection_has_a_lower_limit_only():
    point = working_point(np.repeat([1, 0], [50, 200]), np.repeat([1.0, 0.0], [50, 200]) + np.arange(250) / 1e4, 0.5)
    low, high = point.rejection_interval
    assert (point.background_efficiency, point.rejection, high) == (0, np.inf, np.inf)
    assert low == pytest.approx(1 / clopper_pearson(0, 200)[1])


def test_a_perfect_a_constant_and_an_inverted_score_have_a_curve():
    labels = np.repeat([1, 0], [30, 50])
    perfect, constant, inverted = (roc_curve(labels, scores) for scores in (labels, np.zeros(80), -labels))
    assert points_of(perfect).tolist() == [[0, 0], [0, 1], [1, 1]]
    assert perfect.low[1] < 1 == perfect.high[1]
    assert points_of(constant).tolist() == [[0, 0], [1, 1]]
    assert points_of(inverted).tolist() == [[0, 0], [1, 0], [1, 1]]
    assert inverted.low[1] == 0 < inverted.high[1]
    assert working_point(labels, np.zeros(80), 0.5).background_interval == (clopper_pearson(50, 50)[0], 1.0)


@given(labelled_scores(levels=100), st.integers(2, 20))
def test_a_thinned_curve_stays_close(data, max_points):
    whole, thin = roc_curve(*data, max_points=None), roc_curve(*data, max_points=max_points)
    assert len(thin.thresholds) <= max(max_points, 2)
    kept = np.isin(whole.thresholds, thin.thresholds)
    assert kept[[0, -1]].all()
    for name in ("thresholds", "false_positive_rate", "true_positive_rate", "low", "high"):
        np.testing.assert_array_equal(getattr(whole, name)[kept], getattr(thin, name))
    assert abs(whole.area - thin.area) <= 1 / (max_points - 1)
    assert distance_to_lines(points_of(whole), points_of(thin)).max() <= 2**0.5 / (max_points - 1) + 1e-12


@pytest.mark.parametrize("run_length", [1, 5, 22, 40, 41])
def test_even_stairs_are_thinned_within_the_bound(run_length):
    labels = np.arange(2000) // run_length % 2
    whole, thin = (roc_curve(labels, -np.arange(2000.0), max_points=most) for most in (None, 50))
    assert len(thin.thresholds) <= 50
    assert abs(whole.area - thin.area) <= 1 / 49
    assert distance_to_lines(points_of(whole), points_of(thin)).max() <= 2**0.5 / 49


def test_five_hundred_points_draw_a_usual_curve_to_a_hundred_thousandth_of_its_area():
    labels, scores = normal_scores(np.random.default_rng(1), 50_000, 50_000)
    curve = roc_curve(labels, scores)
    assert len(curve.thresholds) <= 500
    assert abs(curve.area - auc(labels, scores)) < 1e-5


def test_the_corner_before_a_long_tie_is_drawn():
    labels, scores = normal_scores(np.random.default_rng(9), 500, 500)
    scores = np.maximum(scores, 0.5)
    thin = roc_curve(labels, scores, max_points=20)
    assert len(thin.thresholds) <= 20
    assert thin.thresholds[-2] == np.sort(scores[scores > 0.5])[0]


def test_the_limits_are_their_definition():
    labels, scores = normal_scores(np.random.default_rng(10), 35, 40)
    signal, background = np.sort(scores[labels == 1])[::-1], scores[labels == 0]
    count_at = {0: 0, 36: 40} | {k: int((background >= signal[k - 1]).sum()) for k in range(1, 36)}
    low, high = 1.0, 0.0
    for angle in np.linspace(0, np.pi / 2, 9):
        cut_tail, count_tail = norm.sf(1.959964 * np.array([np.sin(angle), np.cos(angle)]))
        fewest = count_at[int(binom.ppf(cut_tail, 35, 0.4))]
        most = count_at[int(binom.ppf(1 - cut_tail, 35, 0.4)) + 1]
        low = min(low, clopper_pearson(fewest, 40, 1 - 2 * count_tail)[0])
        high = max(high, clopper_pearson(most, 40, 1 - 2 * count_tail)[1])
    assert working_point(labels, scores, 0.4).background_interval == pytest.approx((low, high), abs=1e-6)


def test_a_tie_counts_as_if_it_were_broken_by_lot():
    rng = np.random.default_rng(11)
    labels, scores = normal_scores(rng, 300, 400)
    tied = np.round(scores)
    broken = [roc_curve(labels, tied + rng.uniform(-0.4, 0.4, 700)) for _ in range(30)]
    shown = roc_curve(labels, tied)
    for name in ("low", "high"):
        by_lot = [np.interp(shown.false_positive_rate, one.false_positive_rate, getattr(one, name)) for one in broken]
        np.testing.assert_allclose(getattr(shown, name)[1:-1], np.mean(by_lot, axis=0)[1:-1], atol=0.02)


def test_in_a_big_sample_the_limits_are_those_of_the_delta_method():
    labels, scores = normal_scores(np.random.default_rng(2), 40_000, 20_000)
    cut = norm.isf(0.1)
    slope = norm.pdf(cut - 1) / norm.pdf(cut)
    y = norm.sf(cut - 1)
    expected = 2 * 1.96 * (y * (1 - y) / 40_000 + slope**2 * 0.1 * 0.9 / 20_000) ** 0.5
    curve = roc_curve(labels, scores)
    width = np.interp(0.1, curve.false_positive_rate, curve.high - curve.low)
    assert width == pytest.approx(expected, rel=0.1)


def test_one_row_a_group_is_the_result_without_groups():
    labels, scores = normal_scores(np.random.default_rng(3), 60, 90)
    alone, grouped = roc_curve(labels, scores), roc_curve(labels, scores, groups=np.arange(150))
    np.testing.assert_allclose(grouped.high, alone.high, atol=1e-12)
    np.testing.assert_allclose(grouped.low, alone.low, atol=1e-12)
    point = working_point(labels, scores, 0.5, groups=np.arange(150))
    assert point.background_interval == pytest.approx(working_point(labels, scores, 0.5).background_interval)


def test_rows_that_come_twice_tell_no_more_than_once():
    labels, scores = normal_scores(np.random.default_rng(4), 200, 300)
    once = working_point(labels, scores, 0.5).background_interval
    twice = [np.repeat(values, 2) for values in (labels, scores)]
    grouped = working_point(*twice, 0.5, groups=np.repeat(np.arange(500), 2)).background_interval
    naive = working_point(*twice, 0.5).background_interval
    assert grouped == pytest.approx(once, abs=0.01)
    assert naive[1] - naive[0] < 0.8 * (once[1] - once[0])


def test_rows_that_are_all_alike_are_worth_one_a_group_less_what_few_groups_tell():
    code = np.repeat(np.arange(8), 25)
    alike = ClassInGroups(code.astype(float), code, 8)
    t = stdtrit(199, 0.975) / stdtrit(7, 0.975)
    for cut in (3, 7, 100):
        assert alike.effective_size(cut, 0.95) == pytest.approx(8 * t**2)
    single = ClassInGroups(code.astype(float), np.arange(200), 200)
    assert single.effective_size(3, 0.95) == pytest.approx(200)


def test_where_no_row_passes_ranks_tell_how_alike_a_group_is():
    rng = np.random.default_rng(12)
    code = np.repeat(np.arange(40), 10)
    own, shared = rng.normal(size=400), rng.normal(size=40)[code]
    apart, alike = (ClassInGroups(scores, code, 40).effective_size(99, 0.95) for scores in (own, own + 2 * shared))
    assert apart > 200
    assert alike < 80


def test_groups_that_move_both_classes_together_blur_the_curve_less_than_those_that_move_them_apart():
    rng = np.random.default_rng(5)
    labels, groups = np.repeat([1, 0], [600, 600]), np.tile(np.arange(60), 20)
    own, moved = rng.normal(size=1200) + labels, rng.normal(size=60)[groups]
    together = roc_curve(labels, own + moved, groups=groups)
    apart = roc_curve(labels, own + np.where(labels == 1, 1, -1) * moved, groups=groups)
    assert np.mean(together.high - together.low) < 0.7 * np.mean(apart.high - apart.low)


def test_a_cut_keeps_the_signal_its_interval_says():
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(400):
        labels, scores = np.repeat([1, 0], [60, 5]), rng.random(65)
        point = working_point(labels, scores, 0.3)
        low, high = point.signal_interval
        held += low <= 1 - point.threshold <= high
    assert 0.93 <= held / 400 <= 0.99


CHOSEN = [
    case
    for case in curves.cases()
    if (case.population, case.m, case.n)
    in {
        ("normal, shift 1, width 1", 1000, 5000),
        ("exponential, ratio 10, mirrored", 300, 300),
        ("normal in steps of 0.1", 300, 300),
        ("groups of 10, apart", 300, 300),
    }
]


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: f"{case.population}, {case.m}+{case.n}")
def test_the_limits_hold_the_truth(case):
    for row in curves.run(rounds=50, seed=3, chosen=[case]):
        if row.method == "shown":
            # Three standard deviations of 50 trials below 0.95.
            assert row.covered >= 0.95 - 3 * (0.95 * 0.05 / 50) ** 0.5, row


def test_an_interval_for_one_fixed_cut_would_not_hold_it():
    (case,) = (case for case in CHOSEN if case.population == "normal, shift 1, width 1")
    for row in curves.run(rounds=30, seed=3, chosen=[case]):
        if row.method == "Clopper-Pearson" and row.quantity.startswith("background"):
            assert row.covered < 0.9, row


@pytest.mark.parametrize(
    ("labels", "scores", "error", "says"),
    [
        ([1, 1, 1], [1, 2, 3], OneClassError, "got 3 positives and 0 negatives"),
        ([0, 1], [1, 2, 3], ScoringError, "scores need 2 rows"),
        ([0, 1], [[1, 2], [3, 4]], LengthError, "one score a row, got 2"),
        ([0, 1, 2], [1, 2, 3], LabelError, "row 2 has"),
        ([0, 1, 0], [1, np.nan, 3], NotFiniteError, "row 1 has"),
    ],
)
@pytest.mark.parametrize("function", [roc_curve, lambda y, s: working_point(y, s, 0.5)], ids=["curve", "point"])
def test_bad_input_is_named(function, labels, scores, error, says):
    with pytest.raises(error, match=says):
        function(labels, scores)


def test_what_cannot_be_asked_is_named():
    labels, scores = np.array([0, 0, 1, 1]), np.arange(4.0)
    with pytest.raises(ScoringError, match="max_points must be 2 or more, got 1"):
        roc_curve(labels, scores, max_points=1)
    with pytest.raises(ScoringError, match="confidence level lies between 0 and 1, got 95"):
        roc_curve(labels, scores, level=95)
    with pytest.raises(ScoringError, match="signal efficiency lies between 0 and 1, got 30"):
        working_point(labels, scores, 30)
    with pytest.raises(GroupError, match=r"expected shape \(4,\), got \(2,\)"):
        roc_curve(labels, scores, groups=[1, 2])
    with pytest.raises(OneClassError, match="at least 2 groups, got 1 and 2"):
        working_point(labels, scores, 0.5, groups=["a", "b", "c", "c"])
