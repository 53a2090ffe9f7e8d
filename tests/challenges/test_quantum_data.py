"""The real jet images: every good row arrives, every bad file is named, and what is trained on are quarks alone."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges import arrays, spec
from challenges.dataset import DataFileError, Dataset
from challenges.quantum import data, energyflow
from challenges.quantum.layout import TARGET, radial_width
from challenges.spec import Training
from challenges.training import TrainingError, public_rows, split_public
from scoring.roc import auc
from tests.support import real_data

QUARK, GLUON = 1, 0  # as the real file says


def jets(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return made-up images, gluons wider than quarks, and labels as in the real file."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2).astype(np.int32)
    distance = np.hypot(*np.meshgrid(np.arange(30) - 14.5, np.arange(30) - 14.5))
    width = np.where(y == QUARK, 2.0, 3.0)[:, None, None]
    return (np.exp(-distance / width) * rng.exponential(size=(n, 30, 30))).astype(np.float32), y


def written(path: Path, **columns: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values
    return path


@pytest.fixture
def small_blocks(monkeypatch):
    """Let a few hundred images take many blocks."""
    monkeypatch.setattr(data, "BLOCK", 37)


def test_every_image_arrives_and_what_is_flagged_is_one(tmp_path, small_blocks):
    images, y = jets(300)
    loaded = data.load(written(tmp_path / "QG_hackathon_data_big", X=images, y=y))
    assert np.array_equal(loaded.features, images)
    assert np.array_equal(loaded.targets[TARGET], y == GLUON)
    assert loaded.targets[TARGET].dtype == np.int8
    assert loaded.groups.tolist() == list(range(300))


def test_ingest_keeps_images_and_labels_together(tmp_path, small_blocks):
    images, y = jets(500)
    source = written(tmp_path / "real", X=images, y=y)
    seen = []
    split = data.ingest([source], tmp_path, progress=lambda done, total: seen.append((done, total)))
    train = arrays.read(tmp_path / "train.h5")
    label = {image.tobytes(): kind for image, kind in zip(images, y, strict=True)}
    for part in (train, {"X": split.holdout.features, TARGET: split.holdout.targets[TARGET]}):
        assert [label[image.tobytes()] for image in part["X"]] == [1 - gluon for gluon in part[TARGET]]
    assert len(split.holdout) == 100
    assert split.train_rows == len(train["X"]) == 400
    assert not {image.tobytes() for image in train["X"]} & {image.tobytes() for image in split.holdout.features}
    assert split.rows == 500
    assert seen[-1] == (500, 500)
    with pytest.raises(DataFileError, match="expected one file"):
        data.ingest([], tmp_path)


def test_an_image_of_the_holdout_is_dropped_from_training_and_counted(tmp_path):
    images, y = jets(200)
    in_holdout = np.random.default_rng(data.SEED).permutation(200)[:40]
    twin = next(row for row in range(200) if row not in in_holdout and y[row] == QUARK)
    images[twin] = images[in_holdout[0]]
    split = data.ingest([written(tmp_path / "real", X=images, y=y)], tmp_path)
    assert split.duplicates == 1
    assert images[twin].tobytes() not in {image.tobytes() for image in arrays.read(tmp_path / "train.h5")["X"]}


def bad_files() -> dict[str, tuple[dict, str]]:
    images, y = jets(300)
    nan = images.copy()
    nan[250, 3, 4] = np.nan
    return {
        "wrong keys": ({"images": images, "labels": y}, r"expected the arrays X and y, got \['images', 'labels'\]"),
        "no labels": ({"X": images}, r"got \['X'\]"),
        "double precision": ({"X": images.astype(float), "y": y}, "X: expected float32, got float64"),
        "another shape": ({"X": images[:, :28], "y": y}, r"X: expected the shape \(n, 30, 30\).* got \(300, 28, 30\)"),
        "flat": ({"X": images.reshape(300, -1), "y": y}, r"got \(300, 900\)"),
        "empty": ({"X": images[:0], "y": y[:0]}, r"with n > 0, got \(0, 30, 30\)"),
        "labels as floats": ({"X": images, "y": y.astype(float)}, "y: expected whole numbers .* got float64"),
        "too few labels": ({"X": images, "y": y[:-1]}, r"one label for each of 300 images, got \(299,\)"),
        "another label": ({"X": images, "y": y + 2 * (np.arange(300) == 9)}, r"y, jet 9: expected 0 .* got [23]"),
        "one kind": ({"X": images, "y": 0 * y}, "expected quarks and gluons, got 0 for each of 300 jets"),
        "not a number": ({"X": nan, "y": y}, "X, jet 250: expected finite numbers"),
        "labels the other way round": ({"X": images, "y": 1 - y}, "the labels are the other way round"),
    }


@pytest.mark.parametrize("kind", bad_files())
def test_a_bad_file_is_named(kind, tmp_path, small_blocks):
    columns, message = bad_files()[kind]
    path = written(tmp_path / "bad", **columns)
    with pytest.raises(DataFileError, match=message) as error:
        data.load(path)
    assert str(path) in str(error.value)
    (tmp_path / "out").mkdir()
    with pytest.raises(DataFileError, match=message):
        data.ingest([path], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_is_not_whole_is_named(tmp_path):
    images, y = jets(300)
    whole = written(tmp_path / "whole", X=images, y=y)
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes()[:-5000])
    text = tmp_path / "text"
    text.write_text("a sign-in page")
    for path, says in (
        (cut, "one that is truncated"),
        (text, "a file that begins b'a sign-i'"),
        (tmp_path / "no", "no file"),
    ):
        with pytest.raises(DataFileError, match=f"expected an HDF5 file, got {says}"):
            data.load(path)


@pytest.mark.parametrize("shape", [(-1, 1, 30, 30), (-1, 30, 30, 1)])
def test_the_axis_of_one_channel_may_stay(shape, tmp_path, small_blocks):
    images, y = jets(100)
    path = written(tmp_path / "real", X=images.reshape(shape).astype(">f4"), y=y.astype(">i4"))
    loaded = data.load(path)
    assert np.array_equal(loaded.features, images)
    assert loaded.features.dtype == np.float32
    assert np.array_equal(loaded.targets[TARGET], y == GLUON)


def test_damage_inside_the_images_is_named(tmp_path):
    images, y = jets(300)
    path = tmp_path / "packed"
    with h5py.File(path, "w") as file:
        file["y"] = y
        file.create_dataset("X", data=images, chunks=(10, 30, 30), compression="gzip")
        where = file["X"].id.get_chunk_info(20).byte_offset
    content = bytearray(path.read_bytes())
    content[where : where + 200] = bytes(200)
    path.write_bytes(content)
    with pytest.raises(DataFileError, match="X: the data are damaged"):
        data.load(path)


def test_images_that_tell_nothing_may_be_labelled_either_way(tmp_path):
    rng = np.random.default_rng(2)
    images, y = rng.random((300, 30, 30)).astype(np.float32), rng.integers(0, 2, 300)
    for labels in (y, 1 - y):
        assert len(data.load(written(tmp_path / "noise", X=images, y=labels))) == 300


RULE = Training(only={TARGET: 0}, validation=0.2)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=20, max_size=80), st.integers(0, 9))
def test_whatever_the_data_the_training_rows_are_quarks_and_no_group_is_cut(rows, seed):
    gluon, groups = np.array(rows).T
    try:
        train, validation = public_rows(pd.DataFrame({TARGET: gluon}), groups, RULE, seed=seed)
    except TrainingError:
        return
    assert not gluon[train].any()
    assert not set(groups[train]) & set(groups[validation])
    # Nothing is lost but the gluons that may not be trained on.
    others = np.setdiff1d(np.arange(len(rows)), np.concatenate([train, validation]))
    assert gluon[others].all()
    assert set(groups[others]).isdisjoint(groups[validation])


def test_a_split_keeps_images_and_labels_together():
    images, y = jets(200)
    whole = Dataset(images, pd.DataFrame({TARGET: (y == GLUON).astype(np.int8)}), np.arange(200) // 2)
    train, validation = split_public(whole, RULE, seed=4)
    assert len(validation) == 40
    assert 0.3 < validation.targets[TARGET].mean() < 0.7
    assert radial_width(train.features).max() < np.quantile(radial_width(images), 0.7)
    again = split_public(whole, RULE, seed=4)
    assert np.array_equal(again.train.features, train.features)


def test_a_rule_that_does_not_fit_is_refused():
    targets = pd.DataFrame({TARGET: [1, 1, 1, 1]})
    with pytest.raises(TrainingError, match=r"expected rows to train on .* got 0 and 1 of 4 .0 have \{'gluon': 0\}"):
        public_rows(targets, np.arange(4), Training(only={TARGET: 0}, validation=0.3), seed=1)
    with pytest.raises(TrainingError, match=r"names \['quark'\], but the targets are \['gluon'\]"):
        public_rows(targets, np.arange(4), Training(only={"quark": 1}, validation=0.3), seed=1)


def test_public_jets_become_images_in_which_gluons_are_wider():
    found = energyflow.load(*(real_data("quantum", f"{name}10_sorted_12500.npy") for name in "xy"))
    assert found.features.shape == (12500, 30, 30)
    assert found.targets[TARGET].sum() == 6277
    assert np.isfinite(found.features).all()
    assert (found.features.sum(axis=(1, 2)) > 10).mean() > 0.99
    assert auc(found.targets[TARGET], radial_width(found.features)) > 0.6


def test_public_jets_of_another_shape_or_pickled_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 10, 3)))
    np.save(tmp_path / "y.npy", np.array([0, 1, 2, 0]))
    np.save(tmp_path / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    jets = np.zeros((4, 10, 4))
    jets[:, :3] = [[50, 0.1, 3, 22], [30, 0.2, 3.1, 211], [20, 0.1, 2.9, -211]]
    np.save(tmp_path / "good.npy", jets)
    for name, column, number in (("softer", 0, 60), ("negative", 0, -1), ("far", 1, 1.5), ("turned", 2, -3)):
        bad = jets.copy()
        bad[1, 2, column] = number
        np.save(tmp_path / f"{name}.npy", bad)
    np.save(tmp_path / "shares.npy", jets / [100, 1, 1, 1])
    np.save(tmp_path / "exchanged.npy", jets[:, :, [3, 0, 1, 2]])
    for name, number in (("huge", 1e20), ("half", 0.5)):
        jets[2, 3, 3] = number
        np.save(tmp_path / f"{name}.npy", jets)
    np.savez(tmp_path / "several.npz", x=jets)
    np.save(tmp_path / "text.npy", np.full((4, 10, 4), "a"))
    (tmp_path / "empty.npy").touch()
    for x, message in (
        ("huge.npy", r"jet 2, particle 3: expected the Particle Data Group's number, .* got 1e\+20"),
        ("half.npy", r"jet 2, particle 3: .* got 0\.5"),
        ("softer.npy", r"jet 1, particle 2: expected transverse momenta in descending order, got 60"),
        ("negative.npy", r"jet 1, particle 2: expected a transverse momentum of at least 0, got -1"),
        ("far.npy", r"jet 1, particle 2: expected rapidity and azimuth within 1 of the jet's axis, got 1\.5, 2\.9"),
        ("turned.npy", r"jet 1, particle 0: expected rapidity and azimuth within 1 of the jet.s axis, got 0\.1, 3"),
        ("shares.npy", r"jet 0, particle 0: expected 1 GeV or more for a jet's hardest particle, got 0\.5"),
        ("exchanged.npy", r"jet 0, particle 2: expected a transverse momentum of at least 0, got -211"),
        ("several.npz", r"expected one NumPy array .* got an archive"),
        ("text.npy", "expected numbers, got <U1"),
        ("empty.npy", "expected a NumPy array without pickles"),
        ("x.npy", r"expected finite numbers of shape \(n, m, 4\)"),
        ("good.npy", "expected 0 or 1 for each of 4 jets"),
        ("pickled.npy", "without pickles"),
        ("none.npy", "expected a NumPy array"),
    ):
        with pytest.raises(DataFileError, match=message):
            energyflow.load(tmp_path / x, tmp_path / "y.npy")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that mlcroissant builds on
def test_the_manifest_is_croissant_and_has_no_hash_that_nobody_has_published():
    mlcroissant = pytest.importorskip("mlcroissant", reason="manifests are checked with mlcroissant")
    path = spec.load("quantum").manifest
    assert mlcroissant.Dataset(str(path)).metadata.name == "QG_hackathon_data_big"
    manifest = json.loads(path.read_text("utf-8"))
    hashes = {source["name"]: source.get("sha256") for source in manifest["isBasedOn"]}
    assert hashes["QG_hackathon_data_big"] is None
    assert len(hashes["QG_jets.npz"]) == 64
    assert "distribution" not in manifest  # what is in there is fetched, and must have hash and size
