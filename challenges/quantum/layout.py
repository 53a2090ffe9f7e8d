"""What the images are of, and the one number that tells quarks from gluons by eye."""

import numpy as np

TARGET = "gluon"
"""1 for a gluon jet, which is to be flagged, 0 for a quark jet."""


def radial_width(images: np.ndarray) -> np.ndarray:
    """Return the root mean square distance of each image's energy from its centroid, in crystals, shape (n,).

    Parameters
    ----------
    images : ndarray, shape (n, h, w)
        Negative pixels count as 0; an empty image has width 0.

    Examples
    --------
    >>> image = np.zeros((1, 5, 5))
    >>> image[0, 1, 2] = image[0, 3, 2] = 7.0
    >>> radial_width(image).tolist()
    [1.0]
    """
    weight = np.maximum(images, 0).astype(np.float64)
    total = weight.sum(axis=(1, 2))
    weight /= np.where(total > 0, total, 1)[:, None, None]
    variance = np.zeros(len(images))
    for axis in (1, 2):
        profile, place = weight.sum(axis=axis), np.arange(images.shape[3 - axis])
        variance += profile @ place**2 - (profile @ place) ** 2
    return np.sqrt(np.maximum(variance, 0))
