"""Boosted trees on the shapes of showers."""

from dataclasses import dataclass

import numpy as np
from xgboost import XGBClassifier

from baselines.rungs import SEED
from challenges.dataset import Dataset
from challenges.particle_images.layout import CENTRE, SIDE, TARGET

NEAR_ETA, NEAR_PHI = 4, 10  # crystals on either side of the centre whose rows and columns count one by one
FAINT = 1e-4  # of the image's energy: keeps the logarithm of an empty column finite


def shapes(images: np.ndarray) -> np.ndarray:
    """Return what describes the shape of each shower.

    Parameters
    ----------
    images : ndarray, shape (n, 32, 32, 2)

    Returns
    -------
    ndarray, shape (n, 65)
        Total energy; its shares in the centre, in 3 x 3 and in 5 x 5 crystals; the number of crystals that were read;
        moments along eta and phi; the logarithms of its shares in each row and column near the centre, and in each
        pair of columns that lie opposite each other, since charges of both signs bend alike.
    """
    energy = np.clip(images[..., 0], 0, None).astype(np.float64)
    total = np.maximum(energy.sum(axis=(1, 2)), 1e-9)
    rows, columns = (energy.sum(axis=axis) / total[:, None] for axis in (2, 1))
    squares = [_square(energy, half) / total for half in (0, 1, 2)]
    hits = (energy > 0).sum(axis=(1, 2))
    near_rows = rows[:, CENTRE - NEAR_ETA : CENTRE + NEAR_ETA + 1]
    near_columns = columns[:, CENTRE - NEAR_PHI : CENTRE + NEAR_PHI + 1]
    left, right = near_columns[:, NEAR_PHI - 1 :: -1], near_columns[:, NEAR_PHI + 1 :]
    profiles = np.hstack([near_rows, near_columns, left + right, np.abs(left - right)])
    moments = [*_moments(rows), *_moments(columns)]
    return np.column_stack([total, *squares, hits, *moments, np.log(profiles + FAINT)])


def _square(energy: np.ndarray, half: int) -> np.ndarray:
    side = slice(CENTRE - half, CENTRE + half + 1)
    return energy[:, side, side].sum(axis=(1, 2))


def _moments(profile: np.ndarray) -> list[np.ndarray]:
    """Return the mean, the size of the mean, width, and third and fourth moments of shares along a line of crystals."""
    place = np.arange(SIDE) - CENTRE
    mean = profile @ place
    apart = place - mean[:, None]
    second, third, fourth = ((profile * apart**power).sum(axis=1) for power in (2, 3, 4))
    return [mean, np.abs(mean), np.sqrt(np.maximum(second, 0)), np.abs(third), fourth]


@dataclass(frozen=True)
class Trees:
    """Boosted trees that look at shower shapes."""

    fitted: XGBClassifier

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of an electron, shape (n, 1)."""
        return self.fitted.predict_proba(shapes(images))[:, 1:].astype(np.float64)


def fit_xgboost(train: Dataset) -> Trees:
    """Fit gradient-boosted trees to the shapes of the showers."""
    model = XGBClassifier(
        n_estimators=400, max_depth=4, learning_rate=0.06, subsample=0.7, colsample_bytree=0.3, random_state=SEED
    )
    return Trees(model.fit(shapes(train.features), train.targets[TARGET]))
