"""Numbers alone: a table without ids and header, white space between them, rows in ascending order of id."""

import math
import re

import numpy as np

from .format import Predictions
from .problems import Report, show
from .rows import NUMBER

NOTHING_BUT_NUMBERS = re.compile(rb"[ \t]*[+-]?[\d.]\S*(?:[ \t]+\S+)+[ \t]*(?:[\r\n]|\Z)")


def looks_plain(data: bytes) -> bool:
    """Return whether a file begins with a line of several words, of which the first is a number."""
    return NOTHING_BUT_NUMBERS.match(data) is not None


def check_plain(data: bytes, report: Report) -> Predictions:
    """Read as many rows as the test file has, each with a number for every column."""
    columns, expected = report.format.columns, len(report.format.ids)
    lines = [(number, line.split()) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    if len(lines) != expected:
        report.refuse("row_count", f"{expected:,} rows", f"{len(lines):,}", line=lines[-1][0])
    values = np.full((expected, len(columns)), math.nan)
    for row, (number, words) in enumerate(lines):
        if len(words) != len(columns):
            got = f"{len(words):,} values: {show(b' '.join(words[:10]).decode('utf-8', 'replace'))}"
            report.add("ragged_row", f"{len(columns)} values", got, line=number)
            continue
        for place, word in enumerate(words):
            text = word.decode("utf-8", "replace")
            value = float(text) if NUMBER.fullmatch(text) else math.nan
            if math.isfinite(value):
                values[row, place] = value
            else:
                kind = "overflow" if NUMBER.fullmatch(text) else "not_a_number"
                report.add(kind, "a finite number", show(text), line=number, column=columns[place])
    if report.found:
        report.stop()
    return Predictions(values)
