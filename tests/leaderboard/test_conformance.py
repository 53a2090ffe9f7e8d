"""Every challenge keeps every promise; and a challenge that breaks one is caught."""

import numpy as np
import pytest

from challenges import spec
from leaderboard.workshop.conformance import CHECKS, Subject
from scoring.permutation import permutation_interval


@pytest.fixture(scope="module", params=spec.available())
def subject(request, tmp_path_factory):
    found = Subject(request.param, tmp_path_factory.mktemp(request.param))
    yield found
    found.close()


LONG = {name: CHECKS[name] for name in ("repeatable", "null", "starter_is_the_floor", "ladder_climbs")}
"""Checks that simulate, learn, or run what a team would run, once more."""


LONGER_THAN_ELSEWHERE = {
    *((name, "kit_tells_nothing") for name in ("exoplanet", "lensing", "nmr", "quantum", "renaissance")),
    ("lensing", "answers_win"),
    ("renaissance", "nothing_to_look_up"),
}
"""Checks that are examined here on other challenges."""


@pytest.mark.parametrize(
    ("subject", "check"),
    [
        pytest.param(name, check, marks=[pytest.mark.proof] if (name, check) in LONGER_THAN_ELSEWHERE else [])
        for name in spec.available()
        for check in CHECKS
        if check not in LONG
    ],
    indirect=["subject"],
)
def test_every_challenge_conforms(subject, check):
    assert CHECKS[check](subject)


@pytest.mark.parametrize("subject", ["higgs"], indirect=True)
@pytest.mark.parametrize("check", LONG)
def test_a_challenge_keeps_the_promises_that_take_long_to_examine(subject, check):
    assert CHECKS[check](subject)


@pytest.mark.proof
@pytest.mark.parametrize("subject", [name for name in spec.available() if name != "higgs"], indirect=True)
@pytest.mark.parametrize("check", LONG)
def test_every_challenge_keeps_the_promises_that_take_long_to_examine(subject, check):
    assert CHECKS[check](subject)


def test_a_level_beyond_the_rounds_is_told_by_their_spread():
    rng = np.random.default_rng(1)
    labels, other = rng.normal(size=(2, 500))
    low, high = permutation_interval(lambda y: np.corrcoef(other, y)[0, 1], labels, np.arange(500), level=0.99999)
    assert (low, high) == pytest.approx((-4.42 / 500**0.5, 4.42 / 500**0.5), rel=0.1)


def test_groups_that_all_differ_in_size_exchange_their_labels_too():
    groups = np.repeat(np.arange(30), np.arange(1, 31))
    page = np.random.default_rng(2).normal(size=30)[groups]
    own = page + 0.1 * np.random.default_rng(3).normal(size=len(page))
    low, high = permutation_interval(lambda y: np.corrcoef(own, y)[0, 1], page, groups)
    assert -0.7 < low < -0.2 < 0.2 < high < 0.7, "30 pages, not 465 rows, say what chance can do"
