"""The simulator of lensing: light is bent as the formulas of others say, and labels are known by physics alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from challenges.dataset import Dataset
from challenges.lensing import deflectors
from challenges.lensing.camera import SKY, Camera, grid, photographed
from challenges.lensing.cosmology import einstein_area
from challenges.lensing.figure import draw, draw_pairs
from challenges.lensing.layout import AXION, CDM, CLASSES, HIGH_SIDE, NO_SUB, SIDE, TARGET
from challenges.lensing.scene import Lens, Source, draw_scene
from challenges.lensing.simulate import CAMERA, HIGH, LOW, simulate
from challenges.lensing.substructure import (
    CLUMPED,
    FAINT,
    HEAVIEST,
    LIGHTEST,
    REACH,
    SLOPE,
    Bender,
    Clumps,
    Vortex,
    draw_clumps,
    draw_vortex,
    mean_mass,
    truncation,
)
from scoring.permutation import permutation_interval
from scoring.roc import auc

N = 240
RAYS = grid(48, 0.09).astype(complex)  # an even number: no ray hits the centre
PLACES = np.array([0.3 + 0.4j, -1.1 + 0.2j, 0.05 - 2.0j])
# What lenstronomy 1.14.2 gives at PLACES, for the deflectors of OURS.
LENSTRONOMY = {
    "NIE": [0.704317560956 + 1.066797358826j, -1.245145153208 + 0.307990906222j, 0.089097357351 - 1.326256083165j],
    "SHEAR": [0.022258501743 + 0.011382403092j, 0.00050630444 - 0.055899406578j, -0.098120055142 + 0.019460338615j],
    "PJAFFE": [0.065687812049 + 0.065687812049j, -0.014650108084 - 0.001126931391j, -0.000551238325 - 0.008452320979j],
    "POINT_MASS": [0.02461935067 + 0.164588205969j, -0.090631111469 + 0.028801201408j, 0.002151916012 - 0.048275117j],
}  # fmt: skip
CLUMP, AREA, CUT = 0.2 + 0.3j, 0.02, 0.11
OURS = {
    "NIE": lambda z: deflectors.isothermal_ellipsoid(z, 1.3, 0.82, 0.4),
    "SHEAR": lambda z: deflectors.shear(z, 0.05, 0.7),
    "PJAFFE": lambda z: deflectors.truncated_isothermals(z, np.array([CLUMP]), np.array([AREA]), np.array([CUT])),
    "POINT_MASS": lambda z: deflectors.rod(z, 0.1, 0.7, 0.3),  # 2,000 of them in a row
}


@pytest.fixture(scope="module")
def images() -> Dataset:
    return simulate(N, 20240229, track="substructure", workers=1)


@pytest.fixture(scope="module")
def null_images() -> Dataset:
    return simulate(N, 20240229, track="substructure", signal=False, workers=1)


@pytest.fixture(scope="module")
def pairs() -> Dataset:
    return simulate(8, 20240229, track="super_resolution", workers=1)


@pytest.mark.parametrize("model", OURS)
def test_rays_bend_as_lenstronomy_bends_them(model):
    np.testing.assert_allclose(OURS[model](PLACES), LENSTRONOMY[model], atol=1e-7)
    np.testing.assert_allclose(OURS[model](PLACES.astype(np.complex64)), LENSTRONOMY[model], atol=1e-6)


@pytest.mark.parametrize("model", OURS)
def test_lenstronomy_itself_agrees_over_the_whole_image(model):
    lenses = pytest.importorskip("lenstronomy.LensModel.lens_model", reason="not installed: pip install lenstronomy")
    from lenstronomy.Util.param_util import phi_q2_ellipticity, shear_polar2cartesian

    row = (np.arange(2000) + 0.5 - 1000) / 1000 * 0.7 * np.exp(0.3j)
    (e1, e2), (g1, g2), thin = phi_q2_ellipticity(0.4, 0.82), shear_polar2cartesian(0.7, 0.05), 1e-7
    settings = {
        "NIE": [{"theta_E": 1.3, "e1": e1, "e2": e2, "s_scale": 1e-12}],
        "SHEAR": [{"gamma1": g1, "gamma2": g2}],
        "PJAFFE": [{"sigma0": AREA / (2 * thin * CUT), "Ra": thin, "Rs": CUT, "center_x": 0.2, "center_y": 0.3}],
        "POINT_MASS": [{"theta_E": (0.1 / 2000) ** 0.5, "center_x": p.real, "center_y": p.imag} for p in row],
    }[model]
    z = RAYS[:, ::6]
    x, y = lenses.LensModel([model] * len(settings)).alpha(z.real.ravel(), z.imag.ravel(), settings)
    # Between two points of a row, lenstronomy's rod has gaps.
    near = 1e-4 if model == "POINT_MASS" else 1e-7
    np.testing.assert_allclose(OURS[model](z).ravel(), x + 1j * y, atol=near)


@given(ratio=st.floats(0.3, 0.99), angle=st.floats(0, np.pi), radius=st.floats(0.5, 2))
@settings(max_examples=20, deadline=None)
def test_the_ellipsoids_deflection_has_the_ellipsoids_mass_as_its_divergence(ratio, angle, radius):
    z, step = 1.7 * np.exp(1j * np.linspace(0, 6, 40)), 1e-4

    def bent(at: np.ndarray) -> np.ndarray:
        return deflectors.isothermal_ellipsoid(at, radius, ratio, angle)

    along_x, along_y = ((bent(z + way) - bent(z - way)) / (2 * step) for way in (step, 1j * step))
    turned = z * np.exp(-1j * angle)
    density = radius / (2 * np.sqrt(ratio * turned.real**2 + turned.imag**2 / ratio))
    np.testing.assert_allclose((along_x.real + along_y.imag) / 2, density, rtol=1e-5)
    np.testing.assert_allclose(along_x.imag, along_y.real, atol=1e-5)  # no curl


def test_an_aligned_round_lens_makes_a_ring_of_the_einstein_radius():
    lens, source = Lens(1.3, 0.9999, 0.0, 0.0, 0.0), Source(0j, 0.1, 1.0, 0.98, 0.0)
    image = HIGH.expose(source.light(HIGH.places - lens.deflection(HIGH.places)))
    places = grid(HIGH.side, HIGH.pixel)
    ring = abs(places[image > 0.95 * image.max()])
    assert ring.mean() == pytest.approx(1.3, abs=HIGH.pixel / 2)
    assert ring.std() < HIGH.pixel


def test_a_million_million_suns_bend_light_by_their_einstein_radius():
    assert np.sqrt(1e12 * einstein_area()) == pytest.approx(1.6645, abs=1e-4)


def test_half_of_a_clump_lies_within_three_quarters_of_its_cut():
    cut, area = 0.2, 0.01
    at = np.array([0.75 * cut, 1e4])
    bent = deflectors.truncated_isothermals(at.astype(complex), np.zeros(1, complex), np.array([area]), np.array([cut]))
    np.testing.assert_allclose(bent.real * at / area, [0.5, 1], rtol=1e-4)


@given(half=st.floats(0.01, 3), angle=st.floats(0, np.pi), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_rod_is_a_row_of_points(half, angle, seed):
    z = 3.5 * np.exp(1j * np.random.default_rng(seed).uniform(0, 2 * np.pi, 5))
    points = np.linspace(-half, half, 2001) * np.exp(1j * angle)
    weights = np.ones(2001)
    weights[[0, -1]] = 0.5
    row = (weights / 2000 * 0.1 / (z[:, None] - points).conj()).sum(axis=1)
    np.testing.assert_allclose(deflectors.rod(z, 0.1, half, angle), row, atol=1e-5)


def test_the_mass_in_a_circle_is_that_of_what_lies_inside():
    bender, area = Bender(CAMERA.places, einstein_area()), einstein_area()
    # Half of this rod lies within a circle of 1 arcsec.
    halved = bender.by_vortex(Vortex(0j, 4e10, 2.0, 0.3))
    assert deflectors.mean_convergence(halved, bender.spacing, 1.0) == pytest.approx(2e10 * area, rel=1e-2)
    clump = bender.by_clumps(Clumps(np.zeros(1, complex), np.array([3e9])))
    cut = truncation(np.array([3e9]))[0]
    expected = 2 * 3e9 * area / (1.2 + cut + np.hypot(1.2, cut)) / 1.2
    assert deflectors.mean_convergence(clump, bender.spacing, 1.2) == pytest.approx(expected, rel=1e-3)
    galaxy = deflectors.isothermal_ellipsoid(CAMERA.places, 1.3, 0.7, 0.4)
    found = deflectors.mean_convergence(galaxy, bender.spacing, 1.3)
    assert found == pytest.approx(deflectors.ellipsoid_convergence(0.7), abs=1e-4)


@pytest.mark.parametrize("draw_hidden", [draw_clumps, draw_vortex])
def test_whatever_a_halo_hides_its_einstein_radius_stays(draw_hidden):
    rng, bender = np.random.default_rng(8), Bender(CAMERA.places, einstein_area())
    bend = bender.by_clumps if draw_hidden is draw_clumps else bender.by_vortex

    def inside(deflection: np.ndarray) -> float:
        return deflectors.mean_convergence(deflection, bender.spacing, lens.radius)

    for _ in range(5):
        lens, _ = draw_scene(rng)
        hidden = bend(draw_hidden(rng))
        galaxy = lens.deflection(bender.places)
        assert inside(hidden) > 0.005
        together = bender.places - bender.behind(lens, hidden)
        assert inside(together) == pytest.approx(inside(galaxy), abs=1e-4)


def test_half_of_a_galaxys_light_comes_from_within_its_half_light_radius():
    z = grid(800, 0.01).astype(complex)
    for index in (0.8, 1.0, 1.3):
        light = Source(0.1 + 0.05j, 0.25, index, 0.7, 0.4).light(z)
        w = (z - 0.1 - 0.05j) * np.exp(-0.4j)
        inside = 0.7 * w.real**2 + w.imag**2 / 0.7 < 0.25**2
        assert light[inside].sum() / light.sum() == pytest.approx(0.5, abs=0.003)


def test_a_lens_keeps_surface_brightness():
    lens, source = draw_scene(np.random.default_rng(3))
    z = grid(512, 0.01)
    image, unlensed = source.light(z - lens.deflection(z)), source.light(z)
    assert image.max() == pytest.approx(unlensed.max(), rel=0.02)
    assert image.sum() > 2 * unlensed.sum()


@pytest.mark.parametrize("camera", [CAMERA, HIGH, LOW])
def test_a_point_becomes_a_gaussian_of_the_telescopes_width(camera):
    light = np.zeros(camera.places.shape, np.float32)
    middle = len(light) // 2
    light[middle, middle] = 1
    image = camera.expose(light).astype(float)
    assert image.sum() == pytest.approx(camera.rays**-2, rel=1e-4)
    at = grid(camera.side, camera.pixel).real[0] - camera.places.real[middle, middle]
    variance = (image.sum(axis=0) * at**2).sum() / image.sum()
    # A pixel adds the variance of its own width.
    assert variance == pytest.approx(camera.blur**2 / (8 * np.log(2)) + camera.pixel**2 / 12, rel=1e-2)


def test_photons_have_the_noise_that_they_are_asked_for():
    image = np.array([[4.0, 2.0, 0.0]])
    shots = np.array([photographed(image, 20.0, np.random.default_rng(seed)) for seed in range(4000)])[:, 0]
    np.testing.assert_allclose(shots.mean(axis=0), [1, 0.5, 0], atol=0.005)
    expected = np.sqrt((np.array([1, 0.5, 0]) + SKY) / (1 + SKY)) / 20
    np.testing.assert_allclose(shots.std(axis=0), expected, rtol=0.05)


def test_clumps_have_the_masses_numbers_and_places_that_they_are_said_to_have():
    rng = np.random.default_rng(5)
    many = [draw_clumps(rng) for _ in range(300)]
    masses = np.concatenate([clumps.masses for clumps in many])
    places = np.concatenate([clumps.places for clumps in many])
    assert masses.min() > LIGHTEST
    assert masses.max() < HEAVIEST
    assert masses.mean() == pytest.approx(mean_mass(), rel=0.1)
    # The maximum-likelihood slope of a power law without an end; the end at 1e10 hardly matters.
    assert -1 - 1 / np.log(masses / LIGHTEST).mean() == pytest.approx(SLOPE, abs=0.02)
    assert abs(places).max() <= REACH
    assert (abs(places) < REACH / np.sqrt(2)).mean() == pytest.approx(0.5, abs=0.01)
    totals = np.array([clumps.masses.sum() for clumps in many])
    low, high = CLUMPED
    assert totals.mean() == pytest.approx((high - low) / np.log(high / low), rel=0.05)


def test_faint_clumps_on_a_mesh_bend_as_they_do_one_by_one():
    clumps = draw_clumps(np.random.default_rng(6))
    light = clumps.masses < FAINT
    faint = Clumps(clumps.places[light], clumps.masses[light])
    assert len(faint.masses) > 100
    exact, everything = (
        deflectors.truncated_isothermals(
            CAMERA.places.astype(complex), some.places, einstein_area() * some.masses, truncation(some.masses)
        )
        for some in (faint, clumps)
    )
    error = Bender(CAMERA.places, einstein_area()).on_mesh(faint) - exact
    assert size(error) < 0.025 * size(exact)
    assert size(error) < 0.01 * size(everything)


def size(deflection: np.ndarray) -> float:
    """Return the root mean square."""
    return float(np.sqrt((abs(deflection) ** 2).mean()))


def test_the_longest_vortices_belong_to_the_lightest_axions():
    vortices = [draw_vortex(np.random.default_rng(seed)) for seed in range(300)]
    half = np.array([vortex.half_length for vortex in vortices])
    # Half of 0.06 arcsec times 1e-22 eV over 10^-22.5 to 10^-24 eV.
    assert 0.0948 < half.min() < half.max() < 3.0
    assert np.log10(half).std() == pytest.approx(1.5 / np.sqrt(12), rel=0.1)
    assert max(abs(vortex.place) for vortex in vortices) <= 0.3
    bent = Bender(CAMERA.places, einstein_area()).by_vortex(Vortex(0j, 4e10, 0.01, 0.0))
    far = CAMERA.places[0, 0]
    assert abs(bent[0, 0]) == pytest.approx(4e10 * einstein_area() / abs(far), rel=1e-3)


def test_images_and_pairs_have_the_layout_of_the_real_ones(images, pairs):
    assert images.features.shape == (N, SIDE, SIDE)
    assert pairs.features.shape == (8, SIDE, SIDE)
    assert pairs.targets.shape == (8, HIGH_SIDE, HIGH_SIDE)
    for array in (images.features, pairs.features, pairs.targets):
        assert array.dtype == np.float32
        assert (array.min(axis=(1, 2)) == 0).all()
        assert (array.max(axis=(1, 2)) == 1).all()
    assert images.targets[TARGET].dtype == np.int8
    assert len(set(images.groups)) == N


def test_images_are_rounded_to_less_than_their_noise(images, pairs):
    for given_images in (images.features, pairs.features):
        corner = given_images[:, :6, :6].std(axis=(1, 2))
        step = np.array([np.diff(np.unique(image)).min() for image in given_images])
        assert (np.log2(step) % 1 == 0).all()
        assert (step < corner / 2).all()
    assert (pairs.targets * 4096 % 1 == 0).all()


def test_classes_come_equally_often_and_their_places_tell_nothing(images):
    label = images.targets[TARGET].to_numpy()
    assert np.bincount(label, minlength=len(CLASSES)).tolist() == [N // 3] * 3
    for kind in (NO_SUB, CDM, AXION):
        assert abs(np.corrcoef(np.arange(N), label == kind)[0, 1]) < 4 / np.sqrt(N)


@pytest.mark.parametrize("track", ["substructure", "super_resolution"])
def test_a_seed_gives_the_same_bytes_and_all_its_bits_count(track):
    one, again, other = (simulate(9, seed, track=track, workers=1) for seed in (7, 7, 7 ^ (1 << 255)))
    assert one.features.tobytes() == again.features.tobytes()
    assert np.array_equal(one.targets, again.targets)
    assert not np.isin(one.features[:, 32, 10:20], other.features[:, 32, 10:20]).all(axis=1).any()


@pytest.mark.parametrize(
    ("n", "seed", "track"),
    [(0, 1, "substructure"), (3, -1, "substructure"), (3, 1 << 256, "substructure"), (3, 1, "x")],
)
def test_senseless_arguments_are_refused(n, seed, track):
    with pytest.raises(ValueError, match="must be"):
        simulate(n, seed, track=track)


def test_progress_reaches_the_end():
    calls = []
    simulate(5, 1, track="substructure", workers=1, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (5, 5)


def learned(data: Dataset) -> tuple[float, float, float]:
    """Return how well trees tell smooth halos from others by ripples of the ring, and between what chance stays."""
    from sklearn.ensemble import ExtraTreesClassifier

    from baselines.lensing.rings import ripples

    x, smooth = ripples(data.features), data.targets[TARGET].to_numpy() == NO_SUB
    model = ExtraTreesClassifier(200, min_samples_leaf=3, bootstrap=True, oob_score=True, random_state=0).fit(x, smooth)
    score = model.oob_decision_function_[:, 1]
    low, high = permutation_interval(lambda label: auc(label, score), smooth, data.groups, level=0.999)
    return auc(smooth, score), low, high


def test_null_mode_leaves_nothing_to_learn(images, null_images):
    score, low, high = learned(null_images)
    assert low <= score <= high
    assert null_images.targets.equals(images.targets)
    # The same test must find substructure where there is some.
    score, _, high = learned(images)
    assert score > high


def test_a_low_resolution_image_shows_its_own_lens_and_in_null_mode_another(pairs):
    null = simulate(8, 20240229, track="super_resolution", signal=False, workers=1)
    for data, own in ((pairs, True), (null, False)):
        small = data.targets.reshape(-1, SIDE, 2, SIDE, 2).mean(axis=(2, 4)).reshape(8, -1)
        likeness = np.corrcoef(data.features.reshape(8, -1), small)[:8, 8:]
        assert (likeness.argmax(axis=1) == np.arange(8)).all() == own
    assert np.array_equal(null.targets, pairs.targets)


def test_figures_are_small_pngs(images, pairs, tmp_path):
    pytest.importorskip("matplotlib", reason="the figures need matplotlib: pip install physathon[plots]")
    draw(images, tmp_path / "classes.png")
    draw_pairs(pairs, tmp_path / "pairs.png")
    for path in tmp_path.iterdir():
        picture = path.read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert 20_000 < len(picture) < 300_000


def test_cameras_of_a_pair_share_their_rays():
    assert np.array_equal(HIGH.places, LOW.places)
    assert Camera(4, 1.0, 0.5, 1).response.shape == (4, 4)
