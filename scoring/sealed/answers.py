"""True answers as a table that can be written as text: numbers and texts as they are, an image as one word."""

import base64
from collections.abc import Sequence

import numpy as np
import pandas as pd

from challenges.dataset import Rows
from scoring.predictions.texts import composed
from scoring.validate import LengthError, ScoringError


class EncodedImageError(ScoringError):
    """A word that does not hold an image."""


def answers_table(targets: Rows, names: Sequence[str]) -> pd.DataFrame:
    """Return the answers of a track as a table; texts are composed as those of prediction files are.

    Parameters
    ----------
    targets : DataFrame, shape (n, t), or ndarray, shape (n, height, width)
    names : sequence of str
        The columns that are asked for, or the name that images get.

    Raises
    ------
    LengthError
        If an array does not hold images, or several names came for it.

    Examples
    --------
    >>> answers_table(np.zeros((1, 1, 2), np.float32), ["y"])["y"][0]
    '1x2:AAAAAAAAAAA='
    """
    if isinstance(targets, pd.DataFrame):
        return pd.DataFrame({name: composed_texts(targets[name]) for name in names})
    if targets.ndim != 3 or len(names) != 1:
        raise LengthError(f"images need shape (n, height, width) and one name, got {targets.shape} and {list(names)}")
    height, width = targets.shape[1:]
    words = [base64.b64encode(image.tobytes()).decode("ascii") for image in targets.astype("<f4", order="C")]
    return pd.DataFrame({names[0]: [f"{height}x{width}:{word}" for word in words]}, dtype=str)


def composed_texts(answers: pd.Series) -> pd.Series:
    """Return a column of answers with its texts, if it holds such, as `scoring.predictions` reads them."""
    if pd.api.types.is_numeric_dtype(answers):
        return answers
    return answers.map(composed, na_action="ignore").astype(answers.dtype)


def images_of(words: Sequence[str]) -> np.ndarray:
    """Return the images, float32 of shape (n, height, width), that `answers_table` made words of.

    Raises
    ------
    EncodedImageError
        If a word holds no image, or they differ in shape.

    Examples
    --------
    >>> images_of(["1x2:AAAAAAAAgD8="]).tolist()
    [[[0.0, 1.0]]]
    """
    try:
        shapes = {word.partition(":")[0] for word in words}
        shape = [int(number) for number in shapes.pop().split("x")]
        if shapes:
            raise ValueError(f"images of other shapes: {sorted(shapes)}")
        pixels = b"".join(base64.b64decode(word.partition(":")[2], validate=True) for word in words)
        return np.frombuffer(pixels, "<f4").reshape(len(words), *shape)
    except ValueError as error:
        raise EncodedImageError(
            f"expected images as HEIGHTxWIDTH:base64 of float32, all of one shape ({error})"
        ) from None
