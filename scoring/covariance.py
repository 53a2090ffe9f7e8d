"""The covariance of k AUCs from placements, model by model, in bounded memory."""

import tempfile

import numpy as np

from scoring.estimate import effective_number
from scoring.validate import GroupError

IN_MEMORY = 2**28
CHUNK = 2**21


class Independent:
    """DeLong's covariance on independent rows, from each model's doubled placements: m positives, n negatives."""

    def __init__(self, k: int, m: int, n: int) -> None:
        self.above, self.below = _workspace((k, m), np.uint32), _workspace((k, n), np.uint32)
        self.units = float(m), float(n)

    def add(self, model: int, above: np.ndarray, below: np.ndarray) -> None:
        """Take in one model."""
        self.above[model], self.below[model] = above, below

    def result(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return covariance, shape (k, k), and design effects, shape (k,), for AUCs of shape (k,)."""
        (k, m), n = self.above.shape, self.below.shape[1]
        covariance = np.zeros((k, k))
        for doubled, size, others in ((self.above, m, n), (self.below, n, m)):
            length = max(CHUNK // k, 1)
            for start in range(0, size, length):
                centred = doubled[:, start : start + length] / (2 * others)
                centred -= value[:, None]
                covariance += centred @ centred.T / (size * (size - 1))
        return covariance, np.ones(k)


class Clustered:
    """Obuchowski's covariance, from the sums of each model's centred placements over clusters.

    Her factors suppose that clusters are of one size. Here each cluster is weighed by what is left of its class without
    it, as a jackknife does: the same number for equal clusters, and honest ones for unequal (R. M. Bell and D. F.
    McCaffrey, Survey Methodology 28, 169 (2002)).

    Parameters
    ----------
    k : int
        Models.
    clusters : tuple of (ndarray, int)
        Each row's cluster, numbered from 0, and how many there are.
    *rows : ndarray of integers
        The numbers of the positives, and of the negatives.

    Raises
    ------
    GroupError
        If either class comes from fewer than two clusters.
    """

    def __init__(self, k: int, clusters: tuple[np.ndarray, int], *rows: np.ndarray) -> None:
        code, self.count = clusters
        self.codes = [code.take(of_class) for of_class in rows]
        self.present = [np.bincount(codes, minlength=self.count) for codes in self.codes]
        groups = [int(np.count_nonzero(rows)) for rows in self.present]
        if min(groups) < 2:
            raise GroupError(
                f"each class must come from at least 2 groups, got {groups[0]} with positives, "
                f"{groups[1]} with negatives"
            )
        self.sums = [_workspace((k, self.count), np.float64) for _ in rows]
        self.naive = np.zeros(k)

    @property
    def units(self) -> tuple[float, float]:
        """How many equal clusters the positives are worth, and the negatives."""
        positives, negatives = map(effective_number, self.present)
        return positives, negatives

    def add(self, model: int, above: np.ndarray, below: np.ndarray) -> None:
        """Take in one model."""
        m, n = len(above), len(below)
        value = above.sum(dtype=np.int64) / (2 * m * n)
        for sums, codes, doubled, others in zip(self.sums, self.codes, (above, below), (n, m), strict=True):
            centred = doubled / (2 * others)
            centred -= value
            sums[model] = np.bincount(codes, centred, self.count)
            self.naive[model] += np.square(centred).sum() / (len(codes) * (len(codes) - 1))

    def result(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return covariance, shape (k, k), and design effects, shape (k,), for AUCs of shape (k,)."""
        pulls = np.zeros(self.sums[0].shape)
        for sums, rows in zip(self.sums, self.present, strict=True):
            groups = np.count_nonzero(rows)
            pulls += sums * (np.sqrt((groups - 1) / groups) / (rows.sum() - rows))
        covariance = pulls @ pulls.T
        effect = np.divide(np.diag(covariance), self.naive, out=np.ones(len(value)), where=self.naive > 0)
        return covariance, effect


def _workspace(shape: tuple[int, int], dtype: type) -> np.ndarray:
    """Return an empty array: in memory, or in an unnamed temporary file if it is large."""
    if np.prod(shape) * np.dtype(dtype).itemsize <= IN_MEMORY:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype, "w+", shape=shape)
