"""Every rung of every ladder answers, beats chance, and gives the same answer twice."""

import numpy as np
import pytest

from baselines.ladder import Baseline, ladder
from challenges import spec
from scoring.roc import auc
from tests.support import TOYS

RUNGS = [(challenge, rung) for challenge in TOYS for rung in ladder(challenge)]


@pytest.mark.parametrize(("challenge", "rung"), RUNGS, ids=[f"{challenge}.{rung.name}" for challenge, rung in RUNGS])
def test_a_baseline_learns_and_repeats_itself(challenge: str, rung: Baseline):
    simulate = TOYS[challenge]
    train, test = simulate(600, 1), simulate(400, 2)
    answer = rung.fit(train).predict(test.features)
    track = spec.load(challenge).track(rung.track)
    assert answer.shape == (len(test), len(track.columns))
    assert answer.dtype == np.float64
    assert auc(test.targets[track.targets[0]], answer[:, 0]) > 0.65
    np.testing.assert_array_equal(rung.fit(train).predict(test.features), answer)


def test_deep_rungs_are_marked_as_such():
    deep = {challenge: [rung.name for rung in ladder(challenge) if rung.deep] for challenge in TOYS}
    assert deep == {
        "higgs": ["net"],
        "particle_images": ["cnn", "vit"],
        "quantum": ["circuit", "autoencoder"],
        "exoplanet": ["sample_cnn", "tuned_cnn"],
    }
