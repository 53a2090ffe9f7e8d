"""The ladder of the challenge new_challenge."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from baselines.rungs import Baseline
from challenges.dataset import Dataset, Rows, as_table


@dataclass(frozen=True)
class Classifier:
    """A fitted scikit-learn classifier."""

    model: Pipeline | XGBClassifier

    def predict(self, features: Rows) -> np.ndarray:
        """Return the chance of a decay, shape (n, 1)."""
        return self.model.predict_proba(features)[:, 1:].astype(np.float64)


def fit_logistic(train: Dataset) -> Classifier:
    """Fit a logistic regression."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return Classifier(model.fit(train.features, as_table(train.targets)["label"]))


def fit_xgboost(train: Dataset) -> Classifier:
    """Fit boosted trees."""
    model = XGBClassifier(n_estimators=150, max_depth=5, learning_rate=0.1, random_state=1)
    return Classifier(model.fit(train.features, as_table(train.targets)["label"]))


LADDER = (
    Baseline("logistic", "Logistic regression", "resonance", fit_logistic),
    Baseline("xgboost", "XGBoost", "resonance", fit_xgboost),
)
