"""A browser signs in with a form, holds a cookie that no script sees, and is signed out on the server."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from leaderboard.event import Event
from leaderboard.people import sessions, teams
from leaderboard.site import guard
from leaderboard.site.api import create_api, mounts
from leaderboard.site.guard import Guarded
from leaderboard.site.spool import DiskFull, UploadInFlight, UploadTooSlow, spool_of
from leaderboard.store.tables import SignIn
from tests.support import add_team, answers, prediction_file

FILES = "/api/v1/tracks/higgs.signal/files?kind=predictions&filename=a.csv"


def browser(judge, *, address="http://testserver", loopback=True) -> TestClient:
    """Return a client of page and API as the web process guards them, without the page."""
    api = create_api(judge.event, judge.store, loopback=loopback)
    app = Guarded(Starlette(routes=mounts(api)), judge.event)
    return TestClient(app, base_url=address, follow_redirects=False)


def token_of(judge, team, *, demo=False) -> str:
    with judge.store.write() as session:
        return teams.issue_token(session, team, demo=demo)


def count(judge) -> int:
    with judge.store.read() as session:
        return session.query(SignIn).count()


def sign_in(client, token):
    return client.post("/api/v1/session", data={"token": token}, headers={"Origin": str(client.base_url)})


def test_the_cookie_is_the_browsers_alone_and_the_event_keeps_its_digest(judge):
    with browser(judge) as client:
        token = token_of(judge, add_team(judge))
        answer = sign_in(client, f" “{token}” ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/submit")
        (cookie,) = answer.headers.get_list("set-cookie")
        name, value = cookie.partition(";")[0].split("=")
        assert name == f"physathon-{judge.event.config.id}"
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        dump = "".join(path.read_bytes().decode("latin-1") for path in judge.event.folder.glob("event.sqlite*"))
        assert value not in dump
        assert token not in dump


def test_under_tls_the_cookie_is_sent_by_tls_alone_also_behind_a_proxy(judge, make_judge, tmp_path):
    token = token_of(judge, add_team(judge))
    assert "Secure" in sign_in(browser(judge, address="https://localhost"), token).headers["set-cookie"]
    proxied = make_judge(tmp_path / "proxied", public_url="https://hack.example")
    token = token_of(proxied, add_team(proxied))
    assert "Secure" in sign_in(browser(proxied, address="http://hack.example"), token).headers["set-cookie"]


@pytest.mark.parametrize(("demo", "why"), [(None, "TokenRefused"), (True, "DemoTokenRefused")])
def test_a_refused_token_leads_back_to_the_page_and_stands_in_no_address(judge, demo, why):
    token = token_of(judge, add_team(judge), demo=True) if demo else teams.PREFIX + "nonsense"
    answer = sign_in(browser(judge, loopback=False), token)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/submit?refused={why}")
    assert "set-cookie" not in answer.headers
    assert count(judge) == 0


@pytest.mark.parametrize(("to", "place"), [("team", "/team"), ("/evil.example", "/submit"), ("nowhere", "/submit")])
def test_the_form_leads_back_to_the_page_that_it_stands_on_about_its_track_and_nowhere_else(judge, to, place):
    for token, refused in ((token_of(judge, add_team(judge)), {}), ("nonsense", {"refused": "TokenRefused"})):
        for track, about in (("higgs.signal", {"track": "higgs.signal"}), ("x&y", {})):
            answer = browser(judge).post("/api/v1/session", data={"token": token, "to": to, "track": track})
            led = urlsplit(answer.headers["location"])
            assert (led.netloc, led.path, dict(parse_qsl(led.query))) == ("", place, about | refused)


def test_a_form_of_another_site_signs_nobody_in_or_out(judge):
    client = browser(judge)
    token = token_of(judge, add_team(judge))
    sign_in(client, token)
    for origin in ("http://evil.example", "null", "http://testserver.evil.example", "http://testserver:81"):
        for path in ("/api/v1/session", "/api/v1/session/end", FILES):
            answer = client.post(path, data={"token": token}, headers={"Origin": origin})
            assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert count(judge) == 1
    assert client.post(FILES, content=b"x", headers={"Origin": "http://testserver"}).status_code == 201


def test_signing_out_ends_the_session_on_the_server(judge):
    client = browser(judge)
    sign_in(client, token_of(judge, add_team(judge)))
    copied = dict(client.cookies)
    answer = client.post("/api/v1/session/end")
    assert (answer.status_code, answer.headers["location"]) == (303, "/submit")
    assert count(judge) == 0
    client.cookies.update(copied)
    assert client.post(FILES, content=b"x").status_code == 401
    assert client.post("/api/v1/session/end").status_code == 303


def test_a_session_ends_with_its_token_and_with_its_time(judge, monkeypatch):
    team = add_team(judge)
    with judge.store.write() as session:
        mine, other = (
            sessions.sign_in(session, teams.issue_token(session, one), loopback=True)
            for one in (team, teams.add_team(session, "Boosted Tops"))
        )
    with judge.store.write() as session:
        teams.revoke_tokens(session, team)
    with judge.store.read() as session:
        assert sessions.visitor(session, mine, loopback=True) is sessions.NOBODY
        assert sessions.visitor(session, other, loopback=True).team.name == "Boosted Tops"
        later = sessions.now() + sessions.LIFE + timedelta(seconds=1)
        monkeypatch.setattr(sessions, "now", lambda: later)
        assert sessions.visitor(session, other, loopback=True) is sessions.NOBODY
    with judge.store.write() as session:
        sessions.sign_in(session, teams.issue_token(session, team), loopback=True)
    assert count(judge) == 1


@pytest.mark.parametrize("value", [None, "", "x", "\udcff", "x" * 10_000])
def test_no_other_cookie_signs_anybody_in(judge, value):
    with judge.store.read() as session:
        assert sessions.visitor(session, value, loopback=True) is sessions.NOBODY


def test_an_upload_lies_there_for_its_team(judge):
    client, team = browser(judge), add_team(judge)
    assert client.post(FILES, content=b"x").status_code == 401
    sign_in(client, token_of(judge, team))
    file = client.post(FILES, content=b"x").json()["file"]
    assert spool_of(judge.event.folder).find(file, team.id).filename == "a.csv"
    assert client.post(FILES, content=b"x" * 2**23).status_code == 413
    assert client.post(FILES.replace("predictions", "circuit"), content=b"x").status_code == 422
    assert [path.name for path in spool_of(judge.event.folder).folder.iterdir()] == [file]


def test_the_cookie_opens_uploads_alone(judge):
    client = browser(judge)
    sign_in(client, token_of(judge, add_team(judge)))
    for method, path in (
        ("get", "submissions"),
        ("post", "submissions/1/select"),
        ("post", "tracks/higgs.signal/submissions"),
    ):
        assert client.request(method, f"/api/v1/{path}").status_code == 401


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (UploadTooSlow("slow"), 408, "upload-too-slow"),
        (UploadInFlight("two"), 429, "upload-in-flight"),
        (DiskFull("full"), 507, "disk-full"),
    ],
)
def test_what_stops_an_upload_is_named(judge, monkeypatch, error, status, kind):
    def take(*_):
        raise error

    client = browser(judge)
    bearer = {"Authorization": f"Bearer {token_of(judge, add_team(judge))}"}
    monkeypatch.setattr(spool_of(judge.event.folder), "take", take)
    answer = client.post("/api/v1/tracks/higgs.signal/submissions", content=b"x", headers=bearer)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:physathon:{kind}")
    assert ("retry-after" in answer.headers) == (status == 429)


def test_when_a_request_began_decides_whether_it_is_late(make_judge, monkeypatch):
    judge = make_judge(opens=guard.now() - timedelta(days=1), days=1)  # which ends before its data are there
    team = add_team(judge)
    bearer = {"Authorization": f"Bearer {token_of(judge, team)}"}
    content = prediction_file(judge, answers(judge))
    moments = {409: judge.event.config.closes, 201: judge.event.config.closes - timedelta(milliseconds=1)}
    for status, began in moments.items():
        monkeypatch.setattr(guard, "now", lambda began=began: began)
        answer = browser(judge).post("/api/v1/tracks/higgs.signal/submissions", content=content, headers=bearer)
        assert answer.status_code == status
    assert list(spool_of(judge.event.folder).folder.iterdir()) == []


def test_public_url_is_an_address(make_judge, tmp_path):
    for wrong in (
        "hack.example",
        "https://hack.example/path",
        "javascript:alert(1)",
        "https://me@hack.example",
        "https://höck.example",
    ):
        with pytest.raises(ValueError, match="public_url"):
            Event.create(tmp_path / "x", name="x", challenges=["higgs"], public_url=wrong)
