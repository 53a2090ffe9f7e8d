"""Spin-echo baselines: linear models, boosted trees, nets, and the simulator itself, asked by Bayes' theorem."""

from functools import partial

from baselines.nmr.likelihood import fit_likelihood_ratio, fit_posterior_mean
from baselines.nmr.shallow import Exponential, fit_logistic, fit_ridge, fit_tree_classifier, fit_trees, logarithms
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset, as_array
from challenges.nmr.layout import GAUSS, LABEL, NOISE, RKKY


def fit_cnn(train: Dataset) -> Model:
    """Fit a convolutional net; torch is imported only here."""
    from baselines.nmr.nets import fit_classifier

    return fit_classifier(as_array(train.features), train.targets[LABEL].to_numpy(), noise=NOISE, seed=SEED)


def fit_cnn_regression(train: Dataset) -> Model:
    """Fit a convolutional net to logarithms; torch is imported only here."""
    from baselines.nmr.nets import fit_regression

    return Exponential(fit_regression(as_array(train.features), logarithms(train), noise=NOISE, seed=SEED))


LADDER = (
    Baseline("logistic", "Logistic regression", "interaction", fit_logistic),
    Baseline("xgboost", "Principal components, XGBoost", "interaction", fit_tree_classifier),
    Baseline("cnn", "Convolutional net", "interaction", fit_cnn, slow=True),
    Baseline("likelihood", "Likelihood ratio by the simulator", "interaction", fit_likelihood_ratio, slow=True),
    *(
        Baseline(name, title, track, fit, slow=slow)
        for track in (GAUSS, RKKY)
        for name, title, fit, slow in (
            ("ridge", "Ridge regression", fit_ridge, False),
            ("xgboost", "Principal components, XGBoost", fit_trees, False),
            ("cnn", "Convolutional net", fit_cnn_regression, True),
            ("posterior", "Posterior mean by the simulator", partial(fit_posterior_mean, form=track), True),
        )
    ),
)
