"""What the kits' submit.py sends, and what it says when the address, the token or the answer is not as it should be."""

import ast
import hashlib
import json
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from leaderboard.kit import submit as client
from leaderboard.people import teams
from leaderboard.people.teams import tidy
from leaderboard.site.problems import problem
from tests.leaderboard.commands import run
from tests.support import add_team, free_port

TOKEN = teams.PREFIX + "aZ09_-" * 7
RECEIPT = {"submission": 1, "signature": "x"}
KIT = bytes(range(256)) * 4000
TAKEN = 201, json.dumps(RECEIPT).encode(), {"Content-Type": "application/json"}


@contextmanager
def service(*answers: tuple[int, bytes, dict[str, str]]):
    """Yield the address of a server that gives these answers in turn, the last for ever, and what it was asked.

    An answer of status 0 is none: the connection breaks.
    """
    seen, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.path, self.headers["Authorization"], body, dict(self.headers)))
            status, content, headers = left[0] if len(left) == 1 else left.pop(0)
            if status:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            self.close_connection = True

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """Return the pauses that the client makes, none of which takes any time."""
    made = []
    monkeypatch.setattr(client.time, "sleep", made.append)
    return made


@pytest.fixture
def submit(tmp_path, monkeypatch, capsys, pauses):
    """Return a function that submits a file by the command line: status, what it printed, what it complained of."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def submitted(
        url: str, token: str = TOKEN, name: str = "scores.csv", more: Sequence[str] = ()
    ) -> tuple[int, str, str]:
        (tmp_path / name).write_bytes(b"id,score\n")
        monkeypatch.setenv("PHYSATHON_TOKEN", token)
        arguments = ["submit", tmp_path / name, "--track", "higgs.signal", "--url", url, "--json", *more]
        status, out, error = run(monkeypatch, capsys, "client", *arguments)
        for secret in (token, tidy(token)):
            assert not secret or secret not in out + error
        assert "Traceback" not in error
        return status, out, error

    return submitted


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
    with service(TAKEN) as (url, seen):
        status, out, _ = submit(url, token)
    assert (status, json.loads(out)) == (0, RECEIPT)
    ((path, bearer, body, headers),) = seen
    assert path == "/api/v1/tracks/higgs.signal/submissions?filename=scores.csv"
    assert (bearer, body, headers["Content-Type"]) == (f"Bearer {TOKEN}", b"id,score\n", "application/octet-stream")


def test_the_receipt_is_kept_beside_the_file_and_news_are_counted(submit, tmp_path):
    status, content, headers = TAKEN
    with service((status, content, {**headers, "Physathon-Unread": "2\x1b[31m"})) as (url, _):
        _, _, error = submit(url)
    assert "2[31m announcements or answers are new: `physathon client announcements` shows them" in error
    assert json.loads((tmp_path / "scores.csv.receipt-1.json").read_bytes()) == RECEIPT


@pytest.mark.parametrize(
    "token", ["physathon_a b", "physathon_a–b", "physathon_ä", "physathon_\udcff", "Bearer x", "“”"]
)
def test_what_is_no_token_is_not_sent(submit, token):
    with service(TAKEN) as (url, seen):
        status, _, error = submit(url, token)
    assert (status, seen) == (2, [])
    assert "this is no token: one has letters, digits, _ and - alone" in error


def test_the_client_the_page_and_the_api_leave_the_same_away(judge):
    team = add_team(judge)
    assert client.AROUND.strip(teams.AROUND) == teams.AROUND.strip(client.AROUND) == ""
    with judge.store.write() as session:
        token = teams.issue_token(session, team)
    with judge.store.read() as session:
        assert teams.token_of(session, f"“{token}\u200b”\r\n").team_id == team.id
        for unknown in ("", "\udcff", "“”", token[:-1]):
            with pytest.raises(teams.TokenRefused, match="not known here"):
                teams.token_of(session, unknown)


def test_a_token_is_sent_whatever_netrc_and_proxies_say_of_this_machine(submit, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with service(TAKEN) as (url, seen):
        assert submit(url)[0] == 0
    assert seen[0][1] == f"Bearer {TOKEN}"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
def test_a_file_name_that_is_not_utf8_is_sent_as_text(submit):
    with service(TAKEN) as (url, seen):
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
    ],
)
def test_what_is_no_address_is_called_so(submit, url):
    status, _, error = submit(url)
    assert status == 2
    assert "--url wants an address such as http://127.0.0.1:8501, got" in error


def test_an_address_where_nobody_is_gets_a_sentence_after_longer_and_longer_pauses(submit, pauses):
    status, _, error = submit(f"http://127.0.0.1:{free_port()}")
    assert status == 1
    assert error.endswith("Connection refused; is the event served there?")
    assert len(pauses) == client.TRIES - 1
    assert all(2**tries / 2 <= pause <= 2**tries for tries, pause in enumerate(pauses))


def test_a_name_that_nobody_knows_gets_a_sentence(submit, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    status, _, error = submit("http://nowhere.invalid")
    assert status == 1
    assert error.endswith(
        "no answer from http://nowhere.invalid: Name or service not known; is the event served there?"
    )


def test_tls_is_not_asked_of_a_server_that_has_none(submit, pauses):
    with service(TAKEN) as (url, seen):
        status, _, error = submit(url.replace("http:", "https:"))
    assert (status, seen, pauses) == (1, [], [])
    assert "perhaps its address begins with http://" in error


JSON, PROBLEM = {"Content-Type": "application/json"}, {"Content-Type": "application/problem+json"}


@pytest.mark.parametrize(
    ("status", "content", "headers", "says"),
    [
        (200, b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"}, "answers 200, and not as an event"),
        (200, b"", {}, "answers 200, and not as an event"),
        (404, b"<html>not here</html>", {"Content-Type": "text/html"}, "answers 404, and not as an event"),
        (413, b"too large", {}, "answers 413, and"),
        (200, b'{"status": "ok"}', JSON, "answers 200, and not as an event"),
        (200, b'["signature"]', JSON, "answers 200, and not as an event"),
        (200, b"[" * 100_000, JSON, "answers 200, and not as an event"),
        (401, b'{"detail": "shh"}', JSON, "answers 401, and not as an"),
        (422, b'{"detail": [1]}', PROBLEM, "answers 422, and"),
        (599, b'{"detail": ', PROBLEM, "answers 599, and not as an event"),
        (
            307,
            b"",
            {"Location": "https://elsewhere.example/api"},
            "leads on to https://elsewhere.example, where nothing",
        ),
        (303, b"", {"Location": "/login"}, "leads on to another page of its own, where nothing was sent"),
        (400, json.dumps({"Authorization": f"Bearer {TOKEN}"}).encode(), JSON, "answers 400, and not as an event"),
    ],
)
def test_what_is_no_event_is_called_so_and_not_believed(submit, status, content, headers, says):
    with service((status, content, headers)) as (url, seen):
        code, _, error = submit(url)
    assert (code, len(seen)) == (1, 1)
    assert says in error
    assert "shh" not in error


def refusal(status: int, detail: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    return status, bytes(problem(status, detail).body), {**PROBLEM, **headers}


def test_what_the_event_refuses_is_said_in_its_own_words_with_what_to_do(submit):
    with service(refusal(409, "toy closed at noon")) as (url, _):
        code, _, error = submit(url)
    assert (code, error) == (1, "toy closed at noon")
    with service(refusal(401, "send a token")) as (url, _):
        assert "send a token `physathon client login` keeps your team's token" in submit(url)[2]


def test_what_fails_in_passing_is_sent_again_with_the_same_key(submit, pauses):
    busy, broken = refusal(503, "busy", **{"Retry-After": "5"}), (0, b"", {})
    with service(busy, broken, (502, b"<html>", {}), refusal(500, "it broke"), TAKEN) as (url, seen):
        status, out, error = submit(url)
    assert (status, json.loads(out), len(seen)) == (0, RECEIPT, 5)
    assert len({headers["Idempotency-Key"] for *_, headers in seen}) == 1
    assert (pauses[0], len(pauses)) == (5, 4)
    assert "busy; trying again in 5 s" in error


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}, {"Retry-After": "Wed, 21 Oct"}])
def test_a_quota_that_is_used_up_is_not_waited_for(submit, pauses, headers):
    with service(refusal(429, "used up", **headers)) as (url, seen):
        assert submit(url)[0] == 1
    assert (len(seen), pauses) == (1, [])


def test_a_question_arrives_once(pauses):
    asked = 201, b'{"number": 1}', JSON
    with service(refusal(503, "busy"), asked) as (url, seen):
        event = client.Event(url)
        assert event.ask("POST", "questions", wanted="number", once=True) == {"number": 1}
    with service((0, b"", {}), asked) as (url, seen), pytest.raises(client.ClientError, match="no answer from"):
        client.Event(url).ask("POST", "questions", wanted="number", once=True)
    assert len(seen) == 1


def page_of(rows: list[dict], leads_on: str = "", items: str = "") -> tuple[int, bytes, dict[str, str]]:
    document = {items: rows, "published": None} if items else rows
    return 200, json.dumps(document).encode(), {"Link": f'<{leads_on}>; rel="next"'} if leads_on else {}


@pytest.mark.parametrize("items", ["", "entries"])
def test_a_list_of_several_pages_is_read_to_its_end_and_from_this_event_alone(pauses, items):
    rows, place = [{"number": one} for one in range(5)], "/api/v1/questions"
    answers = (
        page_of(rows[:2], f"{place}?limit=2&after=7", items),
        (503, b"", {}),
        page_of(rows[2:4], "https://elsewhere.example/api/v1/questions?limit=2&after=9", items),
        page_of(rows[4:], "", items),
    )
    with service(*answers) as (url, seen):
        found = client.Event(url, TOKEN).whole("questions", wanted=items or "number", items=items)
    assert (found[items] if items else found) == rows
    assert [path for path, *_ in seen] == [place, *[f"{place}?limit=2&after=7"] * 2, f"{place}?limit=2&after=9"]


@pytest.mark.parametrize("rows", [[], [{"number": 1}]])
def test_a_list_that_leads_back_to_itself_ends(pauses, rows):
    with service(page_of(rows, "/api/v1/questions?after=1")) as (url, seen):
        assert client.Event(url).whole("questions", wanted="number") == rows * len(seen)
    assert len(seen) == 2


def test_a_download_goes_on_where_it_broke_off_and_is_compared(tmp_path, monkeypatch, capsys, pauses):
    monkeypatch.chdir(tmp_path)
    digest = hashlib.sha256(KIT).hexdigest()
    known = 200, json.dumps({"challenge": "higgs", "bytes": len(KIT), "sha256": digest}).encode(), JSON
    cut = 200, KIT[:300_000], {"Content-Length": str(len(KIT))}
    rest = 206, KIT[300_000:], {}
    with service(known, cut, (0, b"", {}), rest) as (url, seen):
        status, out, _ = run(monkeypatch, capsys, "client", "download", "higgs", "--url", url)
    assert (status, (tmp_path / "higgs-kit.zip").read_bytes() == KIT, digest in out) == (0, True, True)
    assert [headers.get("Range") for *_, headers in seen] == [None, "bytes=0-", "bytes=300000-", "bytes=300000-"]
    with service(known, (200, KIT[:-1] + b"x", {})) as (url, _):
        status, _, error = run(monkeypatch, capsys, "client", "download", "higgs", "--url", url, "--to", "here")
    assert (status, "No such file" in error) == (1, True)
    with service(known, (200, KIT[:-1] + b"x", {})) as (url, _):
        status, _, error = run(monkeypatch, capsys, "client", "download", "higgs", "--url", url)
    assert (status, "another SHA-256" in error) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["higgs-kit.zip"]


SIGNED = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
"""Keys, messages and signatures of RFC 8032, section 7.1."""


@pytest.mark.parametrize(("key", "message", "signature"), SIGNED)
def test_signatures_are_good_as_in_rfc_8032_and_no_others(key, message, signature):
    key, message, signature = map(bytes.fromhex, (key, message, signature))
    assert client.signed(key, signature, message)
    for at in (0, 31, 32, 63):
        forged = bytearray(signature)
        forged[at] ^= 1
        assert not client.signed(key, bytes(forged), message)
    assert not client.signed(key, signature, message + b"x")
    # The same number plus the order of the group would be a second signature of the same message.
    second = (int.from_bytes(signature[32:], "little") + client.ORDER).to_bytes(32, "little")
    assert not client.signed(key, signature[:32] + second, message)
    assert not client.signed(b"\xff" * 32, signature, message)


def test_the_client_is_one_file_for_python_3_9_with_nothing_installed():
    tree = ast.parse((client.KIT / "submit.py").read_text("utf-8"), feature_version=(3, 9))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
