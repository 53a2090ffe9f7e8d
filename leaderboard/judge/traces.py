"""What must be found nowhere outside the vault, and a search for it: ids, and answers however they are written down."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from scoring.predictions import id_text
from scoring.sealed.answers import images_of
from scoring.sealed.holdout import Holdout

HEX_RUN = re.compile(rb"[0-9a-f]{16,}")
LONG_REAL = re.compile(rb"[0-9]{1,20}\.[0-9]{8,20}")
"""So many digits that they stand nowhere by chance: ids, and reals before their exponent."""

LONG_TEXT = 16
"""Letters of an answer that no other text holds by chance."""

WHOLE_RUN, REAL_RUN = 128, 8
"""Answers in a row that no other bytes hold by chance: whole numbers, and reals."""

IMAGES = 3
BETWEEN = ("", " ", ",", ", ", "\t", "\n", "\r\n")
BINARY = ("i1", "<i2", "<i4", "<i8", "<f4", "<f8", ">f8")


@dataclass(frozen=True)
class Traces:
    """The answers of a holdout as they could be written down.

    Attributes
    ----------
    ids, numbers : frozenset of bytes
        The ids of the rows, and answers of many digits.
    runs : frozenset of bytes
        Answers in a row, in the order of the ids, as text or in binary; long texts; images.
    """

    ids: frozenset[bytes]
    numbers: frozenset[bytes]
    runs: frozenset[bytes]

    @classmethod
    def of(cls, holdout: Holdout, answers: Literal["numbers", "texts", "images"]) -> "Traces":
        """Return the traces that a holdout's answers, of the kind that its track asks for, would leave."""
        columns = [column for _, column in holdout.targets.items()]
        return cls(
            ids=frozenset(one.encode() for one in id_text(holdout.ids)),
            numbers=frozenset(word for column in columns for word in _long_numbers(column)),
            runs=frozenset(run for column in columns for run in RUNS[answers](column)),
        )

    def in_words(self, content: bytes) -> Iterator[str]:
        """Yield what of the ids and numbers stands in some content as text."""
        text = content.lower()
        if not self.ids.isdisjoint(run[at : at + 16] for run in HEX_RUN.findall(text) for at in range(len(run) - 15)):
            yield "ids of test rows"
        if not self.numbers.isdisjoint(LONG_REAL.findall(text)):
            yield "answers"

    def in_rows(self, content: bytes) -> Iterator[str]:
        """Yield what of the answers stands in some content in a row, in text or binary."""
        if any(run in content for run in self.runs):
            yield "answers in a row"


def _long_numbers(column: pd.Series) -> Iterator[bytes]:
    if pd.api.types.is_float_dtype(column):
        for value in column.tolist():
            if found := LONG_REAL.search(repr(value).encode()):
                yield found[0]


def _of_numbers(column: pd.Series) -> Iterator[bytes]:
    values = column.to_numpy()
    whole = bool((values == np.rint(values)).all())
    run = values[: WHOLE_RUN if whole else REAL_RUN]
    if len(np.unique(run)) < 2:
        return
    for kind in BINARY if whole else BINARY[-3:]:
        yield run.astype(kind).tobytes()
    words = [str(int(value)) for value in run] if whole else [repr(value) for value in run.tolist()]
    for between in BETWEEN:
        yield between.join(words).encode()


def _of_texts(column: pd.Series) -> Iterator[bytes]:
    yield from (text.encode() for text in column.tolist() if len(text) >= LONG_TEXT)


def _of_images(column: pd.Series) -> Iterator[bytes]:
    words = column.tolist()[:IMAGES]
    for image, word in zip(images_of(words), words, strict=True):
        yield word.partition(":")[2].encode()
        yield from (image.astype(kind).tobytes() for kind in BINARY[-3:])


RUNS = {"numbers": _of_numbers, "texts": _of_texts, "images": _of_images}
