"""How a net is trained and asked, the same way for all."""

from collections.abc import Callable

import torch
from torch import nn

Batch = tuple[torch.Tensor, torch.Tensor]
"""Inputs and answers of some rows."""


def trained(
    make: Callable[[], nn.Module],
    x: torch.Tensor,
    y: torch.Tensor,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    *,
    seed: int,
    epochs: int,
    batch: int,
    rate: float,
    one_cycle: bool = True,
    decay: float = 1e-2,
    augment: Callable[[torch.Tensor, torch.Tensor], Batch] = lambda x, y: (x, y),
) -> nn.Module:
    """Return a net, trained with AdamW on batches of shuffled rows.

    Parameters
    ----------
    make : callable
        Returns the net with its first weights.
    x, y : Tensor, shapes (n, ...)
        Inputs and answers.
    loss : callable
        ``loss(layers(x), y)`` is what becomes small.
    seed : int
        Of the first weights, the order of rows, dropout, and whatever `augment` draws.
    epochs, batch : int
        How often each row is seen, and how many are seen together.
    rate : float
        The learning rate: of a one-cycle schedule its largest.
    one_cycle : bool
        Whether the rate rises and falls, or stays.
    decay : float
        Of the weights; without any, AdamW is Adam.
    augment : callable, optional
        Shows a batch in another of the ways that are as likely.

    References
    ----------
    I. Loshchilov and F. Hutter, Decoupled weight decay regularization, arXiv:1711.05101. L. N. Smith and N. Topin,
    Super-convergence, arXiv:1708.07120.
    """
    torch.manual_seed(seed)
    layers = make()
    optimiser = torch.optim.AdamW(layers.parameters(), lr=rate, weight_decay=decay)
    schedule = None
    if one_cycle:
        steps = epochs * -(-len(x) // batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=steps)
    layers.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            optimiser.zero_grad()
            given, asked = augment(x[rows], y[rows])
            loss(layers(given), asked).backward()
            optimiser.step()
            if schedule:
                schedule.step()
    return layers


def answers(layers: nn.Module, x: torch.Tensor, *, at_once: int) -> torch.Tensor:
    """Return what a trained net makes of inputs, shape (n, ...), so many rows at once."""
    layers.eval()
    with torch.no_grad():
        return torch.cat([layers(part) for part in x.split(at_once)])
