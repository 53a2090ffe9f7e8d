"""A small convolutional net that looks at the images themselves, trained twice: as a sample, and with care."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from challenges.dataset import Dataset
from challenges.exoplanet.layout import TARGET

BATCH = 32
SAMPLE_EPOCHS, TUNED_EPOCHS = 5, 20
CHANNELS = (8, 16, 32)
CELLS = 4  # on a side of what the last layer sees
AT_ONCE = 300  # images that are predicted together


@dataclass(frozen=True)
class Net:
    """A trained net."""

    layers: nn.Module

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the log-odds of planets, shape (n, 1)."""
        self.layers.eval()
        with torch.no_grad():
            parts = [self.layers(part) for part in torch.from_numpy(images)[:, None].split(AT_ONCE)]
        return torch.cat(parts).numpy().astype(np.float64)


def fit_sample(train: Dataset, *, seed: int) -> Net:
    """Train the net for five epochs with Adam, on images as they come."""
    torch.manual_seed(seed)
    layers = convolutional()
    return _fit(train, layers, torch.optim.Adam(layers.parameters(), lr=1e-3), SAMPLE_EPOCHS)


def fit_tuned(train: Dataset, *, seed: int) -> Net:
    """Train it four times as long, with AdamW and a one-cycle learning rate, on images turned and mirrored."""
    torch.manual_seed(seed)
    layers = convolutional()
    optimiser = torch.optim.AdamW(layers.parameters(), weight_decay=1e-2)
    steps = TUNED_EPOCHS * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    return _fit(train, layers, optimiser, TUNED_EPOCHS, augment=turned, step=schedule.step)


def _fit(
    train: Dataset,
    layers: nn.Module,
    optimiser: torch.optim.Optimizer,
    epochs: int,
    augment: Callable[[torch.Tensor], torch.Tensor] = lambda images: images,
    step: Callable[[], None] = lambda: None,
) -> Net:
    x = torch.from_numpy(train.features)[:, None]
    y = torch.tensor(train.targets[TARGET].to_numpy(np.float32))[:, None]
    loss = nn.BCEWithLogitsLoss()
    layers.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            loss(layers(augment(x[rows])), y[rows]).backward()
            optimiser.step()
            step()
    return Net(layers)


def turned(images: torch.Tensor) -> torch.Tensor:
    """Turn and mirror images, all in the same of the eight ways of the square, drawn at random.

    The sky has no up, and a disk that turns the other way is as likely.
    """
    way = int(torch.randint(8, ()))
    images = torch.rot90(images, way % 4, (2, 3))
    return images.flip(3) if way >= 4 else images


def convolutional() -> nn.Sequential:
    """Return three convolutions, their means over 4 x 4 cells, and one dense layer: 6,545 weights."""
    parts: list[nn.Module] = []
    for before, after in pairwise((1, *CHANNELS)):
        size, stride = (5, 2) if before == 1 else (3, 1)
        parts += [nn.Conv2d(before, after, size, stride, size // 2), nn.ReLU(), nn.MaxPool2d(2)]
    parts[-1] = nn.AdaptiveAvgPool2d(CELLS)
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(CHANNELS[-1] * CELLS**2, 1))
