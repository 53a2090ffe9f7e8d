"""Numbers alone: a table without ids and header, white space between them, rows in ascending order of id."""

import math
import re

import numpy as np

from .format import Predictions
from .lines import foreign, lines_of
from .problems import Report, show
from .values import NUMBER, kind_of, number

NUMBERS = ("nan", "infinite", "underscore", "locale_number")
"""What a number may be written as that is not taken, and is no word of a header."""

FIRST_LINE = re.compile(rb"\s*([^\r\n]+)")
WORDS = re.compile(r"[^ \t]+")


def looks_plain(data: bytes) -> bool:
    """Return whether a file begins with a line of several words, of which one is a number, however it is written."""
    line = FIRST_LINE.match(data)
    words = WORDS.findall(line[1].decode("utf-8", "replace")) if line else []
    if len(words) < 2 or any(word.endswith((",", ";")) for word in words):
        return False
    return any(NUMBER.fullmatch(word) or kind_of(word) in NUMBERS for word in words)


def check_plain(data: bytes, report: Report) -> Predictions:
    """Read as many rows as the test file has, each with a number for every column."""
    columns, expected = report.format.columns, len(report.format.ids)
    rows = [(line, row) for line, row in lines_of(data, report) if row.strip()]
    if len(rows) != expected:
        report.refuse("row_count", f"{expected:,} rows", f"{len(rows):,}", line=rows[-1][0])
    values = np.full((expected, len(columns)), math.nan)
    for place, (line, row) in enumerate(rows):
        words = WORDS.findall(row)
        if foreign(row):
            report.add("encoding", "UTF-8", show(row), line=line)
        elif len(words) != len(columns):
            got = f"{len(words):,} values: {show(' '.join(words[:10]))}"
            report.add("ragged_row", f"{len(columns)} values", got, line=line)
        else:
            values[place] = [number(word) for word in words]
            for column in np.flatnonzero(~np.isfinite(values[place])):
                got = words[column]
                report.add(kind_of(got), "a finite number", show(got), line=line, column=columns[column])
    if report.found:
        report.stop()
    return Predictions(values)
