"""Points across challenges: anchored, additive, and nobody's business but the team's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulations import fairness
from scoring.points import AnchorError, UnknownTrackError, challenge_points, points, standings
from scoring.validate import NotFiniteError

finite = st.floats(-1e6, 1e6)
tables = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["higgs", "nmr", "lensing"]), st.integers(0, 1200).map(lambda x: x / 10)),
    min_size=1,
    max_size=12,
)


def equal_pairs(found):
    return [[first.rank == second.rank for second in found] for first in found]


def test_the_floor_is_worth_nothing_and_the_reference_a_hundred():
    assert points(0.5, 0.5, 0.9) == 0
    assert points(0.9, 0.5, 0.9) == 100
    assert points(0.7, 0.5, 0.9) == pytest.approx(50)


def test_points_end_at_nothing_and_at_a_fifth_above_the_reference():
    assert points(0.1, 0.5, 0.9) == 0
    assert points(1.0, 0.5, 0.9) == 120


def test_an_error_earns_more_the_smaller_it_is():
    assert points(5, floor=10, reference=5, greater_is_better=False) == 100
    assert points(10, floor=10, reference=5, greater_is_better=False) == 0
    assert points(6, 10, 5, False) > points(7, 10, 5, False)


@given(finite, finite, finite, finite)
def test_a_better_score_never_earns_less_and_a_mirrored_scale_earns_the_same(first, second, floor, reference):
    if abs(reference - floor) < 1e-3:
        return
    up = reference > floor
    worse, better = sorted((first, second), reverse=not up)
    assert 0 <= points(worse, floor, reference, up) <= points(better, floor, reference, up) <= 120
    assert points(first, floor, reference, up) == points(-first, -floor, -reference, not up)


@pytest.mark.parametrize(
    ("floor", "reference", "greater", "says"),
    [
        (0.5, 0.5, True, "reference must lie above the floor: got floor 0.5, reference 0.5"),
        (0.9, 0.5, True, "reference must lie above the floor: got floor 0.9, reference 0.5"),
        (5.0, 10.0, False, "reference must lie below the floor: got floor 5, reference 10"),
    ],
)
def test_anchors_without_a_scale_are_named(floor, reference, greater, says):
    with pytest.raises(AnchorError, match=says):
        points(0.7, floor, reference, greater)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_a_number_is_named(bad):
    with pytest.raises(NotFiniteError, match="a score must be finite"):
        points(bad, 0.5, 0.9)
    with pytest.raises(NotFiniteError, match="a reference must be finite"):
        points(0.7, 0.5, bad)
    with pytest.raises(NotFiniteError, match=r"Muon has .* in nmr"):
        standings({"Muon": {"higgs": 1.0, "nmr": bad}})


def test_a_track_not_entered_counts_nothing():
    assert challenge_points({"gauss": 100, "rkky": 50}, ["gauss", "rkky"]) == 75
    assert challenge_points({"gauss": 100}, ["gauss", "rkky"]) == 50
    assert challenge_points({}, ["gauss", "rkky"]) == 0


def test_a_track_that_is_not_there_is_named():
    with pytest.raises(UnknownTrackError, match=r"tracks are \['gauss'\]; got points for \['guass'\]"):
        challenge_points({"guass": 100}, ["gauss"])
    with pytest.raises(UnknownTrackError, match=r"tracks are \[\]; got points for none"):
        challenge_points({}, [])


def test_equal_teams_share_the_better_place_and_the_next_is_skipped():
    table = {"c": {"x": 0.1, "y": 0.2, "z": 0.3}, "a": {"x": 0.3, "y": 0.2, "z": 0.1}, "b": {"x": 9.0}, "d": {}}
    assert [(one.rank, one.team) for one in standings(table)] == [(1, "b"), (2, "a"), (2, "c"), (4, "d")]


@given(tables, st.data())
def test_no_team_that_leaves_changes_the_order_of_the_others(table, data):
    gone = data.draw(st.sampled_from(sorted(table)))
    before, after = standings(table), standings({team: table[team] for team in table if team != gone})
    assert [one.team for one in before if one.team != gone] == [one.team for one in after]
    stayed = [one for one in before if one.team != gone]
    assert [one.points for one in stayed] == [one.points for one in after]
    assert equal_pairs(stayed) == equal_pairs(after)


@given(tables)
def test_a_rank_is_one_more_than_the_teams_with_more_points(table):
    found = standings(table)
    assert sorted(one.team for one in found) == sorted(table)
    for one in found:
        assert one.rank == 1 + sum(other.points > one.points for other in found)


def test_ranks_added_up_can_be_spoiled_and_points_cannot():
    share = {row["system"]: row["spoiled"] for row in fairness.run(rounds=60, seed=1)}
    ours, borda, kaggle = share.values()
    assert ours == 0
    assert borda > 0.05
    assert kaggle > 0.05


def test_by_kaggles_formula_a_challenge_with_one_entrant_is_worth_nothing():
    scores = {"a": {0: 0.9, 1: 0.5}, "b": {0: 0.8, 1: 0.6, 2: 0.7}}
    assert fairness.kaggle(scores) == {"a", "b"}
    assert fairness.borda(scores) == {"a", "b"}
    assert fairness.kaggle(scores | {"c": {2: 0.6}}) == {"b"}
