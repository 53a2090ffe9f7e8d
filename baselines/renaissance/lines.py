"""What was written, if this is what an OCR read: its own text, and that text corrected."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from baselines.renaissance.channel import Corrector
from challenges.dataset import Dataset
from challenges.renaissance.layout import OCR, TEXT


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
    """The most probable text behind each reading."""

    def __init__(self, train: Dataset) -> None:
        self.corrector = Corrector(train.targets[TEXT].tolist(), train.features[OCR].tolist())

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the corrected texts, shape (n, 1)."""
        return np.array([[self.corrector.correct(reading)] for reading in features[OCR]], dtype=str)
