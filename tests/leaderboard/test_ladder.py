"""The Ladder shows progress, not noise, and depends on the order of receipt alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.judge.ladder import Judged, climb, on_grid

values = st.lists(st.floats(0.5, 1), min_size=1, max_size=40)


def history(values):
    return [Judged(number, value, value - 0.02, value + 0.02) for number, value in enumerate(values)]


@given(values)
def test_the_shown_best_never_falls_and_moves_by_more_than_the_step(values):
    best = [shown.best.value for shown in climb(history(values), lambda new, best: 0.0, step=0.01)]
    moves = np.diff(best)
    assert ((moves == 0) | (moves > 0.01)).all()


@given(values)
def test_a_gain_within_the_noise_never_moves_it(values):
    assert {shown.best.submission for shown in climb(history(values), lambda new, best: 1.0, step=0.01)} == {0}


@given(values)
def test_replaying_a_longer_history_keeps_what_was_shown(values):
    everything = climb(history(values), lambda new, best: 0.003, step=0.005)
    assert climb(history(values[:-1]), lambda new, best: 0.003, step=0.005) == everything[:-1]


def test_the_noise_is_asked_for_only_where_the_step_is_beaten():
    asked = []
    climb(history([0.8, 0.801, 0.79, 0.82]), lambda new, best: asked.append((new, best)) or 0.001, step=0.005)
    assert asked == [(3, 0)]


def test_probing_at_random_does_not_inflate_the_shown_value():
    """Random guesses judged on 500 rows: the best of 2,000 raw values looks good, the shown one does not."""
    rng = np.random.default_rng(0)
    raw = 0.5 + rng.normal(scale=0.026, size=2000)
    shown = climb(history(raw), lambda new, best: 0.026 * 2**0.5, step=0.005)[-1].best.value
    assert raw.max() > 0.57
    assert shown < 0.56


@given(st.floats(0, 1), st.floats(0, 0.3), st.floats(0, 0.3), st.sampled_from([0.005, 0.001, 0.1]))
def test_the_interval_is_rounded_outward_around_the_shown_value(value, below, above, step):
    shown, low, high = on_grid(value, value - below, value + above, step)
    assert low <= value - below + 1e-9
    assert high >= value + above - 1e-9
    assert abs(shown - value) <= step / 2 + 1e-9
    assert abs(round(shown / step) * step - shown) < 1e-9
    assert abs((shown - low) - (high - shown)) < 1e-9


def test_the_limits_tell_no_more_of_the_value_than_the_grid_does():
    points = np.linspace(0.75, 0.85, 2001)
    shown = {on_grid(value, value - 0.0143, value + 0.0131, 0.005) for value in points}
    assert len(shown) == len({value for value, _, _ in shown})


def test_no_limit_is_shown_beyond_what_a_metric_can_be(judge):
    value, low, high = judge.on_grid("higgs.signal", Judged(1, 0.97, 0.90, 0.99))
    step = judge.step("higgs.signal")
    assert value == pytest.approx(0.97)
    assert 0.90 - 2 * step < low <= 0.90
    assert high == 1.0


@pytest.mark.parametrize(
    ("old", "new", "step"), [(0.800, 0.805, 0.005), (0.3, 0.4, 0.1), (20.0, 20.1, 0.1), (0.059, 0.061, 0.002)]
)
def test_a_gain_of_exactly_one_step_moves_nothing_however_floats_round_it(old, new, step):
    def best(value):
        runs = [Judged(1, old, old - 0.1, old + 0.1), Judged(2, value, value - 0.1, value + 0.1)]
        return climb(runs, lambda new, best: 0.0, step)[-1].best.submission

    assert best(new) == 1
    assert best(new + step / 1000) == 2
