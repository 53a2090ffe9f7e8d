"""The page Team: members and codes, tokens, where each file stands, finals and cards; and what Submit asks of them."""

import re
from datetime import timedelta

import numpy as np
import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy

from leaderboard.board.entries import board
from leaderboard.intake.cards import read_card, write_card
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import select_final
from leaderboard.judge import finals, worker
from leaderboard.people import members, sessions, teams
from leaderboard.store import settings
from leaderboard.store.queries import now
from leaderboard.store.tables import Code, Submission, Team, Token
from tests.leaderboard.tabs import all_text, choose, sign_in
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
DOWNLOAD = re.compile(r'href="([^"]+)" download')


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def members_page(judge, page, monkeypatch):
    """Return a team's member who is signed in, and a function that opens a page for her."""
    team = add_team(judge)
    with judge.store.write() as session:
        mine = session.get_one(Team, team.id)
        ada, _ = (members.add_member(session, judge.event, mine, name) for name in ("Ada <b>", "Emmy"))
        value = sessions.open_session(session, member=ada)
    monkeypatch.setattr(ContextProxy, "cookies", {sessions.cookie_name(judge.event): value})
    return ada, lambda name="team": page(judge, name)


def click(app, label: str):
    return next(button for button in app.button if button.label == label).click().run()


def send(judge, team, noise: float = 1, seed: int = 0, **more) -> int:
    upload = prediction_file(judge, noisy_answers(judge, noise, seed))
    return receive(judge.event, judge.store, team, TRACK, upload, "file.csv", **more)["submission"]


def links(app) -> list[str]:
    return DOWNLOAD.findall(all_text(app))


def test_members_see_each_other_and_a_code_by_which_others_join_until_a_new_one_is_drawn(judge, members_page):
    ada, open_page = members_page
    app = open_page()
    text = all_text(app)
    assert '<td class="">Ada &lt;b&gt; (you)</td>' in text
    assert '<td class="">Emmy</td>' in text
    with judge.store.read() as session:
        code = session.get_one(Team, ada.team_id).code
    assert f"<strong>{code}</strong>" in text
    assert 'src="data:image/svg+xml' in text
    text = all_text(click(app, "New code"))
    with judge.store.read() as session:
        new = session.get_one(Team, ada.team_id).code
        assert members.team_of_code(session, code) is None
        assert members.team_of_code(session, new).id == ada.team_id
    assert (code in text, new in text) == (False, True)


def test_a_member_makes_a_token_sees_it_once_revokes_it_and_has_a_code_for_another_device(judge, members_page):
    ada, open_page = members_page
    app = open_page()
    assert "You have none." in all_text(app)
    app = click(app, "Make a new token")
    (secret,) = [element.value for element in app.code]
    with judge.store.read() as session:
        assert teams.token_of(session, secret).member_id == ada.id
    assert "not used yet" in all_text(app)
    assert secret not in all_text(app.run())
    assert "You have none." in all_text(click(app, "Revoke it"))
    click(app, "Show a code")
    with judge.store.read() as session:
        assert session.query(Token).count() == 0
        (code,) = session.query(Code)
        assert (code.kind, code.member_id, code.uses_left) == ("member", ada.id, 1)


def test_who_is_not_signed_in_is_asked_and_who_is_by_the_teams_token_is_told_how_to_become_a_member(
    judge, page, monkeypatch
):
    text = all_text(page(judge, "team"))
    assert 'name="to" value="team"' in text
    assert "Members" not in text
    sign_in(judge, add_team(judge), monkeypatch)
    app = page(judge, "team")
    assert "Nobody has joined by name yet." in all_text(app)
    assert "signed in by the team's token" in all_text(app)
    assert "Make a new token" not in [button.label for button in app.button]


def test_each_file_is_listed_with_what_was_shown_after_it_and_one_is_chosen_or_left_to_the_board(judge, members_page):
    ada, open_page = members_page
    send(judge, ada.team, 0.01, member=ada)
    second = send(judge, ada.team, 100)
    worker.work(judge, once=True)
    app = open_page()
    text = all_text(app)
    (entry,) = judge_board(judge)
    shown = f'<td class="number">{entry.value:.3f}</td>'
    assert "file.csv (best)" in text
    assert text.count(shown) == 3  # the track's and each file's
    assert "scored: did not move your best" in text
    assert "**No. 1 decides**, at present" in text
    assert '<th scope="row">Sent by</th><td>Ada &lt;b&gt;</td>' in text
    assert links(app) == ["/api/v1/submissions/1/file", "/api/v1/submissions/1/receipt"]
    assert '<a href="/board?track=higgs.signal">' in text
    assert "of 20 files are left within 24 hours" in text
    app.selectbox(key=f"file of {TRACK}").set_value(second).run()
    assert "This file did not move the board." in all_text(app)
    text = all_text(click(app, "Make it final"))
    assert f"**No. {second} decides**: you chose it." in text
    assert "file.csv (final)" in text
    text = all_text(click(app, "Back to automatic"))
    assert "**No. 1 decides**, at present: your best on the board" in text
    with judge.store.read() as session:
        assert not any(one.selected for one in session.query(Submission))


def judge_board(judge):
    with judge.store.read() as session:
        return board(session, TRACK)


def test_after_the_close_nothing_is_asked_any_more_and_what_decides_is_told(judge, members_page):
    ada, open_page = members_page
    send(judge, ada.team, 0.01)
    weak = send(judge, ada.team, 100)
    worker.work(judge, once=True)
    with judge.store.write() as session:
        select_final(session, judge.event, session.get_one(Team, ada.team_id), weak)
    finals.finalize(judge, TRACK, early=True)
    app = open_page()
    text = all_text(app)
    assert f"**No. {weak} decides**: you chose it." in text
    assert not {"Make it final", "Back to automatic"} & {button.label for button in app.button}
    assert "left within 24 hours" not in text
    assert "Files left" not in text
    (entry,) = finals.publish(judge, TRACK)
    text = all_text(open_page())
    assert f"**No. {weak} decided**: you chose it." in text
    assert f'<td class="number">{entry.value:.5f}</td><td class="number">1</td>' in text


def test_a_frozen_best_file_decides_without_being_named(judge, members_page, monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    ada, open_page = members_page
    send(judge, ada.team, 2)
    worker.work(judge, once=True)
    with judge.store.write() as session:
        settings.change(session, judge.event, "freezes_at", now().isoformat(), who="test", reason="")
    send(judge, ada.team, 0.01)
    worker.work(judge, once=True)
    text = all_text(open_page())
    assert "**Your best file decides**, which is not shown before the result" in text
    assert "judged: shown with the result" in text


def test_a_card_is_filled_in_on_the_page_and_read_by_all_beside_the_published_result(judge, members_page, page):
    ada, open_page = members_page
    number = send(judge, ada.team)
    worker.work(judge, once=True)
    app = open_page()
    app.text_input(key=f"title {number}").set_value("Trees on <i>masses</i>")
    app.text_input(key=f"tags {number}").set_value("XGBoost, , trees")
    app.text_input(key=f"code {number}").set_value("http://example.org")
    app = click(app, "Save the card")
    assert "expected an address such as" in all_text(app)
    app.text_input(key=f"code {number}").set_value("https://example.org/a?b=1&c=2")
    app = click(app, "Save the card")
    assert "Trees" not in all_text(page(judge))
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    text = all_text(page(judge))
    assert "<summary>Muon Collective: Trees on &lt;i&gt;masses&lt;/i&gt;</summary>" in text
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener" target="_blank">' in text
    assert "XGBoost, trees" in text
    app = open_page()
    assert "Trees on &lt;i&gt;masses" in all_text(app)
    assert "Save the card" not in [button.label for button in app.button]


def test_nobody_sees_another_teams_files_members_or_cards(judge, members_page):
    _, open_page = members_page
    rival = add_team(judge, "Boosted Tops")
    number = send(judge, rival)
    with judge.store.write() as session:
        theirs = session.get_one(Team, rival.id)
        members.add_member(session, judge.event, theirs, "Somebody Else")
        code = members.code_of(theirs)
        write_card(session, theirs, number, read_card({"title": "Their secret"}))
    text = all_text(open_page())
    assert not [word for word in ("Somebody", code, "secret", "file.csv") if word in text]


def test_before_the_opening_a_team_gathers_and_sees_no_track(make_judge, page, monkeypatch):
    judge = make_judge(opens=now() + timedelta(days=1))
    sign_in(judge, add_team(judge), monkeypatch)
    app = page(judge, "team")
    text = all_text(app)
    assert "Let others join" in [expander.label for expander in app.expander]
    assert "opens on" in text
    assert "Next back" not in text


def test_a_team_that_is_out_sees_its_things_and_chooses_nothing(judge, members_page):
    ada, open_page = members_page
    send(judge, ada.team)
    worker.work(judge, once=True)
    with judge.store.write() as session:
        session.get_one(Team, ada.team_id).out = "withdrawn"
    app = open_page()
    assert "has withdrawn" in all_text(app)
    assert links(app) == ["/api/v1/submissions/1/file", "/api/v1/submissions/1/receipt"]
    assert "Make it final" not in [button.label for button in app.button]


def test_the_sample_is_sent_only_after_it_was_asked_about(judge, members_page):
    ada, open_page = members_page
    content = prediction_file(judge, np.full(600, 0.5))
    app = choose(open_page("submit"), judge, ada.team, TRACK, "predictions", content, "renamed.csv")
    assert "the kit's sample as it came" in all_text(app)
    (button,) = [button for button in app.button if button.label == "Submit"]
    assert button.disabled
    app.checkbox[0].check().run()
    click(app, "Submit")
    with judge.store.read() as session:
        (sent,) = session.query(Submission)
        assert (sent.filename, sent.member_id) == ("renamed.csv", ada.id)


def test_a_card_may_come_with_its_file(judge, members_page):
    ada, open_page = members_page
    content = prediction_file(judge, noisy_answers(judge, 1))
    app = choose(open_page("submit"), judge, ada.team, TRACK, "predictions", content, "mine.csv")
    app.selectbox(key="card ai").set_value("none")
    app = click(app, "Submit")
    assert links(app) == ["/api/v1/submissions/1/receipt"]
    text = all_text(app)
    assert "queued: next" in text
    app = open_page()
    assert app.text_input(key="title 1").value == "mine.csv"
    assert app.selectbox(key="ai 1").value == "none"
