"""The order of a set of scores: all that a rank metric needs of them, whatever the labels and slices are."""

import io
import zlib
from dataclasses import dataclass

import numpy as np

from scoring.tally import Tally, in_blocks
from scoring.validate import ScoringError


class DamagedRanking(ScoringError):
    """A stored ranking whose bytes are not what was written."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows by ascending score, and where ties begin.

    Attributes
    ----------
    order : ndarray of intp, shape (n_rows,)
        Row numbers by ascending score.
    starts : ndarray of intp, shape (n_blocks,), or None
        Where in ``order`` each block of equal scores starts; None where no two scores are equal.
    """

    order: np.ndarray
    starts: np.ndarray | None

    @classmethod
    def of(cls, scores: np.ndarray) -> "Ranking":
        """Sort finite scores, shape (n_rows,).

        Examples
        --------
        >>> ranking = Ranking.of(np.array([0.5, 0.1, 0.5]))
        >>> ranking.order[0].item(), ranking.starts.tolist()
        (1, [0, 1])
        """
        order = np.argsort(scores)
        ascending = scores.take(order)
        changes = ascending[1:] != ascending[:-1]
        del ascending
        return cls(order, None if changes.all() else np.flatnonzero(np.concatenate([[True], changes])))

    def tally(self, positive: np.ndarray, rows: np.ndarray | None = None) -> Tally:
        """Count both classes at each score: a linear pass.

        Parameters
        ----------
        positive : ndarray of bool, shape (n_rows,)
            Of the rows that count.
        rows : ndarray of integers, shape (n_rows,), optional
            The numbers of the rows that count; all by default.
        """
        if rows is None:
            return Tally.of_ascending(positive.take(self.order), self.starts)
        # One random access a row, not two: 0 is left out, 1 negative, 2 positive.
        kind = np.zeros(len(self.order), np.uint8)
        kind[rows] = positive.view(np.uint8) + np.uint8(1)
        kind = kind.take(self.order)
        kept = kind > 0
        return Tally.of_ascending(kind.take(np.flatnonzero(kept)) == 2, self._starts_among(kept))

    def _starts_among(self, kept: np.ndarray) -> np.ndarray | None:
        """Return where ties begin once only some rows, in ascending order, are kept."""
        if self.starts is None:
            return None
        lengths = in_blocks(kept, self.starts)
        lengths = lengths.take(np.flatnonzero(lengths))
        if lengths.max() == 1:
            return None
        ends = np.cumsum(lengths, dtype=np.intp)
        ends -= lengths
        return ends

    def doubled_placements(self, positive: np.ndarray) -> np.ndarray:
        """Return, for each positive, twice the negatives below it, for each negative twice the positives above it.

        Ties count once. A linear pass.

        Parameters
        ----------
        positive : ndarray of bool, shape (n_rows,)

        Returns
        -------
        ndarray of uint32, shape (n_rows,)

        Examples
        --------
        >>> Ranking.of(np.array([0.5, 0.1, 0.5])).doubled_placements(np.array([True, False, False])).tolist()
        [3, 2, 1]
        """
        ascending = positive.take(self.order)
        doubled = np.empty(len(self.order), np.uint32)
        rows_of = self.order.take(np.flatnonzero(ascending)), self.order.take(np.flatnonzero(~ascending))
        filled = [0, 0]
        for of_classes in Tally.of_ascending(ascending, self.starts).placements(len(rows_of[0])):
            for one, (placed, rows) in enumerate(of_classes):
                each = placed if rows is None else np.repeat(placed, rows.astype(np.intp))
                doubled[rows_of[one][filled[one] : filled[one] + len(each)]] = each
                filled[one] += len(each)
        return doubled

    def below_and_tied(self, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each row, the summed weight of the rows that score lower and of those that score the same.

        Parameters
        ----------
        weight : ndarray, shape (n_rows,)
            Integers stay exact. A row's own weight is among the tied.

        Returns
        -------
        below, tied : ndarray, shape (n_rows,)

        Examples
        --------
        >>> below, tied = Ranking.of(np.array([0.5, 0.1, 0.5])).below_and_tied(np.array([1, 1, 1]))
        >>> below.tolist(), tied.tolist()
        ([1, 0, 1], [2, 1, 2])
        """
        ascending = weight.take(self.order)
        if self.starts is None:
            return self._in_rows(np.cumsum(ascending) - ascending), weight
        tied = np.add.reduceat(ascending, self.starts)
        lengths = np.diff(self.starts, append=len(self.order))
        below = np.repeat(np.cumsum(tied) - tied, lengths)
        return self._in_rows(below), self._in_rows(np.repeat(tied, lengths))

    def doubled_midranks(self) -> np.ndarray:
        """Return twice each row's mid-rank, counted from 0, as float64, shape (n_rows,): whole numbers below 2⁵³.

        Whatever the labels are, ``2U = sum over the positives - m (m - 1)``: a masked sum.

        Examples
        --------
        >>> Ranking.of(np.array([0.5, 0.1, 0.5])).doubled_midranks().tolist()
        [3.0, 0.0, 3.0]
        """
        if self.starts is None:
            return self._in_rows(np.arange(0.0, 2 * len(self.order), 2))
        lengths = np.diff(self.starts, append=len(self.order))
        return self._in_rows(np.repeat(2.0 * self.starts + lengths - 1, lengths))

    def among(self, rows: np.ndarray) -> "Ranking":
        """Return the ranking of some rows only, ``rows`` being their ascending numbers: a linear pass."""
        number = np.full(len(self.order), -1)
        number[rows] = np.arange(len(rows))
        order = number.take(self.order)
        kept = order >= 0
        order = order.take(np.flatnonzero(kept))
        return Ranking(order, self._starts_among(kept))

    def to_bytes(self) -> bytes:
        """Return a checksum and two NumPy arrays of uint32: 4 bytes a row, and 4 a block if there are ties."""
        arrays = io.BytesIO()
        for array in (self.order, np.empty(0) if self.starts is None else self.starts):
            np.save(arrays, array.astype(np.uint32), allow_pickle=False)
        content = arrays.getvalue()
        return zlib.crc32(content).to_bytes(4, "big") + content

    @classmethod
    def from_bytes(cls, content: bytes) -> "Ranking":
        """Read what `to_bytes` wrote.

        Raises
        ------
        DamagedRanking
            If a byte is missing or another.
        """
        if zlib.crc32(content[4:]) != int.from_bytes(content[:4], "big") or len(content) < 4:
            raise DamagedRanking(f"expected a stored ranking, got {len(content)} bytes of another checksum")
        stream = io.BytesIO(content[4:])
        order, starts = (np.load(stream, allow_pickle=False).astype(np.intp) for _ in range(2))
        return cls(order, starts if len(starts) else None)

    def _in_rows(self, ascending: np.ndarray) -> np.ndarray:
        rows = np.empty_like(ascending)
        rows[self.order] = ascending
        return rows
