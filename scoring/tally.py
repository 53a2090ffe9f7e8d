"""How many positives and negatives share each score, in ascending order: all that a ROC curve is made of."""

from dataclasses import dataclass

import numpy as np

ALL_BUT_SIGN = 0x7FFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of both classes at each distinct score, ascending.

    Attributes
    ----------
    positives, negatives : ndarray, shape (n_scores,)
        No score has neither. Of bool where no two rows share a score, else of int64.
    """

    positives: np.ndarray
    negatives: np.ndarray

    @classmethod
    def of(cls, positive: np.ndarray, scores: np.ndarray) -> "Tally":
        """Count by one sort, in which each row's label rides in the lowest bit of its score.

        Parameters
        ----------
        positive : ndarray of bool, shape (n_rows,)
        scores : ndarray of float64, shape (n_rows,)
            Finite.

        Notes
        -----
        The bits of doubles between -2 and 2, read as integers, need 63 bits and sort as the numbers do once the sign is
        mended. Scaling by a power of two brings any scores there without loss, unless the smallest underflow: then
        their dense ranks take their place.

        Examples
        --------
        >>> tally = Tally.of(np.array([True, False, True]), np.array([0.5, 0.5, -3.0]))
        >>> tally.positives.tolist(), tally.negatives.tolist()
        ([1, 1], [0, 1])
        """
        try:
            key = _below_two(scores).view(np.int64)
        except FloatingPointError:
            return cls.of(positive, np.unique(scores, return_inverse=True)[1].astype(np.float64))
        negative_sign = key >> 63
        negative_sign &= ALL_BUT_SIGN
        key ^= negative_sign
        del negative_sign
        key <<= 1
        key |= positive
        key.sort()
        label = key.astype(np.uint8)
        label &= 1
        key >>= 1
        changes = key[1:] != key[:-1]
        label = label.view(bool)
        if changes.all():
            return cls.of_labels(label)
        del key
        return cls.of_blocks(label, np.flatnonzero(np.concatenate([[True], changes])))

    @classmethod
    def of_labels(cls, ascending: np.ndarray) -> "Tally":
        """Count rows of ascending, distinct scores; ``ascending`` says which are positive."""
        return cls(ascending, ~ascending)

    @classmethod
    def of_blocks(cls, ascending: np.ndarray, starts: np.ndarray, kept: np.ndarray | None = None) -> "Tally":
        """Count rows of ascending scores, equal from each start to the next.

        Parameters
        ----------
        ascending : ndarray of bool, shape (n_rows,)
            Whether a row is positive.
        starts : ndarray of integers, shape (n_blocks,)
        kept : ndarray of bool, shape (n_rows,), optional
            Whether a row counts at all; one that does not is not positive either.
        """
        positives = np.add.reduceat(ascending.view(np.uint8), starts, dtype=np.int64)
        if kept is None:
            rows = np.diff(starts, append=len(ascending))
        else:
            rows = np.add.reduceat(kept.view(np.uint8), starts, dtype=np.int64)
            some = np.flatnonzero(rows)
            positives, rows = positives[some], rows[some]
        if rows.max() == 1:
            return cls.of_labels(positives.astype(bool))
        return cls(positives, rows - positives)

    def placements(self) -> tuple[tuple[np.ndarray, np.ndarray | None], tuple[np.ndarray, np.ndarray | None]]:
        """Return twice the negatives below the positives, and twice the positives above the negatives; ties count once.

        Returns
        -------
        of_positives, of_negatives : tuple of (ndarray of int64, ndarray of int64 or None)
            Placements, and how many rows have each; None where each stands for one row.
        """
        if self.positives.dtype == bool:
            below = np.flatnonzero(self.positives)
            below -= np.arange(len(below))
            above = np.flatnonzero(self.negatives)
            above -= np.arange(len(above))
            above -= len(below)
            below *= 2
            above *= -2
            return (below, None), (above, None)
        below = 2 * np.cumsum(self.negatives) - self.negatives
        above = 2 * (self.positives.sum() - np.cumsum(self.positives)) + self.positives
        return (below, self.positives), (above, self.negatives)

    def counts(self) -> tuple[int, int, int]:
        """Return ``(2U, m, n)``."""
        if self.positives.dtype == bool:
            places = np.flatnonzero(self.positives)
            m = len(places)
            return 2 * int(places.sum()) - m * (m - 1), m, len(self.positives) - m
        (below, _), _ = self.placements()
        return int(np.dot(self.positives, below)), int(self.positives.sum()), int(self.negatives.sum())


def _below_two(scores: np.ndarray) -> np.ndarray:
    """Return the scores times a power of two, all between -2 and 2, with no negative zero."""
    largest = max(-scores.min(), scores.max())
    scale = 1.0 if largest < 2 else 2.0 ** -int(np.frexp(largest)[1])
    with np.errstate(under="raise"):
        scaled = scores * scale
    scaled += 0.0
    return scaled
