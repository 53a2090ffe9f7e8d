"""A browser's tab for the tests of pages: signed in, with files in its fields."""

import re
import secrets

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from leaderboard.judge.judging import Judge
from leaderboard.people import sessions, teams
from leaderboard.site.opened import SORRY
from leaderboard.site.spool import spool_of
from leaderboard.store.tables import Team
from tests.support import ROOT

NAMES = re.compile(r' data-(?:name|face)="[^"]*"')
APP = ROOT / "leaderboard" / "site" / "app.py"


def sign_in(judge: Judge, team: Team, monkeypatch: pytest.MonkeyPatch, *, demo: bool = False) -> None:
    """Let every page tried from now on come from a browser that has signed in for a team."""
    with judge.store.write() as session:
        value = sessions.sign_in(session, teams.issue_token(session, team, demo=demo), loopback=True)
    monkeypatch.setattr(ContextProxy, "cookies", {sessions.cookie_name(judge.event): value})


def choose(app: AppTest, judge: Judge, team: Team, track: str, kind: str, content: bytes, filename: str) -> AppTest:
    """Lay a file down as the upload does, and tell the page's field that it is there."""
    spool = spool_of(judge.event.folder)
    path = spool.folder / secrets.token_urlsafe(16)
    path.write_bytes(content)
    app.session_state[f"{kind} {track}"] = {"file": spool.keep(path, team.id, filename).id}
    return app.run()


def all_text(app: AppTest) -> str:
    """Return everything that a page says; the names of what is kept alive are for its script alone."""
    assert not app.exception
    words = []
    for element in app.main:
        words += [element.proto.body] if element.type == "html" else [str(getattr(element, "value", ""))]
        words.append(str(getattr(element, "label", "")))
    assert SORRY not in words
    return NAMES.sub("", "\n".join(words))
