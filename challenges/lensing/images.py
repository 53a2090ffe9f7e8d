"""One image of the real files: a NumPy array of one picture, as large as its survey made it."""

import io

import numpy as np

from challenges.archives import Place, read_bytes
from challenges.arrays import plain
from challenges.dataset import DataFileError

LARGE_SIDE = 150
"""Pixels along each side in the public sets of the same family that are not 64 pixels wide."""

MOST_BYTES = 1 << 20
"""More than the largest of such files has."""

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_image(path: Place, side: int) -> np.ndarray:
    """Read one image.

    Parameters
    ----------
    path : Path or zipfile.Path
        An .npy file of (side, side) pixels, or (1, side, side), or with more such axes of length 1; or of 150 x 150,
        which are shared out among side x side larger ones.
    side : int

    Returns
    -------
    ndarray of float64, shape (side, side)
        As it is stored, not normalised.

    Raises
    ------
    DataFileError
        If it is anything else, or cannot be read. Object arrays are refused before anything in them is loaded: they are
        Python pickles.
    """
    content = io.BytesIO(read_bytes(path, MOST_BYTES))
    shape = _checked_header(path, content)
    if plain(shape) not in ((side, side), (LARGE_SIDE, LARGE_SIDE)):
        raise DataFileError(
            f"{path}: expected one image of {side} x {side} pixels, or {LARGE_SIDE} x {LARGE_SIDE}, got {shape}"
        )
    content.seek(0)
    try:
        image = np.load(content, allow_pickle=False).reshape(plain(shape)).astype(np.float64)
    except ValueError as error:
        raise DataFileError(f"{path}: the file is cut short or damaged ({error}); fetch it again") from error
    if not np.isfinite(image).all():
        row, column = np.argwhere(~np.isfinite(image))[0]
        raise DataFileError(f"{path}, row {row}, column {column}: expected a finite number, got {image[row, column]}")
    return resampled(image, side)


def _checked_header(path: Place, file: io.BytesIO) -> tuple[int, ...]:
    try:
        shape, _, dtype = HEADERS[np.lib.format.read_magic(file)](file)
    except Exception as error:  # The header is a Python literal: what a broken one raises is nowhere listed.
        raise DataFileError(f"{path}: expected a NumPy file, as np.save writes it ({error})") from error
    if dtype.hasobject:
        raise DataFileError(
            f"{path}: expected one array of numbers, got Python objects of shape {shape} (perhaps image and axion mass "
            "together): a pickle, which can run programs, so it is not read. Save the image alone"
        )
    if dtype.kind not in "biuf":
        raise DataFileError(f"{path}: expected numbers, got {dtype}")
    return shape


def resampled(image: np.ndarray, side: int) -> np.ndarray:
    """Return a square image with fewer pixels: every new one is the mean of what it covers.

    Examples
    --------
    >>> resampled(np.array([[1.0, 1, 4], [1, 1, 4], [7, 7, 7]]), 2).round(2).tolist()
    [[1.0, 3.0], [5.0, 5.67]]
    """
    if len(image) == side:
        return image
    # In units in which both kinds of pixel have whole edges.
    new, old = np.arange(side + 1) * len(image), np.arange(len(image) + 1) * side
    left, right = np.maximum(new[:-1, None], old[:-1]), np.minimum(new[1:, None], old[1:])
    share = np.maximum(right - left, 0) / len(image)
    return share @ image @ share.T
