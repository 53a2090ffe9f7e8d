"""Quantum challenge baselines, all trained on quark jets alone: a quantum, a neural and a linear autoencoder."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from baselines.rungs import Baseline
from challenges.dataset import Dataset

SEED = 1
COMPONENTS = 60


def normalise(images: np.ndarray) -> np.ndarray:
    """Return the square roots of non-negative pixels, each image's largest being 1; the energy then tells nothing.

    Examples
    --------
    >>> normalise(np.array([[[4.0, 16.0]], [[0.0, -1.0]]])).tolist()
    [[[0.5, 1.0]], [[0.0, 0.0]]]
    """
    roots = np.sqrt(np.maximum(images, 0))
    largest = roots.max(axis=(1, 2), keepdims=True)
    return roots / np.where(largest > 0, largest, 1)


def quarks(train: Dataset) -> np.ndarray:
    """Return the normalised images of the quark jets; whatever else is among the rows is left out."""
    return normalise(train.features[train.targets["gluon"].to_numpy() == 0])


@dataclass(frozen=True)
class Reconstruction:
    """Principal components of quark jets."""

    components: PCA

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the squared error with which the components rebuild each image, shape (n, 1)."""
        flat = normalise(features).reshape(len(features), -1)
        rebuilt = self.components.inverse_transform(self.components.transform(flat))
        return ((flat - rebuilt) ** 2).sum(axis=1, keepdims=True).astype(np.float64)


def fit_pca(train: Dataset) -> Reconstruction:
    """Fit principal components, at most one for four jets."""
    images = quarks(train)
    count = min(COMPONENTS, max(len(images) // 4, 1))
    components = PCA(count, svd_solver="randomized", random_state=SEED)
    return Reconstruction(components.fit(images.reshape(len(images), -1)))


def fit_autoencoder(train: Dataset):
    """Fit a small convolutional autoencoder; torch is imported only here."""
    from baselines.quantum_nets import fit

    return fit(quarks(train), normalise, seed=SEED)


def fit_circuit(train: Dataset):
    """Fit a quantum autoencoder of 8 qubits and 32 parameters; PennyLane is imported only here."""
    from baselines.quantum_circuit import fit

    return fit(quarks(train), normalise, seed=SEED)


def declare_circuit() -> str:
    """Return that very circuit in OpenQASM 3; PennyLane is imported only here."""
    from baselines.quantum_circuit import declaration

    return declaration()


LADDER = (
    Baseline(
        "circuit", "Quantum autoencoder (8 qubits)", "anomaly", fit_circuit, deep=True, declaration=declare_circuit
    ),
    Baseline("autoencoder", "Convolutional autoencoder", "anomaly", fit_autoencoder, deep=True),
    Baseline("pca", "Principal components", "anomaly", fit_pca),
)
