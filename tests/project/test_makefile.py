"""What the Makefile installs for whom, and what it says where it cannot."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


def make(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess:
    """Run make as from a fresh shell: what an outer make hands down would change it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PIP_"))}
    command = ["make", f"PYTHON={sys.executable}", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment | variables, capture_output=True, text=True, check=False)


def installs(target: str, venv: Path, **variables: str) -> str:
    """Return the command lines that would install packages for a target."""
    found = make("--dry-run", target, f"VENV={venv}", **variables)
    assert found.returncode == 0, found.stderr
    return "\n".join(line for line in found.stdout.splitlines() if "--editable" in line)


def extras(lines: str) -> set[str]:
    return {extra for names in re.findall(r"\.\[([a-z,]+)\]", lines) for extra in names.split(",")}


def test_the_demo_installs_no_tool_of_the_tests(tmp_path):
    demo, test = extras(installs("demo", tmp_path / "venv")), extras(installs("test", tmp_path / "venv"))
    assert "simulation" in demo
    assert test - demo == {"proof", "test"}


@pytest.mark.parametrize("target", ["demo", "test"])
def test_local_wheels_are_used_and_without_them_torch_brings_no_gpu_libraries(tmp_path, target):
    local = installs(target, tmp_path / "venv", PIP_FIND_LINKS="/one /two")
    assert all("--find-links /one --find-links /two" in line for line in local.splitlines())
    assert "--torch-backend" not in local
    assert all("--torch-backend cpu" in line for line in installs(target, tmp_path / "venv").splitlines())


def test_what_is_compiled_is_kept_whatever_the_shell_says():
    found = make("--eval=kept:;@echo is [$$PYTHONDONTWRITEBYTECODE]", "kept", PYTHONDONTWRITEBYTECODE="1")
    assert found.stdout == "is []\n"
    assert "import leaderboard.site.web" in make("--dry-run", "setup", "VENV=/nowhere").stdout


def test_a_python_without_venv_is_told_what_to_install(tmp_path):
    (tmp_path / "ensurepip.py").write_text("raise ModuleNotFoundError('as in a Debian without python3-venv')\n")
    found = make("setup", f"VENV={tmp_path / 'venv'}", PYTHONPATH=str(tmp_path))
    assert found.returncode != 0
    assert "install the package python3-venv" in found.stderr
    assert "Traceback" not in found.stderr + found.stdout
    assert not (tmp_path / "venv").exists()
