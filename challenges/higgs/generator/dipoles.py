"""Radiation of outgoing partons: gluons from colour dipoles, ordered in transverse momentum."""

import numpy as np

from challenges.higgs.generator.momenta import axes, dot
from challenges.higgs.generator.parton_densities import coupling

SOFTEST = 2.0  # GeV
STRENGTH = 1.0
BOTTOM_MASS = 4.8  # GeV
LONGEST = 10  # partons of a chain
QUARK, GLUON = 2 / (3 * np.pi), 3 / (4 * np.pi)  # rates of a dipole between two quarks, and of any other, over alpha_s


def radiate(
    first: np.ndarray,
    last: np.ndarray,
    rng: np.random.Generator,
    *,
    quarks: bool = True,
    heavy: tuple[bool, bool] = (False, False),
    silent: bool = False,
) -> np.ndarray:
    """Let dipoles of two massless partons radiate.

    A gluon comes between two neighbours of a chain with the mean number

        dN = c alpha_s(pT) (x1**n + x3**m) d ln pT**2 dy,

    where x1 and x3 are the neighbours' energies after it over half the dipole's mass, pT**2 = S (1 - x1) (1 - x3), y =
    ln((1 - x1) / (1 - x3)) / 2, n and m are 2 for a quark and 3 for a gluon, and c is 2/(3 pi) between two quarks, else
    3/(4 pi) [1]_ [2]_. The hardest comes first; it makes two dipoles of one. One neighbour keeps its direction, with
    chances as the squares of x1 and x3 [3]_.

    Parameters
    ----------
    first, last : ndarray, shape (4, n)
        Momenta of the chains' ends in GeV.
    rng : Generator
        Random numbers.
    quarks : bool
        The ends are quarks, else gluons.
    heavy : tuple of bool
        Which end is a bottom quark: it does not radiate within its dead cone.
    silent : bool
        The last parton stands for whatever takes the recoil: only the half next to the first radiates, and the last is
        not returned.

    Returns
    -------
    ndarray, shape (4, n, LONGEST)
        Momenta along each chain, zeros where it is shorter.

    References
    ----------
    .. [1] G. Gustafson, U. Pettersson, Nuclear Physics B 306, 746 (1988)
    .. [2] L. Lönnblad, Computer Physics Communications 71, 15 (1992)
    .. [3] R. Kleiss, Physics Letters B 180, 400 (1986)
    """
    n = first.shape[1]
    chains = np.zeros((4, n, LONGEST))
    chains[:, :, 0], chains[:, :, 1] = first, last
    squares = np.zeros((n, LONGEST - 1))
    squares[:, 0] = 2 * dot(first, last)
    length = np.full(n, 2)
    strongest = STRENGTH * float(coupling(SOFTEST))
    steps = 1 / (GLUON * strongest)
    active = np.flatnonzero(squares[:, 0] > 4 * SOFTEST**2)
    scale = squares[active, 0] / 4
    while len(active):
        s = squares[active]
        room = np.log(np.maximum(s / scale[:, None], 1.0))
        room = np.sqrt(room**2 + steps * rng.standard_exponential(s.shape))
        tried = s * np.exp(-room)
        place = tried.argmax(1)
        row = np.arange(len(active))
        scale, room, s = tried[row, place], room[row, place], s[row, place]
        going = scale > SOFTEST**2
        active, place, scale, room, s = (part[going] for part in (active, place, scale, room, s))
        y = (rng.random(len(active)) - 0.5) * room
        size = np.sqrt(scale / s)
        lost1, lost3 = size * np.exp(y), size * np.exp(-y)
        x1, x3 = 1 - lost1, 1 - lost3
        at_first, at_last = place == 0, place == length[active] - 2
        quark1, quark3 = at_first & quarks, at_last & quarks
        rate = np.where(quark1 & quark3, QUARK, GLUON) * (x1 ** (3 - quark1) + x3 ** (3 - quark3)) * STRENGTH
        keep = rng.random(len(active)) * 2 * GLUON * strongest < rate * coupling(np.sqrt(scale))
        keep &= lost1 + lost3 < 1
        cone = np.log(np.sqrt(s) / BOTTOM_MASS)
        if heavy[0]:
            keep &= ~at_first | (y < cone)
        if heavy[1]:
            keep &= ~at_last | (-y < cone)
        if silent:
            keep &= ~at_last | (y > 0)
        chosen = np.flatnonzero(keep)
        if len(chosen):
            third_keeps = rng.random(len(chosen)) * (x1[chosen] ** 2 + x3[chosen] ** 2) < x3[chosen] ** 2
            third_keeps |= silent & at_last[chosen]
            rows, where = active[chosen], place[chosen]
            parts = _emit(chains[:, rows, where], chains[:, rows, where + 1], x1[chosen], x3[chosen], third_keeps, rng)
            index = np.arange(LONGEST)
            index = index - (index > where[:, None])
            longer = np.take_along_axis(chains[:, rows], index[None], axis=2)
            for step, part in enumerate(parts):
                longer[:, np.arange(len(rows)), where + step] = part
            chains[:, rows] = longer
            squares[rows] = 2 * dot(longer[:, :, :-1], longer[:, :, 1:])
            length[rows] += 1
            going = length[active] < LONGEST
            active, scale = active[going], scale[going]
    if silent:
        chains[:, np.arange(n), length - 1] = 0
    return chains


def _emit(p1, p3, x1, x3, third_keeps, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both neighbours and the gluon between them; one neighbour keeps its direction (Catani & Seymour 1997)."""
    keeper, emitter = np.where(third_keeps, p3, p1), np.where(third_keeps, p1, p3)
    x_keeper, x_emitter = np.where(third_keeps, x3, x1), np.where(third_keeps, x1, x3)
    given = 1 - x_keeper
    z = (x_keeper + x_emitter - 1) / x_keeper
    s = 2 * dot(keeper, emitter)
    _, across, third = axes((keeper + emitter) / np.sqrt(s), emitter)
    azimuth = rng.uniform(0, 2 * np.pi, len(z))
    sideways = np.sqrt(z * (1 - z) * given * s) * (np.cos(azimuth) * across + np.sin(azimuth) * third)
    changed = z * emitter + (1 - z) * given * keeper + sideways
    gluon = (1 - z) * emitter + z * given * keeper - sideways
    kept = x_keeper * keeper
    return np.where(third_keeps, changed, kept), gluon, np.where(third_keeps, kept, changed)
