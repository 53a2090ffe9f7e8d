"""The real files of particle images: every good image arrives, and every bad file is named."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from challenges import arrays
from challenges.dataset import DataFileError
from challenges.manifest import Manifest
from challenges.particle_images import data
from challenges.particle_images.batches import ParticleImages
from challenges.particle_images.layout import ELECTRON, IMAGE, PHOTON
from challenges.spec import MANIFESTS
from tests.support import real_data


def images(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, *IMAGE)).astype(np.float32)


def write(path: Path, X: np.ndarray, y: np.ndarray, **more: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in {"X": X, "y": y, **more}.items():
            file.create_dataset(name, data=array)
    return path


def labels(n: int, label: int) -> np.ndarray:
    return np.full(n, label, np.float32)


@pytest.fixture
def electrons(tmp_path) -> Path:
    return write(tmp_path / "SingleElectron.hdf5", images(30, 1), labels(30, ELECTRON))


@pytest.fixture
def photons(tmp_path) -> Path:
    return write(tmp_path / "SinglePhoton.hdf5", images(45, 2), labels(45, PHOTON))


def test_every_image_arrives_exactly_whichever_file_comes_first(electrons, photons):
    for order in ((electrons, photons), (photons, electrons)):
        loaded = data.load(*order)
        assert np.array_equal(loaded.features, np.concatenate([images(30, 1), images(45, 2)]))
        assert loaded.targets["y"].tolist() == [1] * 30 + [0] * 45
        assert loaded.targets["y"].dtype == np.float32


def test_a_slice_reads_that_slice(electrons):
    file = data.ImageFile(electrons)
    assert (len(file), file.label) == (30, ELECTRON)
    assert np.array_equal(file[5:9], images(30, 1)[5:9])


def test_ingest_mixes_both_and_holds_equally_many_back(electrons, photons, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 10)
    seen = []
    split = data.ingest((electrons, photons), tmp_path / "out", progress=lambda *at: seen.append(at))
    assert (split.rows, len(split.holdout), split.train_rows, split.duplicates) == (75, 12, 63, 0)
    assert split.holdout.targets["y"].sum() == 6
    train = arrays.read(tmp_path / "out" / "train.h5")
    assert train["X"].shape == (63, *IMAGE)
    assert train["y"].sum() == 24
    # Mixed, and each image has kept its label.
    assert 0 < train["y"][:20].sum() < 20
    known = {image.tobytes(): 1 for image in images(30, 1)} | {image.tobytes(): 0 for image in images(45, 2)}
    for X, y in ((train["X"], train["y"]), (split.holdout.features, split.holdout.targets["y"])):
        assert [known[image.tobytes()] for image in X] == y.tolist()
    held = {image.tobytes() for image in split.holdout.features}
    assert held == {image.tobytes() for image in [*images(30, 1)[-6:], *images(45, 2)[-6:]]}
    assert seen[-1] == (63, 75)


def test_ingest_reads_no_more_than_a_block_of_each_file_at_once(electrons, photons, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 7)
    read = data.ImageFile.__getitem__
    lengths = []

    def counted(file, rows):
        found = read(file, rows)
        lengths.append(len(found))
        return found

    monkeypatch.setattr(data.ImageFile, "__getitem__", counted)
    data.ingest((electrons, photons), tmp_path / "out")
    assert max(lengths) <= 7
    assert sum(lengths) == 75


def test_the_same_files_give_the_same_bytes(electrons, photons, tmp_path):
    for name in ("a", "b"):
        data.ingest((electrons, photons), tmp_path / name)
    assert (tmp_path / "a" / "train.h5").read_bytes() == (tmp_path / "b" / "train.h5").read_bytes()


def test_a_training_image_that_the_holdout_holds_too_is_dropped(photons, tmp_path):
    X = images(30, 1)
    X[3] = X[29]
    X[28] = X[4]
    X[4, 0, 0, 0], X[28, 0, 0, 0] = 0.0, -0.0
    electrons = write(tmp_path / "e.hdf5", X, labels(30, ELECTRON))
    split = data.ingest((electrons, photons), tmp_path / "out")
    assert (split.train_rows, split.duplicates) == (61, 2)


def test_batches_read_what_is_asked_for_in_any_order(electrons, photons):
    both = ParticleImages(photons, electrons)
    assert len(both) == 75
    batch = both.__getitems__([74, 2, 31, 2])
    expected = np.concatenate([images(30, 1), images(45, 2)])
    for (image, label), index in zip(batch, [74, 2, 31, 2], strict=True):
        assert np.array_equal(image, expected[index].transpose(2, 0, 1))
        assert label == (index < 30)
    assert np.array_equal(both[0][0], expected[0].transpose(2, 0, 1))
    with pytest.raises(IndexError, match="expected images 0 to 74, got 75"):
        both[75]
    copy = pickle.loads(pickle.dumps(both))
    assert np.array_equal(copy[3][0], both[3][0])
    for opened in (both, copy):
        opened.close()


def test_torch_loads_batches(electrons, photons):
    torch = pytest.importorskip("torch", reason="batches for torch need torch: pip install physathon[deep]")
    both = ParticleImages(electrons, photons)
    loader = torch.utils.data.DataLoader(both, batch_size=50, shuffle=True)
    shapes = [(tuple(X.shape), tuple(y.shape), X.dtype) for X, y in loader]
    assert shapes == [((50, 2, 32, 32), (50,), torch.float32), ((25, 2, 32, 32), (25,), torch.float32)]
    both.close()


def without(name: str):
    def make(path: Path) -> None:
        write(path, images(5, 1), labels(5, 1))
        with h5py.File(path, "a") as file:
            del file[name]

    return make


def truncated(path: Path) -> None:
    write(path, images(50, 1), labels(50, 1))
    path.write_bytes(path.read_bytes()[:-100_000])


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.txt", "1")


def as_npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def nan_image(path: Path) -> None:
    X = images(5, 1)
    X[3, 2, 2, 1] = np.nan
    write(path, X, labels(5, 1))


BAD = {
    "no X": (without("X"), r"expected the arrays X and y, got \['y'\]"),
    "no y": (without("y"), r"expected the arrays X and y, got \['X'\]"),
    "group for X": (lambda path: h5py.File(path, "w").create_group("X").file.close(), r"expected the arrays X and y"),
    "empty": (lambda path: h5py.File(path, "w").close(), r"expected the arrays X and y, got an empty file"),
    "one channel": (
        lambda path: write(path, images(5, 1)[..., 0], labels(5, 1)),
        r"X: expected the shape n x 32 x 32 x 2 of n = 5 images, got \(5, 32, 32\)",
    ),
    "channels first": (
        lambda path: write(path, images(5, 1).transpose(0, 3, 1, 2), labels(5, 1)),
        r"X: expected the shape .*, got \(5, 2, 32, 32\)",
    ),
    "a number for X": (lambda path: write(path, np.float32(1), labels(5, 1)), r"X: expected the shape .*, got \(\)"),
    "no images": (lambda path: write(path, images(0, 1), labels(0, 1)), r"of n = 0 images"),
    "labels of fewer": (lambda path: write(path, images(5, 1), labels(4, 1)), r"y: expected the shape n of n = 5"),
    "doubles": (
        lambda path: write(path, images(5, 1).astype(float), labels(5, 1)),
        r"X: expected float32, got float64",
    ),
    "whole labels": (lambda path: write(path, images(5, 1), np.ones(5, np.int64)), r"y: expected float32, got int64"),
    "mixed labels": (
        lambda path: write(path, images(3, 1), np.float32([1, 1, 0])),
        r"y, image 2: expected 1 \(electron\), got 0\.0$",
    ),
    "label 2": (lambda path: write(path, images(3, 1), labels(3, 2)), r"image 0: expected 0 \(photon\) or 1 .* got 2"),
    "label nan": (lambda path: write(path, images(3, 1), np.float32([1, np.nan, 1])), r"image 1: expected 1 .*got nan"),
    "nan": (nan_image, r"X, image 3: expected finite numbers, got nan or infinity"),
    "truncated": (truncated, r"expected an HDF5 file, got one that is truncated .* fetch it again"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps([1])), r"got a Python pickle"),
    "zip": (zipped, r"got a zip archive of 1 files, .*unpack it"),
    "broken zip": (
        lambda path: path.write_bytes(b"PK\x03\x04and no more"),
        r"got a zip archive that is damaged or locked",
    ),
    "NumPy": (lambda path: path.write_bytes(as_npy(images(2, 1))), r"got a NumPy file"),
    "page of a web server": (lambda path: path.write_bytes(b"<!DOCTYPE html>"), r"got a file that begins b'<!DOCTYP'"),
    "nothing": (lambda path: path.write_bytes(b""), r"got a file that begins b''"),
    "absent": (lambda path: None, r"got no file of that name"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named(name, tmp_path, photons):
    make, message = BAD[name]
    path = tmp_path / "bad.hdf5"
    make(path)
    with pytest.raises(DataFileError, match=message) as error:
        data.load(path, photons)
    assert str(error.value).startswith(str(path))


def test_damage_within_the_images_is_named(tmp_path, photons):
    path = tmp_path / "e.hdf5"
    with h5py.File(path, "w") as file:
        file.create_dataset("X", data=images(20, 1), chunks=(20, *IMAGE), compression="gzip", fletcher32=True)
        file.create_dataset("y", data=labels(20, 1))
        start = file["X"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[start + 5000 : start + 5100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=r"e\.hdf5, X: the data are damaged"):
        data.load(path, photons)


def test_damage_within_the_labels_is_named(tmp_path, photons):
    path = tmp_path / "e.hdf5"
    with h5py.File(path, "w") as file:
        file.create_dataset("X", data=images(20, 1))
        file.create_dataset("y", data=labels(20, 1), chunks=(20,), compression="gzip", fletcher32=True)
        start = file["y"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[start : start + 8] = bytes(8)
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=r"e\.hdf5, y: the data are damaged"):
        data.load(path, photons)


def test_the_other_byte_order_is_read(tmp_path, photons):
    pytest.importorskip("torch", reason="batches for torch need torch: pip install physathon[deep]")
    electrons = write(tmp_path / "e.h5py", images(30, 1).astype(">f4"), labels(30, ELECTRON).astype(">f4"))
    loaded = data.load(electrons, photons)
    assert np.array_equal(loaded.features[:30], images(30, 1))
    both = ParticleImages(electrons, photons)
    (image, label), *_ = both.__getitems__([3])
    both.close()
    assert image.dtype.isnative
    assert np.array_equal(image, images(30, 1)[3].transpose(2, 0, 1))
    assert label == ELECTRON


def test_labels_the_other_way_round_are_named(tmp_path):
    electrons = write(tmp_path / "SingleElectronPt50.hdf5", images(5, 1), labels(5, PHOTON))
    photons = write(tmp_path / "SinglePhotonPt50.hdf5", images(5, 2), labels(5, ELECTRON))
    with pytest.raises(
        DataFileError, match=r"Electron.*y, image 0: expected 1 \(electron\), got 0\.0.*other way round"
    ):
        data.load(electrons, photons)


def test_the_same_particles_twice_are_refused(photons, tmp_path):
    again = write(tmp_path / "other.hdf5", images(5, 3), labels(5, PHOTON))
    with pytest.raises(DataFileError, match="expected electrons and photons, got photons twice"):
        data.load(photons, again)


def test_ingest_wants_two_files_of_at_least_five_images(electrons, photons, tmp_path):
    with pytest.raises(DataFileError, match=r"expected two files, .* got 1"):
        data.ingest((electrons,), tmp_path / "out")
    few = write(tmp_path / "few.hdf5", images(4, 3), labels(4, ELECTRON))
    with pytest.raises(DataFileError, match="expected at least 5 images"):
        data.ingest((few, photons), tmp_path / "out")


def pickled_archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("training_input.npy", as_npy(np.array({"x": 1}, dtype=object)))
    return path


def test_an_archive_of_pickles_is_refused_by_name_and_not_read(tmp_path, photons, monkeypatch):
    monkeypatch.setattr(pickle, "loads", lambda *_: pytest.fail("something was unpickled"))
    path = pickled_archive(tmp_path / "QIS_EXAM_200Events.npz")
    with pytest.raises(DataFileError, match=r"QIS_EXAM_200Events\.npz: .*training_input\.npy is a Python pickle"):
        data.load(path, photons)


def test_the_pickled_real_sample_is_refused_by_name(photons):
    pickled = real_data("particle_images", "QIS_EXAM_200Events.npz")
    with pytest.raises(DataFileError, match=r"QIS_EXAM_200Events\.npz: .*is a Python pickle"):
        data.load(pickled, photons)


def test_the_manifest_names_both_files_and_offers_none_to_fetch():
    path = MANIFESTS / "particle_images.json"
    manifest = Manifest.read(path)
    assert manifest.files == ()
    assert [source.name for source in manifest.unverified] == [
        "SingleElectronPt50_IMGCROPS_n249k_RHv1.hdf5",
        "SinglePhotonPt50_IMGCROPS_n249k_RHv1.hdf5",
    ]
    assert "sha256" not in {key for source in json.loads(path.read_text())["isBasedOn"] for key in source}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_manifest_is_valid_croissant():
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = mlcroissant.Dataset(str(MANIFESTS / "particle_images.json"))
    assert dataset.metadata.ctx.issues.errors == set()
