"""Likeness of images, with its uncertainty: peak signal-to-noise ratio and structural similarity."""

import numpy as np

from scoring.estimate import Estimate, TrackMetric
from scoring.rowwise import mean_estimate, row_values
from scoring.validate import LengthError, ScoringError, real_numbers

LARGEST_PSNR = 100.0
SIGMA, TRUNCATE = 1.5, 3.5
RADIUS = int(TRUNCATE * SIGMA + 0.5)
WINDOW = 2 * RADIUS + 1
C1, C2 = 0.01**2, 0.03**2


class ImageRangeError(ScoringError):
    """A true image with values outside [0, 1], the range that PSNR and SSIM take for granted."""


class ImageSizeError(ScoringError):
    """Images smaller than the window of SSIM."""


def psnr(truth, predictions, groups=None) -> Estimate:
    """Return the mean over images of the peak signal-to-noise ratio ``10 log10(1 / MSE)``, in dB, data range 1.

    An image counts at most 100 dB (a root-mean-square error of 1e-5), so that images without error have a score.

    Parameters
    ----------
    truth : array-like, shape (n_images, height, width)
        Values within [0, 1].
    predictions : array-like of the same shape, or list of k such
        Any finite values; they are not clipped.
    groups : array-like, shape (n_images,), optional
        The independent unit of each image.

    Raises
    ------
    ImageRangeError
        If the truth leaves [0, 1].
    LengthError, NotFiniteError, ScoringError
        If the truth is not a stack of images, and as for `scoring.rowwise.row_values`.
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    Examples
    --------
    >>> round(psnr(np.zeros((2, 4, 4)), np.full((2, 4, 4), 0.1)).value.item(), 6)
    20.0
    """
    return mean_estimate(PSNR, row_values(_psnr, _images(truth), predictions), groups)


PSNR = TrackMetric(
    "psnr",
    1,
    "peak signal-to-noise ratio in dB",
    "images within [0, 1], (n_images, height, width)",
    low=-np.inf,
    high=LARGEST_PSNR,
    unit="dB",
    kind="numbers",
    function=psnr,
)


def ssim(truth, predictions, groups=None) -> Estimate:
    """Return the mean over images of the structural similarity index: 1 for the truth itself, data range 1.

    Local moments are weighted by a gaussian of 1.5 pixels cut to 11 x 11, variances are those of the population,
    K1 = 0.01, K2 = 0.03; an image's index is the mean where the window lies wholly inside it.

    Parameters
    ----------
    truth : array-like, shape (n_images, height, width)
        Values within [0, 1]; at least 11 x 11 pixels.
    predictions : array-like of the same shape, or list of k such
        Any finite values; they are not clipped.
    groups : array-like, shape (n_images,), optional
        The independent unit of each image.

    Raises
    ------
    ImageSizeError
        If the images are smaller than the window.
    ImageRangeError, LengthError, NotFiniteError, ScoringError, GroupError
        As for `psnr`.

    References
    ----------
    Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, IEEE Transactions on Image Processing 13, 600 (2004).

    Examples
    --------
    >>> images = np.linspace(0, 1, 288).reshape(2, 12, 12)
    >>> ssim(images, [images, 1 - images]).value.round(3).tolist()
    [1.0, -0.475]
    """
    truth = _images(truth)
    if min(truth.shape[1:]) < WINDOW:
        raise ImageSizeError(f"SSIM needs images of at least {WINDOW} x {WINDOW} pixels, got {truth.shape[1:]}")
    return mean_estimate(SSIM, row_values(_ssim, truth, predictions), groups)


SSIM = TrackMetric(
    "ssim",
    1,
    "structural similarity",
    "images within [0, 1], (n_images, height, width), at least 11 x 11 pixels",
    low=-1.0,
    kind="numbers",
    function=ssim,
)


def _images(truth) -> np.ndarray:
    truth = real_numbers(truth, "true images")
    if truth.ndim != 3 or truth.size == 0:
        raise LengthError(f"true images need shape (n_images, height, width), got {truth.shape}")
    if truth.min() < 0 or truth.max() > 1:
        image = int(np.flatnonzero(((truth < 0) | (truth > 1)).any(axis=(1, 2)))[0])
        low, high = truth[image].min(), truth[image].max()
        raise ImageRangeError(f"true images lie within [0, 1]; image {image} goes from {low:g} to {high:g}")
    return truth


def _psnr(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    squared_error = ((prediction - truth) ** 2).mean(axis=(1, 2))
    return -10 * np.log10(np.maximum(squared_error, 10 ** (-LARGEST_PSNR / 10)))


def _ssim(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    mean_t, mean_p = _local_mean(truth), _local_mean(prediction)
    square_t, square_p, product = mean_t * mean_t, mean_p * mean_p, mean_t * mean_p
    variance_t = _local_mean(truth * truth) - square_t
    variance_p = _local_mean(prediction * prediction) - square_p
    covariance = _local_mean(truth * prediction) - product
    luminance = (2 * product + C1) / (square_t + square_p + C1)
    structure = (2 * covariance + C2) / (variance_t + variance_p + C2)
    return (luminance * structure).mean(axis=(1, 2))


def _local_mean(images: np.ndarray) -> np.ndarray:
    """Return gaussian-weighted means, only where the window lies wholly inside the image."""
    from scipy.ndimage import gaussian_filter

    inside = slice(RADIUS, -RADIUS)
    return gaussian_filter(images, SIGMA, truncate=TRUNCATE, axes=(1, 2))[:, inside, inside]
