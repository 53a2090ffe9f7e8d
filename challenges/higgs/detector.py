"""A detector in NumPy: what is measured of a collision, which events are kept, and the masses made of them.

The constants are few and were tuned by eye and by Kolmogorov-Smirnov distance against public rows of the real table
(benchmarks/higgs_faithfulness.py). Energies and masses are in GeV, angles in radians.
"""

from typing import NamedTuple

import numpy as np

from challenges.higgs.collisions import Collisions

W_MASS = 80.4
TOP_MASS = 175.0

JET_PT_MIN = 15.0  # the real table's smallest jet pT is the same in GeV for all four jets
JET_ETA_MAX = 3.0
LEPTON_PT_MIN = 15.0
LEPTON_ETA_MAX = 2.5
MAX_JETS = 6  # good jets considered: more of them would too often leave a tag outside the four that are listed
SOFT_LOSS, SOFT_RANGE = 0.3, 8.0  # GeV: share of jets missed at the threshold, and how fast it falls above
JET_STOCHASTIC = 0.75  # sqrt(GeV): relative energy resolution 0.75 / sqrt(E) and a constant term, in quadrature
JET_CONSTANT = 0.064
JET_SCALE = 0.98  # losses out of the cone
B_JET_SCALE = 0.945
B_TO_LEPTON = 0.32  # bottom jets with a neutrino, which takes exp(-x) of them away, x exponential
B_NEUTRINO = 0.3
LEPTON_RESOLUTION = 0.02  # no efficiency: it would only cost time
ISOLATION = 0.4  # no jet comes nearer to the lepton
CROWDED, CROWDED_LOSS = 0.7, 0.42  # and of the leptons with a jet that near, this share is not found
SOFT_TERM = 0.75  # sqrt(GeV): missing-energy resolution from all that is in no jet, times sqrt(sum of pT)

TAG_EFFICIENCY = {5: 0.74, 4: 0.25, 0: 0.03}  # bottom, charm, light; at high pT in the middle of the detector
TAG_TURN_ON = 12.9  # GeV: a tag needs tracks, soft jets have few
TAG_ETA_FLAT, TAG_ETA_MAX = 1.09, 1.84  # the efficiency is flat up to the first and zero from the second on
TAG_LOOSE = 0.19  # a fifth of the tags has the lower of the two values
N_TAGS = 2  # exactly: no real row has three

# The real table lists jets in an order that follows their pT only roughly, and tagged ones later.
ORDER_NOISE = 0.34
ORDER_TAG = 0.11

NEUTRINO_ETA = 0.05 * np.arange(-60, 61)
"""The pseudorapidities tried for the neutrino: the real table's masses lie on this grid."""


class Measured(NamedTuple):
    """What the detector reports of n selected events.

    Attributes
    ----------
    lepton : ndarray, shape (n, 3)
        Transverse momentum, pseudorapidity, azimuth.
    missing : ndarray, shape (n, 2)
        Missing transverse momentum: magnitude, azimuth.
    jets : ndarray, shape (n, 4, 3)
        Transverse momentum, pseudorapidity, azimuth of the four leading jets.
    tags : ndarray of int, shape (n, 4)
        Bottom tag of each: 0 none, 1 loose, 2 tight.
    masses : ndarray, shape (n, 7)
        m_jj, m_jjj, m_lv, m_jlv, m_bb, m_wbb, m_wwbb.
    """

    lepton: np.ndarray
    missing: np.ndarray
    jets: np.ndarray
    tags: np.ndarray
    masses: np.ndarray


def four_momenta(pt: np.ndarray, eta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return px, py, pz, E of massless particles along a new last axis."""
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.stack([px, py, pz, np.sqrt(px**2 + py**2 + pz**2)], axis=-1)


def invariant_mass(momenta: np.ndarray) -> np.ndarray:
    """Return the mass of four-momenta px, py, pz, E; rounding below zero counts as zero."""
    return np.sqrt(np.maximum(momenta[..., 3] ** 2 - (momenta[..., :3] ** 2).sum(-1), 0.0))


def neutrino(lepton: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return the massless neutrino that brings the mass of lepton and neutrino nearest to the W boson's.

    Its pseudorapidity is one of `NEUTRINO_ETA`, as in the real table, so the mass is met within a few hundred MeV.

    Parameters
    ----------
    lepton : ndarray, shape (n, 3)
        Transverse momentum (GeV), pseudorapidity and azimuth of the lepton.
    missing : ndarray, shape (n, 2)
        Magnitude (GeV) and azimuth of the missing transverse momentum.

    Returns
    -------
    ndarray, shape (n, 4)
        px, py, pz, E in GeV.
    """
    transverse = 2 * lepton[:, :1] * missing[:, :1]
    cosine = np.cos(lepton[:, 2:] - missing[:, 1:])
    mass = np.sqrt(np.maximum(transverse * (np.cosh(NEUTRINO_ETA - lepton[:, 1:2]) - cosine), 0.0))
    eta = NEUTRINO_ETA[np.abs(mass - W_MASS).argmin(axis=1)]
    return four_momenta(missing[:, 0], eta, missing[:, 1])


def measure(collisions: Collisions, rng: np.random.Generator) -> Measured:
    """Simulate the detector's answer, select events as the real table does, and reconstruct masses.

    Parameters
    ----------
    collisions : Collisions
        What was produced.
    rng : Generator
        Random numbers of the detector.

    Returns
    -------
    Measured
        The selected events, in the order of the collisions.
    """
    n = len(collisions.lepton)
    true_pt, eta, phi = np.moveaxis(collisions.jets, -1, 0)
    bottom = collisions.flavour == 5
    energy = np.maximum(true_pt * np.cosh(eta), 1.0)
    width = np.hypot(JET_STOCHASTIC / np.sqrt(energy), JET_CONSTANT)
    scale = np.where(bottom, B_JET_SCALE, JET_SCALE)
    factor = np.maximum(1 + width * rng.standard_normal(width.shape), 0.05)
    neutrinos = (rng.random(width.shape) < B_TO_LEPTON) & bottom
    factor *= np.where(neutrinos, np.exp(-B_NEUTRINO * rng.standard_exponential(width.shape)), 1.0)
    pt = true_pt * scale * factor

    lepton = collisions.lepton.copy()
    lepton[:, 0] *= 1 + LEPTON_RESOLUTION * rng.standard_normal(n)

    lost = scale * true_pt - pt  # the mean loss is calibrated away, its fluctuation is not
    soft = SOFT_TERM * np.sqrt(pt.sum(1) + lepton[:, 0])
    missing = collisions.neutrino + soft[:, None] * rng.standard_normal((n, 2))
    missing += np.stack([(lost * np.cos(phi)).sum(1), (lost * np.sin(phi)).sum(1)], axis=1)
    missing = np.stack([np.hypot(*missing.T), np.arctan2(missing[:, 1], missing[:, 0])], axis=1)

    good = (pt > JET_PT_MIN) & (np.abs(eta) < JET_ETA_MAX)
    good &= rng.random(pt.shape) > SOFT_LOSS * np.exp((JET_PT_MIN - pt) / SOFT_RANGE)
    tags = _tag(pt, eta, collisions.flavour, rng) * good
    good &= np.cumsum(good, axis=1) <= MAX_JETS
    tags *= good
    distance = np.hypot(eta - lepton[:, 1:2], np.angle(np.exp(1j * (phi - lepton[:, 2:]))))
    nearest = np.where(good, distance, np.inf).min(1)
    key = np.log(np.maximum(pt, 1e-9)) - ORDER_TAG * (tags > 0) + ORDER_NOISE * rng.standard_normal(pt.shape)
    kept = (
        (lepton[:, 0] > LEPTON_PT_MIN)
        & (np.abs(lepton[:, 1]) < LEPTON_ETA_MAX)
        & (good.sum(1) >= 4)
        & ((tags > 0).sum(1) == N_TAGS)
        & (nearest > ISOLATION)
        & ((nearest > CROWDED) | (rng.random(n) > CROWDED_LOSS))
    )
    order = np.argsort(-np.where(good, key, -np.inf), axis=1)[kept]
    pt, eta, phi, tags, good = (
        np.take_along_axis(values[kept], order, axis=1) for values in (pt, eta, phi, tags, good)
    )
    lepton, missing = lepton[kept], missing[kept]
    w_lv = four_momenta(*lepton.T) + neutrino(lepton, missing)
    return Measured(
        lepton,
        missing,
        np.stack([pt, eta, phi], axis=-1)[:, :4],
        tags[:, :4],
        _masses(four_momenta(pt, eta, phi), good, tags > 0, w_lv),
    )


def _tag(pt: np.ndarray, eta: np.ndarray, flavour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    efficiency = np.select([flavour == 5, flavour == 4], [TAG_EFFICIENCY[5], TAG_EFFICIENCY[4]], TAG_EFFICIENCY[0])
    turn_on = 1 - np.exp(-pt / TAG_TURN_ON)
    falling = np.clip((TAG_ETA_MAX - np.abs(eta)) / (TAG_ETA_MAX - TAG_ETA_FLAT), 0.0, 1.0)
    tagged = rng.random(pt.shape) < efficiency * turn_on * falling
    return tagged * np.where(rng.random(pt.shape) < TAG_LOOSE, 1, 2)


def _masses(jets: np.ndarray, good: np.ndarray, tagged: np.ndarray, w_lv: np.ndarray) -> np.ndarray:
    n = len(jets)
    rows = np.arange(n)
    b = jets[np.nonzero(tagged)].reshape(n, N_TAGS, 4)
    b_pair = b.sum(1)

    # The hadronic W: the two untagged jets closest to its mass.
    first, second = np.triu_indices(jets.shape[1], 1)
    free = good & ~tagged
    pairs = jets[:, first] + jets[:, second]
    distance = np.where(free[:, first] & free[:, second], np.abs(invariant_mass(pairs) - W_MASS), np.inf)
    w_jj = pairs[rows, distance.argmin(1)]

    # The hadronic top quark takes the tagged jet that brings it closer to its mass, the leptonic one the other.
    hadronic = invariant_mass(w_jj[:, None] + b)
    leptonic = invariant_mass(w_lv[:, None] + b[:, ::-1])
    choice = np.abs(hadronic - TOP_MASS).argmin(1)
    # The charged Higgs: the W boson that gives the larger mass.
    w_bb = np.maximum(invariant_mass(w_lv + b_pair), invariant_mass(w_jj + b_pair))
    return np.stack(
        [
            invariant_mass(w_jj),
            hadronic[rows, choice],
            invariant_mass(w_lv),
            leptonic[rows, choice],
            invariant_mass(b_pair),
            w_bb,
            invariant_mass(w_lv + w_jj + b_pair),
        ],
        axis=1,
    )
