"""A convolutional net that looks at whole echoes, trained with torch."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from baselines.training import Batch, answers, trained

SETTINGS = {"batch": 64, "rate": 3e-3, "decay": 2e-2}
EPOCHS = 40
POOLED = 3  # samples that are averaged before anything else: an echo is smooth, noise is not
CHANNELS = (2, 24, 32, 32)
WIDTHS = (9, 7, 5)  # what each convolution sees; it keeps every second place
HIDDEN, DROPOUT = 64, 0.3


@dataclass(frozen=True)
class Net:
    """A trained net, the mean echo and the scale of its inputs, and the shift and unit of its answers."""

    layers: nn.Module
    mean: np.ndarray
    scale: float
    shift: np.ndarray
    unit: np.ndarray

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return answers, shape (n, k): log-odds of a classification, the targets of a regression."""
        found = answers(self.layers, _inputs(echoes, self.mean, self.scale), at_once=1000)
        return self.shift + self.unit * found.numpy().astype(np.float64)


def fit_classifier(echoes: np.ndarray, labels: np.ndarray, *, noise: float, seed: int) -> Net:
    """Train a convolutional net to tell noisy echoes apart.

    Parameters
    ----------
    echoes : ndarray, shape (n, 2, 471)
    labels : ndarray, shape (n,)
        0 and 1.
    noise : float
        Standard deviation of what is added to the echoes, afresh each time: the noise they have is then not learnt by
        heart.
    seed : int
    """
    loss = nn.BCEWithLogitsLoss()
    return _fit(echoes, labels[:, None], loss, np.zeros(1), np.ones(1), noise=noise, dropout=DROPOUT, seed=seed)


def fit_regression(echoes: np.ndarray, targets: np.ndarray, *, noise: float, seed: int) -> Net:
    """Train the same net to answer numbers.

    Parameters
    ----------
    echoes : ndarray, shape (n, 2, 471)
    targets : ndarray, shape (n, k)
    noise : float
        As for `fit_classifier`.
    seed : int
    """
    shift, unit = targets.mean(axis=0), targets.std(axis=0)
    return _fit(echoes, targets, nn.MSELoss(), shift, unit, noise=noise, dropout=0.0, seed=seed)


def _fit(
    echoes: np.ndarray,
    targets: np.ndarray,
    loss: nn.Module,
    shift: np.ndarray,
    unit: np.ndarray,
    *,
    noise: float,
    dropout: float,
    seed: int,
) -> Net:
    mean = echoes.mean(axis=0)
    scale = float((echoes - mean).std()) + 1e-6
    layers = trained(
        partial(_convolutional, echoes.shape[2], targets.shape[1], dropout),
        _inputs(echoes, mean, scale),
        torch.tensor((targets - shift) / unit, dtype=torch.float32),
        loss,
        seed=seed,
        epochs=EPOCHS,
        augment=partial(_noisy, noise=noise / scale),
        **SETTINGS,
    )
    return Net(layers, mean, scale, shift, unit)


def _noisy(x: torch.Tensor, y: torch.Tensor, *, noise: float) -> Batch:
    return x + noise * torch.randn(x.shape), y


def _inputs(echoes: np.ndarray, mean: np.ndarray, scale: float) -> torch.Tensor:
    return torch.from_numpy(((echoes - mean) / scale).astype(np.float32))


def _convolutional(samples: int, answers: int, dropout: float) -> nn.Sequential:
    parts: list[nn.Module] = [nn.AvgPool1d(POOLED)]
    samples //= POOLED
    for (before, after), width in zip(pairwise(CHANNELS), WIDTHS, strict=True):
        convolution = nn.Conv1d(before, after, width, stride=2, padding=width // 2, bias=False)
        parts += [convolution, nn.BatchNorm1d(after), nn.SiLU()]
        samples = -(-samples // 2)
    parts += [nn.Flatten(), nn.Dropout(dropout), nn.Linear(CHANNELS[-1] * samples, HIDDEN), nn.SiLU()]
    return nn.Sequential(*parts, nn.Dropout(dropout), nn.Linear(HIDDEN, answers))
