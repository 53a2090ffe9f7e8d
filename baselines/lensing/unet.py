"""A small U-Net that sharpens images, trained with torch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from baselines.lensing.rings import brightness
from baselines.training import Batch, answers, trained
from challenges.dataset import Dataset

EPOCHS, BATCH = 25, 16
CHANNELS = (16, 32, 64)


class UNet(nn.Module):
    """A way down to a quarter of the resolution, and back up past what was seen on the way.

    References
    ----------
    O. Ronneberger, P. Fischer and T. Brox, arXiv:1505.04597: the shape. W. Shi et al., arXiv:1609.05158: the last
    step, which makes four new pixels of four channels.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.top, self.middle, self.bottom = _pair(1, first), _pair(first, second), _pair(second, third)
        self.middle_up, self.top_up = _pair(third + second, second), _pair(second + first, first)
        self.last = nn.Sequential(nn.Conv2d(first, 4, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return images of twice the side, shape (n, 1, 2 height, 2 width)."""
        top = self.top(x)
        middle = self.middle(functional.max_pool2d(top, 2))
        bottom = self.bottom(functional.max_pool2d(middle, 2))
        middle = self.middle_up(torch.cat([_doubled(bottom), middle], dim=1))
        return self.last(self.top_up(torch.cat([_doubled(middle), top], dim=1)))


def _pair(before: int, after: int) -> nn.Sequential:
    layers = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def _doubled(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


@dataclass(frozen=True)
class Net:
    """A trained net."""

    layers: nn.Module

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return images of twice the side, float32, shape (n, 128, 128)."""
        return answers(self.layers, _inputs(images), at_once=50)[:, 0].clamp(0, 1).numpy()


def fit(train: Dataset, *, seed: int) -> Net:
    """Train the net for the squared error with AdamW and a one-cycle learning rate, on images mirrored and turned."""
    layers = trained(
        lambda: UNet().to(memory_format=torch.channels_last),
        _inputs(train.features),
        torch.from_numpy(train.targets)[:, None],
        functional.mse_loss,
        seed=seed,
        epochs=EPOCHS,
        batch=BATCH,
        rate=5e-3,
        decay=1e-4,
        augment=_turned,
    )
    return Net(layers)


def _inputs(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(brightness(images).astype(np.float32))[:, None]


def _turned(x: torch.Tensor, y: torch.Tensor) -> Batch:
    """Show a batch in one of the eight ways in which a square can lie, both resolutions in the same."""
    quarter_turns, mirrored = int(torch.randint(4, ())), bool(torch.randint(2, ()))
    x, y = (torch.rot90(part, quarter_turns, (2, 3)) for part in (x, y))
    return (x.flip(3), y.flip(3)) if mirrored else (x, y)
