"""A team's whole round by the kit's submit.py alone, on the oldest Python that it is for, against a served event."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from leaderboard.intake import receipts
from leaderboard.judge import worker
from leaderboard.kit import submit as client
from leaderboard.people import talk, teams
from tests.leaderboard.commands import served
from tests.support import add_team, noisy_answers, prediction_file, python_of

TRACK = "higgs.signal"


class Team:
    """A team with a kit's folder, in which submit.py and the event's key lie, and nothing else installed."""

    def __init__(self, judge, folder: Path, address: str) -> None:
        self.folder, self.kit, self.said = folder, folder / "Kit für Ä", ""
        self.kit.mkdir(parents=True)
        shutil.copy(client.__file__, self.kit / "submit.py")
        shutil.copy(judge.event.public / "receipts.pem", self.kit)
        (key,) = receipts.public_keys(judge.event)
        (self.kit / "event.json").write_text(json.dumps({"address": address, "key_sha256": key}))
        (self.kit / "format.json").write_text(json.dumps({"challenge": "higgs", "track": "signal"}))
        self.python = python_of("3.9") or Path(sys.executable)
        keep = {name: value for name, value in os.environ.items() if not name.startswith("PHYSATHON")}
        self.environment = {**keep, "XDG_CONFIG_HOME": str(folder / "config")}

    def start(self, *words: object, typed: str = "") -> subprocess.Popen:
        process = subprocess.Popen(
            [self.python, "-I", str(self.kit / "submit.py"), *map(str, words)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE),
            encoding="utf-8",
            env=self.environment,
        )
        process.stdin.write(typed)
        process.stdin.close()
        process.stdin = None
        return process

    def ended(self, process: subprocess.Popen, status: int = 0) -> str:
        out, error = process.communicate(timeout=60)
        assert process.returncode == status, error
        self.said += out + error
        return out if status == 0 else error

    def run(self, *words: object, status: int = 0, typed: str = "") -> str:
        """Run a command that ends with this status; return what it printed, or complained of."""
        return self.ended(self.start(*words, typed=typed), status)

    def json(self, *words: object):
        return json.loads(self.run(*words, "--json"))


def test_a_team_goes_through_an_event_by_one_file(judge, tmp_path):
    named = add_team(judge)
    with judge.store.write() as session:
        token = teams.issue_token(session, named)
        talk.announce(session, "Pizza \x1b[31mhere")
    with served(judge) as address:
        team = Team(judge, tmp_path, address)
        file, better = team.kit / "predictions é.csv", team.folder / "better.csv"
        file.write_bytes(prediction_file(judge, noisy_answers(judge, 2)))
        better.write_bytes(prediction_file(judge, noisy_answers(judge, 1)))

        assert "submit.py login` keeps your team's token" in team.run("status", status=1)
        assert "nobody is here to be asked" in team.run("login", status=2)
        assert "not known here" in team.run("login", typed=f"{token}x\n", status=1)
        assert f"knows you as {named.name}" in team.run("login", typed=f"“{token}”\n")
        (kept,) = (tmp_path / "config" / "physathon" / "tokens").iterdir()
        assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (token, 0o600)

        assert team.run("check", file).startswith(f"OK: {TRACK}, 600 rows, sha256 ")
        file.write_bytes(file.read_bytes()[:-20])
        assert "`python submit.py check` tries a file at no cost" in team.run("check", file, status=1)
        file.write_bytes(prediction_file(judge, noisy_answers(judge, 2)))

        sending = team.start("submit", file, "--wait", "--title", "Trees", "--tag", "xgboost")
        while sending.poll() is None:
            worker.work(judge, once=True)
            time.sleep(0.1)
        out = team.ended(sending)
        (first,) = team.json("list")
        assert f"the board shows {first['value']:.3f} ({first['low']:.3f} to {first['high']:.3f})" in out
        assert out.strip().endswith("rank 1")
        assert (first["filename"], first["card"]["title"], first["decides"]) == (file.name, "Trees", True)
        second = team.json("submit", better, "--track", TRACK)
        worker.work(judge, once=True)
        assert "became your best" in team.run("list")

        a_day = judge.event.config.submissions_per_day
        assert f"{TRACK}  {a_day - 2} of {a_day} " in team.run("status")
        assert team.json("card", 1, "--hours", "2.5")["hours"] == 2.5
        assert named.name in team.run("board")

        assert "no. 1 is your final" in team.run("final", 1)
        assert [one["decides"] for one in team.json("list")] == [False, True]
        assert f"your final on {TRACK}" in team.run("automatic")
        assert [one["decides"] for one in team.json("list")] == [True, False]

        receipt = file.with_name(f"{file.name}.receipt-1.json")
        assert json.loads(team.run("receipt", 2)) == second
        assert "taken in at" in team.run("verify", receipt, file)
        assert "is not the file that it is for" in team.run("verify", receipt, better, status=1)
        forged = {**json.loads(receipt.read_text()), "team": "Others"}
        receipt.write_text(json.dumps(forged))
        assert "the signature does not fit" in team.run("verify", receipt, status=1)
        (team.kit / "event.json").write_text(json.dumps({"address": address, "key_sha256": "0" * 64}))
        assert "is not the key that the kit's event.json names" in team.run("verify", receipt, status=1)

        assert "the answer to no. 1" in team.run("ask", "May we\nuse Pythia?", "--track", TRACK)
        with judge.store.write() as session:
            talk.answer(session, 1, "Yes.")
        assert "Yes." in team.run("questions")
        assert re.search(r"^\* .*: Pizza \[31mhere$", team.run("announcements"), re.MULTILINE)
        team.run("download", "higgs", "--to", tmp_path)
        assert zipfile.ZipFile(tmp_path / "higgs-kit.zip").read("higgs/submit.py") == Path(client.__file__).read_bytes()
        team.run("logout")
        assert not kept.exists()
    assert token not in team.said
    assert "Traceback" not in team.said
