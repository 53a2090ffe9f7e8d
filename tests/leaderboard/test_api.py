"""The HTTP API: what a program can do, and what it can never see."""

import base64
import errno
import hashlib
import json
import os
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient

from leaderboard.intake import checking
from leaderboard.judge import finals, worker
from leaderboard.kit.build import build_kit
from leaderboard.people import teams
from leaderboard.site import api
from leaderboard.site.api import create_api
from tests.leaderboard.commands import run
from tests.support import add_team, answers, noisy_answers, prediction_file

SUBMISSIONS = "/tracks/higgs.signal/submissions"


@pytest.fixture
def judge(make_judge):
    return make_judge(grow=with_kit)


def with_kit(judge):
    build_kit(judge.event, "higgs")


@pytest.fixture
def client(judge):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


def bearer(judge, team, *, demo=False):
    with judge.store.write() as session:
        return {"Authorization": f"Bearer {teams.issue_token(session, team, demo=demo)}"}


def test_a_file_goes_from_upload_to_board(judge, client):
    header = bearer(judge, add_team(judge))
    upload = prediction_file(judge, noisy_answers(judge, 1))
    assert client.post("/tracks/higgs/check", content=upload, headers=header).json()["rows"] == 600
    assert client.get("/submissions", headers=header).json() == []
    receipt = client.post(SUBMISSIONS, params={"filename": "a.csv"}, content=upload, headers=header)
    assert receipt.status_code == 201
    number = receipt.json()["submission"]
    assert client.get(f"/submissions/{number}", headers=header).json()["state"] == "queued"
    assert client.get("/tracks/higgs.signal/board").json()["entries"] == []
    worker.work(judge, once=True)
    assert client.get(f"/submissions/{number}", headers=header).json()["moved"] is True
    shown = client.get("/tracks/higgs.signal/board").json()
    assert (shown["published"], shown["secret_holdout"]) == (False, True)
    (entry,) = shown["entries"]
    assert entry["team"] == "Muon Collective"
    assert entry["low"] < entry["value"] < entry["high"]
    assert entry["value"] == pytest.approx(round(entry["value"] / 0.005) * 0.005)
    chosen = client.post(f"/submissions/{number}/select", headers=header).json()
    assert chosen["selected"] is True


def test_only_a_known_token_sends_and_only_its_own_team_sees(judge, client):
    upload = prediction_file(judge, answers(judge))
    assert client.post(SUBMISSIONS, content=upload).status_code == 401
    assert client.post(SUBMISSIONS, content=upload, headers={"Authorization": "Bearer nonsense"}).status_code == 403
    mine, other = bearer(judge, add_team(judge)), bearer(judge, add_team(judge, "Boosted Tops"))
    number = client.post(SUBMISSIONS, content=upload, headers=mine).json()["submission"]
    assert client.get("/submissions", headers=other).json() == []
    assert client.get(f"/submissions/{number}", headers=other).status_code == 404
    assert client.post(f"/submissions/{number}/select", headers=other).status_code == 404


def test_demo_tokens_open_nothing_where_others_can_reach_the_server(judge, client):
    header = bearer(judge, add_team(judge), demo=True)
    assert client.get("/submissions", headers=header).status_code == 200
    with TestClient(create_api(judge.event, judge.store, loopback=False)) as public:
        answer = public.get("/submissions", headers=header)
    assert answer.status_code == 403
    assert "demo tokens" in answer.json()["detail"]


def test_a_bad_file_is_answered_with_its_problems(judge, client):
    header = bearer(judge, add_team(judge))
    upload = prediction_file(judge, answers(judge)).replace(b",0.0\n", b",nan\n", 1)
    answer = client.post(SUBMISSIONS, content=upload, headers=header)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["kind"], problem["count"]) == ("nan", 1)
    assert {"line", "id", "column", "expected", "got"} <= set(problem["examples"][0])


def test_a_file_beyond_the_limit_is_refused(judge, client):
    answer = client.post(SUBMISSIONS, content=b"x" * 2**23, headers=bearer(judge, add_team(judge)))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:physathon:upload-too-large")
    assert "expected at most 4," in answer.json()["detail"]


def test_what_does_not_exist_is_named(judge, client):
    assert "it has" in client.get("/tracks/nmr.gauss/board").json()["detail"]
    assert "no track" in client.get("/tracks/higgs.mass/board").json()["detail"]
    assert client.get("/kits/nmr.zip").status_code == 404


def test_a_kit_comes_in_parts_of_which_each_says_what_it_is_a_part_of(judge, client):
    whole = client.get("/kits/higgs.zip")
    sha256 = hashlib.sha256(whole.content).hexdigest()
    told = {"challenge": "higgs", "file": "higgs-kit.zip", "bytes": len(whole.content), "sha256": sha256}
    assert client.get("/kits/higgs").json() == told
    assert base64.b64decode(whole.headers["Repr-Digest"].split(":")[1]).hex() == sha256
    head = client.head("/kits/higgs.zip")
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)
    assert head.headers["Content-Length"] == str(len(whole.content))
    rest = client.get("/kits/higgs.zip", headers={"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]})
    assert (rest.status_code, rest.content) == (206, whole.content[1000:])
    assert rest.headers["Repr-Digest"] == whole.headers["Repr-Digest"]
    other = client.get("/kits/higgs.zip", headers={"Range": "bytes=1000-", "If-Range": '"of another kit"'})
    assert (other.status_code, other.content) == (200, whole.content)
    assert client.get("/kits/higgs.zip", headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


def test_the_kit_and_the_keys_can_be_fetched(client):
    assert client.get("/kits/higgs.zip").content[:2] == b"PK"
    assert client.get("/kits/nmr").status_code == 404
    assert b"PUBLIC KEY" in client.get("/receipts.pem").content
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/event").json()["tracks"] == ["higgs.signal"]
    assert client.get("/tracks/higgs").json()["holdout"]["secret"] is True


def test_a_team_verifies_its_receipt_by_the_key_and_its_fingerprint_alone(judge, client, tmp_path, monkeypatch, capsys):
    header = bearer(judge, add_team(judge))
    receipt = client.post(SUBMISSIONS, content=prediction_file(judge, noisy_answers(judge, 1)), headers=header).json()
    pem = client.get("/receipts.pem").content
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    fingerprint = client.get("/event").json()["key_sha256"]
    assert fingerprint == hashlib.sha256(der).hexdigest() == receipt["key"]
    key, file, other = (tmp_path / name for name in ("receipts.pem", "receipt.json", "other.pem"))
    key.write_bytes(pem)
    file.write_text(json.dumps(receipt))
    half = Ed25519PrivateKey.generate().public_key()
    other.write_bytes(half.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    monkeypatch.chdir(tmp_path)  # there is no event here
    status, said, _ = run(monkeypatch, capsys, "verify", file, "--key", key)
    assert (status, f"it is no. {receipt['submission']}" in said) == (0, True)
    status, _, said = run(monkeypatch, capsys, "verify", file, "--key", other)
    assert (status, "by which this event signs none" in said) == (1, True)
    file.write_text(json.dumps(receipt | {"team": "Boosted Tops"}))
    status, _, said = run(monkeypatch, capsys, "verify", file, "--key", key)
    assert (status, "the receipt was changed" in said) == (1, True)


def test_before_publication_no_answer_of_the_api_holds_a_raw_score(judge, client):
    header = bearer(judge, add_team(judge))
    for seed in range(3):
        upload = prediction_file(judge, noisy_answers(judge, 1, seed))
        client.post(SUBMISSIONS, content=upload, headers=header)
    worker.work(judge, once=True)
    holdout = judge.holdout("higgs.signal")
    raw = {
        judge.score(submission, holdout, name).value
        for submission in finals.finalize(judge, "higgs.signal", early=True)
        for name in ("public", "private")
    }
    paths = ["/event", "/tracks/higgs", "/tracks/higgs/board", "/submissions", "/submissions/1", "/openapi.json"]
    text = "".join(client.get(path, headers=header).text for path in paths)
    dump = "".join(path.read_bytes().decode("latin-1") for path in judge.event.folder.glob("event.sqlite*"))
    assert len(raw) == 2
    assert not any(repr(value)[:8] in text + dump for value in raw)
    assert json.loads(client.get("/tracks/higgs").text)["published"] is False


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("get", "/nowhere", 404, "about:blank"),
        ("delete", "/event", 405, "about:blank"),
        ("get", "/tracks/nmr.gauss/board", 404, "urn:physathon:event-error"),
        ("get", "/submissions", 401, "about:blank"),
        ("get", "/submissions/0", 422, "about:blank"),
        ("post", "/tracks/higgs/check", 422, "urn:physathon:prediction-file-error"),
    ],
)
def test_every_refusal_is_a_problem_document(judge, client, method, path, status, kind):
    header = bearer(judge, add_team(judge)) if status == 422 else {}
    answer = client.request(method, path, headers=header)
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document["status"], document["type"]) == (status, status, kind)
    assert document["title"]
    assert document["detail"]


def test_what_breaks_is_told_without_what_broke(judge, monkeypatch):
    monkeypatch.setattr("leaderboard.site.api.ready_tracks", lambda event: 1 / 0)
    with TestClient(create_api(judge.event, judge.store, loopback=True), raise_server_exceptions=False) as client:
        answer = client.get("/event")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "division" not in answer.text


def test_no_file_is_read_on_the_event_loop(judge, client, monkeypatch):
    def watched(name, function):
        def watch(*arguments, **options):
            threads[name] = threading.current_thread()
            return function(*arguments, **options)

        return watch

    threads = {}
    for module, name in ((api, "public_data"), (api, "token_of"), (checking, "check_file")):
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    loop = client.portal.call(threading.current_thread)
    assert client.post("/tracks/higgs/check", content=b"x", headers=bearer(judge, add_team(judge))).status_code == 422
    assert len(threads) == 3
    assert loop not in threads.values()


@pytest.mark.parametrize(
    ("error", "status", "kind"), [(errno.ENOSPC, 507, "store-full"), (errno.EROFS, 503, "store-unwritable")]
)
def test_a_disk_that_takes_no_file_is_told_by_name_and_leaves_nothing(judge, client, monkeypatch, error, status, kind):
    def refuse(*_):
        raise OSError(error, os.strerror(error))

    header, upload = bearer(judge, add_team(judge)), prediction_file(judge, noisy_answers(judge, 1))
    with monkeypatch.context() as broken:
        broken.setattr("challenges.files.os.fsync", refuse)
        answer = client.post(SUBMISSIONS, content=upload, headers=header)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:physathon:{kind}")
    assert str(judge.event.folder) not in answer.text
    assert "Retry-After" in answer.headers
    assert client.get("/submissions", headers=header).json() == []
    assert client.post(SUBMISSIONS, content=upload, headers=header).status_code == 201


def test_its_description_tells_what_is_answered(client):
    paths = client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for operation in operations.values():
            refused = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
            assert {"404", "422", "429", "503", "507"} <= refused.keys(), path
            assert all(list(answer["content"]) == ["application/problem+json"] for answer in refused.values()), path
    assert list(paths["/kits/{challenge}.zip"]["get"]["responses"]["200"]["content"]) == ["application/zip"]


def test_a_lost_receipt_key_is_told_to_teams_in_a_sentence_and_costs_nothing(judge, client):
    header, upload = bearer(judge, add_team(judge)), prediction_file(judge, noisy_answers(judge, 1))
    key = judge.event.folder / "receipts.key"
    away = key.rename(key.with_name("away"))
    answer = client.post(SUBMISSIONS, content=upload, headers=header)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:physathon:receipt-key-error")
    assert str(judge.event.folder) not in answer.text
    away.rename(key)
    assert client.post(SUBMISSIONS, content=upload, headers=header).status_code == 201
