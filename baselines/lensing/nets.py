"""Nets that tell substructure from the straightened ring, trained with torch: a plain and a residual one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from baselines.lensing.rings import ANGLES, straightened
from baselines.training import Batch, answers, trained
from challenges.dataset import Dataset
from challenges.lensing.layout import CLASSES, TARGET

BATCH = 64
CHANNELS = (8, 16, 32)
EPOCHS = {"convolutional": 25, "residual": 20}


@dataclass(frozen=True)
class Net:
    """A trained net."""

    layers: nn.Module

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, shape (n, 3)."""
        return answers(self.layers, _inputs(images), at_once=500).softmax(dim=1).numpy().astype(np.float64)


def fit(train: Dataset, make: Callable[[], nn.Module], *, seed: int) -> Net:
    """Train a net with AdamW and a one-cycle learning rate, on rings that are turned and mirrored at random.

    A ring has no first angle: straightened, a turn is a shift, and all turns are as likely.
    """
    x, y = _inputs(train.features), torch.tensor(train.targets[TARGET].to_numpy(np.int64))
    loss, epochs = nn.CrossEntropyLoss(), EPOCHS[make.__name__]
    return Net(trained(make, x, y, loss, seed=seed, epochs=epochs, batch=BATCH, rate=1e-2, augment=_turned))


def _inputs(images: np.ndarray) -> torch.Tensor:
    """Return straightened rings of about unit spread, shape (n, 1, 16, 96)."""
    return torch.from_numpy(straightened(images) * 4 - 0.5)[:, None]


def _turned(x: torch.Tensor, y: torch.Tensor) -> Batch:
    """Turn each ring by any angle, and mirror every second one."""
    way = torch.where(torch.rand(len(x)) < 0.5, 1, -1)[:, None]
    columns = (torch.randint(len(ANGLES), (len(x), 1)) + way * torch.arange(len(ANGLES))) % len(ANGLES)
    turned = x.gather(3, columns[:, None, None].expand_as(x))
    return turned.contiguous(memory_format=torch.channels_last), y


class Convolution(nn.Module):
    """A convolution, and a normalisation, for images whose last column lies beside the first."""

    def __init__(self, before: int, after: int, stride: int = 1, size: int = 3) -> None:
        super().__init__()
        self.edge = size // 2
        self.layers = nn.Sequential(nn.Conv2d(before, after, size, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features, shape (n, after, height / stride, width / stride)."""
        around = functional.pad(x, (self.edge, self.edge, 0, 0), mode="circular")
        return self.layers(functional.pad(around, (0, 0, self.edge, self.edge)))


class Residual(nn.Module):
    """Two convolutions, and a way around them.

    References
    ----------
    K. He et al., Deep residual learning for image recognition, arXiv:1512.03385.
    """

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.through = nn.Sequential(Convolution(before, after, stride), nn.ReLU(), Convolution(after, after))
        same = before == after and stride == 1
        self.around = nn.Identity() if same else Convolution(before, after, stride, size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features, shape (n, after, height / stride, width / stride)."""
        return functional.relu(self.through(x) + self.around(x))


def convolutional() -> nn.Sequential:
    """Return four convolutions, each at half the resolution of the one before."""
    layers, before = [], 1
    for after in (*CHANNELS, 2 * CHANNELS[-1]):
        layers += [Convolution(before, after, stride=2), nn.ReLU()]
        before = after
    return _with_head(layers, before)


def residual() -> nn.Sequential:
    """Return one convolution and five residual blocks, at a half, a quarter and an eighth of the resolution."""
    first, second, third = CHANNELS
    layers = [Convolution(1, first, stride=2, size=5), nn.ReLU(), Residual(first, first)]
    layers += [Residual(first, second, 2), Residual(second, second)]
    layers += [Residual(second, third, 2), Residual(third, third)]
    return _with_head(layers, third)


def _with_head(layers: list[nn.Module], channels: int) -> nn.Sequential:
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(channels, len(CLASSES))]
    return nn.Sequential(*layers, *head).to(memory_format=torch.channels_last)  # a third faster on a CPU
