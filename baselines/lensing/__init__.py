"""Lensing baselines: trees on a ring's ripples, nets that see it straightened; interpolation, a filter, a U-Net."""

from baselines.lensing.filters import Bicubic, fit_filter
from baselines.lensing.trees import fit_xgboost
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset
from challenges.lensing.layout import SUBSTRUCTURE, SUPER_RESOLUTION


def fit_cnn(train: Dataset) -> Model:
    """Fit a convolutional net to the straightened rings; torch is imported only here."""
    from baselines.lensing.nets import convolutional, fit

    return fit(train, convolutional, seed=SEED)


def fit_residual(train: Dataset) -> Model:
    """Fit a residual net to the straightened rings; torch is imported only here."""
    from baselines.lensing.nets import fit, residual

    return fit(train, residual, seed=SEED)


def fit_unet(train: Dataset) -> Model:
    """Fit a U-Net; torch is imported only here."""
    from baselines.lensing.unet import fit

    return fit(train, seed=SEED)


LADDER = (
    Baseline("ripples_xgboost", "Ripples of the ring, XGBoost", SUBSTRUCTURE, fit_xgboost),
    Baseline("cnn", "Convolutional net on the straightened ring", SUBSTRUCTURE, fit_cnn, slow=True),
    Baseline("residual", "Residual net on the straightened ring", SUBSTRUCTURE, fit_residual, slow=True),
    Baseline("bicubic", "Bicubic interpolation", SUPER_RESOLUTION, lambda train: Bicubic()),
    Baseline("filter", "Linear filter, learned", SUPER_RESOLUTION, fit_filter),
    Baseline("unet", "Small U-Net", SUPER_RESOLUTION, fit_unet, slow=True),
)
