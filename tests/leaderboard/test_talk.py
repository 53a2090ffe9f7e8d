"""Announcements, questions and answers: who reads what, until when, and what nobody else ever does."""

import re
from datetime import timedelta
from functools import partial

import pytest
import streamlit as st
from fastapi.testclient import TestClient
from sqlalchemy import select
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from leaderboard.event import EventError
from leaderboard.people import members, sessions, talk, teams
from leaderboard.site import news
from leaderboard.site.api import create_api
from leaderboard.site.pages import PAGES
from leaderboard.store.tables import AuditEntry, Member
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team, physathon

HEADER = "Physathon-Unread"
TRICKS = "</p><script>alert(1)</script> **bold** [x](javascript:alert(1)) :red[y]\n  $1$ & <b>"
AS_WRITTEN = (
    "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt; **bold** [x](javascript:alert(1)) :red[y]\n  $1$ &amp; &lt;b&gt;"
)


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def client(judge):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


def write(judge, function, *arguments, **options):
    with judge.store.write() as session:
        return function(session, *arguments, **options)


def ask(judge, team, text, **options):
    return write(judge, talk.ask, judge.event, team, text, **options).id


def token(judge, team) -> dict:
    return {"Authorization": f"Bearer {write(judge, teams.issue_token, team)}"}


def join(judge, team, name: str, monkeypatch) -> Member:
    """Add a member, whose browser every page comes from that is opened from now on."""
    member = write(judge, members.add_member, judge.event, team, name)
    cookie = write(judge, sessions.open_session, member=member)
    monkeypatch.setattr(ContextProxy, "cookies", {sessions.cookie_name(judge.event): cookie})
    return member


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def told(client, header=None) -> list[str]:
    return [one["text"] for one in client.get("/announcements", headers=header).json()["announcements"]]


def test_a_text_says_something_and_not_too_much(judge, client):
    team = add_team(judge)
    for text in ("", " \n", "\u200b", "\x00\x1b", "x" * 2001, "\ud800"):
        for say in (talk.announce, partial(talk.ask, event=judge.event, team=team)):
            with pytest.raises(talk.TextRefused, match=r"expected .*, got"):
                write(judge, say, text=text)
    answer = client.post("/questions", json={"text": " "}, headers=token(judge, team))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:physathon:text-refused")
    assert write(judge, talk.messages) == ()


def test_a_team_asks_five_questions_within_an_hour(judge, client, monkeypatch):
    team, header = add_team(judge), token(judge, add_team(judge, "Boosted Tops"))
    start = talk.now()
    for minute in range(5):
        monkeypatch.setattr(talk, "now", lambda minute=minute: start + timedelta(minutes=minute))
        ask(judge, team, "Why?")
        assert client.post("/questions", json={"text": "Why?"}, headers=header).status_code == 201
    refused = client.post("/questions", json={"text": "Why?"}, headers=header)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:physathon:too-many-questions")
    assert refused.json()["detail"].endswith("ask again in 57 min")
    assert 56 * 60 <= int(refused.headers["Retry-After"]) <= 56 * 60 + 1
    monkeypatch.setattr(talk, "now", lambda: start + timedelta(hours=1))
    assert ask(judge, team, "Now?") == 11
    with pytest.raises(talk.TooManyQuestions):
        ask(judge, team, "And now?")


def test_a_question_is_about_a_track_of_the_event_or_at_large(judge, client):
    header = token(judge, add_team(judge))
    about = [client.post("/questions", json={"text": "?", "track": one}, headers=header) for one in ("higgs", None)]
    assert [one.json()["track"] for one in about] == ["higgs.signal", None]
    assert client.post("/questions", json={"text": "?", "track": "nmr.gauss"}, headers=header).status_code == 404
    assert [one["number"] for one in client.get("/questions", headers=header).json()] == [2, 1]
    assert client.post("/questions", json={"text": "?"}).status_code == 401


def test_announcements_are_public_and_every_answer_to_a_token_counts_those_unread(judge, client):
    team = add_team(judge)
    header, member = token(judge, team), token(judge, add_team(judge, "Boosted Tops"))
    for text in ("Pizza", "Buses", "Typo"):
        write(judge, talk.announce, text)
    write(judge, talk.withdraw, 3)
    assert told(client) == ["Buses", "Pizza"]
    assert HEADER not in client.get("/announcements").headers
    for path in ("/submissions", "/submissions/7", "/announcements", "/tracks/higgs/check"):
        assert client.request("POST" if "check" in path else "GET", path, headers=header).headers[HEADER] == "2"
    assert client.post("/announcements/1/read", headers=header).json() == {"unread": 1}
    assert client.get("/submissions", headers=header).headers[HEADER] == "1"
    unread = [one["unread"] for one in client.get("/announcements", headers=header).json()["announcements"]]
    assert unread == [True, False]
    assert client.post("/announcements/2/read", headers=header).json() == {"unread": 0}
    assert HEADER not in client.get("/submissions", headers=header).headers
    assert client.get("/submissions", headers=member).headers[HEADER] == "2"
    for number in (3, 99):
        assert client.post(f"/announcements/{number}/read", headers=header).status_code == 404
    with pytest.raises(EventError, match="withdrawn already"):
        write(judge, talk.withdraw, 3)


def test_an_answer_goes_to_its_team_or_to_all_and_a_correction_is_told_anew(judge, client):
    team, other = add_team(judge), add_team(judge, "Boosted Tops")
    mine, others = token(judge, team), token(judge, other)
    ask(judge, team, "May we?", track="higgs.signal")
    write(judge, talk.answer, 1, "No.")
    assert (told(client, mine), told(client, others), told(client)) == (["No."], [], [])
    assert client.post("/announcements/1/read", headers=others).status_code == 404
    assert client.post("/announcements/1/read", headers=mine).json() == {"unread": 0}
    write(judge, talk.answer, 1, "Yes.", to_all=True)
    assert told(client, mine) == told(client, others) == told(client) == ["Yes."]
    assert client.get("/submissions", headers=mine).headers[HEADER] == "1"
    write(judge, talk.answer, 1, "Yes, you may.")
    (shown,) = client.get("/announcements").json()["announcements"]
    assert shown["text"] == "Yes, you may."
    assert shown["question"] == {"number": 1, "track": "higgs.signal", "text": "May we?", "to_all": True}
    write(judge, talk.answer, 1, "Only you may.", to_all=False)
    assert (told(client, mine), told(client)) == (["Only you may."], [])
    with judge.store.read() as session:
        log = [one.details for one in session.scalars(select(AuditEntry)) if "question" in one.details]
    assert [(one["old"], one["new"], one["to_all"]) for one in log][:2] == [(None, "No.", False), ("No.", "Yes.", True)]
    assert "May we?" not in str(log)
    with pytest.raises(EventError, match="no announcement 1"):
        write(judge, talk.withdraw, 1)


def test_a_private_question_is_in_no_answer_to_anybody_else(judge, client, page, monkeypatch):
    team, other = add_team(judge, "Sentinel Team"), add_team(judge, "Boosted Tops")
    mine, others = token(judge, team), token(judge, other)
    ask(judge, team, "sentinel question")
    write(judge, talk.answer, 1, "sentinel answer")
    ask(judge, team, "sentinel open")

    def api(header: dict) -> str:
        paths = [path for path, how in client.get("/openapi.json").json()["paths"].items() if "get" in how]
        asked = [path.format(track="higgs", number=1, challenge="higgs", name="x", form="svg") for path in paths]
        assert {"/announcements", "/questions", "/event"} <= set(asked)
        answers = [client.get(path, headers=header) for path in asked]
        return "".join(f"{dict(one.headers)} {one.content!r}" for one in answers).lower()

    def pages(*names: str) -> str:
        return "\n".join(all_text(page(judge, name)) for name in ("home", *names)).lower()

    assert "sentinel answer" in api(mine)
    assert "sentinel" not in api(others) + api({}) + pages("help")
    sign_in(judge, other, monkeypatch)
    assert "sentinel" not in pages(*(title.lower() for title in PAGES.values()))
    sign_in(judge, team, monkeypatch)
    shown = pages("help")
    assert (shown.count("sentinel answer"), shown.count("sentinel open")) == (2, 1)
    write(judge, talk.answer, 1, "for all: yes", to_all=True)
    sign_in(judge, other, monkeypatch)
    shown = pages("help")
    assert "sentinel question" in shown
    assert "for all: yes" in api({})
    assert "sentinel team" not in api({}) + api(others) + shown
    assert "sentinel answer" not in api({}) + api(others) + shown


def above(app) -> str:
    """Return what a page with its frame says, but for what home says of announcements that were read."""
    return re.sub(r'<ul class="physathon-feed announced">.*?</ul>', "", all_text(app), flags=re.DOTALL)


def test_without_a_member_an_announcement_stands_above_the_page_until_this_tab_has_read_it(judge, page, monkeypatch):
    app = page(judge, "home")
    write(judge, talk.announce, "**Pizza** at noon")
    assert "**Pizza** at noon" in above(app.run())
    assert "Pizza" not in above(click(app, "Mark as read"))
    assert "Pizza" not in above(app.run())
    assert "Pizza" in above(page(judge, "home")), "another tab"
    for number in range(5):
        write(judge, talk.announce, f"Bus {number}")
    shown = above(app.run())
    assert [f"Bus {number}" in shown for number in range(5)] == [False, False, True, True, True]
    assert "2 more on the page Help" in shown
    monkeypatch.setattr(news, "now", lambda: talk.now() + timedelta(days=1))
    assert "Bus" not in above(app.run()), "for whoever is no member, news of yesterday"


def test_what_a_member_has_read_is_read_in_all_tabs_and_by_the_api_and_nobody_elses(judge, client, page, monkeypatch):
    team = add_team(judge)
    write(judge, talk.announce, "Pizza")
    join(judge, team, "Ada", monkeypatch)
    other = page(judge, "home")
    member = join(judge, team, "Emmy", monkeypatch)
    tab, second = page(judge, "home"), page(judge, "home")
    assert "Pizza" in above(click(second, "Mark as read").run()) + above(tab)
    assert "Pizza" not in above(tab.run())
    assert "Pizza" not in above(page(judge, "home"))
    with judge.store.read() as session:
        assert session.get_one(Member, member.id).read_up_to == 1
    monkeypatch.setattr(ContextProxy, "cookies", {})
    assert "Pizza" in above(other.run())


def test_a_team_asks_on_the_page_and_sees_the_answer_while_the_organiser_counts(judge, page, monkeypatch):
    assert "Teams that are signed in ask the organiser here" in all_text(page(judge, "help"))
    member = join(judge, add_team(judge), "Ada Lovelace", monkeypatch)
    app = page(judge, "help")
    app.text_area[0].input(TRICKS)
    app.selectbox[0].select("higgs.signal")
    app = click(app, "Ask")
    assert app.text_area[0].value == ""
    shown = all_text(app)
    assert AS_WRITTEN in shown
    assert "Not answered yet." in shown
    with judge.store.read() as session:
        (question,) = talk.questions(session, unanswered=True)
        assert (question.member_id, question.track, talk.count_unanswered(session)) == (member.id, "higgs.signal", 1)
    write(judge, talk.answer, 1, "<script>no</script> *never*", to_all=True)
    frame = page(judge, "home")
    assert "Your question 1 was answered" in all_text(frame)
    for shown in (frame, app.run()):
        assert "<script>no</script> *never*" in [one.value for one in shown.markdown if not one.allow_html]
        assert not any("<script>" in one.proto.body for one in shown.get("html"))
    assert all_text(app).count("*never*") == 1
    assert AS_WRITTEN in all_text(app)
    click(app, "Ask")
    assert "expected a text, got none" in app.error[0].value.replace("\\", "")
    monkeypatch.setattr(ContextProxy, "cookies", {})
    shown = all_text(page(judge, "help"))
    assert AS_WRITTEN in shown
    assert "Ada" not in shown
    assert "Muon" not in shown


def test_the_organiser_announces_and_answers_by_commands(judge):
    folder = judge.event.folder
    team = add_team(judge)
    ask(judge, team, "May \x1b[31mwe? [bold]x[/bold]", track="higgs")
    ask(judge, team, "When is pizza?")
    assert "announcement 1 is" in physathon("announce", "Pizza [bold]at[/bold] noon", "--event", folder)
    assert "announcement 2 is" in physathon("announce", "Pizza at one", "--withdraw", 1, "--event", folder)
    shown = physathon("announcements", "--event", folder)
    assert "[bold]at[/bold]" in shown
    shown = physathon("question", "list", "--open", "--event", folder)
    assert "May [31mwe? [bold]x[/bold]" in shown
    assert "\x1b" not in shown
    assert "2 without an answer" in shown
    assert "at one" in physathon("question", "canned", "pizza", "Pizza is at one.", "--event", folder)
    said = physathon("question", "answer", 2, "--canned", "pizza", "--all", "--event", folder)
    assert "question 2 is answered to everybody; 1 without an answer" in said
    assert "to Muon Collective; 0 without" in physathon("question", "answer", 1, "Yes.", "--event", folder)
    assert "Pizza is" not in physathon("question", "list", "--open", "--event", folder)
    assert "answered to all: Pizza is at one." in physathon("question", "list", "--event", folder)
    assert "Pizza" not in physathon("question", "canned", "pizza", "--drop", "--event", folder)
    for wrong in (["answer", 1], ["answer", 1, "--canned", "x"], ["answer", 9, "x"], ["canned", "--drop"]):
        with pytest.raises(EventError):
            physathon("question", *wrong, "--event", folder)
    with pytest.raises(EventError):
        physathon("announce", "--event", folder)
