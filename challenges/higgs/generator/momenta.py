"""Four-momenta as arrays whose first axis is px, py, pz, E, in GeV; what follows holds n of them."""

import numpy as np

BEAM = np.array([0.0, 0.0, 1.0, 1.0])
SIDEWAYS = np.array([1.0, 0.0, 0.0, 0.0])


def dot(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the Minkowski product E E' - p.p'.

    Examples
    --------
    >>> dot(np.array([[0], [0], [3], [5]]), np.array([[0], [0], [3], [5]]))
    array([16])
    """
    return p[3] * q[3] - p[0] * q[0] - p[1] * q[1] - p[2] * q[2]


def axes(rest: np.ndarray, towards: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return three unit vectors that span space in a rest frame.

    Parameters
    ----------
    rest : ndarray, shape (4, n)
        Four-velocities of the frame: momentum over mass.
    towards : ndarray, shape (4, n)
        Any momenta; the first axis points to where they move in that frame.

    Returns
    -------
    along, across, third : ndarray, shape (4, n)
        Orthogonal to each other and to `rest`, each of square -1; the last two have no preferred direction.
    """
    along = _unit(towards - dot(rest, towards) * rest)
    sideways = SIDEWAYS[:, None]
    across = _unit(sideways - dot(rest, sideways) * rest + dot(along, sideways) * along)
    turns = (
        np.cross(along[:3], across[:3], axis=0),
        np.cross(across[:3], rest[:3], axis=0),
        np.cross(rest[:3], along[:3], axis=0),
    )
    third = rest[3] * turns[0] + along[3] * turns[1] + across[3] * turns[2]
    return along, across, np.concatenate([third, (rest[:3] * turns[0]).sum(0)[None]])


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.sqrt(np.maximum(-dot(vector, vector), 1e-18))


def moving(pt: np.ndarray, rapidity: np.ndarray, azimuth: np.ndarray, mass: np.ndarray | float = 0.0) -> np.ndarray:
    """Return four-momenta from transverse momentum (GeV), rapidity, azimuth (rad) and mass (GeV), shape (4, n)."""
    energy = np.sqrt(pt**2 + np.square(mass))
    return np.stack(
        [pt * np.cos(azimuth), pt * np.sin(azimuth), energy * np.sinh(rapidity), energy * np.cosh(rapidity)]
    )
