"""A new challenge works at once; whichever promise it then breaks, the suite says so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import baselines
import challenges
from challenges import spec
from leaderboard import cli
from leaderboard.event import Event
from leaderboard.workshop import scaffold
from leaderboard.workshop.conformance import CHECKS, Subject, run
from scoring.metrics import UnknownMetricError

ID = "toy_pairs"


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let new challenges grow outside the project, where Python finds them all the same."""
    for module, name in ((challenges, "challenges"), (baselines, "baselines")):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(tmp_path / name)])
    monkeypatch.setattr(spec, "FOLDER", tmp_path / "challenges")
    monkeypatch.setattr(spec, "MANIFESTS", tmp_path / "data_manifests")
    monkeypatch.setattr(scaffold, "BASELINES", tmp_path / "baselines")
    scaffold.create(ID)
    yield tmp_path
    for name in [name for name in sys.modules if f".{ID}" in name]:
        del sys.modules[name]


def test_it_passes_the_suite_and_touches_three_places(workshop, tmp_path):
    findings = list(run(ID, tmp_path / "examined"))
    assert [(one.check, one.detail) for one in findings if not one.passed] == []
    assert [one.check for one in findings] == list(CHECKS)
    made = {path.relative_to(workshop).as_posix() for path in workshop.rglob("*") if path.is_file()}
    outside = {path for path in made if not path.startswith((f"challenges/{ID}/", "examined/"))}
    assert {path for path in outside if "__pycache__" not in path} == {
        f"baselines/{ID}.py",
        f"data_manifests/{ID}.json",
    }


def test_its_kit_stands_alone(workshop, tmp_path):
    subject = Subject(ID, tmp_path / "examined")
    readme = (subject.kit / "README.md").read_text()
    links = re.findall(r"\]\(([^()]*)\)", readme)
    assert {link for link in links if not (subject.kit / link).exists()} == set()
    assert "How far one can get" not in readme, "nobody has measured that yet"
    assert "challenge check" not in readme, "that is for organisers"
    assert json.loads((subject.kit / "event.json").read_bytes())["tracks"] == [f"{ID}.resonance"]
    run = [sys.executable, subject.kit / "check.py", subject.kit / "sample_submission.csv"]
    checked = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    subject.close()


BREAKS = [
    ("challenges/toy_pairs/README.md", "## The score", "## Score", "described", "lacks"),
    (
        "challenges/toy_pairs/challenge.toml",
        "reference = 0.925",
        "reference = 0.4",
        "described",
        "better than the floor",
    ),
    ("data_manifests/toy_pairs.json", '"sc:Dataset"', '"sc:Thing"', "manifest", "Croissant"),
    ("challenges/toy_pairs/simulate.py", "SeedSequence(seed,", "SeedSequence(7,", "repeatable", "the same arrays"),
    ("challenges/toy_pairs/simulate.py", "SeedSequence(seed,", "SeedSequence(None,", "repeatable", "other arrays"),
    ("challenges/toy_pairs/simulate.py", "dtype=np.float32", "dtype=np.float64", "like_the_real_files", "float64"),
    ("challenges/toy_pairs/simulate.py", "(label == 1) & signal", "label == 1", "null", "without its physics"),
    (
        "challenges/toy_pairs/simulate.py",
        '"angle": angle}',
        '"angle": label + 1.0}',
        "kit_tells_nothing",
        "is the target",
    ),
    ("challenges/toy_pairs/simulate.py", "np.sqrt(product) * share", "label * 0 + 1.0", "kit_tells_nothing", "twice"),
    ("challenges/toy_pairs/challenge.toml", 'targets = ["label"]', 'targets = ["lable"]', "answers_win", "lable"),
    (
        "challenges/toy_pairs/starters/resonance.py",
        "[:, 1]})",
        "[:, 0]})",
        "starter_is_the_floor",
        "not better than the sample",
    ),
    (
        "challenges/toy_pairs/starters/resonance.py",
        "model.fit(",
        "model.fits(",
        "starter_is_the_floor",
        "has no attribute",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "check", "says"), BREAKS, ids=[f"{one[3]}: {one[2]}" for one in BREAKS])
def test_a_broken_promise_is_named(workshop, tmp_path, file, old, new, check, says):
    text = (workshop / file).read_text()
    assert old in text
    text = text.replace(old, new)
    if says == "twice":
        text = text.replace('np.sqrt(product) / share, "angle": angle', 'label + 1.0, "angle": label * 0 + 1.0')
    (workshop / file).write_text(text)
    subject = Subject(ID, tmp_path / "examined")
    with pytest.raises((ValueError, KeyError), match=says):
        CHECKS[check](subject)
    subject.close()


def test_ids_in_the_order_of_the_labels_are_a_clue(workshop, tmp_path, monkeypatch):
    """Rows sorted by label, and ids that follow the rows: the audit must see it in the finished kit."""
    import numpy as np

    def ascending(key, name, n):
        return (np.arange(n) * (2**62 // n) + 0x1F2E3D4C5B6A).astype(np.uint64)  # none is a number of everyday life

    monkeypatch.setattr("leaderboard.judge.prepare.opaque_ids", ascending)
    simulate = workshop / "challenges" / ID / "simulate.py"
    simulate.write_text(simulate.read_text().replace("astype(np.int8)\n", "astype(np.int8)\n    label.sort()\n", 1))
    subject = Subject(ID, tmp_path / "examined")
    with pytest.raises(ValueError, match=r"ids against label: 0\.8"):
        CHECKS["kit_tells_nothing"](subject)
    subject.close()


@pytest.mark.parametrize(
    "there",
    ["challenges/rings.py", "challenges/rings", "baselines/rings.py", "baselines/rings", "data_manifests/rings.json"],
)
def test_a_new_challenge_overwrites_and_hides_nothing(workshop, there):
    (workshop / there).mkdir()
    with pytest.raises(spec.ChallengeError, match=rf"rings would overwrite or hide \['.*{there}'\]"):
        scaffold.create("rings")
    assert [path.relative_to(workshop).as_posix() for path in workshop.rglob("rings*")] == [there]


def test_the_commands_make_and_examine_it(workshop, monkeypatch):
    for check in CHECKS.keys() - {"described", "answers_win", "no_shortcut"}:
        monkeypatch.delitem(CHECKS, check)
    runner = CliRunner()
    again = runner.invoke(cli.app, ["challenge", "new", ID])
    assert isinstance(again.exception, spec.ChallengeError)
    assert "would overwrite" in str(again.exception)
    assert "a-z" in str(runner.invoke(cli.app, ["challenge", "new", "Toy Pairs"]).exception)
    (workshop / "challenges" / ID / "README.md").write_text("# Nothing yet\n")
    checked = runner.invoke(cli.app, ["challenge", "check", ID], env={"COLUMNS": "300"})
    assert "✗ described" in checked.output
    assert "✓ answers win" in checked.output
    assert f"{ID} fails 2 of {len(CHECKS)} checks: described, no_shortcut" in str(checked.exception)


def test_a_metric_that_nobody_computes_is_refused_before_anything_is_simulated(workshop, tmp_path):
    toml = workshop / "challenges" / ID / "challenge.toml"
    toml.write_text(toml.read_text().replace('metric = "roc_auc"', 'metric = "roc_acu"'))
    (toml.parent / "simulate.py").unlink()
    says = r"toy_pairs.challenge\.toml: track resonance has 'roc_acu' as metric, expected one of \['accuracy', "
    checked = CliRunner().invoke(cli.app, ["challenge", "check", ID])
    assert isinstance(checked.exception, UnknownMetricError)
    assert re.search(says, str(checked.exception))
    with pytest.raises(UnknownMetricError, match=says):
        Event.create(tmp_path / "event", name="toy", challenges=[ID])
    assert not (tmp_path / "event").exists()
