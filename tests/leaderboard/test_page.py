"""What the page shows: the board, the check of a file, the receipt, and nothing that needs the vault."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from leaderboard.board.entries import board
from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.judge.judging import Judge
from leaderboard.people import teams
from leaderboard.public import places
from leaderboard.site import words
from leaderboard.site.spool import spool_of
from leaderboard.store.queries import note_file, track_state
from leaderboard.store.tables import HoldoutRecord, Submission
from tests.leaderboard.tabs import APP, all_text, choose
from tests.support import add_team, answers, kept_files, noisy_answers, prediction_file

TRACK = "higgs.signal"
NOT_SECRET = "public labels: not secret"


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def send(judge: Judge, team, values: np.ndarray) -> dict:
    """Send predictions in and have them judged."""
    receipt = receive(judge.event, judge.store, team, TRACK, prediction_file(judge, values), "file.csv")
    worker.work(judge, once=True)
    return receipt


def ghost(judge: Judge):
    """Register a baseline."""
    with judge.store.write() as session:
        return teams.add_team(session, "Logistic regression, higgs", kind="baseline")


def make_public(judge: Judge) -> None:
    """Mark the holdout as one whose labels can be looked up."""
    with judge.store.write() as session:
        session.get(HoldoutRecord, track_state(session, TRACK).holdout).secret = False


def upload(app: AppTest, judge: Judge, team, content: bytes, name: str = "file.csv") -> AppTest:
    return choose(app, judge, team, TRACK, "predictions", content, name)


def fields(app: AppTest) -> int:
    """Return how many fields for files a page has."""
    return len(app.get("bidi_component"))


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def submissions(judge: Judge) -> int:
    with judge.store.read() as session:
        return session.query(Submission).count()


def test_board_without_files_says_so(judge, page):
    assert "No file has been judged yet" in all_text(page(judge))


def test_board_shows_values_on_the_grid_and_ghosts_without_rank(judge, page):
    send(judge, ghost(judge), noisy_answers(judge, 1))
    assert "Progress" not in all_text(page(judge)), "of teams, of which there is none yet"
    send(judge, add_team(judge, "Boosted Tops"), noisy_answers(judge, 2))
    text = all_text(page(judge))
    with judge.store.read() as session:
        (above, below) = board(session, TRACK)
    decimals = words.decimals(judge.step(TRACK))
    assert f'<bdi>Boosted Tops</bdi></th><td class="number">{below.value:.{decimals}f}</td>' in text
    assert f'aria-label="95% interval {above.low:.{decimals}f} – {above.high:.{decimals}f}"' in text
    assert '<tr class="ghost"><td class="number"></td>' in text
    assert "<bdi>Logistic regression</bdi> (baseline)" in text
    assert f"grid of {judge.step(TRACK):g} " in text


def test_board_after_publication_is_the_exact_private_ranking(judge, page):
    send(judge, add_team(judge), noisy_answers(judge, 2))
    finals.finalize(judge, TRACK, early=True)
    (entry,) = finals.publish(judge, TRACK)
    text = all_text(page(judge))
    assert "Final ranking" in text
    assert f'<td class="number">{entry.value:.5f}<small>' in text
    assert "The rank range holds every rank" in text


def test_board_after_publication_shows_where_models_place_recordings_and_whether_they_agree(judge, page):
    shares = {"HL Tau": (0.998, 0.14), "AS 209": (0.99, 0.97)}
    placed = [
        places.Place(recording, team, "team", empty, 0.5)
        for recording, both in shares.items()
        for team, empty in zip("AB", both, strict=True)
    ]
    places.write(judge.event, TRACK, placed)
    send(judge, add_team(judge), noisy_answers(judge, 2))
    assert "HL Tau" not in all_text(page(judge))
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    text = all_text(page(judge))
    spread = "".join(f'<td class="number">{share}</td>' for share in ("0.14", "0.57", "1.00"))
    assert f'<td class="">HL Tau</td>{spread}<td class="">models disagree</td>' in text
    assert "stands out for every model" in text
    assert "detected" not in text


@pytest.mark.parametrize("name", ["board", "submit", "challenge"])
def test_public_labels_are_called_not_secret_everywhere(judge, page, signed_in, name):
    make_public(judge)
    facts = judge.event.public / "higgs" / "signal" / "facts.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"secret": False}))
    app = signed_in(judge)[1] if name == "submit" else page(judge, name)
    assert NOT_SECRET in all_text(app)


@pytest.mark.parametrize("name", ["board", "submit", "challenge"])
def test_sealed_holdouts_are_not_called_public(judge, page, signed_in, name):
    app = signed_in(judge)[1] if name == "submit" else page(judge, name)
    text = all_text(app)
    assert NOT_SECRET not in text
    assert "sealed holdout" in text


def test_no_event_is_a_sentence_and_no_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv(EVENT_VARIABLE, str(tmp_path))
    assert "There is no event here yet" in all_text(AppTest.from_file(APP, default_timeout=30).run())


def test_board_says_how_many_files_wait(judge, page):
    team = add_team(judge)
    for noise in (1, 2):
        upload = prediction_file(judge, noisy_answers(judge, noise))
        receive(judge.event, judge.store, team, TRACK, upload, "file.csv")
    assert "2 files wait for the judge" in all_text(page(judge))


def test_names_are_shown_as_written(judge, page):
    send(judge, add_team(judge, "<b>Top</b> & **quarks**"), noisy_answers(judge, 1))
    text = all_text(page(judge))
    assert "&lt;b&gt;Top&lt;/b&gt; &amp; **quarks**" in text
    assert "<b>Top" not in text


@pytest.mark.parametrize("why", ["TokenRefused", "DemoTokenRefused", "<script>"])
def test_who_is_not_signed_in_is_asked_for_a_token_and_told_why_it_was_refused(judge, page, why):
    app = page(judge)
    app.query_params["refused"] = why
    text = all_text(app.switch_page("pages/submit.py").run())
    assert ("not known here" in text, "loopback address only" in text) == (
        why == "TokenRefused",
        why.startswith("Demo"),
    )
    assert 'action="/api/v1/session"' in text
    assert "<script>" not in text
    assert not fields(app)


def test_a_demo_session_ends_where_others_can_reach_the_event(judge, signed_in, monkeypatch):
    _, app = signed_in(judge, demo=True)
    assert fields(app) == 1
    monkeypatch.setenv(LOOPBACK_VARIABLE, "0")
    app.run()
    assert "loopback address only" in all_text(app)
    assert not fields(app)


def test_revoking_a_teams_tokens_signs_its_tabs_out(judge, signed_in):
    team, app = signed_in(judge)
    app = upload(app, judge, team, prediction_file(judge, noisy_answers(judge, 1)), "ours.csv")
    with judge.store.write() as session:
        teams.revoke_tokens(session, team)
    text = all_text(app.run())
    assert 'action="/api/v1/session"' in text
    assert "in order" not in text


def test_bad_file_is_explained_and_costs_nothing(judge, signed_in):
    team, app = signed_in(judge)
    lines = prediction_file(judge, noisy_answers(judge, 1)).decode().splitlines()
    row = lines[1].split(",")[0]
    lines[1] = row + ",<i>nan</i>"
    lines[2] = lines[2].split(",")[0] + ",inf"
    app = upload(app, judge, team, "\n".join(lines).encode())
    text = all_text(app)
    kinds = [expander.label for expander in app.expander]
    assert kinds == ["A value is infinite · **1**", "A value is not a number · **1**"]
    assert f'<td class="number">2</td><td class="code">{row}</td><td class="">score</td>' in text
    assert "&lt;i&gt;nan&lt;/i&gt;" in text
    assert "cost you nothing" in text
    assert "Submit" not in [button.label for button in app.button]
    assert submissions(judge) == 0


def test_a_check_too_many_is_made_at_the_next_look(judge, signed_in, monkeypatch):
    team, app = signed_in(judge)
    with monkeypatch.context() as crowded:
        crowded.setattr("leaderboard.site.rates.TOGETHER", 0)
        app = upload(app, judge, team, prediction_file(judge, answers(judge)))
        assert "try again in 1 s" in all_text(app).replace("\\", "")
        assert "The file is in order" not in all_text(app)
    assert "The file is in order" in all_text(app.run())


def test_a_file_that_is_taken_away_leaves_nothing_to_send(judge, signed_in):
    team, app = signed_in(judge)
    app = upload(app, judge, team, prediction_file(judge, noisy_answers(judge, 1)))
    assert "Submit" in [button.label for button in app.button]
    app.session_state[f"predictions {TRACK}"] = {"file": None}
    app.run()
    assert list(spool_of(judge.event.folder).folder.iterdir()) == []
    assert "in order" not in all_text(app)
    assert "Submit" not in [button.label for button in app.button]


@pytest.mark.parametrize("junk", ["nowhere", "../event.toml", 7, ["x"], {"a": 1}])
def test_a_file_that_is_not_there_is_not_found_whatever_the_tab_says(judge, signed_in, junk):
    _, app = signed_in(judge)
    app.session_state[f"predictions {TRACK}"] = {"file": junk}
    text = all_text(app.run())
    assert ("choose it again" in text) == isinstance(junk, str)
    assert "Submit" not in [button.label for button in app.button]


def test_no_team_sends_another_ones_file_and_a_file_that_waited_too_long_is_said_to_be_gone(judge, signed_in):
    team, app = signed_in(judge)
    content = prediction_file(judge, noisy_answers(judge, 1))
    assert "choose it again" in all_text(upload(app, judge, add_team(judge, "Boosted Tops"), content))
    app = upload(app, judge, team, content)
    assert "in order" in all_text(app)
    for path in list(spool_of(judge.event.folder).folder.iterdir()):
        spool_of(judge.event.folder).drop(path.name)
    assert "choose it again" in all_text(click(app, "Submit"))
    assert submissions(judge) == 0


def test_the_page_says_how_large_a_file_may_be(judge, signed_in):
    _, app = signed_in(judge)
    assert "more than 4.3 MB" in all_text(app)
    assert "the kit's `submit.py` and the API" in all_text(app)


def test_good_file_gives_a_receipt_that_verifies_and_again_the_same(judge, signed_in):
    team, app = signed_in(judge)
    content = prediction_file(judge, noisy_answers(judge, 1))
    app = upload(app, judge, team, content, "mine.csv")
    assert "The file is in order: 600 rows" in all_text(app)
    assert submissions(judge) == 0
    app = click(app, "Submit")
    assert "queued: next" in all_text(app)
    assert list(spool_of(judge.event.folder).folder.iterdir()) == []
    receipt = app.session_state["receipt"][1]
    assert receipts.verify(receipt, judge.event).filename == "mine.csv"
    assert receipt["team"] == team.name
    worker.work(judge, once=True)
    app = click(upload(app.run(), judge, team, content, "copy.csv"), "Submit")
    text = all_text(app)
    assert "came before, as no. 1 on" in text
    assert "scored: became your best" in text
    assert app.session_state["receipt"][1] == receipt
    assert submissions(judge) == 1


def test_second_file_says_whether_it_moved(judge, signed_in):
    team, app = signed_in(judge)
    send(judge, team, noisy_answers(judge, 1))
    send(judge, team, np.random.default_rng(3).normal(size=600))
    assert "scored: did not move your best" in all_text(app.run())


@pytest.mark.in_a_file
def test_behind_a_lock_pages_are_read_and_what_is_sent_is_refused_in_a_sentence(judge, page, signed_in, monkeypatch):
    monkeypatch.setattr("leaderboard.site.opened.WEB_PATIENCE", 0.05)
    team, app = signed_in(judge)
    send(judge, team, noisy_answers(judge, 2))
    app = upload(app.run(), judge, team, prediction_file(judge, noisy_answers(judge, 1)))
    with closing(sqlite3.connect(judge.event.folder / "event.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "try again in a moment" in all_text(click(app, "Submit"))
        assert "Muon Collective" in all_text(page(judge))
    assert submissions(judge) == 1


def test_quota_is_shown_and_kept(make_judge, signed_in):
    judge = make_judge(submissions_per_day=1)
    team, app = signed_in(judge)
    send(judge, team, noisy_answers(judge, 1))
    app = upload(app, judge, team, prediction_file(judge, noisy_answers(judge, 2)))
    assert "You have 0 of 1 files left" in all_text(app)
    assert "the most a team may" in all_text(click(app, "Submit"))
    assert submissions(judge) == 1


def test_closed_event_takes_no_file(make_judge, signed_in, page):
    judge = make_judge(opens=datetime.now(UTC) - timedelta(days=2), days=1)
    assert 'class="closed"' in all_text(page(judge, "home"))
    team, app = signed_in(judge)
    app = upload(app, judge, team, prediction_file(judge, noisy_answers(judge, 1)))
    assert "The event is closed" in all_text(app)
    assert fields(app) == 0
    assert "Submit" not in [button.label for button in app.button]


def test_a_finalized_track_takes_no_file(judge, signed_in):
    team, app = signed_in(judge)
    send(judge, team, noisy_answers(judge, 1))
    finals.finalize(judge, TRACK, early=True)
    app = upload(app, judge, team, prediction_file(judge, noisy_answers(judge, 2)))
    assert "The finals of this track are chosen" in all_text(app)
    assert fields(app) == 0


def test_closed_event_takes_back_the_file_that_it_lost(make_judge, signed_in, page):
    closes = datetime.now(UTC) - timedelta(seconds=1)
    judge = make_judge(opens=closes - timedelta(days=1), closes=closes)
    team, app = signed_in(judge)
    began, content = closes - timedelta(seconds=1), prediction_file(judge, noisy_answers(judge, 1))
    receipt = receive(judge.event, judge.store, team, TRACK, content, "a.csv", began=began)
    (file,) = kept_files(judge.event)
    file.unlink()
    with judge.store.write() as session:
        note_file(session, receipt["predictions_sha256"], lost=True)
    app = app.run()
    assert "its file was lost here: send it again" in all_text(app)
    app = upload(app, judge, team, content)
    assert "that one is taken back" in all_text(app)
    assert "Here is that receipt again" in all_text(click(app, "Submit"))
    assert file.exists()
    assert "its file was lost here" not in all_text(app.run())
