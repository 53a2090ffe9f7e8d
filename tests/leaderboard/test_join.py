"""A phone comes in by a code: it forms a team, joins one, signs a member in; what fails costs no code."""

import pytest

from leaderboard.config import Changed
from leaderboard.event import EventError
from leaderboard.people import codes, desk, members
from leaderboard.site.plain import join
from leaderboard.site.rates import Rates
from leaderboard.store.tables import Code, Member, SignIn, Team
from tests.leaderboard.people import add_member, code_for, phone, rows, visitor
from tests.support import add_team, physathon

ADA = {"go": "1", "name": "Ada Lovelace", "agrees": "1"}


def test_a_code_is_looked_up_and_spent_when_the_team_is_there(judge):
    client, code = phone(judge), code_for(judge)
    asked = client.post("/join", data={"code": code.lower().replace("-", " ")})
    assert (asked.status_code, "A new team" in asked.text, rows(judge, Team)) == (200, True, [])
    assert rows(judge, Code)[0].uses_left == 1
    done = client.post("/join", data=ADA | {"code": code, "team": "Muon Collective", "orcid": "0000000218250097"})
    assert (done.status_code, done.headers["location"]) == (303, join.HOME)
    assert {"HttpOnly", "SameSite=strict"} <= set(done.headers["set-cookie"].split("; "))
    (ada,) = rows(judge, Member)
    assert (ada.name, ada.team.name, ada.orcid) == ("Ada Lovelace", "Muon Collective", "0000-0002-1825-0097")
    assert (ada.publishes, ada.minor) == (False, False)
    assert visitor(judge, client).member.id == ada.id
    again = phone(judge).post("/join", data=ADA | {"code": code, "team": "Boosted Tops"})
    assert (again.status_code, "This code has been used" in again.text, len(rows(judge, Team))) == (403, True, 1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"team": "Muon Collective"}, "there already is a team"),
        ({"team": ""}, "a team"),
        ({"name": " "}, "a name of at most 100 letters"),
        ({"orcid": "0000-0002-1825-0098"}, "its last digit does not fit"),
        ({"orcid": "0000-0002-1825-0097", "minor": "1"}, "a minor gives no ORCID iD"),
        ({"bracket": "giants"}, "no bracket"),
        ({"agrees": None}, "agrees to the rules and the code of conduct"),
    ],
)
def test_what_is_wrong_costs_no_code_and_keeps_what_was_typed(judge, wrong, why):
    (judge.event.folder / "rules.md").write_text("Be fair.")
    (judge.event.folder / "conduct.md").write_text("Be kind.")
    add_team(judge, "Muon Collective")
    code = code_for(judge)
    said = ADA | {"code": code, "team": "Boosted Tops", "affiliation": '"><script>alert(1)</script>'} | wrong
    said = {name: value for name, value in said.items() if value is not None}
    answer = phone(judge).post("/join", data=said)
    assert answer.status_code == 422
    assert why.lower() in answer.text.lower()
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in answer.text
    assert "<script>alert" not in answer.text
    assert [one.name for one in rows(judge, Team)] == ["Muon Collective"]
    assert (rows(judge, Member), rows(judge, SignIn)) == ([], [])
    assert rows(judge, Code)[0].uses_left == 1


def test_others_join_by_the_teams_code_until_it_is_full(judge):
    ada = add_member(judge)
    with judge.store.write() as session:
        code = members.code_of(session.get_one(Team, ada.team_id))
    judge.event.follow(lambda: Changed(largest_team=2, registration="closed"))
    client = phone(judge)
    assert "Join Muon Collective" in client.post("/join", data={"code": code}).text
    assert client.post("/join", data=ADA | {"code": code, "name": "Emmy Noether"}).status_code == 303
    assert visitor(judge, client).team.name == "Muon Collective"
    full = phone(judge).post("/join", data=ADA | {"code": code, "name": "Lise Meitner"})
    assert (full.status_code, "Muon Collective is full" in full.text) == (422, True)
    assert len(rows(judge, Member)) == 2


def test_a_member_signs_in_by_a_code_once_and_agrees_if_it_did_not(judge):
    (judge.event.folder / "rules.md").write_text("Be fair.")
    with judge.store.write() as session:
        team = Team(name="Imported", kind="team", created_at=codes.now())
        session.add(team)
        session.flush()
        ada = members.add_member(session, judge.event, team, "Ada Lovelace")
        code = codes.code_for_device(session, ada)
    asked = phone(judge).post("/join", data={"code": code})
    assert ("Ada Lovelace" in asked.text, 'name="agrees"' in asked.text) == (True, True)
    assert phone(judge).post("/join", data={"code": code, "go": "1"}).status_code == 422
    client = phone(judge)
    assert client.post("/join", data={"code": code, "go": "1", "agrees": "1"}).status_code == 303
    assert visitor(judge, client).member.agreed_at is not None
    assert phone(judge).post("/join", data={"code": code, "go": "1"}).status_code == 403


def test_a_preview_code_opens_a_session_of_nobody_that_previews(judge):
    client = phone(judge)
    done = client.post("/join", data={"code": code_for(judge, "preview"), "go": "1"})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    seen = visitor(judge, client)
    assert (seen.team, seen.member, seen.previews) == (None, None, True)


def test_an_organiser_signs_in_by_a_code_of_the_desk_and_out_everywhere(judge):
    with judge.store.write() as session:
        emmy = desk.add_organiser(session, "Emmy Noether", "helper")
        first, second = desk.link_code(session, emmy), codes.issue_code(session, "organiser", life=None, organiser=emmy)
    clients = [phone(judge), phone(judge)]
    for client, code in zip(clients, (first, second), strict=True):
        assert "Emmy Noether" in client.post("/join", data={"code": code}).text
        assert client.post("/join", data={"code": code, "go": "1"}).status_code == 303
        assert visitor(judge, client).organiser.name == "Emmy Noether"
    clients[0].post("/api/v1/session/end", data={"everywhere": "1"})
    assert [visitor(judge, client).organiser for client in clients] == [None, None]


def test_registration_says_who_may_form_a_team(judge):
    without = ADA | {"code": "", "team": "Boosted Tops"}
    assert phone(judge).post("/join", data=without).status_code == 403
    judge.event.follow(lambda: Changed(registration="open"))
    assert "without a code" in phone(judge).get("/join").text
    assert phone(judge).post("/join", data=without).status_code == 303
    judge.event.follow(lambda: Changed(registration="closed"))
    closed = phone(judge).post("/join", data=without | {"code": code_for(judge), "team": "Top Quarks"})
    assert (closed.status_code, "no new teams are taken" in closed.text.lower()) == (409, True)
    assert len(rows(judge, Team)) == 1


def test_wrong_codes_count_at_their_address_and_a_right_one_is_taken(judge, monkeypatch):
    monkeypatch.setattr("leaderboard.site.problems.PATIENCE", 0)
    monkeypatch.setattr("leaderboard.site.rates.WRONG", 2)
    limited = Rates(lambda: 0.0)
    monkeypatch.setattr("leaderboard.site.plain.join.rates_of", lambda folder: limited)
    client = phone(judge)
    statuses = [client.post("/join", data={"code": f"0000-0000-000{at}"}).status_code for at in range(3)]
    assert statuses == [403, 403, 429]
    assert client.post("/join", data={"code": code_for(judge)}).status_code == 200


def test_the_page_is_small_and_runs_its_own_script_alone(judge):
    page = phone(judge).get("/join")
    assert len(page.content) < 10_000
    assert "'sha256-" in page.headers["content-security-policy"].split("script-src")[1].split(";")[0]
    assert page.headers["cache-control"] == "no-store"
    other = phone(judge).post("/join", data={"code": "x"}, headers={"Origin": "http://evil.example"})
    assert other.status_code == 403


def test_rules_are_shown_without_their_html(judge):
    (judge.event.folder / "rules.md").write_text(
        "# Play <b>fair</b>\n[so](javascript:alert(1)) <script>alert(1)</script>"
    )
    page = phone(judge).get("/rules").text
    assert "<h2>Play &lt;b&gt;fair&lt;/b&gt;</h2>" in page
    assert "<h2>Rules</h2>" not in page
    assert "<script>" not in page
    assert 'href="javascript' not in page


def test_rules_that_cannot_be_read_are_named_before_anything_is_served(judge):
    (judge.event.folder / "rules.md").write_bytes(b"f\xfcr alle")
    with pytest.raises(EventError, match=r"rules\.md cannot be read: expected a UTF-8 text"):
        physathon("serve", "--event", judge.event.folder)


def test_who_is_signed_in_is_told_before_joining_once_more(judge):
    client, code = phone(judge), code_for(judge)
    ada = add_member(judge, name="<Ada>")
    with judge.store.write() as session:
        own = codes.code_for_device(session, ada)
    assert "signed in already" not in client.post("/join", data={"code": code}).text
    assert client.post("/join", data={"code": own, "go": "1"}).status_code == 303
    told = client.post("/join", data={"code": code}).text
    assert "you are <b>&lt;Ada&gt;</b> of <b>Muon Collective</b>" in told
    with judge.store.write() as session:
        own = codes.code_for_device(session, ada)
    assert "signed in already" not in client.post("/join", data={"code": own}).text
