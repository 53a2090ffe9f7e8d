"""The real files: folders, or zip archives of folders, with one image in each file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from challenges import arrays
from challenges.archives import Place, children, opened
from challenges.dataset import DataFileError, Dataset, Progress, Split, TrackAbsent, as_array, as_table
from challenges.lensing.images import read_image
from challenges.lensing.layout import (
    AXION,
    CDM,
    HIGH_SIDE,
    NO_SUB,
    SIDE,
    SUBSTRUCTURE,
    SUPER_RESOLUTION,
    TARGET,
    stretched,
)

FOLDERS = {
    "no": NO_SUB, "no_sub": NO_SUB, "cdm": CDM, "sphere": CDM, "axion": AXION, "vort": AXION,
}  # fmt: skip
"""Class of the images in a folder of that name, in whatever case; the original names, and others of the same family."""

SAVED_FOLDERS = ("no", "cdm", "axion")
HIGH, LOW = "HR", "LR"
TRAIN, HOLDOUT = "train", "val"
LARGEST_HOLDOUT = {SUBSTRUCTURE: 10_000, SUPER_RESOLUTION: 400}
HELD_BACK = 5  # one image in so many, where the files come without a part to validate with
BLOCK = 500  # images held at once
SHUFFLE = 20230921  # mixes the classes; these labels are public


class Example(NamedTuple):
    """Where one image is, and what is asked of it: its class, or where its sharp image is."""

    image: Place
    answer: int | Place


def load(*sources: Path, track: str) -> Dataset:
    """Read all images of folders or zip archives, each normalised to [0, 1] as the real files are said to be.

    Parameters
    ----------
    *sources : Path
        Folders, or zip archives, that hold ``no``, ``cdm`` and ``axion`` (for ``substructure``), or ``HR`` and ``LR``
        (for ``super_resolution``), at any depth, such as below ``train`` and ``val``. What belongs to the other track
        is passed over.
    track : str

    Raises
    ------
    TrackAbsent
        If there are no such folders.
    DataFileError
        If one of them is missing, an image has no partner of the same name, or an image is not as
        `challenges.lensing.images.read_image` expects it.
    """
    return read([example for part in find(sources, track).values() for example in part], track)


def find(sources: Sequence[Path], track: str) -> dict[str, list[Example]]:
    """Return the examples of each part (``train`` and ``val``, where there are such), in order of name.

    Raises
    ------
    DataFileError
        As `load`, but for the images themselves.
    """
    wanted = tuple(FOLDERS) if track == SUBSTRUCTURE else (HIGH, LOW)
    parts: dict[str, list[Example]] = {}
    for source in sources:
        for parent, folders in _parents(opened(Path(source)), wanted):
            examples = _classes(parent, folders) if track == SUBSTRUCTURE else _pairs(parent, folders)
            parts.setdefault(parent.name.lower(), []).extend(examples)
    if not parts:
        names = " and ".join(SAVED_FOLDERS if track == SUBSTRUCTURE else (HIGH, LOW))
        raise TrackAbsent(f"{', '.join(map(str, sources))}: expected folders {names} with .npy files, found none")
    return parts


def _parents(place: Place, wanted: Sequence[str]) -> Iterator[tuple[Place, dict[str, Place]]]:
    """Yield every folder that has one of the wanted ones in it, and those."""
    names = {name.lower(): name for name in wanted}
    folders = [child for child in children(place) if child.is_dir()]
    found: dict[str, Place] = {}
    for folder in folders:
        name = names.get(folder.name.lower())
        if name in found:
            raise DataFileError(f"{folder}: expected one folder of that name, there is {found[name]} too")
        if name:
            found[name] = folder
    if found:
        yield place, found
    for folder in folders:
        if folder.name.lower() not in names:
            yield from _parents(folder, wanted)


def _classes(parent: Place, folders: dict[str, Place]) -> list[Example]:
    missing = {NO_SUB, CDM, AXION} - {FOLDERS[name] for name in folders}
    if missing:
        names = [SAVED_FOLDERS[kind] for kind in sorted(missing)]
        raise DataFileError(f"{parent}: expected the folders no, cdm and axion; {' and '.join(names)} is missing")
    return [Example(image, FOLDERS[name]) for name, folder in folders.items() for image in _images(folder).values()]


def _pairs(parent: Place, folders: dict[str, Place]) -> list[Example]:
    """Return images of both resolutions by their names: the order in which a folder lists them means nothing."""
    if len(folders) < 2:
        raise DataFileError(f"{parent}: expected the folders HR and LR, got {' and '.join(folders)} alone")
    low, high = _images(folders[LOW]), _images(folders[HIGH])
    alone = sorted(low.keys() ^ high.keys())
    if alone:
        here, there = (LOW, HIGH) if alone[0] in low else (HIGH, LOW)
        raise DataFileError(
            f"{parent}: expected the same names in HR and LR, got {alone[0]} in {here} and not in {there}"
            f" ({len(alone)} such files)"
        )
    return [Example(low[name], high[name]) for name in low]


def _images(folder: Place) -> dict[str, Place]:
    """Return the images of a folder by their names, which end with .npy here, however they are spelt there."""
    files: dict[str, Place] = {}
    others = Counter[str]()
    for file in children(folder):
        suffix = Path(file.name).suffix
        if suffix.lower() != ".npy" or not file.is_file():
            others[suffix or "without a suffix"] += 1
            continue
        name = file.name.removesuffix(suffix) + ".npy"
        if name in files:
            raise DataFileError(f"{file}: expected one image of that name, there is {files[name]} too")
        files[name] = file
    if not files:
        got = ", ".join(f"{count} {suffix}" for suffix, count in others.items()) or "none"
        raise DataFileError(f"{folder}: expected .npy files, found {got}")
    return dict(sorted(files.items()))


def read(examples: Sequence[Example], track: str) -> Dataset:
    """Return images and answers in the layout of the simulator."""
    features = stretched(np.stack([read_image(example.image, SIDE) for example in examples]))
    groups = np.arange(len(examples), dtype=np.int64)
    if track == SUBSTRUCTURE:
        return Dataset(features, pd.DataFrame({TARGET: np.array([one.answer for one in examples], np.int8)}), groups)
    return Dataset(features, stretched(np.stack([read_image(one.answer, HIGH_SIDE) for one in examples])), groups)


def ingest(sources: Sequence[Path], folder: Path, *, track: str, progress: Progress | None = None) -> Split:
    """Write ``train.h5`` from the real files, block by block, and return a holdout.

    The holdout is drawn from the part named ``val``, where there is one, and else from everything, a fifth of it; at
    most 10,000 images, and 400 pairs, since every submission holds as many sharp images. The rest is for training.

    Parameters
    ----------
    sources : sequence of Path
        As for `load`.
    folder : Path
        Gets ``train.h5``: all classes mixed, less those images that the holdout holds too.
    track : str
    progress : callable, optional
        Called with images read and images there are.

    Raises
    ------
    DataFileError
        As `load`, or if there are fewer than five images.
    DiskFullError
        If the disk runs full.
    """
    train, held_back = _split(find(sources, track), LARGEST_HOLDOUT[track])
    holdout = read(held_back, track)
    known = set(arrays.row_digests(as_array(holdout.features)))
    rows = len(train) + len(held_back)
    train_rows = 0
    side = SIDE if track == SUBSTRUCTURE else HIGH_SIDE
    with arrays.writing(folder / "train.h5", 8 * side * side * len(train)) as append:
        for start in range(0, len(train), BLOCK):
            block = read(train[start : start + BLOCK], track)
            fresh = [digest not in known for digest in arrays.row_digests(as_array(block.features))]
            block = block.take(np.flatnonzero(fresh))
            if track == SUBSTRUCTURE:
                append(X=block.features, **{TARGET: as_table(block.targets)[TARGET].to_numpy()})
            else:
                append(X=block.features, y=block.targets)
            train_rows += len(block)
            if progress:
                progress(min(start + BLOCK, len(train)), rows)
    return Split(holdout, rows, train_rows, duplicates=len(train) - train_rows)


def _split(parts: dict[str, list[Example]], largest: int) -> tuple[list[Example], list[Example]]:
    """Return the examples to train on and those to hold back, both in random order."""
    rng = np.random.default_rng(SHUFFLE)
    others = [example for name, part in parts.items() if name != HOLDOUT for example in part]
    candidates = parts.get(HOLDOUT, others)
    count = min(largest, len(candidates) if HOLDOUT in parts else len(candidates) // HELD_BACK)
    order = [candidates[row] for row in rng.permutation(len(candidates))]
    rest = order[count:] + (others if HOLDOUT in parts else [])
    if not count or not rest:
        raise DataFileError(f"expected at least {HELD_BACK} images to train on and to hold back, got {len(candidates)}")
    return [rest[row] for row in rng.permutation(len(rest))], order[:count]


def save(dataset: Dataset, folder: Path, *, track: str) -> list[Path]:
    """Write a data set in the layout of the real files; return the folder to load."""
    root = folder / "dataset"
    pictures: dict[str, np.ndarray] = {}
    if track == SUBSTRUCTURE:
        names = [SAVED_FOLDERS[kind] for kind in as_table(dataset.targets)[TARGET]]
        images = as_array(dataset.features)
        pictures = {f"{name}/{row:06}": image for row, (name, image) in enumerate(zip(names, images, strict=True))}
    else:
        for name, images in ((LOW, as_array(dataset.features)), (HIGH, as_array(dataset.targets))):
            pictures |= {f"{name}/{row:06}": image for row, image in enumerate(images)}
    for name, image in pictures.items():
        path = root / TRAIN / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, image[None])
    return [root]
