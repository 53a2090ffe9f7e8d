"""Commands of a team, answered by an event's own API."""

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette

from leaderboard import cli
from leaderboard.judge.judging import Judge
from leaderboard.site.api import create_api, mounts
from tests.support import free_port


@contextmanager
def served(judge: Judge) -> Generator[str]:
    """Yield the address at which a thread serves an event's API."""
    app = Starlette(routes=mounts(create_api(judge.event, judge.store, loopback=True)))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the API could not be served"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


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
