"""How often the rank sets of k models hold all true ranks at once, and how often a difference's interval holds it."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from benchmarks.simulations.areas import heavy
from scoring.ranks import compare, rank_sets
from scoring.roc import delong


@dataclass(frozen=True)
class Case:
    """Binormal models: a true AUC each, m positives and n negatives, and how alike two models' errors are.

    With ``groups``, the sizes of groups, rows of a group, of both classes, share a part ``alike`` of their variance.
    With ``widths``, each model's positives are so many times as wide as its negatives.
    """

    aucs: tuple[float, ...]
    m: int
    n: int
    correlation: float
    groups: tuple[int, ...] = ()
    alike: float = 0.5
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Row:
    """What the rounds of one case gave.

    Attributes
    ----------
    case : Case
    coverage : float
        Share of rounds in which every rank set holds all ranks of its tie.
    difference_coverage : float
        Share in which the interval of the difference of the first and the last model holds the true one.
    mean_ranks : float
        How many ranks a set holds on average.
    rounds : int
    """

    case: Case
    coverage: float
    difference_coverage: float
    mean_ranks: float
    rounds: int


def cases() -> list[Case]:
    """Return the grid: equal models, models in steps, and pairs of equals, small and large holdouts."""
    found = []
    for k in (5, 20):
        steps = tuple(np.linspace(0.75, 0.85, k).round(4).tolist())
        pairs = tuple(steps[i // 2 * 2] for i in range(k))
        for aucs in ((0.8,) * k, (0.97,) * k, steps, pairs):
            for m, n in ((30, 300), (100, 100), (500, 500)):
                found.append(Case(aucs, m, n, correlation=0.7))
    found += [Case((0.8,) * 5, 300, 300, 0.7, (10,) * 60), Case((0.8,) * 20, 200, 200, 0.7, (25,) * 16)]
    # Hard ones: hardly any rows, more models than members of the smaller class, a value near its limit.
    found += [Case((0.8,) * 5, 10, 10, 0.7), Case((0.7,) * 50, 40, 400, 0.0), Case((0.997, 0.97), 60, 1000, 0.7)]
    # Unequal groups, and few positives of which models make different use.
    return found + unequal() + small_class()


def unequal() -> list[Case]:
    """Return equal models on groups of very unequal sizes whose rows are very alike."""
    sizes = np.maximum(np.round(10 * np.exp(np.random.default_rng(0).normal(size=60))), 1).astype(int)
    layouts = (tuple(sizes.tolist()), tuple(heavy(60, 600, 0.3).tolist()))
    return [Case((0.8,) * 10, sum(one) // 2, sum(one) - sum(one) // 2, 0.5, one, alike=0.8) for one in layouts]


def small_class() -> list[Case]:
    """Return equal models of ten positives, from a model that sets them close together to one that spreads them."""
    widths = tuple(np.geomspace(0.2, 5, 10).tolist())
    return [Case((0.8,) * 10, 10, 1000, correlation, widths=widths) for correlation in (0.5, 0.9)]


def run(rounds: int, seed: int, of: list[Case] | None = None) -> list[Row]:
    """Simulate every case, or those given."""
    return [_measured(case, rounds, np.random.default_rng([seed, place])) for place, case in enumerate(of or cases())]


def simulated(case: Case, rng: np.random.Generator):
    """Draw one holdout with the models' scores and return their estimate."""
    label = rng.permutation(np.repeat([1, 0], [case.m, case.n]))
    group = np.repeat(np.arange(len(case.groups)), case.groups) if case.groups else np.arange(case.m + case.n)
    shared = case.alike if case.groups else 0.0

    def noise(k: int) -> np.ndarray:
        of_group = rng.normal(size=(group[-1] + 1, k))[group]
        return np.sqrt(shared) * of_group + np.sqrt(1 - shared) * rng.normal(size=(len(label), k))

    k = len(case.aucs)
    scores = np.sqrt(case.correlation) * noise(1) + np.sqrt(1 - case.correlation) * noise(k)
    widths = np.array(case.widths or (1.0,) * k)
    shifts = np.hypot(1, widths) * [NormalDist().inv_cdf(auc) for auc in case.aucs]
    scores = np.where(label[:, None] == 1, widths * scores + shifts, scores)
    return delong(label, scores, group if case.groups else None)


def _measured(case: Case, rounds: int, rng: np.random.Generator) -> Row:
    aucs = np.array(case.aucs)
    best = 1 + (aucs > aucs[:, None]).sum(axis=1)
    worst = len(aucs) - (aucs < aucs[:, None]).sum(axis=1)
    held = differences = ranks = 0
    for _ in range(rounds):
        estimate = simulated(case, rng)
        sets = rank_sets(estimate)
        low, high = compare(estimate, 0, len(aucs) - 1).interval
        held += bool(((sets[:, 0] <= best) & (sets[:, 1] >= worst)).all())
        differences += low <= aucs[0] - aucs[-1] <= high
        ranks += float(np.mean(sets[:, 1] - sets[:, 0] + 1))
    return Row(case, held / rounds, differences / rounds, ranks / rounds, rounds)
