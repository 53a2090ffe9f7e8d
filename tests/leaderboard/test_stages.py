"""Where an event stands, in the words of its pages: none invites to what is over, or calls over what is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st

from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.site.live import snapshot
from leaderboard.site.pages import PAGES
from leaderboard.site.stages import Stage, stage_of
from leaderboard.store import settings
from tests.leaderboard.tabs import all_text, choose, sign_in
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
INVITES = (
    "left within",
    "opens the board",
    "Make it final",
    "Let others join",
    "Next back",
    "at present",
    "more than the noise",
    "Files a team",
    "closes in",
    "live ·",
)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def put(judge, key: str, text: str) -> None:
    with judge.store.write() as session:
        settings.change(session, judge.event, key, text, who="test", reason="")


STEPS = {
    "open": lambda judge: None,
    "paused": lambda judge: put(judge, "paused", "the projector *fell*"),
    "frozen": lambda judge: (put(judge, "paused", "none"), put(judge, "freezes_at", datetime.now(UTC).isoformat())),
    "closed": lambda judge: put(judge, "closes", datetime.now(UTC).isoformat()),
    "finalized": lambda judge: finals.finalize(judge, TRACK, early=True),
    "published": lambda judge: (finals.publish(judge, TRACK), finals.reveal(judge, TRACK)),
}
SAYS = {
    "open": (
        "closes in",
        "live · no file waits",
        "more than the noise",
        "left within",
        "Make it final",
        "Let others join",
        "Next back",
        "at present",
        "Files a team",
    ),
    "paused": (
        "takes no files for now: the projector *fell*",
        "paused · no file waits",
        "closes in",
        "more than the noise",
        "left within",
        "Let others join",
        "Next back",
        "at present",
        "Files a team",
    ),
    "frozen": (
        "Frozen since",
        "stands still since",
        "shown with the result",
        "left within",
        "closes in",
        "Make it final",
        "Let others join",
        "Next back",
        "at present",
        "Files a team",
    ),
    "closed": ("The event is closed.", "closed · no file waits", "decide nothing", "No. 1 decides"),
    "finalized": ("takes no more files", "the result is not published yet", "decide nothing", "No. 1 decides"),
    "published": (
        "The result of this track is published",
        "Final ranking",
        "published ",
        "No. 1 decided",
        "The answers are revealed",
    ),
}


def test_every_page_says_what_is_so_in_each_phase(judge, page, monkeypatch):
    team = add_team(judge)
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 2)), "a.csv")
    worker.work(judge, once=True)
    sign_in(judge, team, monkeypatch)
    fields = None
    for phase, step in STEPS.items():
        step(judge)
        app = page(judge, "home")
        text = all_text(app)
        for title in list(PAGES.values())[1:]:
            text += all_text(app.switch_page(f"pages/{title.lower()}.py").run())
            fields = len(app.get("bidi_component")) if title == "Submit" else fields
        text = text.replace("\\", "")
        assert [words for words in SAYS[phase] if words not in text] == [], phase
        true = " ".join(SAYS[phase])
        assert [words for words in INVITES if words in text and words not in true] == [], phase
        over = phase not in ("open", "paused", "frozen")
        assert fields == (not over), phase
        assert f'class="{"closed" if over else phase}"' in text


def test_the_receipt_of_a_file_sent_in_the_last_moment_stays_where_it_is(judge, signed_in):
    team, app = signed_in(judge)
    upload = prediction_file(judge, noisy_answers(judge, 1))
    app = choose(app, judge, team, TRACK, "predictions", upload, "last.csv")
    next(button for button in app.button if button.label == "Submit").click().run()
    put(judge, "closes", datetime.now(UTC).isoformat())
    text = all_text(app.run()).replace("\\", "")
    assert "The event is closed." in text
    assert "last.csv" in text
    assert "Receipt no. 1" in text
    assert len(app.get("bidi_component")) == 0


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        (Stage("open"), "The first one opens the board."),
        (Stage("paused", why="a pause"), "No file has been judged yet."),
        (Stage("open", NOON), "stands still since Wed 1 Jul, 12:00."),
        (Stage("closed"), "No file is on this board."),
        (Stage("finalized", NOON), "stands still since Wed 1 Jul, 12:00."),
        (Stage("published"), "Nobody has a place in this ranking."),
    ],
)
def test_an_empty_board_says_why(stage, says):
    assert stage.empty(UTC).endswith(says)


def test_a_track_whose_finals_are_chosen_stands_so_before_the_close(judge):
    with judge.store.read() as session:
        view = snapshot(session, TRACK)
    assert stage_of(judge.event, view) == Stage("open")
    assert stage_of(judge.event, view, judge.event.config.closes) == Stage("closed")
    assert stage_of(judge.event, view, judge.event.config.opens - timedelta(seconds=1)) == Stage("before")
    put(judge, "releases.higgs", "+1d")
    assert stage_of(judge.event, view) == Stage("before")
    put(judge, "releases.higgs", "none")
    chosen = replace(view, finalized_at=NOON)
    assert stage_of(judge.event, chosen) == Stage("finalized")
    assert stage_of(judge.event, replace(chosen, published_at=NOON)) == Stage("published")


def test_the_clock_says_closed_and_why_once_every_track_is_finalized_early(make_judge, page):
    judge = make_judge(banner="Pizza <at> eight.")
    assert "Pizza &lt;at&gt; eight." in all_text(page(judge, "home"))
    finals.finalize(judge, TRACK, early=True)
    text = all_text(page(judge, "home"))
    assert 'class="closed">closed</span> <strong>since' in text
    assert "has closed the books early" in text
    assert "closes in" not in text
