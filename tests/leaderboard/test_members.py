"""Members: a sign-in of their own that lasts, a token of their own, and files that say who sent them."""

from leaderboard.people import codes, organising, sessions, teams
from leaderboard.store.database import open_store
from leaderboard.store.tables import Member, Submission
from tests.leaderboard.people import add_member, phone, rows, signed_in, visitor
from tests.support import noisy_answers, physathon, prediction_file


def token_for(judge, member) -> dict[str, str]:
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, member.team, member=member)}"}


def test_a_members_sign_in_survives_a_restart(judge):
    ada = add_member(judge)
    client = signed_in(judge, ada)
    value = client.cookies.get(sessions.cookie_name(judge.event))
    store = open_store(judge.event)
    with store.read() as session:
        assert sessions.visitor(session, value, loopback=False).member.id == ada.id
    store.close()


def test_signing_out_here_leaves_other_devices_and_everywhere_leaves_none(judge):
    ada, emmy = add_member(judge), add_member(judge, "Boosted Tops", "Emmy Noether")
    here, there, third, hers = (signed_in(judge, one) for one in (ada, ada, ada, emmy))
    with judge.store.write() as session:
        code = codes.code_for_device(session, ada)
    assert here.post("/api/v1/session/end").headers["location"] == "/submit"
    assert [visitor(judge, one).member is not None for one in (here, there, third)] == [False, True, True]
    there.post("/api/v1/session/end", data={"everywhere": "1"})
    assert [visitor(judge, one).member is not None for one in (there, third, hers)] == [False, False, True]
    assert phone(judge).post("/join", data={"code": code, "go": "1"}).status_code == 403


def test_a_team_token_signs_out_everywhere_that_it_signed_in_and_no_member(judge):
    ada = add_member(judge)
    with judge.store.write() as session:
        token = teams.issue_token(session, ada.team)
    browsers = [phone(judge) for _ in range(2)]
    for one in browsers:
        one.post("/api/v1/session", data={"token": token})
    hers = signed_in(judge, ada)
    browsers[0].post("/api/v1/session/end", data={"everywhere": "1"})
    assert [visitor(judge, one).team is not None for one in (*browsers, hers)] == [False, False, True]


def test_a_code_for_a_second_device_serves_once_and_for_minutes(judge, monkeypatch):
    ada = add_member(judge)
    signed_in(judge, ada)
    with judge.store.write() as session:
        code = codes.code_for_device(session, ada)
    later = codes.now() + codes.DEVICE_LIFE
    monkeypatch.setattr(codes, "now", lambda: later)
    late = phone(judge).post("/join", data={"code": code})
    assert (late.status_code, "This code is too old" in late.text) == (403, True)


def test_a_member_has_one_token_and_a_new_one_ends_the_old_and_its_sessions(judge):
    ada = add_member(judge)
    old = token_for(judge, ada)
    client = phone(judge)
    client.post("/api/v1/session", data={"token": old["Authorization"].removeprefix("Bearer ")})
    assert visitor(judge, client).member.id == ada.id
    new = token_for(judge, ada)
    assert visitor(judge, client) is sessions.NOBODY
    statuses = [phone(judge).get("/api/v1/submissions", headers=one).status_code for one in (old, new)]
    assert statuses == [403, 200]
    with judge.store.write() as session:
        teams.revoke_token(session, ada)
    assert phone(judge).get("/api/v1/submissions", headers=new).status_code == 403


def test_a_file_says_who_of_the_team_sent_it(judge):
    ada = add_member(judge)
    with judge.store.write() as session:
        of_team = {"Authorization": f"Bearer {teams.issue_token(session, ada.team)}"}
    for noise, bearer in ((1, token_for(judge, ada)), (2, of_team)):
        content = prediction_file(judge, noisy_answers(judge, noise))
        sent = phone(judge).post("/api/v1/tracks/higgs.signal/submissions", content=content, headers=bearer)
        assert sent.status_code == 201
    assert [one.member_id for one in rows(judge, Submission)] == [ada.id, None]


def test_a_member_who_was_moved_acts_for_the_new_team_by_cookie_and_token(judge):
    ada = add_member(judge)
    emmy = add_member(judge, "Boosted Tops", "Emmy Noether")
    bearer, client = token_for(judge, ada), signed_in(judge, ada)
    with judge.store.write() as session:
        organising.move(session, judge.event, ada.id, emmy.team)
    assert visitor(judge, client).team.name == "Boosted Tops"
    content = prediction_file(judge, noisy_answers(judge, 1))
    sent = phone(judge).post("/api/v1/tracks/higgs.signal/submissions", content=content, headers=bearer)
    assert sent.json()["team"] == "Boosted Tops"


def test_whoever_opens_registration_to_all_is_told_what_that_costs(judge):
    place = "--event", judge.event.folder
    assert "no longer bounded" in " ".join(physathon("set", "registration", "open", *place).split())
    assert "bounded" not in physathon("set", "registration", "code", *place)


def test_the_organiser_shows_a_code_that_forms_teams_and_one_after_a_lost_phone(judge, tmp_path):
    place = "--event", judge.event.folder
    said = physathon(
        "code", "--uses", 2, "--for", "15m", "--url", "https://hack.example", "--picture", tmp_path / "q.svg", *place
    )
    (address,) = [line for line in said.splitlines() if line.startswith("https://hack.example/join#")]
    assert "2 times, for 15m" in said
    assert (tmp_path / "q.svg").read_bytes().startswith(b"<?xml")
    person = {"go": "1", "name": "Ada [red]Lovelace"}
    code = address.partition("#")[2]
    statuses = [
        phone(judge).post("/join", data=person | {"code": code, "team": f"Quarks {at}"}).status_code for at in "abc"
    ]
    assert statuses == [303, 303, 403]
    listed = physathon("person", "list", *place)
    assert listed.count("Ada [red]Lovelace") == 2
    ada = rows(judge, Member)[0]
    said = physathon("code", "--member", ada.id, *place)
    code = next(line for line in said.splitlines() if "/join#" in line).partition("#")[2]
    client = phone(judge)
    assert client.post("/join", data={"code": code, "go": "1"}).status_code == 303
    assert visitor(judge, client).member.id == ada.id
