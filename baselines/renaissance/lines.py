"""What was written, if this is what an OCR read: its own text, and that text corrected."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from baselines.renaissance.channel import Corrector
from baselines.renaissance.language import source_text
from challenges.dataset import Dataset
from challenges.renaissance.layout import OCR, TEXT
from challenges.renaissance.spelling import as_written, in_type


@dataclass(frozen=True)
class AsRead:
    """The OCR's text as it is."""

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the readings, shape (n, 1), texts."""
        return features[[OCR]].to_numpy(str)


def fit_as_read(train: Dataset) -> AsRead:
    """Take the OCR's text: there is nothing to fit."""
    return AsRead()


class NoisyChannel:
    """The most probable print behind each reading: the channel knows letters as a printer sets them."""

    def __init__(self, train: Dataset, *more: str) -> None:
        prints = [in_type(text) for text in (*train.targets[TEXT], *more)]
        self.corrector = Corrector(prints[: len(train)], train.features[OCR].tolist(), *prints[len(train) :])

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the corrected texts, shape (n, 1)."""
        return np.array([[as_written(self.corrector.correct(reading))] for reading in features[OCR]], dtype=str)


def fit_knowing_the_source(train: Dataset) -> NoisyChannel:
    """Fit a noisy channel whose language also knows the text that comes with the challenge."""
    return NoisyChannel(train, source_text())
