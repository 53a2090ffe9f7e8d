"""Tables of teams and members as people have them: CSV in any usual encoding, delimiter and order of columns."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from leaderboard.event import EventError

LARGEST, MOST_COLUMNS = 2_000_000, 60
"""Bytes and columns of a table: a thousand teams of ten have a tenth of it."""

DELIMITERS = ",;\t"

CALLED = {
    "team": ("team", "team name", "name of team", "group", "group name"),
    "member": ("member", "member name", "name", "full name", "participant", "participant name", "person"),
    "first": ("first name", "given name", "given names", "forename"),
    "last": ("last name", "surname", "family name"),
    "bracket": ("bracket", "category", "division"),
    "affiliation": ("affiliation", "institution", "institute", "university", "organisation", "organization", "school"),
    "orcid": ("orcid", "orcid id"),
}
"""What columns are called, in small letters without accents; the first is how messages call them."""

WORKBOOKS = {b"PK\x03\x04": "a workbook", b"\xd0\xcf\x11\xe0": "an old workbook"}
"""How files begin that are no texts but are taken for tables."""

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Marks by which a text tells its encoding."""

UNMARKED = ("utf-8", "cp1252", "latin-1")
"""Encodings of texts without a mark: the first that can be; the last always can."""


class RosterError(EventError):
    """A table from which no teams can be read."""


@dataclass(frozen=True)
class Row:
    """What one line says; an empty text where it says nothing."""

    line: int
    team: str
    member: str = ""
    bracket: str = ""
    affiliation: str = ""
    orcid: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line."""

    line: int
    what: str


@dataclass(frozen=True)
class Roster:
    """A table that was read.

    Attributes
    ----------
    rows : tuple of Row
    problems : tuple of Problem
        Lines that are no rows.
    ignored : tuple of str
        Columns that mean nothing here.
    encoding : str
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]
    encoding: str


def read(path: Path) -> Roster:
    """Read a table of teams: a row a member, or one for a team without any.

    Raises
    ------
    RosterError
        If the file is too large, a workbook or no text, or has no column for the team, or two for the same.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise RosterError(f"expected a table of at most {LARGEST:,} bytes, got {size:,}: {path.name}")
    return parse(*_decoded(path), path.name)


def parse(text: str, encoding: str = "utf-8", name: str = "this") -> Roster:
    """Read a table that is a text already, as it came from an encoding; see `read`."""
    first, end, rest = text.partition("\n")
    said = first.strip("\r\n").strip('"').lower()
    skipped = 0
    candidates = DELIMITERS
    if said.startswith("sep=") and len(said) == 5 and end:
        text, skipped, candidates = rest, 1, said[-1]
    delimiter = max(candidates, key=lambda one: len(_meanings(_header(text, one))))
    header = _header(text, delimiter)
    columns = _columns(header, name)
    rows, problems = [], []
    for line, cells in _lines(text, delimiter, skipped):
        if isinstance(cells, csv.Error):
            problems.append(Problem(line, f"its quotes do not match ({cells})"))
        elif len(cells) > len(header) and any(cells[len(header) :]):
            problems.append(Problem(line, f"expected {len(header)} cells as in the header, got {len(cells)}"))
        elif any(cells):
            rows.append((line, cells))
    (_, _), *rows = rows or [(0, [])]  # the header is the first
    ignored = tuple(title for at, title in enumerate(header) if title and at not in columns.values())
    return Roster(tuple(_row(line, cells, columns) for line, cells in rows), tuple(problems), ignored, encoding)


def _decoded(path: Path) -> tuple[str, str]:
    """Return a file as text, and its encoding."""
    data = path.read_bytes()
    for start, what in WORKBOOKS.items():
        if data.startswith(start):
            raise RosterError(f"{path.name} is {what}, not a text: save it as CSV, and import that")
    marked = next((encoding for mark, encoding in MARKS.items() if data.startswith(mark)), None)
    for encoding in (marked,) if marked else UNMARKED:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise RosterError(f"{path.name} is no text: line {line} has the character NUL; save it as CSV in UTF-8")
        return text, encoding
    raise RosterError(f"{path.name} begins as a text in {marked}, and is none: save it as CSV in UTF-8")


def _lines(text: str, delimiter: str, skipped: int = 0) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Yield the number of the line on which each row begins, and its cells, or what makes it none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            yield line, [" ".join(cell.split()) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            yield line, error
            return


def _header(text: str, delimiter: str) -> list[str]:
    """Return the first line that says something, cut at a delimiter."""
    for _, cells in _lines(text, delimiter):
        if isinstance(cells, csv.Error):
            return []
        if any(cells):
            return cells
    return []


def _meanings(header: list[str]) -> dict[int, str]:
    """Return which columns of a header mean something, and what."""
    known = {name: field for field, names in CALLED.items() for name in names}
    return {at: known[name] for at, name in enumerate(map(_folded, header)) if name in known}


def _folded(title: str) -> str:
    """Return a column's title in small letters, without accents, and with spaces alone between its words."""
    letters = unicodedata.normalize("NFKD", title).casefold()
    return " ".join("".join(one if one.isalnum() else " " for one in letters if not unicodedata.combining(one)).split())


def _columns(header: list[str], name: str) -> dict[str, int]:
    """Return in which column each field stands."""
    if len(header) > MOST_COLUMNS:
        raise RosterError(f"expected at most {MOST_COLUMNS} columns, got {len(header):,}: {name}")
    columns: dict[str, int] = {}
    for at, field in _meanings(header).items():
        if field in columns:
            raise RosterError(f"two columns of {name} are the {field}'s: {header[columns[field]]!r} and {header[at]!r}")
        columns[field] = at
    if "team" not in columns:
        got = ", ".join(map(repr, header[:10])) or "nothing"
        raise RosterError(f"{name} has no column of teams: expected {', '.join(CALLED['team'])}; got {got[:500]}")
    return columns


def _row(line: int, cells: list[str], columns: dict[str, int]) -> Row:
    said = {field: cells[at] for field, at in columns.items() if at < len(cells)}
    first, last = said.pop("first", ""), said.pop("last", "")
    said["member"] = said.get("member") or f"{first} {last}".strip()
    known = {one.name for one in fields(Row)}
    return Row(line=line, **{"team": "", **{field: text for field, text in said.items() if field in known}})
