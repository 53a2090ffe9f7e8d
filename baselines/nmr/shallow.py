"""Models of echoes that are trained in seconds: linear ones, boosted trees, and a ridge that knows what decay is."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from baselines.rungs import SEED
from challenges.dataset import Dataset
from challenges.nmr.layout import COUPLINGS, LABEL

COMPONENTS = 40  # of noisy echoes
TREES = {"n_estimators": 300, "max_depth": 4, "learning_rate": 0.08, "subsample": 0.8, "random_state": SEED}
EVERY = 3  # trees look at every third sample: neighbours tell much the same
FASTEST = 6  # of the decay exponents d


def _flat(echoes: np.ndarray) -> np.ndarray:
    return echoes.reshape(len(echoes), -1).astype(np.float64)


def couplings(train: Dataset) -> np.ndarray:
    """Return alpha, xi and d, shape (n, 3)."""
    return train.targets[list(COUPLINGS)].to_numpy()


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
    components = PCA(min(COMPONENTS, len(train) // 2), random_state=SEED)
    model = make_pipeline(components, XGBClassifier(**TREES, colsample_bytree=0.5))
    return Classifier(model.fit(_flat(train.features), train.targets[LABEL]))


@dataclass(frozen=True)
class Linear:
    """A linear model of the three couplings."""

    fitted: Pipeline

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return alpha, xi and d, shape (n, 3)."""
        return self.fitted.predict(_flat(echoes))


def fit_ridge(train: Dataset) -> Linear:
    """Fit a ridge regression to alpha, xi and d, each with the penalty that suits it."""
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-7, 2, 10), alpha_per_target=True))
    return Linear(model.fit(_flat(train.features), couplings(train)))


@dataclass(frozen=True)
class Trees:
    """One forest of boosted trees a coupling."""

    fitted: tuple[XGBRegressor, ...]

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return alpha, xi and d, shape (n, 3)."""
        flat = _flat(echoes)[:, ::EVERY]
        return np.column_stack([model.predict(flat) for model in self.fitted]).astype(np.float64)


def fit_trees(train: Dataset) -> Trees:
    """Fit gradient-boosted trees to alpha, xi and d, one after the other."""
    flat = _flat(train.features)[:, ::EVERY]
    return Trees(tuple(XGBRegressor(**TREES, colsample_bytree=0.3).fit(flat, one) for one in couplings(train).T))


@dataclass(frozen=True)
class DecayRate:
    """A linear model of alpha, xi and of the rate of decay, and what d is at each rate."""

    fitted: Pipeline
    exponent: IsotonicRegression

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return alpha, xi and d, shape (n, 3)."""
        alpha, xi, rate = self.fitted.predict(_flat(echoes)).T
        return np.column_stack([alpha, xi, self.exponent.predict(rate)])


def fit_decay_rate(train: Dataset) -> DecayRate:
    """Fit a ridge regression to alpha, xi and 10^-d.

    An echo is linear in the rate at which it decays, not in its logarithm. Which d each predicted rate means on
    average is learnt from training rows that a fold of the ridge has not seen.
    """
    flat, true = _flat(train.features), couplings(train)
    wanted = np.column_stack([true[:, :2], 10 ** (FASTEST - true[:, 2])])
    # Hardly any penalty: what decay changes is a ten-thousandth of what couplings do, but it is exact.
    model = make_pipeline(StandardScaler(), Ridge(1e-9, solver="svd"))
    rate = cross_val_predict(model, flat, wanted, cv=5)[:, 2]
    exponent = IsotonicRegression(increasing=False, out_of_bounds="clip").fit(rate, true[:, 2])
    return DecayRate(model.fit(flat, wanted), exponent)
