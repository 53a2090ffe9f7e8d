"""Which words an OCR got wrong: boosted trees that hear what simpler models say of each word."""

from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold
from xgboost import XGBClassifier

from baselines.renaissance.language import Language, source_text
from baselines.renaissance.words import LettersAndCompany
from baselines.rungs import SEED
from challenges.dataset import Dataset
from challenges.renaissance.layout import WRONG
from challenges.renaissance.spelling import in_type

FOLDS = 4  # parts of the training pages, each heard by models that learned from the others
TREES = {"n_estimators": 400, "max_depth": 4, "learning_rate": 0.05, "subsample": 0.8, "colsample_bytree": 0.5}


class Opinions:
    """What is said of a word by a logistic regression, and by the languages of right and of wrong words."""

    def __init__(self, train: Dataset) -> None:
        self.company = LettersAndCompany(train)
        wrong = train.targets[WRONG].to_numpy()
        self.languages = [Language(_small(train.features["token"][wrong == kind])) for kind in (0, 1)]

    def of(self, features: pd.DataFrame) -> np.ndarray:
        """Return numbers for each word, shape (n, 7)."""
        return np.hstack([self.company.predict(features), *(surprises(one, features) for one in self.languages)])


class Hearing:
    """Boosted trees on opinions of the word and on its shape, and on how strange it is to further languages."""

    def __init__(self, train: Dataset, *known: Language) -> None:
        self.known = known
        heard: np.ndarray = np.empty((len(train), 7))
        folds = GroupKFold(min(FOLDS, len(np.unique(train.groups))))
        for others, part in folds.split(heard, groups=train.groups):
            heard[part] = Opinions(train.take(others)).of(train.features.iloc[part])
        self.opinions = Opinions(train)
        self.trees = XGBClassifier(**TREES, n_jobs=1, random_state=SEED)
        self.trees.fit(self.described(train.features, heard), train.targets[WRONG])

    def described(self, features: pd.DataFrame, heard: np.ndarray) -> np.ndarray:
        """Return what the trees see of each word."""
        known = [surprises(one, features) for one in self.known]
        return np.hstack([heard, self.opinions.company.shapes(features), *known])

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability that each word is wrong, shape (n, 1)."""
        return self.trees.predict_proba(self.described(features, self.opinions.of(features)))[:, 1:].astype(np.float64)


def fit_hearing_the_source(train: Dataset) -> Hearing:
    """Fit trees that know the text which comes with the challenge."""
    return Hearing(train, _source_language())


@cache
def _source_language() -> Language:
    return Language(_small(in_type(source_text()).split()))


def surprises(language: Language, features: pd.DataFrame) -> np.ndarray:
    """Return how probable a language finds each word: in all, by letter, and where least, shape (n, 3)."""
    kinds, which = np.unique(_small(features["token"]), return_inverse=True)
    chances = [language.log_probabilities(word) for word in kinds.tolist()]
    return np.array([[sum(one), sum(one) / len(one), min(one)] for one in chances])[which]


def _small(words: Iterable[str]) -> list[str]:
    return [word.lower() for word in words]
