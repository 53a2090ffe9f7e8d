"""As much of Docker Compose as docs/operations/cluster needs: each service is a process that sees its own volumes."""

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import yaml

from tests.postgresql import binaries

ADDRESSES = {name: f"172.30.0.{10 + at}" for at, name in enumerate(("proxy", "web1", "web2", "db", "storage", "judge"))}
"""Of webs those that compose.yaml gives them."""

USER, ROLES = "physathon", "../../../leaderboard/store/roles.sql"
NOT_PLAYED = {"prometheus"}
"""Services whose configuration is tested elsewhere."""


class Compose:
    """The services of two files, of one machine whose loopback has all their addresses.

    Parameters
    ----------
    folder : Path
        Of the two files.
    program : str
        What the image `physathon` runs.
    """

    def __init__(self, folder: Path, program: str) -> None:
        self.folder, self.program = folder, program
        self.services: dict[str, dict] = {}
        for name in ("compose.yaml", "judge.yaml"):
            self.services |= yaml.safe_load((folder / name).read_text("utf-8"))["services"]
        self.running: dict[str, subprocess.Popen] = {}
        with Path("/etc/hosts").open("a") as hosts:
            for name, address in ADDRESSES.items():
                subprocess.run(["ip", "address", "add", f"{address}/24", "dev", "lo"], check=True)
                hosts.write(f"{address} {name}\n")
        subprocess.run(["useradd", "--uid", "10001", "--create-home", USER], check=True)

    def do(self, words: list[str]) -> None:
        """Do what `docker compose` is asked to."""
        words = [word for word in words if word not in ("--file", "judge.yaml", "--profile", "rehearsal", "--rm")]
        verb, *names = (word for word in words if word not in ("--detach", "--wait"))
        if verb == "up":
            for name in names:
                if name not in NOT_PLAYED:
                    self._up(name)
        elif verb == "stop":
            for name in names:
                self.running[name].terminate()
                assert self.running.pop(name).wait(60) == 0, f"{name} ended badly"
        elif verb == "run":
            subprocess.run(
                self._command(names[0], [self.program, *names[1:]]), env=self._variables(names[0]), check=True
            )
        elif verb == "exec":
            subprocess.run(self._of_database(*names[1:]), env=self._variables("db"), check=True)
        else:
            assert verb == "build"

    def restart(self) -> None:
        """Start again what has ended: all of them say so."""
        for name in [name for name, process in self.running.items() if process.poll() is not None]:
            self._up(name)

    def close(self) -> None:
        """End all that goes on."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)

    def _variables(self, name: str) -> dict[str, str]:
        file = self.services[name].get("env_file")
        lines = (self.folder / file).read_text("utf-8").splitlines() if file else []
        said = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        place = f"{binaries()}:{os.environ['PATH']}"
        return {
            "PATH": place,
            "PYTHONPATH": os.environ["PYTHONPATH"],
            "HOME": f"/home/{USER}",
            "LANG": "C.UTF-8",
            **said,
        }

    def _command(self, name: str, command: list[str], user: str = USER) -> list[str]:
        """Return what runs a command as a user to whom a service's volumes are where it says."""
        text = ["mount --make-rprivate /"]
        for volume in self.services[name].get("volumes", ()):
            here, there = volume.split(":")[:2]
            made = "mkdir -p" if (self.folder / here).is_dir() else "install -D /dev/null"
            text += [f"{made} {there}", f"mount --bind {shlex.quote(str(self.folder / here))} {there}"]
        who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
        text.append(f"cd / && exec {shlex.join([*who, *command])}")
        return ["unshare", "--mount", "sh", "-euc", "\n".join(text)]

    def _up(self, name: str) -> None:
        if name == "db":
            self._make_database()
            return
        if name == "storage":
            command = [sys.executable, "-m", "moto.server", "-H", "0.0.0.0", "-p", "5000"]
        elif name == "proxy":
            proxy = ["haproxy", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
            command = self._command(name, proxy, "root")
        else:
            said = self.services[name]["command"].replace("0.0.0.0", ADDRESSES[name])
            command = self._command(name, [self.program, *shlex.split(said)])
        with Path(f"/mnt/{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(command, env=self._variables(name), stdout=log, stderr=log)

    def _of_database(self, *command: str) -> list[str]:
        return ["runuser", "-u", "postgres", "--", *command]

    def _make_database(self) -> None:
        """Make the server and what its image's first start makes in it."""
        variables, run = self._variables("db"), partial(subprocess.run, check=True, cwd="/")
        data, owner = Path("/var/lib/tables"), variables["POSTGRES_USER"]
        data.mkdir(0o700)
        shutil.chown(data, "postgres")
        initdb = [
            "initdb",
            f"--pgdata={data}",
            f"--username={owner}",
            "--auth-host=scram-sha-256",
            "--auth-local=trust",
        ]
        run(self._of_database(*initdb, *shlex.split(variables["POSTGRES_INITDB_ARGS"])), env=variables)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")
        options = f"-c listen_addresses={ADDRESSES['db']} -c unix_socket_directories=/var/run/postgresql"
        start = [
            "pg_ctl",
            "start",
            f"--pgdata={data}",
            "--log=/var/lib/postgresql/log",
            f"--options={options}",
            "--wait",
        ]
        run(self._of_database(*start), env=variables)
        run(self._of_database("createdb", f"--username={owner}", variables["POSTGRES_DB"]), env=variables)
        shutil.copy(self.folder.joinpath(ROLES), "/roles.sql")
        run(self._of_database(str(self.folder / "database.sh")), env=variables)
