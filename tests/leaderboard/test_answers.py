"""What the API answers: described field by field, in pages, and not sent again to whoever has it."""

import json
import re
from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from starlette.applications import Starlette

from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.judge.judging import Judge
from leaderboard.people import talk, teams
from leaderboard.people.teams import find_team
from leaderboard.site import answers
from leaderboard.site.api import create_api, mounts
from leaderboard.site.problems import STATUS, problem, status_of
from tests.support import ROOT, add_team, noisy_answers, prediction_file, toy_event

TRACK = "higgs.signal"
ROUTE = re.compile(r"^\| `([A-Z]+) (/[^` ]*)` \|", re.MULTILINE)
ERRORS = re.compile(r"^\| ((?:`[a-z-]+`(?:, )?)+) \| (\d{3}) \|", re.MULTILINE)
OF_PAGES = {
    "code-refused",
    "identity-refused",
    "member-error",
    "not-allowed",
    "provider-unreachable",
    "registration-closed",
}
"""Errors that pages alone meet."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
LISTS = {
    "/submissions": "submission",
    "/questions": "number",
    "/announcements": "id",
    f"/tracks/{TRACK}/board": "team",
    f"/tracks/{TRACK}/history": "submission",
}


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Iterator[Judge]:
    """Yield the judge of an event of three teams, of which the first has sent three files and asked three questions."""
    with toy_event(tmp_path_factory.mktemp("answers") / "event") as judge:
        mine, *others = [add_team(judge, name) for name in ("Muon Collective", "Tau Guild", "Boosted Tops")]
        for noise, team in enumerate((*others, mine, mine, mine)):
            send(judge, team, 3 - noise / 2)
        with judge.store.write() as session:
            for number in range(3):
                talk.announce(session, f"Pizza {number}")
                talk.ask(session, judge.event, mine, f"What is {number}?")
        worker.work(judge, once=True)
        yield judge


@pytest.fixture(scope="module")
def client(judge) -> TestClient:
    """Return a client with the token of the first team."""
    with judge.store.write() as session:
        token = teams.issue_token(session, find_team(session, "Muon Collective"))
    client = TestClient(create_api(judge.event, judge.store, loopback=True))
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def send(judge, team, noise):
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, noise)), "a.csv")


def kinds_of(error: type[Exception]) -> Iterator[type[Exception]]:
    for kind in error.__subclasses__():
        yield from (kind, *kinds_of(kind))


def type_of(kind: type[Exception]) -> str:
    """Return what a problem document calls an error, less the prefix that all have."""
    return json.loads(problem(400, "", kind=kind).body)["type"].removeprefix("urn:physathon:")


def items_of(answer):
    document = answer.json()
    return document if isinstance(document, list) else document.get("announcements") or document["entries"]


def pages_of(client, path, **asked):
    """Yield the pages of a list, as each leads to the next."""
    answer = client.get(path, params=asked)
    yield items_of(answer)
    while "next" in answer.links:
        answer = client.get(answer.links["next"]["url"])
        yield items_of(answer)


def test_lists_are_answered_in_pages_that_lead_on_and_leave_nothing_out(judge, client):
    for path, name in LISTS.items():
        whole = client.get(path)
        assert "Link" not in whole.headers
        numbers = [one[name] for one in items_of(whole)]
        assert len(set(numbers)) == len(numbers) >= 3, path
        for limit in (1, 2):
            pages = list(pages_of(client, path, limit=limit))
            assert {len(page) for page in pages[:-1]} == {limit}, path
            assert [one[name] for page in pages for one in page] == numbers, path
        assert client.get(path, params={"limit": 0}).status_code == 422
    first = client.get("/submissions", params={"limit": 1})
    with judge.store.read() as session:
        mine = find_team(session, "Muon Collective")
    send(judge, mine, 0.4)
    (second, *_) = client.get(first.links["next"]["url"]).json()
    assert second["submission"] == first.json()[0]["submission"] - 1


def test_what_has_not_changed_is_not_sent_again(judge, client):
    for path in (*LISTS, "/event", f"/tracks/{TRACK}", "/submissions/1", f"/tracks/{TRACK}/board.csv"):
        if path == "/submissions/1":
            path = f"/submissions/{client.get('/submissions').json()[0]['submission']}"
        first = client.get(path)
        assert first.headers["cache-control"].endswith("no-cache"), path
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"]), path
        assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content
    page = client.get("/questions", params={"limit": 1})
    again = client.get("/questions", params={"limit": 1}, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.headers["Link"]) == (304, page.headers["Link"])
    told = client.get("/announcements")
    with judge.store.write() as session:
        talk.announce(session, "More pizza")
    assert client.get("/announcements", headers={"If-None-Match": told.headers["ETag"]}).status_code == 200


def test_a_refusal_and_a_secret_have_no_name(client):
    for path in ("/health", "/me.json", "/tracks/higgs.mass", "/submissions/999"):
        assert "ETag" not in client.get(path).headers


def test_every_answer_is_described_field_by_field(client):
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"].endswith("."), f"{method} {path} says nothing of itself"
            answer = next(one for status, one in operation["responses"].items() if status.startswith("2"))
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {"$ref": "#"})
            assert "$ref" in schema or "$ref" in schema["items"], f"{method} {path} answers anything"
    assert document["components"]["schemas"]["Entry"]["properties"]["low"]["description"]


def test_whatever_is_asked_is_answered_as_described(judge, client):
    """Whoever asks of what is there gets all of it; `make proof` asks for much more, and for what is not there."""
    own = client.get("/submissions").json()[0]["submission"]
    there = {"track": TRACK, "challenge": "higgs", "number": own, "name": "roc", "form": "svg"}
    description = schemathesis.openapi.from_asgi("/api/v1/openapi.json", Starlette(routes=mounts(client.app)))
    answered = set()
    for operation in (found.ok() for found in description.get_all_operations()):

        @settings(max_examples=2, phases=[Phase.generate], database=None, derandomize=True)
        @given(case=operation.as_strategy())
        def ask(case):
            case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
            answer = case.call_and_validate(headers=dict(client.headers), checks=CHECKS)
            answered.add((case.operation.label, answer.status_code))

        ask()
    assert {("GET /submissions/{number}", 200), ("GET /tracks/{track}/history", 200), ("POST /verify", 422)} <= answered


def test_what_a_snapshot_writes_by_itself_is_as_described(client):
    document = client.get(f"/tracks/{TRACK}/board").json()
    assert answers.Board.model_validate(document).model_dump(mode="json") == document


def test_the_page_about_the_api_names_every_route_and_every_status(client):
    text = (ROOT / "docs" / "http.md").read_text("utf-8")
    described = {
        (method.upper(), path)
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method in operations
    }
    assert {(method, path) for method, path in ROUTE.findall(text)} == described
    kinds = {kind for known in STATUS for kind in (known, *kinds_of(known))}
    statuses = {type_of(kind): status_of(kind.__new__(kind)) for kind in kinds}
    told = [(name, int(row[2])) for row in ERRORS.finditer(text) for name in re.findall(r"`([a-z-]+)`", row[1])]
    assert {name: statuses[name] for name, _ in told} == dict(told)
    assert {type_of(kind) for kind in STATUS} - dict(told).keys() == OF_PAGES
