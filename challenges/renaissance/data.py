"""The real book as a data set: from its PDF and DOCX, or from a table that was made of them before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from challenges.cells import not_whole
from challenges.dataset import DataFileError, Dataset, Progress, Split, as_table
from challenges.files import written_whole
from challenges.renaissance.collation import BookLine, collate
from challenges.renaissance.layout import IMAGE, TEXT, TOKEN_ERRORS, TRANSCRIPTION, WRONG
from challenges.renaissance.tables import line_table, png, token_rows, token_table
from challenges.renaissance.tokens import Token, is_word

PAGE = "group"
TARGETS = {TOKEN_ERRORS: WRONG, TRANSCRIPTION: TEXT}
TABLES = {TOKEN_ERRORS: token_table([], []), TRANSCRIPTION: line_table([], [], [], [])}
PNG = b"\x89PNG\r\n\x1a\n"
HELD_BACK = 0.25  # of the pages, the last ones


class TableError(DataFileError):
    """A table of words or lines that is not one, or not that of the track."""


def load(*paths: Path, track: str) -> Dataset:
    """Read the book.

    Parameters
    ----------
    paths : Path
        The PDF and the DOCX, in any order; then Tesseract reads the scans, which takes a minute. Or one Parquet table
        that `save` has written, which needs no Tesseract.
    track : str
        ``"token_errors"`` or ``"transcription"``.

    Returns
    -------
    Dataset
        As `challenges.renaissance.simulate.simulate` returns it; a group is a page.

    Raises
    ------
    challenges.dataset.DataFileError
        If the files are not those, or not what they should be.
    challenges.renaissance.tesseract.TesseractError
        If there are a PDF and a DOCX but no Tesseract.
    """
    return _read(paths, track, None)


def save(dataset: Dataset, folder: Path, *, track: str) -> list[Path]:
    """Write a data set as the table that `load` reads."""
    path = folder / f"{track}.parquet"
    _table(dataset).assign(**{PAGE: dataset.groups}).to_parquet(path, index=False)
    return [path]


def ingest(sources: Sequence[Path], folder: Path, *, track: str, progress: Progress | None = None) -> Split:
    """Write ``train.parquet`` and return the last quarter of the pages as the holdout.

    Parameters
    ----------
    sources : sequence of Path
        As for `load`.
    folder : Path
    track : str
    progress : callable, optional
        Called with pages read, and None.

    Raises
    ------
    challenges.dataset.DataFileError
        As in `load`, or if there are fewer than two pages.
    """
    data = _read(sources, track, progress)
    pages = np.unique(data.groups)
    if len(pages) < 2:
        raise DataFileError(f"{sources[0]}: expected two pages at least, to learn from one and be judged on the other")
    held_back = np.isin(data.groups, pages[-max(1, round(HELD_BACK * len(pages))) :])
    train, holdout = data.take(np.flatnonzero(~held_back)), data.take(np.flatnonzero(held_back))
    known = pd.concat([as_table(holdout.features), as_table(train.features)]).duplicated().to_numpy()[len(holdout) :]
    train = train.take(np.flatnonzero(~known))
    with written_whole(folder / "train.parquet", _size(train)) as temporary:
        _table(train).assign(**{PAGE: train.groups}).to_parquet(temporary, index=False)
    return Split(holdout, len(data), len(train), int(known.sum()))


def _read(paths: Sequence[Path], track: str, progress: Progress | None) -> Dataset:
    if track not in TARGETS:
        raise ValueError(f"expected one of the tracks {list(TARGETS)}, got {track!r}")
    by_kind = {Path(path).suffix.lower(): Path(path) for path in paths}
    if set(by_kind) == {".parquet"} and len(paths) == 1:
        return _from_table(by_kind[".parquet"], track)
    if set(by_kind) != {".pdf", ".docx"} or len(paths) != 2:
        names = ", ".join(Path(path).name for path in paths) or "nothing"
        raise DataFileError(
            f"expected the scans as a PDF and the transcription as a DOCX, or one Parquet table; got {names}"
        )
    lines = collate(by_kind[".pdf"], by_kind[".docx"], progress=progress)
    return words_of_book(lines) if track == TOKEN_ERRORS else lines_of_book(lines)


def words_of_book(lines: list[BookLine]) -> Dataset:
    """Return the words that Tesseract saw in the lines of the book, as the track token_errors has them."""
    rows: list[tuple] = []
    groups: list[int] = []
    before, number = None, 0
    for line in lines:
        page = 2 * line.spread + line.side
        number = number + 1 if page == before else 1
        before = page
        tokens = [Token(word.text, word.confidence) for word in line.seen if is_word(word.text)]
        rows += token_rows(line.text, tokens, number)
        groups += [page] * len(tokens)
    return token_table(rows, groups)


def lines_of_book(lines: list[BookLine]) -> Dataset:
    """Return the lines of the book, as the track transcription has them."""
    return line_table(
        [line.text for line in lines],
        [" ".join(word.text for word in line.seen) for line in lines],
        [png(line.image) for line in lines],
        [2 * line.spread + line.side for line in lines],
    )


def _table(dataset: Dataset) -> pd.DataFrame:
    return pd.concat([as_table(dataset.features), as_table(dataset.targets)], axis=1)


def _from_table(path: Path, track: str) -> Dataset:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise TableError(f"{path}: expected a Parquet table that can be read, got {error!r}") from error
    model = _table(TABLES[track])
    wanted = [*model, PAGE]
    if list(table) != wanted:
        raise TableError(f"{path}: expected the columns {wanted} of {track}, got {list(table)}")
    if not len(table):
        raise TableError(f"{path}: expected rows, got none")
    gaps = [name for name in wanted if table[name].isna().any()]
    if gaps:
        row = int(table[gaps[0]].isna().to_numpy().argmax())
        raise TableError(f"{path}, row {row}, {gaps[0]}: expected a value, got none")
    kinds = model.dtypes.to_dict() | {PAGE: np.dtype(np.int64)}
    table = pd.DataFrame({name: _cast(path, table[name], kind) for name, kind in kinds.items()})
    if track == TOKEN_ERRORS and not table[WRONG].isin([0, 1]).all():
        row = int((~table[WRONG].isin([0, 1])).to_numpy().argmax())
        raise TableError(f"{path}, row {row}, {WRONG}: expected 0 or 1, got {table[WRONG][row]}")
    if track == TRANSCRIPTION:
        bad = [
            row for row, image in enumerate(table[IMAGE]) if not (isinstance(image, bytes) and image.startswith(PNG))
        ]
        if bad:
            raise TableError(f"{path}, row {bad[0]}, {IMAGE}: expected the bytes of a PNG file")
    target = TARGETS[track]
    return Dataset(table.drop(columns=[target, PAGE]), table[[target]], table[PAGE].to_numpy())


def _cast(path: Path, column: pd.Series, kind: Any) -> pd.Series:
    """Return a column as it is stored here; raise TableError if that would make other values of some."""
    numeric = pd.api.types.is_numeric_dtype(kind)
    if pd.api.types.is_object_dtype(kind):
        return column
    if not (pd.api.types.is_numeric_dtype(column) if numeric else pd.api.types.is_string_dtype(column)):
        raise TableError(f"{path}, {column.name}: expected {'numbers' if numeric else 'texts'}, got {column.dtype}")
    if numeric:
        values = column.to_numpy()
        bad = not_whole(values, kind.type) if kind.kind == "i" else ~(np.abs(values) <= np.finfo(kind).max)
        if bad.any():
            row = int(bad.argmax())
            wanted = f"a whole number as {kind} holds it" if kind.kind == "i" else "a finite number"
            raise TableError(f"{path}, row {row}, {column.name}: expected {wanted}, got {values[row]}")
    return column.astype(kind)


def _size(data: Dataset) -> int:
    """Return about how many bytes a data set takes."""
    return int(_table(data).memory_usage(deep=True).sum())
