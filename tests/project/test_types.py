"""Types are part of the gate: what the checker is told to read is clean, and the checker reads it."""

import subprocess
import sys
from pathlib import Path

from tests.support import ROOT


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    checker = Path(sys.executable).with_name("pyrefly")
    command = [checker, "check", "--python-interpreter-path", sys.executable, "--output-format", "min-text"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_types_fit():
    found = check(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


def test_a_type_that_does_not_fit_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    for folder in ("challenges", "scoring", "leaderboard"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.py").write_text('def rows() -> int:\n    return "none"\n')
    found = check(tmp_path)
    assert found.returncode == 1
    assert found.stdout.count("`Literal['none']` is not assignable to declared return type `int`") == 3
