"""Checks in processes of their own: they find what a check here finds, and what takes too much hurts nobody."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from leaderboard.event import VAULT_VARIABLES, Event
from leaderboard.intake import checking, circuits
from leaderboard.intake.checking import Checkers, CheckFailed, Process
from leaderboard.store.tables import Team
from scoring.predictions import Format, PredictionFileError, check, id_text
from tests.scoring.bad_files import bad_files, cells, text
from tests.support import ROOT

IDS = np.arange(1, 9, dtype=np.uint64)
FORMATS = {
    "numbers": Format("toy", "numbers", ("a", "b"), IDS),
    "texts": Format("toy", "texts", ("line",), IDS, answers="texts"),
    "images": Format("toy", "images", (), IDS, answers="images", shape=(2, 3)),
}
CIRCUIT = b'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float x0;\nqubit[2] q;\nry(x0) q[0];\ncx q[0], q[1];\n'
ONE, OTHER = Team(id=1, name="Muon Collective"), Team(id=2, name="Boosted Tops")


@pytest.fixture(scope="module")
def checkers(tmp_path_factory):
    """Return two processes for an event whose formats are toys, and whose circuits are real."""
    folder = tmp_path_factory.mktemp("event") / "event"
    made = Checkers(Event.create(folder, name="toy", challenges=["quantum"]), workers=2)
    for name, format in FORMATS.items():
        (folder / f"{name}.json").write_text(json.dumps(format.to_json()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "public_data", lambda event, track: Public(event.folder / f"{track}.json"))
        yield made
    made.close()


class Public:
    """Where a toy's format lies."""

    def __init__(self, format_file: Path) -> None:
        self.format_file = format_file


@pytest.fixture(scope="module")
def greedy():
    """Return a function that has a process do what a text says."""
    process = Process([])
    yield lambda text: process.ask({"what": "circuit", "module": "tests.leaderboard.greedy", "max_qubits": 1}, text)
    process.end()


def good_file(kind: str) -> bytes:
    if kind == "images":
        array = np.arange(48, dtype=np.float32).reshape(8, 2, 3)
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (8, 2, 3), }"
        return b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117) + b"\n" + array.tobytes()
    if kind == "texts":
        return text([["id", "line"], *([id, "mañana"] for id in id_text(IDS).tolist())])
    return text(cells(FORMATS["numbers"]))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_good_file_is_read_to_the_same_bits_as_here(checkers, tmp_path, kind):
    content, path = good_file(kind), tmp_path / "file"
    path.write_bytes(content)
    here = check(content, FORMATS[kind])
    for upload in (content, path):
        there = checkers.check(kind, upload, ONE)
        assert there.values.dtype == here.values.dtype
        assert there.sha256 == here.sha256


def test_every_bad_file_is_refused_in_the_same_words_as_here(checkers):
    corpus = bad_files(FORMATS["numbers"])
    assert len(corpus) > 100
    for bad in corpus:
        with pytest.raises(PredictionFileError) as here:
            check(bad.content, FORMATS["numbers"])
        with pytest.raises(PredictionFileError) as there:
            checkers.check("numbers", bad.content, ONE)
        assert there.value.to_json() == here.value.to_json()


def test_a_circuit_is_read_as_here(checkers):
    event = checkers.event
    assert checkers.read_circuit("quantum", CIRCUIT, ONE) == circuits.read(event, "quantum", CIRCUIT)
    with pytest.raises(circuits.DeclarationRefused) as here:
        circuits.read(event, "quantum", CIRCUIT + b"y q[2];\nz;")
    with pytest.raises(circuits.DeclarationRefused) as there:
        checkers.read_circuit("quantum", CIRCUIT + b"y q[2];\nz;", ONE)
    assert there.value.to_json() == here.value.to_json()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"memory", "took more than 512 MiB of memory beyond its file"),
        (b"time", "took more than 0 s of processor time"),
        (b"killed", "or the machine had no more memory"),
        (b"abort", "broke off (SIGABRT)"),
        (b"mistake", "broke off (RuntimeError)"),
    ],
)
def test_a_check_that_takes_too_much_is_named_and_the_next_is_made_as_ever(greedy, monkeypatch, text, why):
    monkeypatch.setattr(checking, "SECONDS", 0)
    with pytest.raises(CheckFailed) as failed:
        greedy(text)
    assert why in str(failed.value)
    assert "this cost you nothing" in str(failed.value)
    assert greedy(b"print")[0]["found"]


def test_a_check_that_waits_for_nothing_is_ended_by_the_clock(greedy, monkeypatch, tmp_path):
    monkeypatch.setattr(checking, "LONGEST", 0.5)
    with pytest.raises(CheckFailed, match="it took longer than"):
        greedy(f"wait {tmp_path / 'for ever'}".encode())


def test_a_process_sees_no_secret(monkeypatch):
    for variable in (*VAULT_VARIABLES, "PHYSATHON_DATABASE_URL"):
        monkeypatch.setenv(variable, "must not reach it")
    process = Process([])
    try:
        job = {"what": "circuit", "module": "tests.leaderboard.greedy", "max_qubits": 1}
        seen = process.ask(job, b"")[0]["found"]["words"]
    finally:
        process.end()
    assert "PATH" in seen
    assert not any(name.startswith("PHYSATHON_") for name in seen)


def test_a_team_waits_for_itself_and_no_other_team_does(checkers, tmp_path):
    places = [tmp_path / str(number) for number in range(5)]
    flood = [threading.Thread(target=ask_and_wait, args=(checkers, place)) for place in places]
    for thread in flood:
        thread.start()
    for _ in flood:
        while not (begun := [place for place in places if place.exists()]):
            time.sleep(0.01)
        assert checkers.check("numbers", good_file("numbers"), OTHER)
        assert [place for place in places if place.exists()] == begun
        assert len(begun) == 1
        begun[0].unlink()
        while begun[0].exists():
            time.sleep(0.01)
        places.remove(begun[0])
    for thread in flood:
        thread.join()
    assert checkers._turns == {}


def ask_and_wait(checkers: Checkers, place: Path) -> None:
    job = {"what": "circuit", "module": "tests.leaderboard.greedy", "max_qubits": 1}
    checkers._ask(ONE, job, f"wait {place}".encode())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux tells there who is alive")
@pytest.mark.parametrize("busy", [False, True])
def test_processes_end_with_the_one_that_made_them_however_it_ends(tmp_path, busy):
    place = tmp_path / "busy"
    code = (
        "import sys, threading, time\nfrom leaderboard.intake.checking import Process\n"
        "job = {'what': 'circuit', 'module': 'tests.leaderboard.greedy', 'max_qubits': 1}\nprocess = Process([])\n"
        "number = process.ask(job, b'')[0]['found']['words'][-1]\n"
        "wait = threading.Thread(target=process.ask, args=(job, sys.argv[1].encode()))\nwait.start()\n"
        "print(number, flush=True)\ntime.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, f"wait {place}" if busy else ""]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        while busy and not place.exists():
            time.sleep(0.01)
        assert Path(f"/proc/{child}").exists()
        parent.kill()
    while Path(f"/proc/{child}").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        time.sleep(0.01)
