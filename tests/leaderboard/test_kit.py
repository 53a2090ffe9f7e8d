"""The starter kit stands alone and carries no label of the holdout."""

import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

from leaderboard.event import EventError
from leaderboard.intake.receive import check_file, receive
from leaderboard.kit import readme as kit_readme
from leaderboard.kit.build import build_kit
from scoring.sealed import judge as scoring_judge
from tests.support import ROOT, add_team, answers, missing_tool


@pytest.fixture
def unpacked(judge, tmp_path):
    with zipfile.ZipFile(build_kit(judge.event, "higgs")) as archive:
        archive.extractall(tmp_path / "kit")
    return tmp_path / "kit" / "higgs"


def test_it_holds_what_a_team_needs(unpacked):
    assert {path.name for path in unpacked.iterdir()} == {
        "README.md", "check.py", "facts.json", "higgs.png", "predictions",
        "format.json", "requirements.txt", "sample_submission.csv",
        "starter.py", "test.csv", "test.parquet", "train.csv", "train.parquet",
    }  # fmt: skip


def test_a_kit_that_is_broken_off_leaves_nothing(judge, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(kit_readme, "text", stopped)
    with pytest.raises(KeyboardInterrupt):
        build_kit(judge.event, "higgs")
    assert [path.name for path in (judge.event.public / "higgs").iterdir()] == ["signal"]


def test_the_csv_and_parquet_tables_are_the_same(unpacked):
    for name in ("train", "test"):
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


def test_its_check_is_the_events_check(unpacked):
    run = [sys.executable, "check.py", "sample_submission.csv"]
    good = subprocess.run(run, cwd=unpacked, capture_output=True, text=True)
    assert good.returncode == 0, good.stdout + good.stderr
    sample = unpacked / "sample_submission.csv"
    sample.write_bytes(sample.read_bytes().replace(b"0.5", b"nan", 1))
    bad = subprocess.run(run, cwd=unpacked, capture_output=True, text=True)
    assert bad.returncode == 1
    assert "line 2" in bad.stdout


def test_its_starter_runs_with_its_requirements_alone(judge, unpacked, tmp_path):
    """A fresh environment, nothing of ours in it."""
    environment = tmp_path / "venv"
    uv = ROOT / ".venv" / "bin" / "uv"
    if not uv.exists():
        missing_tool("uv is not in .venv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", python, "-c", ROOT / "constraints.txt"]
    if subprocess.run([*install, "-r", unpacked / "requirements.txt"]).returncode:
        missing_tool("no package index to install the kit's requirements from")
    subprocess.run([python, "-I", unpacked / "starter.py"], check=True, cwd=unpacked, capture_output=True)
    submission = (unpacked / "submission.csv").read_bytes()
    assert receive(judge.event, judge.store, add_team(judge), "higgs.signal", submission, "submission.csv")
    labels = answers(judge)
    scores = check_file(judge.event, "higgs", submission).values[:, 0]
    assert np.corrcoef(labels, scores)[0, 1] > 0.2


def test_a_kit_needs_data(make_judge, tmp_path):
    judge = make_judge()
    (judge.event.public / "higgs").rename(tmp_path / "gone")
    with pytest.raises(EventError, match="has no data yet"):
        build_kit(judge.event, "higgs")
