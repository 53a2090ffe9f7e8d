"""The pins of constraints.txt on every platform that `make setup` is for: nothing is compiled there."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.pylock import PackageSdist, PackageWheel, Pylock
from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from tests.support import ROOT


def linux(machine: str) -> tuple[dict[str, str], list[str]]:
    """Return the markers and wheel tags of a Linux with glibc 2.28 or newer."""
    names = [f"_2_{minor}" for minor in range(28, 4, -1)] + ["2014", "2010", "1"]
    tags = [f"manylinux{name}_{machine}" for name in names]
    return {"sys_platform": "linux", "os_name": "posix", "platform_machine": machine}, tags


def macos(release: int, darwin: int) -> tuple[dict[str, str], list[str]]:
    """Return the markers and wheel tags of a Mac with Apple's processor."""
    kernel = {"platform_release": f"{darwin}.0.0", "platform_version": f"Darwin Kernel Version {darwin}.0.0: root"}
    markers = {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"} | kernel
    return markers, list(mac_platforms((release, 0), "arm64"))


PLATFORMS = {
    "Linux x86-64": linux("x86_64"),
    "Linux ARM": linux("aarch64"),
    "macOS 14": macos(14, 23),
    "macOS 15": macos(15, 24),
    "Windows": ({"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"}, ["win_amd64"]),
}
MINORS = (11, 12, 13, 14)
SOURCE_ALONE = {"jsonpath-rw": "pure Python that was never published as a wheel; mlcroissant, a test's tool, needs it"}


def resolve(output: Path, source: str | Path, *options: str) -> Pylock:
    """Return what the requirements in a file come to on all platforms, with all wheels that each of these may want."""
    command = [Path(sys.executable).with_name("uv"), "pip", "compile", source, "-c", "constraints.txt", *options]
    command += ["--universal", "--python-version", "3.11", "--python", sys.executable, "--no-python-downloads"]
    command += ["--quiet", "-o", output]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the package index did not tell within 50 s what wheels there are")
    if any(sign in found.stderr for sign in ("are you offline?", "network is disabled", "error sending request")):
        pytest.skip("what wheels there are only a package index tells, and none is in reach")
    assert found.returncode == 0, found.stderr
    return Pylock.from_dict(tomllib.loads(output.read_text("utf-8")))


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Pylock:
    """Return everything that `make setup` and `make test` install."""
    lines = re.findall(r"^(?:TEST_)?EXTRAS := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    extras = re.findall("[a-z]+", " ".join(lines))
    assert {"simulation", "test"} <= set(extras)
    output = tmp_path_factory.mktemp("lock") / "pylock.toml"
    return resolve(output, "pyproject.toml", *(f"--extra={extra}" for extra in extras))


def environments():
    for name, (markers, platforms) in PLATFORMS.items():
        for minor in MINORS:
            python = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"}
            implementation = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
            abis = [f"cp3{minor}"]
            tags = [
                *cpython_tags((3, minor), abis=abis, platforms=platforms),
                *compatible_tags((3, minor), interpreter=abis[0], platforms=platforms),
            ]
            yield f"{name}, Python 3.{minor}", markers | python | implementation, tags


def test_every_pin_has_a_wheel_on_every_platform(lock):
    without: dict[str, list[str]] = {}
    for place, environment, tags in environments():
        for package, chosen in lock.select(environment=environment, tags=tags):
            if isinstance(chosen, PackageSdist):
                without.setdefault(package.name, []).append(f"{package.version}: {place}")
    assert without.keys() - SOURCE_ALONE == set(), without
    assert without.keys() >= SOURCE_ALONE.keys(), "it has a wheel now: no exception is needed"


def test_pythia_is_left_out_exactly_where_it_has_no_wheel(lock, tmp_path):
    (alone := tmp_path / "requirements.txt").write_text("pythia8mc\n")
    wanted = resolve(tmp_path / "pylock.toml", alone)
    installed, has_wheel = [], []
    for place, environment, tags in environments():
        for among, found in ((lock, installed), (wanted, has_wheel)):
            chosen = {package.name: file for package, file in among.select(environment=environment, tags=tags)}
            if isinstance(chosen.get("pythia8mc"), PackageWheel):
                found.append(place)
    assert installed == has_wheel != []
