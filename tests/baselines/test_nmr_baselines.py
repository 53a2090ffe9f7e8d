"""The ladders of the spin echoes: every rung answers in the target's unit, and asking the simulator pays."""

import numpy as np
import pytest

from baselines.nmr import emulator, shallow
from baselines.nmr.likelihood import posterior
from baselines.rungs import rungs
from challenges.dataset import Dataset
from challenges.nmr.layout import COUPLINGS, LABEL, NOISE, TRACKS
from challenges.nmr.simulate import echoes, simulate
from scoring.regression import normalised_log_mse, training_variances
from scoring.roc import auc

TRAIN, TEST = 260, 100
RUNGS = rungs("nmr")


@pytest.fixture(scope="module")
def data() -> dict[str, tuple[Dataset, Dataset]]:
    found = {}
    for track in TRACKS:
        rows = simulate(TRAIN + TEST, 5, track=track, workers=1)
        found[track] = rows.take(np.arange(TRAIN)), rows.take(np.arange(TRAIN, TRAIN + TEST))
    return found


@pytest.fixture(autouse=True)
def few_nodes(monkeypatch):
    monkeypatch.setattr(emulator, "NODES", (10, 7, 3))


def error(answer: np.ndarray, train: Dataset, test: Dataset) -> float:
    targets, true = (part.targets[list(COUPLINGS)].to_numpy() for part in (train, test))
    variance = training_variances(["normalised_log_mse"], targets)["normalised_log_mse"]
    return normalised_log_mse(true, answer, variance).value.item()


LONGEST = {("interaction", "cnn"), ("gauss", "cnn")}
"""Nets of the same kind as that of the third track: `make proof` trains them."""


@pytest.mark.parametrize(
    "rung",
    [
        pytest.param(rung, id=".".join(name), marks=[pytest.mark.proof] if name in LONGEST else [])
        for rung in RUNGS
        for name in [(rung.track, rung.name)]
    ],
)
def test_a_rung_learns_and_repeats_itself(rung, data, monkeypatch):
    monkeypatch.setitem(shallow.TREES, "n_estimators", 60)
    if rung.name == "cnn":
        nets = pytest.importorskip("baselines.nmr.nets", reason="nets need torch: pip install physathon[deep]")
        monkeypatch.setattr(nets, "EPOCHS", 12)
    train, test = data[rung.track]
    answer = rung.fit(train).predict(test.features)
    assert answer.dtype == np.float64
    if rung.track == "interaction":
        assert answer.shape == (TEST, 1)
        assert auc(test.targets[LABEL], answer[:, 0]) > 0.62
    else:
        assert answer.shape == (TEST, 3)
        assert error(answer, train, test) < 0.75
    np.testing.assert_array_equal(rung.fit(train).predict(test.features), answer)


@pytest.mark.parametrize("track", ["gauss", "rkky"])
def test_who_asks_the_simulator_needs_no_training_echoes(track, data):
    train, test = data[track]
    ridge, asked = (
        error(rung.fit(train).predict(test.features), train, test)
        for name in ("ridge", "posterior")
        for rung in rungs("nmr", track)
        if rung.name == name
    )
    assert asked < 0.4 * ridge


def test_between_the_nodes_an_emulator_gives_what_the_simulator_does():
    every, axes = emulator.emulators()
    place = np.random.default_rng(3).uniform(0.3, 0.7, (6, 3))
    for one in every.values():
        apart = one.echoes(place) @ axes - echoes(one.material(place)).reshape(6, -1)
        assert np.sqrt((apart**2).mean(axis=1)).max() < 0.5 * NOISE
        for axis, step in enumerate(1e-5 * np.eye(3)):
            slope = (one.echoes(place + step) - one.echoes(place - step)) / 2e-5
            np.testing.assert_allclose(one.slopes(place)[:, axis], slope, atol=1e-4)


def test_of_an_echo_without_noise_the_posterior_surrounds_the_truth():
    one = emulator.emulators()[0]["gauss"]
    place = np.array([[0.6, 0.4, 0.5], [0.3, 0.6, 0.9]])
    found = posterior(one, one.echoes(place) / NOISE)
    mean = (found.place * found.weight[..., None]).sum(axis=1)
    spread = np.sqrt(((found.place - mean[:, None]) ** 2 * found.weight[..., None]).sum(axis=1))
    np.testing.assert_allclose(found.weight.sum(axis=1), 1)
    assert (np.abs(mean - place) < spread).all()
    assert (spread < [0.01, 0.2, 0.06]).all()
