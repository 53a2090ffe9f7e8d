"""The page of the desk: nobody else sees it, each role sees its own parts, and all acts look who asks."""

import ast
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy

from leaderboard.event import EventError
from leaderboard.people import desk, sessions
from leaderboard.people.desk import NotAllowed
from leaderboard.site.desk import contents, frame
from leaderboard.site.desk.contents import PARTS
from leaderboard.site.opened import site
from leaderboard.store.tables import AuditEntry, Organiser
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team

ACTS = {
    "ceremony._begin": {()},
    "ceremony._current": {()},
    "ceremony._rehearse": {()},
    "ceremony._texts": {()},
    "corrections._dry_run": {()},
    "corrections._give": {()},
    "corrections._roll_back": {()},
    "exports.show": {()},
    "settings._ask_again": {()},
    "talk._answer": {("helper",)},
    "talk._announcements": {()},
    "talk._canned": {()},
    "tasks._ask": {()},
    "tasks._code": {()},
    "tasks._waiting": {()},
    "team._bracket": {()},
    "team._let_in": {("helper",)},
    "team._move": {()},
    "team._name": {()},
    "team._out": {()},
    "teams._add": {()},
    "teams._code": {()},
    "teams._imported": {()},
    "teams._slips": {()},
    "tracks.show": {()},
}
"""Who may do what is done in each function of the desk, beside organisers."""


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def links(app) -> list[str]:
    return [one.proto.label for one in app.get("page_link")]


def navigation(app) -> str:
    return next(one.proto.body for one in app.get("html") if "physathon-pages" in one.proto.body)


def test_nobody_else_is_told_that_there_is_a_desk(judge, page, monkeypatch):
    def looks() -> str:
        assert "Desk" not in navigation(page(judge, "home"))
        return all_text(page(judge, "desk"))

    assert 'href="/join"' in looks()
    sign_in(judge, add_team(judge), monkeypatch)
    text = looks()
    assert 'href="/join"' in text
    assert "Overview" not in text


SEEN = {"organiser": [part.title for part in PARTS.values()], "helper": ["Teams", "Talk"], "jury": ["Boards"]}


@pytest.mark.parametrize(("role", "mine"), SEEN.items())
def test_each_role_sees_its_own_parts(role, mine, judge, page, at_desk):
    app = at_desk(judge, "overview", role)
    assert f"**Ada 0** · {role}" in all_text(app)
    assert [one.partition(" (")[0] for one in links(app)] == mine
    assert "Desk" in navigation(page(judge, "home"))
    for name, part in PARTS.items():
        app.query_params["part"] = name
        shown = app.run().header[0].value
        assert shown == (part.title if part.title in mine else mine[0])
        told = [one.value for one in app.info if part.title in one.value and "this is for organiser" in one.value]
        assert len(told) == (part.title not in mine), "whoever followed a link is told why it led elsewhere"


def test_all_that_the_desk_writes_is_an_act_and_each_act_says_whose_it_is():
    found: dict[str, set] = {}
    for path in Path(contents.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            calls = ast.walk(function) if isinstance(function, ast.FunctionDef) else ()
            for call in (one for one in calls if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)):
                assert call.func.attr != "write" or path.stem == "frame", f"{path}:{call.lineno} writes without an act"
                if call.func.attr == "act":
                    roles = tuple(one.value for one in call.args[1:])
                    found.setdefault(f"{path.stem}.{function.name}", set()).add(roles)
    assert found == ACTS


@pytest.mark.parametrize("roles", sorted(set().union(*ACTS.values())))
def test_an_act_looks_who_asks_when_it_is_done(roles, judge, page, monkeypatch):
    page(judge)
    told, people = [], {}
    monkeypatch.setattr(frame.st, "rerun", lambda: told.append("done"))
    with judge.store.write() as session:
        for role in desk.ROLES:
            people[role] = desk.add_organiser(session, role, role)
            people[role, "cookie"] = sessions.open_session(session, organiser=people[role])

    def tries(role: str) -> str:
        value = people[role, "cookie"]
        monkeypatch.setattr(ContextProxy, "cookies", {sessions.cookie_name(judge.event): value})
        try:
            with frame.Desk(site(), people["organiser"], "talk").act("here", *roles) as session:
                session.add(AuditEntry(at=people[role].added_at, action=f"done by {role}", details={}))
        except NotAllowed as error:
            return str(error)
        return told.pop()

    for role in desk.ROLES:
        may = role in ("organiser", *roles)
        assert tries(role) == "done" if may else "alone, not for" in tries(role)
        with judge.store.read() as session:
            assert session.query(AuditEntry).filter_by(action=f"done by {role}").count() == may
    with judge.store.write() as session:
        desk.dismiss(session, session.get_one(Organiser, people["organiser"].id))
    assert "nobody is signed in at the desk" in tries("organiser")


def test_what_goes_wrong_in_an_act_is_told_and_nothing_of_it_is_kept(judge, at_desk, monkeypatch):
    at_desk(judge, "overview")
    told = []
    monkeypatch.setattr(frame.st, "error", lambda text, **_: told.append(text))
    here = frame.Desk(site(), Organiser(name="Ada", role="organiser"), "talk")
    for error in (EventError("no <b>"), NotAllowed("no")):
        with here.act("here") as session:
            session.add(AuditEntry(at=here.site.event.config.opens, action="half done", details={}))
            raise error
    assert told == ["no \\<b\\>", "no"]
    with judge.store.read() as session:
        assert session.query(AuditEntry).filter_by(action="half done").count() == 0
