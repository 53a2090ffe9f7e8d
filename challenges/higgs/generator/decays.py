"""Masses of unstable particles and their decays in two, with the polarisation of W bosons."""

import numpy as np

from challenges.higgs.generator.momenta import axes, dot

W_MASS, W_WIDTH = 80.4, 2.085  # GeV
TOP_MASS, TOP_WIDTH = 172.5, 1.42


def breit_wigner(mass: float, width: float, reach: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n masses in GeV, spread as a relativistic Breit-Wigner peak within `reach` of its middle."""
    edges = ((np.array([mass - reach, mass + reach])) ** 2 - mass**2) / (mass * width)
    low, high = np.arctan(edges)
    return np.sqrt(mass**2 + mass * width * np.tan(rng.uniform(low, high, n)))


def decay(
    parent: np.ndarray,
    masses: tuple[np.ndarray | float, np.ndarray | float],
    cosine: np.ndarray,
    azimuth: np.ndarray,
    towards: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Let particles decay in two.

    Parameters
    ----------
    parent : ndarray, shape (4, n)
        Their momenta in GeV.
    masses : tuple
        Masses of the first and the second daughter in GeV.
    cosine, azimuth : ndarray, shape (n,)
        Direction of the first daughter in the parent's rest frame, against the axis on which `towards` moves there.
    towards : ndarray, shape (4, n)
        Momenta that give the axis.

    Returns
    -------
    tuple of ndarray, shape (4, n)
        Momenta of both daughters.
    """
    mass = np.sqrt(dot(parent, parent))
    energy = (mass**2 + np.square(masses[0]) - np.square(masses[1])) / (2 * mass)
    momentum = np.sqrt(np.maximum(energy**2 - np.square(masses[0]), 0.0))
    rest = parent / mass
    along, across, third = axes(rest, towards)
    sine = np.sqrt(1 - cosine**2)
    direction = cosine * along + sine * (np.cos(azimuth) * across + np.sin(azimuth) * third)
    first = energy * rest + momentum * direction
    return first, parent - first


def isotropic(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return cosines and azimuths without a preferred direction."""
    return rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)


def longitudinal(u: np.ndarray) -> np.ndarray:
    """Return cosines that follow 3/4 (1 - c**2), from uniform numbers: the cubic equation solved.

    So decay W bosons that come from a scalar and a scalar.

    Examples
    --------
    >>> longitudinal(np.array([0.0, 0.5, 1.0])).round(6) + 0.0
    array([-1.,  0.,  1.])
    """
    return 2 * np.cos((np.arccos(1 - 2 * u) + 4 * np.pi) / 3)


def from_top(u: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """Return cosines of the charged lepton, or the down-type quark, from the W boson of a top quark.

    They follow 3/4 F (1 - c**2) + 3/8 (1 - F) (1 - c)**2, c against the W boson's direction in the top quark's rest
    frame, with the longitudinal share F = m_t**2 / (m_t**2 + 2 m_W**2) = 0.70 [1]_.

    Parameters
    ----------
    u, choice : ndarray, shape (n,)
        Two uniform numbers each.

    References
    ----------
    .. [1] G. L. Kane, G. A. Ladinsky, C.-P. Yuan, Physical Review D 45, 124 (1992)
    """
    share = TOP_MASS**2 / (TOP_MASS**2 + 2 * W_MASS**2)
    return np.where(choice < share, longitudinal(u), 1 - 2 * np.cbrt(u))
