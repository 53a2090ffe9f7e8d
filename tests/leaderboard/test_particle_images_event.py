"""An event of images: what is public lies in HDF5, and goes the whole road that tables go."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from baselines.rungs import rungs
from challenges import arrays
from challenges.dataset import DataFileError, Dataset
from challenges.particle_images.layout import IMAGE
from leaderboard import cli, ghosts
from leaderboard.board.entries import board
from leaderboard.event import Event, EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import check_file, receive
from leaderboard.judge import prepare, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.public import files
from leaderboard.public.data import public_data
from scoring.roc import auc
from scoring.sealed import judge as scoring_judge
from tests.support import add_team, toy_images

TRACK = "particle_images.electron_photon"


def new_judge(folder: Path) -> Judge:
    event = Event.create(folder, name="images", size="small", challenges=["particle_images"])
    receipts.make_key(event)
    return Judge(event, Vault(event, create=True))


@pytest.fixture
def judge(tmp_path, monkeypatch) -> Iterator[Judge]:
    monkeypatch.delenv("PHYSATHON_VAULT", raising=False)
    judge = new_judge(tmp_path / "event")
    yield judge
    judge.close()


@pytest.fixture
def filled(judge, monkeypatch) -> Judge:
    """Return the judge of an event of toy images."""
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)
    prepare.simulate(judge, "particle_images")
    return judge


def answers(judge: Judge) -> np.ndarray:
    return judge.holdout(TRACK).targets["y"].to_numpy(np.float64)


def test_public_files_look_like_the_real_ones_and_carry_no_label_of_the_holdout(filled):
    public = public_data(filled.event, "particle_images.electron_photon")
    assert (public.train.name, public.test.name) == ("train.h5", "test.h5")
    train, test = arrays.read(public.train), arrays.read(public.test)
    assert {name: (array.shape, array.dtype.kind) for name, array in train.items()} == {
        "X": ((800, *IMAGE), "f"),
        "y": ((800,), "f"),
    }
    assert set(test) == {"X", "id"}
    assert np.array_equal(test["id"].astype(str), sorted(test["id"].astype(str)))
    assert set(arrays.read(public.validation)) == {"X", "y"}
    made, found = toy_images(1000, filled.event.config.train_seed), files.read_all_labelled(public.folder, ["y"])
    whole, parts = (
        {image.tobytes(): label for image, label in zip(one.features, one.targets["y"], strict=True)}
        for one in (made, found)
    )
    assert whole == parts


def test_the_holdouts_images_belong_to_its_answers(filled):
    ids, images = files.read_test(public_data(filled.event, "particle_images.electron_photon").folder)
    holdout = filled.holdout(TRACK)
    assert [int(text, 16) for text in ids] == holdout.ids.tolist()
    assert auc(answers(filled), images[:, 16, 17, 0]) > 0.65


def test_the_same_seed_gives_the_same_files(filled, tmp_path):
    other = new_judge(tmp_path / "other")
    prepare.simulate(other, "particle_images")
    other.close()
    one, two = (public_data(judge.event, "particle_images.electron_photon") for judge in (filled, other))
    assert one.train.read_bytes() == two.train.read_bytes()
    assert one.test.read_bytes() != two.test.read_bytes()


def test_an_image_that_stands_in_both_parts_is_refused(judge, monkeypatch):
    monkeypatch.setattr(
        "challenges.particle_images.simulate.simulate", lambda n, *_, **__: toy_images(1000, 1).take(np.arange(n))
    )
    with pytest.raises(EventError, match=r"600 rows of particle_images\.electron_photon occur twice"):
        prepare.simulate(judge, "particle_images")
    assert [path.name for path in judge.event.public.iterdir()] == ["receipts.pem"]


def test_a_baseline_climbs_onto_the_board(filled):
    train = ghosts.training_data(filled.event, "particle_images.electron_photon")
    (rung,) = rungs("particle_images", "electron_photon", slow=False)
    assert ghosts.enter(filled.event, filled.store, TRACK, rung, train)
    worker.work(filled, once=True)
    with filled.store.read() as session:
        (entry,) = board(session, TRACK)
    assert entry.kind == "baseline"
    _, images = files.read_test(public_data(filled.event, TRACK).folder)
    assert auc(answers(filled), rung.fit(train).predict(images)[:, 0]) > 0.65, "on all 600 images"
    assert entry.low < entry.value < entry.high


@pytest.fixture
def unpacked(filled, tmp_path) -> Path:
    with zipfile.ZipFile(build_kit(filled.event, "particle_images")) as archive:
        archive.extractall(tmp_path / "kit")
    return tmp_path / "kit" / "particle_images"


def test_the_kit_holds_arrays_and_says_how_to_read_them(filled, unpacked):
    assert {path.name for path in unpacked.glob("*.h5")} == {"test.h5", "train.h5", "validation.h5"}
    readme = (unpacked / "README.md").read_text()
    assert "`X` (800, 32, 32, 2), `y` (800,)" in readme
    assert "parquet" not in readme
    code = readme.split("```python\n")[1].split("```")[0]
    names = {"h5py": h5py}
    here = Path.cwd()
    try:
        os.chdir(unpacked)
        exec(code, names)
    finally:
        os.chdir(here)
    assert names["X"].shape == (800, *IMAGE)
    assert len(names["ids"]) == len(names["X_test"]) == 600
    assert (
        build_kit(filled.event, "particle_images").read_bytes()
        == build_kit(filled.event, "particle_images").read_bytes()
    )


@pytest.mark.proof
def test_the_starter_beats_its_floor_and_its_file_is_accepted(judge, tmp_path):
    """On the small simulated data: the real simulator, not the toy."""
    prepare.simulate(judge, "particle_images", holdout_seed=1)
    with zipfile.ZipFile(build_kit(judge.event, "particle_images")) as archive:
        archive.extractall(tmp_path)
    kit = tmp_path / "particle_images"
    run = subprocess.run([sys.executable, "-E", kit / "starter.py"], cwd=kit, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    upload = (kit / "submission.csv").read_bytes()
    assert receive(judge.event, judge.store, add_team(judge), TRACK, upload, "submission.csv")
    scores = check_file(judge.event, TRACK, upload).values[:, 0]
    # Its error is 0.024; the training data and the holdout are always the same.
    assert auc(answers(judge), scores) > 0.57


def test_answers_score_one_and_constants_a_half(filled):
    for values, score in ((answers(filled), 1), (np.zeros(600), 0.5), (-answers(filled), 0)):
        assert (
            scoring_judge.score(scoring_judge.Predictions(values[:, None]), filled.holdout(TRACK), "private").value
            == score
        )


def test_real_files_become_an_event_that_is_not_secret(tmp_path):
    sources = []
    for name, label in (("SingleElectron.hdf5", 1), ("SinglePhoton.hdf5", 0)):
        X = np.random.default_rng(label).random((25, *IMAGE), np.float32)
        with h5py.File(tmp_path / name, "w") as file:
            file["X"], file["y"] = X, np.full(25, label, np.float32)
        sources += ["--file", f"particle_images={tmp_path / name}"]
    event = tmp_path / "event"
    few = CliRunner().invoke(cli.app, ["init", str(event), "--source", "real", *sources])
    assert "no group may hold a third" in str(few.exception)
    event = tmp_path / "practice"
    made = ["init", str(event), "--source", "real", "--size", "small", *sources]
    run = CliRunner().invoke(cli.app, made, env={"COLUMNS": "200"})
    assert run.exit_code == 0, run.output
    assert "for practice only" in run.output
    assert "32 training, 8 validation and 10 holdout rows" in run.output
    facts = public_data(Event(event), "particle_images.electron_photon").facts()
    assert facts["source"] == "real data, SingleElectron.hdf5, SinglePhoton.hdf5"
    assert facts["secret"] is False
    assert json.dumps(facts).count("sha256") == 1
    with zipfile.ZipFile(build_kit(Event(event), "particle_images")) as kit:
        assert "Not secret" in kit.read("particle_images/README.md").decode()
        with h5py.File(io.BytesIO(kit.read("particle_images/train.h5"))) as train:
            assert train["X"].shape == (32, *IMAGE)


def test_files_without_a_published_checksum_are_not_fetched(tmp_path):
    event = Event.create(tmp_path / "event", name="real", source="real", challenges=["particle_images"])
    judge = Judge(event, Vault(event, create=True))
    try:
        with pytest.raises(EventError, match=r"nobody has published checksums .*cernbox\.cern\.ch/.*--file"):
            prepare.fetch(judge, "particle_images", tmp_path)
    finally:
        judge.close()


def test_groups_of_training_arrays_come_back(tmp_path):
    data = Dataset(np.arange(12.0).reshape(4, 3), pd.DataFrame({"y": [0, 1, 1, 0]}), np.array([5, 5, 6, 6]))
    files.write_labelled(tmp_path, train=data)
    found = files.read_labelled(tmp_path, "train", ["y"])
    assert np.array_equal(found.features, data.features)
    assert found.targets.equals(data.targets)
    assert found.groups.tolist() == [5, 5, 6, 6]


@pytest.mark.parametrize("table", [True, False])
def test_rows_are_taken_in_the_order_given(table):
    values = np.arange(8.0).reshape(4, 2)
    features = pd.DataFrame(values, columns=["a", "b"]) if table else values
    part = Dataset(features, pd.DataFrame({"y": [0, 1, 2, 3]}), np.arange(4)).take(np.array([2, 0]))
    assert np.array_equal(np.asarray(part.features), values[[2, 0]])
    assert part.targets["y"].tolist() == [2, 0]
    assert part.groups.tolist() == [2, 0]


def test_arrays_appear_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.h5"

    def half(append) -> None:
        append(X=np.zeros(3))
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"), arrays.writing(path, needed=24) as append:
        half(append)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"no HDF5")
    with pytest.raises(DataFileError, match=r"a\.h5: expected an HDF5 file"):
        arrays.read(path)
