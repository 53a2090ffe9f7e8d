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


def load(particles: Path, labels: Path, *, seed: int = 1) -> Dataset:
    """Read jets as lists of particles and photograph them.

    Parameters
    ----------
    particles : Path
        A NumPy file, shape (n, m, 4): transverse momentum in GeV (0 where there is no particle), rapidity, azimuth in
        radians, and the Particle Data Group's number.
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
        If a file is not a NumPy array of that shape, holds pickled objects, which are never opened, or the number of a
        particle is not whole.

    References
    ----------
    P. T. Komiske, E. M. Metodiev, J. Thaler, JHEP 01, 121 (2019), arXiv:1810.05165; Zenodo 3164691, CC BY 4.0.
    """
    x, y = _array(particles), _array(labels)
    if x.ndim != 3 or x.shape[2] != 4 or not np.isfinite(x).all():
        raise DataFileError(f"{particles}: expected finite numbers of shape (n, m, 4), got shape {x.shape}")
    strange = np.argwhere(not_whole(x[:, :, 3], np.int32))
    if len(strange):
        jet, place = strange[0]
        raise DataFileError(
            f"{particles}, jet {jet}, particle {place}: expected the Particle Data Group's number, a whole one, got"
            f" {x[jet, place, 3]:g}"
        )
    if y.shape != x.shape[:1] or not np.isin(y, (0, 1)).all():
        raise DataFileError(f"{labels}: expected 0 or 1 for each of {len(x)} jets, got shape {y.shape}")
    images = photograph(*_jets(x), np.random.default_rng(seed))
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


def _jets(x: np.ndarray) -> tuple[Particles, np.ndarray]:
    """Return the particles and, as axis, their centroid weighted by transverse momentum."""
    there = x[:, :, 0] > 0
    # Rapidity stands for pseudorapidity: at these momenta masses move a particle by far less than a crystal.
    pt, eta, phi, kind = (x[:, :, column] for column in range(4))
    weight = pt / np.maximum(pt.sum(axis=1, keepdims=True), 1e-9)
    axes = np.column_stack([(weight * eta).sum(axis=1), (weight * phi).sum(axis=1)])
    jet = np.nonzero(there)[0]
    return Particles(jet, pt[there], eta[there], phi[there], kind[there].astype(int)), axes
