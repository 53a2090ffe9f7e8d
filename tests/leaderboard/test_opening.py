"""Before the opening nothing is out: kits, boards, facts and uploads say when they will be; a preview sees them."""

from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from streamlit.runtime.context import ContextProxy

from leaderboard.event import NotOut
from leaderboard.intake.receive import receive
from leaderboard.people import codes, teams
from leaderboard.public.data import kit_file
from leaderboard.site.api import create_api, mounts
from leaderboard.site.guard import Guarded
from leaderboard.site.pages import PAGES
from leaderboard.site.plain import join
from leaderboard.store import settings
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team, noisy_answers, physathon, prediction_file

TRACK = "higgs.signal"
LATER = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
SAID = f"{LATER:%a} {LATER.day} {LATER:%b %Y, %H:%M} (UTC)"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def early(make_judge):
    """Return the judge of an event that opens tomorrow and has its data."""
    return make_judge(opens=LATER)


def put(judge, key: str, text: str) -> None:
    with judge.store.write() as session:
        settings.change(session, judge.event, key, text, who="test", reason="")


def read(app) -> str:
    """Return what a page says, as it is read."""
    return all_text(app).replace("\\", "").replace("\u2060", "")


def asked(judge) -> TestClient:
    return TestClient(create_api(judge.event, judge.store, loopback=True))


def bearer(judge) -> dict[str, str]:
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, teams.add_team(session, 'Muon Collective'))}"}


def browser(judge) -> TestClient:
    """Return a browser on the event's plain pages and its API, as the web process guards them."""
    api = create_api(judge.event, judge.store, loopback=True)
    app = Starlette(routes=[*mounts(api), *join.routes(judge.event, judge.store)])
    return TestClient(Guarded(app, judge.event), follow_redirects=False)


def previewing(judge) -> TestClient:
    """Return a browser that spent a code of `physathon preview`."""
    client = browser(judge)
    told = physathon("preview", "--event", judge.event.folder, "--url", "http://hall.example")
    code = told.partition("http://hall.example/join#")[2].split()[0]
    spent = {"code": code, "go": "1"}
    answers = [client.post("/join", data=spent) for _ in range(2)]
    assert [(one.status_code, one.headers.get("location")) for one in answers] == [(303, "/"), (403, None)]
    return client


def test_whatever_path_names_a_challenge_answers_when_it_opens_and_builds_no_kit(early):
    client, mine = asked(early), bearer(early)
    named = {
        (method, route.path): client.request(
            method,
            route.path.format(track=TRACK, challenge="higgs", number=0, name="higgs", form="svg"),
            headers=mine,
            content=b"id,score\n",
        )
        for route in client.app.routes
        for method in getattr(route, "methods", None) or ()
        if "{track}" in route.path or "{challenge}" in route.path
    }
    assert {
        ("GET", "/kits/{challenge}.zip"),
        ("GET", "/samples/{challenge}/{number}"),
        ("POST", "/tracks/{track}/submissions"),
    } < named.keys()
    assert named.pop(("HEAD", "/kits/{challenge}.zip")).status_code == 409
    for path, answer in named.items():
        found = answer.json()
        assert (answer.status_code, found["type"], found["opens"]) == (409, "urn:physathon:not-out", LATER.isoformat())
        assert f"toy opens at {LATER.isoformat()}" in found["detail"], path
    assert not kit_file(early.event, "higgs").exists()
    assert client.get("/tracks/nmr.gauss/board").status_code == 404
    event = client.get("/event").json()
    assert (event["phase"], event["tracks"]) == ("before", [])
    assert [(one["title"], one["tracks"]) for one in event["challenges"]] == [("Find the Higgs boson", [TRACK])]


@pytest.mark.parametrize("name", [title.lower() for title in PAGES.values()])
def test_pages_tell_what_will_be_asked_and_when_and_nothing_of_the_data(early, page, monkeypatch, name):
    team = add_team(early)
    sign_in(early, team, monkeypatch)
    app = page(early, name)
    text = read(app)
    assert (f"toy opens on {SAID}" in text) == (name not in ("help", "desk"))
    assert ("Tell a heavy Higgs boson" in text) == (name in ("home", "board", "challenge"))
    assert name != "home" or "opens in 23 h" in text
    assert len(app.get("bidi_component")) == (name == "home"), "what follows links, and no field for files"
    for kept in (*early.holdout(TRACK).commitments.values(), "600", "sealed holdout", "Starter kit", "files left"):
        assert kept not in text


def test_one_challenge_opens_later_and_says_so_alone(make_judge, page):
    judge = make_judge(challenges=["higgs", "nmr"])
    client = asked(judge)
    assert client.get("/tracks/higgs/board").status_code == 200
    put(judge, "releases.higgs", LATER.isoformat())
    assert "Find the Higgs boson opens at" in client.get("/tracks/higgs/board").json()["detail"]
    assert client.get("/kits/higgs.zip").status_code == 409
    assert client.get("/kits/nmr.zip").status_code == 404, "that one is out, and has no data yet"
    event = client.get("/event").json()
    assert [datetime.fromisoformat(one["opens"]) for one in event["challenges"]] == [LATER, judge.event.config.opens]
    text = read(page(judge))
    assert f"Find the Higgs boson opens on {SAID}" in text
    assert "No file has been judged" not in text
    team, file = add_team(judge), prediction_file(judge, noisy_answers(judge, 1))
    with pytest.raises(NotOut):
        receive(judge.event, judge.store, team, TRACK, file, "a.csv")
    with judge.store.write() as session:
        ghost = teams.add_team(session, "Logistic regression", kind="baseline")
    assert receive(judge.event, judge.store, ghost, TRACK, file, "a.csv")["submission"]
    put(judge, "releases.higgs", "none")
    assert receive(judge.event, judge.store, team, TRACK, file, "a.csv")["submission"]


def test_a_preview_sees_all_and_sends_nothing(early, page, monkeypatch):
    client, mine = previewing(early), bearer(early)
    kit = client.get("/api/v1/kits/higgs.zip")
    assert (kit.status_code, kit.headers["cache-control"], kit.content[:2]) == (200, "no-store", b"PK")
    refused = [browser(early).get(f"{api}/kits/higgs.zip").status_code for api in ("/api/v1", "/api")]
    assert refused == [409, 409]
    assert client.get("/api/v1/tracks/higgs/board").json()["entries"] == []
    upload = prediction_file(early, noisy_answers(early, 1))
    for path in ("submissions", "check", "files?kind=predictions&filename=a.csv"):
        assert client.post(f"/api/v1/tracks/{TRACK}/{path}", content=upload, headers=mine).status_code == 409
    monkeypatch.setattr(ContextProxy, "cookies", dict(client.cookies))
    assert "preview: not open yet" in all_text(page(early))
    text = all_text(page(early, "challenge"))
    assert "preview: not open yet" in text
    assert early.holdout(TRACK).commitments["public"] in text
    put(early, "opens", "2026-01-01")
    assert "preview" not in all_text(page(early))


def test_the_files_of_an_event_are_at_no_other_address(early):
    client, file = browser(early), "higgs/signal/train.parquet"
    assert (early.event.public / file).is_file()
    for path in (
        "public",
        "media",
        "static",
        "app/static",
        "component/public",
        "api/public",
        "api/swagger/..",
        "api/kits",
    ):
        assert client.get(f"/{path}/{file}").status_code == 404


def test_what_can_change_while_people_play_is_told_to_programs(make_judge):
    judge = make_judge(freezes_at=LATER, banner="Pizza <at> eight.", brackets=["students"], largest_team=5)
    told = asked(judge).get("/event").json()
    assert datetime.fromisoformat(told["freezes_at"]) == LATER
    assert (told["banner"], told["brackets"], told["largest_team"]) == ("Pizza <at> eight.", ["students"], 5)
    assert (told["registration"], told["releases"], told["tracks"]) == ("code", {}, [TRACK])
    assert '<p class="banner">Pizza &lt;at&gt; eight.</p>' in browser(judge).get("/join").text


def test_after_the_close_no_team_is_formed_any_more(make_judge):
    judge = make_judge(opens=datetime.now(UTC) - timedelta(days=2), days=1)
    with judge.store.write() as session:
        code = codes.issue_code(session, "team", life=None)
    answer = browser(judge).post("/join", data={"code": code})
    assert (answer.status_code, "no new teams are taken" in answer.text.lower()) == (409, True)
