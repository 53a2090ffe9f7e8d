"""The crystal: where the spins sit, how far their coupling reaches, and how much each one's field is off."""

from collections.abc import Callable
from functools import cache

import numpy as np

from challenges.nmr.layout import GAUSS, RKKY

SIDE = 24  # spins along each side; periodic
HALF_WIDTH, CUT = 0.025, 0.25  # of the detunings' Lorentz line, in radians per unit of time
MATERIAL = 20211102  # which detuning lies where: a property of the one crystal that all echoes come from
SHORTEST, LONGEST = 0.8, 0.7  # coupling lengths: lattice constants, and sides of the lattice


def distances(side: int) -> np.ndarray:
    """Return how far each site is from site (0, 0), the shorter way round, in lattice constants.

    Examples
    --------
    >>> distances(4)[0].tolist()
    [0.0, 1.0, 2.0, 1.0]
    """
    line = np.minimum(np.arange(side), side - np.arange(side))
    return np.hypot(line[:, None], line)


def gauss(r: np.ndarray, xi: np.ndarray) -> np.ndarray:
    """Return the Gaussian coupling ``exp(-(r / xi)²)``."""
    return np.exp(-((r / xi) ** 2))


def rkky(r: np.ndarray, xi: np.ndarray) -> np.ndarray:
    """Return the Ruderman-Kittel-Kasuya-Yosida coupling ``(x cos x - sin x) / x⁴`` with ``x = 2 r / xi``."""
    x = 2 * r / xi
    return (x * np.cos(x) - np.sin(x)) / x**4


FORMS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {GAUSS: gauss, RKKY: rkky}


def couplings(form: str, xi: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Return how strongly each site couples to site (0, 0), for couplings of several lengths.

    Parameters
    ----------
    form : str
        "gauss" or "rkky".
    xi : ndarray, shape (n,)
        Coupling lengths in lattice constants.
    side : int
        Sites along each side of the lattice.

    Returns
    -------
    ndarray, shape (side, side, n)
        Nothing couples to itself.

    References
    ----------
    S. Carr et al., Signatures of electronic correlations and spin-susceptibility anisotropy in nuclear magnetic
    resonance (2021), arXiv:2110.06811.

    Examples
    --------
    >>> couplings("gauss", np.array([1.0]), side=3)[..., 0].round(2).tolist()
    [[0.0, 0.37, 0.37], [0.37, 0.14, 0.14], [0.37, 0.14, 0.14]]
    """
    r = distances(side)
    r[0, 0] = 1
    found = FORMS[form](r[..., None], np.asarray(xi))
    found[0, 0] = 0
    return found


@cache
def _reach(form: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return coupling lengths, ascending, and the size of the sum of couplings of each, over the number of sites."""
    xi = np.geomspace(SHORTEST, LONGEST * side, 400)
    return xi, np.abs(couplings(form, xi, side).sum(axis=(0, 1))) / side**2


def strongest_sum(form: str, side: int = SIDE) -> float:
    """Return the sum of couplings of the longest length, over the number of sites."""
    return float(_reach(form, side)[1][-1])


def length_of_sum(form: str, total: np.ndarray | float, side: int = SIDE) -> np.ndarray:
    """Return the coupling length at which the sum of couplings, over the number of sites, has the given size.

    The sum grows with the length over all lengths that are used; it is tabulated and interpolated.

    Examples
    --------
    >>> total = np.abs(couplings("rkky", np.array([3.0])).sum()) / SIDE**2
    >>> round(float(length_of_sum("rkky", total)), 2)
    3.0
    """
    xi, totals = _reach(form, side)
    return np.exp(np.interp(np.log(total), np.log(totals), np.log(xi)))


def detunings(side: int = SIDE) -> np.ndarray:
    """Return how far each spin's Larmor frequency is from the mean, in radians per unit of time.

    They are the quantiles of a Lorentz line that is cut at ten half widths, strewn over the lattice: one fixed
    realisation. Drawn at random instead, a small lattice would have a ragged line, and echoes unlike a large one's.

    Returns
    -------
    ndarray, shape (side, side)
    """
    quantile = (np.arange(side**2) + 0.5) / side**2
    line = HALF_WIDTH * np.tan((2 * quantile - 1) * np.arctan(CUT / HALF_WIDTH))
    return np.random.Generator(np.random.PCG64(MATERIAL)).permutation(line).reshape(side, side)
