"""Radiation of the incoming partons: independent emissions, each with the densities of the partons it takes."""

from typing import NamedTuple

import numpy as np

from challenges.higgs.generator.hard_process import Hard
from challenges.higgs.generator.parton_densities import BEAM_ENERGY, coupling, density, quark_density

STRENGTH = 0.8
SOFTEST = 5.0  # GeV
HARDEST = 2.5  # times the scale at which the spectrum is damped
RAPIDITY_MAX = 4.5
LARGEST_WEIGHT = 1.1  # one of a thousand is larger


class Emissions(NamedTuple):
    """m gluons or light quarks: the number of the collision, transverse momentum (GeV), rapidity, azimuth (rad)."""

    event: np.ndarray
    pt: np.ndarray
    rapidity: np.ndarray
    azimuth: np.ndarray


def emissions(hard: Hard, scale: float, rng: np.random.Generator) -> Emissions:
    """Draw what the incoming partons radiate.

    The mean number of emissions is

        dN = K (3 alpha_s(pT) / pi) / (1 + pT**2 / scale**2)
             * x1' f(x1') x2' f(x2') / (x1 f(x1) x2 f(x2)) * kernel(z) * d ln pT**2 dy,

    with x1,2' = x1,2 + pT exp(+-y) / sqrt(s) and z = x1 x2 / (x1' x2'). The kernels are z (1 - z) / 6 times the
    splitting functions of Altarelli and Parisi [1]_, since dz = z (1 - z) dy: (1 - z + z**2)**2 for gluons that stay
    gluons, 2/9 (1 - z) (1 + (1 - z)**2) for quarks that become gluons, and 2/9 z (1 + z**2) for quarks that stay
    quarks. K, near 1, was fitted: emissions here do not know of each other.

    Parameters
    ----------
    hard : Hard
        The hard process.
    scale : float
        Transverse momentum in GeV around which the spectrum is damped, since the process gives no more.
    rng : Generator
        Random numbers.

    References
    ----------
    .. [1] G. Altarelli, G. Parisi, Nuclear Physics B 126, 298 (1977).
    """
    grid = np.linspace(np.log(SOFTEST), np.log(HARDEST * scale), 400)
    spectrum = 2 * STRENGTH * 3 / np.pi * coupling(np.exp(grid)) / (1 + np.exp(2 * grid) / scale**2)
    steps = (spectrum[1:] + spectrum[:-1]) / 2 * np.diff(grid)
    summed = np.concatenate([[0.0], np.cumsum(steps)])
    mean = LARGEST_WEIGHT * summed[-1] * 2 * RAPIDITY_MAX
    n = len(hard.mass)
    event = np.repeat(np.arange(n), rng.poisson(mean, n))
    pt = np.exp(np.interp(rng.random(len(event)) * summed[-1], summed, grid))
    rapidity = rng.uniform(-RAPIDITY_MAX, RAPIDITY_MAX, len(event))
    kept = rng.random(len(event)) * LARGEST_WEIGHT < _weight(hard, event, pt, rapidity)
    event, pt, rapidity = event[kept], pt[kept], rapidity[kept]
    return Emissions(event, pt, rapidity, rng.uniform(-np.pi, np.pi, len(event)))


def _weight(hard: Hard, event: np.ndarray, pt: np.ndarray, rapidity: np.ndarray) -> np.ndarray:
    x1, x2 = hard.fractions
    density1, density2 = density("g", x1), density("g", x2)
    quark1, quark2 = quark_density(x1), quark_density(x2)
    step = pt / BEAM_ENERGY
    x1, x2 = x1[event], x2[event]
    next1, next2 = x1 + step * np.exp(rapidity), x2 + step * np.exp(-rapidity)
    z = x1 * x2 / (next1 * next2)
    gluon1, gluon2 = density("g", next1) / density1[event], density("g", next2) / density2[event]
    quarks1, quarks2 = quark_density(next1), quark_density(next2)
    forward = np.where(rapidity > 0, quarks1 / density1[event] * gluon2, quarks2 / density2[event] * gluon1)
    fusion = gluon1 * gluon2 * (1 - z + z**2) ** 2 + forward * 2 / 9 * (1 - z) * (1 + (1 - z) ** 2)
    annihilation = quarks1 * quarks2 / (quark1 * quark2)[event] * 2 / 9 * z * (1 + z**2)
    return np.where(hard.gluons[event], fusion, annihilation)
