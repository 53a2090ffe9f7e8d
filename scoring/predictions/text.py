"""Prediction files as CSV."""

import math
import re
from array import array

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from .format import Format, Predictions, decode
from .lines import MOST_CELLS, cells_of, lines_of, read_header
from .problems import Report, show
from .rows import ID, match, order_of
from .values import kind_of, number

MANGLED = re.compile(r"\d{1,15}|\d+([.,]\d*)?e[+-]?\d+|\d{16,}[.,]0*|inf", re.ASCII | re.IGNORECASE)


def fast_csv(data: bytes, format: Format) -> Predictions | None:
    """Read a CSV that is in order in every respect; None for any other, which `slow_csv` then judges."""
    header = ",".join(format.header).encode()
    if not data.startswith((header + b"\n", header + b"\r")):
        return None
    types = {"id": pa.binary(16), **dict.fromkeys(format.columns, pa.float64())}
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            # Arrow's threads, where a program ends right after them, now and then abort it: apache/arrow#39862.
            read_options=arrow_csv.ReadOptions(block_size=2**22, use_threads=False),
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


def slow_csv(data: bytes, report: Report) -> Predictions:
    """Read a CSV line by line: the grammar that counts, and the place of everything that breaks it."""
    columns = report.format.columns
    rows = read_header(lines_of(data, report), report)
    digits, values, lines, unreadable = bytearray(), array("d"), array("q"), 0
    for line, row in rows:
        cells, fault = cells_of(row, 1 + len(columns))
        id = cells[0] if ID.fullmatch(cells[0]) else None
        if fault or len(cells) != 1 + len(columns):
            got = f"{len(cells):,} values{' or more' if len(cells) > MOST_CELLS else ''}: {show(','.join(cells))}"
            report.add(fault or "ragged_row", f"{1 + len(columns)} values", got, line=line, id=id)
            cells = cells[:1]
        elif id is None:
            kind = "mangled_id" if MANGLED.fullmatch(cells[0]) else "bad_id"
            report.add(kind, "16 lower-case hexadecimal digits", show(cells[0]), line=line)
        scores = [number(cell) for cell in cells[1:]]
        if not all(map(math.isfinite, scores)):
            for column, cell, score in zip(columns, cells[1:], scores, strict=True):
                if not math.isfinite(score):
                    report.add(kind_of(cell), "a finite number", show(cell), line=line, id=id, column=column)
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
