"""Public quark and gluon jets of the EnergyFlow collection, photographed by the challenge's own calorimeter.

They are lists of particles, not images, and harder (500 to 550 GeV): a look from outside at simulator and models.
"""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from challenges.cells import not_whole
from challenges.dataset import DataFileError, Dataset
from challenges.quantum.detector import Particles, photograph
from challenges.quantum.layout import TARGET

HARDEST = 1.0  # GeV: the hardest particle of a jet has more, unless momenta are in another unit or are fractions
FARTHEST = 1.0  # from a jet's axis; jets of the collection have R = 0.4


def load(particles: Path, labels: Path, *, seed: int = 1) -> Dataset:
    """Read jets as lists of particles and photograph them.

    Parameters
    ----------
    particles : Path
        A NumPy file, shape (n, m, 4): transverse momentum in GeV (0 where there is no particle), rapidity, azimuth in
        radians, and the Particle Data Group's number; the hardest particle of each jet first.
    labels : Path
        A NumPy file, shape (n,): 1 for quarks, 0 for gluons.
    seed : int
        Of the calorimeter.

    Returns
    -------
    Dataset
        Images, shape (n, 30, 30); the int8 target ``gluon``; each jet a group of its own.

    Raises
    ------
    DataFileError
        If a file is not a NumPy array of that shape, holds pickled objects, which are never opened, or its numbers are
        not what they should be: transverse momenta that fall from 0 or more, particles near their jet's axis, and
        whole numbers of particles. The message names the first jet and particle that is otherwise.

    References
    ----------
    P. T. Komiske, E. M. Metodiev, J. Thaler, JHEP 01, 121 (2019), arXiv:1810.05165; Zenodo 3164691, CC BY 4.0.
    """
    x, y = _array(particles), _array(labels)
    if x.ndim != 3 or x.shape[2] != 4 or not np.isfinite(x).all():
        raise DataFileError(f"{particles}: expected finite numbers of shape (n, m, 4), got shape {x.shape}")
    _check_particles(particles, x)
    if y.shape != x.shape[:1] or not np.isin(y, (0, 1)).all():
        raise DataFileError(f"{labels}: expected 0 or 1 for each of {len(x)} jets, got shape {y.shape}")
    images = photograph(*as_particles(x), np.random.default_rng(seed))
    return Dataset(images, pd.DataFrame({TARGET: (y == 0).astype(np.int8)}), np.arange(len(y), dtype=np.int64))


def _array(path: Path) -> np.ndarray:
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise DataFileError(f"{path}: expected a NumPy array without pickles ({error})") from error
    if not isinstance(found, np.ndarray):
        found.close()
        raise DataFileError(f"{path}: expected one NumPy array (.npy), got an archive of several (.npz)")
    if found.dtype.kind not in "biuf":
        raise DataFileError(f"{path}: expected numbers, got {found.dtype}")
    return found


def _check_particles(path: Path, x: np.ndarray) -> None:
    """Say which particle is not what its place in the array says."""
    pt = x[:, :, 0]
    rises = np.diff(pt, axis=1, prepend=np.inf) > 0
    distance = np.hypot(*(x[:, :, 1:3] - _axes(x)[:, None]).transpose(2, 0, 1))
    for column, bad, expected in (
        (0, pt < 0, "a transverse momentum of at least 0"),
        (0, rises, "transverse momenta in descending order"),
        (0, (np.arange(x.shape[1]) == 0) & (pt < HARDEST), f"{HARDEST:g} GeV or more for a jet's hardest particle"),
        (1, (pt > 0) & (distance > FARTHEST), f"rapidity and azimuth within {FARTHEST:g} of the jet's axis"),
        (3, not_whole(x[:, :, 3], np.int32), "the Particle Data Group's number, a whole one"),
    ):
        if bad.any():
            jet, place = np.argwhere(bad)[0]
            got = ", ".join(f"{number:g}" for number in x[jet, place, column : 3 if column == 1 else column + 1])
            raise DataFileError(f"{path}, jet {jet}, particle {place}: expected {expected}, got {got}")


def as_particles(x: np.ndarray) -> tuple[Particles, np.ndarray]:
    """Return the particles of an array, shape (n, m, 4), and as axes their centroids weighted by momentum, (n, 2)."""
    there = x[:, :, 0] > 0
    # Rapidity stands for pseudorapidity: at these momenta masses move a particle by far less than a crystal.
    pt, eta, phi, kind = (x[:, :, column] for column in range(4))
    return Particles(np.nonzero(there)[0], pt[there], eta[there], phi[there], kind[there].astype(int)), _axes(x)


def _axes(x: np.ndarray) -> np.ndarray:
    pt = x[:, :, :1]
    return (pt * x[:, :, 1:3]).sum(axis=1) / np.maximum(pt.sum(axis=1), 1e-9)
