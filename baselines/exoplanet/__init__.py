"""Disk baselines: a convolutional net, trained twice, and boosted trees on what an astronomer measures."""

from baselines.exoplanet.trees import fit_xgboost
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset


def fit_sample_cnn(train: Dataset) -> Model:
    """Fit the small net for five epochs, as samples do; torch is imported only here."""
    from baselines.exoplanet.nets import fit_sample

    return fit_sample(train, seed=SEED)


def fit_tuned_cnn(train: Dataset) -> Model:
    """Fit the same net with care; torch is imported only here."""
    from baselines.exoplanet.nets import fit_tuned

    return fit_tuned(train, seed=SEED)


LADDER = (
    Baseline("sample_cnn", "Small CNN, five epochs", "planets", fit_sample_cnn, slow=True),
    Baseline("tuned_cnn", "The same CNN, tuned: longer, turned, mirrored", "planets", fit_tuned_cnn, slow=True),
    Baseline("disk_xgboost", "Disk features, XGBoost", "planets", fit_xgboost),
)
