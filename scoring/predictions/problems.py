"""What may be wrong with a prediction file, and how it is told: always safe to show, for no label is known here."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from .format import LONGEST_TEXT, Format

EXAMPLES = 20
"""How many examples of each kind of problem are shown; all are counted."""

KINDS = {
    "empty_file": "the file is empty",
    "too_large": "the file is larger than a prediction file of this track can be",
    "wrong_file_type": "this is not a prediction file; save a CSV, a Parquet or an npy file",
    "corrupt_gzip": "the gzip file is damaged or incomplete; compress it again",
    "nested_gzip": "the file is gzipped twice; gzip it once",
    "encoding": "the file is not UTF-8 text; save it as UTF-8 (in Python: encoding='utf-8'; in Excel: 'CSV UTF-8')",
    "nul_bytes": "the text holds NUL bytes; the file is damaged or not text",
    "delimiter": "the columns are not separated by commas; a spreadsheet takes that from the region set for its system",
    "no_header": "the first line is no header; numbers alone are taken in the test file's order, by np.save",
    "column_order": "the columns are in another order",
    "extra_column": "there are columns too many: write those that are asked for and no other (in pandas: index=False)",
    "missing_column": "a column is missing",
    "wrong_header": "the columns have other names",
    "no_rows": "there is a header and no row",
    "too_many_rows": "there are far too many rows; the rest was not read",
    "quoting": "quotes are not closed, or text follows the closing quote",
    "ragged_row": "a row has more or fewer values than the header",
    "mangled_id": "an id is a number, by a spreadsheet or by counting rows; keep the test file's ids, as text",
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
    "other_unit": "the values are not in the unit that is asked for; they look standardised or scaled: undo that",
    "not_positive": "a number is zero or negative where all true ones are positive",
    "text_too_long": f"a text has more than {LONGEST_TEXT:,} characters",
    "control_character": "a text holds a tab, a line break or another control character",
    "row_count": "a table without ids must have exactly one row for each row of the test file, in that order",
    "corrupt_parquet": "the Parquet file is damaged or written in a rare way; write it as pandas does by default",
    "parquet_type": "a Parquet column has the wrong type",
    "corrupt_npy": "the npy file is damaged",
    "npy_type": "the npy array does not hold real numbers; save it by np.save as float64",
    "bad_pixel": "an image holds nan or infinite pixels",
    "npy_shape": "the npy array has the wrong shape",
}
"""Every kind of problem and the sentence that explains it."""


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


def naming_track(error: PredictionFileError, formats: Iterable[Format]) -> PredictionFileError:
    """Return an error that says, of a file for another track, which track that is, if it is one of these."""
    for problem in error.problems:
        if problem.kind == "other_challenge":
            ids = np.array([int(example.id or "", 16) for example in problem.examples], np.uint64)
            track = next((format.name for format in formats if np.isin(ids, format.ids).all()), None)
            if track:
                problem.examples = [replace(example, got=f"one of {track}") for example in problem.examples]
    return PredictionFileError(error.problems)


class Report:
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
        """Count all these rows (or places: row, column); make examples only of those that are shown."""
        if len(rows):
            problem = self.found.setdefault(kind, Problem(kind))
            problem.examples += map(example, rows[: max(0, EXAMPLES - problem.count)].tolist())
            problem.count += len(rows)

    def refuse(self, kind: str, expected: str, got: str, **place: Any) -> NoReturn:
        self.add(kind, expected, got, **place)
        self.stop()

    def refuse_size(self, when: str = "") -> NoReturn:
        limit, rows = self.format.size_limit, len(self.format.ids)
        self.refuse("too_large", f"at most {limit:,} bytes for {rows:,} rows", f"more{when}")

    def stop(self) -> NoReturn:
        raise PredictionFileError(self.found.values())


def show(text: str) -> str:
    """Quote what came from the file: no control characters, no megabytes."""
    return repr(text) if len(text) <= 100 else f"{text[:100]!r}... ({len(text):,} characters)"
