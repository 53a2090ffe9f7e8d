"""What the organiser does to teams: names, brackets, members who move with what they have used, the list."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import EventError
from leaderboard.intake.quota import QuotaUsedUp, must_have_quota, quota
from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.people import members, organising, sessions, teams
from leaderboard.people.members import MemberError
from leaderboard.public import places
from leaderboard.public.places import Place
from leaderboard.store import settings
from leaderboard.store.queries import now
from leaderboard.store.tables import AuditEntry, Member, SignIn, Submission, Team, Token
from tests.support import add_team, noisy_answers, physathon, prediction_file

TRACK = "higgs.signal"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)


def add_member(judge, team, name):
    with judge.store.write() as session:
        return members.add_member(session, judge.event, team, name)


def send(judge, team, seed, member=None):
    upload = prediction_file(judge, noisy_answers(judge, 1.0, seed))
    receipt = receive(judge.event, judge.store, team, TRACK, upload, "a.csv")
    with judge.store.write() as session:
        session.get_one(Submission, receipt["submission"]).member_id = member and member.id
    return receipt


def move(judge, member, team):
    with judge.store.write() as session:
        return organising.move(session, judge.event, member.id, organising.find(session, team.name))


def left(judge, team):
    with judge.store.read() as session:
        found = quota(session, judge.event, team, TRACK, now())
    return found.left_today, found.left_in_all


def test_moving_to_another_team_gains_no_file(make_judge):
    judge = make_judge(submissions_per_day=2, submissions_in_all=3)
    one, other = add_team(judge, "Muon Collective"), add_team(judge, "Boosted Tops")
    ada, max_ = add_member(judge, one, "Ada"), add_member(judge, one, "Max")
    send(judge, one, 1, ada)
    send(judge, one, 2, ada)
    assert (left(judge, one), left(judge, other)) == ((0, 1), (2, 3))
    assert move(judge, ada, other) == {TRACK: 2}
    assert (left(judge, one), left(judge, other)) == ((0, 1), (0, 1)), "used here, used there"
    with judge.store.read() as session, pytest.raises(QuotaUsedUp, match="Boosted Tops"):
        must_have_quota(session, judge.event, other, TRACK, now())
    assert move(judge, max_, other) == {}, "who sent nothing takes nothing along"
    assert left(judge, other) == (0, 1)
    assert move(judge, ada, one) == {}, "back where the files are its team's"
    assert (left(judge, one), left(judge, other)) == ((0, 1), (2, 3))
    tomorrow = now() + timedelta(days=1)
    with judge.store.read() as session:
        assert quota(session, judge.event, one, TRACK, tomorrow).left == 1
    send(judge, other, 3, max_)
    assert move(judge, max_, one) == {TRACK: 1}, "what was sent between two moves comes along"
    assert (left(judge, one), left(judge, other)) == ((0, 0), (1, 2))


def test_a_member_takes_its_token_and_its_browser_along_and_the_audit_names_its_number(make_judge):
    judge = make_judge(largest_team=1)
    one, other = add_team(judge, "Muon Collective"), add_team(judge, "Boosted Tops")
    ada = add_member(judge, one, "Ada Lovelace")
    with judge.store.write() as session:
        teams.issue_token(session, one)
        session.add(Token(sha256="0" * 64, team_id=one.id, member_id=ada.id, demo=False, created_at=now()))
        cookie = sessions.open_session(session, member=session.get_one(Member, ada.id))
        old = members.code_of(session.get_one(Team, one.id))
    move(judge, ada, other)
    with judge.store.read() as session:
        assert sessions.visitor(session, cookie, loopback=True).team.name == "Boosted Tops"
        assert {(one.member_id, one.team.name) for one in session.query(Token)} == {
            (None, "Muon Collective"),
            (ada.id, "Boosted Tops"),
        }
        moved = session.query(AuditEntry).filter_by(action="member moved").one().details
        assert moved == {"member": ada.id, "before": "Muon Collective", "team": "Boosted Tops"}
        assert "Ada" not in json.dumps([one.details for one in session.query(AuditEntry)])
        code = session.get_one(Team, one.id).code
    here = "--event", judge.event.folder
    assert code != old
    assert f"/join#{code}" in physathon("team", "code", "muon collective", *here)
    assert code not in physathon("team", "code", "Muon Collective", "--new", *here)
    add_member(judge, one, "Max")
    for number, team, why in ((ada.id, one, "is full"), (ada.id, other, "already"), (99, one, r"no member no\. 99")):
        with judge.store.write() as session, pytest.raises(MemberError, match=why):
            organising.move(session, judge.event, number, team)


def test_a_renamed_team_keeps_its_place_and_its_receipts_verify(judge, tmp_path):
    team = add_team(judge, "Muon Collective")
    add_team(judge, "Boosted Tops")
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(send(judge, team, 1)))
    worker.work(judge, once=True)
    places.write(judge.event, TRACK, [Place("HL Tau", "Muon Collective", "team", 0.25, 0.5)])
    here = "--event", judge.event.folder
    physathon("team", "rename", "muon collective", "Muon  Cooperative", *here)
    with judge.store.read() as session:
        assert [entry.team for entry in board(session, TRACK)] == ["Muon Cooperative"]
    assert "OK: Muon Collective sent" in physathon("verify", receipt, *here)
    assert places.path_of(judge.event, TRACK).read_text().splitlines()[1] == "HL Tau,Muon Cooperative,team,0.25,0.5"
    physathon("team", "rename", "Muon Cooperative", "MUON COOPERATIVE", *here)
    with (
        judge.store.write() as session,
        pytest.raises(EventError, match="'Boosted Tops', much like"),
    ):
        organising.rename(session, organising.find(session, "Muon Cooperative"), "B\u043eosted Tops")


def test_the_list_shows_brackets_members_files_and_who_is_out(make_judge):
    judge = make_judge(brackets=["Students", "Experts"])
    one, other = add_team(judge, "[bold]Muons"), add_team(judge, "Boosted Tops")
    ada = add_member(judge, one, "Ada")
    here = "--event", judge.event.folder
    assert "[bold]Muons: Students" in physathon("team", "bracket", "[bold]Muons", "students", *here)
    send(judge, one, 1)
    with judge.store.write() as session:
        cookie = sessions.open_session(session, member=session.get_one(Member, ada.id))
        organising.set_out(session, organising.find(session, "Boosted Tops"), "disqualified", "sold [red]labels")
        assert cookie
        later = now().replace(microsecond=0) + timedelta(days=3)
        session.query(SignIn).one().created_at = later
    with judge.store.read() as session:
        muons, tops = organising.listed(session)
    assert (muons.team.bracket, [member.name for member in muons.members], muons.files) == ("Students", ["Ada"], 1)
    assert (muons.seen_at, tops.seen_at, tops.members) == (later, None, ())
    told = physathon("team", "list", *here)
    assert "[bold]Muons" in told
    assert "disqualified: sold [red]labels" in told
    assert "Ada" not in told
    assert "Ada" in physathon("team", "list", "--members", *here)
    with judge.store.write() as session, pytest.raises(EventError, match="it has Students, Experts"):
        organising.set_bracket(session, judge.event, organising.find(session, "Boosted Tops"), "Wizards")
    assert other.bracket is None


def test_teams_are_found_by_a_name_of_theirs_or_of_a_member_in_any_case(make_judge):
    judge = make_judge(brackets=["Students", "Experts"])
    muons, tops, quarks = (add_team(judge, name) for name in ("Muons", "Boosted Tops", "Les Quarks d'Été"))
    add_member(judge, tops, "Émilie Noether")
    with judge.store.write() as session:
        organising.set_bracket(session, judge.event, session.get_one(Team, tops.id), "Students")
    with judge.store.read() as session:
        assert organising.search(session) == [muons.id, tops.id, quarks.id]
        assert organising.search(session, "ÉM") == [tops.id]
        assert organising.search(session, "été") == [quarks.id]
        assert organising.search(session, "o", "Students") == [tops.id]
        assert organising.search(session, "%") == []
        (found,) = organising.listed(session, Team.id.in_([tops.id]))
    assert ([member.name for member in found.members], found.files) == (["Émilie Noether"], 0)


@pytest.mark.parametrize("name", ["teams.csv", "Participants.XLSX"])
def test_a_file_is_no_team(store, name):
    refused = CliRunner().invoke(cli.app, ["team", "add", name, "--event", str(store.event.folder)])
    assert isinstance(refused.exception, EventError)
    assert f"physathon team import {name}" in str(refused.exception)


def test_it_is_done_for_a_reason_once_and_audited(store):
    with store.write() as session:
        strong = teams.add_team(session, "Strong")
        with pytest.raises(EventError, match="say it"):
            organising.set_out(session, strong, "disqualified", " ")
        with pytest.raises(EventError, match="not out"):
            organising.set_out(session, strong, None)
        organising.set_out(session, strong, "withdrawn")
        with pytest.raises(EventError, match="withdrawn already"):
            organising.set_out(session, strong, "withdrawn")
        organising.set_out(session, strong, "disqualified", "shared its labels")
        done = session.query(AuditEntry).filter(AuditEntry.action.in_(["team withdrawn", "team disqualified"]))
        done = done.order_by(AuditEntry.id)
        assert [(one.action, one.details["reason"]) for one in done] == [
            ("team withdrawn", ""),
            ("team disqualified", "shared its labels"),
        ]
        teams.add_team(session, "Trees", kind="baseline")
        with pytest.raises(EventError, match="baseline"):
            organising.find(session, "Trees")
