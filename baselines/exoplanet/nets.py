"""A small convolutional net that looks at the images themselves, trained twice: as a sample, and with care."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from baselines.training import Batch, answers, trained
from challenges.dataset import Dataset
from challenges.exoplanet.layout import TARGET

BATCH = 32
SAMPLE_EPOCHS, TUNED_EPOCHS = 5, 20
CHANNELS = (8, 16, 32)
CELLS = 4  # on a side of what the last layer sees


@dataclass(frozen=True)
class Net:
    """A trained net."""

    layers: nn.Module

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the log-odds of planets, shape (n, 1)."""
        return answers(self.layers, _inputs(images), at_once=300).numpy().astype(np.float64)


def fit_sample(train: Dataset, *, seed: int) -> Net:
    """Train the net for five epochs with Adam, on images as they come."""
    return _fit(train, seed=seed, epochs=SAMPLE_EPOCHS, rate=1e-3, one_cycle=False, decay=0.0)


def fit_tuned(train: Dataset, *, seed: int) -> Net:
    """Train it four times as long, with AdamW and a one-cycle learning rate, on images turned and mirrored."""
    return _fit(train, seed=seed, epochs=TUNED_EPOCHS, rate=3e-3, augment=_turned)


def _fit(train: Dataset, **settings) -> Net:
    hosts = torch.tensor(train.targets[TARGET].to_numpy(np.float32))[:, None]
    loss = nn.BCEWithLogitsLoss()
    return Net(trained(convolutional, _inputs(train.features), hosts, loss, batch=BATCH, **settings))


def _inputs(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images)[:, None]


def _turned(images: torch.Tensor, hosts: torch.Tensor) -> Batch:
    """Turn and mirror images, all in the same of the eight ways of the square, drawn at random.

    The sky has no up, and a disk that turns the other way is as likely.
    """
    way = int(torch.randint(8, ()))
    images = torch.rot90(images, way % 4, (2, 3))
    return (images.flip(3) if way >= 4 else images), hosts


def convolutional() -> nn.Sequential:
    """Return three convolutions, their means over 4 x 4 cells, and one dense layer: 6,545 weights."""
    parts: list[nn.Module] = []
    for before, after in pairwise((1, *CHANNELS)):
        size, stride = (5, 2) if before == 1 else (3, 1)
        parts += [nn.Conv2d(before, after, size, stride, size // 2), nn.ReLU(), nn.MaxPool2d(2)]
    parts[-1] = nn.AdaptiveAvgPool2d(CELLS)
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(CHANNELS[-1] * CELLS**2, 1))
