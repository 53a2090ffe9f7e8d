"""What a team sees of itself by the API: files, receipts, where each file stood, finals; nobody else sees any of it."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from fastapi.testclient import TestClient

from challenges import spec
from leaderboard.board.entries import board
from leaderboard.config import Changed
from leaderboard.intake import quota as quotas
from leaderboard.intake.receive import is_sample, receive
from leaderboard.judge import finals, worker
from leaderboard.kit import build
from leaderboard.people import sessions, teams
from leaderboard.site.api import create_api
from leaderboard.site.team import own
from leaderboard.store import settings
from leaderboard.store.queries import now
from leaderboard.store.tables import Circuit, Submission
from scoring.predictions import Format, Predictions, check
from tests.support import add_team, answers, kept_files, noisy_answers, prediction_file

TRACK = "higgs.signal"
TRACKS = [(name, track) for name in spec.available() for track in spec.load(name).tracks]


@pytest.fixture
def client(judge):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


def bearer(judge, team) -> dict[str, str]:
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, team)}"}


def cookie(judge, client, team) -> None:
    """Let the client come from a browser that has signed in for a team."""
    with judge.store.write() as session:
        value = sessions.sign_in(session, teams.issue_token(session, team), loopback=True)
    client.cookies.set(sessions.cookie_name(judge.event), value)


def send(judge, team, values) -> int:
    upload = prediction_file(judge, values)
    return receive(judge.event, judge.store, team, TRACK, upload, "file.csv")["submission"]


def perfect(judge, seed: int = 0) -> np.ndarray:
    return noisy_answers(judge, 0.01, seed)


def test_each_file_tells_what_was_shown_after_it_and_how_that_stands_among_the_others_now(judge, client):
    team, rival = add_team(judge), add_team(judge, "Boosted Tops")
    header = bearer(judge, team)
    first, second = send(judge, team, -answers(judge)), send(judge, team, perfect(judge))
    send(judge, team, noisy_answers(judge, 100))
    worker.work(judge, once=True)

    def ranks() -> dict[int, tuple[int, int]]:
        told = client.get("/submissions", headers=header).json()
        return {one["submission"]: (one["rank_best"], one["rank_worst"]) for one in told}

    assert ranks() == {first: (1, 1), second: (1, 1), 3: (1, 1)}
    send(judge, rival, perfect(judge, 1))
    worker.work(judge, once=True)
    assert ranks() == {first: (2, 2), second: (1, 2), 3: (1, 2)}
    with judge.store.read() as session:
        (entry,) = [entry for entry in board(session, TRACK) if entry.team == team.name]
    told = client.get("/submissions/3", headers=header).json()
    assert (told["value"], told["low"], told["high"]) == (entry.value, entry.low, entry.high)
    assert (told["moved"], told["best"], told["decides"]) == (False, False, False)
    told = client.get(f"/submissions/{second}", headers=header).json()
    assert (told["moved"], told["best"], told["decides"], told["selected"]) == (True, True, True, False)
    with judge.store.write() as session:
        session.get(teams.Team, team.id).out = "withdrawn"
    assert ranks()[second] == (None, None)


def test_a_final_is_chosen_changed_and_left_to_the_board_until_the_close(judge, client):
    team, rival = add_team(judge), add_team(judge, "Boosted Tops")
    header = bearer(judge, team)
    weak, best = send(judge, team, noisy_answers(judge, 100)), send(judge, team, perfect(judge))
    other = send(judge, rival, perfect(judge, 1))
    worker.work(judge, once=True)

    def decides() -> list[int]:
        return [one["submission"] for one in client.get("/submissions", headers=header).json() if one["decides"]]

    assert decides() == [best]
    assert client.post(f"/submissions/{weak}/select", headers=header).json()["decides"] is True
    assert decides() == [weak]
    assert client.delete("/tracks/higgs/final", headers=bearer(judge, rival)).status_code == 204
    assert decides() == [weak]
    assert client.delete("/tracks/higgs/final", headers=header).status_code == 204
    assert decides() == [best]
    assert client.post(f"/submissions/{other}/select", headers=header).status_code == 404
    client.post(f"/submissions/{weak}/select", headers=header)
    finals.finalize(judge, TRACK, early=True)
    for method, path in (("delete", "/tracks/higgs/final"), ("post", f"/submissions/{best}/select")):
        assert client.request(method, path, headers=header).json()["type"] == "urn:physathon:event-not-open"
    assert decides() == [weak]


def test_a_choice_that_does_not_count_any_more_decides_nothing(judge, client):
    team = add_team(judge)
    header = bearer(judge, team)
    weak, best = send(judge, team, noisy_answers(judge, 100)), send(judge, team, perfect(judge))
    worker.work(judge, once=True)
    client.post(f"/submissions/{weak}/select", headers=header)
    with judge.store.write() as session:
        session.get(Submission, weak).state = "failed"
    told = {one["submission"]: one for one in client.get("/submissions", headers=header).json()}
    assert [told[number]["decides"] for number in (weak, best)] == [False, True]
    assert told[weak]["selected"] is False


def test_while_files_are_judged_and_not_shown_nothing_says_which_of_them_is_best(judge, client, monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    team = add_team(judge)
    header = bearer(judge, team)
    first = send(judge, team, noisy_answers(judge, 2))
    worker.work(judge, once=True)
    with judge.store.write() as session:
        settings.change(session, judge.event, "freezes_at", now().isoformat(), who="test", reason="")
    later = send(judge, team, perfect(judge))
    worker.work(judge, once=True)

    def decides() -> list[int]:
        return [one["submission"] for one in client.get("/submissions", headers=header).json() if one["decides"]]

    assert decides() == []
    finals.finalize(judge, TRACK, early=True)
    assert decides() == []
    finals.publish(judge, TRACK)
    assert decides() == [later] != [first]


def test_the_receipt_comes_again_byte_for_byte(judge, client):
    team = add_team(judge, "Größe")
    header = bearer(judge, team)
    upload = prediction_file(judge, answers(judge))
    first = client.post(f"/tracks/{TRACK}/submissions?filename=größe.csv", content=upload, headers=header)
    again = client.get("/submissions/1/receipt", headers=header)
    assert again.content == first.content
    assert again.headers["content-disposition"] == 'attachment; filename="receipt-1.json"'
    with judge.store.write() as session:
        session.get(Submission, 1).receipt = None
    assert "was not kept" in client.get("/submissions/1/receipt", headers=header).json()["detail"]


def test_a_file_comes_again_and_is_the_same_when_it_is_sent_once_more(judge, client, monkeypatch):
    monkeypatch.setattr(own, "ROWS", 250)
    header = bearer(judge, add_team(judge))
    upload = prediction_file(judge, noisy_answers(judge, 1))
    first = client.post(f"/tracks/{TRACK}/submissions", content=upload, headers=header)
    kept = client.get("/submissions/1/file", headers=header)
    assert kept.headers["content-disposition"] == 'attachment; filename="submission-1.csv"'
    assert kept.text.count("score") == 1
    again = client.post(f"/tracks/{TRACK}/submissions", content=kept.content, headers=header)
    assert again.content == first.content


def test_the_circuit_that_was_declared_with_a_file_comes_again_word_for_word(judge, client):
    header, text = bearer(judge, add_team(judge)), "OPENQASM 3; // größer\r\n"
    client.post(f"/tracks/{TRACK}/submissions", content=prediction_file(judge, answers(judge)), headers=header)
    assert "no circuit" in client.get("/submissions/1/circuit", headers=header).json()["detail"]
    with judge.store.write() as session:
        counts = {"qubits": 1, "parameters": 0, "depth": 0, "gates": {}}
        circuit = Circuit(track=TRACK, sha256="0" * 64, text=text, created_at=now(), **counts)
        session.get(Submission, 1).circuit = circuit
    assert client.get("/submissions/1/circuit", headers=header).content == text.encode()
    assert client.get("/submissions/1/circuit", headers=bearer(judge, add_team(judge, "B"))).status_code == 404


def test_a_file_that_was_lost_is_told_to_be_and_noted(judge, client):
    header = bearer(judge, add_team(judge))
    client.post(f"/tracks/{TRACK}/submissions", content=prediction_file(judge, answers(judge)), headers=header)
    (file,) = kept_files(judge.event)
    file.write_bytes(b"x")
    answer = client.get("/submissions/1/file", headers=header)
    assert (answer.status_code, "was lost here" in answer.json()["detail"]) == (404, True)
    assert client.get("/submissions/1", headers=header).json()["lost"] is True


def test_images_and_texts_that_are_kept_can_be_sent_again():
    ids = np.arange(1, 6, dtype="u8")
    images = np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32)
    form = Format("a", "b", (), ids, answers="images", shape=(2, 3))
    assert check(Predictions(images).canonical(), form).sha256 == Predictions(images).sha256
    texts = check(
        b"id,text\n" + b"".join(b'%016x,"a, ""b"" %d"\n' % (one, one) for one in range(1, 6)),
        (form := Format("a", "b", ("text",), ids, answers="texts")),
    )
    track = spec.load("renaissance").tracks[1].model_copy(update={"columns": ("text",)})
    assert check(b"".join(own.csv_of(ids, texts.values, track)), form).sha256 == texts.sha256


def test_nobody_else_sees_or_changes_what_is_a_teams_own(judge, client):
    mine = bearer(judge, add_team(judge))
    client.post(f"/tracks/{TRACK}/submissions", content=prediction_file(judge, answers(judge)), headers=mine)
    assert client.put("/submissions/1/card", json={"title": "Ours"}, headers=mine).status_code == 200
    other = bearer(judge, add_team(judge, "Boosted Tops"))
    paths = [f"/submissions/1{of}" for of in ("", "/file", "/receipt", "/card")]
    for path in paths:
        assert client.get(path, headers=mine).status_code == 200
        assert client.get(path, headers=other).status_code == 404
        assert client.get(path).status_code == 401
    assert client.put("/submissions/1/card", json={"title": "Theirs"}, headers=other).status_code == 404
    assert client.get("/submissions/1/card", headers=mine).json()["title"] == "Ours"


def test_a_browser_that_has_signed_in_reads_its_files_and_receipts_and_no_more(judge, client):
    team = add_team(judge)
    number, others = send(judge, team, answers(judge)), send(judge, add_team(judge, "Boosted Tops"), answers(judge))
    cookie(judge, client, team)
    assert [client.get(f"/submissions/{number}/{of}").status_code for of in ("file", "receipt")] == [200, 200]
    assert [client.get(f"/submissions/{others}/{of}").status_code for of in ("file", "receipt")] == [404, 404]
    assert client.put(f"/submissions/{number}/card", json={"title": "x"}).status_code == 401
    assert client.delete(f"/tracks/{TRACK}/final").status_code == 401


@pytest.mark.parametrize(("challenge", "track"), TRACKS, ids=[f"{name}.{track.id}" for name, track in TRACKS])
def test_every_kits_sample_is_known_by_its_values(challenge, track):
    event = SimpleNamespace(track=lambda _: (None, track))
    ids = np.arange(1, 6, dtype="u8")
    form = Format(challenge, track.id, track.columns, ids, track.answers, track.shape, track.ranges)
    sample = check(build.sample_of(form, track), form)
    assert is_sample(event, "", sample)
    values = sample.values.copy()
    values.flat[-1] = "y" if track.answers == "texts" else 0.25
    assert not is_sample(event, "", Predictions(values))


def test_the_sample_as_it_came_is_taken_only_if_it_is_meant(judge, client):
    header = bearer(judge, add_team(judge))
    upload = prediction_file(judge, np.full(600, 0.5))
    path = f"/tracks/{TRACK}/submissions"
    assert client.post(f"/tracks/{TRACK}/check", content=upload, headers=header).json()["sample"] is True
    answer = client.post(path, content=upload, headers=header)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:physathon:sample-sent")
    assert client.get("/submissions", headers=header).json() == []
    receipt = client.post(path, params={"sample": "yes"}, content=upload, headers=header)
    assert receipt.status_code == 201
    assert client.post(path, content=upload, headers=header).content == receipt.content
    other = prediction_file(judge, np.full(600, 0.25))
    assert client.post(f"/tracks/{TRACK}/check", content=other, headers=header).json()["sample"] is False


def test_the_next_file_comes_back_a_day_after_the_oldest_that_stands_in_its_way(make_judge):
    judge = make_judge(submissions_per_day=3, submissions_in_all=4, opens=now() - timedelta(days=3))
    team, at = add_team(judge), now()
    for hours in (30, 20, 10):
        upload = prediction_file(judge, noisy_answers(judge, 1, hours))
        began = at - timedelta(hours=hours)
        number = receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=at)["submission"]
        with judge.store.write() as session:
            session.get(Submission, number).began_at = began

    def found(**changed):
        judge.event.follow(lambda: Changed(changed))
        with judge.store.read() as session:
            return quotas.quota(session, judge.event, team, TRACK, at)

    assert (found().left_today, found().next_at) == (1, at + timedelta(hours=4))
    fewer = found(submissions_per_day=1)
    assert (fewer.left_today, fewer.next_at) == (0, at + timedelta(hours=14))
    assert found(submissions_in_all=3).next_at is None
