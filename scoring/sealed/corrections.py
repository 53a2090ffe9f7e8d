"""Corrected labels as an organiser writes them: a file like a prediction file, of some of the rows."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from challenges.spec import Track
from scoring.predictions import Format, PredictionFileError, check, id_text
from scoring.sealed.answers import answers_table
from scoring.sealed.holdout import Holdout, HoldoutError

BOM = b"\xef\xbb\xbf"
ID_OF_A_LINE = re.compile(rb'(?:^|[\r\n])"?([0-9a-f]{16})"?(?=[,\r\n]|\Z)')
OTHER_FILES = {b"PAR1": "a Parquet file", b"\x93NUMPY": "an npy file", b"\x1f\x8b": "a gzip file"}
"""What prediction files may be too, and corrections of a few rows are not."""


def read_corrections(path: Path, holdout: Holdout, track: Track) -> pd.DataFrame:
    """Read corrected targets by the reader of prediction files, so that texts are taken word for word as those are.

    Parameters
    ----------
    path : Path
        A CSV with the column ``id`` and one or more targets, of the rows that are corrected; where a track asks for
        images, an npy file with all of them, in ascending order of id.
    holdout : Holdout
        What is corrected.
    track : Track
        What the holdout's targets are.

    Returns
    -------
    DataFrame
        As `Holdout.corrected` takes it: ids as text, numbers as float64, texts in Unicode's composed form.

    Raises
    ------
    HoldoutError
        If it is another file, or a header, an id or a value is not as it should be; the message says in which line.
    """
    targets, images = [str(name) for name in holdout.targets], track.answers == "images"
    data = path.read_bytes()
    kind = next((kind for start, kind in OTHER_FILES.items() if data.startswith(start)), None)
    if kind and not images:
        raise HoldoutError(f"{path}: expected a CSV with the columns id and some of {targets}, got {kind}")
    columns = () if images else _columns(data, targets)
    ids = holdout.ids if images else _ids(data, holdout.ids)
    challenge, _, track_id = holdout.track.partition(".")
    try:
        found = check(data, Format(challenge, track_id, columns, ids, answers=track.answers, shape=track.shape)).values
    except PredictionFileError as error:
        raise HoldoutError(f"{path}: these corrections of {holdout.track} cannot be read\n{error}") from error
    table = answers_table(found, targets) if images else pd.DataFrame(found, columns=list(columns))
    return table.assign(id=id_text(ids))


def _columns(data: bytes, targets: Sequence[str]) -> tuple[str, ...]:
    """Return the targets that the header names; if it is no such header, all, for the reader to miss them."""
    header = data.removeprefix(BOM).lstrip(b"\r\n")[:10_000].splitlines()[:1]
    names = next(csv.reader([line.decode("utf-8", "replace") for line in header]), [])
    good = len(names) > 1 and len(set(names)) == len(names) and set(names) <= {"id", *targets} and names[0] == "id"
    return tuple(names[1:] if good else targets)


def _ids(data: bytes, known: np.ndarray) -> np.ndarray:
    """Return those ids of the holdout that begin a line; if there are none, any, for the reader to say so."""
    written = np.array([int(digits, 16) for digits in ID_OF_A_LINE.findall(data)], np.uint64)
    found = np.intersect1d(written, known)
    return found if len(found) else known[:1]
