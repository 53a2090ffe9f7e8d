"""Prediction files as Parquet, opened only once they are known to be cheap and safe to read."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .format import Predictions, decode, id_text
from .problems import Example, PredictionFileError, Report, show
from .rows import add_values, check_header, match
from .texts import checked_text, text_array


def check_parquet(data: bytes, report: Report) -> Predictions:
    format = report.format
    try:
        file = _open_parquet(data, report)
        table = file.read(use_threads=False)
        table.validate(full=True)  # An index beyond the dictionary is read without a word.
        if not len(table) or not pa.types.is_dictionary(table["id"].type):
            raise ValueError("the rows are not as the footer says")
    except PredictionFileError:
        raise
    except Exception as error:  # What a reader raises at a broken file is nowhere listed: text, keys, memory, ...
        report.refuse("corrupt_parquet", "a whole Parquet file", show(str(error)))
    ids, readable = map(np.concatenate, zip(*map(_parquet_ids, table["id"].chunks), strict=True))

    def unreadable(row: int) -> Example:
        id = table["id"][row].value
        got = show(id.as_buffer().to_pybytes().decode("utf-8", "backslashreplace")) if id.is_valid else "nothing"
        return Example("16 lower-case hexadecimal digits", got, row + 1)

    report.add_all("bad_id", np.flatnonzero(~readable), unreadable)
    if format.answers == "texts":
        return _texts(table, ids, readable, report)
    values = np.column_stack([table[column].to_numpy().astype(np.float64) for column in format.columns])
    empty = np.column_stack([table[column].is_null().to_numpy() for column in format.columns])
    add_values(values, empty, lambda row: str(id_text(ids[row : row + 1])[0]) if readable[row] else None, report)
    return match(ids[readable], values[readable], np.flatnonzero(readable) + 1, (~readable).sum(), report)


def _open_parquet(data: bytes, report: Report) -> pq.ParquetFile:
    """Open a Parquet file once its own words on columns, rows and pages say that reading it is cheap."""
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
            wanted, good = "text", str(kind) in ("string", "large_string", "string_view", "binary")
        else:
            wanted, good = "floats or integers", pa.types.is_floating(kind) or pa.types.is_integer(kind)
        if not good:
            report.add("parquet_type", wanted, show(str(kind)), column=name)
    if report.found:
        report.stop()
    # Arrow's own view of the footer ends the whole process at some damaged files.
    footer, _ = _thrift(data[-8 - size : -8], 0)
    rows, groups = footer[3], footer[4]
    if rows == 0:
        report.refuse("no_rows", f"{len(format.ids):,} rows", "none")
    if rows > format.row_limit:
        report.refuse("too_many_rows", f"{len(format.ids):,} rows", f"{rows:,}")
    if rows != sum(group[3] for group in groups) or min(group[3] for group in groups) < 0:
        raise ValueError("the parts have other row counts than the whole")
    unpacked = 0
    for chunk in (column[3] for group in groups for column in group[1]):
        for size in _page_sizes(data, chunk):
            unpacked += size
            if unpacked > format.size_limit:
                report.refuse_size(" when unpacked")
    # As a dictionary, a million ids that are the same megabyte take one megabyte.
    words = ["id", *(format.columns if format.answers == "texts" else ())]
    return pq.ParquetFile(pa.BufferReader(data), read_dictionary=words, **limits)


def _texts(table: pa.Table, ids: np.ndarray, readable: np.ndarray, report: Report) -> Predictions:
    """Return texts in order of id; an empty cell is an empty text."""
    (column,) = report.format.columns
    texts, lines = [], np.flatnonzero(readable)
    for row, cell in zip(lines, table[column].take(lines), strict=True):
        try:
            text = cell.value.as_py() if cell.is_valid else ""
            text = text.decode("utf-8") if isinstance(text, bytes) else text
        except UnicodeDecodeError as error:
            report.add("encoding", "UTF-8", f"byte 0x{error.object[error.start]:02x}", line=int(row) + 1)
            text = ""
        texts.append(checked_text(text or "", report, line=int(row) + 1))
    return match(ids[readable], text_array(texts), lines + 1, (~readable).sum(), report)


def _page_sizes(data: bytes, chunk: dict[int, Any]) -> Iterator[int]:
    """Yield the memory that each page of a column asks for, by its own header, which is what the reader believes."""
    at = min(chunk[9], chunk.get(11) or chunk[9])  # where the pages begin, or the dictionary before them
    end = at + chunk[7]
    if not 4 <= at <= end <= len(data):
        raise ValueError("a column lies outside the file")
    while at < end:
        header, length = _thrift(memoryview(data)[at : at + 2**16], 0)
        unpacked, packed = header[2], header[3]
        entries = [header[kind][1] for kind in (5, 7, 8) if kind in header]
        if min(unpacked, packed, *entries) < 0:
            raise ValueError("a page has a negative size")
        # An entry may become 16 bytes however well it is packed, and an empty page still costs time.
        yield max(unpacked, 16 * sum(entries), 64)
        at += length + packed


def _thrift(data: bytes | memoryview, at: int, kind: int = 12) -> tuple[Any, int]:
    """Read a value in Thrift's compact protocol and where it ends: structs by field number, lists, integers, no text.

    Parquet describes itself so: https://github.com/apache/parquet-format.
    """
    if kind in (4, 5, 6):  # integers
        value, at = _varint(data, at)
        return value >> 1 ^ -(value & 1), at
    if kind == 8:  # text
        size, at = _varint(data, at)
        return None, at + size
    if kind in (1, 2, 3, 7):  # booleans and bytes in lists, and doubles
        return None, at + (8 if kind == 7 else 1)
    if kind == 9:
        size, kind = divmod(data[at], 16)
        size, at = (size, at + 1) if size < 15 else _varint(data, at + 1)
        if size > len(data):
            raise ValueError("a list is longer than the file")
        items = []
        for _ in range(size):
            item, at = _thrift(data, at, kind)
            items.append(item)
        return items, at
    if kind != 12:
        raise ValueError("a kind of value that Parquet does not use")
    fields, number = {}, 0
    while data[at]:
        step, kind = divmod(data[at], 16)
        number, at = (number + step, at + 1) if step else _thrift(data, at + 1, 4)
        if kind not in (1, 2):  # A boolean field is its kind and has no bytes.
            fields[number], at = _thrift(data, at, kind)
    return fields, at + 1


def _varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    raise ValueError("a number that does not end")


def _parquet_ids(part: pa.DictionaryArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids of one part of a column as numbers, and which of them could be read."""
    words = part.dictionary.cast(pa.binary())
    fits = pc.equal(pc.binary_length(words), 16)
    digits = np.frombuffer(b"".join(words.filter(fits).to_pylist()), np.uint8).reshape(-1, 16)
    ids, readable = np.zeros(len(words) + 1, np.uint64), np.zeros(len(words) + 1, bool)
    chosen = np.flatnonzero(fits)
    ids[chosen], readable[chosen] = decode(digits)
    at = part.indices.fill_null(len(words)).to_numpy()  # The last, unreadable entry stands for an empty cell.
    return ids[at], readable[at]
