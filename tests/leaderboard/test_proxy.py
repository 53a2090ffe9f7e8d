"""Two web processes on two machines behind one address, as the cluster of docs/operations.md has it, show one event."""

import http.client
import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from leaderboard.event import Event
from leaderboard.judge import worker
from leaderboard.people import sessions, talk, teams
from leaderboard.serve import start_web
from leaderboard.store import settings
from leaderboard.store.heartbeats import alive
from tests.leaderboard.test_postgresql import TRACK, apart, empty  # noqa: F401 - fixtures
from tests.support import ROOT, add_team, free_port, missing_tool, noisy_answers, physathon, prediction_file

pytestmark = pytest.mark.proof
WEBS = "web1", "web2"
CONFIGURATION = ROOT / "docs/operations/cluster/haproxy.cfg"


@dataclass
class Behind:
    """An event behind a proxy, and its web processes by their names there."""

    port: int
    trusted: ssl.SSLContext
    webs: dict[str, subprocess.Popen]

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> http.client.HTTPResponse:
        """Send one request; the answer is read."""
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.trusted)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def by_each(self, path: str, **headers: str) -> list:
        """Return what each of the web processes answers."""
        cookie = headers.pop("Cookie", "")
        return [self.ask("GET", path, Cookie=f"{cookie}; physathon-web={web}", **headers) for web in WEBS]


def other_machine(event: Event, folder: Path) -> Event:
    """Return an event as another machine has it: settings and the receipts' key copied, files in a shared folder."""
    folder.mkdir()
    for name in ("event.toml", "receipts.key"):
        shutil.copy(event.folder / name, folder)
    event.submissions.mkdir(0o700, exist_ok=True)
    for name in ("public", "submissions"):
        (folder / name).symlink_to(event.folder / name)
    return Event(folder)


@pytest.fixture
def behind(apart, tmp_path) -> Iterator[Behind]:  # noqa: F811
    """Yield the event of a judge, served by two web processes and a proxy."""
    if not shutil.which("haproxy"):
        missing_tool("a reverse proxy, HAProxy (Debian's package haproxy)")
    event, ports = apart.event, [free_port() for _ in WEBS]
    physathon("certificate", "--event", event.folder)
    certificate = tmp_path / "both.pem"
    certificate.write_bytes(b"".join((event.folder / f"server.{end}").read_bytes() for end in ("pem", "key")))
    with ExitStack() as ended:
        webs = {}
        for web, port, of in zip(WEBS, ports, (event, other_machine(event, tmp_path / "second")), strict=True):
            webs[web] = start_web(of, "127.0.0.1", port, proxy="127.0.0.1")
            ended.callback(webs[web].wait)
            ended.callback(webs[web].kill)
        address = free_port()
        places = {":80\n": f"127.0.0.1:{free_port()}\n", ":443 ": f"127.0.0.1:{address} "}
        places |= {"/etc/haproxy/hackathon.pem": str(certificate)}
        places |= {f"172.30.0.1{at}:8501": f"127.0.0.1:{port}" for at, port in enumerate(ports, start=1)}
        configuration = tmp_path / "haproxy.cfg"
        configuration.write_text(placed(CONFIGURATION.read_text("utf-8"), places))
        proxy = subprocess.Popen(["haproxy", "-db", "-f", configuration])
        ended.callback(proxy.wait)
        ended.callback(proxy.kill)
        found = Behind(address, ssl.create_default_context(cafile=event.public / "authority.pem"), webs)
        eventually(lambda: all(one.status == 200 and unmoved(one) for one in found.by_each("/api/v1/health")), 150)
        yield found


def placed(configuration: str, places: dict[str, str]) -> str:
    """Return a configuration with other addresses, each of which it names once."""
    for there, here in places.items():
        assert configuration.count(there) == 1, there
        configuration = configuration.replace(there, here)
    return configuration


def unmoved(answer: http.client.HTTPResponse) -> bool:
    """Return whether the web process that a request's cookie names answered: else the proxy names another one."""
    return "physathon-web" not in answer.getheader("Set-Cookie", "")


def eventually(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_settings_sign_in_announcements_files_and_boards_reach_both(apart, behind):  # noqa: F811
    judge, team = apart, add_team(apart)
    with judge.store.write() as session:
        token = teams.issue_token(session, team)
        settings.change(session, judge.event, "banner", "Lunch is at one.", who="a test", reason="")
        talk.announce(session, "The kitchen is open.")
    eventually(lambda: all(json.loads(one.body)["banner"] for one in behind.by_each("/api/v1/event")))
    told = behind.by_each("/api/v1/announcements")
    assert [json.loads(one.body)["announcements"][0]["text"] for one in told] == ["The kitchen is open."] * 2

    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"physathon-web={WEBS[0]}"}
    entered = behind.ask("POST", "/api/v1/session", urlencode({"token": token}), **form)
    cookie = entered.getheader("Set-Cookie")
    assert cookie.startswith(sessions.cookie_name(judge.event))
    assert "Secure" in cookie, "it came by TLS, as the proxy says"
    cookie = cookie.partition(";")[0]

    numbers = []
    for web, noise in zip(WEBS, (1.5, 0.5), strict=True):
        body = prediction_file(judge, noisy_answers(judge, noise))
        way = {"Authorization": f"Bearer {token}", "Cookie": f"physathon-web={web}"}
        sent = behind.ask("POST", f"/api/v1/tracks/{TRACK}/submissions?filename=a.csv", body, **way)
        assert sent.status == 201, sent.body
        numbers.append(json.loads(sent.body)["submission"])
    for number in numbers:
        receipts = [one.body for one in behind.by_each(f"/api/v1/submissions/{number}/receipt", Cookie=cookie)]
        assert receipts[0] == receipts[1]
        assert json.loads(receipts[0])["submission"] == number
    assert worker.work(judge, once=True) == 2
    board = f"/api/v1/tracks/{TRACK}/board"
    eventually(
        lambda: [json.loads(one.body)["entries"][0]["submission"] for one in behind.by_each(board)] == numbers[1:] * 2
    )
    with judge.store.read() as session:
        assert len(alive(session, "web")) == 2

    behind.webs[WEBS[0]].kill()
    behind.webs[WEBS[0]].wait()
    assert behind.ask("GET", board, Cookie=f"physathon-web={WEBS[0]}").status == 200, "nobody is told of it"
    moved = behind.ask("GET", f"/api/v1/submissions/{numbers[0]}/receipt", Cookie=f"{cookie}; physathon-web={WEBS[0]}")
    assert (moved.status, f"physathon-web={WEBS[1]}" in moved.getheader("Set-Cookie", "")) == (200, True)
    assert behind.ask("GET", board).getheader("ETag") == behind.by_each(board)[1].getheader("ETag")
