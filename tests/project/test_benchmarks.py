"""The proofs: each can be imported, each runs apart, and what one is told of its memory is its own."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from baselines.measured import STARTER, measured
from baselines.rungs import rungs
from benchmarks import baselines
from challenges import spec
from tests.support import ROOT

BENCHMARKS = ROOT / "benchmarks"
HOLDS = "def main():\n    print('measured')\n\nif __name__ == '__main__':\n    main()\n"
BREAKS = "raise AssertionError('the limit was passed')\n"
DIES = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
PEAK = "from benchmarks._memory import peak_bytes; print(peak_bytes())"


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("[!_]*.py")))
def test_every_proof_can_be_imported(name):
    assert callable(import_module(f"benchmarks.{name}").main)


@pytest.mark.parametrize(
    ("name", "limits", "said"),
    [
        ("higgs.signal", [(0.67, 0.68), (0.80, 0.81)], []),
        (
            "higgs.signal",
            [(0.68, 0.69), (0.79, 0.80)],
            ["the floor 0.675 lies outside", "no rung reaches the reference"],
        ),
        ("nmr.gauss", [(0.20, 0.23), (0.019, 0.025)], []),
        (
            "nmr.gauss",
            [(0.20, 0.23), (0.021, 0.025)],
            ["no rung reaches the reference 0.0201, the best limit is 0.021"],
        ),
    ],
)
def test_anchors_on_which_no_ladder_stands_are_named(name, limits, said):
    found = baselines.astray(spec.find_track(name)[1], limits)
    assert len(found) == len(said)
    assert all(part in fault for part, fault in zip(said, found, strict=True))


def test_the_page_is_made_of_what_was_measured():
    assert baselines.PAGE.read_text("utf-8") == baselines.page()


@pytest.mark.parametrize("name", spec.available())
def test_every_rung_was_measured_under_the_name_that_boards_show(name):
    challenge = spec.load(name)
    for track in challenge.tracks:
        there = [(STARTER, "The starter, as it is")] if challenge.starter(track).exists() else []
        there += [(rung.name, rung.title) for rung in rungs(name, track.id)]
        assert [(one.name, one.title) for one in measured(challenge.full_name(track))] == there


def run_proofs(folder: Path, proofs: dict[str, str], *chosen: str) -> subprocess.CompletedProcess:
    """Run made-up proofs by the project's own runner."""
    place = folder / "benchmarks"
    place.mkdir()
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(BENCHMARKS / name, place)
    for name, text in proofs.items():
        (place / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "benchmarks", *chosen]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_proof_that_fails_hides_no_other(tmp_path):
    found = run_proofs(tmp_path, {"a": HOLDS, "b": BREAKS, "c": DIES, "d": HOLDS, "_help": BREAKS})
    assert found.returncode == 1
    assert found.stdout.count("measured") == 2
    assert "the limit was passed" in found.stderr
    assert "== b (2 of 4)" in found.stdout
    heading, *summary = found.stdout.splitlines()[-5:]
    assert heading == "== 2 of 4 proofs hold"
    assert [(line.split()[0], line.split(" s  ")[1]) for line in summary] == [
        ("a", "ok"),
        ("b", "FAILED: exit status 1"),
        ("c", "FAILED: killed by SIGKILL"),
        ("d", "ok"),
    ]


def test_proofs_that_hold_say_so(tmp_path):
    found = run_proofs(tmp_path, {"a": HOLDS, "b": BREAKS}, "a")
    assert found.returncode == 0
    assert "== 1 of 1 proofs hold" in found.stdout


def test_a_proof_that_is_not_there_is_named(tmp_path):
    found = run_proofs(tmp_path, {"a": HOLDS}, "a", "x")
    assert found.returncode == 1
    assert found.stderr.strip() == "expected names of proofs (a), got x"
    assert "measured" not in found.stdout


def test_each_proof_runs_in_a_process_of_its_own(tmp_path):
    leaves = "import os\nprint('before:', os.environ.get('LEFT'), os.getpid())\nos.environ['LEFT'] = 'behind'\n"
    found = run_proofs(tmp_path, {"a": leaves, "b": leaves})
    first, second = [line for line in found.stdout.splitlines() if line.startswith("before:")]
    assert first.startswith("before: None")
    assert second.startswith("before: None")
    assert first != second


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of a process's memory there")
def test_the_peak_of_a_child_is_not_its_parents():
    parent = (
        "import subprocess, sys\n"
        "held = bytearray(b'x') * 300_000_000\n"
        f"subprocess.run([sys.executable, '-c', {PEAK!r}], check=True)\n"
        f"{PEAK}\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", parent], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    child, own = map(int, found)
    assert own > 300e6
    assert child < 100e6


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux forgets the peak of a process there")
def test_a_peak_counts_what_was_let_go_until_it_is_forgotten():
    code = (
        "from benchmarks._memory import forget_peak, held_bytes, peak_bytes\n"
        "held = bytearray(b'x') * 300_000_000\n"
        "del held\n"
        "print(peak_bytes(), held_bytes())\n"
        "forget_peak()\n"
        "print(peak_bytes())\n"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    before, held, after = map(int, found.stdout.split())
    assert before > 300e6
    assert held < 100e6
    assert after < 100e6
