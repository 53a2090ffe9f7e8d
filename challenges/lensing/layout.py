"""What the real files and the simulated ones have in common."""

import numpy as np

SUBSTRUCTURE, SUPER_RESOLUTION = "substructure", "super_resolution"
"""The tracks."""

TARGET = "substructure"
CLASSES = ("no_sub", "cdm", "axion")
"""What the numbers 0, 1 and 2 of the target mean."""

NO_SUB, CDM, AXION = range(3)

SIDE, HIGH_SIDE = 64, 128
"""Pixels along each side of an image that is given, and of one that is asked for."""


def stretched(images: np.ndarray) -> np.ndarray:
    """Return each image scaled to lie between 0 and 1, as float32: the min-max normalisation of the real files.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
        An image of one brightness alone becomes 0.

    Examples
    --------
    >>> stretched(np.array([[[1, 3], [2, 5]]])).tolist()
    [[[0.0, 0.5], [0.25, 1.0]]]
    """
    low, high = (extreme(axis=(1, 2), keepdims=True) for extreme in (images.min, images.max))
    span = np.where(high > low, high - low, 1)
    return ((images - low) / span).astype(np.float32)
