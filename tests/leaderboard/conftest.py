"""The event's pages, opened without a browser."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE, Event
from leaderboard.judge.judging import Judge
from leaderboard.people import desk, sessions
from leaderboard.store import settings
from leaderboard.store.database import open_store
from leaderboard.store.tables import Organiser, Role
from tests.leaderboard.tabs import APP, sign_in
from tests.support import add_team, free_port, missing_tool

CHROMIUM = os.environ.get("PHYSATHON_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session", autouse=True)
def components() -> Iterator[None]:
    """Look once for components of Streamlit among all that is installed, not with each run of a page."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch):
    """Return a function that opens a page of a judge's event, by default the board."""

    def open_page(judge: Judge, name: str = "board") -> AppTest:
        monkeypatch.setenv(EVENT_VARIABLE, str(judge.event.folder))
        monkeypatch.setenv(LOOPBACK_VARIABLE, "1")
        if not isinstance(ContextProxy.cookies, dict):
            monkeypatch.setattr(ContextProxy, "cookies", {})
        app = AppTest.from_file(APP, default_timeout=30)
        # The frame stands around the first page alone.
        return (app if name == "home" else app.switch_page(f"pages/{name}.py")).run()

    return open_page


@pytest.fixture
def signed_in(page, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes a team, signs it in and opens the submit page."""

    def open_page(judge: Judge, *, demo: bool = False):
        team = add_team(judge)
        sign_in(judge, team, monkeypatch, demo=demo)
        return team, page(judge, "submit")

    return open_page


@pytest.fixture
def at_desk(page, monkeypatch: pytest.MonkeyPatch):
    """Return a function that opens a part of the desk, in the browser of somebody who is new there."""

    def open_part(judge: Judge, part: str, role: Role = "organiser", **parameters: str) -> AppTest:
        with judge.store.write() as session:
            name = f"Ada {session.query(Organiser).count()}"
            value = sessions.open_session(session, organiser=desk.add_organiser(session, name, role))
        monkeypatch.setattr(ContextProxy, "cookies", {sessions.cookie_name(judge.event): value})
        app = page(judge, "desk")
        app.query_params.update({"part": part, **parameters})
        return app.run()

    return open_part


@pytest.fixture
def browser():
    """Return Chromium, or skip (or fail) for want of it; what a page does against its policy is an error."""
    if not Path(CHROMIUM).is_file():
        missing_tool(f"Chromium, looked for at {CHROMIUM}; PHYSATHON_CHROMIUM names another place")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        missing_tool(str(error))
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    arguments += ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context, complaints = chromium.new_context(ignore_https_errors=True), []
        context.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
        context.on("dialog", lambda dialog: complaints.append(dialog.message) or dialog.dismiss())
        yield context
        chromium.close()
        assert complaints == []


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Return the tables of an event without data: it has brackets, and teams have three members at most."""
    monkeypatch.setattr(settings, "FRESH", 0)
    event = Event.create(
        tmp_path / "event", name="toy", challenges=["higgs"], brackets=["Students", "Experts"], largest_team=3
    )
    store = open_store(event)
    store.event = event
    yield store
    store.close()


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """Yield the issuer of a provider of identities, a process of its own, at which everybody is whoever they say."""
    issuer = f"http://127.0.0.1:{free_port()}"
    claims = json.dumps({"sub": "ada", "given_name": "Ada", "family_name": "Lovelace"})
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", issuer.rpartition(":")[2], "--require-nonce"]
    process = subprocess.Popen(
        [*command, "--user-claims", claims], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", int(issuer.rpartition(":")[2]))):
                break
            assert process.poll() is None, "the provider ended"
            time.sleep(0.1)
        yield issuer
    finally:
        process.terminate()
        process.wait(10)
