"""How often the limits of working points and the band of a ROC curve hold the truth, by seeded simulation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.stats import norm

from scoring.curve import roc_curve, working_point
from scoring.interval import clopper_pearson

Rng = np.random.Generator
Interval = tuple[float, float]

EFFICIENCIES = (0.3, 0.5)
FALSE_POSITIVE_RATES = (0.01, 0.1, 0.3, 0.7)
SIZES = ((30, 30), (30, 1000), (1000, 30), (300, 300), (1000, 5000), (5000, 500))
DRAWN = 50  # points of the curve: fewer than an event's page draws, to save time


@dataclass(frozen=True)
class Case:
    """Two classes with a known ROC curve, and a holdout drawn from them.

    Attributes
    ----------
    population : str
        For the reader.
    m, n : int
        Signal and background rows.
    draw : callable
        From a random generator to the scores, signal first, and the groups or None.
    signal_at, background_at : callable
        The true signal efficiency at a background efficiency, and the reverse.
    """

    population: str
    m: int
    n: int
    draw: Callable[[Rng], tuple[np.ndarray, np.ndarray | None]]
    signal_at: Callable[[float], float]
    background_at: Callable[[float], float]


@dataclass(frozen=True)
class Row:
    """What a case gave for a quantity by a method: shares of intervals that held the truth, lay above it, below it."""

    case: Case
    quantity: str
    method: str
    covered: float
    above: float
    below: float
    width: float


def run(rounds: int = 500, seed: int = 1, chosen: list[Case] | None = None) -> list[Row]:
    """Draw each case ``rounds`` times; a case's numbers do not depend on which others are run."""
    return [row for case in (cases() if chosen is None else chosen) for row in _measure(case, rounds, seed)]


def cases() -> list[Case]:
    """Return the stated grid."""
    return [*_normal(), *_skewed(), *_rounded(), *_grouped(), *_unequal()]


def hard_cases() -> list[Case]:
    """Return what is beyond the promise, but told: a handful of distinct scores, and few background rows."""
    return list(_rounded((2.0,), ((1000, 30),)))


def _normal() -> Iterator[Case]:
    """Normal background, and normal signal shifted and stretched."""
    for (shift, width), (m, n) in product(((0, 1), (1, 1), (2, 1), (1, 3), (1, 0.2)), SIZES):

        def draw(rng: Rng, m=m, n=n, shift=shift, width=width):
            return np.r_[rng.normal(shift, width, m), rng.normal(size=n)], None

        def signal_at(x: float, shift=shift, width=width) -> float:
            return norm.sf(norm.isf(x), shift, width)

        def background_at(y: float, shift=shift, width=width) -> float:
            return norm.sf(norm.isf(y, shift, width))

        yield Case(f"normal, shift {shift}, width {width}", m, n, draw, signal_at, background_at)


def _skewed() -> Iterator[Case]:
    """Exponential scores with their tail above the cut, then below it."""
    for ratio, (m, n) in product((3, 10), SIZES):

        def above(rng: Rng, m=m, n=n, ratio=ratio):
            return np.r_[rng.exponential(ratio, m), rng.exponential(1, n)], None

        def below(rng: Rng, m=m, n=n, ratio=ratio):
            return -np.r_[rng.exponential(1, m), rng.exponential(ratio, n)], None

        name = f"exponential, ratio {ratio}"
        yield Case(name, m, n, above, lambda x, k=ratio: x ** (1 / k), lambda y, k=ratio: y**k)
        yield Case(
            f"{name}, mirrored",
            m,
            n,
            below,
            lambda x, k=ratio: 1 - (1 - x) ** k,
            lambda y, k=ratio: 1 - (1 - y) ** (1 / k),
        )


def _rounded(steps=(0.5, 0.1), sizes=SIZES) -> Iterator[Case]:
    """Normal scores in steps, so that most rows tie; the curve is straight between the steps."""
    for step, (m, n) in product(steps, sizes):
        edges = np.arange(6, -6, -step)
        signal, background = np.r_[0, norm.sf(edges, 1.5), 1], np.r_[0, norm.sf(edges), 1]

        def draw(rng: Rng, m=m, n=n, step=step):
            return np.floor(np.r_[rng.normal(1.5, 1, m), rng.normal(size=n)] / step), None

        def signal_at(x: float, signal=signal, background=background) -> float:
            return np.interp(x, background, signal)

        def background_at(y: float, signal=signal, background=background) -> float:
            return background[np.argmax(signal >= y)]

        yield Case(f"normal in steps of {step}", m, n, draw, signal_at, background_at)


def _grouped() -> Iterator[Case]:
    """Groups hold both classes and move them to the same side or apart, or hold one class."""
    for (m, n, rows), kind in product(
        ((300, 300, 10), (300, 300, 30), (200, 2000, 20), (2000, 200, 20)), ("same side", "apart", "one class")
    ):
        label, n_groups = np.repeat([1, 0], [m, n]), max(m, n) // rows
        groups = np.r_[np.arange(m) % n_groups, np.arange(n) % n_groups]
        if kind == "one class":
            groups = np.r_[np.arange(m) // rows, m + np.arange(n) // rows]
        side = np.where(label == 1, 1, -1) if kind == "apart" else 1

        def draw(rng: Rng, label=label, groups=groups, side=side):
            own, moved = rng.normal(size=len(groups)), rng.normal(size=groups.max() + 1)[groups]
            return (own + side * moved) / 2**0.5 + label, groups

        name = f"groups of {rows}, {kind}"
        yield Case(name, m, n, draw, lambda x: norm.sf(norm.isf(x), 1), lambda y: norm.sf(norm.isf(y, 1)))


def _unequal() -> Iterator[Case]:
    """Groups of log-normal sizes, which move both classes apart, or hold one class each."""
    for one_class in (True, False):
        sizes = np.maximum(np.round(10 * np.exp(np.random.default_rng(0).normal(size=60))), 1).astype(int)
        groups = np.repeat(np.arange(60), sizes)
        label = (groups if one_class else np.arange(len(groups))) % 2
        order = np.argsort(-label, kind="stable")  # signal first
        groups, m = groups[order], int(label.sum())
        side = 1 if one_class else np.where(label[order] == 1, 1, -1)

        def draw(rng: Rng, groups=groups, side=side, m=m):
            moved = rng.normal(size=60)[groups]
            own = rng.normal(size=len(groups))
            return np.sqrt(0.8) * side * moved + np.sqrt(0.2) * own + (np.arange(len(groups)) < m), groups

        name = f"groups of 1 to {sizes.max()}, {'one class' if one_class else 'apart'}"
        yield Case(name, m, len(groups) - m, draw, lambda x: norm.sf(norm.isf(x), 1), lambda y: norm.sf(norm.isf(y, 1)))


def _measure(case: Case, rounds: int, seed: int) -> list[Row]:
    rng = np.random.default_rng([seed, case.m, case.n, *case.population.encode()])
    found: dict[tuple[str, str], list[Interval]] = {}
    truth = {f"background at {y:g} signal": case.background_at(y) for y in EFFICIENCIES}
    truth |= {f"signal at {x:g} background": case.signal_at(x) for x in FALSE_POSITIVE_RATES}
    for _ in range(rounds):
        scores, groups = case.draw(rng)
        for key, limits in _intervals(np.repeat([1, 0], [case.m, case.n]), scores, groups):
            found.setdefault(key, []).append(limits)
    rows = []
    for (quantity, method), limits in found.items():
        low, high = np.array(limits).T
        # 1e-12: a limit that equals the truth holds it, whatever the last bit is.
        above, below = np.mean(low > truth[quantity] + 1e-12), np.mean(high < truth[quantity] - 1e-12)
        width = float(np.median(high - low))
        rows.append(Row(case, quantity, method, float(1 - above - below), float(above), float(below), width))
    return rows


def _intervals(label, scores, groups) -> Iterator[tuple[tuple[str, str], Interval]]:
    """Yield what is shown and, beside it, what an interval without the cut's own error or without groups would be."""
    m, n = np.count_nonzero(label), np.count_nonzero(label == 0)
    methods = {"shown": groups} if groups is None else {"shown": groups, "without groups": None}
    for method, known in methods.items():
        for y in EFFICIENCIES:
            quantity = f"background at {y:g} signal"
            point = working_point(label, scores, y, groups=known)
            yield (quantity, method), point.background_interval
            if groups is None:
                plain = clopper_pearson(round(point.background_efficiency * n), n)
                yield (quantity, "Clopper-Pearson"), plain
        curve = roc_curve(label, scores, max_points=DRAWN, groups=known)
        at = curve.false_positive_rate
        for x in FALSE_POSITIVE_RATES:
            quantity = f"signal at {x:g} background"
            yield (quantity, method), (float(np.interp(x, at, curve.low)), float(np.interp(x, at, curve.high)))
            if groups is None:
                plain = clopper_pearson(float(np.interp(x, at, curve.true_positive_rate)) * m, m)
                yield (quantity, "Clopper-Pearson"), plain
