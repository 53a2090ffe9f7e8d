"""Both real files as one data set that reads what a batch asks for, as torch's DataLoader wants it."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from challenges import hdf5
from challenges.particle_images.data import pair
from challenges.particle_images.layout import TARGET


class ParticleImages:
    """Electrons, then photons, as a map-style data set for torch; torch itself is not needed.

    ``DataLoader(ParticleImages(electrons, photons), batch_size=256, shuffle=True, num_workers=2)`` gives batches of
    images, shape (256, 2, 32, 32), and labels, shape (256,). Every worker process opens the files for itself.

    Parameters
    ----------
    first, second : Path
        The files, in any order.

    Raises
    ------
    challenges.dataset.DataFileError
        If a file is not what it should be.
    """

    def __init__(self, first: Path, second: Path) -> None:
        self.files = pair(first, second)
        self._open: dict[int, h5py.File] = {}

    def __len__(self) -> int:
        return sum(map(len, self.files))

    def __getstate__(self) -> dict:
        return {"files": self.files, "_open": {}}

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.float32]:
        """Return one image, float32 of shape (2, 32, 32), and its label."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[np.ndarray, np.float32]]:
        """Return the images of a batch and their labels, each file read once.

        Raises
        ------
        IndexError
            If an index is not one of 0 to ``len(self) - 1``.
        challenges.dataset.DataFileError
            If the data are damaged.
        """
        asked = np.asarray(indices)
        if len(asked) and not (asked.min() >= 0 and asked.max() < len(self)):
            raise IndexError(f"expected images 0 to {len(self) - 1}, got {asked.min()} to {asked.max()}")
        found = {}
        start = 0
        for number, file in enumerate(self.files):
            # HDF5 wants rows in order and once.
            rows = np.unique(asked[(asked >= start) & (asked < start + len(file))])
            if len(rows):
                opened = self._arrays(number)
                images, labels = (hdf5.values(opened[name], rows - start) for name in ("X", TARGET))
                found |= zip(rows.tolist(), zip(images.transpose(0, 3, 1, 2), labels, strict=True), strict=True)
            start += len(file)
        return [found[index] for index in asked.tolist()]

    def close(self) -> None:
        """Close the files; they open again when they are needed."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def _arrays(self, number: int) -> h5py.File:
        if number not in self._open:
            self._open[number] = hdf5.opened(self.files[number].path)
        return self._open[number]
