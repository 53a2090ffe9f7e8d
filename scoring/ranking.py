"""The order of a set of scores: all that a rank metric needs of them, whatever the labels and slices are."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows by ascending score, and where ties begin and end.

    Attributes
    ----------
    order : ndarray of uint32, shape (n_rows,)
        Row numbers by ascending score.
    starts : ndarray of uint32, shape (n_blocks,), or None
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
        changes = np.flatnonzero(ascending[1:] != ascending[:-1]) + 1
        starts = None if len(changes) == len(order) - 1 else np.concatenate([[0], changes]).astype(np.uint32)
        return cls(order.astype(np.uint32), starts)

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
            tied_ascending = ascending
            below_ascending = np.cumsum(ascending) - ascending
        else:
            of_block = np.add.reduceat(ascending, self.starts)
            lengths = np.diff(self.starts, append=len(self.order))
            tied_ascending = np.repeat(of_block, lengths)
            below_ascending = np.repeat(np.cumsum(of_block) - of_block, lengths)
        below, tied = np.empty_like(below_ascending), np.empty_like(tied_ascending)
        below[self.order], tied[self.order] = below_ascending, tied_ascending
        return below, tied
