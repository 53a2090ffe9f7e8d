"""The audit log is looked through by who did something, what, and on which track, without reading all of it."""

import pytest
from sqlalchemy import text

from leaderboard.people import auditing
from leaderboard.people.auditing import Filter
from leaderboard.store.queries import audit

HIGGS, PLANETS = "higgs.signal", "exoplanet.planets"


@pytest.fixture
def told(judge):
    """Return the judge of an event in whose log a few things stand."""
    with judge.store.write() as session:
        audit(session, "label corrected", who="Zoë", track=HIGGS, rows=3)
        audit(session, "label corrected", who="Ada", track=PLANETS)
        audit(session, "note", who=None, track=None, member=12)
        audit(session, "note", who="Zoë", text='{"who": "Ada"}')
    return judge


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(who="Zoë"), [("note", "Zoë"), ("label corrected", "Zoë")]),
        (Filter(who="Ada"), [("label corrected", "Ada")]),
        (Filter(track=HIGGS, action="label corrected"), [("label corrected", "Zoë")]),
        (Filter(who="Zoë", track=PLANETS), []),
        (Filter(who="Z"), []),
    ],
)
def test_who_looks_for_something_finds_it_newest_first(told, wanted, found):
    with told.store.read() as session:
        assert [(one.action, one.details["who"]) for one in auditing.entries(session, wanted)] == found


def test_whatever_is_said_is_kept(told):
    odd = {"text": "a\0b", "key": "\ud800"}
    with told.store.write() as session:
        audit(session, "note", who="Ada", member=7, **odd)
    with told.store.read() as session:
        (newest, *_) = auditing.entries(session, Filter(who="Ada"))
        assert newest.details == {"who": "Ada", "member": 7, **odd}
        assert newest.member == "7"


def test_a_page_goes_on_before_an_entry(told):
    with told.store.read() as session:
        newest, oldest = auditing.entries(session, Filter(who="Zoë"))
        assert auditing.entries(session, Filter(who="Zoë"), limit=1) == [newest]
        assert auditing.entries(session, Filter(who="Zoë"), before=newest.id) == [oldest]


def test_those_who_did_something_are_told_once_each_and_by_name(told):
    with told.store.read() as session:
        assert [one for one in auditing.doers(session) if one in ("Ada", "Zoë")] == ["Ada", "Zoë"]
        assert None not in auditing.doers(session)
        assert auditing.actions(session) == sorted({one.action for one in auditing.entries(session, Filter())})


@pytest.mark.in_a_file
@pytest.mark.parametrize("key", ["action", "who", "track", "member"])
def test_each_is_found_by_an_index(told, key):
    with told.store.read() as session:
        asked = f"EXPLAIN QUERY PLAN SELECT id FROM audit WHERE {key} = 'x' ORDER BY id DESC LIMIT 50"
        (step,) = session.execute(text(asked)).all()
        assert f"ix_audit_{key}_id ({key}=?)" in step.detail
