"""Declared circuits: asked for, read, kept, shown as declared; without one nothing of a team counts."""

import json
import zipfile

import numpy as np
import pytest
import streamlit as st
from alembic import command
from fastapi.testclient import TestClient
from sqlalchemy import text
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from baselines.rungs import Baseline, rungs
from challenges import spec
from leaderboard import cli, ghosts
from leaderboard.board.entries import board
from leaderboard.demo.play import playable
from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE
from leaderboard.intake import receipts
from leaderboard.intake.circuits import CircuitMismatch, CircuitMissing, DeclarationRefused, declare, read
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, prepare, worker
from leaderboard.kit.build import build_kit
from leaderboard.people import teams
from leaderboard.public import files
from leaderboard.site.api import create_api
from leaderboard.site.words import plain
from leaderboard.store.database import Database
from leaderboard.store.tables import AuditEntry, Circuit, Declared, Job, Submission
from scoring.predictions import id_text
from tests.leaderboard.commands import run, served
from tests.leaderboard.tabs import choose, sign_in
from tests.support import ROOT, add_team, answers, prediction_file, toy_jets

TRACK = "quantum.anomaly"
EXHIBITION = spec.load("quantum").track("anomaly").exhibition_note
CIRCUIT = (spec.load("quantum").folder / "circuit.qasm").read_bytes()
DECLARED = {"qubits": 2, "parameters": 2, "depth": 2}
FOUND = {"features": 2, "feature_names": ["x[0] to x[1]"], "parameter_names": ["theta[0] to theta[1]"]}
FOUND_IN_WORDS = "2 qubits, 2 features (x[0] to x[1]), 2 parameters (theta[0] to theta[1]), depth 2"
OTHER = CIRCUIT.replace(b"cx q[0], q[1];", b"cx q[0], q[1]; x q[0];")
TOO_MANY = CIRCUIT.replace(b"qubit[2] q", b"qubit[21] q")
TOO_MANY_SAYS = {"line": 5, "reason": "21 qubits in all, at most 20 are allowed"}


@pytest.fixture
def judge(make_judge, monkeypatch):
    """Return the judge of an event with one track that asks for circuits, and one that does not."""
    monkeypatch.setattr("challenges.quantum.simulate.simulate", toy_jets)
    return make_judge(challenges=["higgs", "quantum"], grow=with_jets)


def with_jets(judge):
    prepare.simulate(judge, "quantum")


@pytest.fixture
def client(judge):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


def jets_file(judge, seed=0) -> bytes:
    holdout = judge.holdout(TRACK)
    noise = np.random.default_rng(seed).normal(size=len(holdout.ids))
    values = holdout.targets["gluon"].to_numpy()[:, None] + noise[:, None]
    return files.predictions(id_text(holdout.ids), values, judge.event.track(TRACK)[1])


def send(judge, team, content=None, circuit=None):
    return receive(judge.event, judge.store, team, TRACK, content or jets_file(judge), "jets.csv", circuit=circuit)


def count(judge, table) -> int:
    with judge.store.read() as session:
        return session.query(table).count()


def entries(judge):
    with judge.store.read() as session:
        return board(session, TRACK)


def token(judge, team) -> str:
    with judge.store.write() as session:
        return teams.issue_token(session, team)


def bearer(judge, team) -> dict:
    return {"Authorization": f"Bearer {token(judge, team)}"}


def test_the_same_text_is_one_circuit_kept_word_for_word(judge):
    first, again = (declare(judge.event, judge.store, track, CIRCUIT) for track in (TRACK, "quantum"))
    other = declare(judge.event, judge.store, TRACK, OTHER)
    assert (again.id, again.sha256) == (first.id, first.sha256)
    assert other.sha256 != first.sha256
    with judge.store.read() as session:
        kept = session.get(Circuit, first.id)
        assert (kept.text.encode(), kept.track, kept.gates) == (CIRCUIT, TRACK, {"cx": 1, "ry": 2})
        assert vars(kept.declared) == DECLARED
        assert session.query(AuditEntry).filter_by(action="circuit declared").count() == 2


def test_a_text_that_an_earlier_reader_counted_otherwise_is_counted_anew(judge):
    circuit = declare(judge.event, judge.store, TRACK, CIRCUIT)
    with judge.store.write() as session:
        session.get(Circuit, circuit.id).parameters = 4
    assert vars(declare(judge.event, judge.store, TRACK, CIRCUIT).declared) == DECLARED
    with judge.store.read() as session:
        assert vars(session.get(Circuit, circuit.id).declared) == DECLARED


def test_without_a_declared_circuit_nothing_counts_and_the_error_says_what_to_do(judge):
    team = add_team(judge)
    with pytest.raises(CircuitMissing, match=r"quantum\.anomaly asks for a circuit.*--circuit FILE.*/circuits"):
        send(judge, team)
    with pytest.raises(CircuitMissing, match="was never declared"):
        send(judge, team, circuit="0" * 64)
    declare(judge.event, judge.store, TRACK, CIRCUIT)
    with pytest.raises(CircuitMissing, match="asks for a circuit"):
        send(judge, team)
    assert count(judge, Submission) == count(judge, Job) == 0


def test_a_track_without_circuits_takes_none(judge):
    upload = prediction_file(judge, answers(judge))
    sha256 = declare(judge.event, judge.store, TRACK, CIRCUIT).sha256
    with pytest.raises(CircuitMismatch, match=r"higgs\.signal has no circuits"):
        declare(judge.event, judge.store, "higgs.signal", CIRCUIT)
    with pytest.raises(CircuitMismatch, match=r"higgs\.signal has no circuits"):
        receive(judge.event, judge.store, add_team(judge), "higgs", upload, "a.csv", circuit=sha256)
    assert count(judge, Submission) == 0


def test_a_receipt_names_the_circuit_and_cannot_lose_it(judge):
    sha256 = declare(judge.event, judge.store, TRACK, CIRCUIT).sha256
    document = send(judge, add_team(judge), circuit=sha256)
    assert receipts.verify(json.loads(json.dumps(document)), judge.event).circuit_sha256 == sha256
    without = {key: value for key, value in document.items() if key != "circuit_sha256"}
    with pytest.raises(receipts.ReceiptError, match="changed"):
        receipts.verify(without, judge.event)


def test_a_receipt_without_a_circuit_is_what_it_always_was(judge):
    upload = prediction_file(judge, answers(judge))
    document = receive(judge.event, judge.store, add_team(judge), "higgs", upload, "a.csv")
    assert "circuit_sha256" not in document
    signed = receipts.verify(document, judge.event).signed_bytes()
    keys = {key: value for key, value in document.items() if key != "signature"}
    assert signed == json.dumps(keys, sort_keys=True, separators=(",", ":")).encode()


def test_predictions_keep_the_circuit_that_they_came_with(judge):
    team = add_team(judge)
    first, other = (declare(judge.event, judge.store, TRACK, circuit).sha256 for circuit in (CIRCUIT, OTHER))
    receipt = send(judge, team, circuit=first)
    assert send(judge, team, circuit=first) == receipt
    with pytest.raises(CircuitMismatch, match=r"no\. 1 holds these predictions, with another circuit"):
        send(judge, team, circuit=other)
    assert send(judge, team, jets_file(judge, seed=1), circuit=other)["circuit_sha256"] == other


def test_the_board_tells_declared_circuits_before_and_after_publication(judge):
    sha256 = declare(judge.event, judge.store, TRACK, CIRCUIT).sha256
    send(judge, add_team(judge), circuit=sha256)
    worker.work(judge, once=True)
    (before,) = entries(judge)
    finals.finalize(judge, TRACK, early=True)
    (after,) = finals.publish(judge, TRACK)
    assert before.declared == after.declared == Declared(**DECLARED)
    assert after.circuit == "2 qubits, 2 parameters, depth 2"


def test_ghosts_declare_what_they_run_and_a_classical_one_says_so(judge):
    class Noise:
        def predict(self, features):
            return np.random.default_rng(0).normal(size=(len(features), 1))

    train = ghosts.training_data(judge.event, "quantum.anomaly")
    quantum = Baseline("toy", "Toy circuit", "anomaly", lambda train: Noise(), declaration=CIRCUIT.decode)
    classical = rungs("quantum", "anomaly", slow=False)[-1]
    assert all(ghosts.enter(judge.event, judge.store, TRACK, rung, train) for rung in (quantum, classical))
    worker.work(judge, once=True)
    assert {entry.team: entry.circuit for entry in entries(judge)} == {
        "Toy circuit, quantum": "2 qubits, 2 parameters, depth 2",
        f"{classical.title}, quantum": "classical",
    }


def test_demo_teams_never_play_a_classical_model_where_a_circuit_is_asked_for():
    track = spec.load("quantum").track("anomaly")
    assert playable(track, rungs("quantum", "anomaly", slow=False)) == []
    assert [rung.name for rung in playable(track, rungs("quantum", "anomaly", slow=True))] == ["circuit"]
    higgs = rungs("higgs", "signal", slow=True)
    assert playable(spec.load("higgs").track("signal"), higgs) == [rung for rung in higgs if not rung.slow]


def test_the_api_takes_a_circuit_and_then_predictions(judge, client):
    header = bearer(judge, add_team(judge))
    assert client.get(f"/tracks/{TRACK}").json()["circuit"] == {"qubits": 20}
    assert client.get("/tracks/higgs").json()["circuit"] is None
    answer = client.post(f"/tracks/{TRACK}/circuits", content=CIRCUIT, headers=header)
    sha256 = answer.json()["sha256"]
    assert (answer.status_code, answer.json()) == (201, {"sha256": sha256, **DECLARED, **FOUND})
    key = header | {"Idempotency-Key": "one"}
    once, again = (client.post(f"/tracks/{TRACK}/circuits", content=CIRCUIT, headers=key) for _ in range(2))
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (once.json(), "true")
    other = client.post(f"/tracks/{TRACK}/circuits", content=OTHER, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:physathon:key-used")
    submissions, upload = f"/tracks/{TRACK}/submissions", jets_file(judge)
    missing = client.post(submissions, content=upload, headers=header)
    assert (missing.status_code, missing.json()["type"]) == (422, "urn:physathon:circuit-missing")
    receipt = client.post(submissions, content=upload, headers=header, params={"circuit": sha256}).json()
    assert receipt["circuit_sha256"] == sha256
    worker.work(judge, once=True)
    (entry,) = client.get(f"/tracks/{TRACK}/board").json()["entries"]
    assert entry["declared"] == client.get("/submissions", headers=header).json()[0]["declared"] == DECLARED


def test_only_teams_declare_and_only_where_circuits_are_asked_for(judge, client):
    header = bearer(judge, add_team(judge))
    assert client.post(f"/tracks/{TRACK}/circuits", content=CIRCUIT).status_code == 401
    answer = client.post("/tracks/higgs.signal/circuits", content=CIRCUIT, headers=header)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:physathon:circuit-mismatch")
    assert count(judge, Circuit) == 0


HOSTILE = {
    "nothing": b"",
    "not text": b"\xff\xfe\x00",
    "another language": b"import os; os.system('true')",
    "a file of the server": CIRCUIT.replace(b"stdgates.inc", b"/etc/passwd"),
    "a deep nest": CIRCUIT + b"rx(" + b"(" * 50_000 + b") q[0];",
    "a pragma": CIRCUIT + b"#pragma physathon",
    "an endless loop": CIRCUIT + b"while (true) x q[0];",
    "too many qubits": TOO_MANY,
    "another version": CIRCUIT.replace(b"3.0", b"2.0"),
    "UTF-16": CIRCUIT.decode().encode("utf-16"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_answered_with_lines_and_reasons_and_leaves_nothing(judge, client, hostile):
    answer = client.post(f"/tracks/{TRACK}/circuits", content=hostile, headers=bearer(judge, add_team(judge)))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:physathon:declaration-refused")
    assert all(problem["line"] >= 1 and problem["reason"] for problem in answer.json()["problems"])
    assert answer.json()["problems"]
    assert count(judge, Circuit) == 0
    with pytest.raises(DeclarationRefused):
        declare(judge.event, judge.store, TRACK, hostile)


def test_a_text_beyond_the_limit_is_refused(judge, client):
    header = bearer(judge, add_team(judge))
    answer = client.post(f"/tracks/{TRACK}/circuits", content=b"/" * 2**24, headers=header)
    assert answer.status_code == 413
    assert "at most 65,536 bytes" in answer.json()["detail"]


@pytest.fixture
def through_cli(judge, monkeypatch, tmp_path, capsys):
    """Yield a function that submits two files as the command line does."""

    (tmp_path / "jets.csv").write_bytes(jets_file(judge))
    monkeypatch.setenv("PHYSATHON_TOKEN", token(judge, add_team(judge)))

    def submit(circuit: bytes | None):
        options = []
        if circuit is not None:
            (tmp_path / "circuit.qasm").write_bytes(circuit)
            options = ["--circuit", str(tmp_path / "circuit.qasm")]
        arguments = ["submit", tmp_path / "jets.csv", "--track", TRACK, "--url", address, "--json", *options]
        return run(monkeypatch, capsys, "client", *arguments)

    with served(judge) as address:
        yield submit


def test_the_command_line_declares_then_sends_and_prints_what_is_wrong(judge, through_cli):
    status, _, error = through_cli(TOO_MANY)
    assert (status, "line 5: 21 qubits in all, at most 20 are allowed" in error) == (1, True)
    status, _, error = through_cli(None)
    assert (status, "--circuit FILE" in error) == (1, True)
    assert count(judge, Submission) == 0
    status, receipt, _ = through_cli(CIRCUIT)
    assert status == 0
    assert receipts.verify(json.loads(receipt), judge.event).circuit_sha256 == read(judge.event, TRACK, CIRCUIT).sha256
    worker.work(judge, once=True)
    shown = CliRunner().invoke(cli.app, ["board", TRACK, "--event", str(judge.event.folder)], env={"COLUMNS": "200"})
    assert "circuit (declared)" in shown.output
    assert "2 qubits, 2 parameters, depth 2" in shown.output
    assert "verified" not in shown.output.lower()
    higgs = CliRunner().invoke(cli.app, ["board", "higgs", "--event", str(judge.event.folder)])
    assert "circuit" not in higgs.output


def test_a_circuit_is_checked_without_a_server(judge, tmp_path):
    files = {"jets.csv": jets_file(judge), "good.qasm": CIRCUIT, "bad.qasm": TOO_MANY}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    common = ["check", str(tmp_path / "jets.csv"), "--track", TRACK, "--event", str(judge.event.folder), "--circuit"]
    good = CliRunner().invoke(cli.app, [*common, str(tmp_path / "good.qasm")], env={"COLUMNS": "200"})
    assert (good.exit_code, FOUND_IN_WORDS in good.output) == (0, True)
    bad = CliRunner().invoke(cli.app, [*common, str(tmp_path / "bad.qasm")])
    assert bad.exit_code == 1
    assert [vars(problem) for problem in bad.exception.problems] == [TOO_MANY_SAYS]
    assert count(judge, Circuit) == 0


def test_a_circuit_as_qiskit_names_things_is_declared_word_for_word(judge, client):
    text = CIRCUIT.decode().replace("input array[float[64], 2] x;", "input float[64] _x_0_;\ninput float[64] _x_1_;")
    text = "\ufeff" + text.replace("theta", "θ").replace("x[0]", "_x_0_").replace("x[1]", "_x_1_")
    answer = client.post(
        f"/tracks/{TRACK}/circuits", content=text.replace("\n", "\r\n").encode(), headers=bearer(judge, add_team(judge))
    ).json()
    assert answer["feature_names"] == ["_x_0_", "_x_1_"]
    assert answer["parameter_names"] == ["θ[0] to θ[1]"]
    with judge.store.read() as session:
        kept = session.query(Circuit).one().text
    assert kept == text.replace("\n", "\r\n")


def about(app: AppTest, track: str) -> AppTest:
    app.query_params["track"] = track
    return app.run()


@pytest.fixture
def submit_page(judge, monkeypatch):
    """Return a team's submit page, signed in, on the track that asks for circuits."""
    st.cache_resource.clear()
    monkeypatch.setenv(EVENT_VARIABLE, str(judge.event.folder))
    monkeypatch.setenv(LOOPBACK_VARIABLE, "1")
    team = add_team(judge)
    sign_in(judge, team, monkeypatch)
    app = AppTest.from_file(ROOT / "leaderboard/site/app.py", default_timeout=30).run()
    yield about(app.switch_page("pages/submit.py"), TRACK), team
    st.cache_resource.clear()


def all_text(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(
        element.proto.body if element.type == "html" else str(getattr(element, "value", "")) for element in app.main
    )


def may_submit(app: AppTest) -> bool:
    return any(button.label == "Submit" for button in app.button)


def test_the_page_asks_for_the_circuit_too_and_tells_it_as_declared(judge, submit_page):
    app, team = submit_page
    assert "Without a circuit nothing can be sent" in all_text(app)
    choose(app, judge, team, TRACK, "predictions", jets_file(judge), "jets.csv")
    assert "at most 20 qubits" in all_text(app)
    assert not may_submit(app)
    choose(app, judge, team, TRACK, "circuit", CIRCUIT.replace(b"cx q", b"<script> q"), "<b>.qasm")
    assert '<td class="number">9</td><td class="">not OpenQASM 3 at &#x27;&lt;&#x27;</td>' in all_text(app)
    assert r"\<b\>" in all_text(app)
    assert not may_submit(app)
    choose(app, judge, team, TRACK, "circuit", CIRCUIT, "circuit.qasm")
    assert plain(FOUND_IN_WORDS) in all_text(app)
    next(button for button in app.button if button.label == "Submit").click().run()
    shown = all_text(app)
    assert read(judge.event, TRACK, CIRCUIT).sha256 in shown
    app.switch_page("pages/team.py").run()
    shown = all_text(about(app, TRACK))
    assert '<td class="spare">2 qubits, 2 parameters, depth 2</td>' in shown
    assert 'href="/api/v1/submissions/1/circuit"' in shown
    worker.work(judge, once=True)
    app.switch_page("pages/board.py").run()
    shown = all_text(about(app, TRACK))
    assert "Circuit (declared)" in shown
    assert "not that the scores came from it" in shown
    assert "verified" not in shown.lower()
    assert EXHIBITION in shown
    app.switch_page("pages/challenge.py").run()
    assert plain(EXHIBITION) in all_text(about(app, TRACK))


def test_other_tracks_have_one_upload_and_no_such_column(judge, submit_page):
    app = about(submit_page[0], "higgs.signal")
    assert len(app.get("bidi_component")) == 1
    assert "ircuit" not in all_text(app)


def test_the_kit_carries_a_circuit_that_may_be_declared(judge):
    with zipfile.ZipFile(build_kit(judge.event, "quantum")) as archive:
        example = archive.read("quantum/circuit.qasm")
        about = archive.read("quantum/README.md").decode()
    assert vars(declare(judge.event, judge.store, TRACK, example).declared) == DECLARED
    assert f"```\n{example.decode()}```" in about
    assert "at most 20 qubits, declared in OpenQASM 3 as in `circuit.qasm`" in about
    assert EXHIBITION in about


def test_an_exhibition_is_called_one_wherever_its_board_is_shown(judge, client):
    assert client.get(f"/tracks/{TRACK}").json()["exhibition"] == spec.load("quantum").track("anomaly").exhibition
    assert client.get("/tracks/higgs").json()["exhibition"] == ""
    result = CliRunner().invoke(cli.app, ["board", "--event", str(judge.event.folder)])
    assert " ".join(result.output.split()).count(EXHIBITION) == 1


def test_an_event_from_before_keeps_its_submissions(tmp_path, monkeypatch):
    database, upgrade = Database(f"sqlite:///{tmp_path / 'old.sqlite'}", "event"), command.upgrade
    with monkeypatch.context() as before:
        before.setattr(command, "upgrade", lambda config, _: upgrade(config, "event_0002"))
        database.migrate()
    at = "2026-01-01 00:00:00"
    with database.write() as session:
        session.execute(text(f"INSERT INTO teams VALUES (1, 'Muon Collective', 'team', '{at}')"))
        session.execute(text(f"INSERT INTO submissions VALUES (7, 1, '{TRACK}', '', '', '', '{at}', 'queued', 0)"))
        session.execute(text(f"INSERT INTO jobs VALUES (1, 7, 'public', 'queued', 0, NULL, NULL, NULL, '{at}', NULL)"))
    database.migrate()
    with database.read() as session:
        assert session.get(Submission, 7).declared is None
        assert session.get(Job, 1).submission_id == 7
    database.close()


def test_no_module_of_the_leaderboard_names_a_challenges_reader():
    for path in (ROOT / "leaderboard").rglob("*.py"):
        assert "challenges.quantum" not in path.read_text("utf-8"), path
