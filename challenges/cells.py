"""Cells of real tables: each word as it stands, and no number changed by what it is stored as."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd

from challenges.dataset import DataFileError

NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?\s*", re.ASCII | re.IGNORECASE)


def read_words(path: Path) -> pd.DataFrame:
    """Read a CSV with a header, every cell as the text that stands there.

    Returns
    -------
    DataFrame of str
        Indexed by line, the header's being 1.

    Raises
    ------
    DataFileError
        If it cannot be read, is not UTF-8, has no header, a name twice, or a line with more or fewer cells than names.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "runs.csv"
    >>> _ = path.write_text("run,n\\n0012,NA\\n")
    >>> read_words(path).loc[2].tolist()
    ['0012', 'NA']
    """
    lines: dict[int, list[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells:
                    lines[reader.line_num] = cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataFileError(f"{path}: expected a table in CSV that can be read ({error})") from error
    names = lines.pop(next(iter(lines)), []) if lines else []
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or twice:
        got = f"{twice[0]!r} twice" if twice else "an empty file"
        raise DataFileError(f"{path}: expected a table in CSV with a header, each name once, got {got}")
    for line, cells in lines.items():
        if len(cells) != len(names):
            raise DataFileError(f"{path}, line {line}: expected {len(names)} values, got {len(cells)}")
    return pd.DataFrame(list(lines.values()), index=pd.Index(list(lines), name="line"), columns=names, dtype="str")


def numbers(words: pd.Series) -> np.ndarray:
    """Return the decimal numbers that words stand for, float64, and nan for what is none.

    Examples
    --------
    >>> numbers(pd.Series(["1e3", "", "nan", "0x1", "1_0"])).tolist()
    [1000.0, nan, nan, nan, nan]
    """
    return np.array([float(word) if NUMBER.fullmatch(word) else np.nan for word in words], np.float64)


def not_whole(values: np.ndarray, kind: type[np.integer]) -> np.ndarray:
    """Return which numbers are not whole, or are beyond an integer type, so that a cast would make others of them.

    Examples
    --------
    >>> not_whole(np.array([1, 1.5, 300, 1e20, np.nan]), np.int8).tolist()
    [False, True, True, True, True]
    """
    limits = np.iinfo(kind)
    # Not `<= max`: the largest int64 is no float, and the next one is too large.
    return ~((values >= limits.min) & (values < limits.max + 1) & (np.floor(values) == values))
