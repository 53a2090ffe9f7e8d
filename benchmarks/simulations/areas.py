"""How often the 95% intervals of areas under the ROC curve hold the truth, by seeded simulation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from scoring.areas import partial_auc, weighted_auc
from scoring.estimate import Estimate
from scoring.interval import interval
from scoring.multiclass import multiclass_auc
from scoring.roc import delong

Rng = np.random.Generator

BATCH = 50
AREAS = (0.6, 0.75, 0.9, 0.97, 0.997)
SIZES = ((10, 10), (15, 40), (50, 50), (60, 1000), (100, 5000), (500, 500))
ALIKE = 0.5
VERY_ALIKE = 0.8


@dataclass(frozen=True)
class Case:
    """A population with a known area, and holdouts drawn from it.

    Attributes
    ----------
    metric, population, size : str
        What is measured, on what, and how much of it; for the reader.
    truth : float
        What the interval should hold.
    draw : callable
        From a random generator and a number k to the estimate whose k "models" are k independent holdouts.
    """

    metric: str
    population: str
    size: str
    truth: float
    draw: Callable[[Rng, int], Estimate]


@dataclass(frozen=True)
class Row:
    """What a case gave: shares of intervals that held the truth, or lay wholly above or below it; median width."""

    case: Case
    covered: float
    above: float
    below: float
    width: float


@dataclass(frozen=True)
class Population:
    """Two classes with a known ROC curve.

    Attributes
    ----------
    name : str
    score : callable
        From standard normal numbers, of any shape, and which of them are positives, to scores.
    curve : callable
        The true-positive rate at a false-positive rate.
    """

    name: str
    score: Callable[[np.ndarray, np.ndarray], np.ndarray]
    curve: Callable[[float], float]

    def area(self, max_fpr: float = 1.0) -> float:
        """Return the standardised area up to a false-positive rate."""
        area = quad(self.curve, 0, max_fpr, epsabs=1e-10, limit=200)[0]
        chance = max_fpr**2 / 2
        return (1 + (area - chance) / (max_fpr - chance)) / 2


def run(rounds: int = 2000, seed: int = 1, chosen: Sequence[Case] | None = None) -> list[Row]:
    """Draw each case ``rounds`` times; a case's numbers do not depend on which others are run."""
    return [_measure(case, rounds, seed) for case in (cases() if chosen is None else chosen)]


def _measure(case: Case, rounds: int, seed: int) -> Row:
    rng = np.random.default_rng([seed, *f"{case.metric} {case.population} {case.size}".encode()])
    counts = [min(BATCH, rounds - start) for start in range(0, rounds, BATCH)]
    low, high = np.concatenate([interval(case.draw(rng, count)) for count in counts]).T
    above, below = np.mean(low > case.truth), np.mean(high < case.truth)
    return Row(case, float(1 - above - below), float(above), float(below), float(np.median(high - low)))


@cache
def cases() -> tuple[Case, ...]:
    """Return the stated grid."""
    near_one = independent([(1500, 1500)], [0.999])
    return (*independent(), *near_one, *clustered(), *unequal(), *weighted(), *partial(), *several_classes())


def binormal(area: float, width: float = 1.0) -> Population:
    """Return two normal classes, the positives ``width`` times as wide as the negatives."""
    shift = float(norm.ppf(area) * np.hypot(1, width))
    name = "binormal" if width == 1 else f"binormal, positives {width:g} times as wide"

    def score(z: np.ndarray, positive: np.ndarray) -> np.ndarray:
        return np.where(positive, width * z + shift, z)

    return Population(name, score, lambda rate: norm.cdf((shift + norm.ppf(rate)) / width))


def ratings(area: float) -> Population:
    """Return two normal classes of which only one of five ratings is seen."""

    def cells(shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cuts = np.linspace(-1, shift + 1, 4)
        return cuts, *(np.r_[1, norm.sf(cuts - mean), 0][::-1] for mean in (0, shift))

    def surplus(shift: float) -> float:
        _, false_rate, true_rate = cells(shift)
        return np.trapezoid(true_rate, false_rate) - area

    shift = brentq(surplus, 0, 20)
    cuts, false_rate, true_rate = cells(shift)

    def score(z: np.ndarray, positive: np.ndarray) -> np.ndarray:
        return np.searchsorted(cuts, z + shift * positive).astype(float)

    return Population("binormal in five ratings", score, lambda rate: np.interp(rate, false_rate, true_rate))


def confused(area: float) -> Population:
    """Return positives far above all negatives, but for a share of them that is drawn as negatives are."""
    share = 2 * (1 - area)

    def score(z: np.ndarray, positive: np.ndarray) -> np.ndarray:
        place = norm.cdf(z)
        found = ~positive | (place >= share)
        return np.where(found, z + 20 * positive, norm.ppf(np.minimum(place / share, 1)))

    return Population("a share of positives is like negatives", score, lambda rate: 1 - share + share * rate)


def lost(area: float) -> Population:
    """Return positives above all negatives, but for a share of them that is below all: nothing varies more."""

    def score(z: np.ndarray, positive: np.ndarray) -> np.ndarray:
        return z + 20 * positive * np.where(norm.cdf(z) < 1 - area, -1, 1)

    return Population("a share of positives is below all negatives", score, lambda rate: area)


def populations(area: float) -> list[Population]:
    """Return populations with this area, from the textbook's to an unkind one."""
    return [binormal(area), binormal(area, width=2.0), ratings(area), confused(area)]


def hard_cases() -> list[Case]:
    """Return what few rows do not show, where it is worst: not promised, told all the same."""
    worst = ((15, 40), 0.85), ((30, 300), 0.92), ((60, 1000), 0.955)
    found = [case for size, area in worst for case in independent([size], [area], lambda area: [lost(area)])]
    return [*found, _kinked()]


def _kinked() -> Case:
    """A tenth of the negatives lies above all positives, and the area ends where the curve rises."""
    m, n, rate = 500, 500, 0.1
    positive = np.arange(m + n) < m
    population = Population(
        f"the curve rises at {rate:g} from 0 to 1",
        lambda z, positive: np.where(positive, 0, z + np.where(norm.cdf(z) > 1 - rate, 20, -20)),
        lambda x: 0.0,
    )

    def draw(rng: Rng, k: int) -> Estimate:
        return partial_auc(positive, _scores(rng, k, positive, population), rate)

    return Case(f"partial_roc_auc@{rate:g}", population.name, f"{m} + {n} rows", population.area(rate), draw)


def independent(sizes=SIZES, areas=AREAS, populations_of=populations) -> Iterator[Case]:
    """Independent rows."""
    for (m, n), area in product(sizes, areas):
        positive = np.arange(m + n) < m
        for population in populations_of(area):

            def draw(rng: Rng, k: int, positive=positive, population=population) -> Estimate:
                return delong(positive, _scores(rng, k, positive, population))

            yield Case("roc_auc", population.name, f"{m} + {n} rows", area, draw)


def clustered() -> Iterator[Case]:
    """Groups whose rows share half of their variance, and whose labels are the same or alternate."""
    uneven = _spread(30, 3, 1.2)
    layouts = (("60 groups of 10", [10] * 60), ("20 groups of 5", [5] * 20), ("30 groups of 1 to 39", uneven))
    return _in_groups(layouts, AREAS, ALIKE)


def unequal() -> Iterator[Case]:
    """Groups of very unequal sizes, whose rows share most of their variance."""
    sizes = np.random.default_rng(0).permutation(_spread(60, 10, 1.0))
    layouts = (
        (f"60 very alike groups of {min(sizes)} to {max(sizes)}", sizes),
        ("60 very alike groups, one of 30% of all", heavy(60, 600, 0.3)),
    )
    return _in_groups(layouts, (0.75, 0.9, 0.97), VERY_ALIKE)


def _spread(count: int, typical: float, spread: float) -> np.ndarray:
    """Return group sizes at the quantiles of a log-normal distribution."""
    return np.maximum(np.round(typical * np.exp(spread * norm.ppf((np.arange(count) + 0.5) / count))), 1).astype(int)


def heavy(count: int, n_rows: int, share: float) -> np.ndarray:
    """Return sizes of groups of which the first holds a share of all rows, and the others as many as each other."""
    others = round(n_rows * (1 - share) / (count - 1))
    return np.r_[round(others * (count - 1) * share / (1 - share)), np.full(count - 1, others)]


def _in_groups(layouts, areas, alike: float) -> Iterator[Case]:
    for (layout, sizes), area, same in product(layouts, areas, (True, False)):
        group = np.repeat(np.arange(len(sizes)), sizes)
        positive = (group if same else np.arange(len(group))) % 2 == 1
        for population in populations(area):

            def draw(rng: Rng, k: int, positive=positive, population=population, group=group) -> Estimate:
                return delong(positive, _scores(rng, k, positive, population, group, alike), group)

            size = f"{layout} rows, {'one label a group' if same else 'both labels in a group'}"
            yield Case("roc_auc", population.name, size, area, draw)


def weighted() -> Iterator[Case]:
    """Rows whose weights spread by a factor of ten."""
    for (m, n), area in product(((15, 40), (50, 50), (60, 1000), (500, 500)), AREAS):
        positive = np.arange(m + n) < m
        for population in populations(area):

            def draw(rng: Rng, k: int, positive=positive, population=population) -> Estimate:
                weights = 10 ** rng.random(len(positive))
                return weighted_auc(positive, _scores(rng, k, positive, population), weights)

            yield Case("weighted_roc_auc", population.name, f"{m} + {n} rows", area, draw)


def partial() -> Iterator[Case]:
    """Small false-positive rates; a case is named by its whole area."""
    sizes = ((0.1, 15, 40), (0.1, 50, 50), (0.1, 60, 1000), (0.1, 100, 5000), (0.1, 500, 500), (0.01, 500, 5000))
    for (rate, m, n), area in product(sizes, AREAS):
        positive = np.arange(m + n) < m
        for population in populations(area):

            def draw(rng: Rng, k: int, positive=positive, population=population, rate=rate) -> Estimate:
                return partial_auc(positive, _scores(rng, k, positive, population), rate)

            name = f"{population.name}, whole area {area}"
            yield Case(f"partial_roc_auc@{rate:g}", name, f"{m} + {n} rows", population.area(rate), draw)


def several_classes() -> Iterator[Case]:
    """Three normal classes, of which a share of rows may be placed at random."""
    sizes = ((20, 20, 20), (20, 100, 1000), (300, 300, 300), (1000, 1000, 1000))
    for counts, area, lost in product(sizes, (0.75, 0.9, 0.97, 0.997), (0, 1)):
        code = np.repeat(np.arange(3), counts)
        distance, share = _triangle(area, lost)

        def draw(rng: Rng, k: int, code=code, distance=distance, share=share, scheme=("ovr", "ovo")[lost]) -> Estimate:
            chance = rng.normal(size=(k, len(code), 3))
            known = rng.random((k, len(code), 1)) >= share
            chance += distance * known * (code[:, None] == np.arange(3))
            chance = 1 / 3 + (chance - chance.mean(axis=2, keepdims=True)) / 100
            return multiclass_auc(code, list(chance), multi_class=scheme)

        name = "a share of rows is placed at random" if lost else "normal"
        yield Case(("macro_roc_auc", "macro_ovo_roc_auc")[lost], name, f"{counts} rows", area, draw)


def _triangle(area: float, lost: int) -> tuple[float, float]:
    """Return how far the classes are, and which share of rows is lost, so that every two classes have this area."""
    if not lost:
        return float(norm.ppf(area) * (4 / 3) ** 0.5), 0.0
    return 8.0, brentq(lambda share: _area_of_triangle(8.0, share) - area, 0, 1)


def _area_of_triangle(distance: float, share: float) -> float:
    apart = {(1, 1): 1, (1, 0): 2 / 3, (0, 1): 1 / 3, (0, 0): 0}
    chance = {1: 1 - share, 0: share}
    return sum(chance[a] * chance[b] * norm.cdf(distance * d / (4 / 3) ** 0.5) for (a, b), d in apart.items())


def _scores(
    rng: Rng,
    k: int,
    positive: np.ndarray,
    population: Population,
    group: np.ndarray | None = None,
    alike: float = 0.0,
) -> np.ndarray:
    z = rng.normal(size=(len(positive), k))
    if group is not None:
        shared = rng.normal(size=(group[-1] + 1, k))
        z = np.sqrt(alike) * shared[group] + np.sqrt(1 - alike) * z
    return population.score(z, positive[:, None])
