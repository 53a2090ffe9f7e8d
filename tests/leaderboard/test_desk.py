"""The page of the desk: nobody else sees it, each role sees its own parts, and all acts look who asks."""

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy

from leaderboard.intake import desk, sessions
from leaderboard.site.desk.contents import PARTS
from leaderboard.store.tables import Role
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def at_desk(judge, page, monkeypatch):
    """Return a function that opens a part of the desk as somebody of a role."""

    def open_part(part: str = "", role: Role = "organiser"):
        with judge.store.write() as session:
            ada = desk.add_organiser(session, f"Ada the {role}", role)
            value = sessions.open_session(session, organiser=ada)
        monkeypatch.setattr(ContextProxy, "cookies", {sessions.cookie_name(judge.event): value})
        app = page(judge, "desk")
        if part:
            app.query_params["part"] = part
            app.run()
        return app

    return open_part


def links(app) -> list[str]:
    return [one.proto.label for one in app.get("page_link")]


def test_nobody_else_is_told_that_there_is_a_desk(judge, page, monkeypatch):
    def looks() -> str:
        assert "Desk" not in links(page(judge))
        return all_text(page(judge, "desk"))

    assert 'href="/join"' in looks()
    sign_in(judge, add_team(judge), monkeypatch)
    text = looks()
    assert 'href="/join"' in text
    assert "Overview" not in text


@pytest.mark.parametrize("role", ["organiser", "helper", "jury"])
def test_each_role_sees_its_own_parts(role, judge, page, at_desk):
    app = at_desk(role=role)
    assert f"**Ada the {role}** · {role}" in all_text(app)
    mine = [part.title for part in PARTS.values() if role in ("organiser", *part.roles)]
    assert [one.partition(" (")[0] for one in links(app)] == mine[1:]
    assert "Desk" in links(page(judge))
    for name, part in PARTS.items():
        app.query_params["part"] = name
        shown = app.run().header[0].value
        assert shown == (part.title if part.title in mine else mine[0])
