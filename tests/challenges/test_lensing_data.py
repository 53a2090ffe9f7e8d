"""The real files of lensing: every good image arrives, every bad one is named, and nothing is unpickled."""

import io
import json
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy
from typer.testing import CliRunner

from challenges import arrays
from challenges.dataset import DataFileError
from challenges.lensing import data
from challenges.lensing.images import read_image, resampled
from challenges.lensing.layout import HIGH_SIDE, SIDE, TARGET, stretched
from challenges.manifest import Manifest
from challenges.spec import MANIFESTS
from leaderboard import cli
from leaderboard.event import Event, EventError
from tests.support import real_data

SUBSTRUCTURE, SUPER_RESOLUTION = "substructure", "super_resolution"
SAMPLES = [
    "lucasjose_no_sub.npy",
    "lucasjose_cdm.npy",
    "lucasjose_axion.npy",
    "virajvekaria_axion_euclid_image_000.npy",
]


def picture(seed: int, side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(seed).random((side, side))


def fill(folder: Path, images: dict[str, np.ndarray]) -> Path:
    for name, image in images.items():
        path = folder / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, image)
    return folder


@pytest.fixture
def classes(tmp_path) -> Path:
    """Return a folder as the hackathon's is: 8 images of each class to train on, 4 to validate with."""
    parts = (("train", 8), ("val", 4))
    names = [f"{part}/{kind}/{n}" for part, count in parts for kind in ("no", "cdm", "axion") for n in range(count)]
    return fill(tmp_path / "dataset", {name: picture(seed)[None] for seed, name in enumerate(names)})


@pytest.fixture
def doubles(tmp_path) -> Path:
    """Return a folder of pairs: the sharp image is the given one with four pixels for each."""
    images = {}
    for seed in range(10):
        images[f"train/LR/{seed}"] = picture(seed)
        images[f"train/HR/{seed}"] = picture(seed).repeat(2, axis=0).repeat(2, axis=1)
    return fill(tmp_path / "dataset_superres", images)


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


@pytest.mark.parametrize("packed", [False, True])
def test_every_image_arrives_with_its_class_from_a_folder_and_from_a_zip(classes, packed):
    loaded = data.load(zipped(classes) if packed else classes, track=SUBSTRUCTURE)
    assert loaded.features.shape == (36, SIDE, SIDE)
    assert loaded.features.dtype == np.float32
    known = {}
    for path in classes.rglob("*.npy"):
        known[stretched(np.load(path)).tobytes()] = ("no", "cdm", "axion").index(path.parent.name)
    assert [known[image.tobytes()] for image in loaded.features] == loaded.targets[TARGET].tolist()


@pytest.mark.parametrize("packed", [False, True])
def test_pairs_are_matched_by_name_whatever_order_a_folder_lists_them_in(doubles, packed, monkeypatch):
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: iter(sorted(listed(path), reverse=path.name == "HR")))
    loaded = data.load(zipped(doubles) if packed else doubles, track=SUPER_RESOLUTION)
    assert loaded.targets.shape == (10, HIGH_SIDE, HIGH_SIDE)
    for given_image, asked in zip(loaded.features, loaded.targets, strict=True):
        assert np.array_equal(asked[::2, ::2], given_image)


def test_each_track_passes_over_what_belongs_to_the_other(classes, doubles):
    assert len(data.load(classes, doubles, track=SUBSTRUCTURE)) == 36
    assert len(data.load(classes, doubles, track=SUPER_RESOLUTION)) == 10


def test_saved_rows_come_back_with_their_classes(classes, tmp_path):
    loaded = data.load(classes, track=SUBSTRUCTURE)
    again = data.load(*data.save(loaded, tmp_path / "again", track=SUBSTRUCTURE), track=SUBSTRUCTURE)
    known = {bytes(image): kind for image, kind in zip(loaded.features, loaded.targets[TARGET], strict=True)}
    assert {bytes(image) for image in again.features} == known.keys()
    assert [known[bytes(image)] for image in again.features] == again.targets[TARGET].tolist()


def test_ingest_holds_back_images_of_val_and_trains_on_the_rest(classes, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 10)
    monkeypatch.setitem(data.LARGEST_HOLDOUT, SUBSTRUCTURE, 9)
    seen = []
    split = data.ingest([classes], tmp_path / "out", track=SUBSTRUCTURE, progress=lambda *at: seen.append(at))
    assert (split.rows, len(split.holdout), split.train_rows, split.duplicates) == (36, 9, 27, 0)
    train = arrays.read(tmp_path / "out" / "train.h5")
    assert train["X"].shape == (27, SIDE, SIDE)
    assert train[TARGET].dtype == np.int8
    assert np.count_nonzero(np.diff(train[TARGET])) > 5  # mixed
    validating = {bytes(stretched(np.load(path))) for path in (classes / "val").rglob("*.npy")}
    assert {bytes(image) for image in split.holdout.features} < validating
    assert not {bytes(image) for image in split.holdout.features} & {bytes(image) for image in train["X"]}
    assert seen[-1] == (27, 36)


def test_ingest_without_val_holds_a_fifth_back_and_drops_what_it_holds_twice(doubles, tmp_path):
    np.save(doubles / "train/LR/copy.npy", 3 * picture(4) + 1)  # normalised, the same as number 4
    np.save(doubles / "train/HR/copy.npy", picture(99, HIGH_SIDE))
    found = [data.ingest([doubles], tmp_path / name, track=SUPER_RESOLUTION) for name in ("a", "b")]
    for split in found:
        assert (split.rows, len(split.holdout)) == (11, 2)
        assert split.train_rows + split.duplicates == 9
    assert (tmp_path / "a/train.h5").read_bytes() == (tmp_path / "b/train.h5").read_bytes()
    assert arrays.read(tmp_path / "a/train.h5")["y"].shape[1:] == (HIGH_SIDE, HIGH_SIDE)


def test_a_training_image_that_the_holdout_holds_too_is_dropped(classes, tmp_path):
    np.save(classes / "train/no/again.npy", np.load(classes / "val/no/0.npy"))
    split = data.ingest([classes], tmp_path / "out", track=SUBSTRUCTURE)
    assert (len(split.holdout), split.train_rows, split.duplicates) == (12, 24, 1)


@given(hypothesis_numpy.arrays(float, (150, 150), elements=st.floats(0, 1000), fill=st.just(1.0)))
def test_larger_images_keep_their_mean_and_stay_within_their_limits(image):
    small = resampled(image, SIDE)
    assert small.shape == (SIDE, SIDE)
    assert small.mean() == pytest.approx(image.mean())
    assert image.min() - 1e-9 <= small.min() <= small.max() <= image.max() + 1e-9


@pytest.mark.parametrize(
    "image",
    [
        picture(1),
        picture(1)[None],
        picture(1)[None, None].astype(np.float32),
        picture(1)[..., None].astype(">f4"),
        (1000 * picture(2, 150)).astype(np.int64),
    ],
    ids=["64 x 64", "1 x 64 x 64", "1 x 1 x 64 x 64", "64 x 64 x 1", "150 x 150 integers"],
)
def test_the_familys_layouts_are_read(image, tmp_path):
    np.save(tmp_path / "image.npy", image)
    assert read_image(tmp_path / "image.npy", SIDE).shape == (SIDE, SIDE)


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def with_nan() -> np.ndarray:
    image = picture(1)
    image[3, 5] = np.nan
    return image


BAD = {
    "image and mass together": (
        saved(np.array([picture(1), 1e-23], dtype=object)),
        r"got Python objects of shape \(2,\).*a pickle.*not read",
    ),
    "colours": (saved(np.zeros((64, 64, 3))), r"expected one image of 64 x 64 pixels, or 150 x 150, got \(64, 64, 3\)"),
    "oblong": (saved(np.zeros((64, 150))), r"got \(64, 150\)"),
    "many": (saved(np.zeros((2, 64, 64))), r"got \(2, 64, 64\)"),
    "complex": (saved(np.zeros((64, 64), complex)), "expected numbers, got complex128"),
    "text": (saved(np.full((64, 64), "1")), "expected numbers, got <U1"),
    "cut short": (saved(picture(1))[:-9], "cut short or damaged"),
    "nan": (saved(with_nan()), r"row 3, column 5: expected a finite number, got nan"),
    "a pickle": (pickle.dumps(picture(1)), "expected a NumPy file"),
    "a page": (b"<!DOCTYPE html>", "expected a NumPy file"),
    "nothing": (b"", "expected a NumPy file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_image_is_named_and_nothing_is_unpickled(name, classes, monkeypatch):
    content, message = BAD[name]
    path = classes / "train/cdm/3.npy"
    path.write_bytes(content)
    monkeypatch.setattr(pickle, "load", lambda *_, **__: pytest.fail("something was unpickled"))
    monkeypatch.setattr(pickle, "loads", lambda *_, **__: pytest.fail("something was unpickled"))
    with pytest.raises(DataFileError, match=message) as error:
        data.load(classes, track=SUBSTRUCTURE)
    assert str(error.value).startswith(str(path))


def litter(folder: Path) -> None:
    """Leave what systems leave: beside every image, and in a folder of its own that looks like the data."""
    for path in [*folder.rglob("*.npy")]:
        for name in (f"._{path.name}", ".DS_Store", "Thumbs.db"):
            path.with_name(name).write_bytes(b"\0\5\x16\7")
        shadow = folder / "__MACOSX" / path.relative_to(folder).with_name(f"._{path.name}")
        shadow.parent.mkdir(parents=True, exist_ok=True)
        shadow.write_bytes(b"\0\5\x16\7")


@pytest.mark.parametrize("packed", [False, True])
def test_what_systems_leave_is_passed_over(classes, doubles, packed):
    for folder, track in ((classes, SUBSTRUCTURE), (doubles, SUPER_RESOLUTION)):
        wanted = data.load(folder, track=track)
        litter(folder)
        found = data.load(zipped(folder) if packed else folder, track=track)
        assert np.array_equal(found.features, wanted.features)


@pytest.mark.parametrize("packed", [False, True])
def test_names_count_in_whatever_case(classes, doubles, packed):
    for folder, track in ((classes, SUBSTRUCTURE), (doubles, SUPER_RESOLUTION)):
        wanted = data.load(folder, track=track)
        for path in [*folder.rglob("*.npy")][::2]:
            path.rename(path.with_suffix(".NPY"))
        for place, name in (("train/no", "NO"), ("train/axion", "Axion"), ("train/LR", "lr"), ("val", "VAL")):
            if (folder / place).exists():
                (folder / place).rename((folder / place).with_name(name))
        source = zipped(folder) if packed else folder
        found = data.load(source, track=track)
        assert sorted(image.tobytes() for image in found.features) == sorted(map(bytes, wanted.features))
        assert set(data.find([source], track)) == ({"train", "val"} if track == SUBSTRUCTURE else {"train"})


def test_two_names_that_differ_in_case_alone_are_named(doubles):
    shutil.copy(doubles / "train/LR/3.npy", doubles / "train/LR/3.NPY")
    with pytest.raises(DataFileError, match=r"LR/3\.npy: expected one image of that name, there is .*LR/3\.NPY too"):
        data.load(doubles, track=SUPER_RESOLUTION)


def packed_by(folder: Path, method: int) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*.npy")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def changed(path: Path, member: str, offset: int, new: bytes, *, listed: int | None = None) -> None:
    """Write bytes into a member, counted from its local header, and into its entry in the archive's list."""
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo(member).header_offset
    content = bytearray(path.read_bytes())
    content[place + offset : place + offset + len(new)] = new
    if listed is not None:
        entry = content.rindex(b"PK\1\2", 0, content.rindex(member.encode()))
        content[entry + listed : entry + listed + len(new)] = new
    path.write_bytes(content)


DAMAGE = {
    "bytes": ({"offset": 5000, "new": bytes(range(1, 60))}, "the member is damaged .*fetch the archive again"),
    "header": ({"offset": 0, "new": b"PK\5\6"}, "the member is damaged"),
    "password": ({"offset": 6, "new": b"\1\0", "listed": 8}, "it asks for a password; unpack the archive"),
    "a rare method": ({"offset": 8, "new": b"\x61\0", "listed": 10}, "expected a usual compression"),
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_or_locked_member_is_named_with_its_archive(kind, method, classes):
    change, message = DAMAGE[kind]
    path = packed_by(classes, method)
    changed(path, "dataset/train/cdm/3.npy", **change)
    with pytest.raises(DataFileError, match=f"{path}, dataset/train/cdm/3.npy: {message}"):
        data.load(path, track=SUBSTRUCTURE)


def test_a_damaged_list_of_members_is_named(classes):
    path = packed_by(classes, zipfile.ZIP_STORED)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\1\2", b"PK\1\1", 1))
    with pytest.raises(DataFileError, match=f"{path}: the archive is damaged"):
        data.load(path, track=SUBSTRUCTURE)


def test_missing_folders_files_and_partners_are_named(classes, doubles, tmp_path):
    def says(message: str, *sources: Path, track: str = SUBSTRUCTURE) -> None:
        with pytest.raises(DataFileError, match=message):
            data.load(*sources, track=track)

    says("expected a folder or a zip archive, got no file", tmp_path / "absent")
    (tmp_path / "text").write_text("hello")
    says("got a file that is neither", tmp_path / "text")
    says("expected folders no and cdm and axion with .npy files, found none", doubles)
    shutil.rmtree(classes / "train/axion")
    says("train: expected the folders no, cdm and axion; axion is missing", classes)
    (classes / "train/axion").mkdir()
    says("axion: expected .npy files, found none", classes)
    for name in ("1.jpg", "2.jpg", "notes"):
        (classes / "train/axion" / name).touch()
    says("axion: expected .npy files, found 2 .jpg, 1 without a suffix", classes)
    (doubles / "train/HR/7.npy").unlink()
    says(r"got 7.npy in LR and not in HR \(1 such files\)", doubles, track=SUPER_RESOLUTION)
    shutil.rmtree(doubles / "train/LR")
    says("expected the folders HR and LR, got HR alone", doubles, track=SUPER_RESOLUTION)


def test_too_few_images_to_hold_any_back_are_refused(tmp_path):
    source = fill(tmp_path / "few", {f"{kind}/1": picture(1) for kind in ("no", "cdm", "axion")})
    with pytest.raises(DataFileError, match=r"expected at least 5 images .* got 3"):
        data.ingest([source], tmp_path / "out", track=SUBSTRUCTURE)


def test_both_archives_become_an_event_that_is_not_secret(classes, doubles, tmp_path):
    files = [part for folder in (classes, doubles) for part in ("--file", f"lensing={zipped(folder)}")]
    made = ["init", str(tmp_path / "event"), "--source", "real", "--size", "small", *files]
    run = CliRunner().invoke(cli.app, made, env={"COLUMNS": "200"})
    assert "for practice only" in run.output, "a dozen images judge nobody"
    assert run.exit_code == 0, run.output
    assert "lensing.substructure: 19 training, 5 validation and 12 holdout rows, public labels" in run.output
    assert "lensing.super_resolution: 6 training, 2 validation and 2 holdout rows, public labels" in run.output


@pytest.mark.parametrize(
    ("archive", "there", "skipped"),
    [
        (0, SUBSTRUCTURE, SUPER_RESOLUTION),
        pytest.param(1, SUPER_RESOLUTION, SUBSTRUCTURE, marks=pytest.mark.proof),
    ],
)
def test_one_archive_alone_makes_an_event_of_its_track_alone(archive, there, skipped, classes, doubles, tmp_path):
    def physathon(*command: str) -> str:
        run = CliRunner().invoke(cli.app, command, env={"COLUMNS": "200"})
        assert run.exit_code == 0, run.output
        return run.output

    folder = tmp_path / "event"
    source = zipped((classes, doubles)[archive])
    said = physathon("init", str(folder), "--source", "real", "--size", "small", "--file", f"lensing={source}")
    assert f"lensing.{skipped}: skipped, none of the files given belongs to it" in said
    assert f"lensing.{there}: " in said
    assert sorted(path.name for path in (folder / "public" / "lensing").iterdir()) == [there]
    event = Event(folder)
    assert event.tracks() == [f"lensing.{there}"]
    assert event.track("lensing")[1].id == there
    with pytest.raises(EventError, match=f"no data of lensing.{skipped}: none of its real files .*lensing.{there}"):
        event.track(f"lensing.{skipped}")
    for command in ("kit build", "kit audit", "finalize --early", "publish"):
        assert skipped not in physathon(*command.split(), "--event", str(folder))
    with zipfile.ZipFile(folder / "public/lensing/kit.zip") as kit:
        assert f"lensing/{there}/train.h5" in kit.namelist()
        assert not any(name.startswith(f"lensing/{skipped}/") for name in kit.namelist())
        readme = kit.read("lensing/README.md").decode()
        assert f"No part of this event: lensing.{skipped}" in readme
        assert f"`physathon challenge more lensing.{there} --rows 20000` makes them" in readme
        assert "simulated, where this kit's are real" in readme
        assert f"python {there}/starter.py" in readme
        kit.extractall(tmp_path)
    if there == SUPER_RESOLUTION:
        for command in re.findall(r"^python (.*?) +#", readme, re.MULTILINE)[:2]:  # the starter, and the check
            subprocess.run([sys.executable, *command.split()], cwd=tmp_path / "lensing", check=True)


def test_files_of_no_track_are_told_what_each_expects(tmp_path):
    fill(tmp_path / "photos", {"holiday/1": picture(1)})
    made = ["init", str(tmp_path / "event"), "--source", "real", "--file", f"lensing={tmp_path / 'photos'}"]
    run = CliRunner().invoke(cli.app, made, env={"COLUMNS": "400"})
    assert isinstance(run.exception, DataFileError)
    assert "expected folders no and cdm and axion with .npy files" in str(run.exception)
    assert "expected folders HR and LR with .npy files" in str(run.exception)
    assert not (tmp_path / "event").exists()


def test_the_manifest_names_both_archives_and_offers_none_to_fetch():
    manifest = Manifest.read(MANIFESTS / "lensing.json")
    assert manifest.files == ()
    assert len(manifest.unverified) == 2
    assert "sha256" not in {
        key for source in json.loads((MANIFESTS / "lensing.json").read_text())["isBasedOn"] for key in source
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_real_images_show_rings_like_the_simulated_ones(name):
    image = stretched(read_image(real_data("lensing", name), SIDE)[None])[0]
    row, column = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    light = np.bincount(np.hypot(row, column).astype(int).ravel(), image.ravel())
    # An Einstein radius of about 1.3 arcsec, and pixels of 0.07 to 0.13 arcsec.
    assert 10 <= light.argmax() <= 18


def test_the_real_pair_is_read_as_a_pair(tmp_path):
    for folder, name in (("LR", "Raw.npy"), ("HR", "Gold.npy")):
        (tmp_path / folder).mkdir()
        shutil.copy(real_data("lensing", "sr_anirudh", name), tmp_path / folder / "1.npy")
    pair = data.load(tmp_path, track=SUPER_RESOLUTION)
    assert (pair.features.shape, pair.targets.shape) == ((1, SIDE, SIDE), (1, HIGH_SIDE, HIGH_SIDE))
    # Not min-max normalised as it comes, 1.017 at most; so it is here.
    assert (pair.targets.min(), pair.targets.max()) == (0, 1)
    small = pair.targets.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))
    assert np.corrcoef(small.ravel(), pair.features.ravel())[0, 1] > 0.7
