"""The real echoes: text files without header, one row an echo, real and imaginary parts and couplings apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from challenges import arrays
from challenges.dataset import DataFileError, Dataset, Progress, Split, as_array, as_table
from challenges.nmr.layout import COUPLINGS, KIND, LABEL, NOISE, SAMPLES

BLOCK = 500  # echoes of each file held at once
LARGEST_HOLDOUT = 3000  # echoes of each form
FORM_OF_NAME = {"gauss": "gauss", "RKKY": "rkky"}
NAMES = {
    "real": "{}_echos_model_r.txt",
    "imaginary": "{}_echos_model_i.txt",
    "couplings": "{}_mat_info_model.txt",
}
PART_OF_NAME = re.compile(r"(?P<form>gauss|rkky).{0,99}?(?P<part>mat_info|_r\b|_i\b)", re.IGNORECASE)
PARTS = {"_r": "real", "_i": "imaginary", "mat_info": "couplings"}
FULL = 0.6  # a spin 1/2 has no more magnetisation than 1/2; the rest is room for noise
MIX = 20211102  # of forms and noise; public, as these labels are


class EchoFileError(DataFileError):
    """A file of echoes or couplings that is not what it should be; the message says which line."""


@dataclass(frozen=True)
class Echoes:
    """The files of one form of coupling, of which nothing is in memory but what is asked for.

    Attributes
    ----------
    form : str
        "gauss" or "rkky".
    real, imaginary : Path
    couplings : Path, optional
        alpha, xi and d of each echo.
    """

    form: str
    real: Path
    imaginary: Path
    couplings: Path | None = None

    def __len__(self) -> int:
        """Return how many echoes there are.

        Raises
        ------
        EchoFileError
            If the files differ in that, or have none.
        """
        lengths = {path: _count(path) for path in (self.real, self.imaginary, self.couplings) if path}
        if len(set(lengths.values())) > 1 or 0 in lengths.values():
            found = ", ".join(f"{path} has {length:,}" for path, length in lengths.items())
            raise EchoFileError(f"expected equally many rows in the files of {self.form}, at least one: {found}")
        return lengths[self.real]

    def rows(self) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yield each echo, float32 of shape (2, 471), with its couplings, shape (3,).

        Raises
        ------
        EchoFileError
            If a line has too few or too many numbers, or one that cannot be; the message names the line.
        """
        parts = [_numbers(self.real, SAMPLES), _numbers(self.imaginary, SAMPLES)]
        parts += [_numbers(self.couplings, len(COUPLINGS))] if self.couplings else []
        for row, (real, imaginary, *couplings) in enumerate(zip(*parts, strict=True), start=1):
            size = np.hypot(real, imaginary)
            if size.max() > FULL:
                raise EchoFileError(
                    f"{self.real} and {self.imaginary.name}, row {row}, sample {size.argmax() + 1}: expected a "
                    f"magnetisation of at most 1/2, got {size.max():.3g}; standardised values are not read"
                )
            yield np.stack([real, imaginary]).astype(np.float32), *(couplings or [None])


def _count(path: Path) -> int:
    return sum(1 for _ in _lines(path))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, with their numbers."""
    try:
        with path.open(encoding="ascii") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if not line.isspace())
    except UnicodeDecodeError as error:
        raise EchoFileError(f"{path}: expected numbers as plain text, got other bytes ({error.reason})") from error
    except OSError as error:
        raise EchoFileError(f"{path}: expected a text file that can be read, got {error.strerror}") from error


def _numbers(path: Path, width: int) -> Iterator[np.ndarray]:
    """Yield the numbers of each line, whatever white space lies between them."""
    for number, line in _lines(path):
        fields = line.split()
        if len(fields) != width:
            raise EchoFileError(f"{path}, line {number}: expected {width} numbers, got {len(fields)}")
        if "_" in line:  # NumPy would pass over it.
            raise EchoFileError(f"{path}, line {number}: expected {width} numbers, got one with an underscore")
        try:
            values = np.array(fields, dtype=np.float64)
        except ValueError as error:
            raise EchoFileError(f"{path}, line {number}: expected {width} numbers, {error}") from error
        wrong = ~np.isfinite(values) if width == SAMPLES else ~((values > 0) & np.isfinite(values))
        if wrong.any():
            where = int(wrong.argmax())
            column, wanted = (f"sample {where + 1}", "a finite number")
            if width != SAMPLES:
                column, wanted = COUPLINGS[where], "a finite number above 0; standardised values are not read"
            raise EchoFileError(f"{path}, line {number}, {column}: got {fields[where]}, expected {wanted}")
        yield values


def find(sources: Sequence[Path], track: str) -> list[Echoes]:
    """Return what a track needs of the real files, told by their names; other real files are left alone.

    Raises
    ------
    EchoFileError
        If a name is not like the real ones, or a file is missing or comes twice.
    """
    found: dict[tuple[str, str], Path] = {}
    for source in map(Path, sources):
        match = PART_OF_NAME.search(source.name)
        if not match:
            raise EchoFileError(f"{source}: expected a name such as {NAMES['real'].format('gauss')}")
        key = match["form"].lower(), PARTS[match["part"].lower()]
        if key in found:
            raise EchoFileError(f"{source}: expected one file of this part, there is {found[key]} too")
        found[key] = source
    classify = track not in FORM_OF_NAME.values()
    wanted = [(form, part) for form in ([*KIND.values()] if classify else [track]) for part in NAMES]
    wanted = [key for key in wanted if not (classify and key[1] == "couplings")]
    missing = [NAMES[part].format(_prefix(form)) for form, part in wanted if (form, part) not in found]
    if missing:
        raise EchoFileError(f"the track {track} needs files named like {missing}, got {[*map(str, sources)]}")
    forms = dict.fromkeys(form for form, _ in wanted)
    return [Echoes(form, **{part: found[form, part] for one, part in wanted if one == form}) for form in forms]


def _prefix(form: str) -> str:
    return next(prefix for prefix, name in FORM_OF_NAME.items() if name == form)


def _dataset(rows: Sequence[tuple[Echoes, np.ndarray, np.ndarray | None]], track: str) -> Dataset:
    echoes, features, couplings = zip(*rows, strict=True)
    if track in FORM_OF_NAME.values():
        targets = pd.DataFrame(np.array(couplings), columns=list(COUPLINGS))
    else:
        label = {form: number for number, form in KIND.items()}
        targets = pd.DataFrame({LABEL: np.array([label[one.form] for one in echoes], np.int8)})
    return Dataset(np.stack(features), targets, np.arange(len(features), dtype=np.int64))


def load(*paths: Path, track: str) -> Dataset:
    """Read the files of a track whole, as they are: without noise, and Gaussian couplings first.

    Parameters
    ----------
    paths : Path
        In any order; who is who is told by their names.
    track : str

    Raises
    ------
    EchoFileError
        As in `find` and `Echoes`.
    """
    files = find(paths, track)
    for one in files:
        len(one)
    return _dataset([(one, *row) for one in files for row in one.rows()], track)


def ingest(sources: Sequence[Path], folder: Path, *, track: str, progress: Progress | None = None) -> Split:
    """Write ``train.h5`` from the real files, block by block, and return the holdout.

    The holdout are the last echoes of each form: a fifth, but at most 3,000. In the track interaction both forms are
    mixed, and noise is added as to simulated echoes.

    Parameters
    ----------
    sources : sequence of Path
        The real files; those that the track does not need are left alone.
    folder : Path
        Gets ``train.h5``, less the echoes that the holdout holds too.
    track : str
    progress : callable, optional
        Called with echoes read and echoes there are.

    Raises
    ------
    EchoFileError
        As in `find` and `Echoes`, or if there are fewer than 5 echoes of a form.
    DiskFullError
        If the disk runs full.
    """
    files = find(sources, track)
    lengths = [len(one) for one in files]
    kept_back = min(LARGEST_HOLDOUT, *(length // 5 for length in lengths))
    if kept_back == 0:
        raise EchoFileError(f"expected at least 5 echoes of each form, got {lengths}")
    rng = np.random.default_rng(MIX)
    tails = [islice(one.rows(), length - kept_back, None) for one, length in zip(files, lengths, strict=True)]
    holdout = _dataset([(one, *row) for one, tail in zip(files, tails, strict=True) for row in tail], track)
    known = set(arrays.row_digests(as_array(holdout.features)))
    train_rows = 0
    with arrays.writing(folder / "train.h5", sum(path.stat().st_size for path in map(Path, sources))) as append:
        for done, rows in _blocks(files, [length - kept_back for length in lengths]):
            block = _dataset(rows, track)
            fresh = [digest not in known for digest in arrays.row_digests(as_array(block.features))]
            block = block.take(np.flatnonzero(fresh))
            block = _as_asked(block, track, rng)
            append(X=block.features, **{name: as_table(block.targets)[name].to_numpy() for name in block.targets})
            train_rows += len(block)
            if progress:
                progress(done, sum(lengths))
    rows = sum(lengths)
    return Split(_as_asked(holdout, track, rng), rows, train_rows, duplicates=rows - len(holdout) - train_rows)


def _blocks(files: Sequence[Echoes], stops: Sequence[int]) -> Iterator[tuple[int, list]]:
    """Yield how many echoes have come, and the next ones of all files; a shorter file ends first."""
    readers = [one.rows() for one in files]
    for start in range(0, max(stops), BLOCK):
        ends = [min(start + BLOCK, stop) for stop in stops]
        yield (
            sum(ends),
            [
                (one, *next(reader))
                for one, reader, end in zip(files, readers, ends, strict=True)
                for _ in range(start, end)
            ],
        )


def _as_asked(data: Dataset, track: str, rng: np.random.Generator) -> Dataset:
    """Mix the forms and add the noise, where a track asks for the form."""
    if track in FORM_OF_NAME.values():
        return data
    mixed = data.take(rng.permutation(len(data)))
    noise = NOISE * rng.standard_normal(mixed.features.shape, np.float32)
    return Dataset(mixed.features + noise, mixed.targets, data.groups)


def save(dataset: Dataset, folder: Path, *, track: str) -> list[Path]:
    """Write a data set in the layout of the real files."""
    if track in FORM_OF_NAME.values():
        forms = {track: np.arange(len(dataset))}
    else:
        forms = {form: np.flatnonzero(dataset.targets[LABEL] == label) for label, form in KIND.items()}
    paths = []
    for form, rows in forms.items():
        parts = {"real": dataset.features[rows, 0], "imaginary": dataset.features[rows, 1]}
        if track in FORM_OF_NAME.values():
            parts["couplings"] = as_table(dataset.targets)[list(COUPLINGS)].to_numpy()
        for part, values in parts.items():
            paths.append(folder / NAMES[part].format(_prefix(form)))
            np.savetxt(paths[-1], values, fmt="%.9g" if part != "couplings" else "%.17g", delimiter="\t")
    return paths
