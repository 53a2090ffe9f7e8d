"""Lensing baselines: trees on a ring's ripples, nets that see the ring unrolled; interpolation, a filter, a U-Net."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from xgboost import XGBClassifier

from baselines.rungs import Baseline
from challenges.dataset import Dataset
from challenges.lensing.layout import HIGH_SIDE, SIDE, SUBSTRUCTURE, SUPER_RESOLUTION, TARGET

SEED = 1
RADII, ANGLES = np.linspace(3, 31, 32), np.arange(96) * 2 * np.pi / 96
HARMONICS = 21
FAINT = 1e-3  # keeps the logarithm of an absent harmonic finite
PATCH = 9  # pixels along the side of what the filter looks at
STIFFNESS = 1e-3  # of the filter, per pixel it learns from


def brightness(images: np.ndarray) -> np.ndarray:
    """Return images whose sky is 0 and whose brightest pixel is 1.

    The normalisation of the files makes the darkest pixel 0, so the sky, noise as it is, lies anywhere above.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)

    Examples
    --------
    >>> brightness(np.array([[[0.2, 0.2, 0.0, 0.4], [0.2, 1.0, 0.2, 0.2]]])).round(2).tolist()
    [[[0.0, 0.0, -0.25, 0.25], [0.0, 1.0, 0.0, 0.0]]]
    """
    sky = np.median(images, axis=(1, 2), keepdims=True)
    return (images - sky) / np.maximum(1 - sky, FAINT)


def unrolled(images: np.ndarray) -> np.ndarray:
    """Return images in polar coordinates around their middle, where a ring is a band.

    Parameters
    ----------
    images : ndarray, shape (n, 64, 64)

    Returns
    -------
    ndarray of float32, shape (n, 32, 96)
        Interpolated linearly; rows are radii from 3 to 31 pixels, columns are angles from the x axis towards y.
    """
    flat = images.reshape(len(images), -1).astype(np.float32)
    return (flat @ _polar()).reshape(len(images), len(RADII), len(ANGLES))


def _polar() -> sparse.csc_array:
    """Return the share of each pixel in each point of the polar grid, shape (64 * 64, 32 * 96)."""
    middle = (SIDE - 1) / 2
    row, column = (middle + (RADII[:, None] * wave(ANGLES)).ravel() for wave in (np.sin, np.cos))
    corner = np.floor(row).astype(int), np.floor(column).astype(int)
    pixels, shares = [], []
    for down in (0, 1):
        for across in (0, 1):
            pixels.append((corner[0] + down) * SIDE + corner[1] + across)
            shares.append((1 - abs(row - corner[0] - down)) * (1 - abs(column - corner[1] - across)))
    points = np.tile(np.arange(row.size), 4)
    values = np.concatenate(shares).astype(np.float32)
    return sparse.csc_array((values, (np.concatenate(pixels), points)), shape=(SIDE * SIDE, row.size))


def ripples(images: np.ndarray) -> np.ndarray:
    """Return how a ring's radius, width, peak and light vary around it: smooth lenses make slow waves alone.

    Parameters
    ----------
    images : ndarray, shape (n, 64, 64)

    Returns
    -------
    ndarray, shape (n, 117)
        Logarithms of the first harmonics of those four curves; of the light at each radius; and of what is left of
        the image when it is turned by half a circle and subtracted.
    """
    light = np.clip(brightness(images), 0, None)
    band = unrolled(light)
    weight = band**2
    total = weight.sum(axis=1) + FAINT
    radius = (weight * RADII[:, None]).sum(axis=1) / total
    width = np.sqrt((weight * (RADII[:, None] - radius[:, None]) ** 2).sum(axis=1) / total)
    curves = (radius, width, band.max(axis=1), np.log(band.sum(axis=1) + 0.05))
    waves = [abs(np.fft.rfft(curve, axis=1))[:, :HARMONICS] for curve in curves]
    turned = ((light - light[:, ::-1, ::-1]) ** 2).sum(axis=(1, 2))
    return np.log(np.column_stack([*waves, band.mean(axis=2), turned]) + FAINT)


@dataclass(frozen=True)
class Trees:
    """Boosted trees that look at ripples."""

    fitted: XGBClassifier

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, shape (n, 3)."""
        return self.fitted.predict_proba(ripples(images)).astype(np.float64)


def fit_xgboost(train: Dataset) -> Trees:
    """Fit gradient-boosted trees to the ripples of the rings."""
    model = XGBClassifier(
        n_estimators=400, max_depth=4, learning_rate=0.06, subsample=0.7, colsample_bytree=0.4, random_state=SEED
    )
    return Trees(model.fit(ripples(train.features), train.targets[TARGET]))


def fit_cnn(train: Dataset):
    """Fit a convolutional net to the unrolled rings; torch is imported only here."""
    from baselines.lensing_nets import convolutional, fit

    return fit(train, convolutional, seed=SEED)


def fit_residual(train: Dataset):
    """Fit a residual net to the unrolled rings; torch is imported only here."""
    from baselines.lensing_nets import fit, residual

    return fit(train, residual, seed=SEED)


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


def fit_unet(train: Dataset):
    """Fit a U-Net; torch is imported only here."""
    from baselines.lensing_unet import fit

    return fit(train, seed=SEED)


LADDER = (
    Baseline("cnn", "Convolutional net on the unrolled ring", SUBSTRUCTURE, fit_cnn, deep=True),
    Baseline("ripples_xgboost", "Ripples of the ring, XGBoost", SUBSTRUCTURE, fit_xgboost),
    Baseline("residual", "Residual net on the unrolled ring", SUBSTRUCTURE, fit_residual, deep=True),
    Baseline("bicubic", "Bicubic interpolation", SUPER_RESOLUTION, lambda train: Bicubic()),
    Baseline("filter", "Linear filter, learned", SUPER_RESOLUTION, fit_filter),
    Baseline("unet", "Small U-Net", SUPER_RESOLUTION, fit_unet, deep=True),
)
