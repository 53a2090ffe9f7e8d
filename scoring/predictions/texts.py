"""Prediction files whose answers are texts, as CSV."""

import csv
import unicodedata

import numpy as np

from .format import LONGEST_TEXT, Predictions, decode
from .lines import foreign, lines_of, read_header
from .problems import Report, show
from .rows import ID, match

NEIGHBOURS = 30
"""How much of a line is shown before and behind a byte that is not UTF-8."""


def check_texts(data: bytes, report: Report) -> Predictions:
    """Read a CSV of ids and texts. A text without quotes goes on to the end of its line, whatever it holds."""
    rows = read_header(lines_of(data, report), report)
    digits, texts, places, unreadable = bytearray(), [], [], 0
    for number, row in rows:
        id, text = _row(row, number, report)
        if id is None:
            unreadable += 1
            continue
        digits += id.encode()
        texts.append(checked_text(text, report, line=number, id=id))
        places.append(number)
    if not places and not report.found:
        report.refuse("no_rows", f"{len(report.format.ids):,} rows", "none")
    ids, _ = decode(np.frombuffer(digits, np.uint8).reshape(-1, 16))
    return match(ids, text_array(texts), np.array(places), unreadable, report)


def composed(text: str) -> str:
    """Return a text as answers are compared: in Unicode's composed form (NFC), without white space around it.

    >>> composed(" cafe\\N{COMBINING ACUTE ACCENT} ")
    'café'
    """
    return unicodedata.normalize("NFC", text.strip())


def checked_text(text: str, report: Report, **place) -> str:
    """Return a text `composed`; name what is wrong with it."""
    text = text.strip()
    if len(text) <= 4 * LONGEST_TEXT:
        text = composed(text)
    if len(text) > LONGEST_TEXT:
        report.add("text_too_long", f"at most {LONGEST_TEXT:,} characters", f"{len(text):,}", **place)
        return ""
    control = [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")]
    if control:
        report.add("control_character", "one line of text", show(control[0]), **place)
    return text


def text_array(texts: list[str]) -> np.ndarray:
    """Return texts as an array of shape (n, 1)."""
    return np.array(texts or [""], dtype=np.str_).reshape(-1, 1)[: len(texts)]


def _row(row: str, number: int, report: Report) -> tuple[str | None, str]:
    if foreign(row):
        line = row.encode("utf-8", "surrogateescape")
        at = len(row[: next(at for at, letter in enumerate(row) if foreign(letter))].encode())
        report.add("encoding", "UTF-8", _as_windows(line, at), line=number)
        row = line.decode("utf-8", "replace")
    id, comma, text = row.partition(",")
    if text.lstrip().startswith('"'):
        try:
            cells = next(csv.reader([text.lstrip()], strict=True))
        except csv.Error:
            cells = []
        if len(cells) != 1:
            report.add("quoting", "one text, its own quotes doubled", show(text), line=number)
        text = cells[0] if cells else ""
    id = id.strip('"')
    if not ID.fullmatch(id):
        report.add("bad_id", "16 lower-case hexadecimal digits", show(id), line=number)
        return None, ""
    if not comma:
        report.add("ragged_row", "an id, a comma and a text", "no comma", line=number, id=id)
    return id, text


def _as_windows(line: bytes, at: int) -> str:
    """Say what a line with a byte that is not UTF-8 would be in the encoding of Windows."""
    around = line[max(0, at - NEIGHBOURS) : at + NEIGHBOURS].decode("cp1252", "replace")
    return f"byte 0x{line[at]:02x}; as cp1252 (Windows) it would read {show(around)}"
