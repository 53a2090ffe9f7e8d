"""What a ring shows: its brightness above the sky, its band when unrolled, or straightened too, its ripples."""

import numpy as np
from scipy import ndimage, sparse

from challenges.lensing.layout import SIDE

RADII, ANGLES = np.linspace(3, 31, 32), np.arange(96) * 2 * np.pi / 96
HARMONICS = 21
SLOW = 3  # waves around the ring, at most, in what counts as smooth
BESIDE = 0.9 * (np.arange(16) - 7.5)  # pixels from the smooth radius
STIFFNESS = 1e-2  # keeps a curve finite where the ring is dark
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


def straightened(images: np.ndarray) -> np.ndarray:
    """Return rings unrolled along their own smooth radius: a smooth lens makes a straight band, substructure dents it.

    Parameters
    ----------
    images : ndarray, shape (n, 64, 64)

    Returns
    -------
    ndarray of float32, shape (n, 16, 96)
        Brightness above the sky; rows are distances from the smooth radius, columns are angles as in `unrolled`.
    """
    light = brightness(images)
    radius = np.clip(_smooth_radius(light)[:, None] + BESIDE[:, None], 0, RADII[-1])
    row, column = ((SIDE - 1) / 2 + radius * wave(ANGLES) for wave in (np.sin, np.cos))
    band = np.empty(radius.shape, np.float32)
    for one, image in enumerate(light):
        ndimage.map_coordinates(image, (row[one], column[one]), band[one], order=1)
    return band


def _smooth_radius(light: np.ndarray) -> np.ndarray:
    """Return the slow waves of each ring's radius by angle, fitted by its squared light, shape (n, 96)."""
    weight = unrolled(np.clip(light, 0, None)) ** 2
    bright = weight.sum(axis=1) + FAINT
    radius = (weight * RADII[:, None]).sum(axis=1) / bright
    bright /= bright.sum(axis=1, keepdims=True)
    mean = (bright * radius).sum(axis=1, keepdims=True)
    phases = np.arange(1, SLOW + 1)[:, None] * ANGLES
    waves = np.vstack([np.ones(len(ANGLES)), np.cos(phases), np.sin(phases)])
    products = np.einsum("na,ka,la->nkl", bright, waves, waves, optimize=True) + STIFFNESS * np.eye(len(waves))
    sizes = np.linalg.solve(products, ((bright * (radius - mean)) @ waves.T)[..., None])
    return mean + sizes[..., 0] @ waves


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
