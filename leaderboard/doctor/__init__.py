"""Looks at an installation and says what is wrong with it, and what to do: before serving, and when something fails."""

from collections.abc import Callable, Iterator
from pathlib import Path

from leaderboard.doctor import files, here, tables, way
from leaderboard.event import Event, EventError
from leaderboard.health import Finding

Check = Callable[[], Iterator[Finding]]


def examine(folder: Path, tls: tuple[Path, Path] | None = None) -> list[Finding]:
    """Return what is found: of this machine, of the event's files, tables and address, and how the event is now.

    Nothing is changed, and the vault is not opened: only who may enter it is looked at.

    Parameters
    ----------
    folder : Path
        The event's.
    tls : tuple of Path, optional
        A certificate and its key that shall be served with.
    """
    found = [*_run("python", here.python), *_run("packages", here.packages), *_run("confinement", here.confinement)]
    try:
        event = Event(folder)
    except (EventError, OSError) as error:
        return [*found, Finding("event", "act", str(error), "mend event.toml, or name another folder by --event")]
    found += _run("extras", lambda: here.extras(event))
    found += _run("permissions", lambda: files.permissions(event))
    found += _run("keys", lambda: files.keys(event))
    found += _run("bucket", lambda: files.bucket(event))
    found += _run("copies", lambda: files.copies(event))
    found += _run("tables", lambda: tables.examine(event))
    with tables.followed_by(event) as store:
        if store:
            found += _run("event", lambda: tables.as_they_say(store, event))
        found += _run("tls", lambda: way.certificates(event, tls))
        return found + _run("address", lambda: way.address(event))


def _run(what: str, check: Check) -> list[Finding]:
    """Return what a check finds; one that breaks off says so in place of the rest."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except PermissionError as error:
        to_do = "run it as root, or as the user that serves"
        found.append(Finding(what, "watch", f"this user may not look: {error.filename or error}", to_do))
    except (EventError, OSError, ImportError) as error:
        found.append(Finding(what, "act", str(error), "mend what it says"))
    return found
