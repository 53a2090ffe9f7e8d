"""A request with a key is answered once, whoever repeats it; and a form is as good as the file in it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from leaderboard.intake import repeats
from leaderboard.intake.receive import check_file, receive
from leaderboard.intake.repeats import KeyUsed, Repeatable
from leaderboard.people import teams
from leaderboard.site.api import create_api
from leaderboard.store import settings
from leaderboard.store.database import open_store
from leaderboard.store.queries import note_file
from leaderboard.store.tables import Repeat, Submission
from tests.support import add_team, kept_file, noisy_answers, prediction_file, toy_event

TRACK = "higgs.signal"
PATH = f"/tracks/{TRACK}/submissions"
KEY = {"Idempotency-Key": "night-run-17"}
REPLAYED = "Idempotency-Replayed"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    with toy_event(tmp_path_factory.mktemp("repeats") / "event") as judge:
        yield judge


@pytest.fixture(scope="module")
def api(judge):
    return create_api(judge.event, judge.store, loopback=True)


@pytest.fixture
def client(judge, api):
    """Return a client with the token of a team that has sent nothing yet."""
    return TestClient(api, headers=header_of(judge, f"Team {next(NUMBERS)}"))


@pytest.fixture(scope="module")
def file(judge):
    return prediction_file(judge, noisy_answers(judge, 1))


@pytest.fixture(scope="module")
def other(judge):
    return prediction_file(judge, noisy_answers(judge, 2))


def header_of(judge, name):
    team = add_team(judge, name)
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, team)}"}


def sent(client):
    """Return how many files a client's team has sent."""
    return len(client.get("/submissions").json())


def test_the_same_request_with_its_key_gives_the_first_answer_and_another_is_refused_by_name(
    judge, client, file, other
):
    first = client.post(PATH, content=file, headers=KEY)
    assert (first.status_code, REPLAYED in first.headers) == (201, False)
    for path in (PATH, "/tracks/higgs/submissions?filename=again.csv"):
        again = client.post(path, content=file, headers=KEY)
        assert (again.status_code, again.json(), again.headers[REPLAYED]) == (201, first.json(), "true")
    refused = client.post(PATH, content=other, headers=KEY)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:physathon:key-used")
    assert "'night-run-17' came with another request of your team" in refused.json()["detail"]
    assert sent(client) == 1
    theirs = header_of(judge, "Tau Guild")
    assert client.post(PATH, content=other, headers=KEY | theirs).status_code == 201


def test_a_key_is_known_after_a_restart_and_after_the_close(make_judge, monkeypatch):
    judge = make_judge()
    mine, file = header_of(judge, "Muon Collective") | KEY, prediction_file(judge, noisy_answers(judge, 1))
    first = TestClient(create_api(judge.event, judge.store, loopback=True)).post(PATH, content=file, headers=mine)
    monkeypatch.setattr(settings, "FRESH", 0)
    with judge.store.write() as session:
        for key, moment in (("opens", "2026-01-01"), ("closes", "2026-01-02")):
            settings.change(session, judge.event, key, moment, who="test", reason="")
    assert judge.event.phase() == "closed"
    with closing(open_store(judge.event)) as store:
        again = TestClient(create_api(judge.event, store, loopback=True)).post(PATH, content=file, headers=mine)
    assert (again.status_code, again.json(), again.headers[REPLAYED]) == (201, first.json(), "true")


def test_a_refusal_is_no_answer_and_its_key_is_good_for_the_mended_file(judge, client, file):
    broken = file.replace(b"id,score", b"id,scores")
    assert client.post(PATH, content=broken, headers=KEY).status_code == 422
    assert client.post(PATH, content=file, headers=KEY).status_code == 201


def test_the_same_request_restores_a_lost_file(judge, client, file):
    receipt = client.post(PATH, content=file, headers=KEY).json()
    kept = kept_file(judge.event, receipt["predictions_sha256"])
    kept.unlink()
    with judge.store.write() as session:
        note_file(session, receipt["predictions_sha256"], lost=True)
    again = client.post(PATH, content=file, headers=KEY)
    assert (again.json(), REPLAYED in again.headers, kept.exists()) == (receipt, False, True)


def test_of_two_requests_at_once_with_one_key_one_file_is_taken(judge, file, other):
    team, together = add_team(judge), threading.Barrier(2)

    def check(track, upload):
        together.wait(30)
        return check_file(judge.event, track, upload)

    def send(upload):
        request = Repeatable(team.id, "one", str(hash(upload)))
        try:
            return receive(judge.event, judge.store, team, TRACK, upload, "a.csv", check=check, repeatable=request)
        except KeyUsed:
            return None

    with ThreadPoolExecutor(2) as threads:
        receipts = list(threads.map(send, (file, other)))
    assert sum(receipt is None for receipt in receipts) == 1
    with judge.store.read() as session:
        kept = [session.scalar(select(func.count()).where(table.team_id == team.id)) for table in (Submission, Repeat)]
    assert kept == [1, 1]


def test_the_oldest_keys_of_a_team_give_way_and_of_no_other(judge, client, file, monkeypatch):
    theirs = header_of(judge, "Boosted Tops")
    client.post(PATH, content=file, headers=KEY | theirs)
    monkeypatch.setattr(repeats, "MOST", 2)
    for name in ("a", "b", "c"):
        assert client.post(PATH, content=file, headers={"Idempotency-Key": name}).status_code == 201
    asked = [(client.headers, "c"), (client.headers, "b"), (client.headers, "a"), (theirs, KEY["Idempotency-Key"])]
    known = [client.post(PATH, content=file, headers={**who, "Idempotency-Key": key}).headers for who, key in asked]
    assert [REPLAYED in one for one in known] == [True, True, False, True]


@pytest.mark.parametrize("key", ["", "two words", "x" * 201])
def test_what_is_no_key_is_refused(client, key):
    answer = client.post(PATH, content=b"x", headers={"Idempotency-Key": key})
    assert (answer.status_code, "Idempotency-Key" in answer.json()["detail"]) == (422, True)


def test_a_file_may_come_in_a_form_of_its_own(judge, client, file):
    form = {"file": ("scores.csv", file)}
    assert client.post(f"/tracks/{TRACK}/check", files=form).json()["rows"] == 600
    receipt = client.post(PATH, files=form, headers=KEY).json()
    again = client.post(PATH, content=file, headers=KEY)  # the same bytes, by another way
    assert (again.json(), sent(client)) == (receipt, 1)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"files": [("file", ("a.csv", b"x")), ("file", ("b.csv", b"x"))]}, "got several parts"),
        ({"files": {"file": ("a.csv", b"x")}, "data": {"track": "higgs"}}, "got a field without a file"),
        ({"files": {"file": (None, b"a.csv")}}, "is the @ before its name missing"),
        ({"content": b"--x--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, "form, got n"),
        ({"content": b"id,score\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, "form, got n"),
        (
            {"content": b"id,score\n", "headers": {"Content-Type": "multipart/form-data"}},
            "what stands between its parts",
        ),
        (
            {
                "content": b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nid',
                "headers": {"Content-Type": "multipart/form-data; boundary=x"},
            },
            "got a form that broke off",
        ),
    ],
)
def test_a_form_that_is_not_one_file_is_refused_with_the_way_out(client, form, says):
    answer = client.post(f"/tracks/{TRACK}/check", **form)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:physathon:form-refused")
    assert says in answer.json()["detail"]
    assert "curl --data-binary @FILE" in answer.json()["detail"]
