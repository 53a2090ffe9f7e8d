"""Words and lines as the tables that a team gets."""

import io

import numpy as np
import pandas as pd
from PIL import Image

from challenges.dataset import Dataset
from challenges.renaissance.layout import IMAGE, OCR, TEXT, WRONG
from challenges.renaissance.tokens import Token, wrong


def token_rows(truth: str, tokens: list[Token], number: int) -> list[tuple]:
    """Return a row of the table for each token of a line: features, then the target."""
    texts = [token.text for token in tokens]
    around = ["", *texts, ""]
    failed = wrong(truth, texts)
    line = " ".join(texts)
    return [
        (token.text, around[place], around[place + 2], line, place, len(texts), number, token.confidence, failed[place])
        for place, token in enumerate(tokens)
    ]


def token_table(rows: list[tuple], groups: list[int]) -> Dataset:
    """Return rows of `token_rows` as a data set."""
    names = ["token", "before", "after", "line", "place", "words", "line_number", "confidence", WRONG]
    table = pd.DataFrame(rows, columns=names)
    words = dict.fromkeys(("token", "before", "after", "line"), "str")
    kinds = {"place": np.int16, "words": np.int16, "line_number": np.int16, "confidence": np.float32, WRONG: np.int8}
    table = table.astype(words | kinds)
    return Dataset(table.drop(columns=WRONG), table[[WRONG]], np.array(groups, np.int64))


def line_table(texts: list[str], readings: list[str], images: list[bytes], groups: list[int]) -> Dataset:
    """Return lines as a data set."""
    features = pd.DataFrame({OCR: pd.Series(readings, dtype="str"), IMAGE: pd.Series(images, dtype=object)})
    return Dataset(features, pd.DataFrame({TEXT: pd.Series(texts, dtype="str")}), np.array(groups, np.int64))


def png(image: np.ndarray) -> bytes:
    """Return a grey image as the bytes of a PNG file."""
    picture = io.BytesIO()
    Image.fromarray(image).save(picture, "PNG")
    return picture.getvalue()
