"""Persons for the tests: codes, members, and phones that open the event's plain pages."""

from datetime import timedelta

from fastapi.testclient import TestClient
from starlette.applications import Starlette

from leaderboard.judge.judging import Judge
from leaderboard.people import codes, sessions
from leaderboard.people.joining import Person, form_team
from leaderboard.site.api import create_api, mounts
from leaderboard.site.guard import Guarded
from leaderboard.site.plain import join, notice
from leaderboard.store.tables import CodeKind, Member


def phone(judge: Judge) -> TestClient:
    """Return one more browser on an event's plain pages and its API."""
    routes = [*join.routes(judge.event, judge.store), *notice.routes(judge.event, judge.store, loopback=True)]
    api = create_api(judge.event, judge.store, loopback=True)
    app = Guarded(Starlette(routes=[*mounts(api), *routes]), judge.event)
    return TestClient(app, follow_redirects=False)


def code_for(judge: Judge, kind: CodeKind = "team", life: timedelta | None = None) -> str:
    """Return a new code."""
    with judge.store.write() as session:
        return codes.issue_code(session, kind, life=life)


def add_member(judge: Judge, team: str = "Muon Collective", name: str = "Ada Lovelace", **said) -> Member:
    """Form a team of one member."""
    code = code_for(judge)
    with judge.store.write() as session:
        return form_team(session, judge.event, code, team, "", Person(name, agrees=True, **said))


def signed_in(judge: Judge, member: Member) -> TestClient:
    """Return a browser in which a member has signed in by a code of its own."""
    with judge.store.write() as session:
        code = codes.code_for_device(session, member)
    client = phone(judge)
    assert client.post("/join", data={"code": code, "go": "1"}).status_code == 303
    return client


def visitor(judge: Judge, client: TestClient) -> sessions.Visitor:
    """Return for whom a browser is signed in."""
    with judge.store.read() as session:
        value = client.cookies.get(sessions.cookie_name(judge.event))
        return sessions.visitor(session, value, loopback=True)


def rows(judge: Judge, table) -> list:
    """Return all rows of a table."""
    with judge.store.read() as session:
        return list(session.query(table))
