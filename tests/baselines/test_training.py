"""How nets are trained and asked: every row once an epoch, one seed for all, and nothing drawn when they answer."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="nets need torch: pip install physathon[deep]")

import torch
from torch import nn

from baselines.training import answers, trained

X = torch.arange(30.0).reshape(10, 3) / 30
Y = X.sum(dim=1, keepdim=True)
HOW = {"seed": 3, "epochs": 4, "batch": 4, "rate": 0.01}


def make() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Dropout(0.5), nn.Linear(8, 1))


def weights(layers: nn.Module) -> np.ndarray:
    return torch.cat([one.detach().ravel() for one in layers.parameters()]).numpy()


def test_one_seed_gives_one_net_and_another_seed_another():
    first, again, other = (trained(make, X, Y, nn.MSELoss(), **HOW | {"seed": seed}) for seed in (3, 3, 4))
    np.testing.assert_array_equal(weights(first), weights(again))
    assert (weights(first) != weights(other)).any()


def test_every_row_is_shown_once_an_epoch_beside_its_own_answer():
    seen = []

    def watch(x, y):
        torch.testing.assert_close(x.sum(dim=1, keepdim=True), y)
        seen.append(x[:, 0])
        return x, y

    trained(make, X, Y, nn.MSELoss(), augment=watch, **HOW)
    assert [len(part) for part in seen] == [4, 4, 2] * 4
    epochs = torch.cat(seen).reshape(4, 10)
    assert all(torch.equal(epoch.sort().values, X[:, 0]) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


def test_what_augmentation_shows_is_what_is_learnt():
    how = HOW | {"epochs": 300, "rate": 0.1, "augment": lambda x, y: (x, y - 5)}
    layers = trained(lambda: nn.Linear(3, 1), X, Y, nn.MSELoss(), **how)
    assert answers(layers, X, at_once=10).mean() == pytest.approx(float(Y.mean()) - 5, abs=0.3)


@pytest.mark.parametrize(("one_cycle", "mean"), [(False, 1.0), (True, 0.506)])
def test_the_rate_stays_or_goes_through_one_cycle(one_cycle, mean):
    how = HOW | {"epochs": 100, "batch": 10, "decay": 0.0, "one_cycle": one_cycle}
    torch.manual_seed(HOW["seed"])
    before = weights(nn.Linear(3, 1))
    after = weights(trained(lambda: nn.Linear(3, 1), X, Y, lambda found, asked: found.mean(), **how))
    # Where the slope never changes, a step of Adam is as long as the rate.
    np.testing.assert_allclose(before - after, 100 * HOW["rate"] * mean, rtol=0.06)


def test_a_trained_net_answers_alike_however_many_rows_it_is_shown_at_once():
    layers = trained(make, X, Y, nn.MSELoss(), **HOW)
    found = answers(layers, X, at_once=10)
    assert not found.requires_grad
    torch.testing.assert_close(answers(layers, X, at_once=3), found)
