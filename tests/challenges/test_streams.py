"""Processes of a simulation end with it: done, broken off, or killed."""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest

from challenges.streams import run_streams
from tests.challenges.waiting import endless, fails

SIZES = (1, 1)


def test_what_is_broken_off_waits_for_no_process():
    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_streams(endless, SIZES, workers=2, progress=stop)
    assert multiprocessing.active_children() == []


@pytest.mark.proof
def test_what_one_process_fails_on_waits_for_no_other():
    with pytest.raises(ArithmeticError, match="the jets are odd"):
        run_streams(fails, SIZES, workers=2)
    assert multiprocessing.active_children() == []


SIMULATION = """
import multiprocessing
from challenges.streams import run_streams
from tests.challenges.waiting import endless

def tell(done, total):
    if done == total:
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)

if __name__ == "__main__":
    run_streams(endless, (1, 1), workers=2, progress=tell)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_who_is_killed_leaves_no_process_behind(tmp_path):
    (tmp_path / "simulation.py").write_text(SIMULATION)
    command = [sys.executable, str(tmp_path / "simulation.py")]
    path = {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        children = process.stdout.readline().split()
        process.kill()
    assert len(children) == 2
    deadline = time.monotonic() + 60
    while any(_runs(child) for child in children):
        assert time.monotonic() < deadline, "they run on"
        time.sleep(0.05)


def _runs(number: str) -> bool:
    try:
        status = Path("/proc", number, "stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
