"""A small convolutional autoencoder of jet images, trained with torch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from baselines.quantum.quarks import normalise, quarks
from baselines.training import answers, trained
from challenges.dataset import Dataset

LATENT, EPOCHS, BATCH, RATE = 32, 12, 64, 3e-3


@dataclass(frozen=True)
class Autoencoder:
    """A trained autoencoder."""

    layers: nn.Module

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the mean squared error with which each image is rebuilt, shape (n, 1)."""
        x = _inputs(normalise(features))
        return _errors(answers(self.layers, x, at_once=1000), x)[:, None].numpy().astype(np.float64)


def fit(train: Dataset, *, seed: int) -> Autoencoder:
    """Train on quark jets, with AdamW."""
    x = _inputs(quarks(train))
    layers = trained(_layers, x, x, _loss, seed=seed, epochs=EPOCHS, batch=BATCH, rate=RATE, one_cycle=False)
    return Autoencoder(layers)


def _layers() -> nn.Sequential:
    """Return an encoder from 30 x 30 pixels by 15 x 15 and 8 x 8 to LATENT numbers, and its mirror image."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.SiLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, LATENT),
        nn.Linear(LATENT, 16 * 8 * 8),
        nn.SiLU(),
        nn.Unflatten(1, (16, 8, 8)),
        nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.ConvTranspose2d(8, 1, 4, stride=2, padding=2),
    )


def _inputs(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images.astype(np.float32))[:, None]


def _errors(rebuilt: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return ((rebuilt - x) ** 2).mean(dim=(1, 2, 3))


def _loss(rebuilt: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return _errors(rebuilt, x).mean()
