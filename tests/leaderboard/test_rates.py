"""Rates: a team that asks too often waits, nobody else does, and no right token is refused for wrong ones before it."""

import pytest
from fastapi.testclient import TestClient

from leaderboard.intake import checking
from leaderboard.intake.checking import CheckFailed
from leaderboard.people import teams
from leaderboard.site import rates
from leaderboard.site.api import create_api
from leaderboard.site.rates import Bucket, Rates, TooManyRequests, rates_of
from tests.support import add_team, answers, prediction_file

CHECK = "/tracks/higgs/check"


class Clock:
    """A clock that tests turn."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(judge, monkeypatch):
    """Return the clock of the rates of the judge's event."""
    clock = Clock()
    limited = Rates(clock)
    monkeypatch.setattr("leaderboard.site.api.rates_of", lambda folder: limited)
    monkeypatch.setattr("leaderboard.site.problems.PATIENCE", 0)
    return clock


@pytest.fixture
def client(judge, clock):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


def bearer(judge, name):
    team = add_team(judge, name)
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, team)}"}


def test_a_bucket_gives_so_many_at_once_and_one_more_each_while():
    clock = Clock()
    bucket = Bucket(3, 2.0, clock)
    assert [bucket.take("a") for _ in range(5)] == [0, 0, 0, 2, 2]
    clock.now += 1.5
    assert bucket.take("a") == 0.5
    clock.now += 0.5
    assert [bucket.take("a"), bucket.take("a"), bucket.take("b")] == [0, 2, 0]
    clock.now += 1e9
    assert [bucket.take("a") for _ in range(4)] == [0, 0, 0, 2]


def test_a_bucket_forgets_who_has_all_again(monkeypatch):
    monkeypatch.setattr(rates, "MOST_KEYS", 100)
    clock = Clock()
    bucket = Bucket(3, 2.0, clock)
    for key in range(10_000):
        bucket.take(key)
        clock.now += 1
    assert len(bucket._full_at) <= 101


def test_checks_of_a_team_under_way_are_few():
    limited = Rates()
    too_many = pytest.raises(TooManyRequests, match="3 checks of your team are under way")
    with limited.check(1), limited.check(1), limited.check(1), limited.check(2), too_many, limited.check(1):
        pass
    with limited.check(1):
        assert limited._under_way == {1: 1}


def test_a_team_that_checks_too_often_is_told_when_to_come_back_and_others_are_not_held_up(judge, client, clock):
    mine, other = bearer(judge, "Muon Collective"), bearer(judge, "Boosted Tops")
    upload = prediction_file(judge, answers(judge))
    statuses = [client.post(CHECK, content=b"x", headers=mine).status_code for _ in range(rates.CHECKS)]
    assert set(statuses) == {422}
    refused = client.post(CHECK, content=upload, headers=mine)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    document = refused.json()
    assert document["type"] == "urn:physathon:too-many-requests"
    assert document["detail"] == "your team may ask for 30 checks at once, then one each 2 s: try again in 2 s"
    assert client.post(CHECK, content=upload, headers=other).status_code == 200
    submitted = client.post("/tracks/higgs.signal/submissions", content=upload, headers=mine)
    assert submitted.status_code == 201
    clock.now += 2
    assert client.post(CHECK, content=upload, headers=mine).status_code == 200
    assert client.post(CHECK, content=upload, headers=mine).status_code == 429


def test_a_right_token_is_taken_however_many_wrong_ones_came_from_its_address(judge, client):
    right, wrong = bearer(judge, "Muon Collective"), {"Authorization": "Bearer physathon_wrong"}
    statuses = [client.get("/submissions", headers=wrong).status_code for _ in range(rates.WRONG + 1)]
    assert statuses == [403] * rates.WRONG + [429]
    refused = client.get("/submissions", headers=wrong)
    assert refused.headers["Retry-After"] == "1"
    assert "a right one is always taken" in refused.json()["detail"]
    assert client.get("/submissions", headers=right).status_code == 200


def test_a_check_that_fails_is_named_and_costs_nothing(judge, client, monkeypatch):
    def fail(*arguments):
        raise CheckFailed("the check took more than 20 s of processor time; this cost you nothing")

    header = bearer(judge, "Muon Collective")
    monkeypatch.setattr(checking, "check_file", fail)
    for path in (CHECK, "/tracks/higgs/submissions"):
        answer = client.post(path, content=b"x", headers=header)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:physathon:check-failed"
        assert "20 s of processor time" in answer.json()["detail"]
    assert client.get("/submissions", headers=header).json() == []


def test_page_and_api_share_their_rates(judge):
    assert rates_of(judge.event.folder) is rates_of(judge.event.folder)


def test_a_file_goes_through_the_processes_of_a_started_event_to_its_receipt(judge):
    checkers = checking.start(judge.event)
    try:
        assert checking.started(judge.event) is checkers
        header, upload = bearer(judge, "Muon Collective"), prediction_file(judge, answers(judge))
        with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
            checked = client.post(CHECK, content=upload, headers=header).json()
            receipt = client.post("/tracks/higgs/submissions", content=upload, headers=header).json()
            bad = client.post("/tracks/higgs/submissions", content=upload[:-20], headers=header)
        assert checked["predictions_sha256"] == receipt["predictions_sha256"]
        assert bad.json()["type"] == "urn:physathon:prediction-file-error"
    finally:
        checking._started.pop(judge.event.folder).close()
