"""The simulator of disks: what it promises of seeds, labels, planets and telescope, and the physics behind it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from baselines.exoplanet.features import NAMES, features, fitted_plane
from baselines.exoplanet.trees import fit_table
from challenges.dataset import Dataset
from challenges.exoplanet import planets as bodies
from challenges.exoplanet.confounders import clumps
from challenges.exoplanet.disk import AU_IN_CM, DUST_TO_GAS, SUN_IN_GRAMS, Disk
from challenges.exoplanet.figure import draw
from challenges.exoplanet.layout import AU, FAINT, PEAK_OVER_NOISE, SIDE, TARGET
from challenges.exoplanet.observation import Beam, View, noise_of
from challenges.exoplanet.planets import Planets
from challenges.exoplanet.simulate import RADII, Run, add_points, simulate
from scoring.permutation import permutation_interval
from scoring.roc import auc

N = 240
DISK = Disk(star_mass=1.0, gas_mass=0.01, size=100.0, slope=0.7, viscosity=1e-3, stokes=0.01, opacity=2.0)
FACE_ON = View(0.0, 0.0, np.zeros(2))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return simulate(N, 20221220, workers=1)


@pytest.fixture(scope="module")
def null_data() -> Dataset:
    return simulate(N, 20221220, signal=False, workers=1)


def one_planet(mass: float, radius: float = 50.0) -> Planets:
    return Planets(*(np.array([value]) for value in (mass, radius, 0.3, 1.0, 0.0)), sense=1.0)


def learned(data: Dataset) -> tuple[float, tuple[float, float]]:
    """Return the AUC of boosted trees on disks they have not seen, and where chance keeps it."""
    table, label = features(data.features), data.targets[TARGET].to_numpy()
    first = data.groups < np.unique(data.groups).size // 2
    scores = fit_table(table[first], label[first]).predict_proba(table[~first])[:, 1]
    chance = permutation_interval(lambda labels: auc(labels, scores), label[~first], data.groups[~first], level=0.999)
    return auc(label[~first], scores), chance


def test_images_are_normalised_and_each_shows_another_disk_of_which_half_have_planets(data):
    assert data.features.shape == (N, SIDE, SIDE)
    assert data.features.dtype == np.float32
    assert np.isfinite(data.features).all()
    assert (data.features.max(axis=(1, 2)) == 1).all()
    assert np.array_equal(data.groups, np.arange(N))
    assert data.targets[TARGET].dtype == np.int8
    assert data.targets[TARGET].sum() == N // 2


def test_no_image_comes_twice(data):
    assert len({image.tobytes() for image in data.features}) == N


def test_same_seed_gives_the_same_bytes_with_any_workers_and_one_high_bit_gives_others():
    one, again, other = simulate(7, 7, workers=1), simulate(7, 7, workers=2), simulate(7, 7 ^ (1 << 255), workers=1)
    assert len(one) == 7
    assert one.features.tobytes() == again.features.tobytes()
    assert one.targets.equals(again.targets)
    assert not np.isin(one.features[:, 64, 64], other.features[:, 64, 64]).all()


def test_a_run_does_not_know_how_many_there_are(data):
    few = simulate(60, 20221220, workers=1, signal=False)
    many = simulate(N, 20221220, workers=1, signal=False)
    assert np.array_equal(few.features, many.features[:60])


@pytest.mark.parametrize(("n", "seed", "workers"), [(0, 1, None), (9, -1, None), (9, 1 << 256, None), (9, 1, 0)])
def test_senseless_arguments_are_refused(n, seed, workers):
    with pytest.raises(ValueError, match=r"must be|at least"):
        simulate(n, seed, workers=workers)


def test_progress_reaches_the_end_and_not_further():
    calls = []
    simulate(5, 1, workers=1, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (5, 5)


def test_what_a_disk_has_besides_planets_does_not_know_whether_it_has_any():
    for run in range(5):
        host, empty = Run.draw(3, run, True), Run.draw(3, run, False)
        assert empty.planets is None
        assert host.planets is not None
        assert (host.disk, host.roughness, host.view.tilt) == (empty.disk, empty.roughness, empty.view.tilt)
        assert repr(host.others) == repr(empty.others)


def test_null_mode_leaves_nothing_to_learn(data, null_data):
    score, (low, high) = learned(null_data)
    assert low < score < high
    assert null_data.targets.equals(data.targets)
    empty = data.targets[TARGET].to_numpy() == 0
    assert np.array_equal(null_data.features[empty], data.features[empty])
    # The same test must find the planets where there are some.
    score, (_, high) = learned(data)
    assert score > max(high, 0.85)


def test_the_dust_adds_up_to_a_hundredth_of_the_gas():
    r = np.geomspace(1, 5000, 20000)
    mass = np.trapezoid(DISK.dust(r) * 2 * np.pi * r * AU_IN_CM**2, r) / SUN_IN_GRAMS
    assert mass == pytest.approx(DUST_TO_GAS * DISK.gas_mass, rel=0.01)


def test_the_brightness_of_thin_dust_is_its_optical_depth_and_of_thick_dust_a_black_bodys():
    r = np.array([30.0])
    thin, thick = DISK.brightness(r, np.array([1e-6]), 0.0), DISK.brightness(r, np.array([1e3]), 0.0)
    assert thin / thick == pytest.approx(2e-6, rel=1e-5)
    assert DISK.brightness(r, np.array([1e-6]), np.radians(60)) == pytest.approx(2 * thin, rel=1e-5)


@given(ratio=st.floats(1e-5, 1e-2), h=st.floats(0.03, 0.1), viscosity=st.floats(1e-4, 1e-2))
@settings(max_examples=50, deadline=None)
def test_gaps_are_deepest_at_the_planet_and_deeper_for_a_heavier_one(ratio, h, viscosity):
    x = np.linspace(0.3, 2, 341)
    light, edge = bodies.gap(x, ratio, h, viscosity)
    heavy, wider = bodies.gap(x, 2 * ratio, h, viscosity)
    assert light.min() == light[np.abs(x - 1).argmin()]
    assert light.min() == pytest.approx(1 / (1 + 0.04 * ratio**2 / h**5 / viscosity))
    assert (heavy.min(), wider) <= (light.min(), np.inf)
    assert wider >= edge
    # Where the gap ends its shape has reached what was there before: 4 x 0.33 - 0.32 = 1.
    assert np.allclose(light[np.abs(x - 1) > edge + 1e-9], 1)


def test_wakes_leave_the_mean_of_every_ring_as_it_was():
    angle = np.linspace(-np.pi, np.pi, 7200, endpoint=False, dtype=np.float32)[None].repeat(3, 0)
    r = np.float32([[30], [60], [90]]) * np.ones_like(angle)
    factor = one_planet(2e-4).wakes(DISK, r, angle)
    assert np.allclose(factor.mean(axis=1), 1, atol=2e-3)
    assert (factor.max(axis=1) > 1.05).all()


def test_a_wake_leaves_its_planet_ahead_within_its_orbit_and_behind_beyond():
    planet = one_planet(2e-4)
    angle = np.linspace(-np.pi, np.pi, 7200, endpoint=False, dtype=np.float32)[None]
    for radius, side in ((44.0, 1), (57.0, -1)):
        crest = angle[0][planet.wakes(DISK, np.full_like(angle, radius), angle).argmax()]
        assert side * np.angle(np.exp(1j * (crest - 0.3))) > 0


def test_a_planet_empties_its_orbit_and_piles_dust_up_beyond():
    factor = one_planet(1e-3).carve(DISK, RADII)
    at = RADII[factor.argmin()]
    assert 40 < at < 60
    assert factor.min() < 0.05
    beyond = RADII[factor.argmax()]
    assert 50 < beyond < 90
    assert factor.max() > 1.1
    assert factor[[0, -1]] == pytest.approx(1, abs=1e-6)


def test_planets_keep_their_distance():
    for number in range(30):
        drawn = Planets.draw(DISK, 1.0, np.random.default_rng(number))
        assert 1 <= len(drawn.mass) <= bodies.MOST
        assert (drawn.radius[1:] / drawn.radius[:-1] > bodies.APART).all()


@given(tilt=st.floats(0, 1.1), turn=st.floats(0, 6.2), r=st.floats(5, 150), angle=st.floats(-3.1, 3.1))
@settings(max_examples=50, deadline=None)
def test_sky_and_plane_of_the_disk_are_inverse(tilt, turn, r, angle):
    view = View(tilt, turn, np.array([0.3, -0.2]))
    row, column = (float(value) for value in view.pixel(np.array(r), np.array(angle)))
    there, where = view.plane()
    row, column = (int(np.clip(round(value), 0, SIDE - 1)) for value in (row, column))
    back = view.pixel(there[row, column].astype(float), where[row, column].astype(float))
    assert np.allclose(back, [row, column], atol=1e-3) or there[row, column] <= AU / 2


def test_the_beam_keeps_the_light_and_widens_it_as_it_says():
    point = np.zeros((SIDE, SIDE))
    add_points(point, np.array([64.0]), np.array([64.0]), np.array([1.0]))
    beam = Beam(0.06, 0.04, np.radians(30))
    blurred = beam.blur(point)
    assert blurred.sum() == pytest.approx(1)
    offset = np.indices((SIDE, SIDE)) - 64.0
    moments = np.einsum("inm,jnm,nm->ij", offset, offset, blurred)
    widths = np.sqrt(8 * np.log(2) * np.linalg.eigvalsh(moments)) * 0.02
    assert widths == pytest.approx([0.04, 0.06], rel=0.01)
    major = np.linalg.eigh(moments)[1][:, 1]
    assert abs(major @ [np.sin(beam.angle), np.cos(beam.angle)]) == pytest.approx(1, abs=1e-3)


def test_noise_has_variance_one_and_is_as_wide_as_the_beam():
    beam = Beam(0.05, 0.05, 0.0)
    rng = np.random.default_rng(1)
    noise = np.array([beam.noise(rng) for _ in range(40)])
    assert noise.var() == pytest.approx(1, abs=0.03)
    # The correlation of two beams: half of what a beam has at a distance of root two times more.
    apart = (noise[:, :, 2:] * noise[:, :, :-2]).mean()
    assert apart == pytest.approx(np.exp(-((2 * 0.02) ** 2) / (4 * (0.05**2 / (8 * np.log(2))))), abs=0.03)


def test_a_point_beyond_the_edge_adds_nothing_and_one_between_pixels_is_shared():
    image = np.zeros((SIDE, SIDE))
    add_points(image, np.array([10.25, -3.0]), np.array([20.5, 5.0]), np.array([4.0, 1.0]))
    assert image.sum() == pytest.approx(4)
    assert image[10:12, 20:22] == pytest.approx(np.array([[1.5, 1.5], [0.5, 0.5]]))


def test_clumps_keep_the_mean():
    assert clumps((200, 200), 0.08, np.random.default_rng(2)).mean() == pytest.approx(1, abs=0.002)


def test_signal_to_noise_is_as_stated(data):
    over = 1 / np.array([noise_of(image) for image in data.features])
    # A disk that fills the corners makes them look noisier.
    assert np.quantile(over, 0.98) < 1.5 * PEAK_OVER_NOISE[1]
    assert np.quantile(over, 0.25) > 0.6 * PEAK_OVER_NOISE[0]
    assert over.min() > 0.6 * FAINT[0]
    assert over.min() < PEAK_OVER_NOISE[0] / 1.5


def test_the_fitted_plane_is_the_disks(data):
    label = data.targets[TARGET].to_numpy()
    errors = []
    for row in range(0, N, 3):
        image = data.features[row].astype(float)
        plane = fitted_plane(np.arcsinh(image / (3 * noise_of(image))))
        view = Run.draw(20221220, row, bool(label[row])).view
        errors.append(abs(plane.axis_ratio - np.cos(view.tilt)))
    assert np.median(errors) < 0.02
    assert np.quantile(errors, 0.9) < 0.08


def test_features_have_names_and_do_not_mind_how_an_image_lies(data):
    image = data.features[:1]
    table = features(np.concatenate([image, image[:, ::-1], image.transpose(0, 2, 1)]))
    assert table.shape == (3, len(NAMES))
    assert len(set(NAMES)) == len(NAMES)
    assert np.isfinite(table).all()
    profile = slice(5, 55)
    assert np.allclose(table[1:, profile], table[0, profile], atol=0.05)
    empty = Beam(0.04, 0.04, 0.0).noise(np.random.default_rng(0))[None]
    assert np.isfinite(features(empty)).all()


def test_figure_is_a_small_png(data, tmp_path):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib: pip install physathon[plots]")
    draw(data, tmp_path / "figure.png")
    picture = (tmp_path / "figure.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 20_000 < len(picture) < 300_000
