"""Intervals of the metrics other than ROC-AUC: they cover, and they stay sensible where nothing varies."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import stdtrit

from benchmarks.simulations.other_metrics import cases, hard_cases, run
from scoring.classification import accuracy, f1
from scoring.detection import detection_rate
from scoring.interval import interval
from scoring.ranks import compare
from scoring.regression import mse
from scoring.text import character_error_rate
from scoring.validate import ScoringError

CASES = cases()
ROUNDS = 120


@pytest.mark.parametrize("case", CASES[::9], ids=lambda case: f"{case.metric}, {case.population}, {case.size}")
def test_the_interval_covers(case):
    (row,) = run(ROUNDS, seed=1, chosen=[case])
    assert row.covered + row.above + row.below == pytest.approx(1)
    assert row.covered >= 0.89  # below 0.93 by less than two standard errors of so few rounds
    assert 0 < row.width < np.inf


def test_the_grid_holds_every_metric_and_no_case_twice():
    names = [(case.metric, case.population, case.size) for case in CASES + hard_cases()]
    assert len(set(names)) == len(names)
    assert {case.metric for case in CASES} == {
        "accuracy", "character_error_rate", "detection_rate", "f1", "mse", "normalised_mse", "psnr", "ssim",
    }  # fmt: skip


def test_a_case_gives_the_same_numbers_whatever_else_is_run():
    chosen = CASES[:2]
    assert run(20, seed=3, chosen=chosen)[1] == run(20, seed=3, chosen=chosen[1:])[0]


def test_a_detection_rate_without_its_thresholds_uncertainty_does_not_cover():
    case = next(case for case in CASES if case.population == "0.7 at 0.05" and case.size.startswith("200 positives, 1"))
    fixed = replace(case, draw=lambda rng: replace(case.draw(rng), design_effect=np.ones(1)))
    assert run(ROUNDS, seed=1, chosen=[fixed])[0].covered < 0.75


def test_rows_that_are_alike_count_as_their_groups():
    groups = np.repeat(np.arange(16), 40)
    right = np.ones(640)
    few = interval(accuracy(right, right, groups))[0]
    many = interval(accuracy(right, right))[0]
    assert few[0] == pytest.approx(0.025 ** (1 / 16), abs=0.05)
    assert many[0] == pytest.approx(0.025 ** (1 / 640))
    assert few[1] == many[1] == 1


@pytest.mark.parametrize(("hits", "low", "high"), [(0, 0.0, 0.3085), (5, 0.1871, 0.8129), (10, 0.6915, 1.0)])
def test_an_accuracy_has_the_exact_interval(hits, low, high):
    """Limits of Clopper and Pearson's tables for n = 10."""
    found = interval(accuracy(np.ones(10), np.arange(10) < hits))[0]
    assert found.tolist() == pytest.approx([low, high], abs=5e-5)


def test_few_groups_widen_the_interval_of_a_proportion():
    found = accuracy(np.ones(400), np.arange(400) % 4 > 0, np.arange(400) // 4)
    few = replace(found, units=(5.0,))
    assert np.diff(interval(few)) > 1.3 * np.diff(interval(found))


def student_on_the_logarithm(estimate):
    value, error = estimate.value[0], estimate.standard_error[0]
    return value * np.exp(stdtrit(estimate.units[0] - 1, 0.975) * error / value * np.array([-1, 1]))


def test_values_near_a_limit_are_not_trusted_to_show_their_spread():
    spread_out = mse(np.zeros(40), np.exp(np.linspace(-2, 2, 40)))
    assert np.diff(interval(spread_out)) > 1.15 * np.diff(student_on_the_logarithm(spread_out))
    far_off = mse(np.zeros(40), np.linspace(0.99, 1.01, 40))
    np.testing.assert_allclose(interval(far_off)[0], student_on_the_logarithm(far_off), rtol=1e-4)


def test_a_perfect_f1_is_worth_what_its_rarest_class_is():
    truth = np.repeat(["no", "cdm", "axion"], [90, 60, 2])
    found = f1(truth, truth)
    assert found.units == (6,)
    assert interval(found)[0].tolist() == pytest.approx([0.025 ** (1 / 6), 1])


def test_no_error_in_any_line_still_leaves_an_error_rate():
    lines = ["la casa del mar"] * 584
    assert interval(character_error_rate(lines, lines))[0].tolist() == pytest.approx([0, 0.0063], abs=5e-5)


def test_rounding_is_not_taken_for_spread():
    low, high = interval(mse(np.zeros(30), np.full(30, 0.3)))[0]
    assert low == pytest.approx(0.09 * 0.025 ** (1 / 30))
    assert high == pytest.approx(0.09 + 0.91 * (1 - 0.025 ** (1 / 30)))


@pytest.mark.parametrize(("negatives", "rate", "judged"), [(99, 0.05, False), (100, 0.05, True), (400, 0.01, False)])
def test_a_threshold_of_fewer_than_five_false_alarms_says_nothing(negatives, rate, judged):
    labels = np.arange(50 + negatives) < 50
    scores = np.random.default_rng(1).normal(size=len(labels)) + 2 * labels
    found = detection_rate(labels, [scores, -scores], rate)
    assert 0 < found.value[0] < 1
    assert (interval(found)[0].tolist() == [0, 1]) != judged
    if not judged:
        with pytest.raises(ScoringError, match="at least 2 independent units, got 1"):
            compare(found)


def test_all_or_none_detected_is_uncertain_on_one_side():
    labels = np.arange(120) < 20
    for shift, limit in ((30, 1.0), (-30, 0.0)):
        scores = np.random.default_rng(1).normal(size=120) + shift * labels
        low, high = interval(detection_rate(labels, scores, 0.05))[0]
        assert limit in (low, high)
        assert high - low == pytest.approx(0.168, abs=0.005)
