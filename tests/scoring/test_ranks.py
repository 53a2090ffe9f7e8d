"""Comparisons and rank sets: never surer than the rows allow, and right as often as they say."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from benchmarks.simulations import ranks as simulation
from benchmarks.simulations.ranks import Case
from scoring import ranks
from scoring.estimate import Metric, from_influence
from scoring.ranks import compare, rank_sets
from scoring.roc import delong
from scoring.validate import ScoringError

COST = Metric("cost", 1, "cost", "numbers", greater_is_better=False, low=-np.inf, high=np.inf)


def means(rows, metric=COST, groups=None):
    """Return the estimate of the means of k columns."""
    rows = np.asarray(rows, float)
    return from_influence(metric, rows.mean(axis=0), rows - rows.mean(axis=0), groups)


def areas(shifts, m=200, n=200, seed=0):
    """Return the AUCs of models that move the positives by so much; half of their noise is the same."""
    rng = np.random.default_rng(seed)
    label = np.repeat([1, 0], [m, n])
    noise = rng.normal(size=(m + n, 1)) + rng.normal(size=(m + n, len(shifts)))
    return delong(label, label[:, None] * np.array(shifts) + noise)


@st.composite
def tied_areas(draw):
    """Draw the AUCs of a few models on few rows, with many ties, perfect and constant answers among them."""
    n = draw(st.integers(4, 30))
    label = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 2 <= sum(y) <= n - 2)))
    k = draw(st.integers(1, 6))
    scores = np.array(draw(st.lists(st.integers(0, 3), min_size=n * k, max_size=n * k)), float).reshape(n, k)
    return delong(label, np.column_stack([scores, label, np.zeros(n)]))


def test_z_is_the_difference_over_delongs_standard_error():
    estimate = areas([1.5, 1.0], m=2000, n=2000)
    found = compare(estimate)
    assert found.difference == estimate.value[0] - estimate.value[1]
    assert found.z == pytest.approx(found.difference / estimate.difference_error(), rel=0.01)


def test_few_rows_never_say_more_than_delongs_standard_error():
    for seed in range(20):
        estimate = areas([2.5, 1.0], m=12, n=12, seed=seed)
        found = compare(estimate)
        assert abs(found.z) <= abs(found.difference) / estimate.difference_error()


def test_for_means_it_is_the_paired_t_test():
    rows = np.random.default_rng(1).normal([0.4, 0], size=(16, 2))
    theirs = ttest_rel(rows[:, 0], rows[:, 1])
    ours = compare(means(rows))
    assert (ours.z, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
    limits = theirs.confidence_interval(0.95)
    assert ours.interval == pytest.approx((limits.low, limits.high))


@given(tied_areas())
def test_every_comparison_is_finite_within_the_range_and_mirrored(estimate):
    last = len(estimate.value) - 1
    for i, j in ((0, 0), (0, last), (0, last - 1), (last, last - 1)):
        found, back = compare(estimate, i, j), compare(estimate, j, i)
        low, high = found.interval
        assert -1 <= low <= found.difference <= high <= 1
        assert 0 <= found.p_value <= 1
        assert abs(found.z) <= min(estimate.sizes) * (1 + 1e-12)
        assert (back.difference, back.z, back.p_value) == (-found.difference, -found.z, found.p_value)
        assert back.interval == (-high, -low)


def test_identical_submissions_do_not_differ():
    estimate = areas([1.0])
    found = compare(estimate, 0, 0)
    assert (found.difference, found.z, found.p_value) == (0, 0, 1)
    assert max(np.abs(found.interval)) < 1e-5 * estimate.standard_error[0]


@pytest.mark.parametrize(("size", "significant"), [(2, False), (50, True)])
def test_a_difference_without_variance_is_as_sure_as_the_rows_are_many(size, significant):
    label = np.repeat([1, 0], size)
    estimate = delong(label, np.column_stack([label, np.zeros(2 * size)]))
    assert not estimate.covariance.any()
    found = compare(estimate)
    assert found.difference == 0.5
    assert 0 < found.z <= size
    assert (found.p_value < 0.001) == significant


def test_two_perfect_answers_do_not_differ_but_may():
    label = np.repeat([1, 0], 30)
    found = compare(delong(label, np.column_stack([label, 2 * label])))
    assert (found.difference, found.p_value) == (0, 1)
    assert found.interval[0] < -0.03 < 0.03 < found.interval[1]


def test_rows_that_all_show_the_same_difference_count_as_often_as_they_are():
    rows = np.add.outer(np.random.default_rng(2).normal(size=20), [0, 1])
    assert compare(means(rows)).z == pytest.approx(-20)


@pytest.mark.parametrize("seed", range(8))
def test_a_difference_whose_variance_is_lost_to_rounding_is_not_significant(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=1000)
    found = compare(means(np.column_stack([rows, rows + 1e-10 * rng.normal(size=1000)])))
    assert found.difference != 0
    assert found.p_value > 0.4


def test_groups_of_unequal_sizes_count_for_fewer():
    rows = np.random.default_rng(3).normal(size=(60, 2))
    even, uneven = np.arange(60) // 10, np.repeat(np.arange(6), [35, 5, 5, 5, 5, 5])
    assert means(rows, groups=even).units == (6,)
    assert means(rows, groups=uneven).units == (60**2 / (35**2 + 5 * 5**2),)
    few, many = (replace(means(rows, groups=even), units=(units,)) for units in (2.7, 6.0))
    assert compare(few).p_value > compare(many).p_value


@pytest.mark.parametrize(("i", "j"), [(0, 2), (-1, 0)])
def test_a_set_of_predictions_that_is_not_there_is_named(i, j):
    with pytest.raises(ScoringError, match=f"from 0 to 1, got {i} and {j}"):
        compare(areas([1, 2]), i, j)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95])
def test_a_level_is_between_0_and_1(level):
    for function in (compare, rank_sets):
        with pytest.raises(ScoringError, match="level"):
            function(areas([1, 2]), level=level)


def test_levels_beyond_the_draws_are_refused():
    with pytest.raises(ScoringError, match=r"up to 0\.9995, got 0\.9999"):
        rank_sets(areas([1, 2]), level=0.9999)


def test_one_unit_compares_nothing():
    lonely = replace(areas([1, 2]), units=(1.0, 200.0))
    for function in (compare, rank_sets):
        with pytest.raises(ScoringError, match="at least 2 independent units, got 1"):
            function(lonely)


def test_one_alone_is_first_and_two_are_apart_or_not():
    assert rank_sets(areas([1])).tolist() == [[1, 1]]
    assert rank_sets(areas([1, 1.01])).tolist() == [[1, 2], [1, 2]]
    assert rank_sets(areas([0, 2])).tolist() == [[2, 2], [1, 1]]


def test_what_is_clearly_apart_has_one_rank_each():
    assert rank_sets(areas([1.5, 4.5, 0, 3])).tolist() == [[3, 3], [1, 1], [4, 4], [2, 2]]


@given(tied_areas())
@settings(max_examples=30)
def test_the_rank_by_value_lies_in_its_set_and_identical_submissions_tie(estimate):
    estimate = ranks._only(estimate, [*range(len(estimate.value)), 0])
    sets = rank_sets(estimate)
    best = 1 + (estimate.value > estimate.value[:, None]).sum(axis=1)
    worst = (estimate.value >= estimate.value[:, None]).sum(axis=1)
    assert (sets[:, 0] <= best).all()
    assert (sets[:, 1] >= worst).all()
    assert sets[0].tolist() == sets[-1].tolist()


def test_the_direction_of_the_metric_turns_the_sets_round():
    greater = areas([0, 0.1, 1, 2])
    lower = replace(greater, metric=replace(greater.metric, greater_is_better=False))
    assert (rank_sets(lower) == 5 - rank_sets(greater)[:, ::-1]).all()
    assert rank_sets(greater)[3].tolist() == [1, 1]


def test_more_submissions_than_rows_have_rank_sets():
    estimate = areas([0] * 30 + [3] * 30, m=10, n=10)
    assert np.linalg.matrix_rank(estimate.covariance) < 20
    sets = rank_sets(estimate)
    assert (sets[:, 0] <= sets[:, 1]).all()
    assert sets.min() == 1
    assert sets.max() == 60


def test_stepping_down_finds_more_than_one_step(monkeypatch):
    estimate = areas(np.linspace(0, 3, 12), m=100, n=100)
    stepped = rank_sets(estimate)
    critical = []

    def only_once(*arguments):
        critical.append(largest(*arguments))
        return critical[0]

    largest = ranks._largest
    monkeypatch.setattr(ranks, "_largest", only_once)
    single = rank_sets(estimate)
    assert critical[1] < critical[0]
    assert (single[:, 0] <= stepped[:, 0]).all()
    assert (single[:, 1] >= stepped[:, 1]).all()
    assert (single != stepped).any()


def test_a_higher_level_gives_wider_sets_and_each_gives_the_same_again():
    estimate = areas(np.linspace(0, 1, 8))
    narrow, wide = rank_sets(estimate, 0.5), rank_sets(estimate, 0.999)
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (wide[:, 1] >= narrow[:, 1]).all()
    assert (wide != narrow).any()
    assert (rank_sets(estimate, 0.5) == narrow).all()


def test_fewer_units_behind_the_same_errors_give_wider_sets():
    estimate = areas(np.linspace(0, 1, 8))
    many, few = (rank_sets(replace(estimate, units=(units,), sizes=())) for units in (10_000, 6))
    assert (few[:, 0] <= many[:, 0]).all()
    assert (few[:, 1] >= many[:, 1]).all()
    assert (few != many).any()


def test_three_hundred_teams_need_little_memory():
    estimate = areas(np.linspace(0, 2, 300), m=50, n=50)
    tracemalloc.start()
    sets = rank_sets(estimate)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sets.shape == (300, 2)
    assert peak < 50e6


@pytest.mark.parametrize(
    "case",
    [
        Case((0.8,) * 5, 100, 100, 0.7),
        pytest.param(Case((0.8,) * 20, 30, 300, 0.7), marks=pytest.mark.proof),
        Case((0.75, 0.75, 0.8, 0.8, 0.85, 0.85), 200, 200, 0.7),
        Case((0.8,) * 5, 300, 300, 0.7, (10,) * 60),
        pytest.param(Case((0.7,) * 20, 60, 60, 0.7, (10,) * 12), marks=pytest.mark.proof),
        *simulation.unequal(),
        *simulation.small_class(),
    ],
)
def test_all_true_ranks_are_held_at_once(case):
    (row,) = simulation.run(300, seed=4, of=[case])
    noise = np.sqrt(0.05 * 0.95 / row.rounds)
    assert row.coverage > 0.95 - 3 * noise
    assert row.difference_coverage > 0.95 - 3 * noise


def test_more_submissions_than_groups_are_still_nearly_always_ranked_rightly():
    """Twenty equals on eight groups, where a covariance as estimated would promise 95% and hold 82%."""
    rng = np.random.default_rng(6)
    held = [rank_sets(means(rng.normal(size=(8, 20)))).tolist() == [[1, 20]] * 20 for _ in range(300)]
    assert np.mean(held) > 0.88


def test_rank_sets_are_narrow_where_the_rows_are_many():
    (row,) = simulation.run(20, seed=5, of=[Case((0.7, 0.75, 0.8, 0.85), 2000, 2000, 0.7)])
    assert row.coverage == 1
    assert row.mean_ranks == 1
