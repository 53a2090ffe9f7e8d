"""Sharper images without a net: interpolation, and a linear filter that is learned."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from baselines.lensing.rings import brightness
from challenges.dataset import Dataset
from challenges.lensing.layout import HIGH_SIDE, SIDE

PATCH = 9  # pixels along the side of what the filter looks at
STIFFNESS = 1e-3  # of the filter, per pixel it learns from


class Bicubic:
    """Cubic splines through the pixels: no training, and all of the noise stays."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return images of twice the side, float32, shape (n, 128, 128)."""
        # Pixels have a width: two new ones share the place of an old one, so both grids begin at the same edge.
        zoom = HIGH_SIDE / SIDE
        large = ndimage.zoom(images, (1, zoom, zoom), order=3, mode="nearest", grid_mode=True)
        return np.clip(large, 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Filter:
    """One linear filter for each of the four new pixels in an old one.

    Attributes
    ----------
    weights : ndarray, shape (82, 4)
        For the pixels around, row by row, and for 1.
    """

    weights: np.ndarray

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return images of twice the side, float32, shape (n, 128, 128)."""
        large = np.empty((len(images), HIGH_SIDE, HIGH_SIDE), np.float32)
        for row, image in enumerate(brightness(images)):
            quarters = (_patches(image) @ self.weights).reshape(SIDE, SIDE, 2, 2)
            large[row] = np.clip(quarters.transpose(0, 2, 1, 3).reshape(HIGH_SIDE, HIGH_SIDE), 0, 1)
        return large


def fit_filter(train: Dataset) -> Filter:
    """Fit the filters by ridge regression: of all linear ones, about the best there is for these images.

    References
    ----------
    N. Wiener, *Extrapolation, Interpolation, and Smoothing of Stationary Time Series* (1949): the idea.
    """
    products, answers = 0.0, 0.0
    for image, sharp in zip(brightness(train.features), train.targets, strict=True):
        patches = _patches(image)
        quarters = sharp.reshape(SIDE, 2, SIDE, 2).transpose(0, 2, 1, 3).reshape(SIDE * SIDE, 4)
        products, answers = products + patches.T @ patches, answers + patches.T @ quarters.astype(np.float64)
    stiffness = STIFFNESS * len(train) * SIDE * SIDE * np.eye(len(products))
    return Filter(np.linalg.solve(products + stiffness / len(products), answers))


def _patches(image: np.ndarray) -> np.ndarray:
    """Return the surroundings of every pixel, and 1, shape (64 * 64, 82)."""
    padded = np.pad(image.astype(np.float64), PATCH // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (PATCH, PATCH)).reshape(SIDE * SIDE, PATCH * PATCH)
    return np.column_stack([windows, np.ones(len(windows))])
