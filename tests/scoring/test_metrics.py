"""What every metric must do: best for the answers, joint for k models, clustered by groups, blind to order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.classification import ACCURACY, F1, accuracy, f1
from scoring.detection import DETECTION_RATE, detection_rate
from scoring.estimate import Estimate, Metric
from scoring.images import PSNR, SSIM, psnr, ssim
from scoring.interval import interval
from scoring.regression import MSE, NORMALISED_LOG_MSE, NORMALISED_MSE, mse, normalised_log_mse, normalised_mse
from scoring.text import CHARACTER_ERROR_RATE, WORD_ERROR_RATE, character_error_rate, word_error_rate
from scoring.validate import GroupError

Rng = np.random.Generator
WORDS = np.array(["la", "casa", "del", "mar", "iuez", "viento", "y"])


@dataclass(frozen=True)
class Sample:
    """A metric with a truth of n rows, and predictions that are the worse the more noise."""

    metric: Metric
    compute: Callable[..., Estimate]
    truth: Callable[[Rng, int], np.ndarray]
    predict: Callable[[Rng, np.ndarray, float], np.ndarray]
    best: float


def _replace(rng: Rng, truth: np.ndarray, noise: float, others: np.ndarray) -> np.ndarray:
    return np.where(rng.random(truth.shape) < noise, rng.choice(others, truth.shape), truth)


def _add(rng: Rng, truth: np.ndarray, noise: float) -> np.ndarray:
    return truth + noise * rng.normal(size=truth.shape)


def _misread(rng: Rng, truth: np.ndarray, noise: float) -> np.ndarray:
    def line(text: str) -> str:
        return "".join("?" * (letter != " ") + letter if rng.random() < noise else letter for letter in text)

    return np.array([line(text) for text in truth])


def _lines(rng: Rng, n: int) -> np.ndarray:
    return np.array([" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(n)])


def _classes(rng: Rng, n: int) -> np.ndarray:
    return np.resize(np.array(["no", "cdm", "axion"]), n)[rng.permutation(n)]


def _labels(rng: Rng, n: int) -> np.ndarray:
    return rng.permutation(np.arange(n) % 3 == 0).astype(int)


SAMPLES = [
    Sample(MSE, mse, lambda rng, n: rng.normal(size=(n, 2)), _add, 0.0),
    Sample(
        NORMALISED_MSE, partial(normalised_mse, variance=[1.0, 4.0]), lambda rng, n: rng.normal(size=(n, 2)), _add, 0.0
    ),
    Sample(
        NORMALISED_LOG_MSE,
        partial(normalised_log_mse, variance=[1.0, 4.0]),
        lambda rng, n: np.exp(rng.normal(size=(n, 2))),
        lambda rng, truth, noise: truth * np.exp(noise * rng.normal(size=truth.shape)),
        0.0,
    ),
    Sample(PSNR, psnr, lambda rng, n: rng.random((n, 5, 6)), _add, 100.0),
    Sample(SSIM, ssim, lambda rng, n: rng.random((n, 12, 13)), _add, 1.0),
    Sample(CHARACTER_ERROR_RATE, character_error_rate, _lines, _misread, 0.0),
    Sample(WORD_ERROR_RATE, word_error_rate, _lines, _misread, 0.0),
    Sample(ACCURACY, accuracy, _classes, partial(_replace, others=np.array(["no", "cdm"])), 1.0),
    Sample(F1, f1, _classes, partial(_replace, others=np.array(["no", "cdm"])), 1.0),
    Sample(DETECTION_RATE, partial(detection_rate, false_alarm_rate=0.1), _labels, _add, 1.0),
]
every_metric = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.metric.name)


def draw(sample: Sample, n: int = 90, noises: tuple[float, ...] = (0.3, 0.6)) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(1)
    truth = sample.truth(rng, n)
    return truth, [sample.predict(rng, truth, noise) for noise in noises]


@every_metric
def test_the_answers_have_the_best_score(sample):
    truth, _ = draw(sample)
    found = sample.compute(truth, truth)
    assert found.value.tolist() == [sample.best]
    assert str(found.metric) == f"{sample.metric.name}/1"
    assert found.standard_error.tolist() == [0.0]


@every_metric
def test_the_direction_is_the_declared_one(sample):
    truth, predictions = draw(sample, noises=(0.3, 0.6, 0.95))
    value = sample.compute(truth, predictions).value
    better = np.diff(value) < 0 if sample.metric.greater_is_better else np.diff(value) > 0
    assert better.all()
    assert ((sample.metric.low <= value) & (value <= sample.metric.high)).all()


@every_metric
def test_k_models_at_once_are_each_alone(sample):
    truth, predictions = draw(sample)
    found = sample.compute(truth, predictions)
    for model, prediction in enumerate(predictions):
        alone = sample.compute(truth, prediction)
        assert alone.value[0] == found.value[model]
        assert alone.covariance[0, 0] == pytest.approx(found.covariance[model, model])
        assert alone.design_effect[0] == pytest.approx(found.design_effect[model])
        assert alone.exact == found.exact[model : model + 1]
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12


@every_metric
def test_identical_models_do_not_differ(sample):
    truth, (first, _) = draw(sample)
    assert sample.compute(truth, (first, first)).difference_error() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("sample", SAMPLES[:-1], ids=lambda sample: sample.metric.name)
def test_the_covariance_is_that_of_the_jackknife(sample, grouped):
    """A threshold has no jackknife: the detection rate is resimulated below."""
    truth, predictions = draw(sample, 150)
    groups = np.random.default_rng(2).integers(0, 50, 150) if grouped else np.arange(150)
    left_out = np.array(
        [sample.compute(truth[keep], [one[keep] for one in predictions]).value for keep in _all_but_one(groups)]
    )
    centred = left_out - left_out.mean(axis=0)
    expected = (1 - 1 / len(centred)) * centred.T @ centred
    found = sample.compute(truth, predictions, groups=groups).covariance
    np.testing.assert_allclose(found, expected, rtol=0.1, atol=0.02 * expected.max())


def _all_but_one(groups: np.ndarray) -> list[np.ndarray]:
    return [groups != group for group in np.unique(groups)]


def test_a_detection_rate_varies_as_its_covariance_says():
    rng = np.random.default_rng(3)
    labels = np.arange(600) < 200
    found = []
    for _ in range(400):
        first = rng.normal(size=600) + 1.5 * labels
        found.append(detection_rate(labels, [first, first + rng.normal(size=600)], 0.05))
    expected = np.cov(np.array([one.value for one in found]).T)
    np.testing.assert_allclose(np.mean([one.covariance for one in found], axis=0), expected, rtol=0.2)


def test_what_a_group_adds_to_signal_and_threshold_alike_cancels():
    rng = np.random.default_rng(7)
    labels, groups = np.arange(600) % 3 == 0, np.arange(600) // 6
    found = []
    for _ in range(300):
        scores = rng.normal(size=600) + 1.5 * labels + rng.normal(size=100)[groups]
        found.append(detection_rate(labels, scores, 0.1, groups))
    expected = np.std([one.value[0] for one in found])
    assert np.mean([one.standard_error[0] for one in found]) == pytest.approx(expected, rel=0.15)


def test_a_squared_error_varies_as_its_clustered_covariance_says():
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(60), np.arange(60) % 5 + 6)
    truth = np.zeros(len(groups))
    found = []
    for _ in range(600):
        errors = rng.normal(size=len(groups)) * np.exp(0.4 * rng.normal(size=60))[groups]
        found.append((mse(truth, errors, groups), mse(truth, errors)))
    expected = np.var([clustered.value[0] for clustered, _ in found])
    assert np.mean([clustered.covariance[0, 0] for clustered, _ in found]) == pytest.approx(expected, rel=0.15)
    assert np.mean([rowwise.covariance[0, 0] for _, rowwise in found]) < 0.7 * expected


@every_metric
def test_the_order_of_rows_changes_nothing(sample):
    truth, predictions = draw(sample)
    groups = np.random.default_rng(5).integers(0, 20, len(truth))
    order = np.random.default_rng(6).permutation(len(truth))
    found = sample.compute(truth, predictions, groups=groups)
    moved = sample.compute(truth[order], [one[order] for one in predictions], groups=groups[order])
    np.testing.assert_allclose(moved.value, found.value, rtol=1e-12)
    np.testing.assert_allclose(moved.covariance, found.covariance, rtol=1e-9)
    np.testing.assert_allclose(moved.design_effect, found.design_effect, rtol=1e-9)
    assert moved.exact == found.exact


@every_metric
def test_one_row_a_group_is_no_group(sample):
    truth, predictions = draw(sample)
    plain = sample.compute(truth, predictions)
    grouped = sample.compute(truth, predictions, groups=[f"row {row}" for row in range(len(truth))])
    np.testing.assert_allclose(grouped.covariance, plain.covariance, rtol=1e-12)
    np.testing.assert_allclose(interval(grouped), interval(plain), rtol=1e-12)


@every_metric
def test_every_row_twice_as_a_group_is_as_uncertain_as_once(sample):
    truth, (_, noisy) = draw(sample, 240)
    once = sample.compute(truth, noisy)
    twice = sample.compute(np.repeat(truth, 2, axis=0), np.repeat(noisy, 2, axis=0), groups=np.arange(480) // 2)
    np.testing.assert_allclose(twice.value, once.value, rtol=1e-12)
    np.testing.assert_allclose(twice.standard_error, once.standard_error, rtol=0.15)
    np.testing.assert_allclose(np.diff(interval(twice)), np.diff(interval(once)), rtol=0.15)


@every_metric
def test_the_interval_of_the_answers_is_finite_and_says_that_rows_are_few(sample):
    truth, _ = draw(sample)
    low, high = interval(sample.compute(truth, truth))[0]
    assert sample.metric.low <= low <= sample.best <= high <= sample.metric.high
    assert 0 < high - low < np.inf


@every_metric
def test_groups_that_do_not_fit_are_named(sample):
    truth, (first, _) = draw(sample)
    with pytest.raises(GroupError, match="one entry a row"):
        sample.compute(truth, first, groups=[1, 2, 3])
    with pytest.raises(GroupError, match="at least 2 groups"):
        sample.compute(truth, first, groups=np.zeros(len(truth), int))
    with pytest.raises(GroupError, match="every row needs a group; row 1 has "):
        sample.compute(truth, first, groups=["a", "", *"b" * (len(truth) - 2)])


@given(st.data())
def test_an_interval_holds_the_value_and_stays_in_the_range(data):
    limits = [(0.0, 1.0), (-1.0, 1.0), (0.0, np.inf), (-np.inf, 100.0), (-np.inf, np.inf)]
    low, high = data.draw(st.sampled_from(limits))
    value = data.draw(st.floats(max(low, -1e6), min(high, 1e6)))
    metric = Metric("any", 1, "any", "numbers", low=low, high=high)
    error = data.draw(st.one_of(st.just(0.0), st.floats(1e-18, 10.0)))
    units = data.draw(st.floats(1, 10**6, exclude_min=True))
    found = Estimate(metric, np.array([value]), np.array([[error**2]]), (units,), (), (), np.ones(1))
    bottom, top = interval(found, data.draw(st.sampled_from([0.5, 0.95, 0.9999999])))[0]
    slack = 1e-9 * max(1.0, abs(value))
    assert low - slack <= bottom <= value + slack
    assert value - slack <= top <= high + slack


@given(st.data())
def test_the_interval_of_a_proportion_holds_it(data):
    size = data.draw(st.integers(2, 10**6))
    value = data.draw(st.integers(0, size)) / size
    effect, units = data.draw(st.floats(0.01, 1e6)), data.draw(st.floats(1, 10**6))
    found = Estimate(ACCURACY, np.array([value]), np.zeros((1, 1)), (units,), (size,), (), np.array([effect]))
    low, high = interval(found)[0]
    assert 0 <= low <= value <= high <= 1
    assert low < high
