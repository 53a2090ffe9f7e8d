"""What `physathon submit` sends, and what it says when the address, the token or the answer is not as it should be."""

import json
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from leaderboard import cli
from leaderboard.cli.common import errors
from leaderboard.people import teams
from leaderboard.people.teams import tidy
from leaderboard.site.problems import problem
from tests.support import add_team, free_port

TOKEN = teams.PREFIX + "aZ09_-" * 7
RECEIPT = {"submission": 1, "signature": "x"}
TOLD = [{"id": 3, "text": "Pizza \x1b[31m[b]here[/b]", "unread": True}, {"id": 2, "text": "Buses", "unread": False}]


@contextmanager
def service(status: int, content: bytes, **headers: str):
    """Yield the address of a server that answers everything sent alike, and the list of what that was.

    Asked for announcements it has two, of which one was not read.
    """
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["Authorization"], body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"announcements": TOLD}).encode())

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def submit(tmp_path, monkeypatch, capsys):
    """Return a function that submits a file by the command line: status, what it printed, what it complained of."""

    def run(url: str, token: str = TOKEN, name: str = "scores.csv", more: Sequence[str] = ()) -> tuple[int, str, str]:
        (tmp_path / name).write_bytes(b"id,score\n")
        arguments = ["submit", str(tmp_path / name), "--track", "higgs.signal", "--token", token, "--url", url, *more]
        monkeypatch.setattr(sys, "argv", ["physathon", *arguments])
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        for secret in (token, tidy(token)):
            assert not secret or secret not in said.out + said.err
        assert "Traceback" not in said.err
        return status, said.out, " ".join(said.err.split())

    return run


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        TOKEN + "\r",
        TOKEN + "\r\n",
        f"  {TOKEN}\t",
        f'"{TOKEN}"',
        f"'{TOKEN}'\n",
        f"“{TOKEN}”",
        f"„{TOKEN}“",
        f"«\xa0{TOKEN}\xa0»",
        f"\ufeff{TOKEN}\u200b",
        f"{TOKEN[:9]}\u200d{TOKEN[9:]}",
    ],
)
def test_what_comes_along_with_a_copied_token_is_left_away(submit, token):
    with service(201, json.dumps(RECEIPT).encode(), Content_Type="application/json") as (url, seen):
        status, out, _ = submit(url, token)
    assert (status, json.loads(out)) == (0, RECEIPT)
    assert seen == [("/api/v1/tracks/higgs.signal/submissions?filename=scores.csv", f"Bearer {TOKEN}", b"id,score\n")]


def test_what_the_organiser_said_meanwhile_is_told_beside_the_receipt(submit, monkeypatch):
    with service(201, json.dumps(RECEIPT).encode(), Content_Type="application/json") as (url, seen):
        status, out, error = submit(url)
        assert (status, json.loads(out), len(seen)) == (0, RECEIPT, 1)
        assert error == "The organiser says: Pizza [31m[b]here[/b]"
        monkeypatch.setattr(type(errors), "is_terminal", True)
        assert "Pizza" in submit(url)[2]
    assert [path for path, *_ in seen[2:]] == ["/api/v1/announcements/3/read"]


@pytest.mark.parametrize(
    "token", ["physathon_a b", "physathon_a–b", "physathon_ä", "physathon_\udcff", "Bearer x", "“”"]
)
def test_what_is_no_token_is_not_sent(submit, token):
    with service(201, json.dumps(RECEIPT).encode()) as (url, seen):
        status, _, error = submit(url, token)
    assert (status, seen) == (1, [])
    assert "this is no token: one has letters, digits, _ and - alone" in error


def test_the_page_and_the_api_leave_the_same_away(judge):
    team = add_team(judge)
    with judge.store.write() as session:
        token = teams.issue_token(session, team)
    with judge.store.read() as session:
        assert teams.token_of(session, f"“{token}\u200b”\r\n").team_id == team.id
        for unknown in ("", "\udcff", "“”", token[:-1]):
            with pytest.raises(teams.TokenRefused, match="not known here"):
                teams.token_of(session, unknown)


def test_a_token_is_sent_whatever_netrc_knows_of_the_host(submit, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with service(201, json.dumps(RECEIPT).encode()) as (url, seen):
        assert submit(url)[0] == 0
    assert seen[0][1] == f"Bearer {TOKEN}"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
def test_a_file_name_that_is_not_utf8_is_sent_as_text(submit):
    with service(201, json.dumps(RECEIPT).encode()) as (url, seen):
        status, _, _ = submit(url, name="scores \udce9.csv")
    assert status == 0
    assert parse_qs(urlsplit(seen[0][0]).query) == {"filename": ["scores \N{REPLACEMENT CHARACTER}.csv"]}


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8501",
        "127.0.0.1:8501",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:eight",
        "http://127.0.0.1:99999",
        "http://[::1",
        "http://me:secret@127.0.0.1",
        "http://127.0.0.1/?x=1",
        "http://127.0.0.1\n",
        "",
    ],
)
def test_what_is_no_address_is_called_so(submit, url):
    status, _, error = submit(url)
    assert status == 1
    assert "--url wants an address such as http://127.0.0.1:8501, got" in error


def test_an_address_where_nobody_is_gets_a_sentence(submit):
    status, _, error = submit(f"http://127.0.0.1:{free_port()}")
    assert status == 1
    assert "Connection refused; is the event served there?" in error


def test_a_name_that_nobody_knows_gets_a_sentence(submit, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    status, _, error = submit("http://nowhere.invalid")
    assert status == 1
    assert error.endswith(
        "no answer from http://nowhere.invalid: Name or service not known; is the event served there?"
    )


def test_tls_is_not_asked_of_a_server_that_has_none(submit):
    with service(201, b"{}") as (url, seen):
        status, _, error = submit(url.replace("http:", "https:"))
    assert (status, seen) == (1, [])
    assert "perhaps the address begins with http://" in error


@pytest.mark.parametrize(
    ("status", "content", "headers", "says"),
    [
        (200, b"<!DOCTYPE html><html></html>", {"Content_Type": "text/html"}, "answers 200 (OK), and not as an event"),
        (200, b"", {}, "answers 200 (OK), and not as an event"),
        (404, b"<html>not here</html>", {"Content_Type": "text/html"}, "answers 404 (Not Found), and not as an event"),
        (413, b"too large", {}, "answers 413 ("),
        (200, b'{"status": "ok"}', {"Content_Type": "application/json"}, "answers 200 (OK), and not as an event"),
        (200, b'["signature"]', {"Content_Type": "application/json"}, "answers 200 (OK), and not as an event"),
        (401, b'{"detail": "shh"}', {"Content_Type": "application/json"}, "answers 401 (Unauthorized), and not as an"),
        (422, b'{"detail": [1]}', {"Content_Type": "application/problem+json"}, "answers 422 (Unprocessable"),
        (599, b'{"detail": ', {"Content_Type": "application/problem+json"}, "answers 599, and not as an event"),
        (
            307,
            b"",
            {"Location": "https://elsewhere.example/api"},
            "leads on to https://elsewhere.example, where nothing",
        ),
        (303, b"", {"Location": "/login"}, "leads on to another page of its own, where nothing was sent"),
    ],
)
def test_what_is_no_event_is_called_so_and_not_believed(submit, status, content, headers, says):
    with service(status, content, **headers) as (url, seen):
        code, _, error = submit(url)
    assert (code, len(seen)) == (1, 1)
    assert says in error
    assert "shh" not in error


def test_a_service_that_repeats_what_it_was_sent_is_not_repeated(submit):
    echo = json.dumps({"headers": {"Authorization": f"Bearer {TOKEN}"}}).encode()
    with service(400, echo, Content_Type="application/json") as (url, _):
        code, _, error = submit(url)
    assert (code, "answers 400 (Bad Request)" in error) == (1, True)


def test_what_the_event_refuses_is_said_in_its_own_words(submit):
    answer = problem(409, "toy closed at noon")
    with service(409, answer.body, Content_Type=answer.media_type) as (url, _):
        code, _, error = submit(url)
    assert (code, "toy closed at noon" in error) == (1, True)
