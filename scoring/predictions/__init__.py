"""Read and check a prediction file against the public ids; no module here ever sees a label.

The package stands alone (standard library, NumPy, pyarrow): a starter kit holds a copy of it, so the check that a team
runs at home is the one its upload meets.

A prediction file is one of these, told apart by its first bytes and never by its name; each may be gzipped:

- CSV: UTF-8, a comma between values, the header ``id`` and then the track's columns in their order, rows in any order.
  A byte-order mark, CRLF or CR line ends, blank lines, plain quotes, spaces around a number and a nameless first column
  of row numbers are accepted, because they leave no doubt about what is meant.
- Parquet: the same columns, ``id`` as text, the others as floats or integers, any codec and encoding.
- npy: a float or integer array of shape ``(n,)`` or ``(n, k)``, rows in ascending order of id as in the test file;
  images of shape ``(n, height, width)`` come so and in no other way, and may have an axis for one channel.
- Where a track admits it, the numbers alone: no ids, no header, white space between, rows in that order.

An id is exactly 16 lower-case hexadecimal digits. A score is any finite decimal number that fits float64; nothing asks
for [0, 1]. A text is one line of at most a thousand characters; it may be empty, and hold commas without quotes.
"""

import os
import zlib
from pathlib import Path
from typing import BinaryIO

from .format import Format, Predictions, id_text
from .images import check_images
from .npy import check_npy
from .others import EXPECTED, other_encoding, other_file
from .parquet import check_parquet
from .plain import check_plain, looks_plain
from .problems import EXAMPLES, KINDS, Example, PredictionFileError, Problem, Report
from .text import fast_csv, slow_csv
from .texts import check_texts
from .units import in_their_own_unit

__all__ = [
    "EXAMPLES",
    "KINDS",
    "Example",
    "Format",
    "PredictionFileError",
    "Predictions",
    "Problem",
    "check",
    "id_text",
]


def check(source: bytes | str | os.PathLike | BinaryIO, format: Format) -> Predictions:
    """Read a prediction file, or say everything that is wrong with it.

    Parameters
    ----------
    source : bytes, path or binary file
        The prediction file. A path is measured before it is read, and no more is read than such a file may have.
    format : Format
        What the file must hold.

    Raises
    ------
    PredictionFileError
        If the file cannot be scored. Nothing else is raised for the content of a file, whatever it is.
    """
    report = Report(format)
    return in_their_own_unit(_predictions(_unzip(_read(source, report), report), report), report)


def _predictions(data: bytes, report: Report) -> Predictions:
    kind, numpy_file, parquet = report.format.answers, data.startswith(b"\x93NUMPY"), data.startswith(b"PAR1")
    if parquet and kind != "images":
        return check_parquet(data, report)
    if numpy_file and kind != "texts":
        return check_images(data, report) if kind == "images" else check_npy(data, report)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data or data.isspace():
        report.refuse("empty_file", "a header and rows", f"{len(data):,} bytes")
    other = "an npy file" if numpy_file else "a Parquet file" if parquet else other_file(data, report.format.header)
    if other or kind == "images":
        report.refuse("wrong_file_type", EXPECTED[kind], other or "something else")
    if encoding := other_encoding(data):
        report.refuse("encoding", EXPECTED[kind], encoding)
    if kind == "texts":
        return check_texts(data, report)
    if report.format.rows_in_order and looks_plain(data):
        return check_plain(data, report)
    return fast_csv(data, report.format) or slow_csv(data, report)


def _read(source: bytes | str | os.PathLike | BinaryIO, report: Report) -> bytes:
    limit, size, parts = report.format.size_limit, 0, []
    if isinstance(source, bytes):
        size, parts = len(source), [source]
    elif isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            if os.fstat(file.fileno()).st_size > limit:
                report.refuse_size()
            return _read(file, report)
    else:
        while size <= limit and (part := source.read(limit + 1 - size)):
            parts.append(part)
            size += len(part)
    if size > limit:
        report.refuse_size()
    return b"".join(parts) if len(parts) != 1 else parts[0]


def _unzip(data: bytes, report: Report) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    limit = report.format.size_limit
    stream = zlib.decompressobj(wbits=31)
    try:
        text = stream.decompress(data, limit + 1)
    except zlib.error as error:
        report.refuse("corrupt_gzip", "gzip data", str(error))
    if len(text) > limit:
        report.refuse_size(" when unpacked")
    if not stream.eof:
        report.refuse("corrupt_gzip", "a complete gzip file", f"one cut off after {len(data):,} bytes")
    if stream.unused_data:
        # Python's own reader would go on with a second part; a million tiny parts would then take hours.
        report.refuse("corrupt_gzip", "one gzip stream", f"{len(stream.unused_data):,} more bytes after its end")
    if text.startswith(b"\x1f\x8b"):
        report.refuse("nested_gzip", "a file gzipped once", "gzip inside gzip")
    return text
