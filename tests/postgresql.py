"""A PostgreSQL server of the tests' own, in a temporary folder, and databases in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.support import missing_tool

NOT_ROOT = "postgres"
"""Whom the server runs as, where the tests run as root: it refuses to."""

SETTINGS = ("listen_addresses=", "fsync=off", "max_connections=300", "shared_buffers=64MB")
"""By a socket alone, and fast; what survives a broken-down server is tested with ``fsync=on``."""


def binaries() -> Path:
    """Return the folder of the newest server that is installed, or skip (or fail) for want of one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        missing_tool("a PostgreSQL server, looked for in /usr/lib/postgresql (Debian's package postgresql)")
    return found[-1].parent


class Server:
    """A server, its folder and its databases.

    Attributes
    ----------
    folder : Path
        Of its data and of the socket.
    """

    def __init__(self, folder: Path, settings: tuple[str, ...] = SETTINGS) -> None:
        self.folder, self.settings, self._names = folder, settings, count(1)
        self._user = NOT_ROOT if os.geteuid() == 0 else None
        if self._user:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._run("initdb", "--pgdata", folder / "data", "--username", "owner", "--auth", "trust", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it; what it says is in ``log``."""
        options = " ".join(f"-c {one}" for one in (*self.settings, f"unix_socket_directories={self.folder}"))
        log = self.folder / "log"
        self._run("pg_ctl", "start", "--pgdata", self.folder / "data", "--log", log, "--options", options, "--wait")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it."""
        self._run("pg_ctl", "stop", "--pgdata", self.folder / "data", "--mode", mode, "--wait")

    def kill(self) -> None:
        """End it by SIGKILL, as the system does that has no memory left; return when nothing of it is left."""
        server = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        parts = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        os.kill(server, signal.SIGKILL)
        while any(Path(f"/proc/{part}").exists() for part in parts):  # each notices by itself
            time.sleep(0.01)

    def new_database(self) -> str:
        """Return the URL of a new, empty database, as its owner."""
        name = f"event{next(self._names)}"
        self.query(f'CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE "C" LC_CTYPE "C.UTF-8" ENCODING UTF8')
        return self.url(name)

    def url(self, database: str, user: str = "owner") -> str:
        """Return the URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def query(self, text: str, database: str = "postgres") -> str:
        """Return what psql says to a statement of the owner."""
        return self._psql("-c", text, database)

    def run_file(self, file: Path, database: str, **variables: str) -> str:
        """Return what psql says to a file of statements, as the owner."""
        said = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        return self._psql(*said, "-f", file, database)

    def _psql(self, *arguments: object) -> str:
        return self._run("psql", "-h", self.folder, "-U", "owner", "-qAtX", "-v", "ON_ERROR_STOP=1", *arguments)

    def _run(self, program: str, *arguments: object) -> str:
        command = [str(binaries() / program), *map(str, arguments)]
        done = subprocess.run(command, user=self._user, cwd="/", stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout


@contextmanager
def serving(**settings) -> Generator[Server]:
    """Yield a server that is gone afterwards, with all its data."""
    folder = Path(tempfile.mkdtemp(prefix="physathon-pg-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        server = Server(folder, **settings)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
