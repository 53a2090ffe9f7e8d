"""Which line that was read is which line that was written down."""

from collections.abc import Sequence

import numpy as np

from challenges.folding import fold

ALIKE = 0.35
"""How much of two lines must agree before they can be the same one."""


def match(written: Sequence[str], read: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of lines, in order, that make the whole agree best.

    Running heads, catchwords and notes in the margin, which nobody has written down, find no partner.

    Parameters
    ----------
    written, read : sequence of str
        The lines of one spread from top to bottom, left page first.

    Returns
    -------
    list of (int, int)
        Places in `written` and in `read`, both ascending.

    References
    ----------
    S. B. Needleman and C. D. Wunsch, Journal of Molecular Biology 48, 443 (1970).

    Examples
    --------
    >>> match(["que el fin es", "nobleza"], ["12 Virtuosa", "que elfin es", "nobieza", "no"])
    [(0, 1), (1, 2)]
    """
    from rapidfuzz.distance import Levenshtein

    ours, theirs = [fold(line) for line in written], [fold(line) for line in read]
    gain = np.array([[Levenshtein.normalized_similarity(one, other) - ALIKE for other in theirs] for one in ours])
    best = np.zeros((len(ours) + 1, len(theirs) + 1))
    for i in range(len(ours)):
        for j in range(len(theirs)):
            best[i + 1, j + 1] = max(best[i, j + 1], best[i + 1, j], best[i, j] + gain[i, j])
    pairs, i, j = [], len(ours), len(theirs)
    while i and j:
        if best[i, j] == best[i - 1, j]:
            i -= 1
        elif best[i, j] == best[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
