"""Read and check a prediction file against the public ids; this module never sees a label.

It stands alone (standard library, NumPy, pyarrow), so the same source is the starter kit's ``check.py``, and the check
that a team runs at home is the one its upload meets.

A prediction file is one of these, told apart by its first bytes and never by its name; each may be gzipped:

- CSV: UTF-8, a comma between values, the header ``id`` and then the track's columns in their order, rows in any order.
  A byte-order mark, CRLF or CR line ends, blank lines, plain quotes and spaces around a number are accepted, because
  they leave no doubt about what is meant.
- Parquet: the same columns, ``id`` as text, the others as floats or integers, any codec.
- npy: a float or integer array of shape ``(n,)`` or ``(n, k)``, rows in ascending order of id as in the test file.

An id is exactly 16 lower-case hexadecimal digits. A score is any finite decimal number that fits float64; nothing asks
for [0, 1].
"""

import argparse
import csv
import hashlib
import io
import json
import math
import os
import re
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

EXAMPLES = 20
"""How many examples of each kind of problem are shown; all are counted."""

KINDS = {
    "empty_file": "the file is empty",
    "too_large": "the file is larger than a prediction file of this track can be",
    "wrong_file_type": "this is not a prediction file; save a CSV, a Parquet or an npy file",
    "corrupt_gzip": "the gzip file is damaged or incomplete; compress it again",
    "nested_gzip": "the file is gzipped twice; gzip it once",
    "encoding": "the file is not UTF-8 text; save it as UTF-8",
    "nul_bytes": "the text holds NUL bytes; the file is damaged or not text",
    "delimiter": "the columns are not separated by commas",
    "no_header": "the first line is no header",
    "column_order": "the columns are in another order",
    "extra_column": "there are columns too many; a nameless one is often the index of a table: write without it",
    "missing_column": "a column is missing",
    "wrong_header": "the columns have other names",
    "no_rows": "there is a header and no row",
    "too_many_rows": "there are far too many rows; the rest was not read",
    "quoting": "quotes are not closed, or text follows the closing quote",
    "ragged_row": "a row has more or fewer values than the header",
    "mangled_id": "an id became a number: a spreadsheet or a reader did that; keep the id column as text",
    "bad_id": "an id is not written as in the test file: 16 lower-case hexadecimal digits and nothing around them",
    "other_challenge": "no id is one of this track: a file for another challenge, another track or an older kit",
    "unknown_id": "an id is not in the test file",
    "duplicate_id": "an id occurs more than once",
    "missing_id": "an id of the test file has no row",
    "empty": "a value is missing",
    "nan": "a value is not a number (nan)",
    "infinite": "a value is infinite",
    "overflow": "a number does not fit float64",
    "boolean": "a value is true or false; write 1 or 0, or better a score",
    "hexadecimal": "a number is hexadecimal; write it in decimal",
    "underscore": "a number has underscores; write digits only",
    "locale_number": "a number has a decimal comma or a thousands separator; write 1234.5",
    "not_a_number": "a value is not a number",
    "corrupt_parquet": "the Parquet file is damaged or written in a rare way; write it as pandas does by default",
    "parquet_type": "a Parquet column has the wrong type",
    "corrupt_npy": "the npy file is damaged",
    "npy_type": "the npy array does not hold real numbers; save it by np.save as float64",
    "npy_shape": "the npy array has the wrong shape",
}
"""Every kind of problem and the sentence that explains it."""

ID = re.compile(r"[0-9a-f]{16}")
NUMBER = re.compile(r"[ \t]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?[ \t]*", re.ASCII | re.IGNORECASE)
MANGLED = re.compile(r"\d{1,15}|\d+([.,]\d*)?e[+-]?\d+|\d{16,}[.,]0*|inf", re.ASCII | re.IGNORECASE)
LOCALE = re.compile(
    r"[+-]?(?:(?:\d+|\d{1,3}(?:[.'’ \xa0\u202f]\d{3})+),\d+"
    r"|\d{1,3}(?:[,.'’ \xa0\u202f]\d{3})+(?:\.\d*)?)(?:e[+-]?\d+)?",
    re.ASCII | re.IGNORECASE,
)
VALUES = {
    "empty": r"|#?n/?a|null|none|<na>",
    "nan": r"[+-]?nan(?:\(.*\))?",
    "infinite": r"[+-]?inf(?:inity)?",
    "overflow": NUMBER.pattern,
    "boolean": r"true|false|[tf]",
    "hexadecimal": r"[+-]?0x[0-9a-f]*(?:\.[0-9a-f]*)?(?:p[+-]?\d+)?",
    "underscore": r"[+-]?\d[\d.]*_[\d_.]*(?:e[+-]?\d+)?",
    "locale_number": LOCALE.pattern,
    "not_a_number": r"(?s:.*)",
}
"""What a value that is not a finite number may be; the first pattern that fits names it."""
VALUE = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in VALUES.items()), re.ASCII | re.IGNORECASE)

MOST_CELLS = 1000
"""No row is split further: a line of nothing but commas must not become a hundred million strings."""

OTHER_FILES = {
    rb"PK\x03\x04.{26}[^/]{1,99}\.npy": "an npz archive; save one array by np.save",
    rb"PK\x03\x04.{0,4000}(\[Content_Types\]|xl/)": "an Excel workbook; save it as CSV",
    rb"PK\x03\x04.{0,4000}/data\.pkl": "a PyTorch file",
    rb"PK\x03\x04": "a ZIP archive; upload the file itself",
    rb"\xd0\xcf\x11\xe0": "an old Excel or Office file; save it as CSV",
    rb"\x89HDF": "an HDF5 file",
    rb"CDF[\x01\x02\x05]": "a NetCDF file",
    rb"SIMPLE  =": "a FITS file",
    rb"%PDF": "a PDF document",
    rb"\x80[\x02-\x05]": "a pickle, which is never loaded",
    rb"ARROW1|FEA1": "a Feather (Arrow) file",
    rb"BZh[1-9]|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf": "a compressed file that is not gzip",
    rb"\x89PNG|\xff\xd8\xff|GIF8": "an image",
    rb"\s*<": "an HTML or XML page; perhaps a download that failed",
    rb"\s*[\[{]": "JSON",
}
"""How other files begin and what they are: they are named, never opened."""

OTHER_ENCODINGS = {
    rb"\xff\xfe\0\0|\0\0\xfe\xff|[^\0]\0\0\0[^\0]\0\0\0|\0\0\0[^\0]\0\0\0[^\0]": "UTF-32",
    rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]": "UTF-16",
}

DIGITS = np.full(256, 256, np.uint16)
DIGITS[list(b"0123456789abcdef")] = range(16)
PAIRS = (16 * DIGITS[None, :] + DIGITS[:, None]).ravel()
"""The value of a pair of hexadecimal digits, the first of them in the low byte; 256 or more where they are none."""


@dataclass(frozen=True)
class Example:
    """Where one problem is: ``line`` of a CSV (the header is 1) or row of an array (the first is 1), id and column."""

    expected: str
    got: str
    line: int | None = None
    id: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        places = [("line", self.line), ("id", self.id), ("column", self.column)]
        where = ", ".join(f"{name} {value}" for name, value in places if value is not None)
        return f"{where}{': ' if where else ''}expected {self.expected}, got {self.got}"


@dataclass
class Problem:
    """One kind of problem: how often it occurs and its first examples."""

    kind: str
    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def __str__(self) -> str:
        more = self.count - len(self.examples)
        lines = [
            f"{self.kind}: {KINDS[self.kind]}",
            *map(str, self.examples),
            *([f"and {more:,} more"] if more else []),
        ]
        return "\n    ".join(lines)


class PredictionFileError(ValueError):
    """A prediction file that cannot be scored; ``problems`` says why, and is always safe to show.

    Attributes
    ----------
    problems : list of Problem
        One entry for each kind, in the order of `KINDS`.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: list(KINDS).index(problem.kind))
        super().__init__("\n".join(map(str, self.problems)))

    def to_json(self) -> dict[str, Any]:
        """Return the problems as plain dictionaries and lists."""
        return {"problems": [{**asdict(problem), "meaning": KINDS[problem.kind]} for problem in self.problems]}


@dataclass(frozen=True, eq=False)
class Format:
    """What a prediction file of one track must hold; public.

    Attributes
    ----------
    challenge, track : str
        For whom the file is.
    columns : tuple of str
        The columns that follow ``id``.
    ids : ndarray of uint64, shape (n,)
        The ids of the test file, ascending.

    Examples
    --------
    >>> format = Format("higgs", "signal", ("score",), np.array([7, 255], "u8"))
    >>> check(b"id,score\\n00000000000000ff,0.5\\n0000000000000007,-2\\n", format).values
    array([[-2. ],
           [ 0.5]])
    """

    challenge: str
    track: str
    columns: tuple[str, ...]
    ids: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "ids", np.array(self.ids, dtype=np.uint64))
        self.ids.flags.writeable = False
        if self.ids.ndim != 1 or not len(self.ids) or (self.ids[1:] <= self.ids[:-1]).any():
            raise ValueError("a Format needs at least one id, and the ids ascending without repetition")
        if not self.columns or len({"id", *self.columns}) <= len(self.columns):
            raise ValueError(f"a Format needs columns, all different and none named id, got {self.columns}")
        if not all(re.fullmatch(r"\w+", column, re.ASCII) for column in self.columns):
            raise ValueError(f"columns are named by letters, digits and underscores, got {self.columns}")

    @property
    def name(self) -> str:
        """Challenge and track as one name, ``higgs.signal``."""
        return f"{self.challenge}.{self.track}"

    @property
    def header(self) -> list[str]:
        """The names of all columns."""
        return ["id", *self.columns]

    @cached_property
    def digits(self) -> np.ndarray:
        """The ids as they are written: their bytes, uint8 of shape (n, 16)."""
        return np.frombuffer(self.ids.astype(">u8").tobytes().hex().encode(), np.uint8).reshape(-1, 16)

    @property
    def size_limit(self) -> int:
        """The most bytes that a file, and what it unpacks to, may have: 4 MiB and 32 + 64 a column for each row."""
        return 2**22 + len(self.ids) * (32 + 64 * len(self.columns))

    @property
    def row_limit(self) -> int:
        """The most rows that are looked at: enough to name extra ones, too few to keep a server busy."""
        return 2 * len(self.ids) + 1000

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads; the ids are one string of 16 digits each."""
        ids = self.ids.astype(">u8").tobytes().hex()
        return {"challenge": self.challenge, "track": self.track, "columns": list(self.columns), "ids": ids}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Format":
        """Build a Format from what `to_json` returned."""
        ids = np.frombuffer(bytes.fromhex(document["ids"]), ">u8")
        return cls(document["challenge"], document["track"], tuple(document["columns"]), ids)


@dataclass(frozen=True, eq=False)
class Predictions:
    """A checked prediction file: ``values`` is float64 of shape (n, k), rows in ascending order of id, all finite."""

    values: np.ndarray

    def canonical(self) -> bytes:
        """Return the values as an npy file, the same bytes whatever kind of file they came from."""
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(self.values, "<f8"), version=(1, 0), allow_pickle=False)
        return buffer.getvalue()

    @cached_property
    def sha256(self) -> str:
        """The digest of the canonical bytes."""
        return hashlib.sha256(self.canonical()).hexdigest()


def id_text(ids: np.ndarray) -> np.ndarray:
    """Return ids as they are written in files: text of 16 lower-case hexadecimal digits.

    >>> id_text(np.array([255], "u8"))
    array(['00000000000000ff'], dtype='<U16')
    """
    digits = np.ascontiguousarray(ids, ">u8").tobytes().hex()
    return np.frombuffer(digits.encode(), "S16").astype("U16")


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
    report = _Report(format)
    data = _unzip(_read(source, report), report)
    if data.startswith(b"PAR1"):
        return _check_parquet(data, report)
    if data.startswith(b"\x93NUMPY"):
        return _check_npy(data, report)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data or data.isspace():
        report.refuse("empty_file", "a header and rows", f"{len(data):,} bytes")
    for kind, patterns in (("wrong_file_type", OTHER_FILES), ("encoding", OTHER_ENCODINGS)):
        for pattern, name in patterns.items():
            if re.match(pattern, data, re.DOTALL):
                report.refuse(kind, "a CSV in UTF-8, a Parquet or an npy file", name)
    return _fast_csv(data, format) or _slow_csv(data, report)


class _Report:
    """Collects what is wrong while a file is read."""

    def __init__(self, format: Format) -> None:
        self.format = format
        self.found: dict[str, Problem] = {}

    def add(self, kind: str, expected: str, got: str, **place: Any) -> None:
        problem = self.found.get(kind) or self.found.setdefault(kind, Problem(kind))
        problem.count += 1
        if problem.count <= EXAMPLES:
            problem.examples.append(Example(expected, got, **place))

    def add_all(self, kind: str, rows: np.ndarray, example: Callable[[Any], Example]) -> None:
        """Count all these rows; make examples only of those that are shown."""
        if len(rows):
            problem = self.found.setdefault(kind, Problem(kind))
            problem.examples += map(example, rows[: max(0, EXAMPLES - problem.count)])
            problem.count += len(rows)

    def refuse(self, kind: str, expected: str, got: str, **place: Any) -> NoReturn:
        self.add(kind, expected, got, **place)
        self.stop()

    def refuse_size(self, when: str = "") -> NoReturn:
        limit, rows = self.format.size_limit, len(self.format.ids)
        self.refuse("too_large", f"at most {limit:,} bytes for {rows:,} rows", f"more{when}")

    def stop(self) -> NoReturn:
        raise PredictionFileError(self.found.values())


def _show(text: str) -> str:
    """Quote what came from the file: no control characters, no megabytes."""
    return repr(text) if len(text) <= 100 else f"{text[:100]!r}... ({len(text):,} characters)"


def _read(source: bytes | str | os.PathLike | BinaryIO, report: _Report) -> bytes:
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


def _unzip(data: bytes, report: _Report) -> bytes:
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


def _decode(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn ids as bytes, shape (n, 16), into numbers (n,) and whether each is well written (n,)."""
    pairs = PAIRS[np.ascontiguousarray(digits).view(np.uint16)]
    halves = pairs.view(np.uint64)  # Looking at four pairs at once is much faster.
    good = (halves[:, 0] | halves[:, 1]) & np.uint64(0xFF00FF00FF00FF00) == 0
    return pairs.astype(np.uint8).view(">u8").astype(np.uint64).ravel(), good


def _order(ids: np.ndarray, format: Format) -> np.ndarray | slice | None:
    """Return what brings rows into the format's order, or None where the ids are not exactly the format's."""
    if np.array_equal(ids, format.ids):
        return slice(None)
    order = np.argsort(ids)
    return order if np.array_equal(ids[order], format.ids) else None


def _match(ids: np.ndarray, values: np.ndarray, lines: np.ndarray, unreadable: int, report: _Report) -> Predictions:
    """Put rows into the format's order, or say which ids are wrong; rows with an unreadable id are only counted."""
    expected = report.format.ids
    order = _order(ids, report.format)
    if order is None and len(ids):
        places = np.searchsorted(expected, ids).clip(max=len(expected) - 1)
        known = expected[places] == ids
        absent = np.ones(len(expected), bool)
        absent[places[known]] = False
        by_id = np.argsort(ids, kind="stable")
        again = by_id[1:][ids[by_id[1:]] == ids[by_id[:-1]]]

        def row_example(expected: str, got: str) -> Callable[[int], Example]:
            return lambda row: Example(expected, got, int(lines[row]), str(id_text(ids[row : row + 1])[0]))

        if not known.any():
            wanted = f"an id of {report.format.name}"
            report.add_all("other_challenge", np.arange(len(ids)), row_example(wanted, "another"))
            report.stop()
        report.add_all("unknown_id", np.flatnonzero(~known), row_example("an id of the test file", "another"))
        report.add_all("duplicate_id", np.sort(again[known[again]]), row_example("one row with this id", "one more"))
        if absent.sum() > unreadable:  # Otherwise those are the missing ones, and have been named.
            missing = id_text(expected[absent][:EXAMPLES])
            report.add_all(
                "missing_id", np.arange(absent.sum()), lambda row: Example("a row", "none", id=str(missing[row]))
            )
    if report.found:
        report.stop()
    return Predictions(np.ascontiguousarray(values[order]))


def _check_header(names: list[str], report: _Report, line: int | None = None) -> None:
    expected = report.format.header
    if names == expected:
        return
    if len(names) == 1 and re.search(r"[;\t|: ]", names[0]):
        kind = "delimiter"
    elif ID.fullmatch(names[0]) or NUMBER.fullmatch(names[0]):
        kind = "no_header"
    elif sorted(names) == sorted(expected):
        kind = "column_order"
    elif set(names) >= set(expected):
        kind = "extra_column"
    elif set(names) < set(expected):
        kind = "missing_column"
    else:
        kind = "wrong_header"
    report.refuse(kind, ",".join(expected), _show(",".join(names)), line=line)


def _fast_csv(data: bytes, format: Format) -> Predictions | None:
    """Read a CSV that is in order in every respect; None for any other, which `_slow_csv` then judges."""
    if not re.match(",".join(format.header).encode() + rb"[\r\n]", data):
        return None
    types = {"id": pa.binary(16), **dict.fromkeys(format.columns, pa.float64())}
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(block_size=2**22),
            parse_options=arrow_csv.ParseOptions(quote_char=False),
            convert_options=arrow_csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
        )
    except pa.ArrowException:
        return None
    if len(table) != len(format.ids):
        return None
    digits = [
        np.frombuffer(part.buffers()[1], np.uint8, 16 * len(part), 16 * part.offset) for part in table["id"].chunks
    ]
    digits = np.concatenate(digits).reshape(-1, 16)
    values = np.column_stack([table[column].to_numpy() for column in format.columns])
    if not np.isfinite(values).all():
        return None
    if np.array_equal(digits, format.digits):
        return Predictions(values)
    ids, well_written = _decode(digits)
    order = _order(ids, format) if well_written.all() else None
    return None if order is None else Predictions(values[order])


def _slow_csv(data: bytes, report: _Report) -> Predictions:
    """Read a CSV line by line: the grammar that counts, and the place of everything that breaks it."""
    columns = report.format.columns
    rows = _rows(data, report)
    line, cells, fault = next(rows)
    if fault:
        report.refuse(fault, ",".join(report.format.header), _show(",".join(cells)), line=line)
    _check_header(cells, report, line)
    digits, values, lines, unreadable = bytearray(), array("d"), array("q"), 0
    for line, cells, fault in rows:
        id = cells[0] if ID.fullmatch(cells[0]) else None
        if fault or len(cells) != 1 + len(columns):
            got = f"{len(cells):,} values{' or more' if len(cells) > MOST_CELLS else ''}: {_show(','.join(cells))}"
            report.add(fault or "ragged_row", f"{1 + len(columns)} values", got, line=line, id=id)
            cells = cells[:1]
        elif id is None:
            kind = "mangled_id" if MANGLED.fullmatch(cells[0]) else "bad_id"
            report.add(kind, "16 lower-case hexadecimal digits", _show(cells[0]), line=line)
        scores = [float(cell) if NUMBER.fullmatch(cell) else math.nan for cell in cells[1:]]
        if not all(map(math.isfinite, scores)):
            for column, cell, score in zip(columns, cells[1:], scores, strict=True):
                if not math.isfinite(score):
                    kind = VALUE.fullmatch(cell.strip(" \t")).lastgroup
                    report.add(kind, "a finite number", _show(cell), line=line, id=id, column=column)
        if id is None:
            unreadable += 1
        else:
            digits += id.encode()
            values.extend(scores or [math.nan] * len(columns))
            lines.append(line)
    if not lines and not report.found:
        report.refuse("no_rows", f"{len(report.format.ids):,} rows", "none")
    ids, _ = _decode(np.frombuffer(digits, np.uint8).reshape(-1, 16))
    return _match(ids, np.array(values).reshape(-1, len(columns)), np.array(lines), unreadable, report)


def _rows(data: bytes, report: _Report) -> Iterator[tuple[int, list[str], str | None]]:
    """Yield line number, cells and what is wrong with the row as a whole; blank lines are passed over."""
    if (at := data.find(b"\0")) >= 0:
        line = 1 + max(data.count(b"\n", 0, at), data.count(b"\r", 0, at))
        report.refuse("nul_bytes", "text", f"{data.count(0):,} NUL bytes", line=line)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", errors="surrogateescape", newline=None)
    most, count = report.format.row_limit, 0
    for line, row in enumerate(text, 1):
        row = row.rstrip("\n")
        if not row:
            continue
        count += 1
        if count > most + 1:
            report.add("too_many_rows", f"{len(report.format.ids):,} rows", f"more than {most:,}", line=line)
            return
        yield line, *_split(row, len(report.format.header))


def _split(row: str, width: int) -> tuple[list[str], str | None]:
    """Return the cells of a row and what is wrong with all of it."""
    cells = row.split(",", MOST_CELLS)
    if not row.isascii() and any("\udc80" <= letter <= "\udcff" for letter in row):
        return cells, "encoding"
    if '"' in row and len(cells) <= MOST_CELLS:
        try:
            cells = next(csv.reader([row], strict=True))
        except csv.Error:
            return cells, "quoting"
    if width == 2 and len(cells) > 2 and LOCALE.fullmatch(rest := ",".join(cells[1:])):
        return [cells[0], rest], None
    return cells, None


def _add_values(values: np.ndarray, empty: np.ndarray, id_of: Callable[[int], str | None], report: _Report) -> None:
    """Name every value of an array (n, k) that is no score."""

    def example(place: np.ndarray) -> Example:
        row, column = map(int, place)
        got = "nothing" if empty[row, column] else str(values[row, column])
        return Example("a finite number", got, row + 1, id_of(row), report.format.columns[column])

    report.add_all("empty", np.argwhere(empty), example)
    report.add_all("nan", np.argwhere(np.isnan(values) & ~empty), example)
    report.add_all("infinite", np.argwhere(np.isinf(values)), example)


def _check_npy(data: bytes, report: _Report) -> Predictions:
    ids, columns = report.format.ids, report.format.columns
    stream = io.BytesIO(data)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        shape, by_columns, dtype = readers[np.lib.format.read_magic(stream)](stream)
    except Exception as error:  # The header is a Python literal: what a broken one raises is nowhere listed.
        report.refuse("corrupt_npy", "a header as np.save writes it", _show(str(error)))
    if dtype.hasobject:
        report.refuse("npy_type", "floats or integers", "Python objects (a pickle), which are never loaded")
    if dtype.kind not in "fiu":
        report.refuse("npy_type", "floats or integers", _show(str(dtype)))
    full = (len(ids), len(columns))
    if shape != full and (shape != full[:1] or len(columns) > 1):
        report.refuse("npy_shape", f"shape {full if len(columns) > 1 else full[:1]}", _show(str(shape)))
    size, need = len(data) - stream.tell(), math.prod(shape) * dtype.itemsize
    if size != need:
        report.refuse("corrupt_npy", f"{need:,} bytes after the header", f"{size:,}")
    array = np.frombuffer(data, dtype, offset=stream.tell()).reshape(full, order="F" if by_columns else "C")
    with np.errstate(over="ignore"):
        values = array.astype(np.float64)
    _add_values(values, np.zeros(full, bool), lambda row: str(id_text(ids[row : row + 1])[0]), report)
    return _match(ids, values, np.arange(1, len(ids) + 1), 0, report)


def _check_parquet(data: bytes, report: _Report) -> Predictions:
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
        report.refuse("corrupt_parquet", "a whole Parquet file", _show(str(error)))
    ids, readable = map(np.concatenate, zip(*map(_parquet_ids, table["id"].chunks), strict=True))

    def unreadable(row: int) -> Example:
        id = table["id"][row].value
        got = _show(id.as_buffer().to_pybytes().decode("utf-8", "backslashreplace")) if id.is_valid else "nothing"
        return Example("16 lower-case hexadecimal digits", got, int(row) + 1)

    report.add_all("bad_id", np.flatnonzero(~readable), unreadable)
    values = np.column_stack([table[column].to_numpy().astype(np.float64) for column in format.columns])
    empty = np.column_stack([table[column].is_null().to_numpy() for column in format.columns])
    _add_values(values, empty, lambda row: str(id_text(ids[row : row + 1])[0]) if readable[row] else None, report)
    return _match(ids[readable], values[readable], np.flatnonzero(readable) + 1, (~readable).sum(), report)


def _open_parquet(data: bytes, report: _Report) -> pq.ParquetFile:
    """Open a Parquet file once its own words on columns, rows and pages say that reading it is cheap."""
    format = report.format
    size = int.from_bytes(data[-8:-4], "little")
    if not data.endswith(b"PAR1") or size > min(len(data) - 8, 2**20):
        raise ValueError("no footer, or one of more than 1 MiB")
    limits = {"thrift_string_size_limit": 2**20, "thrift_container_size_limit": 10_000}
    schema = pq.ParquetFile(pa.BufferReader(data), **limits).schema_arrow
    _check_header(schema.names, report)
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name == "id":
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            wanted, good = "text", str(kind) in ("string", "large_string", "string_view", "binary")
        else:
            wanted, good = "floats or integers", pa.types.is_floating(kind) or pa.types.is_integer(kind)
        if not good:
            report.add("parquet_type", wanted, _show(str(kind)), column=name)
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
    return pq.ParquetFile(pa.BufferReader(data), read_dictionary=["id"], **limits)


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
    ids[chosen], readable[chosen] = _decode(digits)
    at = part.indices.fill_null(len(words)).to_numpy()  # The last, unreadable entry stands for an empty cell.
    return ids[at], readable[at]


def main(arguments: list[str] | None = None) -> int:
    """Check one file against the formats that lie beside this module; return 0 if good, 1 if not, 2 for misuse."""
    parser = argparse.ArgumentParser(description="Check a prediction file: the same check that the server makes.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--track", help="which track the file is for, if there are several")
    options = parser.parse_args(arguments)
    try:
        documents = [json.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("format*.json"))]
        formats = {format.track: format for format in map(Format.from_json, documents)}
        track = options.track or (next(iter(formats)) if len(formats) == 1 else None)
        if track not in formats:
            parser.error(f"say --track, one of those with a format_TRACK.json beside {__file__}: {sorted(formats)}")
        predictions = check(options.file, formats[track])
    except PredictionFileError as error:
        print(f"{options.file} cannot be scored:\n{error}")
        return 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"OK: {formats[track].name}, {len(predictions.values):,} rows, sha256 {predictions.sha256}")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # A console may lack a letter of the message.
    sys.exit(main())
