"""The projector: it shows what boards show, says nothing before its time, and takes a code in no address."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from leaderboard import qr
from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.people import talk
from leaderboard.people.codes import address_of
from leaderboard.site.guard import Guarded
from leaderboard.site.home.glance import Glances
from leaderboard.site.live import Boards, news
from leaderboard.site.past import Past
from leaderboard.site.plain import ceremony, projector
from leaderboard.store import settings
from tests.leaderboard.test_browser import put
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
CODE = "7GK2-MQ4T-WXYZ"


def guarded(judge) -> Guarded:
    glances = Glances(judge.event, Boards(judge.store), Past(judge.store))
    routes = projector.routes(judge.event, glances, news(judge.store))
    return Guarded(Starlette(routes=routes), judge.event)


def client_of(judge) -> TestClient:
    return TestClient(guarded(judge), base_url="http://127.0.0.1")


@contextmanager
def served(judge) -> Iterator[str]:
    """Yield the address at which the projector's pages answer, and nothing else."""
    server = uvicorn.Server(uvicorn.Config(guarded(judge), log_config=None, lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


def send(judge, name: str) -> None:
    file = prediction_file(judge, noisy_answers(judge, 1))
    receive(judge.event, judge.store, add_team(judge, name), TRACK, file, "file.csv")
    worker.work(judge, once=True)


@pytest.fixture(autouse=True)
def _settings_are_new(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)


def test_it_renews_itself_when_something_is_new_and_shows_every_name_as_it_is_written(judge):
    client = client_of(judge)
    first = client.get("/projector.json")
    assert [one["title"] for one in first.json()["slides"]] == ["Standings"]
    assert first.json()["clock"] | {"until": ""} == {"word": "open", "says": "closes in", "until": ""}
    send(judge, "<b>Tau</b>")
    with judge.store.write() as session:
        talk.announce(session, "Pizza <img src=x> **now**")
    second = client.get("/projector.json", headers={"If-None-Match": first.headers["ETag"]})
    told, standings, board = second.json()["slides"]
    assert told["html"].count("&lt;img") == told["html"].count("<strong>") == 1
    assert board["title"] == "Find the Higgs boson: Signal or background"
    shown = (standings["html"], board["html"], second.json()["feed"])
    assert all("<bdi>&lt;b&gt;Tau&lt;/b&gt;</bdi>" in one and "<b>Tau" not in one for one in shown)
    assert client.get("/projector.json", headers={"If-None-Match": second.headers["ETag"]}).status_code == 304


def test_before_the_opening_it_tells_what_will_be_asked_and_nothing_of_a_board(make_judge):
    judge = make_judge(opens=datetime.now(UTC) + timedelta(days=1))
    shown = client_of(judge).get("/projector.json").json()
    assert [one["title"] for one in shown["slides"]] == ["What will be asked"]
    assert (shown["clock"]["word"], shown["clock"]["says"]) == ("not open yet", "opens in")
    assert "<li>" not in shown["feed"]


def test_a_code_is_drawn_for_who_posts_it_from_this_site_and_stands_in_no_address(judge):
    client = client_of(judge)
    drawn = client.post("/projector/qr", data={"code": "7gk2 mq4t wxyz"}, headers={"Origin": "http://127.0.0.1"})
    assert drawn.json() == {"code": CODE, "picture": qr.as_picture(address_of("http://127.0.0.1", CODE))}
    assert drawn.headers["Cache-Control"] == "no-store"
    foreign = client.post("/projector/qr", data={"code": CODE}, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert client.get("/projector/qr", params={"code": CODE}).status_code == 405
    assert client.post("/projector/qr", data={"code": "x" * 5000}).status_code == 422


@pytest.mark.parametrize("page", [projector, ceremony])
def test_on_a_wall_a_slow_network_costs_no_typeface_for_the_evening(page):
    faces = re.findall(r"@font-face {[^}]*}", page.STYLE)
    assert len(faces) == 2
    assert all("font-display: swap" in face for face in faces)


def test_it_turns_says_calmly_that_the_server_is_gone_and_goes_on_when_it_is_back(judge, browser):
    send(judge, "Boosted Tops")
    with served(judge) as address:
        tab, asked = browser.new_page(), []
        tab.on("request", lambda request: asked.append(request.url))
        tab.clock.install()
        tab.goto(f"{address}/projector#{CODE}")
        tab.get_by_role("heading", name="Standings").wait_for()
        tab.get_by_text(CODE).wait_for()
        tab.keyboard.press("ArrowRight")
        tab.get_by_role("heading", name="Find the Higgs boson").wait_for()
        tab.keyboard.press(" ")
        tab.get_by_role("button", name="Go on").wait_for()
        browser.set_offline(True)
        tab.clock.fast_forward(60_000)
        tab.get_by_text("The server does not answer").wait_for()
        assert tab.get_by_role("heading", name="Find the Higgs boson").is_visible()
        put(judge.store, judge.event, "banner", "Back again")
        browser.set_offline(False)
        tab.clock.fast_forward(5_000)
        tab.get_by_text("Back again").wait_for()
        tab.get_by_text("The server does not answer").wait_for(state="hidden")
    assert not any(CODE in url.partition("#")[0] for url in asked)
