"""Particle image baselines: boosted trees on shower shapes, and a convolutional net."""

from baselines.particle_images.trees import fit_xgboost
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset


def fit_cnn(train: Dataset) -> Model:
    """Fit a convolutional net; torch is imported only here."""
    from baselines.particle_images.nets import fit

    return fit(train, seed=SEED)


LADDER = (
    Baseline("shapes_xgboost", "Shower shapes, XGBoost", "electron_photon", fit_xgboost),
    Baseline("cnn", "Convolutional net", "electron_photon", fit_cnn, slow=True),
)
