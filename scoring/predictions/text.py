"""Prediction files as CSV."""

import csv
import io
import math
import re
from array import array
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from .format import Format, Predictions, decode
from .problems import Report, show
from .rows import ID, NUMBER, check_header, match, order_of

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

MOST_CELLS = 1000
"""No row is split further: a line of nothing but commas must not become a hundred million strings."""


def fast_csv(data: bytes, format: Format) -> Predictions | None:
    """Read a CSV that is in order in every respect; None for any other, which `slow_csv` then judges."""
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
    ids, well_written = decode(digits)
    order = order_of(ids, format) if well_written.all() else None
    return None if order is None else Predictions(values[order])


def _kind(value: str) -> str:
    return next(kind for kind, pattern in VALUES.items() if re.fullmatch(pattern, value, re.ASCII | re.IGNORECASE))


def slow_csv(data: bytes, report: Report) -> Predictions:
    """Read a CSV line by line: the grammar that counts, and the place of everything that breaks it."""
    columns = report.format.columns
    rows = _rows(data, report)
    line, cells, fault = next(rows)
    if fault:
        report.refuse(fault, ",".join(report.format.header), show(",".join(cells)), line=line)
    check_header(cells, report, line)
    digits, values, lines, unreadable = bytearray(), array("d"), array("q"), 0
    for line, cells, fault in rows:
        id = cells[0] if ID.fullmatch(cells[0]) else None
        if fault or len(cells) != 1 + len(columns):
            got = f"{len(cells):,} values{' or more' if len(cells) > MOST_CELLS else ''}: {show(','.join(cells))}"
            report.add(fault or "ragged_row", f"{1 + len(columns)} values", got, line=line, id=id)
            cells = cells[:1]
        elif id is None:
            kind = "mangled_id" if MANGLED.fullmatch(cells[0]) else "bad_id"
            report.add(kind, "16 lower-case hexadecimal digits", show(cells[0]), line=line)
        scores = [float(cell) if NUMBER.fullmatch(cell) else math.nan for cell in cells[1:]]
        if not all(map(math.isfinite, scores)):
            for column, cell, score in zip(columns, cells[1:], scores, strict=True):
                if not math.isfinite(score):
                    kind = _kind(cell.strip(" \t"))
                    report.add(kind, "a finite number", show(cell), line=line, id=id, column=column)
        if id is None:
            unreadable += 1
        else:
            digits += id.encode()
            values.extend(scores or [math.nan] * len(columns))
            lines.append(line)
    if not lines and not report.found:
        report.refuse("no_rows", f"{len(report.format.ids):,} rows", "none")
    ids, _ = decode(np.frombuffer(digits, np.uint8).reshape(-1, 16))
    return match(ids, np.array(values).reshape(-1, len(columns)), np.array(lines), unreadable, report)


def _rows(data: bytes, report: Report) -> Iterator[tuple[int, list[str], str | None]]:
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
