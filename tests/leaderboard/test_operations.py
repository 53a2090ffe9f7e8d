"""What docs/operations.md says is done: its files are in order, its commands are run, by two users and a proxy."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from leaderboard import cli, separation
from leaderboard.event import Event
from tests.leaderboard.on_a_machine import BLOCK, PAGE, PARTS, PLACE, said_to_physathon
from tests.support import ROOT, missing_tool

CLUSTER = PLACE / "cluster"
KNOWN = set(re.findall(r"`(PHYSATHON_\w+)`", (ROOT / "docs" / "event.md").read_text("utf-8")))
UNITS = sorted(PLACE.glob("*.service"))
COMMANDS = typer.main.get_command(cli.app)


def parse(words: list[str]) -> None:
    """Hold the words of a command against the command line's own parser, without running it."""
    command, context = COMMANDS, typer.Context(COMMANDS, info_name="physathon")
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
        context = typer.Context(command, info_name=name, parent=context)
    command.make_parser(context).parse_args(list(words))


def test_every_command_of_the_page_is_one():
    found = [words for block in BLOCK.findall(PAGE) for words in said_to_physathon(block)]
    assert len(found) > 20
    for words in found:
        parse(words)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_a_command_of_ours_and_its_rights_are_few(unit):
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(unit)
    (words,) = said_to_physathon(read["Service"]["ExecStart"])
    parse(words)
    kept = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": "", "UMask": "0007"}
    assert {key: read["Service"][key] for key in kept} == kept
    assert read["Service"]["User"] in (PLACE / "physathon.sysusers").read_text()
    side = read["Service"]["EnvironmentFile"].rpartition("/")[2]
    assert ("PHYSATHON_VAULT" in (PLACE / side).read_text()) == (unit.stem == "physathon-judge")


def test_systemd_takes_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        missing_tool("systemd-analyze (Debian's package systemd)")
    for unit in UNITS:
        text = unit.read_text().replace("/opt/physathon/.venv/bin/physathon", shutil.which("true"))
        (tmp_path / unit.name).write_text(text)
    verify = ["systemd-analyze", "verify", *(tmp_path / unit.name for unit in UNITS)]
    found = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_alerts_are_about_figures_that_there_are():
    rules = [rule for group in yaml.safe_load((PLACE / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    figures = set(re.findall(r"^\| `(physathon_\w+)`", PAGE, re.MULTILINE))
    asked = {name.removesuffix("_bucket") for rule in rules for name in re.findall(r"physathon_\w+", rule["expr"])}
    assert asked <= figures
    scraped = yaml.safe_load((PLACE / "prometheus.yml").read_text())
    port = re.search(r"PHYSATHON_METRICS=(\d+)", (PLACE / "web.env").read_text())[1]
    assert scraped["scrape_configs"][0]["static_configs"][0]["targets"] == [f"127.0.0.1:{port}"]


def test_what_a_service_starts_is_a_command_of_ours_and_the_web_knows_nothing_of_the_judge():
    services = {}
    for name in ("compose.yaml", "judge.yaml"):
        services |= yaml.safe_load((CLUSTER / name).read_text())["services"]
    ours = {name: one for name, one in services.items() if one["image"] == "physathon"}
    assert set(ours) == {"web1", "web2", "judge"}
    for name, one in ours.items():
        parse(shlex.split(one["command"]))
        text = (CLUSTER / one["env_file"]).read_text()
        variables = set(re.findall(r"^(PHYSATHON_\w+)=", text, re.MULTILINE))
        assert variables <= KNOWN
        assert any("VAULT" in variable for variable in variables) == (name == "judge")
    files = [volume.split(":")[0] for one in services.values() for volume in one.get("volumes", ())]
    shipped = [CLUSTER / file for file in files if Path(file).suffix and file != "./hackathon.pem"]
    assert len(shipped) > 3
    assert [file for file in shipped if not file.exists()] == []


@pytest.mark.in_a_file
def test_a_confined_web_reads_what_it_needs_to_reach_its_database(tmp_path, monkeypatch):
    (tmp_path / "pgpass").write_text("")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    for place, settings in {"server": {"database_url": "postgresql://web@db/event"}, "file": {}}.items():
        event = Event.create(tmp_path / place, name="toy", challenges=["nmr"], **settings)
        reads = str(tmp_path / "pgpass") in separation._rules(event, "/tmp", "/tmp").read
        assert reads == (place == "server")


@pytest.mark.proof
@pytest.mark.parametrize("part", PARTS)
def test_what_the_page_says_is_done_on_a_machine_and_a_file_is_judged(part):
    namespaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc"]
    if os.geteuid() != 0 or subprocess.run([*namespaces, "true"], check=False).returncode != 0:
        missing_tool("root, and unshare: the page is played on a machine of its own")
    for name in ("haproxy", "systemd-sysusers", "ip"):
        if not shutil.which(name):
            missing_tool(f"{name} (Debian's packages haproxy, systemd, iproute2)")
    play = [sys.executable, "-m", "tests.leaderboard.on_a_machine", part]
    found = subprocess.run([*namespaces, *play], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
