"""Boosted trees on what an astronomer measures."""

from dataclasses import dataclass

import numpy as np
from xgboost import XGBClassifier

from baselines.exoplanet.features import features
from baselines.rungs import SEED
from challenges.dataset import Dataset
from challenges.exoplanet.layout import TARGET


@dataclass(frozen=True)
class Trees:
    """Boosted trees that look at a disk turned face on."""

    fitted: XGBClassifier

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of planets, shape (n, 1)."""
        return self.fitted.predict_proba(features(images))[:, 1:].astype(np.float64)


def fit_table(table: np.ndarray, hosts: np.ndarray) -> XGBClassifier:
    """Fit boosted trees to features, shape (n, k), and labels."""
    model = XGBClassifier(
        n_estimators=400,
        max_depth=4,
        learning_rate=0.06,
        subsample=0.7,
        colsample_bytree=0.3,
        min_child_weight=5,
        random_state=SEED,
    )
    return model.fit(table, hosts)


def fit_xgboost(train: Dataset) -> Trees:
    """Fit gradient-boosted trees to profiles, gaps, rings and what they leave."""
    return Trees(fit_table(features(train.features), train.targets[TARGET].to_numpy()))
