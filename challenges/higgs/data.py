"""The real HIGGS table: from the text file to Parquet in bounded memory, and its customary holdout."""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from challenges.dataset import DataFileError, Dataset, Progress, Split, as_table
from challenges.files import written_whole
from challenges.higgs.layout import FEATURES, TARGET

COLUMNS = (TARGET, *FEATURES)
SCHEMA = pa.schema([(TARGET, pa.int8()), *((name, pa.float32()) for name in FEATURES)])
ROWS_PER_GROUP = 200_000
BLOCK = 4 << 20  # bytes of text parsed at once
LONGEST_LINE = 1 << 16  # bytes
LARGEST = float(np.finfo(np.float32).max)
CUSTOMARY_HOLDOUT = 500_000

GZIP = b"\x1f\x8b"
KNOWN = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive",
    b"\x80": "a Python pickle",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
}
NUMBER = re.compile(rb"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*")
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
LABELS = ("label", "class", "target")


class Layout(NamedTuple):
    """How a table is written: packed or not, what separates its columns, their order, and if a line names them."""

    gzipped: bool
    delimiter: str
    columns: tuple[str, ...] = COLUMNS
    header: bool = False


def stream_to_parquet(source: Path, destination: Path, *, progress: Progress | None = None) -> int:
    """Write the HIGGS table as Parquet, holding only a few hundred thousand rows at a time.

    Parameters
    ----------
    source : Path
        The file as published, plain or compressed by gzip: no header, separated by commas or tabs, the label (1 signal,
        0 background) first, then the 28 features. With a header, columns may come in any order.
    destination : Path
        Gets an int8 column ``label`` and 28 float32 columns. It appears only when all rows are well.
    progress : callable, optional
        Called with the bytes of `source` read so far and the bytes it has.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    DataFileError
        If the file is not such a table; the message names the line, and the column where it can.
    DiskFullError
        If the disk runs full.
    """
    rows = 0
    # A value takes fewer bytes in Parquet than as text, packed or not.
    with (
        written_whole(destination, needed=source.stat().st_size) as temporary,
        pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer,
    ):
        for table in _gathered(_batches(source, progress)):
            writer.write_table(table)
            rows += len(table)
    return rows


def ingest(sources: Sequence[Path], folder: Path, *, progress: Progress | None = None) -> Split:
    """Write the training rows of the published file as ``train.parquet`` and return the customary holdout.

    Raises
    ------
    DataFileError
        If there is not one file, or as in `stream_to_parquet`.
    """
    if len(sources) != 1:
        raise DataFileError(f"expected one file, the HIGGS table, got {len(sources)}")
    everything = folder / "everything.parquet"
    stream_to_parquet(sources[0], everything, progress=progress)
    return split_off_holdout(everything, folder / "train.parquet")


def load(source: Path) -> Dataset:
    """Read a file of the same layout that fits in memory.

    Returns
    -------
    Dataset
        28 float32 features in the detector's normalised units, the int8 target ``label``, and as group the number of
        the row: collision events are independent.

    Raises
    ------
    DataFileError
        As in `stream_to_parquet`.
    """
    return _dataset(pa.Table.from_batches(_batches(source), SCHEMA), first_row=0)


def save(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a data set in the layout of the published file, label first, and return where it lies."""
    path = folder / "HIGGS.csv"
    np.savetxt(path, np.column_stack([dataset.targets[TARGET], dataset.features[list(FEATURES)]]), "%.18e", ",")
    return [path]


def split_off_holdout(everything: Path, train: Path, n_holdout: int | None = None) -> Split:
    """Cut the last rows off as the holdout and write the others, less those that equal a holdout row, for training.

    The published test set are the last 500,000 of the 11,000,000 rows [1]_.

    Parameters
    ----------
    everything : Path
        A Parquet file written by `stream_to_parquet`.
    train : Path
        Gets the training rows; it appears only when all of them are written.
    n_holdout : int, optional
        By default 500,000, but at most a fifth of the rows.

    Returns
    -------
    Split
        The holdout, with the rows' numbers in `everything` as groups, and how many rows went where.

    Raises
    ------
    DataFileError
        If `everything` is not such a file, or has too few rows.
    DiskFullError
        If the disk runs full.

    References
    ----------
    .. [1] P. Baldi, P. Sadowski, D. Whiteson, Nature Communications 5, 4308 (2014), arXiv:1402.4735
    """
    if train.resolve() == everything.resolve():
        raise DataFileError(f"{train}: the training rows cannot replace the file they are read from")
    with _parquet(everything) as file:
        rows = file.metadata.num_rows
        n_holdout = min(CUSTOMARY_HOLDOUT, rows // 5) if n_holdout is None else n_holdout
        if not 0 < n_holdout < rows:
            raise DataFileError(f"{everything}: cannot cut {n_holdout:,} holdout rows off {rows:,} rows")
        first = rows - n_holdout
        holdout = _dataset(pa.concat_tables(_slices(file, first, rows)), first_row=first)
        known = set(_row_bytes(as_table(holdout.features).to_numpy()))
        train_rows = 0
        with (
            written_whole(train, needed=everything.stat().st_size) as temporary,
            pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer,
        ):
            for table in _slices(file, 0, first):
                matrix = np.column_stack([table[name].to_numpy() for name in FEATURES])
                table = table.filter(pa.array([row not in known for row in _row_bytes(matrix)]))
                writer.write_table(table)
                train_rows += len(table)
    return Split(holdout, rows=rows, train_rows=train_rows, duplicates=first - train_rows)


def _dataset(table: pa.Table, first_row: int) -> Dataset:
    return Dataset(
        table.select(FEATURES).to_pandas(),
        table.select([TARGET]).to_pandas(),
        np.arange(first_row, first_row + len(table), dtype=np.int64),
    )


def _row_bytes(matrix: np.ndarray) -> list[bytes]:
    """Return each row's 28 numbers as bytes: equal bytes mean equal rows, since adding 0 turns -0 into 0."""
    matrix = np.ascontiguousarray(matrix, dtype=np.float32) + np.float32(0)
    return matrix.view(f"V{matrix.itemsize * matrix.shape[1]}").ravel().tolist()


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise DataFileError(f"{path}: expected a Parquet file of the HIGGS table ({error})") from error
    if not file.schema_arrow.equals(SCHEMA):
        got = ", ".join(f"{field.name} {field.type}" for field in file.schema_arrow)
        file.close()
        raise DataFileError(f"{path}: expected the int8 label and 28 float32 features of the HIGGS table, got {got}")
    return file


def _slices(file: pq.ParquetFile, start: int, stop: int) -> Iterator[pa.Table]:
    """Yield the rows from `start` up to `stop`, one row group at a time, without reading the other groups."""
    begin = 0
    for group in range(file.num_row_groups):
        end = begin + file.metadata.row_group(group).num_rows
        if begin < stop and end > start:
            low, high = max(start, begin), min(stop, end)
            yield file.read_row_group(group).slice(low - begin, high - low)
        begin = end


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Join small batches, so that Parquet gets row groups of a useful size."""
    pending: list[pa.RecordBatch] = []
    for batch in batches:
        pending.append(batch)
        if sum(len(part) for part in pending) >= ROWS_PER_GROUP:
            yield pa.Table.from_batches(pending)
            pending = []
    if pending:
        yield pa.Table.from_batches(pending)


def _batches(source: Path, progress: Progress | None = None) -> Iterator[pa.RecordBatch]:
    """Yield checked rows; at the first fault look for its exact place, which the fast parser does not tell."""
    size = source.stat().st_size
    layout = _layout(source)
    rows = 0
    fault: Exception | None = None
    # Not closed by hand: the parser reads ahead in threads of its own and may not be done when we are.
    raw = pa.OSFile(str(source))
    try:
        text = pa.CompressedInputStream(raw, "gzip") if layout.gzipped else raw
        for batch in _parsed(text, layout):
            checked = _checked(batch)
            if checked is None:
                break
            rows += len(checked)
            if progress:
                progress(raw.tell(), size)
            yield checked
        else:
            if rows:
                return
    except (pa.ArrowInvalid, OSError) as error:
        fault = error
    raise _first_fault(source, layout, rows, fault) from fault


def _parsed(text: pa.NativeFile, layout: Layout) -> csv.CSVStreamingReader:
    # The label is read wide, lest 1.00000001 passes for 1; and no text stands for a missing value.
    types = {TARGET: pa.float64(), **dict.fromkeys(FEATURES, pa.float32())}
    return csv.open_csv(
        text,
        csv.ReadOptions(column_names=layout.columns, skip_rows=int(layout.header), block_size=BLOCK),
        csv.ParseOptions(delimiter=layout.delimiter, quote_char=False),
        csv.ConvertOptions(column_types=types, null_values=[], include_columns=COLUMNS),
    )


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch | None:
    """Return the batch with its label as int8, or None if a value is not allowed."""
    label = batch.column(0).to_numpy()
    finite = all(np.isfinite(batch.column(name).to_numpy()).all() for name in FEATURES)
    if not finite or not np.isin(label, (0, 1)).all():
        return None
    return pa.RecordBatch.from_arrays([pa.array(label.astype(np.int8)), *batch.columns[1:]], schema=SCHEMA)


def _layout(source: Path) -> Layout:
    """Look at the first bytes: is the file compressed, what separates its columns, and does a header name them?"""
    with source.open("rb") as file:
        head = file.read(LONGEST_LINE)
    gzipped = head.startswith(GZIP)
    if gzipped:
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, LONGEST_LINE)
        except zlib.error as error:
            where = f"within the first {LONGEST_LINE:,} bytes"
            raise DataFileError(f"{source}: the gzip data are damaged {where} ({error}); fetch it again") from error
    kind = next((kind for start, kind in KNOWN.items() if head.startswith(start)), None)
    strange = CONTROL.search(head)
    if kind is None and strange:
        kind = f"the byte {strange[0]!r} at position {strange.start()}"
    if kind:
        raise DataFileError(f"{source}: expected numbers as text, plain or compressed by gzip, got {kind}")
    first = head.split(b"\n", 1)[0]
    delimiter = "\t" if b"\t" in first else ","
    cells = first.split(delimiter.encode())
    if len(cells) != len(COLUMNS) or any(NUMBER.fullmatch(cell) for cell in cells):
        return Layout(gzipped, delimiter)
    return Layout(gzipped, delimiter, _named(source, cells), header=True)


def _named(source: Path, cells: list[bytes]) -> tuple[str, ...]:
    """Return our names of the columns that a header names; case and punctuation do not count."""
    known = {_plain(name): name for name in FEATURES} | dict.fromkeys(LABELS, TARGET)
    names = [known.get(_plain(cell.decode("ascii", "replace"))) for cell in cells]
    for position, (name, cell) in enumerate(zip(names, cells, strict=True), start=1):
        if name is None or names.count(name) > 1:
            expected = f"one of {', '.join(FEATURES)}, and {' or '.join(LABELS)} for the label, each once"
            raise DataFileError(f"{source}, line 1, column {position}: expected {expected}, got {_shown(cell)}")
    return tuple(name for name in names if name)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())


def _first_fault(source: Path, layout: Layout, good: int, fault: Exception | None) -> DataFileError:
    """Go through the file again line by line, slowly, and describe the first fault after `good` rows."""
    number = rows = 0
    with gzip.open(source) if layout.gzipped else source.open("rb") as lines:
        try:
            if layout.header:
                number += len(lines.readline(LONGEST_LINE)) > 0
            while line := lines.readline(LONGEST_LINE):
                number += 1
                line = line.rstrip(b"\r\n")
                rows += bool(line)
                if line and rows > good and (what := _fault(line, layout)):
                    return DataFileError(f"{source}, line {number}{what}")
        except EOFError:
            return DataFileError(f"{source}: the gzip file is truncated, it ends after line {number}; fetch it again")
        except (zlib.error, gzip.BadGzipFile) as error:
            return DataFileError(f"{source}: the gzip data are damaged after line {number} ({error}); fetch it again")
    if not rows:
        return DataFileError(f"{source}: expected rows of {len(COLUMNS)} numbers, got an empty file")
    return DataFileError(f"{source}: unreadable somewhere after row {good}: {fault}")


def _fault(line: bytes, layout: Layout) -> str | None:
    """Say what is wrong with a line, or return None."""
    if len(line) >= LONGEST_LINE:
        return f": expected {len(COLUMNS)} numbers, got a line of more than {LONGEST_LINE:,} bytes"
    cells = line.split(layout.delimiter.encode())
    if len(cells) != len(COLUMNS):
        return f": expected {len(COLUMNS)} columns (label and 28 features), got {len(cells)}: {_shown(line)}"
    for position, (name, cell) in enumerate(zip(layout.columns, cells, strict=True), start=1):
        number = float(cell) if NUMBER.fullmatch(cell) else np.nan
        if name == TARGET and number not in (0, 1):
            last = not layout.header and NUMBER.fullmatch(cells[-1]) and float(cells[-1]) in (0, 1)
            hint = "; a table whose label is the last column needs a first line that names the columns" if last else ""
            return f", column {position} ({name}): expected 0 or 1, got {_shown(cell)}{hint}"
        if not abs(number) <= LARGEST:
            return f", column {position} ({name}): expected a finite number, got {_shown(cell)}"
    return None


def _shown(text: bytes) -> str:
    shown = text[:40].decode("ascii", "backslashreplace")
    return repr(shown) + ("…" if len(text) > 40 else "")
