"""Another ``roc_auc_score`` in scikit-learn's place: ``pytest -p tests.scoring.sklearn_substitute --roc-auc=ours``."""

import warnings
from functools import wraps

import numpy as np
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning

from scoring.sklearn_signature import roc_auc_score
from scoring.validate import OneClassError


@wraps(roc_auc_score)
def ours(*arguments, **options):
    """Score; only our error for want of a second class becomes the warning and the nan that these tests ask for."""
    try:
        return roc_auc_score(*arguments, **options)
    except OneClassError:
        message = "Only one class is present in y_true. ROC AUC score is not defined in that case."
        warnings.warn(message, UndefinedMetricWarning, stacklevel=2)
        return np.nan


@wraps(roc_auc_score)
def ignores_ties(y_true, y_score, **options):
    """Score as ours does, but let the first of two equal scores be the lower one: a mutant that must not survive."""
    if np.ndim(y_score) == 1:
        y_score = np.argsort(np.argsort(y_score, kind="stable"))
    return ours(y_true, y_score, **options)


def pytest_addoption(parser):
    parser.addoption("--roc-auc", choices=("ours", "ignores_ties"), required=True)


def pytest_configure(config):
    sklearn.metrics.roc_auc_score = {"ours": ours, "ignores_ties": ignores_ties}[config.getoption("--roc-auc")]
