"""The machine: Python, packages, what keeps web and judge apart."""

import os
import platform
import pwd
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import leaderboard
from leaderboard import confine
from leaderboard.event import Event
from leaderboard.health import Finding
from leaderboard.separation import USERS

US = "physathon"
CONSTRAINTS = Path(leaderboard.__path__[0]).parent / "constraints.txt"
"""The versions that were tried, in a checkout."""

LANDLOCK = 3
"""The first version that keeps a process from truncating files, too."""

OF_CHALLENGES = {
    "quantum": (("pythia8mc", "simulation"),),
    "renaissance": (("fontpkg-eb-garamond", "renaissance"), ("pillow", "renaissance")),
}
"""Packages, and the extras that bring them, without which a challenge's data cannot be made."""


def python() -> Iterator[Finding]:
    """Yield whether this Python is one that the packages are for."""
    wanted, here = metadata(US)["Requires-Python"], platform.python_version()
    if here in SpecifierSet(wanted):
        yield Finding("python", "good", here)
    else:
        yield Finding("python", "act", f"{here}, where {wanted} is needed", "install with a newer Python")


def packages() -> Iterator[Finding]:
    """Yield which packages are missing, too old, or of another version than was tried."""
    needed = [Requirement(line) for line in requires(US) or ()]
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    bad = [f"{one.name} is missing" for one in needed if not _installed(one.name)]
    bad += [f"{one.name} {_installed(one.name)}, not {one.specifier}" for one in needed if not _fits(one)]
    if bad:
        yield Finding("packages", "act", "; ".join(bad), "make setup, or pip install -c constraints.txt -e .")
        return
    pins = _pins()
    names = {one.name for one in needed}
    other = [
        f"{name} {here} ({pin})" for name, pin in pins.items() if name in names and (here := _installed(name)) != pin
    ]
    if other:
        says = f"other versions than were tried: {', '.join(other)}"
        yield Finding("packages", "watch", says, "pip install -c constraints.txt -e .")
    elif pins:
        yield Finding("packages", "good", f"{version(US)}, with the versions that were tried")
    else:
        yield Finding("packages", "good", f"{version(US)}; constraints.txt is not here to compare versions with")


def extras(event: Event) -> Iterator[Finding]:
    """Yield which further packages this event needs."""
    needed = [pair for one in event.first.challenges if not (event.public / one).exists() for pair in _of(one)]
    if not (event.first.database_url or "sqlite").startswith("sqlite"):
        needed.append(("psycopg", "cluster"))
    if event.first.files_url:
        needed.append(("obstore", "cluster"))
    if event.first.auth:
        needed += [("joserfc", "auth"), ("itsdangerous", "auth")]
    missing = [(name, extra) for name, extra in needed if not _installed(name)]
    if missing:
        extras = ",".join(sorted({extra for _, extra in missing}))
        says = f"missing for this event: {', '.join(name for name, _ in missing)}"
        yield Finding("extras", "act", says, f"pip install -c constraints.txt 'physathon[{extras}]'")
    else:
        yield Finding("extras", "good", "what this event needs beyond them is here")


def confinement() -> Iterator[Finding]:
    """Yield whether a web process can be kept from the vault here."""
    found = confine.version()
    if found >= LANDLOCK:
        yield Finding("confinement", "good", f"Landlock {found} keeps the web process from the vault")
        return
    there = [user for user in USERS if user in {one.pw_name for one in pwd.getpwall()}]
    if os.geteuid() == 0 and there:
        yield Finding("confinement", "good", f"no Landlock; the web process runs as {there[0]}")
        return
    says = "no Landlock 3 (Linux 6.2), and not root: who takes over the web process can open the vault"
    yield Finding("confinement", "watch", says, "two users, the vault elsewhere: docs/operations.md")


def _of(challenge: str) -> tuple[tuple[str, str], ...]:
    return OF_CHALLENGES.get(challenge, ())


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _fits(one: Requirement) -> bool:
    here = _installed(one.name)
    return here is None or one.specifier.contains(here, prereleases=True)


def _pins() -> dict[str, str]:
    if not CONSTRAINTS.is_file():
        return {}
    lines = (line.partition("==") for line in CONSTRAINTS.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {name.strip(): pin.split(";")[0].strip() for name, equals, pin in lines if equals}
