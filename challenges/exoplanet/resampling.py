"""From one grid of pixels to another, with the light and the place on the sky kept."""

import numpy as np
from astropy.io import fits


def area_averaged(image: np.ndarray, side: int) -> np.ndarray:
    """Return a square image at fewer pixels: each is the mean of what it covers, shared by area.

    Parameters
    ----------
    image : ndarray, shape (n, n)
    side : int
        Pixels afterwards, at most n.

    Returns
    -------
    ndarray, shape (side, side)

    Examples
    --------
    Of three pixels, the middle one goes half to either side:

    >>> area_averaged(np.array([[0.0, 3.0, 0.0]] * 3), 2).round(6).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    if side == len(image):
        return image
    shares = _shares(len(image), side)
    return shares @ image @ shares.T


def _shares(before: int, after: int) -> np.ndarray:
    """Return the share of each old pixel in the mean of each new one, shape (after, before)."""
    edges = np.arange(after + 1) * before / after
    old = np.arange(before)
    overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    return np.clip(overlap, 0, None) * after / before


def resampled_header(header: fits.Header, before: int, after: int) -> fits.Header:
    """Return a header whose world coordinates hold on the grid of fewer, larger pixels.

    The outer edges stay where they are: pixel coordinates, which are 1 in the middle of the first pixel, shrink about
    one half.

    Examples
    --------
    >>> header = fits.Header({"CRPIX1": 301.0, "CDELT1": -0.5, "CRPIX2": 301.0, "CDELT2": 0.5})
    >>> small = resampled_header(header, 600, 120)
    >>> small["CRPIX1"], small["CDELT1"]
    (60.6, -2.5)
    """
    header, ratio = header.copy(), before / after
    for axis in (1, 2):
        if f"CRPIX{axis}" in header:
            header[f"CRPIX{axis}"] = (header[f"CRPIX{axis}"] - 0.5) / ratio + 0.5
        for scale in (f"CDELT{axis}", f"CD1_{axis}", f"CD2_{axis}"):
            if scale in header:
                header[scale] *= ratio
    return header
