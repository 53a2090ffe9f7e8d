"""The real files of echoes: every good row arrives, and every bad file is named."""

import json
from pathlib import Path

import numpy as np
import pytest

from challenges import arrays
from challenges.dataset import TrackAbsent
from challenges.manifest import Manifest
from challenges.nmr import data
from challenges.nmr.layout import COUPLINGS, LABEL, NOISE, SAMPLES
from challenges.spec import MANIFESTS
from tests.support import real_data

ROWS = {"gauss": 12, "RKKY": 15}


def write(path: Path, values: np.ndarray, delimiter: str = "\t") -> Path:
    np.savetxt(path, values, fmt="%.9g", delimiter=delimiter)
    return path


def echoes(form: str) -> np.ndarray:
    rng = np.random.default_rng(len(form))
    return rng.uniform(-0.3, 0.3, (ROWS[form], 2, SAMPLES)).astype(np.float32)


def couplings(form: str) -> np.ndarray:
    return np.random.default_rng(len(form)).uniform(1, 9, (ROWS[form], 3)).round(6)


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Return six files as the hackathon had them, those of gauss with tabs and those of RKKY with spaces."""
    paths = []
    for form, delimiter in (("gauss", "\t"), ("RKKY", "  ")):
        real, imaginary = echoes(form).transpose(1, 0, 2)
        parts = {"echos_model_r": real, "echos_model_i": imaginary, "mat_info_model": couplings(form)}
        for part, values in parts.items():
            paths.append(write(tmp_path / f"{form}_{part}.txt", values, delimiter))
    return paths


@pytest.mark.parametrize(("track", "form"), [("gauss", "gauss"), ("rkky", "RKKY")])
def test_every_echo_arrives_exactly_whatever_the_order_of_the_files(files, track, form):
    for order in (files, files[::-1]):
        loaded = data.load(*order, track=track)
        np.testing.assert_array_equal(loaded.features, echoes(form))
        np.testing.assert_array_equal(loaded.targets[list(COUPLINGS)], couplings(form))
        assert loaded.features.dtype == np.float32


def test_the_forms_of_coupling_become_labels(files):
    loaded = data.load(*files, track="interaction")
    np.testing.assert_array_equal(loaded.features, np.concatenate([echoes("gauss"), echoes("RKKY")]))
    assert loaded.targets[LABEL].tolist() == [0] * 12 + [1] * 15


@pytest.mark.parametrize("track", ["interaction", "gauss", "rkky"])
def test_what_is_saved_is_loaded_again_to_the_last_bit(files, tmp_path, track):
    folder = tmp_path / "saved"
    folder.mkdir()
    loaded = data.load(*files, track=track)
    again = data.load(*data.save(loaded, folder, track=track), track=track)
    assert again.features.tobytes() == loaded.features.tobytes()
    assert again.targets.equals(loaded.targets)


def test_ingest_holds_the_fifth_before_the_last_back(files, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 4)
    seen = []
    split = data.ingest(files, tmp_path / "out", track="gauss", progress=lambda *at: seen.append(at))
    assert (split.rows, len(split.holdout), split.train_rows, split.duplicates) == (12, 2, 8, 0)
    train = arrays.read(tmp_path / "out" / "train.h5")
    np.testing.assert_array_equal(train["X"], echoes("gauss")[:8])
    np.testing.assert_array_equal(np.column_stack([train[name] for name in COUPLINGS]), couplings("gauss")[:8])
    np.testing.assert_array_equal(split.holdout.features, echoes("gauss")[8:10])
    assert seen == [(4, 12), (8, 12)]


def test_no_echo_of_the_interaction_holdout_lies_in_another_tracks_files(files, tmp_path):
    secret = data.ingest(files, tmp_path / "interaction", track="interaction").holdout.features
    for track in ("gauss", "rkky"):
        split = data.ingest(files, tmp_path / track, track=track)
        shown = np.concatenate([arrays.read(tmp_path / track / "train.h5")["X"], split.holdout.features])
        # White echoes: the same one lies 0.01 away, another one 0.2.
        assert np.abs(secret[:, None] - shown).mean(axis=(2, 3)).min() > 10 * NOISE


def test_ingest_mixes_the_forms_and_adds_the_noise_that_is_stated(files, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 5)
    split = data.ingest(files, tmp_path / "out", track="interaction")
    assert (split.rows, len(split.holdout), split.train_rows) == (27, 4, 17)
    train = arrays.read(tmp_path / "out" / "train.h5")
    known = np.concatenate([echoes("gauss"), echoes("RKKY")])
    for X, label in ((train["X"], train[LABEL]), (split.holdout.features, split.holdout.targets[LABEL])):
        apart = np.abs(X[:, None] - known).mean(axis=(2, 3))
        assert ((apart.argmin(axis=1) >= 12) == label).all()
        assert apart.min(axis=1).mean() == pytest.approx(NOISE * np.sqrt(2 / np.pi), rel=0.1)
    assert 0 < train[LABEL][:10].sum() < 10
    assert split.holdout.targets[LABEL].sum() == 2
    again = data.ingest(files, tmp_path / "again", track="interaction")
    assert again.holdout.features.tobytes() == split.holdout.features.tobytes()
    assert (tmp_path / "again" / "train.h5").read_bytes() == (tmp_path / "out" / "train.h5").read_bytes()


def test_a_training_echo_that_the_holdout_holds_too_is_dropped(files, tmp_path):
    for path in files[:2]:
        values = np.loadtxt(path)
        values[3] = values[11]
        write(path, values)
    split = data.ingest(files, tmp_path / "out", track="gauss")
    assert (split.train_rows, split.duplicates) == (7, 1)


def test_too_few_echoes_for_a_holdout_are_refused(files, tmp_path):
    for path in files[:3]:
        write(path, np.loadtxt(path)[:4])
    with pytest.raises(data.EchoFileError, match=r"expected at least 5 echoes of each form, got \[4\]"):
        data.ingest(files, tmp_path / "out", track="gauss")


def changed(name: str, change):
    """Return what changes the lines of one file."""

    def make(folder: Path) -> None:
        path = folder / name
        path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")

    return make


def with_value(line: int, column: int, text: str):
    def change(lines: list[str]) -> list[str]:
        fields = lines[line].split()
        fields[column] = text
        return [*lines[:line], "\t".join(fields), *lines[line + 1 :]]

    return change


REAL, IMAGINARY, LABELS = "gauss_echos_model_r.txt", "gauss_echos_model_i.txt", "gauss_mat_info_model.txt"
BAD = {
    "a sample short": (
        changed(REAL, lambda lines: [*lines[:4], lines[4].rsplit("\t", 1)[0], *lines[5:]]),
        r"_r\.txt, line 5: expected 471 numbers, got 470",
    ),
    "a sample more": (
        changed(IMAGINARY, lambda lines: [*lines[:4], lines[4] + "\t0.1", *lines[5:]]),
        r"_i\.txt, line 5: expected 471 numbers, got 472",
    ),
    "commas": (
        changed(REAL, lambda lines: [line.replace("\t", ",") for line in lines]),
        r"_r\.txt, line 1: expected 471 numbers, got 1",
    ),
    "an underscore": (changed(REAL, with_value(2, 6, "0.1_0")), r"_r\.txt, line 3: expected 471 numbers, .*underscore"),
    "a word": (changed(REAL, with_value(2, 6, "abc")), r"_r\.txt, line 3: expected 471 numbers, .*'abc'"),
    "nan": (changed(REAL, with_value(2, 6, "nan")), r"_r\.txt, line 3, sample 7: got nan, expected a finite number"),
    "infinity": (changed(REAL, with_value(2, 6, "-inf")), r"_r\.txt, line 3, sample 7: got -inf"),
    "a row short": (
        changed(IMAGINARY, lambda lines: lines[:-1]),
        r"equally many rows in the files of gauss.*_r\.txt has 12, .*_i\.txt has 11, .*info_model\.txt has 12",
    ),
    "labels short": (changed(LABELS, lambda lines: lines[1:]), r"equally many rows .*mat_info_model\.txt has 11"),
    "empty": (changed(REAL, lambda lines: []), r"equally many rows .*_r\.txt has 0"),
    "standardised echoes": (
        changed(IMAGINARY, with_value(6, 99, "1.7")),
        r"_r\.txt and gauss_echos_model_i\.txt, row 7, sample 100: expected a magnetisation of at most 1/2, got 1\.7",
    ),
    "standardised labels": (
        changed(LABELS, with_value(1, 1, "-0.3")),
        r"mat_info_model\.txt, line 2, xi: got -0\.3, expected a finite number above 0; standardised",
    ),
    "four columns": (
        changed(LABELS, lambda lines: [line + "\t5.3" for line in lines]),
        r"mat_info_model\.txt, line 1: expected 3 numbers, got 4",
    ),
    "bytes": (lambda folder: (folder / REAL).write_bytes(b"\x89HDF\xff"), r"_r\.txt: expected numbers as plain text"),
    "absent": (lambda folder: (folder / REAL).unlink(), r"_r\.txt: expected a text file .* No such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named(name, files, tmp_path):
    make, message = BAD[name]
    make(tmp_path)
    for read in (data.load, lambda *paths, track: data.ingest(paths, tmp_path / "out", track=track)):
        with pytest.raises(data.EchoFileError, match=message):
            read(*files, track="gauss")
    assert not (tmp_path / "out" / "train.h5").exists()


def test_the_last_line_may_be_empty(files, tmp_path):
    for path in files[:3]:
        path.write_text(path.read_text() + "\n  \n")
    assert len(data.load(*files, track="gauss")) == 12


def test_files_are_known_by_their_names(files, tmp_path):
    stranger = write(tmp_path / "echoes.txt", echoes("gauss")[:, 0])
    with pytest.raises(data.EchoFileError, match=r"echoes\.txt: expected a name such as gauss_echos_model_r\.txt"):
        data.load(*files, stranger, track="gauss")
    with pytest.raises(data.EchoFileError, match=r"needs files named like \['RKKY_echos_model_i\.txt'"):
        data.load(*files[:4], files[5], track="rkky")
    other = write(tmp_path / "gauss_echos_eval_r.txt", echoes("gauss")[:, 0])
    with pytest.raises(data.EchoFileError, match=r"expected one file of this part, there is .*model_r\.txt too"):
        data.load(*files, other, track="gauss")


def test_tracks_without_files_are_absent_and_half_an_echo_is_an_error(files):
    gauss, rkky = files[:3], files[3:]
    for track, given in (("rkky", gauss), ("gauss", rkky), ("interaction", gauss), ("gauss", [*files[:2], *rkky])):
        with pytest.raises(TrackAbsent, match=rf"the track {track} needs files named like"):
            data.load(*given, track=track)
    assert len(data.load(*gauss, track="gauss")) == 12
    assert len(data.load(*files[:2], *rkky[:2], track="interaction")) == 27
    with pytest.raises(data.EchoFileError, match=r"interaction needs files named like \['gauss_echos_model_i\.txt'\]"):
        data.load(files[0], *rkky, track="interaction")


def test_what_spin_echo_sim_writes_is_read_without_the_samples_at_the_pulses(files, tmp_path):
    theirs = {part: real_data("nmr", f"charlessnider_{part}_output1.txt") for part in ("real", "imag")}
    paths = []
    for form in ("gauss", "RKKY"):
        for part, path in theirs.items():
            paths.append(tmp_path / f"{form}_{part}_output1.txt")
            paths[-1].write_bytes(path.read_bytes())
    loaded = data.load(*paths, track="interaction")
    kept = np.delete(np.arange(500), [0, 167])
    expected = np.stack([np.loadtxt(path)[:, kept] for path in theirs.values()], axis=1).astype(np.float32)
    np.testing.assert_array_equal(loaded.features, np.concatenate([expected] * 2))
    with pytest.raises(
        data.EchoFileError, match=r"equally many numbers a line: .*output1\.txt has 500, .*_r\.txt has 471"
    ):
        data.load(*paths[:2], *files[3:], track="interaction")
    lengthwise = tmp_path / "gauss_z_real_output1.txt"
    with pytest.raises(
        data.EchoFileError, match=r"expected a name such as .* or gauss_real_output1\.txt, the form first"
    ):
        data.load(*paths, lengthwise, track="interaction")


def test_the_manifest_names_the_six_files_and_offers_none_to_fetch():
    path = MANIFESTS / "nmr.json"
    manifest = Manifest.read(path)
    assert manifest.files == ()
    names = [source.name for source in manifest.unverified]
    assert [one.form for one in data.find([Path(name) for name in names], "interaction")] == ["gauss", "rkky"]
    assert "sha256" not in {key for source in json.loads(path.read_text())["isBasedOn"] for key in source}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_manifest_is_valid_croissant():
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = mlcroissant.Dataset(str(MANIFESTS / "nmr.json"))
    assert dataset.metadata.ctx.issues.errors == set()
