"""How much of what is left of a disk is the wake of a planet: matched filters, one an orbit."""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from challenges.exoplanet.layout import AU
from challenges.exoplanet.planets import wake_angle

ORBITS = np.geomspace(8.0, 54.0, 16)  # pixels
ASPECT_RATIO = 0.022  # scale height over radius at 1 au of a star like the sun; it grows as the fourth root
THICKNESS = (0.82, 1.0, 1.22)  # of other stars' disks, over that
MODES = 33  # waves a turn, from 0, of which a wake is made
REACH = 8.0  # scale heights over which a wake fades
BEAM = 1.0  # pixels, standard deviation
CLIPPED = 0.6  # of the ring's brightness: what stands out more is a spot or a crescent
CLUMPS = 0.05  # roughness that is there without any wake
SMOOTH = 5.0  # pixels of radius over which a spectrum is taken
FINER = 6  # steps a pixel, before the beam blurs them

NAMES = (*(f"wake from {orbit:.0f} px" for orbit in ORBITS), "wake, best", "wake, other sense", "wake, orbit")


def wakes(left: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return how well wakes of planets on each of 16 orbits fit what is left of a disk.

    A matched filter in coloured noise: the spectrum over angles, smoothed over radii, is what spirals, crescents and
    clumps leave; a wake stands out since its many waves agree in where they come from.

    Parameters
    ----------
    left : ndarray, shape (r, angles)
        Brightness on rings in the plane of the disk, less each ring's mean and over it.
    noise : ndarray, shape (r,)
        Standard deviation of the noise in the same unit.

    Returns
    -------
    ndarray, shape (len(NAMES),)
        Signal over noise from each orbit, in the sense of turning that fits best; the best one, what the other sense
        reaches of it, and its orbit in pixels.

    References
    ----------
    R. R. Rafikov, ApJ 569, 997 (2002), for the shape of wakes. G. L. Turin, IRE Trans. Inf. Theory 6, 311 (1960).
    """
    rings, angles = left.shape
    waves = np.fft.rfft(np.clip(left, -CLIPPED, CLIPPED), axis=1)[:, :MODES] / angles
    white = (noise**2 + CLUMPS**2)[:, None] / angles
    other = white + gaussian_filter1d(np.abs(waves) ** 2, SMOOTH, axis=0)
    weight = (np.arange(rings) + 0.5)[:, None] / other / angles
    weight[:2], weight[:, 0] = 0.0, 0.0
    shapes = _templates(rings)
    size = np.sqrt(2 * np.einsum("rm,trm->t", weight, np.abs(shapes) ** 2))
    found = np.stack([_best_angle(weight * waves, turning, angles) / size for turning in (shapes, shapes.conj())])
    orbits = found.reshape(2, len(ORBITS), len(THICKNESS)).max(axis=2)
    sense = int(orbits.max(axis=1).argmax())
    best = orbits[sense].max()
    return np.array([*orbits[sense], best, orbits[1 - sense].max() / best, ORBITS[orbits[sense].argmax()]])


def _best_angle(waves: np.ndarray, shapes: np.ndarray, angles: int) -> np.ndarray:
    """Return for each shape its correlation with the waves, at the angle at which it is greatest."""
    correlation = np.einsum("rm,trm->tm", waves, shapes.conj())
    return np.fft.irfft(correlation, n=angles, axis=1).max(axis=1) * angles


@cache
def _templates(rings: int) -> np.ndarray:
    """Return waves over angles of the wakes on all orbits, each in disks of each thickness, shape (t, rings, MODES)."""
    r = (np.arange(rings * FINER) + 0.5) / FINER
    turn = 2 * np.pi * np.arange(6 * MODES) / (6 * MODES)
    modes, middles = np.arange(MODES), np.arange(rings)[:, None] + 0.5
    found = []
    for orbit in ORBITS:
        for thickness in THICKNESS:
            h = thickness * ASPECT_RATIO * (orbit * AU) ** 0.25
            away = np.abs(np.log(r / orbit)) / h
            strength = -np.expm1(-(away**2)) / np.sqrt(1 + away / 6) * np.exp(-away / REACH)
            off = turn - wake_angle(r / orbit, h)[:, None]
            off -= 2 * np.pi * np.round(off / (2 * np.pi))
            wake = strength[:, None] * np.exp(-0.5 * (off / (h * (1 + 1.2 * np.sqrt(away)))[:, None]) ** 2)
            wake = gaussian_filter1d(wake, BEAM * FINER, axis=0).reshape(rings, FINER, -1).mean(axis=1)
            blurred = np.exp(-0.5 * (modes * BEAM / middles) ** 2)
            found.append(np.fft.rfft(wake, axis=1)[:, :MODES] / len(turn) * blurred)
    return np.stack(found)
