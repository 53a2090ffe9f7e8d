"""Rounding below the noise: few digits stay, and nothing that a model sees is lost."""

import h5py
import numpy as np
import pytest

from challenges import arrays
from challenges.precision import STEPS, rounded_below_noise, rounded_to_half


def noisy_images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    noise = np.exp(rng.uniform(np.log(0.002), np.log(0.1), 200))
    blob = np.exp(-((np.indices((32, 32)) - 15.5) ** 2).sum(axis=0) / 60)
    return (blob + noise[:, None, None] * rng.normal(size=(200, 32, 32))).astype(np.float32), noise


def test_rounding_changes_each_image_by_less_than_an_eighth_of_its_noise():
    images, noise = noisy_images()
    moved = rounded_below_noise(images, noise) - images
    assert (np.abs(moved).max(axis=(1, 2)) <= noise / STEPS / 2 * (1 + 1e-5)).all()
    assert np.abs(moved.mean(axis=(1, 2)) / noise).max() < 0.01


def test_rounded_images_take_less_than_half_of_the_bytes(tmp_path):
    images, noise = noisy_images()
    sizes = []
    for name, stored in (("whole", images), ("rounded", rounded_below_noise(images, noise))):
        with arrays.writing(tmp_path / f"{name}.h5", images.nbytes) as append:
            append(X=stored)
        with h5py.File(tmp_path / f"{name}.h5") as file:
            sizes.append(file["X"].id.get_storage_size())
    assert sizes[1] < 0.45 * sizes[0]


@pytest.mark.parametrize("noise", [0.0, -1.0, np.nan])
def test_without_noise_there_is_nothing_to_round_to(noise):
    with pytest.raises(ValueError, match="above 0"):
        rounded_below_noise(np.zeros((2, 3)), noise)


def test_what_half_precision_cannot_hold_is_less_than_half_a_thousandth():
    images = np.random.default_rng(3).exponential(size=(4, 32, 32, 2)).astype(np.float32)
    rounded = rounded_to_half(images)
    assert rounded.dtype == np.float32
    np.testing.assert_allclose(rounded, images, rtol=2**-11, atol=1e-7)
    assert np.array_equal(rounded_to_half(rounded), rounded)
