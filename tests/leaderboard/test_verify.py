"""What anybody can check: the page /verify says by a browser what `physathon verify` says, and answers are there."""

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from leaderboard.event import EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.public.data import revealed_files
from leaderboard.site.api import create_api, mounts
from leaderboard.site.guard import Guarded
from leaderboard.site.plain import verify
from leaderboard.store.tables import Team
from tests.support import add_team, corrections, noisy_answers, physathon, prediction_file, publish_rescored

TRACK = "higgs.signal"
TEAM = "Müon \U0001f4a5 “Collective” \x7f\\"


@pytest.fixture
def sent(judge) -> dict:
    """Return the receipt of a file whose team and name are hard to write alike."""
    upload = prediction_file(judge, noisy_answers(judge, 1.0))
    team = add_team(judge)
    with judge.store.write() as session:
        team = session.get_one(Team, team.id)
        team.name = TEAM
    return receive(judge.event, judge.store, team, TRACK, upload, "a “b”.csv")


@pytest.fixture
def revealed(judge, sent) -> dict[str, bytes]:
    """Return the revealed answers of an event in which labels were corrected, by the names of their files."""
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    publish_rescored(judge, rescoring.corrected_holdout(judge, TRACK, corrections(judge, range(60))))
    return {path.name: path.read_bytes() for path in finals.reveal(judge, TRACK)}


@contextmanager
def served(judge: Judge) -> Iterator[str]:
    """Yield where the page and the API of an event answer, without the other pages."""
    mounted = mounts(create_api(judge.event, judge.store, loopback=True))
    app = Guarded(Starlette(routes=[*mounted, *verify.routes(judge.event, judge.store)]), judge.event)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


def said_by_command(judge: Judge, name: str, content: bytes) -> str:
    """Return what `physathon verify` says of a file, as the page begins it."""
    path = judge.event.folder / name
    path.write_bytes(content)
    try:
        return physathon("verify", path, "--event", judge.event.folder).removesuffix("\n")
    except (EventError, receipts.ReceiptError) as error:
        return f"Not verified: {error}"


def forged(receipt: dict, revealed: dict[str, bytes]) -> dict[str, bytes]:
    """Return files that somebody may drop on the page."""
    texts = {
        "good.json": json.dumps(receipt),
        "spaced.json": json.dumps(receipt, indent=2, ensure_ascii=False),
        "another_number.json": json.dumps(receipt | {"submission": receipt["submission"] + 1}),
        "not_whole.json": json.dumps(receipt | {"submission": float(receipt["submission"])}),
        "twice.json": json.dumps(receipt)[:-1] + ', "team": "Tau"}',
        "another_event.json": json.dumps(receipt | {"event_id": "f" * 16}),
        "another_key.json": json.dumps(receipt | {"key": "ab"}),
        "first_version.json": json.dumps({key: value for key, value in receipt.items() if key != "version"}),
        "later_version.json": json.dumps(receipt | {"version": 3}),
        "another_signature.json": json.dumps(receipt | {"signature": base64.b64encode(bytes(64)).decode()}),
        "no_signature.json": json.dumps(receipt | {"signature": "x"}),
        "more.json": json.dumps(receipt | {"place": 1}),
        "less.json": json.dumps({"team": "x"}),
        "nested.json": json.dumps(receipt | {"team": ["x"]}),
        "list.json": "[]",
        "none.json": "{",
    }
    files = {name: text.encode() for name, text in texts.items()} | {"latin.json": b'"\xe9"'} | revealed
    first = next(iter(revealed.values()))
    return files | {"changed.csv": first.replace(b",1\n", b",0\n", 1), "empty.csv": b""}


def test_a_browser_says_what_the_command_says(judge, sent, revealed, browser):
    files = forged(sent, revealed)
    expected = {name: said_by_command(judge, name, content) for name, content in files.items()}
    kept = {name for name, said in expected.items() if said.startswith("OK: ")}
    assert kept == {"good.json", "spaced.json", *revealed}
    assert expected["good.json"].startswith(f"OK: {TEAM} sent a “b”.csv to {TRACK}; it is no. 1, taken in at ")
    with served(judge) as address:
        tab, asked = browser.new_page(), []
        tab.goto(f"{address}/verify")
        tab.on("request", lambda request: asked.append(request.url))
        for name, content in files.items():
            assert said_by_page(tab, name, content) == (expected[name], f"{name}, checked by your browser.")
            assert tab.locator("#second").is_hidden()
        tab.get_by_label("Or paste a receipt").fill(files["good.json"].decode())
        tab.get_by_role("button", name="Verify what is pasted").click()
        tab.get_by_text("What was pasted, checked by your browser.").wait_for()
        assert tab.locator("#says").text_content() == expected["good.json"]
        assert {url.removeprefix(address) for url in asked} <= {"/favicon.png"}, "what is chosen stays where it is"
        without_cryptography(browser.new_page(), address, files, expected)


def without_cryptography(tab, address: str, files: dict[str, bytes], expected: dict[str, str]) -> None:
    """Where browsers lend none the page has its own SHA-256, and the server checks receipts if it is asked to."""
    tab.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")
    tab.goto(f"{address}/verify")
    for name in ("higgs.signal.private.csv", "changed.csv"):
        assert said_by_page(tab, name, files[name]) == (expected[name], f"{name}, checked by your browser.")
    for length in (0, 1, 55, 56, 63, 64, 65, 119, 120, 1000):
        digest = tab.evaluate(f"hex(sha256(Uint8Array.from({{ length: {length} }}, (_, i) => i % 251)))")
        assert digest == hashlib.sha256(bytes(i % 251 for i in range(length))).hexdigest()
    for name in ("good.json", "another_number.json", "none.json"):
        choose(tab, name, files[name])
        tab.get_by_text("it cannot check a signature here").wait_for()
        tab.get_by_role("button", name="Let the event's server check it").click()
        tab.locator("#how").get_by_text(f"{name}, checked by the event's own server").wait_for()
        assert tab.locator("#says").text_content() == expected[name]


def choose(tab, name: str, content: bytes) -> None:
    tab.get_by_label("A receipt (JSON)").set_input_files({"name": name, "mimeType": "", "buffer": content})


def said_by_page(tab, name: str, content: bytes) -> tuple[str | None, str | None]:
    """Choose a file on the page, and return what it says of it, and how it came to know."""
    choose(tab, name, content)
    tab.locator("#how").get_by_text(f"{name}, checked by").wait_for()
    return tab.locator("#says").text_content(), tab.locator("#how").text_content()


def test_answers_are_served_once_they_are_revealed_and_to_the_byte(judge, sent, request):
    client = TestClient(create_api(judge.event, judge.store, loopback=True))
    assert client.get(f"/tracks/{TRACK}").json()["revealed"] == []
    assert client.get(f"/revealed/{TRACK}.private.csv").status_code == 404
    revealed = request.getfixturevalue("revealed")
    addresses = client.get(f"/tracks/{TRACK}").json()["revealed"]
    assert addresses == [f"/api/v1/revealed/{path.name}" for path in revealed_files(judge.event, TRACK)]
    assert {name: client.get(f"/revealed/{name}").content for name in revealed} == revealed
    for name in ("..%2Freceipts.pem", "%2e%2e%2fhiggs", f"{TRACK}.*", ""):
        assert client.get(f"/revealed/{name}.csv").status_code == 404
    assert "higgs.signal.private.csv" in revealed


def test_the_server_checks_a_receipt_that_is_sent_to_it(judge, sent):
    client = TestClient(create_api(judge.event, judge.store, loopback=True))
    assert client.post("/verify", json=sent).json()["verified"].startswith(f"{TEAM} sent a “b”.csv")
    refused = client.post("/verify", json=sent | {"team": "Tau Guild"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:physathon:receipt-error")
    assert client.post("/verify", content=b"\xff").json()["detail"] == "this is no receipt: it is no UTF-8 text"
