"""A deep net for Higgs: fully connected layers on standardised features, trained with torch."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import nn

from baselines.training import answers, trained
from challenges.dataset import Dataset

WIDTH, DEPTH, EPOCHS, BATCH = 256, 4, 30, 256


@dataclass(frozen=True)
class Net:
    """A trained net with the shift and scale of its inputs."""

    layers: nn.Module
    mean: np.ndarray
    scale: np.ndarray

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of signal, shape (n, 1)."""
        x = _standardised(features, self.mean, self.scale)
        return answers(self.layers, x, at_once=len(x)).numpy().astype(np.float64)


def fit(train: Dataset, *, seed: int) -> Net:
    """Train the net with AdamW and a one-cycle learning rate; dropout keeps it from learning 20,000 events by heart."""
    values = train.features.to_numpy(np.float32)
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    x = _standardised(train.features, mean, scale)
    y = torch.tensor(train.targets["label"].to_numpy(np.float32))[:, None]
    make, loss = partial(_layers, x.shape[1]), nn.BCEWithLogitsLoss()
    layers = trained(make, x, y, loss, seed=seed, epochs=EPOCHS, batch=BATCH, rate=2e-3)
    return Net(layers, mean, scale)


def _layers(n_features: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for inputs in (n_features, *[WIDTH] * (DEPTH - 1)):
        parts += [nn.Linear(inputs, WIDTH), nn.BatchNorm1d(WIDTH), nn.SiLU(), nn.Dropout(0.2)]
    return nn.Sequential(*parts, nn.Linear(WIDTH, 1))


def _standardised(features: pd.DataFrame, mean: np.ndarray, scale: np.ndarray) -> torch.Tensor:
    return torch.from_numpy((features.to_numpy(np.float32) - mean) / scale)
