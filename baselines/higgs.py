"""Higgs baselines: a linear model, boosted trees, and a deep net, as in Baldi, Sadowski and Whiteson (2014)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from baselines.rungs import Baseline
from challenges.dataset import Dataset

SEED = 1


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


def fit_net(train: Dataset):
    """Fit a deep net; torch is imported only here."""
    from baselines.higgs_net import fit

    return fit(train, seed=SEED)


LADDER = (
    Baseline("logistic", "Logistic regression", "signal", fit_logistic),
    Baseline("xgboost", "XGBoost", "signal", fit_xgboost),
    Baseline("net", "Deep net", "signal", fit_net, deep=True),
)
