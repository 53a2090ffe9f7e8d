"""What is kept of persons: by number alone beside the row, shown to them, deleted for good."""

import json
import logging
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from leaderboard.event import Event
from leaderboard.intake.receive import receive
from leaderboard.people import privacy, sessions, teams
from leaderboard.site import housekeeping
from leaderboard.site.rates import rates_of
from leaderboard.store import erasure
from leaderboard.store.database import open_store
from leaderboard.store.tables import AuditEntry, Code, Member, Question, SignIn, Submission, Team, Token
from tests.leaderboard.people import add_member, phone, rows, signed_in, visitor
from tests.support import noisy_answers, physathon, prediction_file

SECRETS = ("Ada Lovelace", "Analytical Engines", "0000-0002-1825-0097")


def ada_of(judge) -> Member:
    """Return a member with everything that can be kept of one."""
    ada = add_member(judge, affiliation="Analytical Engines", orcid="0000-0002-1825-0097")
    content = prediction_file(judge, noisy_answers(judge, 1))
    receive(judge.event, judge.store, ada.team, "higgs.signal", content, "a.csv", member=ada)
    with judge.store.write() as session:
        teams.issue_token(session, ada.team, member=ada)
        session.add(Question(team_id=ada.team_id, member_id=ada.id, text="Why?", asked_at=sessions.now()))
    return ada


def test_the_audit_log_knows_persons_by_number_alone(judge):
    ada = ada_of(judge)
    signed_in(judge, ada).post("/privacy", data={"delete": "1"})
    told = [(one.action, one.details) for one in rows(judge, AuditEntry)]
    assert not [word for word in SECRETS if word in json.dumps(told)]
    named = {action for action, details in told if details.get("member") == ada.id}
    assert named >= {"member joined", "submission received", "token issued", "signed in", "person erased"}


def test_a_person_has_all_that_is_kept_and_nobody_elses(judge):
    ada, other = ada_of(judge), add_member(judge, "Boosted Tops", "Emmy Noether")
    kept = signed_in(judge, ada).get("/api/v1/me.json")
    assert kept.headers["cache-control"] == "no-store"
    assert kept.json() | {} == json.loads(physathon("person", "export", ada.id, "--event", judge.event.folder))
    assert (kept.json()["name"], kept.json()["orcid"], kept.json()["team"]) == (*SECRETS[::2], "Muon Collective")
    assert [one["text"] for one in kept.json()["questions"]] == ["Why?"]
    assert [one["filename"] for one in kept.json()["submissions"]] == ["a.csv"]
    assert len(kept.json()["tokens"]) == len(kept.json()["sessions"]) == 1
    assert "sha256" not in kept.text
    assert "Ada" not in signed_in(judge, other).get("/api/v1/me.json").text
    assert phone(judge).get("/api/v1/me.json").status_code == 401
    with judge.store.write() as session:
        token = teams.issue_token(session, ada.team)  # a team's is nobody's in particular
    assert phone(judge).get("/api/v1/me.json", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_person_deletes_itself_and_its_words_and_files_stay_with_the_team(judge):
    ada, other = ada_of(judge), add_member(judge, "Boosted Tops", "Emmy Noether")
    client, elsewhere, emmy = signed_in(judge, ada), signed_in(judge, ada), signed_in(judge, other)
    assert SECRETS[0] in client.get("/privacy").text
    assert len(rows(judge, Member)) == 2
    deleted = client.post("/privacy", data={"delete": "1"})
    assert (deleted.status_code, "is deleted" in deleted.text) == (200, True)
    assert visitor(judge, elsewhere) is sessions.NOBODY
    assert [one.name for one in rows(judge, Member)] == ["Emmy Noether"]
    assert (rows(judge, Token), len(rows(judge, SignIn)), len(rows(judge, Code))) == ([], 1, 3)
    assert [one.member_id for one in (*rows(judge, Submission), *rows(judge, Question))] == [None, None]
    assert rows(judge, Question)[0].text == "Why?"
    assert {one.name for one in rows(judge, Team)} == {"Muon Collective", "Boosted Tops"}
    assert visitor(judge, emmy).member.id == other.id
    judge.close()
    kept = b"".join(path.read_bytes() for path in judge.event.folder.glob("event.sqlite*"))
    assert not [word for word in SECRETS if word.encode() in kept]
    assert set(erasure.numbers(judge.event.folder / "erased.txt")) == {ada.id}


def test_a_person_changes_what_it_said_and_takes_its_consent_back(judge):
    ada = add_member(judge, publishes=True)
    client = signed_in(judge, ada)
    wrong = client.post("/privacy", data={"name": "Ada King", "orcid": "0000-0002-1825-0098"})
    assert (wrong.status_code, 'value="Ada King"' in wrong.text, "its last digit" in wrong.text) == (422, True, True)
    assert rows(judge, Member)[0].name == "Ada Lovelace"
    assert client.post("/privacy", data={"name": "Ada King"}).headers["location"] == "/privacy"
    (now,) = rows(judge, Member)
    assert (now.name, now.publishes, now.agreed_at is not None) == ("Ada King", False, True)
    assert rows(judge, AuditEntry)[-1].details == {"member": ada.id, "changed": ["name", "publishes"]}
    assert phone(judge).post("/privacy", data={"name": "Eve"}).status_code == 403


def test_a_restored_backup_forgets_again_and_takes_nobody_else_for_the_one(judge, tmp_path, database_elsewhere):
    ada, there = ada_of(judge), ("--event", tmp_path / "restored")
    physathon("backup", tmp_path / "event.tar", "--event", judge.event.folder)
    physathon("person", "delete", ada.id, "--yes", "--event", judge.event.folder)
    erased = "--erased", judge.event.folder / "erased.txt"
    physathon("restore", tmp_path / "event.tar", *erased, *database_elsewhere, *there)
    event = Event(tmp_path / "restored")
    with closing(open_store(event)) as store, store.write() as session:
        assert session.query(Member).all() == []
        team = session.query(Team).one()
        later = sessions.now()
        session.add(Member(id=ada.id, team_id=team.id, name="Emmy Noether", joined_at=later))
    assert "Emmy Noether" in physathon("person", "list", *there)


def test_a_line_that_a_power_cut_left_unfinished_names_nobody(judge):
    ada = add_member(judge)
    path = judge.event.folder / "erased.txt"
    path.write_text("7 2026-01-01T00:00:00+00:00\n1")
    with judge.store.write() as session:
        erasure.erase(session, judge.event, session.get_one(Member, ada.id), by="test")
    assert set(erasure.numbers(path)) == {7, ada.id}


def test_when_the_time_is_over_all_persons_are_forgotten_and_not_before(judge, monkeypatch):
    add_member(judge)
    add_member(judge, "Boosted Tops", "Emmy Noether")
    until = privacy.kept_until(judge.event)
    assert until == judge.event.config.closes + timedelta(days=90)
    for moment, left in ((until - timedelta(seconds=1), 2), (until, 0)):
        monkeypatch.setattr(privacy, "now", lambda moment=moment: moment)
        housekeeping.tidy(judge.event, judge.store)
        assert len(rows(judge, Member)) == left
    assert len(rows(judge, Team)) == 2


def test_no_error_of_the_database_tells_what_was_in_it(judge, caplog):
    ada = add_member(judge)
    twice = insert(Member).values(id=ada.id, team_id=ada.team_id, name=SECRETS[0], joined_at=sessions.now())
    with judge.store.write() as session, pytest.raises(IntegrityError) as error:
        session.execute(twice)
    assert SECRETS[0] not in str(error.value)
    logging.getLogger(__name__).exception("it broke", exc_info=error.value)
    assert SECRETS[0] not in caplog.text


def test_addresses_are_forgotten(judge):
    rates = rates_of(judge.event.folder)
    rates.wrong("192.0.2.7")
    assert "192.0.2.7" in rates._wrong._full_at
    rates._wrong.clock = lambda: 1e12
    housekeeping.tidy(judge.event, judge.store)
    assert rates._wrong._full_at == {}


def test_a_token_says_when_it_was_used_and_who_reads_waits_for_nothing(judge):
    ada = add_member(judge)
    with judge.store.write() as session:
        token = teams.issue_token(session, ada.team, member=ada)
    client = phone(judge)
    with judge.store.write():  # somebody writes, and goes on writing
        assert client.get("/api/v1/submissions", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert rows(judge, Token)[0].last_used_at is None
    housekeeping.tokens_used(judge.event.folder).write(judge.store)
    used = rows(judge, Token)[0].last_used_at
    assert used is not None
    housekeeping.tokens_used(judge.event.folder).write(judge.store)
    assert rows(judge, Token)[0].last_used_at == used
