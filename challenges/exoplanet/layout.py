"""What an image is: its size, its scale on the sky, and what was measured."""

import numpy as np

SIDE = 128
PIXEL = 0.02  # arcsec
DISTANCE = 140.0  # pc; one arcsec at one parsec is one au
AU = PIXEL * DISTANCE  # au a pixel
FREQUENCY = 239.8e9  # Hz, a wavelength of 1250 micrometres
BEAM, COARSE_BEAM = (0.03, 0.06), (0.06, 0.1)  # arcsec, full width at half maximum of either axis
PEAK_OVER_NOISE, FAINT = (40.0, 400.0), (12.0, 40.0)
RARE = 0.05  # share of recordings with a coarse beam, and of those that are faint
TARGET = "planets"


def normalised(images: np.ndarray) -> np.ndarray:
    """Return images in units of their own brightest pixel, float32.

    Parameters
    ----------
    images : ndarray, shape (..., height, width)
        Any unit; every image needs a positive pixel.

    Examples
    --------
    >>> normalised(np.array([[1e-17, 4e-17], [2e-17, -1e-18]])).tolist()
    [[0.25, 1.0], [0.5, -0.02500000037252903]]
    """
    return (images / images.max(axis=(-2, -1), keepdims=True)).astype(np.float32)
