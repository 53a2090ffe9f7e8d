"""The simulator of particle images: what it promises of seeds, images, labels and likeness to the real ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from baselines.particle_images.trees import shapes
from challenges.dataset import Dataset
from challenges.particle_images import calorimeter, tracker
from challenges.particle_images.figure import draw
from challenges.particle_images.layout import CENTRE, ELECTRON, GEV, IMAGE, PHOTON, TARGET
from challenges.particle_images.simulate import BLOCK, simulate
from scoring.roc import auc
from tests.support import real_data

N = 3000


@pytest.fixture(scope="module")
def data() -> Dataset:
    return simulate(N, 20191016)


@pytest.fixture(scope="module")
def null_data() -> Dataset:
    return simulate(N, 20191016, signal=False)


@pytest.fixture(scope="module")
def real() -> tuple[np.ndarray, np.ndarray]:
    """Return the energies of the 200 real images that are public, in GeV, and their labels."""
    with np.load(real_data("particle_images", "electron-photon.npz"), allow_pickle=False) as sample:
        energy, label = (np.concatenate([sample[f"{name}_{part}"] for part in ("train", "test")]) for name in "xy")
    return GEV * energy, label


def learned(data: Dataset) -> tuple[float, float]:
    """Return the AUC of boosted trees on shapes, pixels and the image's place, and how far chance brings it from 1/2.

    The distance is that of the most extreme of 2,000 permutations of the labels over the images, and a tenth more.
    """
    from xgboost import XGBClassifier

    label = data.targets[TARGET].to_numpy()
    pixels = data.features[:, CENTRE - 3 : CENTRE + 4, CENTRE - 6 : CENTRE + 7].reshape(len(data), -1)
    table = np.column_stack([shapes(data.features), pixels, np.arange(len(data))])
    half = len(data) // 2
    scores = np.empty(len(data))
    for train, test in ((slice(half), slice(half, None)), (slice(half, None), slice(half))):
        model = XGBClassifier(n_estimators=60, max_depth=4, learning_rate=0.1, n_jobs=2, random_state=0)
        scores[test] = model.fit(table[train], label[train]).predict_proba(table[test])[:, 1]
    ranks = scores.argsort().argsort() + 1
    rng = np.random.default_rng(0)
    electrons = int(label.sum())
    sums = np.array([ranks[rng.permutation(label) == ELECTRON].sum() for _ in range(2000)])
    chance = (sums - electrons * (electrons + 1) / 2) / (electrons * (len(label) - electrons))
    return auc(label, scores), 1.1 * np.abs(chance - 0.5).max()


def test_images_have_the_layout_of_the_real_ones(data):
    assert data.features.shape == (N, *IMAGE)
    assert data.features.dtype == np.float32
    assert data.targets[TARGET].dtype == np.float32
    assert len(set(data.groups)) == N
    energy, time = data.features[..., 0], data.features[..., 1]
    assert np.isfinite(data.features).all()
    assert energy.min() == 0
    assert energy.max() < 2.3
    # The overall range of the real files is -2.51 to 2.28, so it must be the times' that is negative.
    assert -2.51 < time.min() < -1
    assert (time[energy == 0] == 0).all()


def test_half_are_electrons_and_their_places_tell_nothing(data):
    label = data.targets[TARGET].to_numpy()
    assert label.sum() == N // 2
    assert set(label) == {PHOTON, ELECTRON}
    assert abs(np.corrcoef(np.arange(N), label)[0, 1]) < 4 / np.sqrt(N)
    assert abs(np.corrcoef(label[:-1], label[1:])[0, 1]) < 4 / np.sqrt(N)


def test_no_image_comes_twice(data):
    assert len({image.tobytes() for image in data.features}) == N


def test_same_seed_gives_the_same_bytes_and_one_high_bit_gives_others():
    one, again, other = simulate(40, 7), simulate(40, 7), simulate(40, 7 ^ (1 << 255))
    assert one.features.tobytes() == again.features.tobytes()
    assert one.targets.equals(again.targets)
    hottest = [data.features[:, CENTRE, CENTRE, 0] for data in (one, other)]
    assert not np.isin(*hottest).any()


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (10, -1), (10, 1 << 256)])
def test_senseless_arguments_are_refused(n, seed):
    with pytest.raises(ValueError, match="must be"):
        simulate(n, seed)


def test_progress_reaches_the_end():
    calls = []
    simulate(BLOCK + 1, 1, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(BLOCK, BLOCK + 1), (BLOCK + 1, BLOCK + 1)]


def test_null_mode_leaves_nothing_to_learn(data, null_data):
    score, chance = learned(null_data)
    assert abs(score - 0.5) < chance, f"AUC {score:.3f} in null mode, chance reaches {chance:.3f} from 1/2"
    assert null_data.targets[TARGET].equals(data.targets[TARGET])
    # The same test must find the particles where they can be told apart.
    score, chance = learned(data)
    assert score - 0.5 > 3 * chance


def test_without_centring_the_bending_would_give_the_label_away(monkeypatch):
    """Even an empty tracker bends electrons by most of a crystal: where they land says what they are."""
    n = 400
    gun = tracker.Particles(np.arange(n), np.repeat([1.0, 0.0], n // 2), np.full(n, 50.0), np.zeros(n), np.zeros(n))
    arriving = tracker.cross(gun, np.zeros(n), np.random.default_rng(1))
    bend = arriving.offset / (tracker.CALORIMETER_RADIUS * calorimeter.CRYSTAL)
    assert (bend[n // 2 :] == 0).all()
    # x = L² / 2R with R = 50 GeV / (0.2998 GeV/T/m x 3.8 T).
    radius = 50 / (0.2998 * 3.8)
    np.testing.assert_allclose(bend[: n // 2], 1.29 / (2 * radius) / 0.0174, rtol=1e-9)


def test_every_image_is_centred_on_its_hottest_crystal(null_data):
    hottest = null_data.features[..., 0].reshape(N, -1).argmax(axis=1)
    at_centre = hottest == CENTRE * IMAGE[1] + CENTRE
    # Two crystals that share a shower may change places by noise and resolution.
    assert at_centre.mean() > 0.98


@given(eta=st.floats(-1.2, 1.2), charge=st.sampled_from([-1.0, 0.0, 1.0]), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_radiation_and_conversion_lose_no_energy_but_what_is_too_soft(eta, charge, seed):
    gun = tracker.Particles(np.zeros(1, int), np.array([charge]), np.array([50.0]), np.zeros(1), np.zeros(1))
    arriving = tracker.cross(gun, tracker.material(np.array([eta])), np.random.default_rng(seed))
    assert 0 < arriving.pt.sum() <= 50 * (1 + 1e-9)
    # Charge is conserved as long as no leg was too soft to arrive.
    assert abs(arriving.charge.sum() - charge) <= 0.5 or arriving.pt.sum() < 50 - 1e-9


def test_photons_convert_as_often_as_the_material_says():
    n, thickness = 20000, 0.9
    gun = tracker.Particles(np.arange(n), np.zeros(n), np.full(n, 50.0), np.zeros(n), np.zeros(n))
    arriving = tracker.cross(gun, np.full(n, thickness), np.random.default_rng(3))
    whole = np.isin(np.arange(n), arriving.image[(arriving.charge == 0) & (arriving.pt == 50)])
    expected = np.exp(-7 / 9 * thickness)
    assert whole.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / n))


def test_electrons_radiate_the_mean_that_radiation_lengths_are_defined_by():
    n, thickness = 20000, 0.05
    gun = tracker.Particles(np.arange(n), np.ones(n), np.full(n, 50.0), np.zeros(n), np.zeros(n))
    arriving = tracker.cross(gun, np.full(n, thickness), np.random.default_rng(3))
    left = arriving.pt[arriving.charge == 1]
    # The integral of y times the spectrum from 0 to 1 is 1: a thin layer takes a fraction t of the energy.
    lost = 1 - np.bincount(arriving.image[arriving.charge == 1], left, n).mean() / 50
    assert lost == pytest.approx(1 - np.exp(-thickness), abs=0.004)


def test_the_hottest_crystal_holds_most_of_an_unconverted_shower(null_data):
    energy = null_data.features[..., 0]
    share = energy[:, CENTRE, CENTRE] / energy.sum(axis=(1, 2))
    assert 0.7 < np.quantile(share, 0.95) < 0.82
    total = GEV * energy.sum(axis=(1, 2))
    assert 48 < np.quantile(total, 0.01) < np.quantile(total, 0.99) < 93


def test_figure_is_a_small_png(data, tmp_path):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib: pip install physathon[plots]")
    draw(data, tmp_path / "figure.png")
    picture = (tmp_path / "figure.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 20_000 < len(picture) < 200_000


@pytest.mark.parametrize(("least", "median"), [(0.1, 26), (0.5, 8), (1, 6), (2, 4)])
def test_as_many_crystals_are_bright_as_in_the_real_sample(data, real, least, median):
    ours, theirs = ((energy > least).sum(axis=(1, 2)) for energy in (GEV * data.features[..., 0], real[0]))
    assert np.median(theirs) == median
    assert abs(np.median(ours) - median) <= 1
    assert (
        ks_2samp(ours, theirs).statistic < 0.13
    )  # 200 real images: equal distributions stay below it in 99 of 100 cases


def test_showers_are_broader_along_phi_as_in_the_real_sample(data, real):
    rims = []
    for energy in (GEV * data.features[..., 0], real[0]):
        along_eta, along_phi = (
            (energy[:, CENTRE - k, CENTRE - j], energy[:, CENTRE + k, CENTRE + j]) for k, j in ((1, 0), (0, 1))
        )
        rims.append([np.median(np.minimum(*sides)) for sides in (along_eta, along_phi)])
    (eta, phi), (real_eta, real_phi) = rims
    assert real_phi > 1.4 * real_eta
    assert phi > 1.2 * eta


@pytest.mark.parametrize("kind", [PHOTON, ELECTRON])
def test_shapes_are_distributed_as_in_the_real_sample(data, real, kind):
    energy, label = real
    padded = np.stack([energy, np.zeros_like(energy)], axis=-1) / np.float32(GEV)
    ours, theirs = shapes(data.features[data.targets[TARGET] == kind]), shapes(padded[label == kind])
    names = ["total", "1 x 1", "3 x 3", "5 x 5", "hits"]
    for column, name in enumerate(names):
        distance = ks_2samp(ours[:, column], theirs[:, column]).statistic
        # 100 real images of a kind: equal distributions stay below 0.17 in 99 of 100 cases.
        assert distance < 0.2, f"{name}: Kolmogorov-Smirnov distance {distance:.3f}"
