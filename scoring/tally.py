"""How many positives and negatives share each score, in ascending order: all that a ROC curve is made of."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

ALL_BUT_SIGN = 0x7FFF_FFFF_FFFF_FFFF
# Rows worked on at a time: a few arrays of so many stay in a core's own cache.
PIECE = 2**14
# From so many rows a block on, on average, adding up each block by itself is faster than all rows in turn.
LONG = 8


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of both classes at each distinct score, ascending.

    Attributes
    ----------
    positives : ndarray, shape (n_scores,)
        How many rows of each score are positive; of bool where no two rows share a score.
    starts : ndarray of integers, shape (n_scores,), or None
        How many rows score lower; None where no two rows share a score.
    n_rows : int
    """

    positives: np.ndarray
    starts: np.ndarray | None
    n_rows: int

    @classmethod
    def of(cls, positive: np.ndarray, scores: np.ndarray) -> "Tally":
        """Count by one sort.

        Parameters
        ----------
        positive : ndarray of bool, shape (n_rows,)
        scores : ndarray of float64, shape (n_rows,)
            Finite.

        Examples
        --------
        >>> tally = Tally.of(np.array([True, False, True]), np.array([0.5, 0.5, -3.0]))
        >>> tally.positives.tolist(), tally.starts.tolist()
        ([1, 1], [0, 1])
        """
        key = sorted_keys(positive, scores)
        label, first = np.empty(len(key), bool), np.ones(len(key), bool)
        for rows in pieces(len(key)):
            label[rows] = _labels(key[rows])
            first[rows.start + 1 : rows.stop + 1] = _steps(key[rows.start : rows.stop + 1]) > 1
        del key
        return cls.of_ascending(label, None if first.all() else np.flatnonzero(first).astype(np.uint32))

    @classmethod
    def of_ascending(cls, positive: np.ndarray, starts: np.ndarray | None) -> "Tally":
        """Count rows in ascending order of their scores, which are equal from each start to the next.

        Parameters
        ----------
        positive : ndarray of bool, shape (n_rows,)
        starts : ndarray of integers, shape (n_scores,), or None
            None where no two rows share a score.
        """
        return cls(positive if starts is None else in_blocks(positive, starts), starts, len(positive))

    def counts(self) -> tuple[int, int, int]:
        """Return ``(2U, m, n)``: twice the mid-ranks of the positives, counted from 0, less those of m rows alone."""
        m = doubled = 0
        for part in pieces(len(self.positives)):
            positives = self.positives[part]
            if self.starts is None:
                places = np.flatnonzero(positives)
                doubled += 2 * (int(places.sum()) + len(places) * part.start)
                m += len(places)
            else:
                start, end = _bounds(self.starts, part, self.n_rows)
                doubled += int(positives @ (start + end - 1))
                m += int(positives.sum())
        return doubled - m * (m - 1), m, self.n_rows - m

    def placements(self, m: int) -> Iterator[tuple[tuple[np.ndarray, np.ndarray | None], ...]]:
        """Yield twice the negatives below the positives, and twice the positives above the negatives; ties count once.

        Parameters
        ----------
        m : int
            The number of positives.

        Yields
        ------
        of_positives, of_negatives : tuple of (ndarray, ndarray or None)
            Placements at some thousands of scores, whole numbers as float64, and how many rows have each; None where
            each stands for one row.
        """
        before = 0
        for part in pieces(len(self.positives)):
            if self.starts is None:
                label = self.positives[part]
                below, above = np.flatnonzero(label), np.flatnonzero(~label)
                below -= np.arange(before - part.start, before - part.start + len(below))
                above -= np.arange(m - before, m - before + len(above))
                before += len(below)
                yield (2.0 * below, None), (-2.0 * above, None)
            else:
                start, end = (bound.astype(np.float64) for bound in _bounds(self.starts, part, self.n_rows))
                positives = self.positives[part].astype(np.float64)
                negatives = end - start
                negatives -= positives
                passed = np.cumsum(positives)
                passed += before
                before = passed[-1]
                below = end - passed
                below *= 2
                below -= negatives
                above = m - passed
                above *= 2
                above += positives
                yield (below, positives), (above, negatives)


def count(positive: np.ndarray, scores: np.ndarray) -> tuple[int, int, int]:
    """Return ``(2U, m, n)`` by one sort and one pass.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
    scores : ndarray of float64, shape (n_rows,)
        Finite.

    Notes
    -----
    Sorted keys have the negatives first among equal scores. A positive with r of its own before it at place s has s - r
    negatives before it: its ties counted in full. So each score with p positives and q negatives counts ``p q`` too
    much; it is found where a key is followed by itself plus 1.

    Examples
    --------
    >>> count(np.array([False, True, False, True]), np.array([0.5, 0.5, 0.1, 0.7]))
    (7, 2, 2)
    """
    key = sorted_keys(positive, scores)
    places = m = tied = 0
    for rows in _whole_blocks(key):
        part = key[rows]
        above = np.flatnonzero(_labels(part))
        places += int(above.sum()) + len(above) * rows.start
        m += len(above)
        tied += _tied_pairs(part)
    return 2 * places - m * (m - 1) - tied, m, len(key) - m


def sorted_keys(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return integers that sort as the scores do, in order; each row's label is the lowest bit.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
    scores : ndarray of float64, shape (n_rows,)
        Finite.

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Notes
    -----
    The bits of doubles between -2 and 2, read as integers, need 63 bits and sort as the numbers do once the sign is
    mended. Scaling by a power of two brings any scores there without loss, unless the smallest underflow: then their
    dense ranks take their place.

    Examples
    --------
    >>> (sorted_keys(np.array([True, False, True]), np.array([0.5, 0.5, 0.0])) & 1).tolist()
    [1, 0, 1]
    """
    low, high = scores.min(), scores.max()
    largest = max(-low, high)
    scale = 1.0 if largest < 2 else 2.0 ** -int(np.frexp(largest)[1])
    key = np.empty(len(scores), np.int64)
    for rows in pieces(len(scores)):
        try:
            with np.errstate(under="raise"):
                scaled = scores[rows] * scale
        except FloatingPointError:
            return sorted_keys(positive, np.unique(scores, return_inverse=True)[1].astype(np.float64))
        scaled += 0.0  # there is no negative zero
        bits = scaled.view(np.int64)
        if low < 0:
            negative_sign = bits >> 63
            negative_sign &= ALL_BUT_SIGN
            bits ^= negative_sign
        bits += bits
        np.bitwise_or(bits, positive[rows], out=key[rows])
    key.sort()
    return key


def _labels(key: np.ndarray) -> np.ndarray:
    """Return the labels that keys carry, as bool."""
    label = key.astype(np.uint8)
    label &= 1
    return label.view(bool)


def _steps(key: np.ndarray) -> np.ndarray:
    """Return by which bits each ascending key differs from the one before: 1 where the label changes in a tie."""
    return (key[1:] ^ key[:-1]).view(np.uint64)


def _tied_pairs(key: np.ndarray) -> int:
    """Return how many pairs of a positive and a negative share a score, in ascending keys."""
    steps = _steps(key)
    last = np.flatnonzero(steps == 1)
    if LONG * len(last) < len(key):
        negative = key.take(last)
        q = last + 1 - np.searchsorted(key, negative)
        p = np.searchsorted(key, negative + 1, "right") - last - 1
        return int(p @ q)
    ends = np.append(np.flatnonzero(steps), len(key) - 1)
    runs = np.diff(ends, prepend=-1)
    mixed = np.flatnonzero(steps.take(ends[:-1]) == 1)
    return int(runs.take(mixed) @ runs.take(mixed + 1))


def pieces(length: int) -> Iterator[slice]:
    return (slice(start, min(start + PIECE, length)) for start in range(0, length, PIECE))


def _whole_blocks(key: np.ndarray) -> Iterator[slice]:
    """Cut ascending keys into pieces such that no score lies in two."""
    end = 0
    while end < len(key):
        start, end = end, min(end + PIECE, len(key))
        end = int(np.searchsorted(key, key[end - 1] | 1, "right"))
        yield slice(start, end)


def in_blocks(flags: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return how many flags are set from each start to the next, as uint32.

    Examples
    --------
    >>> in_blocks(np.array([True, False, True, True]), np.array([0, 1, 2])).tolist()
    [1, 0, 2]
    """
    if LONG * len(starts) < len(flags):
        return np.add.reduceat(flags.view(np.uint8), starts, dtype=np.uint32)
    found = np.empty(len(starts), np.uint32)
    for part in pieces(len(starts)):
        start, end = _bounds(starts, part, len(flags))
        passed = np.cumsum(flags[start[0] : end[-1]], dtype=np.uint32)
        found[part] = np.diff(passed.take(end - (start[0] + 1)), prepend=np.uint32(0))
    return found


def _bounds(starts: np.ndarray, part: slice, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where some blocks start and end, as int64."""
    start = starts[part].astype(np.int64)
    return start, np.append(start[1:], n_rows if part.stop == len(starts) else starts[part.stop])
