"""The real files of the disks: every good image arrives, runs stay whole, and every bad file is named."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from challenges import arrays
from challenges.dataset import DataFileError, Dataset
from challenges.exoplanet import data
from challenges.exoplanet.layout import SIDE, TARGET
from challenges.exoplanet.resampling import area_averaged, resampled_header
from challenges.exoplanet.simulate import simulate
from challenges.manifest import Manifest
from challenges.spec import MANIFESTS

RUNS = 12


@pytest.fixture(scope="module")
def disks() -> Dataset:
    """Return images as the real files hold them: three snapshots of each run."""
    images, runs = simulate(3 * RUNS, 5, workers=1).features, np.repeat(np.arange(RUNS), 3)
    return Dataset(images, pd.DataFrame({"planets": (runs % 2).astype(np.int8)}), runs)


@pytest.fixture
def files(disks, tmp_path) -> list[Path]:
    folder = tmp_path / "real"
    folder.mkdir()
    return data.save(disks, folder)


def cube(side: int = SIDE, **cards) -> fits.PrimaryHDU:
    """Return what MCFOST writes: a disk of tiny numbers, off centre."""
    place = np.indices((side, side)) / side - 0.4
    values = np.zeros((4, 1, 1, side, side), np.float32)
    values[0, 0, 0] = 1e-18 * np.exp(-(place**2).sum(axis=0) / 0.02)
    hdu = fits.PrimaryHDU(values)
    hdu.header["FLUX_1"] = "I = total flux"
    for axis, step in ((1, -1e-6), (2, 1e-6)):
        hdu.header[f"CTYPE{axis}"], hdu.header[f"CUNIT{axis}"] = ("RA---TAN", "DEC--TAN")[axis - 1], "deg"
        hdu.header[f"CRVAL{axis}"], hdu.header[f"CRPIX{axis}"] = 0.0, side / 2 + 1
        hdu.header[f"CDELT{axis}"] = step
    hdu.header.update(cards)
    return hdu


def test_what_is_saved_comes_back_in_any_order_of_the_files(disks, files):
    for sources in (files, files[::-1], [files[0].parent]):
        read = data.load(*sources)
        assert np.array_equal(read.features, disks.features)
        assert read.targets.equals(disks.targets)
        assert np.array_equal(read.groups, disks.groups)


def test_six_hundred_pixels_become_128_with_the_light_where_it_was(tmp_path):
    path = tmp_path / "planet3_00100_1250.fits"
    cube(600).writeto(path)
    image, header = data.Snapshot.named(path).read()
    assert image.shape == (SIDE, SIDE)
    assert image.dtype == np.float32
    assert image.max() == 1
    peak = np.unravel_index(image.argmax(), image.shape)
    assert np.abs(np.array(peak) + 0.5 - 0.4 * SIDE).max() < 1
    # The same place on the sky, asked for on either grid, is the same share of the way across the image.
    with fits.open(path) as file:
        before = WCS(file[0].header).celestial
    for sky in ((0.0, 0.0), (1e-5, -5e-5)):
        old, new = (np.array(grid.wcs_world2pix([sky], 0)[0]) + 0.5 for grid in (before, WCS(header).celestial))
        assert old / 600 == pytest.approx(new / SIDE, abs=1e-4)


def test_resampling_keeps_the_mean_and_smooth_images():
    place = np.indices((600, 600)) / 600
    image = 2 + np.sin(5 * place[0]) * np.cos(3 * place[1])
    small = area_averaged(image, SIDE)
    assert small.mean() == pytest.approx(image.mean(), rel=1e-12)
    middle = (np.indices((SIDE, SIDE)) + 0.5) / SIDE
    assert np.abs(small - 2 - np.sin(5 * middle[0]) * np.cos(3 * middle[1])).max() < 0.02


def test_matrices_of_world_coordinates_scale_too():
    header = resampled_header(fits.Header({"CD1_1": -1.0, "CD2_2": 1.0, "CRPIX1": 1.0}), 256, 128)
    assert (header["CD1_1"], header["CD2_2"], header["CRPIX1"]) == (-2.0, 2.0, 0.75)


def test_ingest_keeps_runs_whole_and_holds_a_fifth_of_them_back(disks, files, tmp_path):
    seen = []
    split = data.ingest(files, tmp_path / "out", progress=lambda *at: seen.append(at))
    train = arrays.read(tmp_path / "out" / "train.h5")
    assert (split.rows, len(split.holdout), split.train_rows, split.duplicates) == (36, 6, 30, 0)
    assert set(train) == {"X", TARGET, "group"}
    assert not set(train["group"]) & set(split.holdout.groups)
    labels = dict(zip(disks.groups.tolist(), disks.targets[TARGET], strict=True))
    known = {image.tobytes(): run for image, run in zip(disks.features, disks.groups.tolist(), strict=True)}
    for X, y, runs in (
        (train["X"], train[TARGET], train["group"]),
        (split.holdout.features, split.holdout.targets[TARGET], split.holdout.groups),
    ):
        assert [known[image.tobytes()] for image in X] == runs.tolist()
        assert [labels[run] for run in runs.tolist()] == list(y)
    assert seen[-1] == (36, 36)


def test_a_training_image_that_the_holdout_holds_too_is_dropped(files, tmp_path):
    held = data.ingest(files, tmp_path / "first").holdout.groups[0]
    other = next(path for path in files[1:] if not path.name.startswith(f"planet{held}_"))
    (files[0].parent / f"planet{held}_00001_1250.fits").replace(other)
    (files[0].parent / f"planet{held}_00002_1250.fits").rename(files[0].parent / f"planet{held}_00001_1250.fits")
    other.write_bytes((files[0].parent / f"planet{held}_00001_1250.fits").read_bytes())
    split = data.ingest([files[0].parent], tmp_path / "out")
    assert (split.train_rows, split.duplicates) == (29, 1)


def test_the_same_files_give_the_same_bytes(files, tmp_path):
    for name in ("a", "b"):
        data.ingest(files, tmp_path / name)
    assert (tmp_path / "a" / "train.h5").read_bytes() == (tmp_path / "b" / "train.h5").read_bytes()


def with_value(value: float):
    def make() -> fits.PrimaryHDU:
        hdu = cube()
        hdu.data[0, 0, 0, 7, 9] = value
        return hdu

    return make


def shaped(*shape: int):
    return lambda: fits.PrimaryHDU(np.ones(shape, np.float32))


BAD_IMAGES = {
    "one channel": (shaped(1, 1, 1, 128, 128), r"of the shape \(4, 1, 1, n, n\) .* got \(1, 1, 1, 128, 128\)"),
    "flat": (shaped(600, 600), r"of the shape .*, got \(600, 600\)"),
    "oblong": (shaped(4, 1, 1, 600, 500), r"got \(4, 1, 1, 600, 500\)"),
    "too small": (shaped(4, 1, 1, 64, 64), r"n of 128 or more, got \(4, 1, 1, 64, 64\)"),
    "no data": (fits.PrimaryHDU, r"expected one image of the shape .*, got no image"),
    "nan": (with_value(np.nan), r"row 7, column 9: expected a finite number"),
    "infinity": (with_value(np.inf), r"row 7, column 9: expected a finite number"),
    "dark": (lambda: fits.PrimaryHDU(np.zeros((4, 1, 1, 128, 128), np.float32)), r"the brightest pixel is 0"),
    "polarised first": (lambda: cube(FLUX_1="Q"), r"FLUX_1: expected the first channel to be I = total flux, got 'Q'"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_image_is_named(name, tmp_path):
    make, message = BAD_IMAGES[name]
    path = tmp_path / "planet1_00001_1250.fits"
    make().writeto(path)
    with pytest.raises(DataFileError, match=message) as error:
        data.read_intensity(path)
    assert str(error.value).startswith(str(path))


BAD_BYTES = {
    "empty": lambda good: b"",
    "page of a web server": lambda good: b"<!DOCTYPE html><html>Google Drive can't scan this file</html>",
    "truncated": lambda good: good[: len(good) // 2],
    "header alone": lambda good: good[:2880],
    "no header's end": lambda good: good[:1500],
}


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
@pytest.mark.parametrize("name", BAD_BYTES)
def test_a_damaged_file_is_named(name, files):
    path = files[3]
    path.write_bytes(BAD_BYTES[name](path.read_bytes()))
    with pytest.raises(DataFileError, match="expected a whole FITS file") as error:
        data.load(*files)
    assert str(error.value).startswith(str(path))


TABLE = {"run": [1.0, 2.0], "n": [0.0, 2.0], "m1": [0, 1e-3], "r1": [0, 30.0], "m2": [0, 2e-3], "r2": [0, 60.0]}
WHOLE = TABLE | {f"{letter}{place}": [0.0, 0.0] for letter in "mr" for place in (3, 4)}

BAD_TABLES = {
    "no run": ({"n": [1]}, r"expected the columns run and n, got"),
    "half a run": (TABLE | {"run": [1.5, 2]}, r"line 2, run: expected a whole number from 0 to .*, got '1\.5'"),
    "a run beyond all": (TABLE | {"run": [1, 1e20]}, r"line 3, run: expected a whole number .*, got '1e\+20'"),
    "infinitely many": (TABLE | {"n": [0, np.inf]}, r"line 3, n: expected a whole number .*, got 'inf'"),
    "true": (TABLE | {"n": [False, True]}, r"line 2, n: expected a whole number .*, got 'False'"),
    "hexadecimal": (TABLE | {"run": ["0x1", 2]}, r"line 2, run: expected a whole number .*, got '0x1'"),
    "word": (TABLE | {"m1": ["a", 1e-3]}, r"line 2, m1: expected a number of at least 0, got 'a'"),
    "gap": (TABLE | {"r2": [0, np.nan]}, r"line 3, r2: expected a number of at least 0, got ''"),
    "negative": (TABLE | {"m1": [0, -1e-3]}, r"line 3, m1: expected a number of at least 0"),
    "run twice": (TABLE | {"run": [2, 2]}, r"run 2 comes twice"),
    "five planets": (TABLE | {"n": [0, 5]}, r"run 2: expected at most 4 planets, got 5"),
    "mass without planet": (WHOLE | {"n": [0, 1]}, r"run 2: expected 1 masses above 0, got 2"),
    "planet without radius": (WHOLE | {"r2": [0, 0]}, r"run 2: expected 2 radii above 0, got 1"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_named(name, tmp_path):
    columns, message = BAD_TABLES[name]
    path = tmp_path / "labels.csv"
    pd.DataFrame(columns).to_csv(path)
    with pytest.raises(DataFileError, match=message) as error:
        data.read_labels(path)
    assert str(error.value).startswith(str(path))


def test_the_real_tables_layout_is_read(tmp_path):
    path = tmp_path / "labels.csv"
    pd.DataFrame(WHOLE).to_csv(path)
    table = data.read_labels(path)
    assert table["n"].to_dict() == {1: 0, 2: 2}
    assert table.loc[2, "m2"] == 2e-3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "with a header, .* got an empty file"),
        (b"\xff\xfe\x00", "expected a table in CSV that can be read"),
        (b'a,b\n"1', "expected a table in CSV that can be read"),
        (b"run;n\n1;0\n", r"expected the columns run and n, got \['run;n'\]"),
        (b"run,n,n\n1,0,0\n", "each name once, got 'n' twice"),
        (b"run,n\n1,0\n3,2,0\n", "line 3: expected 2 values, got 3"),
        (b"run,n\n1\n", "line 2: expected 2 values, got 1"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, says):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=rf"labels\.csv.*{says}"):
        data.read_labels(path)


def test_a_table_as_windows_writes_it_is_read(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\xef\xbb\xbfrun,n\r\n0012,2\r\n\r\n3,0\r\n")
    assert data.read_labels(path)["n"].to_dict() == {12: 2, 3: 0}


def test_the_image_is_read_in_whichever_extension_it_lies(tmp_path):
    hdu, path = cube(), tmp_path / "planet1_00001_1250.FITS"
    wanted = data.Snapshot.named(tmp_path / "planet1_00001_1250.fits")
    hdu.writeto(wanted.path)
    other = fits.ImageHDU(np.ones((3, 3)), name="PSF")
    for units in ([hdu], [hdu, other], [fits.PrimaryHDU(), other, fits.ImageHDU(hdu.data, hdu.header)]):
        fits.HDUList(units).writeto(path, overwrite=True)
        image, header = data.Snapshot.named(path).read()
        assert np.array_equal(image, wanted.read()[0])
        assert header["CRPIX1"] == wanted.read()[1]["CRPIX1"]


def test_of_several_such_images_it_is_asked_which(tmp_path):
    path = tmp_path / "planet1_00001_1250.fits"
    fits.HDUList([cube(), fits.ImageHDU(cube(256).data, name="FINE")]).writeto(path)
    says = r"expected one image .*got \(4, 1, 1, 128, 128\) in extension 0 \(PRIMARY\), .* in extension 1 \(FINE\)"
    with pytest.raises(DataFileError, match=says):
        data.read_intensity(path)


def test_names_vary_and_what_a_system_leaves_is_passed_over(disks, files):
    folder = files[0].parent
    files[0].rename(folder / "LABELS.CSV")
    for path, suffix in zip(files[1:], (".FITS", ".fit", ".fts") * 99, strict=False):
        path.rename(path.with_suffix(suffix))
    (folder / "__MACOSX").mkdir()
    for litter in ("._LABELS.CSV", "._planet0_00001_1250.fits", "__MACOSX/planet0_00001_1250.fits", ".DS_Store"):
        (folder / litter).write_bytes(b"\0\5\x16\7")
    assert np.array_equal(data.load(folder).features, disks.features)


def test_files_that_do_not_belong_together_are_named(files, tmp_path):
    with pytest.raises(DataFileError, match="expected one table of runs"):
        data.load(*files[1:])
    with pytest.raises(DataFileError, match=r"expected images named planet.*got none"):
        data.load(files[0])
    stray = files[1].with_name("planet99_00001_1250.fits")
    stray.write_bytes(files[1].read_bytes())
    with pytest.raises(DataFileError, match="run 99 is not in"):
        data.load(*files, stray)
    with pytest.raises(DataFileError, match="run 0, snapshot 1 has come before"):
        data.load(*files, files[1])
    other = files[1].rename(files[1].with_name("HL_Tau.fits"))
    with pytest.raises(DataFileError, match=r"expected a name like planet17_00042_1250\.fits.*got HL_Tau\.fits"):
        data.load(files[0], other)
    for name in ("planet1_00001_1250.png", "planet12345678901234567890_00001_1250.fits"):
        with pytest.raises(DataFileError, match="expected a name like"):
            data.Snapshot.named(Path(name))
    with pytest.raises(DataFileError, match="there is no such file"):
        data.load(*files)
    with pytest.raises(DataFileError, match="expected images of at least 10 runs, got 9"):
        data.ingest([files[0], *files[4:31]], tmp_path / "out")


def test_the_manifest_names_the_files_and_offers_none_to_fetch():
    path = MANIFESTS / "exoplanet.json"
    manifest = Manifest.read(path)
    assert manifest.files == ()
    assert [source.name for source in manifest.unverified] == [
        "exoplanet_sample",
        "exoplanet_full",
        "exoplanet_labels.csv",
        "DSHARP",
    ]
    assert "sha256" not in {key for source in json.loads(path.read_text())["isBasedOn"] for key in source}
