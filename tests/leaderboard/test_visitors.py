"""What visitors can make of a served event: no memory worth speaking of, and nobody else's tab."""

import http.client
import os
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from leaderboard import serve
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import sessions, teams
from leaderboard.public.data import public_data
from tests.leaderboard.test_browser import free_port
from tests.support import add_team, answers, prediction_file, toy_simulate

CEILING = 64
"""MB that the web process may take beyond what it has when it is idle, as docs/security.md promises."""

VISITORS = 30  # as many as have their turn at one time


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """Yield a judge, the address and the process that serve its event."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("challenges.higgs.simulate.simulate", toy_simulate)
        event = Event.create(
            tmp_path_factory.mktemp("served") / "event", name="toy", size="small", challenges=["higgs"]
        )
        receipts.make_key(event)
        judge = Judge(event, Vault(event, create=True))
        prepare.simulate(judge, "higgs")
    port = free_port()
    process = serve.start_web(event, "127.0.0.1", port)
    try:
        serve.wait_until_up("127.0.0.1", port, process)
        yield judge, f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(10)
        judge.close()


def cookie(judge: Judge, name: str) -> dict[str, str]:
    """Return the header of a browser that signed in for a new team."""
    team = add_team(judge, name)
    with judge.store.write() as session:
        value = sessions.sign_in(session, teams.issue_token(session, team), loopback=True)
    return {"Cookie": f"{sessions.cookie_name(judge.event)}={value}"}


def memory(process, what: str) -> int:
    """Return megabytes of a process: ``VmRSS`` of now, ``VmHWM`` at the most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) >> 10


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell a process's memory")
def test_uploads_at_once_and_visitors_who_may_send_nothing_stay_below_the_ceiling(web):
    judge, address, process = web
    size = public_data(judge.event, "higgs.signal").format().size_limit
    content, statuses = os.urandom(size), []
    path = "/api/v1/tracks/higgs.signal/files?kind=predictions&filename=a.csv"
    all_here = threading.Barrier(VISITORS)

    def upload(headers: dict[str, str]) -> None:
        with closing(http.client.HTTPConnection(urlsplit(address).netloc)) as connection:
            connection.request("POST", path, headers=headers | {"Content-Length": str(size)})
            connection.send(content[:-1])
            all_here.wait(30)
            connection.send(content[-1:])
            statuses.append(connection.getresponse().status)

    def visit(target: str) -> None:
        with closing(http.client.HTTPConnection(urlsplit(address).netloc)) as connection:
            try:
                connection.request("POST", target, content)
                statuses.append(connection.getresponse().status)
            except ConnectionError:  # It hung up on us before the whole body was sent.
                statuses.append("ended")

    def talk(_: str) -> None:
        with connect(f"{address.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"]) as socket:
            try:
                socket.send(content[: 2**21])
                socket.recv(30)
            except ConnectionClosed:
                statuses.append("ended")

    def at_once(visitor, each: list) -> Counter:
        statuses.clear()
        threads = [threading.Thread(target=visitor, args=(one,)) for one in each]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return Counter(statuses)

    senders = [cookie(judge, f"Group {number}") for number in range(VISITORS)]
    idle = memory(process, "VmRSS")
    assert at_once(upload, senders) == {201: VISITORS}
    for target, status in ((path, 401), ("/api/v1/session", 413), ("/_stcore/upload_file/x/y", 404)):
        assert set(at_once(visit, [target] * VISITORS)) <= {status, "ended"}
    assert at_once(talk, [""] * VISITORS) == {"ended": VISITORS}

    assert memory(process, "VmHWM") - idle < CEILING < VISITORS * size >> 20


def test_a_tabs_session_cannot_be_taken_over_by_its_id(web):
    judge, address, _ = web
    mine = cookie(judge, "Muon Collective")
    with judge.store.read() as store:
        team = teams.find_team(store, "Muon Collective")
    upload = prediction_file(judge, answers(judge))
    receive(judge.event, judge.store, team, "higgs.signal", upload, "Muons.csv")
    session, fragments, seen = look(address, mine, b"Muons.csv")
    assert seen.count(b"Muon") > 1
    taken, _, stolen = look(address, {}, b"Team token", session, fragments[-1])
    assert taken == session
    assert b"Muon" not in stolen
    assert look(address, mine, b"Muon Collective", session)[0] == session


def look(
    address: str, headers: dict[str, str], shows: bytes, session: str = "", fragment: str = ""
) -> tuple[str, list[str], bytes]:
    """Open the submit page as a browser's tab does, or go on in a known session, there with a fragment of the page.

    Returns the session's id, the fragments on the page, and all that was sent until what it must show was there. What
    ends first may be the run of a fragment, or one that the fragment has asked for.
    """
    url = f"{address.replace('http', 'ws')}/_stcore/stream"
    words = ["streamlit", "none", *([session] if session else [])]
    found, seen = [], b""
    with connect(url, origin=address, additional_headers=headers, subprotocols=words, max_size=None) as socket:
        for part in [fragment, ""] if fragment else [""]:
            back, message = BackMsg(), ForwardMsg()
            back.rerun_script.page_name, back.rerun_script.fragment_id = "submit", part
            socket.send(back.SerializeToString())
            while message.WhichOneof("type") != "script_finished" or (not part and shows not in seen):
                content = socket.recv(30)
                message = ForwardMsg.FromString(content)
                seen += content
                session = message.new_session.initialize.session_id or session
                if message.delta.fragment_id:
                    found.append(message.delta.fragment_id)
    return session, found, seen
