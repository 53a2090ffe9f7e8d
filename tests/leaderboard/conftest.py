"""The event's pages, opened without a browser."""

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE, Event
from leaderboard.judge.judging import Judge
from leaderboard.store import settings
from leaderboard.store.database import open_store
from tests.leaderboard.tabs import APP, sign_in
from tests.support import add_team


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch):
    """Return a function that opens a page of a judge's event."""

    def open_page(judge: Judge, name: str | None = None) -> AppTest:
        monkeypatch.setenv(EVENT_VARIABLE, str(judge.event.folder))
        monkeypatch.setenv(LOOPBACK_VARIABLE, "1")
        if not isinstance(ContextProxy.cookies, dict):
            monkeypatch.setattr(ContextProxy, "cookies", {})
        app = AppTest.from_file(APP, default_timeout=30).run()
        return app if name is None else app.switch_page(f"pages/{name}.py").run()

    return open_page


@pytest.fixture
def signed_in(page, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes a team, signs it in and opens the submit page."""

    def open_page(judge: Judge, *, demo: bool = False):
        team = add_team(judge)
        sign_in(judge, team, monkeypatch, demo=demo)
        return team, page(judge, "submit")

    return open_page


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Return the tables of an event without data: it has brackets, and teams have three members at most."""
    monkeypatch.setattr(settings, "FRESH", 0)
    event = Event.create(
        tmp_path / "event", name="toy", challenges=["higgs"], brackets=["Students", "Experts"], largest_team=3
    )
    store = open_store(event)
    store.event = event
    yield store
    store.close()
