"""Keeps the web process away from the vault: by another user, if root serves, and by Landlock, where there is any."""

import importlib.util
import os
import pwd
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from challenges.files import write_atomically
from leaderboard.confine import Rules
from leaderboard.event import APART_VARIABLE, VAULT_VARIABLES, Event, EventError

USERS = ("physathon", "nobody")
"""Whom root lets the web process run as, unless told another: the first that is there and can run it."""

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/sys", "/dev/urandom", "/dev/zero")
PROCESSOR = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys")
"""Of /proc no more: Landlock guards other processes' memory, and not their environment."""

UPLOADS = "uploads"

SHARED = ("/dev/null", "/dev/shm")
PACKAGES = ("challenges", "baselines", "scoring", "leaderboard", "data_manifests")
LOOK = "import sys\nimport leaderboard.event\ntry:\n open(sys.argv[1]).close()\nexcept OSError:\n sys.exit(7)"
SEES, BLIND = 0, 7


@dataclass(frozen=True)
class Separation:
    """How the web process of an event is started, and whether the vault is out of its reach.

    Attributes
    ----------
    rules : Rules, optional
        The files it reaches, where the kernel holds it to them.
    user : str, optional
        Whom it runs as, by default the user of this process.
    temporary : str, optional
        Its own folder for temporary files.
    lent : str, optional
        A folder out of which it reads, and into which it cannot write.
    apart : bool
        Whether a trial could not open the vault.
    """

    rules: Rules | None = None
    user: str | None = None
    temporary: str | None = None
    lent: str | None = None
    apart: bool = False

    def start(self, program: Sequence[str], environment: dict[str, str]) -> subprocess.Popen:
        """Start a program as the web process is started."""
        environment = {name: value for name, value in environment.items() if name not in VAULT_VARIABLES}
        environment |= {APART_VARIABLE: "1" if self.apart else "0"}
        environment |= {"TMPDIR": self.temporary} if self.temporary else {}
        found = pwd.getpwnam(self.user) if self.user else None
        user, group, no_others = (found.pw_uid, found.pw_gid, []) if found else (None, None, None)
        command = self.rules.command(program) if self.rules else list(program)
        return subprocess.Popen(command, env=environment, user=user, group=group, extra_groups=no_others)

    def lend(self, name: str, file: Path) -> Path:
        """Return the path under which the web process reads a copy of a file; of the file itself it gets nothing."""
        if self.lent is None:
            return file
        copy = Path(self.lent, name)
        write_atomically(copy, file.read_bytes(), 0o600)
        if self.user:
            os.chown(copy, *_numbers(self.user))
        return copy

    def __str__(self) -> str:
        who = f" (user {self.user})" if self.user else ""
        if self.apart:
            return f"web and judge are apart: the web process{who} cannot open the vault"
        return (
            f"web and judge are NOT apart: who takes over the web process{who} can open the vault; "
            "docs/security.md says how to part them"
        )


@contextmanager
def separated(event: Event, user: str | None = None) -> Generator[Separation]:
    """Yield how to start the web process of an event so that it cannot open the vault, found out by trial.

    Parameters
    ----------
    event : Event
    user : str, optional
        Whom to run it as; takes root. Without a name root tries `USERS`.

    Raises
    ------
    EventError
        If the user does not exist, cannot run the web process, or this process is not root.
    """
    with (
        tempfile.TemporaryDirectory(prefix="physathon-web-") as temporary,
        tempfile.TemporaryDirectory(prefix="physathon-lent-") as lent,
        _database_kept_open(event),
    ):
        rules = _rules(event, temporary, lent)
        for name in _candidates(user):
            sees = _sees_the_vault(event, Separation(rules, name, temporary))
            if sees is not None:
                if name is not None:
                    _hand_over(event, temporary, name)
                    Path(lent).chmod(0o711)
                yield Separation(rules, name, temporary, lent, apart=not sees)
                return
        raise EventError(f"the web process cannot run as {name or 'this user'}: it does not reach Python or the event")


def _sees_the_vault(event: Event, separation: Separation) -> bool | None:
    """Return whether what is started so can open the vault; None if nothing can be started so."""
    look = [sys.executable, "-c", LOOK, str(event.vault / "event")]
    try:
        status = separation.start(look, dict(os.environ)).wait()
    except PermissionError:
        return None
    return {SEES: True, BLIND: False}.get(status)


def _candidates(user: str | None) -> list[str | None]:
    root = os.geteuid() == 0
    if user is None:
        there = {entry.pw_name for entry in pwd.getpwall()}
        return [*(name for name in USERS if root and name in there), None]
    if not root:
        raise EventError(f"only root can start the web process as {user!r}")
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise EventError(f"there is no user {user!r} here to run the web process") from None
    return [user]


def _rules(event: Event, temporary: str, lent: str) -> Rules:
    specs = [importlib.util.find_spec(name) for name in PACKAGES]
    packages = [place for spec in specs if spec for place in spec.submodule_search_locations or ()]
    settings = event.settings, event.folder / Event.SERVED, Path.home() / ".streamlit"
    own = [event.folder / name for name in ("receipts.key", *event.TEXTS)] + _of_the_database(event)
    read = *SYSTEM, *PROCESSOR, sys.prefix, sys.base_prefix, *packages, *settings, *own, lent
    # Who asks others must find them; the file is often a link to where a service keeps it up to date.
    elsewhere = event.first.auth or event.first.files_url
    names = (Path("/etc/resolv.conf").resolve().parent,) if elsewhere else ()
    return Rules.of(read=(*read, *names), write=(*SHARED, temporary, *_written_by_web(event)))


def _of_the_database(event: Event) -> list[Path]:
    """Return what a process reads to reach tables in a server: a password, certificates, which address a name has."""
    if (event.first.database_url or "sqlite").startswith("sqlite"):
        return []
    password, home = os.environ.get("PGPASSFILE"), Path.home()
    return [Path(password or home / ".pgpass"), home / ".postgresql", Path("/etc/resolv.conf").resolve().parent]


def _written_by_web(event: Event) -> list[Path]:
    """Return the folders and files of an event that the web process changes; folders are made if need be."""
    folders = {event.public: 0o777, event.submissions: 0o770, event.folder / UPLOADS: 0o700}
    for folder, mode in folders.items():
        folder.mkdir(mode, exist_ok=True)
    erased = event.folder / event.ERASED
    if not erased.exists():
        os.close(os.open(erased, os.O_WRONLY | os.O_CREAT, 0o644))
    return [*folders, erased, *_database_files(event)]


def _database_files(event: Event) -> list[Path]:
    path = event.database_file()
    return [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))] if path else []


@contextmanager
def _database_kept_open(event: Event) -> Generator[None]:
    """Keep SQLite's two companion files from being deleted: rules are about files that are there, not about names."""
    with ExitStack() as open_ones:
        for path in _database_files(event)[:1]:
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            kept = open_ones.enter_context(closing(sqlite3.connect(path, check_same_thread=False)))
            kept.execute("PRAGMA journal_mode=WAL")
            kept.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield


def _hand_over(event: Event, temporary: str, user: str) -> None:
    """Give a user what the web process writes, and the key that signs receipts."""
    for top in (temporary, event.folder / "receipts.key", *_written_by_web(event)):
        for path in (Path(top), *Path(top).rglob("*")):
            if path.exists():
                os.chown(path, *_numbers(user), follow_symlinks=False)


def _numbers(user: str) -> tuple[int, int]:
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid
