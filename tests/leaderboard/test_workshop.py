"""What finds a way round the physics finds one that was left open, and none where there is none."""

import numpy as np
import pandas as pd
import pytest

from baselines.rungs import Baseline
from challenges import spec
from challenges.dataset import Dataset
from challenges.spec import Anchors, Track
from leaderboard.workshop import ladders, lookup, shortcuts
from scoring.interval import interval
from scoring.sealed import judge
from scoring.sealed.judge import Predictions

EXOPLANET = spec.load("exoplanet").tracks[0]
RNG = np.random.default_rng(5)
LABEL = RNG.integers(0, 2, 1200).astype(np.int8)


def images_in_which(**planted: np.ndarray) -> Dataset:
    """Return noise with a blob in the middle, brighter, wider or framed for one class."""
    y, x = np.indices((16, 16)) - 7.5
    width = 3 + planted.get("wider", 0 * LABEL)[:, None, None]
    images = np.exp(-(x**2 + y**2) / 2 / width**2) + RNG.normal(0, 0.2, (len(LABEL), 16, 16))
    images *= 1 + 0.2 * planted.get("brighter", 0 * LABEL)[:, None, None]
    images[:, 0] += 0.2 * planted.get("framed", 0 * LABEL)[:, None]
    return Dataset(images.astype(np.float32), pd.DataFrame({"planets": LABEL}), np.arange(len(LABEL)))


def open_ones(data: Dataset) -> set[str]:
    track = EXOPLANET.model_copy(update={"shortcuts": {}})
    return {one.name for one in shortcuts.measured(track, data) if one.is_open}


@pytest.mark.parametrize(
    ("planted", "found"), [("brighter", "total"), ("wider", "encircled"), ("framed", "border"), ("wider", "lit")]
)
def test_what_is_planted_in_images_is_found(planted, found):
    assert found in open_ones(images_in_which(**{planted: LABEL}))


def test_nothing_is_found_where_nothing_is():
    assert open_ones(images_in_which()) == set()


def test_a_declared_summary_may_tell_as_much_as_it_is_declared_to():
    data = images_in_which(wider=LABEL)
    (found,) = [one for one in shortcuts.measured(EXOPLANET, data) if one.name == "encircled"]
    declared = EXOPLANET.model_copy(update={"shortcuts": {"encircled": min(found.auc + 0.01, 1)}})
    assert "encircled" not in {one.name for one in shortcuts.measured(declared, data) if one.is_open}


@pytest.mark.parametrize("axes", [(40,), (40, 2), (2, 40), (40, 1)])
def test_sequences_have_few_channels_wherever_these_stand(axes):
    names = dict(shortcuts.summaries(np.ones((3, *axes), np.float32)))
    channels = min(axes) if min(axes) < 40 else 1
    assert {name: rows.shape for name, rows in names.items()} == {
        "mean": (3, channels),
        "spread": (3, channels),
        "extremes": (3, 2 * channels),
        "ends": (3, 2 * channels),
    }


def test_every_challenge_with_classes_is_summed_up_by_what_it_is():
    kinds = {
        "higgs": "m_bb",
        "nmr": "ends",
        "renaissance": "confidence",
        "lensing": "encircled",
        "particle_images": "encircled",
    }
    for name, summary in kinds.items():
        challenge = spec.load(name)
        assert any(map(shortcuts.known_to, challenge.tracks)), name
        if name in ("nmr", "renaissance", "particle_images"):
            data = challenge.simulator(challenge.tracks[0])(12, 3)
            assert summary in dict(shortcuts.summaries(data.features)), name


def test_words_are_looked_up_folded():
    read = pd.DataFrame({"token": ["Coraçón", "coraeon", "-"], "confidence": [0.9, 0.5, 0.7]})
    (found,) = lookup.looked_up(frozenset(["corazon"]), read)
    assert found[0] == "token"
    assert found[1].tolist() == [[0.0], [1.0], [1.0]]


def test_words_that_ship_are_known_as_they_stand_and_as_the_data_spell_them():
    known = lookup.shipped_words(spec.load("renaissance"))
    assert {"hacer", "hazer", "diio", "dixo"} <= known
    assert "translation" not in known  # a comment's
    assert not lookup.shipped_words(spec.load("quantum"))


def test_a_ladder_in_the_wrong_order_and_one_above_the_reference_are_named():
    challenge = spec.load("exoplanet")
    data = images_in_which()
    holdout = ladders.trial_holdout(challenge, EXOPLANET, data, data)

    def rung(name: str, noise: float) -> tuple[Baseline, np.ndarray]:
        answer = LABEL + np.random.default_rng(1).normal(0, noise, len(LABEL))
        return Baseline(name, name.title(), "planets", lambda train: None), answer[:, None]

    def referring_to(reference: float) -> Track:
        return EXOPLANET.model_copy(update={"anchors": Anchors(floor=0.5, reference=reference)})

    weak, fair = rung("weak", 2.0), rung("fair", 0.5)
    assert "weak 0.6" in ladders.climbs(EXOPLANET, [weak, fair], holdout)
    with pytest.raises(
        ValueError, match=r"Weak scores 0\.6\d+ and stands above Fair with 0\.9\d+: expected the weakest"
    ):
        ladders.climbs(EXOPLANET, [fair, weak], holdout)
    found = judge.estimate([Predictions(answer) for _, answer in (weak, fair)], holdout, ladders.WHOLE)
    low, _ = interval(found, 1 - ladders.DOUBT)[1]
    assert "fair 0.9" in ladders.climbs(referring_to(low + 0.001), [weak, fair], holdout)
    with pytest.raises(ValueError, match=r"Fair scores 0\.9\d+ and earns 50 .*: measure the anchors anew"):
        ladders.climbs(referring_to(low - 0.001), [weak, fair], holdout)
