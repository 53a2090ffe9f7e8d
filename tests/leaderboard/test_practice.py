"""A practice event: made by a command, served, played as docs/submitting.md says, stopped, taken up again."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest
import yaml
from sqlalchemy import func, select

from leaderboard.demo import practice
from leaderboard.event import Event
from leaderboard.people.teams import find_team
from leaderboard.serve import ServedAlready
from leaderboard.store.database import open_store
from leaderboard.store.tables import Submission
from tests.support import ROOT, TOYS, free_port, physathon

SENDING = (ROOT / "docs" / "submitting.md").read_text("utf-8").split("## Sending it")[1].split("\n### ")[1:]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COLAB = """
import subprocess, sys, types
sys.modules.setdefault("google", types.ModuleType("google"))
sys.modules["google.colab"] = types.ModuleType("google.colab")
sys.modules["google.colab"].userdata = {"PHYSATHON_TOKEN": input()}
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """Make a practice of toy collisions, with baselines; return the folder of practices, its port and what was said."""
    folder, port = tmp_path_factory.mktemp("practice"), free_port()

    def serve(*_, announce, meanwhile) -> None:
        announce()
        meanwhile()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("challenges.higgs.simulate.simulate", TOYS["higgs"])
        patch.setattr("leaderboard.serve.serve", serve)
        patch.delenv("PHYSATHON_VAULT", raising=False)
        return folder, port, physathon("challenge", "play", "higgs", "--folder", folder, "--port", port)


@pytest.fixture(scope="module")
def served(played) -> Iterator[subprocess.Popen]:
    """Take the practice up again, as a process of its own; yield it once its page is up."""
    folder, port, said = played
    command = [sys.executable, "-m", "leaderboard", "challenge", "play", "higgs", "--folder", folder, "--port", port]
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = ""
            while "submit.py submit" not in told:
                line = process.stdout.readline()
                assert line, told
                told += line
            assert told.split("page and API")[1].strip() == said.split("page and API")[1].strip()
            yield process
        finally:
            process.kill()


def scripts(way: str) -> Iterator[str]:
    """Yield what a shell runs for one way to send: its blocks, the steps of a workflow, the cells of a notebook."""
    for language, code in BLOCK.findall(way):
        if language == "sh":
            yield code
        elif language == "yaml":
            (job,) = yaml.safe_load(code)["jobs"].values()
            yield from (step["run"] for step in job["steps"] if "run" in step)
    cells = "".join(code for language, code in BLOCK.findall(way) if language == "python")
    if cells:
        Path("cells.py").write_text(
            COLAB + re.sub(r"^!(.+)$", r"subprocess.run('\1', shell=True, check=True)", cells, flags=re.M)
        )
        yield "python cells.py"


def files_of(home: Path) -> int:
    """Return how many files the team of a practice has sent."""
    store = open_store(Event(home / "event"))
    with store.read() as session:
        team = find_team(session, practice.TEAM)
        count = session.scalar(select(func.count()).where(Submission.team_id == team.id))
    store.close()
    return count


def test_it_tells_where_all_is_and_the_three_next_commands(played):
    folder, port, said = played
    home = folder / "higgs"
    token = (home / "event" / "practice-token.txt").read_text()
    assert practice.PROVES_NOTHING in said
    assert f"http://127.0.0.1:{port}" in said
    assert f"token of the team Practice: {token}" in said
    assert re.findall(r"^  (.+)$", said, re.MULTILINE) == [
        f"cd {home / 'kit'}",
        "python starter.py",
        f"PHYSATHON_TOKEN={token} python submit.py submit submission.csv --track higgs.signal --wait",
    ]
    assert {"README.md", "check.py", "starter.py", "test.parquet"} <= {path.name for path in (home / "kit").iterdir()}
    assert (home / "event" / "practice-token.txt").stat().st_mode & 0o777 == 0o600
    config = Event(home / "event").config
    assert (config.banner, config.registration, config.size) == (practice.PROVES_NOTHING, "open", "small")
    assert json.loads((home / "kit" / "event.json").read_text())["address"] == f"http://127.0.0.1:{port}"


def test_its_page_answers_and_says_that_it_proves_nothing(played, served):
    with urlopen(f"http://127.0.0.1:{played[1]}/api/v1/event") as answer:
        assert json.load(answer)["banner"] == practice.PROVES_NOTHING


@pytest.mark.parametrize("way", SENDING, ids=lambda way: way.partition("\n")[0])
def test_each_way_to_send_a_file_sends_one(way, played, served, tmp_path, monkeypatch):
    folder, port, _ = played
    home = folder / "higgs"
    monkeypatch.chdir(tmp_path)
    for name in ("submit.py", "event.json"):
        shutil.copy(home / "kit" / name, tmp_path)
    ids = pd.read_parquet(home / "kit" / "test.parquet")["id"]
    scores = np.random.default_rng(list(way.encode())).normal(size=len(ids))
    pd.DataFrame({"id": ids, "score": scores}).to_csv("submission.csv", index=False)
    token = (home / "event" / "practice-token.txt").read_text()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "XDG_CONFIG_HOME": "."}
    if "login" not in way and "google" not in way:
        environment["PHYSATHON_TOKEN"] = token
    before, said = files_of(home), ""
    for script in scripts(way.replace("https://hackathon.example.org", f"http://127.0.0.1:{port}")):
        run = subprocess.run(["sh", "-ec", script], env=environment, input=f"{token}\n", capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        said += run.stdout + run.stderr
    assert files_of(home) == before + 1, said
    assert token not in said


def test_one_that_is_served_is_not_served_twice_nor_set_aside(played, served):
    folder, port, _ = played
    for more in ([], ["--fresh"]):
        with pytest.raises(ServedAlready, match=f"is served already, on http://127.0.0.1:{port}"):
            physathon("challenge", "play", "higgs", "--folder", folder, *more)


def test_it_ends_by_a_signal_and_a_new_one_leaves_the_files_of_before(played, served, monkeypatch):
    folder, _, said = played
    served.send_signal(signal.SIGINT)
    assert served.wait(60) == 0
    (folder / "higgs" / "kit" / "mine.py").write_text("my own")
    monkeypatch.setattr("challenges.higgs.simulate.simulate", TOYS["higgs"])
    monkeypatch.setattr("leaderboard.serve.serve", lambda *_, announce, meanwhile: announce())
    told = physathon("challenge", "play", "higgs", "--folder", folder, "--port", 8001, "--fresh")
    assert f"the practice of before is in {folder / 'higgs.1'}" in told
    assert (folder / "higgs.1" / "kit" / "mine.py").read_text() == "my own"
    assert re.findall("physathon_[^ ]+", told)[0] not in said
    again = physathon("challenge", "play", "higgs", "--folder", folder, "--port", 8002)
    assert "--wait --url http://127.0.0.1:8002" in again, "its kit knows another address"


def test_a_challenge_that_does_not_exist_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="there is no challenge 'higs'"):
        physathon("challenge", "play", "higs", "--folder", tmp_path)
    assert not list(tmp_path.iterdir())
