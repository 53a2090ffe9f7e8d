"""Counting lit crystals: a gluon carries more colour, radiates more, and makes more hadrons."""

import numpy as np

from challenges.dataset import Dataset


class Counting:
    """Needs no training: that gluon jets have more particles is known, C_A / C_F = 9/4."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return how many crystals hold energy, shape (n, 1)."""
        return (images > 0).sum(axis=(1, 2), dtype=np.float64)[:, None]


def fit_counting(train: Dataset) -> Counting:
    """Look at nothing."""
    return Counting()
