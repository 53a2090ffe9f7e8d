"""Simulated calorimeter images from a seed."""

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.particle_images import calorimeter, tracker
from challenges.particle_images.layout import ELECTRON, IMAGE, TARGET

PT = 50.0  # GeV
ETA = 1.2
BLOCK = 500  # images made at once; part of what a seed means


def simulate(n_images: int, seed: int, *, signal: bool = True, progress: Progress | None = None) -> Dataset:
    """Simulate electrons and photons of 50 GeV transverse momentum in the barrel of a detector like CMS.

    Parameters
    ----------
    n_images : int
        How many, at least 1; half of them are electrons (the odd one is a photon).
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count.
    signal : bool, default True
        False empties the tracker: electrons still bend, but radiate nothing, and photons do not convert. Nothing is
        left to tell them apart; labels stay.
    progress : callable, optional
        Called with images done and images wanted.

    Returns
    -------
    Dataset
        Images of shape (n, 32, 32, 2), float32: energy in units of 50 GeV and time in units of 50 ns of every crystal.
        The float32 target ``y`` is 1 for an electron, 0 for a photon. Every image is a group. The order is random.

    Raises
    ------
    ValueError
        If n_images or seed is out of range.

    References
    ----------
    CMS Collaboration, The CMS experiment at the CERN LHC, JINST 3, S08004 (2008): geometry, field, resolution.

    Examples
    --------
    >>> simulate(3, 1).features.shape
    (3, 32, 32, 2)
    """
    if n_images < 1:
        raise ValueError(f"n_images must be at least 1, got {n_images}")
    if not 0 <= seed < 2**256:
        raise ValueError("seed must be an integer from 0 to 2**256 - 1")
    label = np.zeros(n_images, np.float32)
    label[: n_images // 2] = ELECTRON
    label = _generator(seed, 0).permutation(label)
    images = np.empty((n_images, *IMAGE), np.float32)
    for number, start in enumerate(range(0, n_images, BLOCK), start=1):
        rows = slice(start, start + BLOCK)
        images[rows] = _block(label[rows] == ELECTRON, _generator(seed, number), signal)
        if progress:
            progress(min(start + BLOCK, n_images), n_images)
    return Dataset(images, pd.DataFrame({TARGET: label}), np.arange(n_images, dtype=np.int64))


def _generator(seed: int, part: int) -> np.random.Generator:
    """Return the random numbers of one part of the simulation; 8 words of pool hold a 256-bit seed."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(part,), pool_size=8)))


def _block(electron: np.ndarray, rng: np.random.Generator, signal: bool) -> np.ndarray:
    n = len(electron)
    eta = rng.uniform(-ETA, ETA, n)
    sign = rng.choice([-1.0, 1.0], n)
    gun = tracker.Particles(np.arange(n), sign * electron, np.full(n, PT), np.zeros(n), np.zeros(n))
    arriving = tracker.cross(gun, tracker.material(eta) * signal, rng)
    return calorimeter.images(arriving, eta, rng)
