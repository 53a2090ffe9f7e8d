"""In a real browser: by TLS, to a provider of identities and back, signed in; and the page on trusting the venue."""

import socket
import time
import urllib.request
from contextlib import closing, suppress
from http.client import HTTPException

import pytest

from leaderboard import serve
from leaderboard.people import codes
from leaderboard.separation import separated
from leaderboard.site.plain import join
from leaderboard.tls.authority import issue, own_authority
from leaderboard.tls.pair import fingerprint
from tests.leaderboard.test_browser import served


@pytest.mark.proof
def test_one_goes_to_a_provider_comes_back_and_is_signed_in(make_judge, provider, browser, monkeypatch):
    monkeypatch.setenv("CAMPUS_SECRET", "of no consequence")
    auth = {"name": "Campus", "issuer": provider, "client_id": "physathon", "secret": "CAMPUS_SECRET"}
    judge = make_judge(auth=[auth])
    with judge.store.write() as session:
        code = codes.issue_code(session, "team", life=None)
    with served(judge, issue(judge.event)) as address:
        tab = browser.new_page()
        tab.goto(f"{address}/submit")
        tab.get_by_role("link", name="Sign in with Campus").click()
        tab.get_by_role("button", name="ada").click()
        tab.wait_for_url(f"{address}/join")
        tab.get_by_text("You are Ada Lovelace now").wait_for()
        tab.get_by_label("Code", exact=True).fill(code)
        tab.get_by_role("button", name="Go on").click()
        assert tab.get_by_label("Your name").input_value() == "Ada Lovelace"
        tab.get_by_label("Name of the team").fill("Muon Collective")
        tab.get_by_role("button", name="Form the team").click()
        tab.wait_for_url(f"{address}{join.HOME}?track=higgs.signal", wait_until="commit")
        browser.clear_cookies()
        tab.goto(f"{address}/join")
        tab.get_by_role("link", name="Sign in with Campus").click()
        tab.get_by_role("button", name="ada").first.click()
        tab.wait_for_url(f"{address}{join.HOME}?track=higgs.signal", wait_until="commit")
        tab.get_by_text("Muon Collective").first.wait_for()
        kept = [one for one in browser.cookies() if one["name"].startswith("physathon")]
        assert [(one["sameSite"], one["secure"], one["httpOnly"]) for one in kept] == [("Strict", True, True)]
        assert "code=" not in "".join(tab.evaluate("performance.getEntries().map(one => one.name)"))


def test_the_page_of_trust_is_served_by_plain_http_and_nothing_else_with_it(judge):
    issue(judge.event)
    port = free_ports()
    with separated(judge.event) as separation:
        process = serve.start_trust(judge.event, "127.0.0.1", port, separation)
        try:
            place = f"http://127.0.0.1:{port + 1}"
            for path in ("/trust", "/api/v1/health", "/submit"):
                page = ask(process, place + path)
                assert fingerprint(own_authority(judge.event))[-23:] in page
            assert ask(process, f"{place}/authority.crt").startswith("-----BEGIN CERTIFICATE-----")
        finally:
            process.terminate()
            process.wait(10)


def ask(process, address: str) -> str:
    """Return what is answered as soon as somebody does."""
    while True:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode()
        except (OSError, HTTPException):
            time.sleep(0.05)


def free_ports() -> int:
    """Return a port that nobody listens on, nor on the next."""
    while True:
        with closing(socket.socket()) as one, closing(socket.socket()) as next_one, suppress(OSError, OverflowError):
            one.bind(("127.0.0.1", 0))
            next_one.bind(("127.0.0.1", one.getsockname()[1] + 1))
            return one.getsockname()[1]
