"""What is answered at all, to whom, and what browsers are told of it."""

import base64
import hashlib
import re
import socket

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import WebSocketDenialResponse

from leaderboard.site.api import create_api, mounts
from leaderboard.site.guard import HEADERS, LARGEST_FORM, Guarded
from leaderboard.site.packed import Packed
from leaderboard.site.pages import PAGES
from leaderboard.site.policy import STATIC


async def stream(websocket):
    await websocket.accept()
    await websocket.close()


@pytest.fixture
def make_client(make_judge):
    """Return a function that makes a client of a guarded application in which every path answers ``a page``."""

    def make(address="http://testserver", server=None, **settings) -> TestClient:
        judge = make_judge(**settings)
        routes = [
            WebSocketRoute("/_stcore/stream", stream),
            *mounts(create_api(judge.event, judge.store, loopback=True)),
            Route("/{path:path}", lambda request: PlainTextResponse("a page"), methods=["GET", "POST", "PUT"]),
        ]
        app = Guarded(Starlette(routes=routes), judge.event)

        async def reached(scope, receive, send):
            await app(scope | ({"server": server} if server else {}), receive, send)

        return TestClient(reached, base_url=address)

    return make


@pytest.fixture
def client(make_client):
    return make_client()


def test_names_and_addresses_of_the_machine_are_answered_and_no_others(make_client):
    client = make_client(server=("192.168.7.5", 8501), public_url="https://hack.example")
    own = socket.gethostname()
    ours = [
        "192.168.7.5:8501",
        "localhost:8501",
        "LOCALHOST",
        "127.0.0.1",
        "[::1]:8501",
        "0.0.0.0:8501",
        own,
        "hack.example",
        "hack.example.",
    ]
    for host in ours:
        assert client.get("/", headers={"Host": host}).status_code == 200, host
    others = [
        "192.168.7.6",
        "evil.example",
        "hack.example.evil.org",
        "evil.org:8501",
        "",
        "a b",
        "[::1",
        "hack.example@evil.org",
    ]
    for host in others:
        answer = client.get("/", headers={"Host": host})
        assert (answer.status_code, answer.headers["content-type"]) == (421, "application/problem+json"), host


def test_a_browser_that_is_refused_reads_a_page_and_a_program_problem_details(client):
    for headers, kind in (({"Accept": "text/html"}, "text/html; charset=utf-8"), ({}, "application/problem+json")):
        answer = client.get("/", headers=headers | {"Host": "<b>evil"})
        assert (answer.status_code, answer.headers["content-type"]) == (421, kind)
        assert "<b>" not in answer.text or not headers


def test_scripts_come_packed_and_unpacked_are_what_streamlit_ships(client):
    packed = TestClient(Packed(client.app))
    path = max(STATIC.rglob("*.css"), key=lambda one: one.stat().st_size)
    for taken, coding in (("gzip, br", "gzip"), ("identity", None)):
        answer = packed.get(f"/{path.relative_to(STATIC)}", headers={"Accept-Encoding": taken, "Host": "testserver"})
        assert answer.headers.get("content-encoding") == coding
        assert answer.text == (path.read_text("utf-8") if coding else "a page")
    assert packed.get("/static/none.css").status_code == 404


def test_a_page_about_a_track_is_reached_at_the_address_that_names_one(client):
    for asked, led in {
        "/board": "/board?track=higgs.signal",
        "/board/?page=2": "/board?track=higgs.signal&page=2",
        "/submit": "/submit?track=higgs.signal",
    }.items():
        answer = client.get(asked, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, led)
        assert answer.headers["X-Frame-Options"] == "DENY"
    for asked in ("/board?track=higgs.signal", "/board?track=none.such", "/help", "/"):
        assert client.get(asked, follow_redirects=False).status_code == 200


@pytest.mark.parametrize(("server", "host"), [("::ffff:10.0.0.7", "10.0.0.7"), ("fe80::1", "[fe80::1]")])
def test_an_address_is_the_same_however_it_is_written(make_client, server, host):
    client = make_client(server=(server, 8501))
    assert client.get("/", headers={"Host": host}).status_code == 200
    assert client.get("/", headers={"Host": "10.0.0.8"}).status_code == 421


def test_a_websocket_of_another_site_is_refused(client):
    for origin, host in (
        ("http://evil.example", "testserver"),
        ("null", "testserver"),
        ("http://[", "testserver"),
        (None, "evil.example"),
    ):
        headers = {"Host": host} | ({"Origin": origin} if origin else {})
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            client.websocket_connect("/_stcore/stream", headers=headers),
        ):
            pass
        assert refused.value.status_code == (403 if origin else 421)
    with client.websocket_connect("/_stcore/stream", headers={"Origin": "http://testserver"}):
        pass


def test_every_answer_says_how_little_it_may_do(client):
    for path in ("/", "/api/v1/health", "/api/v1/nowhere", "/nowhere", "/static/none.js"):
        answer = client.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        (scripts,) = re.findall("script-src ([^;]*);", policy)
        assert "unsafe" not in scripts


def test_the_one_inline_script_of_the_page_is_named_by_its_digest(client):
    (inline,) = re.findall("<script>(.*?)</script>", (STATIC / "index.html").read_text("utf-8"), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in client.get("/").headers["Content-Security-Policy"]


def test_pages_are_found_and_what_is_none_is_not(client):
    found = [f"/{name}" for name in PAGES] + ["/submit/", "/favicon.png", "/media/x.png", "/_stcore/health"]
    found.append(next(f"/{path.relative_to(STATIC)}" for path in STATIC.rglob("*.js")))
    assert [client.get(path).status_code for path in found] == [200] * len(found)
    none = ["/nowhere", "/submit/x", "/static/js/none.js", "/.env", "/submit/_stcore/health"]
    for path in none:
        answer = client.get(path)
        assert (answer.status_code, "There is no such page" in answer.text) == (404, True), path
    assert client.get("/api/v1/kits/higgs%0A.zip").json()["status"] == 404


@pytest.mark.parametrize(
    "path",
    [
        "upload_file/session/file",
        "agent/interact",
        "agent/openapi.json",
        "metrics",
        "bidi-components/x",
        "script-health-check",
    ],
)
def test_what_the_page_does_not_need_of_streamlits_server_is_closed(client, path):
    for method in ("get", "put", "post"):
        assert client.request(method, f"/_stcore/{path}").status_code == 404


@pytest.mark.parametrize("api", ["/api/v1", "/api"])
def test_no_body_but_an_upload_is_large(client, api):
    assert client.post(f"{api}/session", content=b"x" * (LARGEST_FORM + 1)).status_code == 413
    assert client.post(f"{api}/session", content=iter([b"x"])).status_code == 411
    assert client.post(f"{api}/session", content=b"token=x").status_code == 200  # led on to the page
    assert client.post(f"{api}/tracks/higgs/check", content=iter([b"x"])).status_code == 401
    assert client.post(f"{api}/session", headers={"Origin": "http://evil.example"}).status_code == 403


def test_the_api_answers_the_same_where_it_was_before_it_had_a_version(client):
    described = client.get("/api/v1/openapi.json")
    assert described.json()["servers"] == [{"url": "/api/v1"}]
    assert client.get("/api/openapi.json").content == described.content
    for path in described.json()["paths"]:
        new, old = client.get(f"/api/v1{path}"), client.get(f"/api{path}")
        assert (new.status_code, new.headers["content-type"]) == (old.status_code, old.headers["content-type"]), path
    for path in ("/api/v1", "/api/v1/v1/event", "/api/v2/event", "/api/v1/nowhere"):
        assert client.get(path).status_code == 404


def test_the_apis_page_asks_no_other_machine_and_runs_its_own_script_alone(client):
    page = client.get("/api/v1/docs")
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', page.text))
    for file in re.findall(r'(?:src|href)="(swagger/[^"]*)"', page.text):
        assert len(client.get(f"/api/v1/{file}").content) > 10_000
    (inline,) = re.findall("<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in page.headers["Content-Security-Policy"]
