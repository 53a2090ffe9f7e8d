"""Which words an OCR got wrong: by its own doubt, by letters, by company."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from challenges.dataset import Dataset
from challenges.renaissance.layout import WRONG

STRENGTH = 0.5  # the inverse of the regularisation
STEPS = 2000


@dataclass(frozen=True)
class Doubt:
    """The OCR's own confidence, turned round."""

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return 100 minus the confidence, shape (n, 1)."""
        return 100.0 - features[["confidence"]].to_numpy(np.float64)


def fit_doubt(train: Dataset) -> Doubt:
    """Believe the OCR: there is nothing to fit."""
    return Doubt()


class Letters:
    """Logistic regression on sequences of one to four characters of the word."""

    def __init__(self, train: Dataset) -> None:
        self.sequences = CountVectorizer(analyzer="char_wb", ngram_range=(1, 4), binary=True, min_df=2, lowercase=False)
        self.sequences.fit(train.features["token"])
        self.model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
        self.model.fit(self.described(train.features), train.targets[WRONG])

    def described(self, features: pd.DataFrame) -> csr_matrix:
        """Return what the model sees of each word."""
        return self.sequences.transform(features["token"])

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability that each word is wrong, shape (n, 1)."""
        return self.model.predict_proba(self.described(features))[:, 1:]


class LettersAndCompany(Letters):
    """The same, with the word's shape, its place, its neighbours, and the OCR's confidence."""

    def __init__(self, train: Dataset) -> None:
        self.scale = StandardScaler().fit(self.shapes(train.features))
        super().__init__(train)

    def described(self, features: pd.DataFrame) -> csr_matrix:
        """Return what the model sees of each word."""
        shapes = csr_matrix(self.scale.transform(self.shapes(features)))
        return hstack([super().described(features), shapes]).tocsr()

    def shapes(self, features: pd.DataFrame) -> np.ndarray:
        """Return numbers that describe each word and its company, shape (n, 13)."""
        token, before, after = (features[name].astype(str) for name in ("token", "before", "after"))
        doubt = 100.0 - features["confidence"].to_numpy(np.float64)
        letters = token.str.len().to_numpy(np.float64)
        columns = [
            doubt,
            np.log1p(doubt),
            letters,
            letters == 1,
            token.str.contains(r"\d"),
            token.str.contains(r"\w[^\w\s]+\w"),
            token.str.count("[A-Z]") / letters,
            token.str.count("ſ"),
            features["place"] == 0,
            features["place"] == features["words"] - 1,
            features["words"],
            before.str.len(),
            after.str.len(),
        ]
        return np.column_stack([np.asarray(column, np.float64) for column in columns])
