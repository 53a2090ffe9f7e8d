"""Commands of a team, answered by an API in this very process."""

import sys
from types import SimpleNamespace

import pytest
import requests
from fastapi.testclient import TestClient

from leaderboard import cli


def answer_here(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever a command asks of an event be answered by this client."""

    def request(method, url, *, auth, params=None, data=None, json=None, **_):
        headers = auth(SimpleNamespace(headers={})).headers
        place = url.partition("/api/v1")[2]
        answer = client.request(method, place, params=params, content=data, json=json, headers=headers)
        return SimpleNamespace(ok=answer.is_success, is_redirect=False, json=answer.json, headers=answer.headers)

    monkeypatch.setattr(requests, "request", request)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    """Run a command as the console does; return its status, what it printed, and what it complained of."""
    monkeypatch.setattr(sys, "argv", ["physathon", *map(str, arguments)])
    status = 0
    try:
        cli.main()
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    return status, said.out, " ".join(said.err.split())
