"""A detector in NumPy: what is measured of a collision, which events are kept, and the masses made of them.

The constants are few and were tuned by eye and by Kolmogorov-Smirnov distance against public rows of the real table
(benchmarks/higgs_faithfulness.py). Energies and masses are in GeV, angles in radians.
"""

from typing import NamedTuple

import numpy as np

from challenges.higgs.collisions import Collisions

W_MASS = 80.4
TOP_MASS = 172.5

JET_PT_MIN = 15.0  # the real table's smallest jet pT is the same in GeV for all four jets
LEPTON_PT_MIN = 15.0
ETA_MAX = 2.5
MAX_JETS = 5  # good jets considered: more of them would too often leave a tag outside the four that are listed
JET_STOCHASTIC = 1.2  # sqrt(GeV): relative energy resolution 1.2 / sqrt(E) and a constant term, in quadrature
JET_CONSTANT = 0.12
JET_SCALE = 0.98  # losses out of the cone; nothing here fits a scale better than a few percent
B_JET_SCALE = 0.93  # and to neutrinos of bottom hadrons
JET_MASS = 0.20  # mass over pT that hadrons and calorimeter cells add to the shower's, in quadrature; root mean square
LEPTON_RESOLUTION = 0.02  # no efficiency: it would only cost time
LEPTON_ISOLATION = 0.25  # smallest distance to a jet
SOFT_TERM = 0.3  # sqrt(GeV): missing-energy resolution from all that is in no jet, times sqrt(sum of pT)

TAG_EFFICIENCY = {5: 0.85, 4: 0.20, 0: 0.02}  # bottom, charm, light; at high pT in the middle of the detector
TAG_TURN_ON = 15.0  # GeV: a tag needs tracks, soft jets have few
TAG_ETA_FLAT, TAG_ETA_MAX = 0.75, 1.5  # the efficiency is flat up to the first and zero from the second on
TAG_LOOSE = 0.19  # a fifth of the tags has the lower of the two values
N_TAGS = 2  # exactly: no real row has three

# The real table lists jets in an order that follows their pT only roughly, and tagged ones later.
ORDER_NOISE = 0.30
ORDER_TAG = 0.15

# How the real table solves for the neutrino's pz, as its masses of lepton and neutrino and of more particles show: the
# W mass is met within half a percent only, and the larger of two solutions is taken with a chance that falls with it.
PZ_NOISE = 1.5
PZ_LARGER = 500.0


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


def four_momenta(pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, mass: np.ndarray | float) -> np.ndarray:
    """Return px, py, pz, E along a new last axis."""
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.stack([px, py, pz, np.sqrt(px**2 + py**2 + pz**2 + np.square(mass))], axis=-1)


def invariant_mass(momenta: np.ndarray) -> np.ndarray:
    """Return the mass of four-momenta px, py, pz, E; rounding below zero counts as zero."""
    return np.sqrt(np.maximum(momenta[..., 3] ** 2 - (momenta[..., :3] ** 2).sum(-1), 0.0))


def neutrino_pz(lepton: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return both longitudinal momenta of the neutrino that make the W mass, the smaller in size first.

    Where the transverse mass is above the W mass there is no solution; then both are the value that makes the mass of
    lepton and neutrino smallest, which is the transverse mass.

    Parameters
    ----------
    lepton : ndarray, shape (n, 4)
        Four-momenta of the lepton, massless, in GeV.
    missing : ndarray, shape (n, 2)
        Transverse components of the missing momentum in GeV.

    Returns
    -------
    ndarray, shape (n, 2)
        The two solutions in GeV.

    Examples
    --------
    A lepton at rest in the W boson's frame of 40.2 GeV, the neutrino opposite: no longitudinal momentum is left.

    >>> neutrino_pz(np.array([[40.2, 0, 0, 40.2]]), np.array([[-40.2, 0]])).round(3) + 0.0
    array([[0., 0.]])
    """
    pt2 = (lepton[:, :2] ** 2).sum(1)
    missing2 = (missing**2).sum(1)
    a = W_MASS**2 / 2 + (lepton[:, :2] * missing).sum(1)
    middle = a * lepton[:, 2] / pt2
    root = np.sqrt(np.maximum(a**2 - pt2 * missing2, 0.0)) * lepton[:, 3] / pt2
    # The mass is smallest where the neutrino has the lepton's pseudorapidity.
    none = a**2 <= pt2 * missing2
    middle = np.where(none, np.sqrt(missing2 / pt2) * lepton[:, 2], middle)
    turn = np.where(middle > 0, -root, root)
    return np.stack([middle + turn, middle - turn], axis=1)


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
    true_pt, eta, phi, mass = np.moveaxis(collisions.jets, -1, 0)
    energy = np.maximum(true_pt * np.cosh(eta), 1.0)
    width = np.hypot(JET_STOCHASTIC / np.sqrt(energy), JET_CONSTANT)
    scale = np.where(collisions.flavour == 5, B_JET_SCALE, JET_SCALE)
    factor = scale * np.maximum(1 + width * rng.standard_normal(width.shape), 0.05)
    pt = true_pt * factor
    mass = np.sqrt((mass * factor) ** 2 + (JET_MASS * pt) ** 2 * rng.standard_normal(pt.shape) ** 2)

    lepton = collisions.lepton.copy()
    lepton[:, 0] *= 1 + LEPTON_RESOLUTION * rng.standard_normal(n)

    lost = scale * true_pt - pt  # the mean loss is calibrated away, its fluctuation is not
    soft = SOFT_TERM * np.sqrt(pt.sum(1) + lepton[:, 0])
    missing = collisions.neutrino + soft[:, None] * rng.standard_normal((n, 2))
    missing += np.stack([(lost * np.cos(phi)).sum(1), (lost * np.sin(phi)).sum(1)], axis=1)

    good = (pt > JET_PT_MIN) & (np.abs(eta) < ETA_MAX)
    tags = _tag(pt, eta, collisions.flavour, rng) * good
    good &= np.cumsum(good, axis=1) <= MAX_JETS
    tags *= good
    near = np.hypot(eta - lepton[:, 1:2], np.angle(np.exp(1j * (phi - lepton[:, 2:]))))
    key = np.log(np.maximum(pt, 1e-9)) - ORDER_TAG * (tags > 0) + ORDER_NOISE * rng.standard_normal(pt.shape)
    kept = (
        (lepton[:, 0] > LEPTON_PT_MIN)
        & (np.abs(lepton[:, 1]) < ETA_MAX)
        & (good.sum(1) >= 4)
        & ((tags > 0).sum(1) == N_TAGS)
        & ~(good & (near < LEPTON_ISOLATION)).any(1)
    )
    order = np.argsort(-np.where(good, key, -np.inf), axis=1)[kept]
    pt, eta, phi, mass, tags, good = (
        np.take_along_axis(values[kept], order, axis=1) for values in (pt, eta, phi, mass, tags, good)
    )
    lepton, missing = lepton[kept], missing[kept]
    masses = _masses(four_momenta(pt, eta, phi, mass), good, tags > 0, lepton, missing, rng)
    return Measured(
        lepton,
        np.stack([np.hypot(*missing.T), np.arctan2(missing[:, 1], missing[:, 0])], axis=1),
        np.stack([pt, eta, phi], axis=-1)[:, :4],
        tags[:, :4],
        masses,
    )


def _tag(pt: np.ndarray, eta: np.ndarray, flavour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    efficiency = np.select([flavour == 5, flavour == 4], [TAG_EFFICIENCY[5], TAG_EFFICIENCY[4]], TAG_EFFICIENCY[0])
    turn_on = 1 - np.exp(-pt / TAG_TURN_ON)
    falling = np.clip((TAG_ETA_MAX - np.abs(eta)) / (TAG_ETA_MAX - TAG_ETA_FLAT), 0.0, 1.0)
    tagged = rng.random(pt.shape) < efficiency * turn_on * falling
    return tagged * np.where(rng.random(pt.shape) < TAG_LOOSE, 1, 2)


def _masses(
    jets: np.ndarray,
    good: np.ndarray,
    tagged: np.ndarray,
    lepton: np.ndarray,
    missing: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    n = len(jets)
    rows = np.arange(n)
    pt, eta, phi = lepton.T
    lepton_p = four_momenta(pt, eta, phi, 0.0)
    smaller, larger = neutrino_pz(lepton_p, missing).T
    pz = np.where(rng.random(n) < 0.5 * np.exp(-np.abs(larger) / PZ_LARGER), larger, smaller)
    pz += PZ_NOISE * rng.standard_normal(n)
    energy = np.sqrt((missing**2).sum(1) + pz**2)
    w_lv = lepton_p + np.concatenate([missing, pz[:, None], energy[:, None]], axis=1)

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
