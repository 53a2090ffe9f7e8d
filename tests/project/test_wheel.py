"""The wheel, installed where nothing of the checkout can be seen, makes an event and its kit."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from tests.support import ROOT, missing_tool

PACKAGES = ("challenges", "baselines", "scoring", "leaderboard", "data_manifests")
CHALLENGE = "particle_images"  # simulated in two seconds, with NumPy alone


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what a wheel is built from, without what earlier builds left in the checkout."""
    folder = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the setuptools that is here, so that no network is needed."""
    try:
        found = version("setuptools")
    except PackageNotFoundError:
        found = "0"
    if int(found.split(".")[0]) < 77:
        missing_tool(f"building a wheel needs setuptools 77 or newer, here is {found}")
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-build-isolation", "--wheel-dir", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in an environment that sees this one's dependencies, but no editable checkout."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip(folder / "bin" / "python", "install", wheel)
    # What a .pth file names is searched; the .pth files that lie there are not read, the checkout's among them.
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text("\n".join(places))
    return folder


def pip(python: Path | str, command: str, *arguments: Path | str) -> None:
    call = [sys.executable, "-m", "pip", "--quiet", "--python", python, command, "--no-index", "--no-deps", *arguments]
    subprocess.run(call, check=True)


def run(installed: Path, folder: Path, command: str, *arguments: Path | str) -> str:
    """Run an installed command in a folder, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PHYSATHON"))}
    call = [installed / "bin" / command, *arguments]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_carries_every_file_of_its_packages(source, wheel):
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {path.relative_to(source).as_posix() for name in PACKAGES for path in (source / name).rglob("*.*")}
    assert carried == {name for name in expected if (source / name).is_file()}


def test_nothing_is_imported_from_the_checkout(installed, tmp_path):
    code = f"import sys, {', '.join(PACKAGES)}; print(*sys.path, sep='\\n')"
    assert str(ROOT) not in run(installed, tmp_path, "python", "-c", code).split("\n")
    code = f"import {', '.join(PACKAGES)}; print(*(place for one in ({', '.join(PACKAGES)}) for place in one.__path__))"
    places = run(installed, tmp_path, "python", "-c", code).split()
    assert len(places) == len(PACKAGES)
    assert all(Path(place).is_relative_to(installed) for place in places)


def test_an_installed_event_makes_a_kit_whose_sample_passes_the_check(installed, tmp_path):
    run(installed, tmp_path, "physathon", "init", "--challenge", CHALLENGE, "--size", "small")
    run(installed, tmp_path, "physathon", "simulate")
    run(installed, tmp_path, "physathon", "kit", "build")
    picture = f"{CHALLENGE}/{CHALLENGE}.png"
    with zipfile.ZipFile(tmp_path / "event" / "public" / CHALLENGE / "kit.zip") as kit:
        assert kit.read(picture) == (ROOT / "challenges" / picture).read_bytes()
        sample = kit.extract(f"{CHALLENGE}/sample_submission.csv", tmp_path)
    assert "600 rows" in run(installed, tmp_path, "physathon", "check", sample)
