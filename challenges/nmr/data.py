"""The real echoes: text files without header, one row an echo, real and imaginary parts and couplings apart.

What Spin_Echo_Sim writes is read too, for the track interaction, once the files' names begin with the form of coupling:
``gauss_real_output1.txt``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from challenges import arrays
from challenges.dataset import DataFileError, Dataset, Progress, Split, TrackAbsent, as_array, as_table
from challenges.nmr.layout import COUPLINGS, KIND, LABEL, NOISE, SAMPLES
from challenges.precision import rounded_below_noise

BLOCK = 500  # echoes of each file held at once
LARGEST_HOLDOUT = 3000  # echoes of each form
PULSES = {SAMPLES: (), 500: (0, 167)}  # numbers in a line, and which of them Spin_Echo_Sim takes at the pulses
FORM_OF_NAME = {"gauss": "gauss", "RKKY": "rkky"}
NAMES = {
    "real": "{}_echos_model_r.txt",
    "imaginary": "{}_echos_model_i.txt",
    "couplings": "{}_mat_info_model.txt",
}
PART_OF_NAME = re.compile(
    r"(?P<form>gauss|rkky).{0,99}?(?P<part>mat_info|_r\b|_i\b|(?<!_z)_real_|(?<!_z)_imag_)", re.IGNORECASE
)
PARTS = {"_r": "real", "_i": "imaginary", "_real_": "real", "_imag_": "imaginary", "mat_info": "couplings"}
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

    @cached_property
    def width(self) -> int:
        """How many numbers a line of samples has: as many as the first one, if echoes have that many at all."""
        _, first = next(_lines(self.real), (0, ""))
        found = len(first.split())
        return found if found in PULSES else SAMPLES

    def rows(self) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yield each echo, float32 of shape (2, samples), with its couplings, shape (3,).

        Raises
        ------
        EchoFileError
            If a line has too few or too many numbers, or one that cannot be; the message names the line.
        """
        parts = [_samples(self.real, self.width), _samples(self.imaginary, self.width)]
        parts += [_couplings(self.couplings)] if self.couplings else []
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


def _samples(path: Path, width: int) -> Iterator[np.ndarray]:
    """Yield the samples of each line, without those at the pulses."""
    for number, fields, values in _numbers(path, width):
        wrong = ~np.isfinite(values)
        if wrong.any():
            where = int(wrong.argmax())
            raise EchoFileError(
                f"{path}, line {number}, sample {where + 1}: got {fields[where]}, expected a finite number"
            )
        yield np.delete(values, PULSES[width])


def _couplings(path: Path) -> Iterator[np.ndarray]:
    for number, fields, values in _numbers(path, len(COUPLINGS)):
        wrong = ~((values > 0) & np.isfinite(values))
        if wrong.any():
            where = int(wrong.argmax())
            raise EchoFileError(
                f"{path}, line {number}, {COUPLINGS[where]}: got {fields[where]}, expected a finite number above 0; "
                "standardised values are not read"
            )
        yield values


def _numbers(path: Path, width: int) -> Iterator[tuple[int, list[str], np.ndarray]]:
    """Yield the number of each line, its fields, whatever white space lies between them, and their values."""
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
        yield number, fields, values


def find(sources: Sequence[Path], track: str) -> list[Echoes]:
    """Return what a track needs of the real files, told by their names; other real files are left alone.

    Raises
    ------
    TrackAbsent
        If there are no echoes of a form that the track needs, or nobody says what their couplings are.
    EchoFileError
        If a name is not like the real ones, a file comes twice, or one part of the echoes is missing.
    """
    found: dict[tuple[str, str], Path] = {}
    for source in map(Path, sources):
        match = PART_OF_NAME.search(source.name)
        if not match:
            example = NAMES["real"].format("gauss")
            raise EchoFileError(
                f"{source}: expected a name such as {example} or gauss_real_output1.txt, the form first"
            )
        key = match["form"].lower(), PARTS[match["part"].lower()]
        if key in found:
            raise EchoFileError(f"{source}: expected one file of this part, there is {found[key]} too")
        found[key] = source
    classify = track not in FORM_OF_NAME.values()
    wanted = [(form, part) for form in ([*KIND.values()] if classify else [track]) for part in NAMES]
    wanted = [key for key in wanted if not (classify and key[1] == "couplings")]
    missing = [key for key in wanted if key not in found]
    if missing:
        names = [NAMES[part].format(_prefix(form)) for form, part in missing]
        halves = {form for form, part in missing if part != "couplings"}
        lone = [form for form in halves if {(form, "real"), (form, "imaginary")} & found.keys()]
        error = EchoFileError if lone else TrackAbsent
        raise error(f"the track {track} needs files named like {names}, got {[*map(str, sources)]}")
    forms = dict.fromkeys(form for form, _ in wanted)
    return [Echoes(form, **{part: found[form, part] for one, part in wanted if one == form}) for form in forms]


def _lengths(files: Sequence[Echoes]) -> list[int]:
    """Return how many echoes there are of each form; their samples must be equally many."""
    widths = {one.real: one.width for one in files}
    if len(set(widths.values())) > 1:
        found = ", ".join(f"{path} has {width}" for path, width in widths.items())
        raise EchoFileError(f"expected echoes of both forms with equally many numbers a line: {found}")
    return [len(one) for one in files]


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
    TrackAbsent, EchoFileError
        As in `find` and `Echoes`.
    """
    files = find(paths, track)
    _lengths(files)
    return _dataset([(one, *row) for one in files for row in one.rows()], track)


def ingest(sources: Sequence[Path], folder: Path, *, track: str, progress: Progress | None = None) -> Split:
    """Write ``train.h5`` from the real files, block by block, and return the holdout.

    The last echoes of each form, a fifth but at most 3,000, are the holdout of the track interaction alone: in the
    other tracks they would stand without noise, in a file that says which form they have. As many before them are the
    holdout of the tracks gauss and rkky, and the rest is to train on. In interaction both forms are mixed, and noise is
    added as to simulated echoes.

    Parameters
    ----------
    sources : sequence of Path
        The real files; those that the track does not need are left alone.
    folder : Path
        Gets ``train.h5``, less the echoes that a holdout holds too.
    track : str
    progress : callable, optional
        Called with echoes read and echoes there are.

    Raises
    ------
    TrackAbsent, EchoFileError
        As in `find` and `Echoes`, or if there are fewer than 5 echoes of a form.
    DiskFullError
        If the disk runs full.
    """
    files = find(sources, track)
    lengths = _lengths(files)
    kept_back = [min(LARGEST_HOLDOUT, length // 5) for length in lengths]
    if min(kept_back) == 0:
        raise EchoFileError(f"expected at least 5 echoes of each form, got {lengths}")
    rng = np.random.default_rng(MIX)
    stops = [length - 2 * kept for length, kept in zip(lengths, kept_back, strict=True)]
    tails = [[(one, *row) for row in islice(one.rows(), stop, None)] for one, stop in zip(files, stops, strict=True)]
    known = set(arrays.row_digests(np.stack([echo for tail in tails for _, echo, _ in tail])))
    kept = slice(kept_back[0]) if track in FORM_OF_NAME.values() else slice(-min(kept_back), None)
    holdout = _dataset([row for tail in tails for row in tail[kept]], track)
    train_rows = duplicates = 0
    with arrays.writing(folder / "train.h5", sum(path.stat().st_size for path in map(Path, sources))) as append:
        for done, rows in _blocks(files, stops):
            block = _dataset(rows, track)
            fresh = [digest not in known for digest in arrays.row_digests(as_array(block.features))]
            block = block.take(np.flatnonzero(fresh))
            block = _as_asked(block, track, rng)
            append(X=block.features, **{name: as_table(block.targets)[name].to_numpy() for name in block.targets})
            train_rows += len(block)
            duplicates += len(rows) - len(block)
            if progress:
                progress(done, sum(lengths))
    return Split(_as_asked(holdout, track, rng), sum(lengths), train_rows, duplicates)


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
    echoes = as_array(mixed.features)
    noisy = echoes + NOISE * rng.standard_normal(echoes.shape, np.float32)
    return Dataset(rounded_below_noise(noisy, NOISE), mixed.targets, data.groups)


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
