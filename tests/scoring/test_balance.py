"""A holdout in which one group decides too much is named before it is sealed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.event import Event, EventError
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.public.data import public_data
from scoring.sealed.balance import LopsidedError, check_balance
from scoring.sealed.holdout import Holdout, fresh_salts
from tests.support import toy_simulate


def holdout(groups, labels, metric="roc_auc/1") -> Holdout:
    """Return a holdout whose private slice has these rows, beside an even public one."""
    n = len(groups)
    return Holdout(
        track="toy.track",
        metric=metric,
        features_sha256="0" * 64,
        ids=np.arange(n + 40, dtype=np.uint64),
        targets=pd.DataFrame({"label": np.r_[labels, np.arange(40) % 2]}),
        groups=np.r_[groups, 1000 + np.arange(40)].astype(np.int64),
        weights=np.ones(n + 40),
        slices=np.repeat(["private", "public"], [n, 40]),
        salts=fresh_salts(["public", "private"]),
    )


def test_even_groups_are_sealed():
    check_balance(holdout(np.repeat(np.arange(8), 10), np.arange(80) % 2))


def test_a_group_with_a_third_of_one_class_is_named():
    groups = np.r_[np.zeros(10), np.arange(1, 51)]
    labels = np.r_[np.ones(10), np.arange(1, 51) % 3 == 0].astype(int)
    with pytest.raises(
        LopsidedError, match=r"toy.track: group 0 holds 38% of the private slice's class 1 \(26 rows in 17"
    ):
        check_balance(holdout(groups, labels))
    check_balance(holdout(groups, labels, metric="accuracy/1"))


def test_a_row_that_weighs_much_holds_much():
    even = holdout(np.arange(60), np.arange(60) % 2)
    with pytest.raises(LopsidedError, match="group 4 holds 51% of the private slice's class 0"):
        check_balance(replace(even, weights=np.where(np.arange(100) == 4, 30.0, 1.0)))


def test_recordings_need_no_balance():
    mixed = holdout(np.arange(60), np.arange(60) % 2)
    slices = np.where(np.arange(100) < 3, "observed", mixed.slices)
    check_balance(replace(mixed, slices=slices, salts=fresh_salts(["public", "private", "observed"])))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return what makes an event of a size whose rows lie in so many groups."""

    def simulate(n_events, seed, **options):
        data = toy_simulate(n_events, seed)
        return replace(data, groups=np.arange(n_events) % simulate.groups)

    monkeypatch.setattr("challenges.higgs.simulate.simulate", simulate)

    def make(size: str, groups: int) -> Event:
        simulate.groups = groups
        event = Event.create(tmp_path / f"{size}{groups}", name="toy", size=size, challenges=["higgs"])
        judge = Judge(event, Vault(event, create=True))
        try:
            prepare.simulate(judge, "higgs")
        finally:
            judge.close()
        return event

    return make


def test_an_event_of_few_groups_is_not_made(made):
    with pytest.raises(EventError, match=r"higgs.signal: group \d holds .* where no group may hold a third"):
        made("default", groups=4)


def test_a_small_one_says_that_it_is_for_practice(made):
    assert public_data(made("small", groups=4), "higgs.signal").facts()["practice"] is True
    assert public_data(made("small", groups=300), "higgs.signal").facts()["practice"] is False
