"""The lines of a CSV and the cells of a line, read in one way whatever a track asks for."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from .problems import Report, show
from .rows import check_header
from .values import LOCALE

BETWEEN_WORDS = re.compile(r"[;\t ]+")
ROW_NUMBER = re.compile(r'(?:\d+|"\d+"),', re.ASCII)
MOST_CELLS = 1000
"""No row is split further: a line of nothing but commas must not become a hundred million strings."""


def lines_of(data: bytes, report: Report) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that is not blank, however lines end; a byte that is not UTF-8 is escaped."""
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
        yield line, row


def read_header(lines: Iterator[tuple[int, str]], report: Report) -> Iterator[tuple[int, str]]:
    """Take the first line, which must be the header; return the rows, without numbers that a table put before them."""
    line, row = next(lines)
    cells, fault = cells_of(row, len(report.format.header))
    if fault:
        report.refuse(fault, ",".join(report.format.header), show(",".join(cells)), line=line)
    if cells == ["", *report.format.header]:
        return _without_numbers(lines, report, line)
    if cells != report.format.header and report.format.answers == "numbers":
        _name_decimal_comma([(line, row), *islice(lines, 1)], report)
    check_header(cells, report, line)
    return lines


def _without_numbers(rows: Iterator[tuple[int, str]], report: Report, header: int) -> Iterator[tuple[int, str]]:
    """Yield rows without the whole number that each begins with, as pandas and R number them unasked."""
    names = ",".join(report.format.header)
    for line, row in rows:
        number = ROW_NUMBER.match(row)
        if number is None:
            report.refuse("extra_column", names, show(f",{names}"), line=header)
        yield line, row[number.end() :]


def _name_decimal_comma(rows: list[tuple[int, str]], report: Report) -> None:
    """Name the first comma within a number: where something else parts the columns, it is one more thing to mend."""
    for line, row in rows:
        words = BETWEEN_WORDS.split(row)
        comma = next((word for word in words if "," in word and LOCALE.fullmatch(word)), None)
        if len(words) > 1 and comma:
            report.add("locale_number", "a decimal point", show(comma), line=line)
            return


def foreign(row: str) -> bool:
    """Return whether a line holds bytes that are not UTF-8."""
    return not row.isascii() and any("\udc80" <= letter <= "\udcff" for letter in row)


def cells_of(row: str, width: int) -> tuple[list[str], str | None]:
    """Return the cells of a row and what is wrong with all of it."""
    cells = row.split(",", MOST_CELLS)
    if foreign(row):
        return cells, "encoding"
    if '"' in row and len(cells) <= MOST_CELLS:
        try:
            cells = next(csv.reader([row], strict=True))
        except csv.Error:
            return cells, "quoting"
    if width < len(cells) <= MOST_CELLS:
        halves = [",".join(pair) for pair in zip(cells[1::2], cells[2::2], strict=False)]
        numbers = [",".join(cells[1:])] if width == 2 else halves if len(cells) == 2 * width - 1 else []
        if numbers and all(map(LOCALE.fullmatch, numbers)):
            return [cells[0], *numbers], None
    return cells, None
