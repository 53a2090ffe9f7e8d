"""Principal components of quark jets: a linear autoencoder.

Its pixels are fourth roots, so that many faint crystals, which tell a gluon, count beside the few bright ones.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from baselines.quantum.quarks import normalise, quarks
from baselines.rungs import SEED
from challenges.dataset import Dataset

COMPONENTS = 60


@dataclass(frozen=True)
class Reconstruction:
    """Principal components of quark jets."""

    components: PCA

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the squared error with which the components rebuild each image, shape (n, 1)."""
        flat = _inputs(normalise(features))
        rebuilt = self.components.inverse_transform(self.components.transform(flat))
        return ((flat - rebuilt) ** 2).sum(axis=1, keepdims=True).astype(np.float64)


def fit_pca(train: Dataset) -> Reconstruction:
    """Fit principal components, at most one for four jets."""
    images = quarks(train)
    count = min(COMPONENTS, max(len(images) // 4, 1))
    components = PCA(count, svd_solver="randomized", random_state=SEED)
    return Reconstruction(components.fit(_inputs(images)))


def _inputs(images: np.ndarray) -> np.ndarray:
    return np.sqrt(images).reshape(len(images), -1)
