"""What a prediction file must hold, and what it holds once it is checked."""

import hashlib
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

DIGITS = np.full(256, 256, np.uint16)
DIGITS[list(b"0123456789abcdef")] = range(16)
PAIRS = (16 * DIGITS[None, :] + DIGITS[:, None]).ravel()
"""The value of a pair of hexadecimal digits, the first of them in the low byte; 256 or more where they are none."""

COLUMN = re.compile(r"\w+", re.ASCII)

LONGEST_TEXT = 1000
"""The most characters that one text may have."""

VERSION = 1
"""Of format.json: raised when an older check would misread a newer one; the first ones have none."""


@dataclass(frozen=True, eq=False)
class Format:
    """What a prediction file of one track must hold; public.

    Attributes
    ----------
    challenge, track : str
        For whom the file is.
    columns : tuple of str
        The columns that follow ``id``; none where images are asked for.
    ids : ndarray of uint64, shape (n,)
        The ids of the test file, ascending.
    answers : {"numbers", "texts", "images"}
        What a row is answered by: finite numbers, texts, or an image.
    shape : tuple of int
        Height and width of the images.
    ranges : mapping of str to (float, float)
        Between which limits a column's true numbers lie by nature; where all are above 0, so must be the answers.
    rows_in_order : bool
        Whether the numbers may also come alone: no header, no ids, white space between, rows in order of id.

    Examples
    --------
    >>> from scoring.predictions import check
    >>> format = Format("higgs", "signal", ("score",), np.array([7, 255], "u8"))
    >>> check(b"id,score\\n00000000000000ff,0.5\\n0000000000000007,-2\\n", format).values
    array([[-2. ],
           [ 0.5]])
    """

    challenge: str
    track: str
    columns: tuple[str, ...]
    ids: np.ndarray
    answers: Literal["numbers", "texts", "images"] = "numbers"
    shape: tuple[int, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows_in_order: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "shape", tuple(self.shape))
        object.__setattr__(self, "ids", np.array(self.ids, dtype=np.uint64))
        self.ids.flags.writeable = False
        if self.ids.ndim != 1 or not len(self.ids) or (self.ids[1:] <= self.ids[:-1]).any():
            raise ValueError("a Format needs at least one id, and the ids ascending without repetition")
        if self.answers == "images":
            if self.columns or len(self.shape) != 2 or min(self.shape) < 1:
                raise ValueError(f"a Format of images needs height and width and no columns, got {self.shape}")
            return
        if not self.columns or len({"id", *self.columns}) <= len(self.columns):
            raise ValueError(f"a Format needs columns, all different and none named id, got {self.columns}")
        if not all(COLUMN.fullmatch(column) for column in self.columns):
            raise ValueError(f"columns are named by letters, digits and underscores, got {self.columns}")

    @property
    def name(self) -> str:
        """Challenge and track as one name, ``higgs.signal``."""
        return f"{self.challenge}.{self.track}"

    @property
    def header(self) -> list[str]:
        """The names of all columns."""
        return ["id", *self.columns]

    @cached_property
    def digits(self) -> np.ndarray:
        """The ids as they are written: their bytes, uint8 of shape (n, 16)."""
        return np.frombuffer(self.ids.astype(">u8").tobytes().hex().encode(), np.uint8).reshape(-1, 16)

    @property
    def size_limit(self) -> int:
        """The most bytes that a file, and what it unpacks to, may have.

        That is 4 MiB and for each row 32 and 64 a number, 4 a possible character, or 8 a pixel.
        """
        row = {
            "numbers": 64 * len(self.columns),
            "texts": 4 * LONGEST_TEXT * len(self.columns),
            "images": 8 * math.prod(self.shape),
        }
        return 2**22 + len(self.ids) * (32 + row[self.answers])

    @property
    def row_limit(self) -> int:
        """The most rows that are looked at: enough to name extra ones, too few to keep a server busy."""
        return 2 * len(self.ids) + 1000

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads; the ids are one string of 16 digits each."""
        ids = self.ids.astype(">u8").tobytes().hex()
        document = {"version": VERSION, "challenge": self.challenge, "track": self.track, "columns": list(self.columns)}
        document |= {"answers": self.answers, "shape": list(self.shape), "rows_in_order": self.rows_in_order}
        return document | {"ranges": {name: list(limits) for name, limits in self.ranges.items()}, "ids": ids}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Format":
        """Build a Format from what `to_json` returned.

        Raises
        ------
        ValueError
            If a later version wrote it, or it describes no prediction file.
        """
        document = dict(document)
        version = document.pop("version", VERSION)
        if version != VERSION:
            raise ValueError(
                f"expected format.json of version {VERSION}, got {version!r}: use the check of its own kit"
            )
        ids = np.frombuffer(bytes.fromhex(document["ids"]), ">u8")
        ranges = {name: tuple(limits) for name, limits in document["ranges"].items()}
        return cls(**document | {"ids": ids, "ranges": ranges})


@dataclass(frozen=True, eq=False)
class Predictions:
    """A checked prediction file, rows in ascending order of id.

    Attributes
    ----------
    values : ndarray
        Finite float64 of shape (n, k), texts of shape (n, k), or finite float32 of shape (n, height, width).
    """

    values: np.ndarray

    def canonical(self) -> bytes:
        """Return the values as an npy file, the same bytes whatever kind of file they came from."""
        buffer = io.BytesIO()
        values = np.ascontiguousarray(self.values)
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        np.lib.format.write_array(buffer, values, version=(1, 0), allow_pickle=False)
        return buffer.getvalue()

    @cached_property
    def sha256(self) -> str:
        """The digest of the canonical bytes."""
        return hashlib.sha256(self.canonical()).hexdigest()


def id_text(ids: np.ndarray) -> np.ndarray:
    """Return ids as they are written in files: text of 16 lower-case hexadecimal digits.

    >>> id_text(np.array([255], "u8"))
    array(['00000000000000ff'], dtype='<U16')
    """
    digits = np.ascontiguousarray(ids, ">u8").tobytes().hex()
    return np.frombuffer(digits.encode(), "S16").astype("U16")


def decode(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn ids as bytes, shape (n, 16), into numbers (n,) and whether each is well written (n,)."""
    pairs = PAIRS[np.ascontiguousarray(digits).view(np.uint16)]
    halves = pairs.view(np.uint64)  # Looking at four pairs at once is much faster.
    good = (halves[:, 0] | halves[:, 1]) & np.uint64(0xFF00FF00FF00FF00) == 0
    return pairs.astype(np.uint8).view(">u8").astype(np.uint64).ravel(), good
