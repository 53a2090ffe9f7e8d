"""A linear model and boosted trees on all features, trained in seconds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from baselines.rungs import SEED
from challenges.dataset import Dataset


@dataclass(frozen=True)
class Classifier:
    """A fitted scikit-learn style classifier that answers with the probability of class 1."""

    fitted: Pipeline | XGBClassifier

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability of signal, shape (n, 1)."""
        return self.fitted.predict_proba(features)[:, 1:].astype(np.float64)


def fit_logistic(train: Dataset) -> Classifier:
    """Fit logistic regression on all 28 standardised features."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return Classifier(model.fit(train.features, train.targets["label"]))


def fit_xgboost(train: Dataset) -> Classifier:
    """Fit gradient-boosted trees on all 28 features."""
    model = XGBClassifier(
        n_estimators=300, max_depth=6, learning_rate=0.08, subsample=0.8, colsample_bytree=0.8, random_state=SEED
    )
    return Classifier(model.fit(train.features, train.targets["label"]))
