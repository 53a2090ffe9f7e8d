"""Plays a part of docs/operations.md on a machine of its own: `unshare --mount --net --pid --fork ... PART`.

Its files, users, ports and processes are gone afterwards: what stands for it is a layer in memory over this one, and
/opt/physathon is this checkout. Systemd is played: what its units start is started as they say. So is Docker Compose.
"""

import configparser
import json
import os
import re
import shlex
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from tests.leaderboard.compose import Compose

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "docs" / "operations"
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)

OURS = "/opt/physathon"
LAPTOP, SERVER, CLUSTER = PARTS = "A laptop", "One server", "A cluster"
CHALLENGE = "particle_images"
NAME = "hackathon.example.org"
WITHOUT = ("make", "git")
"""Commands whose work is done: the packages are installed, and nothing newer is to be fetched."""

CERTIFICATE = """
physathon-as web certificate --for hackathon.example.org
cp /srv/physathon/hackathon/server.pem /opt/physathon/fullchain.pem
cp /srv/physathon/hackathon/server.key /opt/physathon/privkey.pem
"""
"""What an authority would give: here it is the event's own."""


def blocks(part: str) -> list[str]:
    """Return the commands of a part of the page, block by block."""
    return BLOCK.findall(PAGE.split(f"\n## {part}\n")[1].split("\n## ")[0])


def said_to_physathon(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of ours in a text of the shell."""
    for line in text.splitlines():
        words = shlex.split(line.partition(" || ")[0], comments=True) or [""]
        if words[0].endswith("physathon"):
            yield words[1:]
        elif words[0].endswith("physathon-as"):
            yield words[2:]
        elif words[:2] == ["docker", "compose"] and "run" in words:
            yield [word for word in words[words.index("run") + 1 :] if word != "--rm"][1:]


def make_machine() -> None:
    """Give this process a machine of its own: what it writes, wherever, is in memory and nowhere else."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    root, upper, work = (Path("/mnt", name) for name in ("root", "upper", "work"))
    subprocess.run(["mount", "-t", "tmpfs", "none", "/mnt"], check=True)
    for folder in (root, upper, work):
        folder.mkdir()
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "none", root], check=True)
    for place in ("proc", "dev", "sys"):
        subprocess.run(["mount", "--rbind", f"/{place}", root / place], check=True)
    os.chroot(root)
    os.chdir("/")
    Path.home().chmod(0o755)  # perhaps with a Python that nobody else could run
    Path(OURS).symlink_to(ROOT)
    if not Path(OURS, ".venv").exists():
        Path(OURS, ".venv").symlink_to(sys.prefix)
    for name in WITHOUT:
        Path("/usr/local/bin", name).write_text("#!/bin/sh\n")
        Path("/usr/local/bin", name).chmod(0o755)
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write(f"\n127.0.0.1 {NAME}\n")


class Services:
    """What systemd would run."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen] = {}
        self._as: dict[str, tuple[list[str], dict[str, str], dict]] = {}

    def do(self, words: list[str]) -> None:
        """Do what `systemctl` is asked to."""
        verb, *names = (word for word in words if word != "--now")
        for name in names:
            if verb == "stop":
                self.running[name].terminate()
                assert self.running.pop(name).wait(60) == 0, f"{name} ended badly: {logs()}"
            else:
                self.start(name)

    def start(self, name: str) -> None:
        """Start what a unit starts, as the user that it says."""
        if name == "haproxy":
            self.keep(name, ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"], {})
            return
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str
        unit.read(f"/etc/systemd/system/{name}.service")
        service = unit["Service"]
        said = Path(service["EnvironmentFile"]).read_text().splitlines()
        variables = dict(line.split("=", 1) for line in said if not line.startswith("#"))
        who = {"user": service["User"], "group": service["Group"], "umask": int(service["UMask"], 8)}
        self.keep(name, shlex.split(service["ExecStart"]), variables, extra_groups=[], **who)

    def keep(self, name: str, command: list[str], variables: dict[str, str], **who) -> None:
        """Start a process that goes on."""
        self._as[name] = command, variables, who
        with Path(f"/mnt/{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(
                command, cwd="/", env=os.environ | variables, stdout=log, stderr=log, **who
            )

    def restart(self) -> None:
        """Start again what has ended, as on a machine that is too busy."""
        for name in [name for name, process in self.running.items() if process.poll() is not None]:
            command, variables, who = self._as[name]
            self.keep(name, command, variables, **who)

    def close(self) -> None:
        """End all of them."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(60)


def logs() -> str:
    """Return what those have said that go on."""
    return "\n".join(f"{path}:\n{path.read_text()}" for path in Path("/mnt").glob("*.log"))


def run(line: str, cwd: Path | str) -> str:
    """Run a line as its reader would, and return what it said."""
    print("$", line, flush=True)
    found = subprocess.run(["bash", "-euo", "pipefail", "-c", line], cwd=cwd, capture_output=True, text=True)
    print(found.stdout, found.stderr, flush=True)
    assert found.returncode == 0, logs()
    return found.stdout


def eventually_ready(place: str, authority: Path, services: Services | Compose, seconds: float = 300) -> None:
    """Return once the event can be used, and a judge lives."""
    trusted, deadline, said = ssl.create_default_context(cafile=str(authority)), time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"{place}/api/v1/ready", context=trusted, timeout=20) as answer:
            said = answer.read().decode()
            if json.loads(said)["judge"]:
                return
        services.restart()
        time.sleep(0.2)
    raise AssertionError(f"{said}\n{logs()}")


def play_a_team(place: str, event: Path, organiser: str, services: Services | Compose) -> None:
    """Do as a team does: get the kit, send a file, wait until it is judged."""
    authority = event / "public" / "authority.pem"
    eventually_ready(place, authority, services)
    token = re.search(r"physathon_[\w-]+", run(f"{organiser} team add 'Muon Collective'", event.parent))
    assert token
    kit = Path("/mnt/kit")
    kit.mkdir()
    run(f"curl -sSfLO --cacert {authority} {place}/api/v1/kits/{CHALLENGE}.zip && unzip -q {CHALLENGE}.zip", kit)
    send = f"PHYSATHON_TOKEN={token[0]} python submit.py submit sample_submission.csv --sample --wait"
    assert "0.5" in run(f"{send} --url {place} --ca {authority}", kit / CHALLENGE)
    assert "Muon Collective" in run(f"{organiser} board", event.parent)


def main() -> None:
    """Play a part of the page."""
    part = dict(zip(PARTS, (laptop, server, cluster), strict=True))[sys.argv[1]]
    make_machine()
    os.environ |= {"PYTHONPATH": OURS, "PHYSATHON_BACKUP_PASSPHRASE": "correct horse battery staple"}
    os.environ["PATH"] = f"/usr/local/bin:{OURS}/.venv/bin:{os.environ['PATH']}"
    part()


def laptop() -> None:
    """Play an event on one machine by one user."""
    home = Path("/srv/laptop")
    home.mkdir(parents=True)
    event, place = home / "autumn", "https://localhost:8501"
    with closing(Services()) as services:
        for line in "".join(blocks(LAPTOP)).splitlines():
            if line.startswith("physathon serve"):
                services.keep("serve", ["bash", "-c", f"cd {home}; exec {line}"], {})
                play_a_team(place, event, f"PHYSATHON_EVENT={event} physathon", services)
            else:
                run(line, home)


def server() -> None:
    """Play an event on a server by two users, behind a proxy, and its upgrade."""
    event, place = Path("/srv/physathon/hackathon"), f"https://{NAME}"
    with closing(Services()) as services:
        for line in "".join(blocks(SERVER)).splitlines():
            if line.startswith("cat fullchain.pem"):
                for one in CERTIFICATE.strip().splitlines():
                    run(one, OURS)
            if not line.startswith("systemctl"):
                run(line, OURS)
                continue
            services.do(shlex.split(line)[1:])
            if "stop" not in line:
                eventually_ready(place, event / "public" / "authority.pem", services)
            if "haproxy" in line:
                play_a_team(place, event, "physathon-as web", services)


def cluster() -> None:
    """Play an event of two webs, a database and a bucket; one web is killed, and nobody notices."""
    folder, place = Path(OURS, "docs", "operations", "cluster"), f"https://{NAME}"
    event = folder / "web1" / "hackathon"
    authority = event / "public" / "authority.pem"
    with closing(Compose(folder, f"{OURS}/.venv/bin/physathon")) as services:
        for line in "".join(blocks(CLUSTER)).splitlines():
            if not line.startswith("docker compose"):
                run(line, folder)
                continue
            print("$", line, flush=True)
            starts = " up " in line
            if starts and "proxy" in line:
                services.do(["run", "web1", "certificate", "--for", NAME])
                run("cat web1/hackathon/server.pem web1/hackathon/server.key > hackathon.pem", folder)
                run("cp web1/hackathon/public/authority.pem event/hackathon/public", folder)
            services.do(shlex.split(line)[2:])
            if starts and line.endswith("judge") and not Path("/mnt/kit").exists():
                organiser = "runuser -u physathon -- env $(grep -v ^# web.env) HOME=/tmp"
                command = f"cd {folder}; {organiser} PHYSATHON_EVENT={event} physathon"
                play_a_team(place, event, command, services)
                services.running["web1"].kill()
                services.running["web1"].wait()
                eventually_ready(place, authority, services)
                services.restart()
        eventually_ready(place, authority, services)


if __name__ == "__main__":
    main()
