"""Who cannot be told apart by what a board shows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.groups import leaders, possible_ranks
from scoring.validate import LengthError, NotFiniteError

intervals = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=30
)


@given(intervals, st.booleans())
def test_ranks_are_counted_from_intervals_that_lie_apart(found, greater):
    low, high = ([one[i] for one in found] for i in (0, 1))
    ranks = possible_ranks(low, high, greater_is_better=greater)
    for mine, (best, worst) in zip(found, ranks.tolist(), strict=True):
        ahead = [other[0] > mine[1] if greater else other[1] < mine[0] for other in found]
        behind = [other[1] < mine[0] if greater else other[0] > mine[1] for other in found]
        assert (best, worst) == (1 + sum(ahead), len(found) - sum(behind))
        assert best <= worst


@given(intervals.filter(bool))
def test_there_is_always_a_leader_and_none_is_surely_behind_another(found):
    low, high = (np.array([one[i] for one in found]) for i in (0, 1))
    first = leaders(possible_ranks(low, high))
    assert first.any()
    assert high[first].min() >= low.max()


def test_touching_intervals_part_nobody():
    assert possible_ranks([0.80, 0.75], [0.85, 0.80]).tolist() == [[1, 2], [1, 2]]


def test_what_are_no_intervals_is_named():
    with pytest.raises(LengthError, match="two limits"):
        possible_ranks([0.1], [0.2, 0.3])
    with pytest.raises(NotFiniteError, match="nan"):
        possible_ranks([np.nan], [0.2])
