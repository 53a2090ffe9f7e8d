"""What is taken out of an event: the same at the desk and by command, and nothing in it that a spreadsheet runs."""

import csv
import io
import json

import pytest
import streamlit as st

from leaderboard.event import EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.people import auditing, members
from leaderboard.people.auditing import Filter
from leaderboard.site.exports import export
from leaderboard.store.queries import audit
from leaderboard.store.tables import Team
from tests.leaderboard.tabs import all_text
from tests.support import add_team, noisy_answers, physathon, prediction_file

TRACK = "higgs.signal"


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def with_files(judge):
    """Return the judge of an event with a team of one member, and a file on the board."""
    team = add_team(judge, "Tau, “é”")
    with judge.store.write() as session:
        mine = session.get_one(Team, team.id)
        members.add_member(session, judge.event, mine, "=HYPERLINK(1)", affiliation="@home")
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 1)), "-x.csv")
    worker.work(judge, once=True)
    return judge


def taken(judge, kind: str, form: str) -> bytes:
    with judge.store.write() as session:
        return export(session, judge.event, kind, form)[0]


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_cell_that_a_spreadsheet_would_run_is_none(with_files):
    (row,) = table(taken(with_files, "participants", "csv"))
    assert (row["name"], row["affiliation"], row["team"]) == ("'=HYPERLINK(1)", "'@home", "Tau, “é”")
    (row,) = json.loads(taken(with_files, "participants", "json"))
    assert row["name"] == "=HYPERLINK(1)"
    (row,) = table(taken(with_files, "receipts", "csv"))
    assert row["filename"] == "'-x.csv"


def test_boards_have_what_everybody_sees_and_receipts_verify(with_files):
    (row,) = json.loads(taken(with_files, "boards", "json"))
    assert (row["track"], row["team"], row["rank"], row["published"]) == (TRACK, "Tau, “é”", 1, False)
    (cells,) = table(taken(with_files, "boards", "csv"))
    assert float(cells["value"]) == row["value"]
    (receipt,) = json.loads(taken(with_files, "receipts", "json"))
    assert receipts.verify(receipt, with_files.event).submission == row["submission"]


def test_the_command_and_the_desk_write_the_same_and_the_log_has_it(with_files, at_desk, tmp_path):
    folder = with_files.event.folder
    said = physathon("export", "participants", tmp_path / "people.csv", "--event", folder)
    assert "participants: 1 row. These are personal data" in said
    assert (tmp_path / "people.csv").stat().st_mode & 0o077 == 0
    app = at_desk(with_files, "exports")
    app = app.button(key="participants as csv").click().run()
    assert "participants: 1 row. These are personal data" in all_text(app)
    assert app.session_state["said at the desk"].file == ("participants.csv", (tmp_path / "people.csv").read_bytes())
    with with_files.store.read() as session:
        log = [one.details for one in auditing.entries(session, Filter(action="exported"))]
    told = [(one["kind"], one.get("who")) for one in log]
    assert told == [("participants", "Ada 0"), ("participants", "command line")]
    for wrong in (["boards", "x.xlsx"], ["labels", "x.csv"]):
        with pytest.raises(EventError):
            physathon("export", *wrong, "--event", folder)


def test_the_log_is_filtered_and_turned_page_by_page(judge, at_desk):
    team = add_team(judge, "Tau <i>")
    with judge.store.write() as session:
        member = members.add_member(session, judge.event, session.get_one(Team, team.id), "Emmy <b>")
        for number in range(auditing.A_PAGE + 1):
            audit(session, "tried", who="Grace", track=TRACK, number=number)
    app = at_desk(judge, "audit")
    assert "Emmy" not in all_text(app)
    app.selectbox(key="audit what").select("member joined")
    text = all_text(app.run())
    assert f"member {member.id} (Emmy &lt;b&gt;) · team Tau &lt;i&gt;" in text
    with judge.store.write() as session:
        session.delete(session.merge(member))
    text = all_text(app.run())
    assert f"member {member.id} · team" in text
    assert "Emmy" not in text
    app.selectbox(key="audit what").set_value(None)
    app.selectbox(key="audit who").select("Grace")
    app.selectbox(key="audit track").select(TRACK)
    app.run()
    assert f"number {auditing.A_PAGE}<" in all_text(app)
    app = next(button for button in app.button if button.label == "Older").click().run()
    assert "number 0<" in all_text(app)
    assert f"number {auditing.A_PAGE}<" not in all_text(app)
    app.text_input(key="audit until").set_value("-1h")
    assert "Nothing in the log is like that." in all_text(app.run())
    app.text_input(key="audit until").set_value("soon")
    assert "expected a time such as" in app.run().error[0].value.replace("\\", "")
