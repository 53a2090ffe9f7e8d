"""Higgs baselines: a linear model, a deep net, boosted trees, and trees that know how masses are computed."""

from baselines.higgs import masses
from baselines.higgs.shallow import fit_logistic, fit_xgboost
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset


def fit_net(train: Dataset) -> Model:
    """Fit a deep net; torch is imported only here."""
    from baselines.higgs.net import fit

    return fit(train, seed=SEED)


LADDER = (
    Baseline("logistic", "Logistic regression", "signal", fit_logistic),
    Baseline("net", "Deep net", "signal", fit_net, slow=True),
    Baseline("xgboost", "XGBoost", "signal", fit_xgboost),
    Baseline("masses", "XGBoost on masses of all pairs", "signal", masses.fit),
)
