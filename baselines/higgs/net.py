"""A deep net for Higgs: fully connected layers on standardised features, trained with torch."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

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
        self.layers.eval()
        with torch.no_grad():
            return self.layers(_standardised(features, self.mean, self.scale)).numpy().astype(np.float64)


def fit(train: Dataset, *, seed: int) -> Net:
    """Train the net with AdamW and a one-cycle learning rate; dropout keeps it from learning 20,000 events by heart."""
    torch.manual_seed(seed)
    values = train.features.to_numpy(np.float32)
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    x = _standardised(train.features, mean, scale)
    y = torch.tensor(train.targets["label"].to_numpy(np.float32))[:, None]
    layers = _layers(x.shape[1])
    optimiser = torch.optim.AdamW(layers.parameters(), weight_decay=1e-2)
    n_batches = -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=2e-3, total_steps=EPOCHS * n_batches)
    loss = nn.BCEWithLogitsLoss()
    layers.train()
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            loss(layers(x[rows]), y[rows]).backward()
            optimiser.step()
            schedule.step()
    return Net(layers, mean, scale)


def _layers(n_features: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for inputs in (n_features, *[WIDTH] * (DEPTH - 1)):
        parts += [nn.Linear(inputs, WIDTH), nn.BatchNorm1d(WIDTH), nn.SiLU(), nn.Dropout(0.2)]
    return nn.Sequential(*parts, nn.Linear(WIDTH, 1))


def _standardised(features: pd.DataFrame, mean: np.ndarray, scale: np.ndarray) -> torch.Tensor:
    return torch.from_numpy((features.to_numpy(np.float32) - mean) / scale)
