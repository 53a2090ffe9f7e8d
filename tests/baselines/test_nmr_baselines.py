"""The ladders of the spin echoes: every rung answers in the target's unit, and knowing the physics pays."""

import numpy as np
import pytest

from baselines.nmr import shallow
from baselines.rungs import rungs
from challenges.dataset import Dataset
from challenges.nmr.layout import COUPLINGS, LABEL, TRACKS
from challenges.nmr.simulate import simulate
from scoring.regression import normalised_mse
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


def error(answer: np.ndarray, train: Dataset, test: Dataset) -> float:
    variance = train.targets[list(COUPLINGS)].to_numpy().var(axis=0)
    return normalised_mse(test.targets[list(COUPLINGS)].to_numpy(), answer, variance).value.item()


@pytest.mark.parametrize("rung", RUNGS, ids=[f"{rung.track}.{rung.name}" for rung in RUNGS])
def test_a_rung_learns_and_repeats_itself(rung, data, monkeypatch):
    monkeypatch.setitem(shallow.TREES, "n_estimators", 60)
    if rung.deep:
        nets = pytest.importorskip("baselines.nmr.nets", reason="nets need torch: pip install physathon[deep]")
        monkeypatch.setattr(nets, "EPOCHS", {"convolutional": 8, "dense": 30})
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
def test_who_knows_that_decay_is_exponential_does_better(track, data):
    train, test = data[track]
    plain, knowing = (
        error(rung.fit(train).predict(test.features), train, test)
        for name in ("ridge", "decay_rate")
        for rung in rungs("nmr", track)
        if rung.name == name
    )
    assert knowing < 0.8 * plain
