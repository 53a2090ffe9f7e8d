"""Ctrl-C: one sentence, whatever a command is at, and nothing left behind."""

import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.cli.stopping import STATUS, STOPPED
from tests.support import ROOT

OUTSIDE_PYTHON = """
import hashlib
from leaderboard.cli import stopping

stopping.PATIENCE = 0.1
stopping.stop_soon()
while True:
    try:
        print("computing", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
    except KeyboardInterrupt:  # it came in between
        pass
"""

WHERE_PYTHON_IGNORES_IT = """
import os, signal, time
from leaderboard.cli import stopping

class Held:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

stopping.stop_soon()
held = Held()
try:
    del held
    time.sleep(60)
except KeyboardInterrupt:
    print("heard")
"""


def test_a_command_that_is_stopped_says_one_sentence_and_leaves_the_event_as_it_was(judge, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    folder = judge.event.public / "higgs"
    folder.rename(judge.event.folder / "away")
    monkeypatch.setattr("leaderboard.judge.prepare._write_public", stopped)
    told = CliRunner().invoke(cli.app, ["simulate", "--event", str(judge.event.folder)])
    assert told.exit_code == STATUS == 130
    assert told.stderr.strip() == STOPPED
    assert not [path for path in judge.event.public.iterdir() if "higgs" in path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of another kind")
def test_a_computation_outside_python_does_not_keep_the_prompt():
    command = [sys.executable, "-c", OUTSIDE_PYTHON]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "computing\n"
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(2)
        said = process.stderr.read()
    assert process.returncode == STATUS
    assert said.strip() == STOPPED


def test_an_interrupt_where_python_ignores_what_is_raised_is_heard_all_the_same():
    command = [sys.executable, "-c", WHERE_PYTHON_IGNORES_IT]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("heard\n", "")
