"""A served event tells Prometheus figures and its log lines of JSON, and neither whom they are about."""

import json
import logging
import os
import subprocess
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from leaderboard import logs
from leaderboard.event import EventError
from leaderboard.people import members
from leaderboard.people.teams import issue_token
from leaderboard.serve import place_of
from leaderboard.site.counted import NUMBER
from tests.leaderboard.test_serve import answers, eventually
from tests.support import ROOT, add_team, free_port, noisy_answers, prediction_file, toy_event

TRACK, TEAM, MEMBER = "higgs.signal", "Muon Collective", "Ada Lovelace"
PLANTED = {
    "wrong token": "physathon_wRongTokenWrongToken0123456789",
    "cookie": "cookieOfSomebody0123",
    "code": "KODE7KODE7",
    "in the path": "secretInAPath",
    "in the query": "secretInAQuery",
    "agent": "agentOfSomebody",
}


def ask(address: str, path: str, data: bytes | None = None, **headers: str) -> tuple[int, dict, str]:
    request = urllib.request.Request(
        address + path, data, {name.replace("_", "-"): said for name, said in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read().decode()


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> SimpleNamespace:
    """Serve an event to which a team sends a file, and others what is nobody's business; return what came of it."""
    folder = tmp_path_factory.mktemp("counted")
    with toy_event(folder / "event") as judge:
        team = add_team(judge, TEAM)
        with judge.store.write() as session:
            member = members.add_member(session, judge.event, team, MEMBER)
            token = issue_token(session, team, member=member)
        file = prediction_file(judge, noisy_answers(judge, 1.0))
    port, metrics = free_port(), free_port()
    address, figures = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics"
    command = [sys.executable, "-m", "leaderboard", "serve", "--event", str(folder / "event"), "--port", str(port)]
    with (folder / "log").open("w") as log, (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [*command, "--metrics", str(metrics)],
            cwd=ROOT,
            stderr=log,
            stdout=said,
            env=os.environ | {"PHYSATHON_LOG": "json"},
        )
    try:
        eventually(lambda: answers(address), folder / "log")
        sent = ask(address, f"/api/v1/tracks/{TRACK}/submissions?filename=a.csv", file, Authorization=f"Bearer {token}")
        assert sent[0] == 201, sent
        ask(address, "/api/v1/submissions", Authorization=f"Bearer {PLANTED['wrong token']}")
        ask(address, f"/{PLANTED['in the path']}", Cookie=f"physathon={PLANTED['cookie']}")
        ask(
            address, f"/api/v1/tracks/{PLANTED['in the path']}?x={PLANTED['in the query']}", User_Agent=PLANTED["agent"]
        )
        ask(address, "/join", f"code={PLANTED['code']}".encode(), Content_Type="application/x-www-form-urlencoded")
        ready = ask(address, "/api/v1/ready")

        def told() -> str:
            return ask(figures, "")[2]

        eventually(lambda: 'physathon_files{state="scored"} 1.0' in told(), folder / "log")
        kept = SimpleNamespace(figures=told(), ready=ready, sent=sent, token=token)
    finally:
        process.terminate()
        process.wait(20)
    kept.log = (folder / "log").read_text()
    return kept


def test_no_line_and_no_figure_tells_about_whom_it_is(served):
    secrets = {**PLANTED, "token": served.token, "team": TEAM, "member": MEMBER, "address": "127.0.0.1"}
    assert [what for what, secret in secrets.items() if secret in served.log + served.figures] == []


def test_every_event_is_a_line_of_json_and_a_request_is_found_by_its_number(served):
    lines = [json.loads(line) for line in served.log.splitlines()]
    assert {line["process"] for line in lines} == {"serve", "web", "judge"}
    number = served.sent[1][NUMBER.lower()]
    (found,) = [line for line in lines if line.get("request") == number]
    assert (found["what"], found["method"], found["status"]) == ("request", "POST", 201)
    assert found["route"] == "/api/v1/tracks/{track}/submissions"
    (judged,) = [line for line in lines if line["what"] == "judged"]
    assert (judged["submission"], judged["track"], judged["process"]) == (1, TRACK, "judge")


def test_figures_tell_requests_by_route_and_the_event_by_its_tables(served):
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(served.figures)
        for one in family.samples
    }
    assert found["physathon_requests_total", "POST", "/api/v1/tracks/{track}/submissions", "201"] == 1
    assert found["physathon_requests_total", "GET", "other", "404"] == 1
    assert found["physathon_request_seconds_count", "/api/v1/tracks/{track}/submissions"] == 1
    assert found["physathon_files", "scored"] == found["physathon_jobs", "done"] == found["physathon_teams",] == 1
    assert found["physathon_oldest_waiting_seconds",] == found["physathon_open_pages",] == 0
    assert (
        found["physathon_alive", "judge"] == found["physathon_alive", "web"] == found["physathon_tables_readable",] == 1
    )
    assert found["physathon_heartbeat_age_seconds", "judge"] < 20
    assert found["physathon_disk_free_bytes", "judge"] > 0
    assert found["physathon_health", "queue"] == 0
    assert found["physathon_database_seconds_count", "write"] > 0


def test_a_web_process_is_ready_where_database_files_and_disk_are(served):
    status, _, text = served.ready
    said = json.loads(text)
    assert (status, said["status"]) == (200, "ready")
    assert set(said) == {"status", "judge", "time"}


def test_metrics_are_asked_for_by_a_port():
    for wrong in ("", "loopback", "127.0.0.1", "0", "127.0.0.1:70000", "²"):
        with pytest.raises(EventError, match="expected PORT"):
            place_of(wrong)


def test_an_error_is_told_by_its_kind_and_its_lines_and_not_by_what_it_says():
    def fail() -> None:
        try:
            raise KeyError(TEAM)
        except KeyError as error:
            raise RuntimeError(f"no room for {MEMBER}") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    record = logging.LogRecord("streamlit", logging.ERROR, "", 0, f"{MEMBER!r} of 2001:db8::17", (), None)
    record.exc_info = (caught.type, caught.value, caught.tb)
    line = json.loads(logs.Lines("web").format(record))
    assert line["what"] == "... of ..."
    assert (line["error"], line["because"]) == ("RuntimeError", ["KeyError"])
    assert line["where"][-1].startswith("tests/leaderboard/test_counted.py:")
    assert not any(name in json.dumps(line) for name in (TEAM, MEMBER))


def test_what_is_said_as_an_object_is_told_by_its_kind():
    record = logging.LogRecord("any", logging.ERROR, "", 0, ValueError(MEMBER), (), None)
    assert json.loads(logs.Lines("judge").format(record))["what"] == "ValueError"


def test_the_log_is_text_unless_json_is_asked_for(monkeypatch):
    monkeypatch.delenv(logs.LOG_VARIABLE, raising=False)
    assert not logs.start("web")
    monkeypatch.setenv(logs.LOG_VARIABLE, "yaml")
    with pytest.raises(ValueError, match="expected json or text in PHYSATHON_LOG, got 'yaml'"):
        logs.start("web")
