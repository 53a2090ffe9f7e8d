"""The starter kit stands alone and carries no label of the holdout."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from packaging.requirements import Requirement

from challenges import spec
from leaderboard import serve
from leaderboard.event import EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import check_file, receive
from leaderboard.kit import licence, plots, readme, this_challenge
from leaderboard.kit.build import REQUIREMENTS, build_kit
from leaderboard.kit.event_file import event_file
from leaderboard.store import settings
from leaderboard.store.tables import Setting
from scoring.sealed import judge as scoring_judge
from tests.support import ROOT, add_team, answers, missing_tool


@pytest.fixture
def unpacked(judge, tmp_path):
    with zipfile.ZipFile(build_kit(judge.event, "higgs")) as archive:
        archive.extractall(tmp_path / "kit")
    return tmp_path / "kit" / "higgs"


def test_it_holds_what_a_team_needs(unpacked):
    assert {path.name for path in unpacked.iterdir()} == {
        "README.md", "LICENSE", "CITATION.cff", "croissant.json", "event.json", "receipts.pem", "requirements.txt",
        "check.py", "checker", "submit.py", "higgs.png", "facts.json", "format.json", "sample_submission.csv",
        "starter.py", "starter.ipynb", "plots.py",
        "test.csv", "test.parquet", "train.csv", "train.parquet", "validation.csv", "validation.parquet",
    }  # fmt: skip


def test_a_kit_that_is_broken_off_leaves_nothing(judge, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(readme, "text", stopped)
    with pytest.raises(KeyboardInterrupt):
        build_kit(judge.event, "higgs")
    assert [path.name for path in (judge.event.public / "higgs").iterdir()] == ["signal"]


def test_it_says_how_the_event_was_when_a_setting_was_last_changed(judge, unpacked, monkeypatch):
    told = json.loads((unpacked / "event.json").read_bytes())
    config = judge.event.config
    assert {name: datetime.fromisoformat(told[name]) for name in ("opens", "closes", "as_of")} == {
        "opens": config.opens,
        "closes": config.closes,
        "as_of": datetime.fromtimestamp(int((judge.event.folder / "event.toml").stat().st_mtime), UTC),
    }
    assert told["address"] is told["freezes_at"] is None
    assert (told["name"], told["tracks"]) == ("toy", ["higgs.signal"])
    assert (told["submissions_per_day"], told["submissions_in_all"]) == (20, 30)
    key = (unpacked / "receipts.pem").read_bytes()
    assert told["key_sha256"] == receipts.signing_key(judge.event).fingerprint
    monkeypatch.setattr(settings, "FRESH", 0)
    with judge.store.write() as session:
        settings.change(session, judge.event, "public_url", "https://hep.example.org", who="a test", reason="")
        session.get(Setting, "public_url").changed_at = (at := datetime(2040, 1, 1, tzinfo=UTC))
    later = json.loads(event_file(judge.event, told["tracks"], key))
    assert later == told | {"address": "https://hep.example.org", "as_of": "2040-01-01T00:00:00Z"}
    assert judge.event.as_of == at


def test_a_server_tells_the_same_of_its_settings_as_who_made_the_event(judge):
    os.utime(judge.event.folder / "event.toml", (1.8e9, 1.8e9))
    assert serve._keep_settings(judge.event).as_of == judge.event.as_of == datetime.fromtimestamp(1.8e9, UTC)


def test_its_licences_are_the_projects_and_what_the_data_have(judge, unpacked):
    text = (unpacked / "LICENSE").read_text()
    assert text.endswith((ROOT / "LICENSE").read_text())
    assert text.index("SPDX-License-Identifier: CC0-1.0") < text.index("SPDX-License-Identifier: BSD-3-Clause")
    assert "recordings" not in text
    higgs, real = judge.event.challenge("higgs"), judge.event.config.model_copy(update={"source": "real"})
    event = SimpleNamespace(config=real)
    text = licence.licence(event, higgs, {"signal": {"recordings": 2}})
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    assert "CC0" not in text
    assert "recordings of real things" in text
    assert "CC0" not in licence.citation(event, higgs)


def test_its_citation_file_has_what_its_format_demands(judge, unpacked):
    found = yaml.safe_load((unpacked / "CITATION.cff").read_text())
    assert found == {
        "cff-version": "1.2.0",
        "type": "dataset",
        "title": "Find the Higgs boson: data of toy",
        "message": f"Please cite these data, and what they come from: {judge.event.challenge('higgs').citation}",
        "version": "higgs 1",
        "date-released": judge.event.config.opens.date().isoformat(),
        "license": "CC0-1.0",
        "authors": [{"name": "the physathon authors"}],
    }


def test_its_readme_tells_of_the_event_and_how_far_one_can_get(make_judge):
    judge = make_judge(public_url="https://hep.example.org", opens=datetime(2026, 12, 1, 17, tzinfo=UTC), days=2)
    (judge.event.folder / "rules.md").write_text("Be kind.")
    readme = readme_of(judge.event)
    for said in (
        "# This event: toy",
        "| Opens | Tue 1 Dec 2026, 17:00 UTC |",
        "| Closes | Thu 3 Dec 2026, 17:00 UTC |",
        "20 within 24 hours and 30 in all",
        "`python submit.py status` tells what holds",
        '"https://hep.example.org/api/v1/tracks/higgs.signal/submissions?filename=submission.csv"',
        "signal: 60% of the test rows are public, 40% private",
        "Rules, to which everybody agrees who joins: https://hep.example.org/rules",
        receipts.signing_key(judge.event).fingerprint,
        "| Next: Deep net | 0.7834 (0.777 – 0.7896) | 41 (39 – 43) |",
        *judge.holdout("higgs.signal").commitments.values(),
    ):
        assert said in readme
    assert "stands still" not in readme
    assert "ADDRESS" not in readme
    assert readme.index("# This event") < readme.index("# This challenge") < readme.index("## The physics")


def readme_of(event) -> str:
    with zipfile.ZipFile(build_kit(event, "higgs")) as archive:
        return archive.read("higgs/README.md").decode()


@pytest.mark.parametrize("name", spec.available())
def test_no_readme_leads_out_of_its_kit_or_speaks_to_organisers(name):
    about, figures = this_challenge.about_with_figures(spec.load(name))
    assert links(about) == [figure.name for figure in figures] != []
    assert all(figure.is_file() for figure in figures)
    assert "physathon " not in about
    assert "ganisers" not in about


def links(markdown: str) -> list[str]:
    return re.findall(r"\]\(([^()]*)\)", markdown)


def test_what_its_readme_names_lies_beside_it(unpacked):
    readme = (unpacked / "README.md").read_text()
    named = {*links(readme), *re.findall(r"`([\w/]+\.(?:py|ipynb|parquet|h5|csv|json|pem))`", readme), "LICENSE"}
    assert {name for name in named if not (unpacked / name).exists()} == set()
    assert readme.count("python submit.py login --url ADDRESS") == 2, "the event has no address yet"


def test_the_csv_and_parquet_tables_are_the_same(unpacked):
    for name in ("train", "validation", "test"):
        from_csv = pd.read_csv(unpacked / f"{name}.csv", dtype={"id": str})
        parquet = pd.read_parquet(unpacked / f"{name}.parquet")
        assert list(from_csv) == list(parquet)
        numbers = parquet.select_dtypes("number")
        assert (from_csv[list(numbers)].astype(numbers.dtypes) == numbers).all().all()


def test_the_test_table_has_no_target_and_its_order_says_nothing(judge, unpacked):
    test = pd.read_parquet(unpacked / "test.parquet")
    assert "label" not in test
    assert test["id"].is_monotonic_increasing
    halves = answers(judge)[: len(test) // 2].mean(), answers(judge)[len(test) // 2 :].mean()
    assert abs(halves[0] - halves[1]) < 4 * 0.5 * (4 / len(test)) ** 0.5


def test_the_same_event_gives_the_same_bytes(judge):
    first = build_kit(judge.event, "higgs").read_bytes()
    assert build_kit(judge.event, "higgs").read_bytes() == first


def test_the_sample_submission_is_accepted_and_scores_its_pinned_value(judge, unpacked):
    sample = (unpacked / "sample_submission.csv").read_bytes()
    assert receive(judge.event, judge.store, add_team(judge), "higgs.signal", sample, "sample.csv", sample=True)
    values = check_file(judge.event, "higgs", sample).values
    predictions = scoring_judge.Predictions(values)
    for name in ("public", "private"):
        assert scoring_judge.score(predictions, judge.holdout("higgs.signal"), name).value == 0.5


@pytest.mark.parametrize("program", [("check.py",), ("submit.py", "check")])
def test_its_check_is_the_events_check(unpacked, program):
    run = [sys.executable, *program, "sample_submission.csv"]
    good = subprocess.run(run, cwd=unpacked, capture_output=True, text=True)
    assert good.returncode == 0, good.stdout + good.stderr
    sample = unpacked / "sample_submission.csv"
    sample.write_bytes(sample.read_bytes().replace(b"0.5", b"nan", 1))
    bad = subprocess.run(run, cwd=unpacked, capture_output=True, text=True)
    assert bad.returncode == 1
    assert "line 2" in bad.stdout + bad.stderr


def test_its_starter_runs_with_its_requirements_alone(judge, unpacked, tmp_path):
    """A fresh environment, nothing of ours in it."""
    environment = tmp_path / "venv"
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        missing_tool("uv is not beside this Python")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", python, "-c", ROOT / "constraints.txt"]
    if subprocess.run([*install, "-r", unpacked / "requirements.txt"]).returncode:
        missing_tool("no package index to install the kit's requirements from")
    for command in ("starter.py", "check.py submission.csv", "submit.py --help"):
        subprocess.run([python, *command.split()], check=True, cwd=unpacked, capture_output=True)
    submission = (unpacked / "submission.csv").read_bytes()
    assert receive(judge.event, judge.store, add_team(judge), "higgs.signal", submission, "submission.csv")
    labels = answers(judge)
    scores = check_file(judge.event, "higgs", submission).values[:, 0]
    assert np.corrcoef(labels, scores)[0, 1] > 0.2


def test_its_requirements_name_what_starters_import_in_versions_that_this_project_has():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    needs = [Requirement(line) for line in REQUIREMENTS]
    assert [one.name for one in needs if not one.specifier.contains(pins[one.name])] == []
    imported = set()
    for script in [*(ROOT / "challenges").glob("*/starters/*.py"), Path(plots.__file__)]:
        for node in ast.walk(ast.parse(script.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                imported |= {one.name.partition(".")[0] for one in node.names}
    imported -= {*sys.stdlib_module_names, "plots"}
    assert {"numpy", "sklearn"} < imported <= {one.name.replace("scikit-learn", "sklearn") for one in needs}


def test_a_kit_needs_the_key_of_receipts(judge):
    (judge.event.public / "receipts.pem").unlink()
    with pytest.raises(EventError, match=r"public/receipts\.pem is missing"):
        build_kit(judge.event, "higgs")


def test_a_kit_needs_data(make_judge, tmp_path):
    judge = make_judge()
    (judge.event.public / "higgs").rename(tmp_path / "gone")
    with pytest.raises(EventError, match="has no data yet"):
        build_kit(judge.event, "higgs")
