"""What two partons make: pairs of top quarks, or the heavy Higgs boson."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from challenges.higgs.generator.decays import TOP_MASS, TOP_WIDTH, breit_wigner
from challenges.higgs.generator.parton_densities import BEAM_ENERGY, density

HEAVY_HIGGS_MASS = 425.0  # GeV
RAPIDITY_MAX = 2.6
STEEPNESS = 3.2  # pairs are proposed as s ** -3.2
PILOT = 100_000  # proposals that find the largest weight


class Hard(NamedTuple):
    """The hard process of n collisions.

    Attributes
    ----------
    mass, rapidity : ndarray, shape (n,)
        Of the whole system; mass in GeV.
    gluons : ndarray of bool, shape (n,)
        Made by two gluons, else by a quark and an antiquark.
    cosine : ndarray, shape (n,)
        Of the first top quark against the beam, in the system's rest frame; zeros for a Higgs boson.
    tops : ndarray, shape (2, n)
        Masses of the top quarks in GeV; zeros for a Higgs boson.
    """

    mass: np.ndarray
    rapidity: np.ndarray
    gluons: np.ndarray
    cosine: np.ndarray
    tops: np.ndarray

    @property
    def fractions(self) -> tuple[np.ndarray, np.ndarray]:
        """Shares of the protons' momenta that the two partons carry."""
        size = self.mass / BEAM_ENERGY
        return size * np.exp(self.rapidity), size * np.exp(-self.rapidity)


def gluon_fusion(s: np.ndarray, cosine: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return the squared matrix element of g g -> t t, averaged, over g_s**4 and factors common with `annihilation`.

    Parameters
    ----------
    s, cosine, mass : ndarray, shape (n,)
        Squared energy (GeV**2), cosine of the polar angle, and mass of the quarks (GeV).

    References
    ----------
    B. L. Combridge, Nuclear Physics B 151, 429 (1979).
    """
    rho = 4 * mass**2 / s
    forward = np.sqrt(1 - rho) * cosine
    t1, t2 = (1 - forward) / 2, (1 + forward) / 2
    return (1 / (6 * t1 * t2) - 3 / 8) * (t1**2 + t2**2 + rho - rho**2 / (4 * t1 * t2))


def annihilation(s: np.ndarray, cosine: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return the squared matrix element of q qbar -> t t, as `gluon_fusion`."""
    rho = 4 * mass**2 / s
    return 4 / 9 * ((1 + (1 - rho) * cosine**2) / 2 + rho / 2)


def _proposed_pairs(n: int, rng: np.random.Generator) -> tuple[Hard, np.ndarray]:
    """Return pairs of top quarks, and how much more likely each is than it was proposed."""
    tops = breit_wigner(TOP_MASS, TOP_WIDTH, 20.0, 2 * n, rng).reshape(2, n)
    s = tops.sum(0) ** 2 * rng.random(n) ** (-1 / (STEEPNESS - 1))
    rapidity = rng.uniform(-RAPIDITY_MAX, RAPIDITY_MAX, n)
    cosine = rng.uniform(-1, 1, n)
    pair = Hard(np.sqrt(s), rapidity, np.ones(n, bool), cosine, tops)
    x1, x2 = pair.fractions
    mean = tops.mean(0)
    fusion = density("g", x1) * density("g", x2) * gluon_fusion(s, cosine, mean)
    quarks = sum(
        density(q, x1) * density(f"{q}bar", x2) + density(f"{q}bar", x1) * density(q, x2) for q in ("u", "d")
    ) * annihilation(s, cosine, mean)
    speed = np.sqrt(1 - 4 * mean**2 / s)
    weight = (fusion + quarks) * speed * (s / TOP_MASS**2) ** (STEEPNESS - 2)
    return pair._replace(gluons=rng.random(n) * (fusion + quarks) < fusion), weight


def _proposed_higgs(n: int, rng: np.random.Generator) -> tuple[Hard, np.ndarray]:
    zeros = np.zeros(n)
    rapidity = rng.uniform(-RAPIDITY_MAX, RAPIDITY_MAX, n)
    higgs = Hard(np.full(n, HEAVY_HIGGS_MASS), rapidity, np.ones(n, bool), zeros, np.zeros((2, n)))
    return higgs, density("g", higgs.fractions[0]) * density("g", higgs.fractions[1])


@cache
def _largest_weight(propose: Callable) -> float:
    return 1.05 * propose(PILOT, np.random.default_rng(0))[1].max()


def hard_process(n: int, rng: np.random.Generator, *, higgs: bool) -> Hard:
    """Return the hard process of n collisions: a heavy Higgs boson from two gluons, or a pair of top quarks."""
    propose = _proposed_higgs if higgs else _proposed_pairs
    kept: list[Hard] = []
    found = 0
    while found < n:
        tried, weight = propose(2 * n, rng)
        good = rng.random(2 * n) * _largest_weight(propose) < weight
        kept.append(Hard(*(part[..., good] for part in tried)))
        found += int(good.sum())
    return Hard(*(np.concatenate(parts, axis=-1)[..., :n] for parts in zip(*kept, strict=True)))
