"""Points across challenges: anchored, additive, and nobody's business but the team's own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulations import fairness
from scoring.metrics import METRICS
from scoring.points import AnchorError, Points, UnknownTrackError, challenge_points, points, standings
from scoring.validate import NotFiniteError

AUC, CER, NMSE, DB = (METRICS[name] for name in ("roc_auc", "character_error_rate", "normalised_mse", "psnr"))
ANCHORS = {AUC: (0.5, 0.9), CER: (0.06, 0.03), NMSE: (1.0, 0.04), DB: (21.0, 39.0)}


def exactly(value):
    return Points(value, value, value)


tables = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.dictionaries(
        st.sampled_from(["higgs", "nmr", "lensing"]),
        st.tuples(*[st.integers(0, 1000)] * 3).map(
            lambda three: Points(*(sorted(x / 10 for x in three)[i] for i in (1, 0, 2)))
        ),
    ),
    min_size=1,
    max_size=12,
)


def equal_pairs(found):
    return [[first.rank == second.rank for second in found] for first in found]


@pytest.mark.parametrize("metric", ANCHORS)
def test_the_floor_is_worth_nothing_the_reference_half_and_perfection_all(metric):
    floor, reference = ANCHORS[metric]
    best = metric.high if metric.greater_is_better else metric.low
    assert points(floor, metric, floor, reference) == 0
    assert points(reference, metric, floor, reference) == pytest.approx(50)
    assert points(best, metric, floor, reference) == 100
    beyond = floor - 0.01 if metric.greater_is_better else floor + 0.01
    assert points(beyond, metric, floor, reference) == 0


def test_bringing_the_error_down_by_the_same_factor_again_earns_half_of_what_is_left():
    assert points(0.98, AUC, 0.5, 0.9) == pytest.approx(75)
    assert points(0.0016, NMSE, 1.0, 0.04) == pytest.approx(75)
    assert points(57.0, DB, 21.0, 39.0) == pytest.approx(75)
    assert points(0.996, AUC, 0.5, 0.9) == pytest.approx(87.5)


@given(st.sampled_from(sorted(ANCHORS, key=str)), st.floats(0, 1), st.floats(0, 1))
def test_a_better_score_never_earns_less(metric, first, second):
    floor, reference = ANCHORS[metric]
    scale = 60 if metric is DB else 1
    worse, better = sorted((first * scale, second * scale), reverse=not metric.greater_is_better)
    assert 0 <= points(worse, metric, floor, reference) <= points(better, metric, floor, reference) <= 100


@given(st.floats(0.501, 0.999))
def test_points_are_smooth_above_the_floor(score):
    step = 1e-6
    before, here, after = (points(score + move, AUC, 0.5, 0.9) for move in (-step, 0, step))
    assert abs(after - 2 * here + before) < 1e-3
    assert after > here > before


def test_the_interval_of_points_is_that_of_the_score_whichever_way_the_metric_runs():
    found = Points.of(0.8, 0.78, 0.82, metric=AUC, floor=0.5, reference=0.9)
    assert [found.low, found.value, found.high] == [points(one, AUC, 0.5, 0.9) for one in (0.78, 0.8, 0.82)]
    found = Points.of(0.04, 0.03, 0.05, metric=CER, floor=0.06, reference=0.03)
    assert found.low < found.value < found.high == 50


@pytest.mark.parametrize(
    ("metric", "floor", "reference", "says"),
    [
        (AUC, 0.5, 0.5, "better than the floor and less than perfect in roc_auc: got floor 0.5, reference 0.5"),
        (AUC, 0.9, 0.5, "got floor 0.9, reference 0.5"),
        (AUC, 0.5, 1.0, "less than perfect"),
        (NMSE, 0.1, 0.5, "got floor 0.1, reference 0.5"),
        (replace(AUC, high=float("inf")), 0.5, 0.9, "has no best value"),
    ],
)
def test_anchors_without_a_scale_are_named(metric, floor, reference, says):
    with pytest.raises(AnchorError, match=says):
        points(0.7, metric, floor, reference)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_a_number_is_named(bad):
    with pytest.raises(NotFiniteError, match="a score must be finite"):
        points(bad, AUC, 0.5, 0.9)
    with pytest.raises(NotFiniteError, match="a reference must be finite"):
        points(0.7, AUC, 0.5, bad)
    with pytest.raises(NotFiniteError, match="must be finite and in order"):
        Points(bad, bad, bad)


def test_anchors_far_apart_are_a_scale_like_any_other():
    assert points(0.0, DB, floor=-1e300, reference=0.0) == pytest.approx(50)
    assert points(1.0, AUC, floor=0.5, reference=1 - 1e-15) == 100


def test_a_totals_interval_adds_the_half_widths():
    (one,) = standings({"Muon": {"higgs": Points(50, 40, 62), "nmr": Points(20, 15, 21)}})
    assert (one.points, one.low, one.high) == (70, 55, 83)


def test_a_track_not_entered_counts_nothing():
    both = {"gauss": Points(100, 90, 100), "rkky": exactly(50)}
    assert challenge_points(both, ["gauss", "rkky"]) == Points(75, 70, 75)
    assert challenge_points({"gauss": exactly(100)}, ["gauss", "rkky"]) == exactly(50)
    assert challenge_points({}, ["gauss", "rkky"]) == exactly(0)


def test_a_track_that_is_not_there_is_named():
    with pytest.raises(UnknownTrackError, match=r"tracks are \['gauss'\]; got points for \['guass'\]"):
        challenge_points({"guass": exactly(100)}, ["gauss"])
    with pytest.raises(UnknownTrackError, match=r"tracks are \[\]; got points for none"):
        challenge_points({}, [])


def test_equal_teams_share_the_better_place_and_the_next_is_skipped():
    table = {"c": {"x": 0.1, "y": 0.2, "z": 0.3}, "a": {"x": 0.3, "y": 0.2, "z": 0.1}, "b": {"x": 9.0}, "d": {}}
    table = {team: {name: exactly(value) for name, value in of_team.items()} for team, of_team in table.items()}
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
        assert one.rank_best == 1 + sum(other.low > one.high for other in found)
        assert one.rank_worst == len(found) - sum(other.high < one.low for other in found)
        assert one.low <= one.points <= one.high


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
