"""Boosted trees on a ring's ripples."""

from dataclasses import dataclass

import numpy as np
from xgboost import XGBClassifier

from baselines.lensing.rings import ripples
from baselines.rungs import SEED
from challenges.dataset import Dataset
from challenges.lensing.layout import TARGET


@dataclass(frozen=True)
class Trees:
    """Boosted trees that look at ripples."""

    fitted: XGBClassifier

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, shape (n, 3)."""
        return self.fitted.predict_proba(ripples(images)).astype(np.float64)


def fit_xgboost(train: Dataset) -> Trees:
    """Fit gradient-boosted trees to the ripples of the rings."""
    model = XGBClassifier(
        n_estimators=400, max_depth=4, learning_rate=0.06, subsample=0.7, colsample_bytree=0.4, random_state=SEED
    )
    return Trees(model.fit(ripples(train.features), train.targets[TARGET]))
