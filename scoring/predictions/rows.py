"""What all kinds of files share: their columns, their values, the matching of rows to ids."""

import re
from collections.abc import Callable

import numpy as np

from .format import Format, Predictions, id_text
from .problems import EXAMPLES, Example, Report, show
from .values import NUMBER

ID = re.compile(r"[0-9a-f]{16}")
DELIMITER = re.compile(r"[;\t|: ]")


def order_of(ids: np.ndarray, format: Format) -> np.ndarray | slice | None:
    """Return what brings rows into the format's order, or None where the ids are not exactly the format's."""
    if np.array_equal(ids, format.ids):
        return slice(None)
    order = np.argsort(ids)
    return order if np.array_equal(ids[order], format.ids) else None


def match(ids: np.ndarray, values: np.ndarray, lines: np.ndarray, unreadable: int, report: Report) -> Predictions:
    """Put rows into the format's order, or say which ids are wrong; rows with an unreadable id are only counted."""
    expected = report.format.ids
    order = order_of(ids, report.format)
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


def check_header(names: list[str], report: Report, line: int | None = None) -> None:
    expected = report.format.header
    if names == expected:
        return
    if len(names) == 1 and DELIMITER.search(names[0]):
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
    report.refuse(kind, ",".join(expected), show(",".join(names)), line=line)


def add_values(values: np.ndarray, empty: np.ndarray, id_of: Callable[[int], str | None], report: Report) -> None:
    """Name every value of an array (n, k) that is no score."""

    def example(place: list[int]) -> Example:
        row, column = place
        got = "nothing" if empty[row, column] else str(values[row, column])
        return Example("a finite number", got, row + 1, id_of(row), report.format.columns[column])

    report.add_all("empty", np.argwhere(empty), example)
    report.add_all("nan", np.argwhere(np.isnan(values) & ~empty), example)
    report.add_all("infinite", np.argwhere(np.isinf(values)), example)
