"""What a holdout will be able to tell apart: the promise is kept by simulation."""

from statistics import NormalDist

import numpy as np
import pytest

from scoring.estimate import Estimate
from scoring.interval import interval
from scoring.planning import best_of, planned, resolvable_gap, units_for
from scoring.roc import delong
from scoring.validate import OneClassError, ScoringError


def two_teams(rng, aucs, m, n, correlation):
    """Draw labels and the scores of two teams, which correlate within each class."""
    labels = np.r_[np.ones(m), np.zeros(n)]
    shift = np.array([2**0.5 * NormalDist().inv_cdf(auc) for auc in aucs])
    common, own = rng.normal(size=(m + n, 1)), rng.normal(size=(m + n, 2))
    return labels, correlation**0.5 * common + (1 - correlation) ** 0.5 * own + shift * labels[:, None]


def correlation_of_aucs(estimate: Estimate) -> float:
    return estimate.covariance[0, 1] / np.prod(estimate.standard_error)


@pytest.mark.parametrize(("auc", "m", "n"), [(0.75, 300, 300), (0.8, 200, 2000), (0.8, 2000, 200)])
def test_a_gap_of_that_size_is_found_four_times_in_five(auc, m, n):
    rng = np.random.default_rng(5)
    alike = [correlation_of_aucs(delong(*two_teams(rng, (auc, auc), m, n, 0.5))) for _ in range(20)]
    gap = resolvable_gap(planned(auc, m, n), correlation=float(np.mean(alike)))
    z = []
    for _ in range(600):
        found = delong(*two_teams(rng, (auc - gap / 2, auc + gap / 2), m, n, 0.5))
        z.append((found.value[1] - found.value[0]) / found.difference_error())
    # Three standard deviations of 600 trials are 0.05; the planned variance is a little large.
    assert 0.76 <= np.mean(np.array(z) > 1.96) <= 0.87


@pytest.mark.parametrize(("auc", "m", "n"), [(0.7, 100, 100), (0.8, 200, 2000), (0.8, 2000, 200), (0.6, 500, 100)])
def test_the_planned_error_is_the_one_found_later(auc, m, n):
    rng = np.random.default_rng(6)
    found = [delong(*two_teams(rng, (auc, auc), m, n, 0.5)).standard_error[0] for _ in range(40)]
    assert planned(auc, m, n).standard_error[0] == pytest.approx(np.mean(found), rel=0.06)


def test_near_one_the_plan_is_on_the_safe_side():
    rng = np.random.default_rng(7)
    found = [delong(*two_teams(rng, (0.97, 0.97), 300, 300, 0.5)).standard_error[0] for _ in range(40)]
    assert planned(0.97, 300, 300).standard_error[0] > np.mean(found)


def test_which_class_is_called_positive_changes_nothing():
    assert planned(0.8, 50, 900).covariance == planned(0.8, 900, 50).covariance


def test_groups_that_repeat_each_row_are_worth_one_row():
    once, doubled = planned(0.8, 300, 300), planned(0.8, 600, 600, design_effect=2)
    assert doubled.standard_error == pytest.approx(once.standard_error, rel=1e-3)
    assert interval(doubled)[0] == pytest.approx(interval(once)[0], abs=1e-4)


def test_the_gap_shrinks_with_the_root_of_the_rows_and_grows_with_what_is_asked():
    estimate = planned(0.8, 500, 500)
    assert resolvable_gap(planned(0.8, 2000, 2000)) == pytest.approx(resolvable_gap(estimate) / 2, rel=0.01)
    assert resolvable_gap(estimate, power=0.9) > resolvable_gap(estimate)
    assert resolvable_gap(estimate, level=0.99) > resolvable_gap(estimate)
    assert resolvable_gap(estimate, correlation=0.9) < resolvable_gap(estimate)
    expected = (1.959964 + 0.841621) * estimate.standard_error[0] * (2 * (1 - 0.3)) ** 0.5
    assert resolvable_gap(estimate, correlation=0.3) == pytest.approx(expected, rel=1e-6)


def test_a_measured_estimate_gives_a_gap_as_well():
    rng = np.random.default_rng(8)
    labels, scores = two_teams(rng, (0.8, 0.8), 400, 400, 0.5)
    assert resolvable_gap(delong(labels, scores[:, 0])) == pytest.approx(
        resolvable_gap(planned(0.8, 400, 400)), rel=0.1
    )
    with pytest.raises(ScoringError, match="estimate of one value, got one of 2"):
        resolvable_gap(delong(labels, scores))


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((1.0, 10, 10), ScoringError, "expected AUC lies between 0 and 1, got 1.0"),
        ((float("nan"), 10, 10), ScoringError, "expected AUC lies between 0 and 1, got nan"),
        ((0.8, 1, 10), OneClassError, "got 1 positives and 10 negatives"),
        ((0.8, 10, 10, 0), ScoringError, "design effect is a positive number, got 0"),
        ((0.8, 10, 10, float("inf")), ScoringError, "design effect is a positive number, got inf"),
    ],
)
def test_a_plan_that_cannot_be_is_named(arguments, error, says):
    with pytest.raises(error, match=says):
        planned(*arguments)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"correlation": 1.0}, "correlation of two teams .* got 1.0"),
        ({"correlation": -1.1}, "correlation of two teams .* got -1.1"),
        ({"power": 1.0}, "a power lies between 0 and 1, got 1.0"),
        ({"level": 95}, "a confidence level lies between 0 and 1, got 95"),
    ],
)
def test_what_cannot_be_asked_is_named(options, says):
    with pytest.raises(ScoringError, match=says):
        resolvable_gap(planned(0.8, 100, 100), **options)


def test_the_best_of_random_files_gains_what_is_told_on_a_slice_of_the_size_that_is_told():
    """Thirty random files on that many units gain the limit, on average over forty slices."""
    rng = np.random.default_rng(6)
    n = units_for(0.04, best_of(30))
    label = np.arange(n) % 2
    best = [delong(label, rng.normal(size=(n, 30))).value.max() - 0.5 for _ in range(40)]
    assert np.mean(best) == pytest.approx(0.04, abs=0.005)


@pytest.mark.parametrize("files", [1, 2, 30, 150])
def test_the_best_of_some_is_the_mean_of_the_largest(files):
    draws = np.random.default_rng(7).normal(size=(20_000, files)).max(axis=1)
    assert best_of(files) == pytest.approx(draws.mean(), abs=0.03)


def test_more_files_and_a_smaller_limit_ask_for_more_units():
    assert units_for(0.04, best_of(150)) > units_for(0.04, best_of(30)) > units_for(0.08, best_of(30))
    assert units_for(0.04, 2.0) > units_for(0.04, 2.0, auc=0.9)


@pytest.mark.parametrize("files", [0, -1, 1.5])
def test_no_file_has_no_best(files):
    with pytest.raises(ScoringError, match="one file or more"):
        best_of(files)


@pytest.mark.parametrize(("limit", "gain"), [(0, 2), (0.04, 0), (-1, 1), (float("nan"), 1)])
def test_a_size_is_planned_for_a_positive_limit_and_gain(limit, gain):
    with pytest.raises(ScoringError, match="positive"):
        units_for(limit, gain)
