"""Submission cards: what a team says of how its file was made, for itself until the result is published."""

import json

import pytest
from fastapi.testclient import TestClient

from leaderboard.intake.cards import CardError, read_card
from leaderboard.judge import finals, worker
from leaderboard.people import teams
from leaderboard.people.members import add_member as join
from leaderboard.people.members import change_member
from leaderboard.site.api import create_api
from leaderboard.site.live import Boards
from leaderboard.store.erasure import erase
from leaderboard.store.tables import AuditEntry, Member
from tests.leaderboard.commands import run, served
from tests.leaderboard.people import add_member
from tests.leaderboard.tabs import all_text
from tests.support import add_team, answers, noisy_answers, prediction_file

TRACK = "higgs.signal"
CARD = {
    "title": "Trees on masses",
    "tags": ["XGBoost", "masses of pairs"],
    "code_url": "https://example.org/code?a=1#b",
    "external_data": "none",
    "compute": "one laptop, ten minutes",
    "hours": 0.2,
    "ai": "assisted",
    "ai_model": "a model",
}


@pytest.fixture
def client(judge):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


def token(judge, team) -> str:
    with judge.store.write() as session:
        return teams.issue_token(session, team)


def bearer(judge, team) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(judge, team)}"}


def send(judge, client, header, noise: float = 1) -> int:
    upload = prediction_file(judge, noisy_answers(judge, noise))
    return client.post(f"/tracks/{TRACK}/submissions", content=upload, headers=header).json()["submission"]


def entries(client) -> list[dict]:
    return client.get(f"/tracks/{TRACK}/board").json()["entries"]


def test_a_card_is_its_teams_own_until_the_result_is_published_and_stays_as_it_is_then(judge, client):
    header = bearer(judge, add_team(judge))
    number = send(judge, client, header)
    path = f"/submissions/{number}/card"
    assert client.get(path, headers=header).status_code == 404
    assert client.put(path, json={"title": "A first"}, headers=header).json()["tags"] == []
    assert client.put(path, json=CARD, headers=header).json() == CARD
    worker.work(judge, once=True)
    assert client.get(path, headers=header).json() == CARD
    assert client.get("/submissions", headers=header).json()[0]["card"] == CARD
    assert [entry["card"] for entry in entries(client)] == [None]
    assert "Trees" not in client.get(f"/tracks/{TRACK}/board").text
    finals.finalize(judge, TRACK, early=True)
    later = CARD | {"compute": "two laptops"}
    assert client.put(path, json=later, headers=header).status_code == 200
    assert [entry["card"] for entry in entries(client)] == [None]
    finals.publish(judge, TRACK)
    assert [entry["card"] for entry in entries(client)] == [later]
    refused = client.put(path, json=CARD, headers=header)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:physathon:card-fixed")


def test_the_audit_log_knows_that_a_card_changed_and_not_what_it_says(judge, client):
    header = bearer(judge, add_team(judge))
    number = send(judge, client, header)
    client.put(f"/submissions/{number}/card", json=CARD, headers=header)
    with judge.store.read() as session:
        (entry,) = session.query(AuditEntry).filter_by(action="card changed")
        assert entry.details == {"submission": number}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"title": " "}, "title: "),
        ({"title": "x" * 121}, "at most 120 char"),
        ({"title": "turned \u202eround"}, "letters that can be seen"),
        ({"tags": [f"tag {n}" for n in range(9)]}, "at most 8 items"),
        ({"tags": ["x" * 31]}, "tags.0: "),
        ({"tags": [""]}, "tags.0: "),
        ({"code_url": "http://example.org"}, "https://example.org/code"),
        ({"code_url": "javascript:alert(1)"}, "https://example.org/code"),
        ({"code_url": "https://example.org@evil.example"}, "https://example.org/code"),
        ({"code_url": 'https://example.org/"><script>'}, "https://example.org/code"),
        ({"code_url": "https://example.org/" + "x" * 300}, "at most 300 char"),
        ({"external_data": "x" * 501}, "at most 500 char"),
        ({"hours": 0}, "greater than 0"),
        ({"hours": "inf"}, "less than or equal to 100000"),
        ({"hours": "nan"}, "hours: "),
        ({"ai": "much"}, "'none', 'assisted' or 'autonomous'"),
        ({"ai": "none"}, "a model is named, 'a model', but no help by AI"),
        ({"ai_model": "x" * 81}, "at most 80 char"),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_what_cannot_stand_on_a_card_is_named_in_a_sentence(changed, says):
    with pytest.raises(CardError) as error:
        read_card(CARD | changed)
    assert says in str(error.value)
    assert len(str(error.value)) < 250


def test_empty_fields_of_a_card_say_nothing_and_white_space_counts_once():
    card = read_card(
        {"title": " Trees\n on  masses", "tags": ["a b", "A B", "c"], "compute": "  ", "code_url": "", "hours": " "}
    )
    assert card.model_dump(exclude_none=True) == {"title": "Trees on masses", "tags": ("a b", "c")}


@pytest.fixture
def command(judge, monkeypatch, capsys, tmp_path):
    """Yield a function that runs a command for a team: status, what it printed, what it complained of."""
    monkeypatch.setenv("PHYSATHON_TOKEN", token(judge, add_team(judge)))
    (tmp_path / "a.csv").write_bytes(prediction_file(judge, answers(judge)))
    (tmp_path / "sample.csv").write_bytes(prediction_file(judge, 0 * answers(judge) + 0.5))
    monkeypatch.chdir(tmp_path)
    with served(judge) as address:
        yield lambda *words: run(monkeypatch, capsys, "client", *words, "--url", address, "--json")


def test_a_card_comes_with_its_file_and_is_filled_in_later_by_the_command_line(command):
    status, _, error = command("submit", "a.csv", "--track", TRACK, "--title", "x" * 121)
    assert (status, "at most 120 characters" in error) == (1, True)
    status, receipt, _ = command("submit", "a.csv", "--track", TRACK, "--title", "Trees", "--tag", "a", "--tag", "b")
    assert (status, json.loads(receipt)["submission"]) == (0, 1)
    status, card, _ = command("card", 1, "--ai", "autonomous", "--ai-model", "one", "--code", "https://example.org/")
    told = {"title": "Trees", "tags": ["a", "b"], "code_url": "https://example.org/", "ai": "autonomous"}
    assert json.loads(card) == dict.fromkeys(CARD) | told | {"ai_model": "one"}
    assert json.loads(command("card", 1)[1]) == json.loads(card)
    assert json.loads(command("card", 1, "--hours", "2.5")[1])["hours"] == 2.5
    assert json.loads(command("card", 1, "--hours", "")[1])["hours"] is None
    status, card, _ = command("card", 1, "--ai", "none", "--ai-model", "")
    assert json.loads(card)["ai_model"] is None
    status, _, error = command("card", 2, "--title", "x")
    assert (status, "has no submission 2" in error) == (1, True)


def test_a_file_without_a_card_asks_for_a_title(command):
    command("submit", "a.csv", "--track", TRACK)
    status, _, error = command("card", 1)
    assert (status, "give it a --title" in error) == (2, True)


def test_the_sample_is_sent_by_the_command_line_only_if_it_is_meant(command):
    submit = "submit", "sample.csv", "--track", TRACK
    status, _, error = command(*submit)
    assert (status, "as it came" in error, "--sample" in error) == (1, True, True)
    status, receipt, _ = command(*submit, "--sample")
    assert (status, json.loads(receipt)["submission"]) == (0, 1)


def test_names_stand_beside_a_published_result_as_long_as_their_owners_want_it(judge, client, page):
    ada = add_member(judge, name="Ada <Lovelace>", publishes=True)
    with judge.store.write() as session:
        join(session, judge.event, ada.team, "Emmy Noether")
    send(judge, client, bearer(judge, ada.team))
    worker.work(judge, once=True)
    assert entries(client)[0]["members"] == []
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    assert entries(client)[0]["members"] == ["Ada <Lovelace>"]

    def shown() -> tuple[str, ...]:
        return Boards(judge.store)._look(TRACK, view).entries[0].members

    view = Boards(judge.store).now(TRACK)
    assert "Ada &lt;Lovelace&gt;" in all_text(page(judge))
    with judge.store.write() as session:
        change_member(session, session.get_one(Member, ada.id), "Ada King", publishes=True)
    assert shown() == ("Ada King",)
    with judge.store.write() as session:
        change_member(session, session.get_one(Member, ada.id), "Ada King")
    assert shown() == ()
    with judge.store.write() as session:
        change_member(session, session.get_one(Member, ada.id), "Ada King", publishes=True)
    view = Boards(judge.store).now(TRACK)
    with judge.store.write() as session:
        erase(session, judge.event, session.get_one(Member, ada.id), by="the person")
    assert shown() == ()
