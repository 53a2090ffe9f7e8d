"""How often the 95% intervals of the metrics other than ROC-AUC hold the truth, by seeded simulation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from statistics import NormalDist

import numpy as np

from scoring.classification import accuracy, f1
from scoring.detection import detection_rate
from scoring.estimate import Estimate
from scoring.images import WINDOW, psnr, ssim
from scoring.interval import interval
from scoring.regression import mse, normalised_mse
from scoring.text import character_error_rate

Rng = np.random.Generator


@dataclass(frozen=True)
class Case:
    """A population with a known true value, and a holdout drawn from it.

    Attributes
    ----------
    metric, population, size : str
        What is measured, on what, and how much of it; for the reader.
    truth : float
        What the interval should hold.
    draw : callable
        From a random generator to the estimate on a fresh holdout.
    """

    metric: str
    population: str
    size: str
    truth: float
    draw: Callable[[Rng], Estimate]


@dataclass(frozen=True)
class Row:
    """What a case gave: the shares of intervals that held the truth or lay above or below it, and the median width."""

    case: Case
    covered: float
    above: float
    below: float
    width: float


def run(rounds: int = 2000, seed: int = 1, chosen: list[Case] | None = None) -> list[Row]:
    """Draw each case ``rounds`` times; a case's numbers do not depend on which others are run."""
    return [_measure(case, rounds, seed) for case in (cases() if chosen is None else chosen)]


def cases() -> list[Case]:
    """Return the stated grid."""
    kinds = (_accuracies, _clustered_accuracies, _error_rates, _squared_errors, _images, _f1s, _detection_rates)
    return [case for kind in kinds for case in kind()]


def hard_cases() -> list[Case]:
    """Return populations so skewed that few rows do not show it: beyond what the intervals promise, but told."""

    def wild(rng: Rng) -> Estimate:
        return normalised_mse(np.zeros(200), np.exp(0.75 * rng.normal(size=200) - 0.5625), 1.0)

    def wilder(rng: Rng) -> Estimate:
        return normalised_mse(np.zeros((200, 3)), rng.standard_t(3, size=(200, 3)), np.ones(3))

    def rarely_failed(rng: Rng, n: int) -> np.ndarray:
        return np.where(rng.random(n) < 0.1, 5, rng.normal(30, 1, n))

    def rarely_exact(rng: Rng, n: int) -> np.ndarray:
        return np.where(rng.random(n) < 0.1, 120, rng.normal(30, 3, n))

    return [
        Case("normalised_mse", "log-normal squared errors, log ± 1.5", "200 rows", 1.0, wild),
        _psnr_case(
            "20 dB + exponential of 10 dB", 20, lambda rng, n: 20 + rng.exponential(10, n), 30 - 10 * np.exp(-8)
        ),
        Case("normalised_mse", "Student errors, 3 degrees of freedom", "200 rows", 3.0, wilder),
        _psnr_case("one in ten exact, else 30 ± 3 dB", 20, rarely_exact, 37.0),
        _psnr_case("one in ten fails at 5 dB, else 30 ± 1 dB", 12, rarely_failed, 27.5),
    ]


def _measure(case: Case, rounds: int, seed: int) -> Row:
    rng = np.random.default_rng([seed, *f"{case.metric} {case.population} {case.size}".encode()])
    low, high = np.array([interval(case.draw(rng))[0] for _ in range(rounds)]).T
    above, below = np.mean(low > case.truth), np.mean(high < case.truth)
    return Row(case, float(1 - above - below), float(above), float(below), float(np.median(high - low)))


def _accuracies() -> Iterator[Case]:
    for n, p in product((20, 50, 100, 300, 1000), (0.5, 0.7, 0.9, 0.97, 0.99)):

        def draw(rng: Rng, n=n, p=p) -> Estimate:
            return accuracy(np.ones(n), rng.random(n) < p)

        yield Case("accuracy", f"independent, p = {p}", f"{n} rows", p, draw)


def _clustered_accuracies() -> Iterator[Case]:
    """Rows of a group share their probability, beta distributed: ``alike`` is the correlation of two of its rows."""
    for n_groups, spread, alike, p in product((16, 50), (0.0, 0.8), (0.1, 0.5), (0.5, 0.9, 0.97)):

        def draw(rng: Rng, n_groups=n_groups, spread=spread, alike=alike, p=p) -> Estimate:
            group = np.repeat(np.arange(n_groups), _sizes(rng, n_groups, 10, spread))
            strength = 1 / alike - 1
            own = rng.beta(p * strength, (1 - p) * strength, n_groups)
            return accuracy(np.ones(len(group)), rng.random(len(group)) < own[group], group)

        size = f"{n_groups} groups of {'10' if not spread else 'about 10, uneven'}"
        yield Case("accuracy", f"correlation {alike}, p = {p}", size, p, draw)


def _error_rates() -> Iterator[Case]:
    """Pages or lines of uneven length; error rates spread by 0.8 of their mean from row to row."""
    for (n_rows, length, name), spread, rate in product(
        ((16, 1200, "pages"), (100, 34, "lines"), (500, 34, "lines")), (0.3, 0.8), (0.01, 0.07, 0.25)
    ):

        def draw(rng: Rng, n_rows=n_rows, length=length, spread=spread, rate=rate) -> Estimate:
            lengths = _sizes(rng, n_rows, length, spread)
            strength = (1 / rate - 1) / 0.8**2 - 1
            wrong = rng.binomial(lengths, rng.beta(strength * rate, strength * (1 - rate), n_rows))
            read = ["b" * bad + "a" * (long - bad) for bad, long in zip(wrong, lengths, strict=True)]
            return character_error_rate(["a" * long for long in lengths], read)

        yield Case("character_error_rate", f"rate {rate}, log-length ± {spread}", f"{n_rows} {name}", rate, draw)


def _squared_errors() -> Iterator[Case]:
    """Three targets, their errors from normal to heavy-tailed; then groups, even or not, each with an error its own."""
    for n, (name, residuals, truth) in product((50, 200, 1000), _RESIDUALS):

        def draw(rng: Rng, n=n, residuals=residuals) -> Estimate:
            return normalised_mse(np.zeros((n, 3)), residuals(rng, n), np.ones(3))

        yield Case("normalised_mse", name, f"{n} rows", truth, draw)
    for n_groups, spread in product((16, 50), (0.0, 0.8)):

        def draw(rng: Rng, n_groups=n_groups, spread=spread) -> Estimate:
            group = np.repeat(np.arange(n_groups), _sizes(rng, n_groups, 10, spread))
            scale = np.exp(0.4 * rng.normal(size=n_groups) - 0.16)
            return mse(np.zeros(len(group)), rng.normal(size=len(group)) * scale[group], group)

        yield Case("mse", f"group scale ± 0.4, log-size ± {spread}", f"{n_groups} groups", 1.0, draw)


_RESIDUALS = [
    ("normal errors", lambda rng, n: rng.normal(size=(n, 3)), 1.0),
    ("Student errors, 6 degrees of freedom", lambda rng, n: rng.standard_t(6, size=(n, 3)), 1.5),
    (
        "normal errors, log-variance of a row ± 1",
        lambda rng, n: rng.normal(size=(n, 3)) * np.exp(0.5 * rng.normal(size=(n, 1)) - 0.25),
        1.0,
    ),
]


def _images() -> Iterator[Case]:
    for n, (name, decibels, truth) in product((20, 100, 500), _DECIBELS):
        yield _psnr_case(name, n, decibels, truth)
    for n, noise in product((20, 100, 500), (0.005, 0.02, 0.15)):
        truth, predicted = _noisy_images(noise)

        def draw(rng: Rng, n=n, truth=truth, predicted=predicted) -> Estimate:
            chosen = rng.integers(0, len(truth), n)
            return ssim(truth[chosen], predicted[chosen])

        value = float(ssim(truth, predicted).value[0])
        yield Case("ssim", f"mean {value:.3f}, log-noise ± 0.7", f"{n} images", value, draw)


def _psnr_case(name: str, n: int, decibels: Callable[[Rng, int], np.ndarray], truth: float) -> Case:
    def draw(rng: Rng) -> Estimate:
        images = np.full((n, 1, 1), 0.5)
        return psnr(images, images + 10 ** (-decibels(rng, n)[:, None, None] / 20))

    return Case("psnr", name, f"{n} images", truth, draw)


_DECIBELS = [
    ("30 ± 3 dB", lambda rng, n: rng.normal(30, 3, n), 30.0),
    ("skewed: 20 dB + gamma of 10 ± 5 dB", lambda rng, n: 20 + rng.gamma(4, 2.5, n), 30.0),
    ("half exact, else 30 ± 3 dB", lambda rng, n: np.where(rng.random(n) < 0.5, 120, rng.normal(30, 3, n)), 65.0),
]


@cache
def _noisy_images(noise: float, n: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Return the population that images are drawn from, so that its mean is known exactly."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0.2, 0.8, WINDOW)
    truth = np.broadcast_to(ramp * ramp[:, None] ** 0.5, (n, WINDOW, WINDOW))
    scale = noise * np.exp(0.7 * rng.normal(size=(n, 1, 1)))
    return truth, truth + scale * rng.normal(size=truth.shape)


def _f1s() -> Iterator[Case]:
    for n, (name, share), right in product(
        (50, 100, 300, 1000),
        (("even classes", (1 / 3, 1 / 3, 1 / 3)), ("classes 75, 20, 5%", (0.75, 0.2, 0.05))),
        (0.6, 0.9, 0.98),
    ):
        confusion = np.diag(share) * right + np.outer(share, np.ones(3)) * (1 - right) / 2 * (1 - np.eye(3))
        per_class = 2 * np.diag(confusion) / (confusion.sum(axis=0) + confusion.sum(axis=1))

        def draw(rng: Rng, n=n, share=share, right=right) -> Estimate:
            truth = np.repeat(np.arange(3), rng.multinomial(n - 6, share) + 2)
            wrong = rng.random(n) >= right
            return f1(truth, (truth + wrong * rng.integers(1, 3, n)) % 3)

        yield Case("f1", f"{name}, {right} right", f"{n} rows", float(per_class.mean()), draw)


def _detection_rates() -> Iterator[Case]:
    """Normal scores of the same width; then groups whose rows share half of their variance."""
    normal = NormalDist()
    for m, (n, rate), truth in product((20, 50, 200), ((100, 0.05), (400, 0.05), (2000, 0.01)), (0.3, 0.7, 0.95)):
        shift = normal.inv_cdf(1 - rate) + normal.inv_cdf(truth)

        def draw(rng: Rng, m=m, n=n, rate=rate, shift=shift) -> Estimate:
            labels = np.arange(m + n) < m
            return detection_rate(labels, rng.normal(size=m + n) + shift * labels, rate)

        yield Case("detection_rate", f"{truth} at {rate}", f"{m} positives, {n} negatives", truth, draw)
    for truth in (0.3, 0.7, 0.95):
        shift = normal.inv_cdf(0.95) + normal.inv_cdf(truth)

        def draw(rng: Rng, shift=shift) -> Estimate:
            group = np.repeat(np.arange(100), 5)
            labels = group % 3 == 0
            shared = rng.normal(size=100)[group]
            return detection_rate(labels, (shared + rng.normal(size=500)) / 2**0.5 + shift * labels, 0.05, group)

        yield Case("detection_rate", f"{truth} at 0.05, correlation 0.5", "34 groups of 5, 66 of 5", truth, draw)


def _sizes(rng: Rng, count: int, typical: float, spread: float) -> np.ndarray:
    """Draw sizes whose logarithms have this standard deviation; never below one."""
    return np.maximum(np.round(typical * np.exp(spread * rng.normal(size=count))), 1).astype(int)
