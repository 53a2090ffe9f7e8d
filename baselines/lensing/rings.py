"""What a ring shows: its brightness above the sky, its band when unrolled, its ripples."""

import numpy as np
from scipy import sparse

from challenges.lensing.layout import SIDE

RADII, ANGLES = np.linspace(3, 31, 32), np.arange(96) * 2 * np.pi / 96
HARMONICS = 21
FAINT = 1e-3  # keeps the logarithm of an absent harmonic finite


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
