"""Spin-echo baselines: linear models, boosted trees, nets, and a ridge that knows what decay is."""

from baselines.nmr.shallow import couplings, fit_decay_rate, fit_logistic, fit_ridge, fit_tree_classifier, fit_trees
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset
from challenges.nmr.layout import GAUSS, LABEL, NOISE, RKKY


def fit_cnn(train: Dataset) -> Model:
    """Fit a convolutional net; torch is imported only here."""
    from baselines.nmr.nets import fit_classifier

    return fit_classifier(train.features, train.targets[LABEL].to_numpy(), noise=NOISE, seed=SEED)


def fit_dense(train: Dataset) -> Model:
    """Fit a dense net; torch is imported only here."""
    from baselines.nmr.nets import fit_regression

    return fit_regression(train.features, couplings(train), seed=SEED)


LADDER = (
    Baseline("logistic", "Logistic regression", "interaction", fit_logistic),
    Baseline("xgboost", "Principal components, XGBoost", "interaction", fit_tree_classifier),
    Baseline("cnn", "Convolutional net", "interaction", fit_cnn, deep=True),
    *(
        Baseline(name, title, track, fit, deep=deep)
        for track in (GAUSS, RKKY)
        for name, title, fit, deep in (
            ("xgboost", "XGBoost", fit_trees, False),
            ("ridge", "Ridge regression", fit_ridge, False),
            ("dense", "Dense net", fit_dense, True),
            ("decay_rate", "Ridge regression on the decay rate", fit_decay_rate, False),
        )
    ),
)
