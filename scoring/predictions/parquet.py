"""Prediction files as Parquet, opened only once they are known to be cheap and safe to read."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .format import Predictions, decode, id_text
from .pages import Pages
from .problems import Example, PredictionFileError, Report, show
from .rows import add_values, check_header, match
from .texts import checked_text, text_array

TEXT = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view())


def check_parquet(data: bytes, report: Report) -> Predictions:
    format = report.format
    try:
        file, rows = _open_parquet(data, report)
        table = file.read(use_threads=False)
        table.validate(full=True)  # A category beyond the categories is read without a word.
        if len(table) != rows:
            raise ValueError("the rows are not as the footer says")
    except PredictionFileError:
        raise
    except Exception as error:  # What a reader raises at a broken file is nowhere listed: text, keys, memory, ...
        report.refuse("corrupt_parquet", "a whole Parquet file", show(str(error)))
    words = _words(table["id"])
    ids, readable = _decoded(words)

    def unreadable(row: int) -> Example:
        id = words[row].as_py()
        got = "nothing" if id is None else show(id.decode("utf-8", "backslashreplace"))
        return Example("16 lower-case hexadecimal digits", got, row + 1)

    report.add_all("bad_id", np.flatnonzero(~readable), unreadable)
    if format.answers == "texts":
        return _texts(table, ids, readable, report)
    values = np.column_stack([table[column].to_numpy().astype(np.float64) for column in format.columns])
    empty = np.column_stack([table[column].is_null().to_numpy() for column in format.columns])
    add_values(values, empty, lambda row: str(id_text(ids[row : row + 1])[0]) if readable[row] else None, report)
    return match(ids[readable], values[readable], np.flatnonzero(readable) + 1, (~readable).sum(), report)


def _open_parquet(data: bytes, report: Report) -> tuple[pq.ParquetFile, int]:
    """Open a Parquet file, and count its rows, once its own words on columns and pages say that reading it is cheap."""
    format = report.format
    size = int.from_bytes(data[-8:-4], "little")
    if not data.endswith(b"PAR1") or size > min(len(data) - 8, 2**20):
        raise ValueError("no footer, or one of more than 1 MiB")
    limits = {"thrift_string_size_limit": 2**20, "thrift_container_size_limit": 10_000}
    schema = pq.ParquetFile(pa.BufferReader(data), **limits).schema_arrow
    check_header(schema.names, report)
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name == "id" or format.answers == "texts":
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            wanted, good = "text", kind in TEXT
        else:
            wanted, good = "floats or integers", pa.types.is_floating(kind) or pa.types.is_integer(kind)
        if not good:
            report.add("parquet_type", wanted, show(str(kind)), column=name)
    if report.found:
        report.stop()
    pages = Pages(data)
    if pages.rows == 0:
        report.refuse("no_rows", f"{len(format.ids):,} rows", "none")
    if pages.rows > format.row_limit:
        report.refuse("too_many_rows", f"{len(format.ids):,} rows", f"{pages.rows:,}")
    memory = 0
    for more in pages.memory():
        memory += more
        if memory > format.size_limit:
            report.refuse_size(" when unpacked")
    return pq.ParquetFile(pa.BufferReader(data), **limits), pages.rows


def _texts(table: pa.Table, ids: np.ndarray, readable: np.ndarray, report: Report) -> Predictions:
    """Return texts in order of id; an empty cell is an empty text."""
    (column,) = report.format.columns
    texts, lines = [], np.flatnonzero(readable)
    for row, word in zip(lines.tolist(), _words(table[column]).take(pa.array(lines)), strict=True):
        try:
            text = (word.as_py() or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            report.add("encoding", "UTF-8", f"byte 0x{error.object[error.start]:02x}", line=row + 1)
            text = ""
        texts.append(checked_text(text, report, line=row + 1))
    return match(ids[readable], text_array(texts), lines + 1, (~readable).sum(), report)


def _words(column: pa.ChunkedArray) -> pa.LargeBinaryArray:
    """Return a column of text, however it is typed, as bytes."""
    return pa.concat_arrays([part.cast(pa.large_binary()) for part in column.chunks])


def _decoded(words: pa.LargeBinaryArray) -> tuple[np.ndarray, np.ndarray]:
    """Return ids as numbers, and which of them could be read."""
    fits = pc.equal(pc.binary_length(words), 16).fill_null(False).to_numpy(zero_copy_only=False)
    digits = words.filter(pa.array(fits)).cast(pa.binary(16))
    ids, readable = np.zeros(len(words), np.uint64), fits.copy()
    ids[fits], readable[fits] = decode(np.frombuffer(digits.buffers()[1], np.uint8, 16 * len(digits)).reshape(-1, 16))
    return ids, readable
