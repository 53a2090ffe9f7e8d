"""The rungs of lensing's ladders: they learn from few images, answer in the right form, and repeat themselves."""

import numpy as np
import pytest

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from baselines.lensing import Bicubic, fit_filter, fit_xgboost
from baselines.lensing.rings import ANGLES, RADII, brightness, straightened, unrolled
from baselines.rungs import rungs
from challenges.dataset import Dataset
from challenges.lensing.layout import HIGH_SIDE, SIDE, TARGET
from challenges.lensing.simulate import simulate
from scoring import roc_auc_score
from scoring.images import psnr


@pytest.fixture(scope="module")
def images():
    return [simulate(n, seed, track="substructure", workers=1) for n, seed in ((360, 1), (200, 2))]


@pytest.fixture(scope="module")
def pairs():
    return [simulate(n, seed, track="super_resolution", workers=1) for n, seed in ((16, 1), (8, 2))]


def test_boosted_trees_tell_substructure_and_repeat_themselves(images):
    train, test = images
    answer = fit_xgboost(train).predict(test.features)
    assert (answer.shape, answer.dtype) == ((200, 3), np.float64)
    assert roc_auc_score(test.targets[TARGET], answer, multi_class="ovr") > 0.6
    np.testing.assert_array_equal(fit_xgboost(train).predict(test.features), answer)


def test_a_learned_filter_beats_interpolation_by_far(pairs):
    train, test = pairs
    filtered, interpolated = fit_filter(train).predict(test.features), Bicubic().predict(test.features)
    for answer in (filtered, interpolated):
        assert (answer.shape, answer.dtype) == ((8, HIGH_SIDE, HIGH_SIDE), np.float32)
        assert 0 <= answer.min() <= answer.max() <= 1
    better, worse = (psnr(test.targets, answer).value[0] for answer in (filtered, interpolated))
    assert worse > 15
    assert better > worse + 8


def test_interpolation_keeps_every_image_where_it_is():
    image = np.zeros((1, SIDE, SIDE), np.float32)
    image[0, 20:24, 40:44] = 1
    large = Bicubic().predict(image)[0]
    at = np.arange(HIGH_SIDE)
    assert (large.sum(axis=1) @ at) / large.sum() == pytest.approx(2 * 21.5 + 0.5, abs=0.01)
    assert (large.sum(axis=0) @ at) / large.sum() == pytest.approx(2 * 41.5 + 0.5, abs=0.01)


@pytest.mark.parametrize("name", ["cnn", pytest.param("residual", marks=pytest.mark.proof)])
def test_nets_learn_what_they_are_shown_and_repeat_themselves(name, images, monkeypatch):
    pytest.importorskip("torch", reason="the nets need torch: pip install physathon[deep]")
    monkeypatch.setattr("baselines.lensing.nets.EPOCHS", {"convolutional": 20, "residual": 20})
    (rung,) = [one for one in rungs("lensing") if one.name == name]
    assert rung.slow
    train = images[0].take(np.arange(96))
    # Made dimmer by class, rings are told apart at a glance.
    dimmer = 1 - 0.3 * train.targets[TARGET].to_numpy()[:, None, None]
    train = Dataset((train.features * dimmer).astype(np.float32), train.targets, train.groups)
    answer = rung.fit(train).predict(train.features)
    assert (answer.shape, answer.dtype) == ((96, 3), np.float64)
    np.testing.assert_allclose(answer.sum(axis=1), 1, rtol=1e-5)
    assert roc_auc_score(train.targets[TARGET], answer / answer.sum(axis=1, keepdims=True), multi_class="ovr") > 0.8
    np.testing.assert_array_equal(rung.fit(train).predict(train.features), answer)


def test_a_small_unet_learns_from_a_handful_of_pairs_and_repeats_itself(pairs, monkeypatch):
    pytest.importorskip("torch", reason="the net needs torch: pip install physathon[deep]")
    monkeypatch.setattr("baselines.lensing.unet.EPOCHS", 4)
    (rung,) = [one for one in rungs("lensing") if one.name == "unet"]
    train, test = pairs
    answer = rung.fit(train).predict(test.features)
    assert (answer.shape, answer.dtype) == ((8, HIGH_SIDE, HIGH_SIDE), np.float32)
    assert 0 <= answer.min() <= answer.max() <= 1
    blank = np.zeros_like(test.targets)
    assert psnr(test.targets, answer).value[0] > psnr(test.targets, blank).value[0]
    np.testing.assert_array_equal(rung.fit(train).predict(test.features), answer)


def test_a_ring_unrolled_is_a_straight_band():
    row, column = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    ring = np.exp(-0.5 * ((np.hypot(row, column) - 18) / 2) ** 2)[None]
    band = unrolled(ring)[0]
    assert band.shape == (len(RADII), len(ANGLES))
    assert abs(RADII[band.argmax(axis=0)] - 18).max() < 1
    assert band.std(axis=1).max() < 0.02
    # Angles run from the x axis, along the rows, towards larger y.
    spot = np.zeros((1, SIDE, SIDE))
    spot[0, 31:33, 50:52] = 1
    assert unrolled(spot)[0].sum(axis=0).argmax() in (0, 1, len(ANGLES) - 1)
    assert unrolled(spot.transpose(0, 2, 1))[0].sum(axis=0).argmax() in (23, 24, 25)


def test_brightness_takes_the_sky_off_wherever_the_darkest_pixel_put_it():
    sky, lit = 0.3, np.zeros((1, SIDE, SIDE))
    lit[0, 30, 30] = 1
    np.testing.assert_allclose(brightness(sky + (1 - sky) * lit), lit, atol=1e-12)


def test_a_smooth_ring_becomes_a_straight_band_and_a_dent_stays_one():
    row, column = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    angle = np.arctan2(row, column)
    smooth = 18 + 2 * np.cos(angle - 0.4) + 1.5 * np.cos(2 * angle)
    dented = smooth + 1.5 * np.exp(-0.5 * ((angle - 1) / 0.15) ** 2)
    rings = np.exp(-0.5 * ((np.hypot(row, column) - np.stack([smooth, dented])) / 2) ** 2)
    middle = straightened(rings).argmax(axis=1)
    assert np.ptp(middle[0]) <= 1
    there = abs(ANGLES - 1) < 0.1
    assert middle[1][there].mean() - np.median(middle[1]) > 0.8
