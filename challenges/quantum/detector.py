"""From particles to the picture that an electromagnetic calorimeter of lead-tungstate crystals takes of their jet.

The numbers are those of the CMS barrel (CMS Collaboration, JINST 3, S08004, 2008).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import erf

SIDE = 30
"""Crystals along each side of an image."""
CRYSTAL = 0.0174
"""Width of a crystal in pseudorapidity, and in azimuth (radians)."""
RADIUS = 1.29  # m, from the beam to the crystals
FIELD = 3.8  # T
HALF_CHORD = 0.3 * FIELD * RADIUS / 2  # GeV; a charged particle with less transverse momentum never arrives
SHOWER_PROBABILITY = 0.67  # a hadron interacts in 1.1 interaction lengths
MIP = 0.3  # GeV, from a hadron that passes, or a muon
SPREAD = 0.35  # crystals, width of a shower (its Molière radius is one crystal)
STOCHASTIC, CONSTANT, NOISE = 0.028, 0.003, 0.042  # of the resolution; GeV
ZERO_SUPPRESSION = 0.4  # GeV; noise and other collisions light five crystals above 0.13 GeV, and 0.3 above this
PILEUP = 20.0  # other collisions in the same crossing on average, about as many as in 2012
# Charged particles per unit of pseudorapidity, their mean transverse momentum in GeV (CMS at 7 TeV, PRL 105, 022002).
MINIMUM_BIAS_DENSITY, MINIMUM_BIAS_PT = 5.78, 0.545
PILEUP_REACH = 0.6  # from a jet's axis; farther particles do not bend into its image

CHARGED = (11, 13, 211, 321, 2212)
PHOTON, PION = 22, 211


class Particles(NamedTuple):
    """Visible particles of many jets, each array of shape (p,).

    Attributes
    ----------
    jet : ndarray of int
        The jet that each belongs to.
    pt : ndarray
        Transverse momentum in GeV.
    eta, phi : ndarray
        Pseudorapidity and azimuth in radians, at the collision point.
    kind : ndarray of int
        The Particle Data Group's number; negative for antiparticles.
    """

    jet: np.ndarray
    pt: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    kind: np.ndarray


def photograph(particles: Particles, axes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what the calorimeter measures of each jet.

    Charged particles bend in the magnetic field, photons and electrons leave all of their energy, hadrons shower in
    two cases of three, a shower spreads over neighbouring crystals, every crystal has its noise, and a few soft
    particles come from other collisions.

    Parameters
    ----------
    particles : Particles
        Of all jets.
    axes : ndarray, shape (n, 2)
        Pseudorapidity and azimuth of the jets.
    rng : Generator
        Source of all chance.

    Returns
    -------
    ndarray of float32, shape (n, SIDE, SIDE)
        Transverse energy in GeV, by crystal in pseudorapidity and azimuth, the jet's axis in the middle.

    Examples
    --------
    >>> photon = Particles(*(np.array([value]) for value in (0, 50.0, 0.1, 3.1, 22)))
    >>> image = photograph(photon, np.array([[0.1, 3.1]]), np.random.default_rng(1))
    >>> image.shape, bool(abs(image.sum() - 50) < 2)
    ((1, 30, 30), True)
    """
    particles = Particles(*map(np.concatenate, zip(particles, pileup(axes, rng), strict=True)))
    arrives = (particles.pt > HALF_CHORD) | ~np.isin(np.abs(particles.kind), CHARGED)
    particles = Particles(*(part[arrives] for part in particles))
    eta, phi = at_the_crystals(particles)
    energy = deposited(particles, rng)
    # The crystals do not move with the jet: its axis falls anywhere within one of them.
    corner = np.round(axes / CRYSTAL) - SIDE // 2
    x = eta / CRYSTAL - corner[particles.jet, 0]
    offset = np.remainder(phi - axes[particles.jet, 1] + np.pi, 2 * np.pi) - np.pi
    y = (offset + axes[particles.jet, 1]) / CRYSTAL - corner[particles.jet, 1]
    return _read_out(_spread(particles.jet, x, y, energy / np.cosh(eta), len(axes)), rng)


def pileup(axes: np.ndarray, rng: np.random.Generator) -> Particles:
    """Draw the soft particles of other collisions around each jet: pions of both charges, and as many photons.

    Their directions are uniform; their transverse momenta follow pt exp(-pt / T), with half the mean for photons, which
    share a neutral pion.
    """
    density = 2 * PILEUP * MINIMUM_BIAS_DENSITY / (2 * np.pi)
    counts = rng.poisson(density * (2 * PILEUP_REACH) ** 2, len(axes))
    jet = np.repeat(np.arange(len(axes)), counts)
    kind = rng.choice(np.array([PION, -PION, PHOTON, PHOTON]), len(jet))
    mean = np.where(kind == PHOTON, MINIMUM_BIAS_PT / 2, MINIMUM_BIAS_PT)
    eta, phi = (axes[jet] + rng.uniform(-PILEUP_REACH, PILEUP_REACH, (len(jet), 2))).T
    return Particles(jet, rng.gamma(2, mean / 2), eta, phi, kind)


def at_the_crystals(particles: Particles) -> tuple[np.ndarray, np.ndarray]:
    """Return pseudorapidity and azimuth of the points where particles reach the crystals.

    A charged particle runs on a helix of radius pt / (0.3 B) in metres, GeV and tesla; the chord to the crystals makes
    the angle asin(R / 2r) with its first direction.
    """
    number = np.abs(particles.kind)
    sign = np.sign(particles.kind) * np.where(np.isin(number, (11, 13)), -1, 1)
    charge = np.where(np.isin(number, CHARGED), sign, 0)
    turn = np.arcsin(np.where(charge != 0, HALF_CHORD / particles.pt, 0))
    # How much longer the arc is than its chord.
    stretch = np.divide(turn, np.sin(turn), out=np.ones_like(turn), where=turn > 0)
    return np.arcsinh(np.sinh(particles.eta) * stretch), particles.phi - charge * turn


def deposited(particles: Particles, rng: np.random.Generator) -> np.ndarray:
    """Draw the energy in GeV that each particle leaves in the crystals, shape (p,)."""
    energy = particles.pt * np.cosh(particles.eta)
    number = np.abs(particles.kind)
    showers = (rng.random(len(energy)) < SHOWER_PROBABILITY) & (number != 13)
    hadronic = np.where(showers, energy * rng.random(len(energy)), np.minimum(MIP, energy))
    passes = ~showers & ~np.isin(number, CHARGED)
    return np.where(np.isin(number, (11, PHOTON)), energy, np.where(passes, 0, hadronic))


def _spread(jet: np.ndarray, x: np.ndarray, y: np.ndarray, energy: np.ndarray, n_jets: int) -> np.ndarray:
    """Share each deposit among the three by three crystals around it, by a Gaussian profile."""
    near = (x > -1) & (x < SIDE + 1) & (y > -1) & (y < SIDE + 1)
    jet, x, y, energy = jet[near], x[near], y[near], energy[near]
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    images = np.zeros((n_jets, SIDE + 4, SIDE + 4))  # with a rim of two crystals, which is cut off
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            share = _share(x, column + i) * _share(y, row + j) * energy
            np.add.at(images, (jet, column + i + 2, row + j + 2), share)
    return images[:, 2:-2, 2:-2]


def _share(position: np.ndarray, crystal: np.ndarray) -> np.ndarray:
    """Return the part of a shower at `position` that falls into a crystal, along one direction."""
    width = SPREAD * np.sqrt(2)
    return (erf((crystal + 1 - position) / width) - erf((crystal - position) / width)) / 2


def _read_out(energy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    sigma = np.sqrt(STOCHASTIC**2 * energy + (CONSTANT * energy) ** 2 + NOISE**2)
    measured = energy + sigma * rng.standard_normal(energy.shape)
    return np.where(measured > ZERO_SUPPRESSION, measured, 0).astype(np.float32)
