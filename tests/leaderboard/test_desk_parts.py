"""What is done at the desk is what the commands do: talk, settings, teams."""

from datetime import timedelta

import pytest
import streamlit as st

from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.people import members, talk, teams
from leaderboard.people.codes import find_code
from leaderboard.site.words import plain
from leaderboard.store import settings
from leaderboard.store.tables import AuditEntry, Member, Team
from tests.leaderboard.tabs import all_text
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"


@pytest.fixture(autouse=True)
def _no_page_before(monkeypatch):
    """Let no test see what an earlier one has cached."""
    monkeypatch.setattr(settings, "FRESH", 0)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def click(app, label: str):
    return next(button for button in app.button if button.label == label).click().run()


def field(app, label: str, kind: str = "text_input"):
    return next(one for one in getattr(app, kind) if one.label == label)


def labels(app) -> set[str]:
    return {one.label for one in app.button}


def newest(judge) -> AuditEntry:
    with judge.store.read() as session:
        return session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()


def test_a_long_list_of_teams_shows_the_first_and_the_filter_finds_the_others(judge, at_desk, monkeypatch):
    monkeypatch.setattr("leaderboard.site.desk.teams.MOST", 2)
    for name in ("Muons", "Taus", "Quarks", "Gluons"):
        add_team(judge, name)
    app = at_desk(judge, "teams")
    shown = all_text(app)
    assert "4 of 4 teams. These are the first 2 of them: the filter finds the others." in shown
    assert ("Taus" in shown, "Quarks" in shown) == (True, False)
    shown = all_text(field(app, "Filter").set_value("quark").run())
    assert "1 of 4 teams." in shown
    assert ("Taus" in shown, "Quarks" in shown) == (False, True)


def test_a_helper_answers_and_is_told_as_the_command_tells(judge, at_desk):
    team = add_team(judge, "Tau <i>")
    with judge.store.write() as session:
        for text in ("May we <b>?", "When is pizza?"):
            talk.ask(session, judge.event, session.get_one(Team, team.id), text)
        talk.keep_canned(session, "pizza", "At noon.")
    app = at_desk(judge, "talk", "helper")
    assert "May we &lt;b&gt;?" in all_text(app)
    assert "Talk (2)" in [one.proto.label for one in app.get("page_link")]
    app.text_area[0].set_value("Yes.")
    app.checkbox[0].check()
    app = click(app, "Answer")
    assert "question 1 is answered to everybody; 1 without an answer" in all_text(app)
    assert (newest(judge).action, newest(judge).details["who"]) == ("question answered", "Ada 0")
    app.selectbox[0].select("pizza")
    assert "to Tau &lt;i&gt;; 0 without an answer" in all_text(click(app, "Answer"))
    assert not {"Announce", "Keep it", "Withdraw"} & labels(app)
    with judge.store.read() as session:
        assert [(one.answer, one.to_all) for one in talk.questions(session)] == [("Yes.", True), ("At noon.", False)]


def test_of_two_who_answer_at_once_the_second_overwrites_nothing(judge, at_desk):
    team = add_team(judge)
    with judge.store.write() as session:
        talk.ask(session, judge.event, session.get_one(Team, team.id), "May we?")
    app = at_desk(judge, "talk", "helper")
    app.text_area[0].set_value("No.")
    with judge.store.write() as session:
        talk.answer(session, 1, "Yes.")
    click(app, "Answer")
    with judge.store.read() as session:
        assert [one.answer for one in talk.questions(session)] == ["Yes."]


def test_an_organiser_announces_replaces_and_withdraws(judge, at_desk):
    app = at_desk(judge, "talk")
    for text, old in (("Pizza at noon", None), ("Pizza at one", 1)):
        field(app, "Tell everybody", "text_area").set_value(text)
        if old:
            field(app, "In place of", "selectbox").select(old)
        app = click(app, "Announce")
        assert field(app, "Tell everybody", "text_area").value == ""
    assert "announcement 2 is on every page within two seconds" in all_text(app)
    with judge.store.read() as session:
        assert [one.text for one in talk.messages(session)] == ["Pizza at one"]
    assert "announcement 2 is withdrawn" in all_text(click(app, "Withdraw"))
    click(app, "Announce")
    assert "expected a text" in app.error[0].value


def test_a_setting_is_said_back_before_it_holds_with_who_and_why(judge, at_desk):
    app = at_desk(judge, "settings")
    closes = judge.event.config.closes

    def looks_at(key: str, value: str):
        field(app, "Setting", "selectbox").select(key)
        field(app, "New value").set_value(value)
        field(app, "Why, for the audit log").set_value("the bus is late")
        return click(app, "Look at it first")

    app = looks_at("closes", "+1h")
    assert f"→ **{plain(settings.said(closes + timedelta(hours=1), 'UTC'))}**" in all_text(app)
    assert "The judge finalizes nothing before" in app.warning[0].value.replace("\\", "")
    assert judge.event.config.closes == closes
    app = click(app, "Set it")
    assert judge.event.config.closes == closes + timedelta(hours=1)
    details = newest(judge).details
    assert (details["key"], details["who"], details["reason"]) == ("closes", "Ada 0", "the bus is late")
    assert "Ada 0: the bus is late" in all_text(app)
    app = looks_at("registration", "open")
    assert "no longer bounded" in app.warning[0].value.replace("\\", "")
    app = click(app, "Leave it as it is")
    assert judge.event.config.registration == "code"
    looks_at("opens", "tomorrow")
    assert "expected a time such as" in app.error[0].value.replace("\\", "")


def test_teams_are_added_imported_and_found(judge, at_desk):
    app = at_desk(judge, "teams")
    field(app, "Name of the team").set_value("Tau <i>")
    app = click(app, "Add it")
    (token,) = [one.value for one in app.code]
    with judge.store.read() as session:
        assert teams.token_of(session, token).team.name == "Tau <i>"
    assert "Tau &lt;i&gt;</a>" in all_text(app)
    table = "team\tname\nQuarks\tAda\nQuarks\tEmmy\n\tNobody\n"
    paste = "Paste it here, with its first line, from a spreadsheet or a CSV file"
    field(app, paste, "text_area").set_value(table)
    app = click(app, "Look what it would do")
    assert '<td class="number">4</td><td class="">it names no team</td>' in all_text(app)
    assert "Import this" not in labels(app)
    field(app, paste, "text_area").set_value(table.replace("\tNobody\n", ""))
    app = click(click(app, "Look what it would do"), "Import this")
    assert "imported: 1 team and 2 members new" in all_text(app)
    field(app, "Filter").set_value("emmy")
    shown = all_text(app.run())
    assert "Quarks" in shown
    assert "Tau &lt;i&gt;</a>" not in shown
    app.number_input[0].set_value(30)
    field(app, "For how long: 15m, 2h, 1d").set_value("2h")
    app = click(app, "Make a code")
    assert "It serves 30 times, for 2h." in all_text(app)
    code = all_text(app).partition("<strong>")[2]
    code = code[code.index("-") - 4 :][:14]
    with judge.store.read() as session:
        assert (find_code(session, code).kind, find_code(session, code).uses_left) == ("team", 30)
    assert [one.proto.url for one in app.get("link_button")] == [f"/projector#{code}"]


def test_one_team_is_renamed_taken_out_put_back_and_its_members_helped(judge, at_desk):
    team, other = add_team(judge), add_team(judge, "Boosted Tops")
    with judge.store.write() as session:
        ada = members.add_member(session, judge.event, session.get_one(Team, team.id), "Ada <b>")
    app = at_desk(judge, "teams", team=str(team.id))
    assert "Ada &lt;b&gt;" in all_text(app)
    app = click(app, "Show its join code")
    with judge.store.read() as session:
        assert f"<strong>{session.get_one(Team, team.id).code}</strong>" in all_text(app)
    app = click(app, "A code that signs them in, once")
    assert "It serves once, for 1h." in all_text(app)
    field(app, "New name").set_value("Muons")
    app = click(app, "Rename it")
    assert "Muon Collective → Muons" in all_text(app)
    app = click(app, "New token")
    with judge.store.read() as session:
        assert teams.token_of(session, app.code[0].value).team.name == "Muons"
    field(app, "What becomes of it", "radio").set_value("disqualify")
    app = click(app, "Do it")
    assert "say it" in app.error[0].value
    field(app, "Why").set_value("two teams in one")
    app = click(app, "Do it")
    assert "Muons: disqualified" in all_text(app)
    app = click(app, "Do it")
    assert "Muons: takes part again" in all_text(app)
    app = click(app, "Move")
    assert f"no. {ada.id} is in Boosted Tops now" in all_text(app)
    with judge.store.read() as session:
        assert session.get_one(Member, ada.id).team_id == other.id


def test_after_publication_the_desk_names_the_command_of_the_judges_side(judge, at_desk):
    team = add_team(judge, "O'Tau")
    upload = prediction_file(judge, noisy_answers(judge, 1))
    receive(judge.event, judge.store, team, TRACK, upload, "x.csv")
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    app = click(at_desk(judge, "teams", team=str(team.id)), "Do it")
    said = app.error[0].value.replace("\\", "")
    assert f"the ranking of {TRACK} is published" in said
    assert """`physathon team withdraw 'O'"'"'Tau' --reason ...`""" in said
    with judge.store.read() as session:
        assert session.get_one(Team, team.id).out is None


def test_a_helper_brings_people_in_and_changes_no_team(judge, at_desk):
    team = add_team(judge)
    app = at_desk(judge, "teams", "helper", team=str(team.id))
    assert {"Show its join code", "New join code", "New token"} <= labels(app)
    assert not {"Rename it", "Do it", "Move"} & labels(app)
    app = click(app, "New token")
    with judge.store.read() as session:
        assert teams.token_of(session, app.code[0].value).team.id == team.id
    assert not {"Add it", "Make a code", "Look what it would do"} & labels(at_desk(judge, "teams", "helper"))
