"""The real files: one FITS file a snapshot of a run, and one table that says which runs have planets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from challenges import arrays
from challenges.cells import not_whole, numbers, read_words
from challenges.dataset import DataFileError, Dataset, Progress, Split, as_array, as_table
from challenges.exoplanet.fits_image import SUFFIX, images_in
from challenges.exoplanet.layout import PIXEL, SIDE, TARGET, normalised
from challenges.exoplanet.resampling import area_averaged, resampled_header
from challenges.files import is_litter

NAME = re.compile(r"planet(?P<run>\d{1,9})_(?P<snapshot>\d{5})_1250", re.ASCII | re.IGNORECASE)
STOKES = 4  # I, Q, U, V; the first counts
MOST_PLANETS = 4
COUNTS = ("run", "n")
HELD_BACK = 0.2  # of the runs
SEED = 20221220  # deals out the runs; their labels are public


@dataclass(frozen=True)
class Snapshot:
    """One file: which run it shows, and when.

    Attributes
    ----------
    path : Path
    run, number : int
    """

    path: Path
    run: int
    number: int

    @classmethod
    def named(cls, path: Path) -> "Snapshot":
        """Read run and snapshot from a file's name.

        Raises
        ------
        DataFileError
            If the name is another.

        Examples
        --------
        >>> Snapshot.named(Path("planet17_00042_1250.fits")).run
        17
        """
        found = NAME.fullmatch(SUFFIX.sub("", path.name)) if SUFFIX.search(path.name) else None
        if not found:
            raise DataFileError(
                f"{path}: expected a name like planet17_00042_1250.fits, run 17, snapshot 42; got {path.name}"
            )
        return cls(path, int(found["run"]), int(found["snapshot"]))

    def read(self) -> tuple[np.ndarray, fits.Header]:
        """Return the total intensity at 128 x 128 pixels, float32, 1 where it is brightest, and the header that fits.

        Raises
        ------
        DataFileError
            As `read_intensity`.
        """
        intensity, header = read_intensity(self.path)
        side = len(intensity)
        image = normalised(area_averaged(intensity, SIDE))
        return image, resampled_header(header, side, SIDE)


def read_intensity(path: Path) -> tuple[np.ndarray, fits.Header]:
    """Return the total intensity of a file that MCFOST wrote, shape (n, n), float64, and its header.

    Raises
    ------
    DataFileError
        If it is not a whole FITS file with one image of the shape (4, 1, 1, n, n), n being 128 or more, in whichever
        extension; if its first channel is not the total flux, or if a value is not finite, or none is positive.
    """
    found = images_in(path)
    cubes = [one for one in found if _is_cube(one.data.shape)]
    if len(cubes) != 1:
        got = ", ".join(map(str, cubes or found)) or "no image"
        raise DataFileError(
            f"{path}: expected one image of the shape (4, 1, 1, n, n) with n of {SIDE} or more, got {got}"
        )
    cube, header = cubes[0].data, cubes[0].header
    meaning = str(header.get("FLUX_1", "I"))
    if not meaning.startswith("I"):
        raise DataFileError(f"{path}, FLUX_1: expected the first channel to be I = total flux, got {meaning!r}")
    intensity = cube[0, 0, 0].astype(np.float64)
    if not np.isfinite(intensity).all():
        row, column = np.argwhere(~np.isfinite(intensity))[0]
        raise DataFileError(f"{path}, row {row}, column {column}: expected a finite number, got nan or infinity")
    if intensity.max() <= 0:
        raise DataFileError(f"{path}: expected a disk that shines, the brightest pixel is {intensity.max():g}")
    return intensity, header


def _is_cube(shape: tuple[int, ...]) -> bool:
    return len(shape) == 5 and shape[:3] == (STOKES, 1, 1) and shape[3] == shape[4] >= SIDE


def read_labels(path: Path) -> pd.DataFrame:
    """Return the table of runs: n planets, and where the file has them their masses and radii.

    Returns
    -------
    DataFrame
        Indexed by run; n, and m1, r1 to m4, r4 in solar masses and au, as in the file: planets ordered by radius,
        unused places 0.

    Raises
    ------
    DataFileError
        If columns are missing, a number is none or out of range, a run comes twice, or n is not the number of masses.
    """
    words = read_words(path)
    missing = [name for name in COUNTS if name not in words]
    if missing:
        raise DataFileError(f"{path}: expected the columns run and n, got {list(words)}")
    table = pd.DataFrame(index=words.index)
    for name in map(str, words):
        if not name or name.startswith("Unnamed"):  # the rows' numbers, as pandas writes them
            continue
        values, counts = numbers(words[name]), name in COUNTS
        bad = ~np.isfinite(values) | (values < 0) | (not_whole(values, np.int32) if counts else False)
        if bad.any():
            line, word = words.index[bad][0], words[name][bad].iloc[0]
            wanted = f"a whole number from 0 to {np.iinfo(np.int32).max:,}" if counts else "a number of at least 0"
            raise DataFileError(f"{path}, line {line}, {name}: expected {wanted}, got {word!r}")
        table[name] = values.astype(np.int64) if counts else values
    twice = table["run"].duplicated()
    if twice.any():
        raise DataFileError(f"{path}: run {table['run'][twice].iloc[0]} comes twice")
    _check_planets(path, table)
    return table.set_index("run")


def _check_planets(path: Path, table: pd.DataFrame) -> None:
    """Raise DataFileError where n planets and their masses and radii do not fit."""
    if (table["n"] > MOST_PLANETS).any():
        row = table[table["n"] > MOST_PLANETS].iloc[0]
        raise DataFileError(f"{path}, run {row['run']:g}: expected at most {MOST_PLANETS} planets, got {row['n']:g}")
    places = range(1, MOST_PLANETS + 1)
    if not all(f"{letter}{place}" in table for letter in "mr" for place in places):
        return
    masses, radii = (table[[f"{letter}{place}" for place in places]].to_numpy() for letter in "mr")
    for what, values in (("masses", masses), ("radii", radii)):
        wrong = (values > 0).sum(axis=1) != table["n"]
        if wrong.any():
            row = table[wrong].iloc[0]
            raise DataFileError(
                f"{path}, run {row['run']:g}: expected {row['n']:g} {what} above 0, got"
                f" {int((values[wrong] > 0).sum(axis=1)[0])}"
            )


def find(sources: Sequence[Path]) -> tuple[list[Snapshot], pd.DataFrame]:
    """Return all snapshots, by run and number, and the table of runs.

    Parameters
    ----------
    sources : sequence of Path
        One CSV table, and FITS files or folders of them.

    Raises
    ------
    DataFileError
        If there is not one table, no image, a snapshot twice, or one of a run that the table lacks.
    """
    files = [found for source in map(Path, sources) for found in (_inside(source) if source.is_dir() else [source])]
    tables = [path for path in files if path.suffix.lower() == ".csv"]
    if len(tables) != 1:
        raise DataFileError(f"expected one table of runs (.csv) among the files, got {len(tables)}")
    labels = read_labels(tables[0])
    snapshots = sorted(
        (Snapshot.named(path) for path in files if path not in tables), key=lambda one: (one.run, one.number)
    )
    if not snapshots:
        raise DataFileError("expected images named planet{run}_{snapshot}_1250.fits, got none")
    for one, following in pairwise(snapshots):
        if (one.run, one.number) == (following.run, following.number):
            raise DataFileError(f"{following.path}: run {one.run}, snapshot {one.number} has come before: {one.path}")
    for one in snapshots:
        if one.run not in labels.index:
            raise DataFileError(f"{one.path}: run {one.run} is not in {tables[0]}")
    return snapshots, labels


def _inside(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if not any(map(is_litter, path.relative_to(folder).parts))]
    tables = [path for path in files if path.suffix.lower() == ".csv" and path.parent == folder]
    return [path for path in files if SUFFIX.search(path.name)] + tables


def load(*sources: Path) -> Dataset:
    """Read all files whole: for samples that fit in memory.

    Parameters
    ----------
    *sources : Path
        One CSV table, and FITS files or folders of them.

    Returns
    -------
    Dataset
        As the simulator's, one group a run; in the order of runs and snapshots.

    Raises
    ------
    DataFileError
        As in `find` and `Snapshot.read`.
    """
    snapshots, labels = find(sources)
    images = np.stack([snapshot.read()[0] for snapshot in snapshots])
    return _labelled(snapshots, images, labels)


def _labelled(snapshots: Sequence[Snapshot], images: np.ndarray, labels: pd.DataFrame) -> Dataset:
    runs = np.array([snapshot.run for snapshot in snapshots], np.int64)
    hosts = (labels.loc[runs, "n"].to_numpy() > 0).astype(np.int8)
    return Dataset(images, pd.DataFrame({TARGET: hosts}), runs)


def save(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a data set in the layout of the real files, and return the table of runs and the images.

    The images are 128 x 128; Q, U and V are 0; masses and radii, which a data set does not hold, are left out.
    """
    table = folder / "labels.csv"
    runs, first = np.unique(dataset.groups, return_index=True)
    planets = as_table(dataset.targets)[TARGET].to_numpy(float)[first]
    pd.DataFrame({"run": runs.astype(float), "n": planets}).to_csv(table)
    paths, seen = [table], dict.fromkeys(runs.tolist(), 0)
    for run, image in zip(dataset.groups.tolist(), as_array(dataset.features), strict=True):
        seen[run] += 1
        paths.append(folder / f"planet{run}_{seen[run]:05d}_1250.fits")
        cube = np.zeros((STOKES, 1, 1, *image.shape), np.float32)
        cube[0] = image
        fits.PrimaryHDU(cube, _header(len(image))).writeto(paths[-1], overwrite=True)
    return paths


def _header(side: int) -> fits.Header:
    """Return what MCFOST writes beside an image."""
    cards = {"WAVE": 1250.0, "BUNIT": "W.m-2.pixel-1", "FLUX_1": "I = total flux"}
    cards |= {f"FLUX_{number}": letter for number, letter in zip((2, 3, 4), "QUV", strict=True)}
    for axis, (kind, sign) in enumerate((("RA---TAN", -1), ("DEC--TAN", 1)), start=1):
        cards |= {f"CTYPE{axis}": kind, f"CRVAL{axis}": 0.0, f"CUNIT{axis}": "deg"}
        cards |= {f"CRPIX{axis}": side / 2 + 1, f"CDELT{axis}": sign * PIXEL / 3600}
    return fits.Header(cards)


def ingest(sources: Sequence[Path], folder: Path, *, progress: Progress | None = None) -> Split:
    """Write ``train.h5`` from the real files, one at a time, and return a holdout of a fifth of the runs.

    Parameters
    ----------
    sources : sequence of Path
        One CSV table, and FITS files or folders of them.
    folder : Path
        Gets ``train.h5``, less the images that the holdout holds too.
    progress : callable, optional
        Called with images read and images there are.

    Raises
    ------
    DataFileError
        As in `load`, or if there are fewer than ten runs.
    DiskFullError
        If the disk runs full.
    """
    snapshots, labels = find(sources)
    held = _held_back(np.unique([snapshot.run for snapshot in snapshots]))
    kept, told = [one for one in snapshots if one.run in held], [one for one in snapshots if one.run not in held]
    read = _counted([*kept, *told], progress)
    holdout = _labelled(kept, np.stack([next(read) for _ in kept]), labels)
    known = set(arrays.row_digests(as_array(holdout.features)))
    rows = 0
    with arrays.writing(folder / "train.h5", len(told) * SIDE**2 * 4) as append:
        for snapshot, image in zip(told, read, strict=True):
            if known.isdisjoint(arrays.row_digests(image[None])):
                one = _labelled([snapshot], image[None], labels)
                append(X=one.features, **{TARGET: as_table(one.targets)[TARGET].to_numpy()}, group=one.groups)
                rows += 1
    return Split(holdout, len(snapshots), rows, duplicates=len(told) - rows)


def _held_back(runs: np.ndarray) -> set[int]:
    if len(runs) < 10:
        raise DataFileError(f"expected images of at least 10 runs, got {len(runs)}")
    return set(np.random.default_rng(SEED).permutation(runs)[: int(HELD_BACK * len(runs))].tolist())


def _counted(snapshots: Sequence[Snapshot], progress: Progress | None) -> Iterator[np.ndarray]:
    for number, snapshot in enumerate(snapshots, start=1):
        yield snapshot.read()[0]
        if progress:
            progress(number, len(snapshots))
