"""Nets that look at whole echoes, trained with torch: a convolutional one for noisy, a dense one for exact echoes."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from baselines.training import Batch, answers, trained

SETTINGS = {"batch": 64, "rate": 3e-3, "decay": 2e-2}
EPOCHS = {"convolutional": 40, "dense": 150}
POOLED = 3  # samples that are averaged before anything else: an echo is smooth, noise is not
CHANNELS = (2, 24, 32, 32)
WIDTHS = (9, 7, 5)  # what each convolution sees; it keeps every second place
HIDDEN, DROPOUT = 64, 0.3
DENSE = (256, 64)


@dataclass(frozen=True)
class Net:
    """A trained net, the mean echo and the scale of its inputs, and the shift and unit of its answers."""

    layers: nn.Module
    mean: np.ndarray
    scale: np.ndarray | float
    shift: np.ndarray
    unit: np.ndarray

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return answers, shape (n, k): the targets of a regression, the log-odds of a classification."""
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
    mean = echoes.mean(axis=0)
    scale = float((echoes - mean).std()) + 1e-6
    layers = trained(
        partial(_convolutional, echoes.shape[2]),
        _inputs(echoes, mean, scale),
        torch.tensor(labels, dtype=torch.float32)[:, None],
        nn.BCEWithLogitsLoss(),
        seed=seed,
        epochs=EPOCHS["convolutional"],
        augment=partial(_noisy, noise=noise / scale),
        **SETTINGS,
    )
    return Net(layers, mean, scale, np.zeros(1), np.ones(1))


def fit_regression(echoes: np.ndarray, targets: np.ndarray, *, seed: int) -> Net:
    """Train a dense net to answer numbers, on samples that are standardised one by one.

    Parameters
    ----------
    echoes : ndarray, shape (n, 2, 471)
    targets : ndarray, shape (n, k)
    seed : int
    """
    mean, scale = echoes.mean(axis=0, dtype=np.float64), echoes.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1
    shift, unit = targets.mean(axis=0), targets.std(axis=0)
    layers = trained(
        partial(_dense, echoes[0].size, targets.shape[1]),
        _inputs(echoes, mean, scale),
        torch.tensor((targets - shift) / unit, dtype=torch.float32),
        nn.MSELoss(),
        seed=seed,
        epochs=EPOCHS["dense"],
        # Noise of no size is drawn all the same: without it rows would come in another order, and answers differ.
        augment=partial(_noisy, noise=0.0),
        **SETTINGS,
    )
    return Net(layers, mean, scale, shift, unit)


def _noisy(x: torch.Tensor, y: torch.Tensor, *, noise: float) -> Batch:
    return x + noise * torch.randn(x.shape), y


def _inputs(echoes: np.ndarray, mean: np.ndarray, scale: np.ndarray | float) -> torch.Tensor:
    return torch.from_numpy(((echoes - mean) / scale).astype(np.float32))


def _convolutional(samples: int) -> nn.Sequential:
    parts: list[nn.Module] = [nn.AvgPool1d(POOLED)]
    samples //= POOLED
    for (before, after), width in zip(pairwise(CHANNELS), WIDTHS, strict=True):
        convolution = nn.Conv1d(before, after, width, stride=2, padding=width // 2, bias=False)
        parts += [convolution, nn.BatchNorm1d(after), nn.SiLU()]
        samples = -(-samples // 2)
    parts += [nn.Flatten(), nn.Dropout(DROPOUT), nn.Linear(CHANNELS[-1] * samples, HIDDEN), nn.SiLU()]
    return nn.Sequential(*parts, nn.Dropout(DROPOUT), nn.Linear(HIDDEN, 1))


def _dense(inputs: int, answers: int) -> nn.Sequential:
    parts: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise((inputs, *DENSE)):
        parts += [nn.Linear(before, after), nn.SiLU()]
    return nn.Sequential(*parts, nn.Linear(DENSE[-1], answers))
