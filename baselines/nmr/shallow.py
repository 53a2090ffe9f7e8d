"""Models of echoes that are trained in seconds: linear ones and boosted trees."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from baselines.rungs import SEED, Model
from challenges.dataset import Dataset
from challenges.nmr.layout import COUPLINGS, LABEL

COMPONENTS = 30  # of noisy echoes: what the others hold is noise
TREES = {"n_estimators": 300, "max_depth": 4, "learning_rate": 0.08, "subsample": 0.8, "colsample_bytree": 0.5}


def _flat(echoes: np.ndarray) -> np.ndarray:
    return echoes.reshape(len(echoes), -1).astype(np.float64)


def _components(rows: int) -> PCA:
    return PCA(min(COMPONENTS, rows // 2), random_state=SEED)


def logarithms(train: Dataset) -> np.ndarray:
    """Return the logarithms of alpha, xi and d, shape (n, 3): what errors are counted in."""
    return np.log(train.targets[list(COUPLINGS)].to_numpy())


@dataclass(frozen=True)
class Classifier:
    """A fitted classifier of flat echoes."""

    fitted: Pipeline

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return the probability of an RKKY coupling, shape (n, 1)."""
        return self.fitted.predict_proba(_flat(echoes))[:, 1:].astype(np.float64)


def fit_logistic(train: Dataset) -> Classifier:
    """Fit logistic regression on all standardised samples."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    return Classifier(model.fit(_flat(train.features), train.targets[LABEL]))


def fit_tree_classifier(train: Dataset) -> Classifier:
    """Fit gradient-boosted trees on the principal components of the echoes."""
    model = make_pipeline(_components(len(train)), XGBClassifier(**TREES, random_state=SEED))
    return Classifier(model.fit(_flat(train.features), train.targets[LABEL]))


@dataclass(frozen=True)
class Regression:
    """Fitted regressions of flat echoes, all at once or one a target."""

    fitted: tuple[Pipeline, ...]

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return the targets, shape (n, k)."""
        return np.column_stack([model.predict(_flat(echoes)) for model in self.fitted]).astype(np.float64)


@dataclass(frozen=True)
class Exponential:
    """What a model of logarithms says of the numbers themselves."""

    fitted: Model

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return alpha, xi and d, shape (n, 3)."""
        return np.exp(self.fitted.predict(echoes))


def fit_ridge(train: Dataset) -> Exponential:
    """Fit a ridge regression on all samples, with the penalty that suits each coupling."""
    model = make_pipeline(StandardScaler(with_std=False), RidgeCV(np.logspace(-4, 3, 8), alpha_per_target=True))
    return Exponential(Regression((model.fit(_flat(train.features), logarithms(train)),)))


def fit_trees(train: Dataset) -> Exponential:
    """Fit gradient-boosted trees on the principal components of the echoes, one forest a coupling."""
    flat = _flat(train.features)
    model = make_pipeline(_components(len(train)), XGBRegressor(**TREES, random_state=SEED))
    return Exponential(Regression(tuple(clone(model).fit(flat, one) for one in logarithms(train).T)))
