"""The images of a FITS file, whichever extension they lie in, compressed or not."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits

from challenges.dataset import DataFileError

SUFFIX = re.compile(r"\.(fits|fit|fts)(\.gz|\.fz)?$", re.IGNORECASE)


class ImageInFile(NamedTuple):
    """An image and where it lies: the number and the name of its extension, 0 and PRIMARY being the first."""

    number: int
    name: str
    data: np.ndarray
    header: fits.Header

    def __str__(self) -> str:
        return f"{self.data.shape} in extension {self.number}{f' ({self.name})' if self.name else ''}"


def images_in(path: Path) -> list[ImageInFile]:
    """Return all images of a file, those that fpack has compressed too.

    Raises
    ------
    DataFileError
        If there is no such file, or it is no whole FITS file.
    """
    if not path.is_file():
        raise DataFileError(f"{path}: there is no such file")
    try:
        with fits.open(path, memmap=False) as file:
            units = [(number, unit, unit.data) for number, unit in enumerate(file) if unit.is_image]
            return [
                ImageInFile(number, unit.name, data, unit.header) for number, unit, data in units if data is not None
            ]
    except Exception as error:  # Two decompressors stand behind it: what a broken file raises is nowhere listed.
        raise DataFileError(f"{path}: expected a whole FITS file ({error}); fetch it again") from error
