"""The simulator of spin echoes: what it promises of seeds, rows and labels, and that its physics is exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from challenges.dataset import Dataset
from challenges.nmr import lattice, simulate, spins
from challenges.nmr.figure import draw
from challenges.nmr.layout import COUPLINGS, DELAY, ECHO, GAUSS, LABEL, NOISE, RKKY, SAMPLES, STEP, TRACKS
from tests.support import real_data

FIELD = (0.075, 0.2)


@pytest.fixture(scope="module")
def noisy() -> Dataset:
    return simulate.simulate(90, 20211102, track="interaction")


def liouville(detuning: np.ndarray, field: np.ndarray, decay: float, step: float = STEP) -> np.ndarray:
    """Return the echo by density matrices and exponentials of Liouvillians, spin by spin."""
    x, y, z = np.array([[0, 1], [1, 0]]) / 2, np.array([[0, -1j], [1j, 0]]) / 2, np.diag([0.5, -0.5])
    one = np.eye(2)

    def commutator(operator: np.ndarray) -> np.ndarray:
        return np.kron(operator, one) - np.kron(one, operator.T)

    # Dephasing at twice the rate: its jump operator is I_z.
    dephasing = 2 * decay * (np.kron(z, z) - (np.kron(z @ z, one) + np.kron(one, z @ z)) / 2)
    sites = [np.roll(field, shift, (0, 1)).ravel() for shift in np.ndindex(field.shape)]
    pulse = expm(-1j * np.pi / 2 * x)
    rho = np.repeat((pulse @ np.diag([1, 0]) @ pulse.conj().T)[None], field.size, axis=0)
    found = []
    for number in range(SAMPLES):
        if number == DELAY:
            pulse = expm(-1j * np.pi * y)
            rho = pulse @ rho @ pulse.conj().T
        felt = [np.array(sites) @ np.einsum("nij,ji->n", rho, one_of).real for one_of in (x, y)]
        terms = zip((*felt, detuning.ravel()), (x, y, z), strict=True)
        hamiltonian = -sum(size[:, None, None] * commutator(operator) for size, operator in terms)
        rho = (expm(step * (dephasing - 1j * hamiltonian)) @ rho.reshape(-1, 4, 1)).reshape(-1, 2, 2)
        found.append(np.einsum("nij,ji->n", rho, x + 1j * y).mean())
    return np.stack([np.real(found), np.imag(found)])


@pytest.mark.parametrize(("form", "xi", "decay"), [(GAUSS, 1.3, 0.0), (GAUSS, 1.3, 1e-3), (RKKY, 2.5, 1e-6)])
def test_echoes_agree_with_a_direct_liouville_solution_of_25_spins(form, xi, decay):
    detuning = np.random.default_rng(5).uniform(-0.2, 0.2, (5, 5))
    field = lattice.couplings(form, np.array([xi]), side=5)
    field *= 0.1 / np.abs(field.sum())
    echo = spins.echoes(detuning, field, np.array([decay]))[0]
    exact = liouville(detuning, field[..., 0], decay)
    assert np.abs(exact[:, ECHO - 50 :]).max() > 0.05
    # A decay that acts after each turn and not during it makes most of the difference.
    np.testing.assert_allclose(echo, exact, atol=2.5e-6 + 0.02 * decay)


def test_echoes_agree_with_those_of_the_original_simulator():
    theirs = [np.loadtxt(real_data("nmr", f"charlessnider_{part}_output1.txt")) for part in ("real", "imag")]
    parameters = np.loadtxt(real_data("nmr", "charlessnider_echo_params1.txt"))
    step, delay = 1.88495559, 166
    # Theirs: 100 x 100 spins of random detunings, both pulses about x, a sample at each pulse too; and couplings along
    # x and y of the same strength.
    field = lattice.couplings(GAUSS, parameters[:, 3], side=100) * parameters[:, 0]
    ours = spins.echoes(lattice.detunings(100), field, np.zeros(9), step=step, delay=delay)
    after = slice(delay + 2, 3 * delay + 2)
    mirrored = np.stack([-ours[:, 0], -ours[:, 1]])
    first = mirrored[..., :delay] - np.stack(theirs)[..., 1 : delay + 1]
    # About x the second pulse turns the spins as about y, and then by 180° about z.
    second = -mirrored[..., delay:] - np.stack(theirs)[..., after]
    apart = np.sqrt(np.mean(np.concatenate([first, second], axis=2) ** 2, axis=(0, 2)))
    assert np.median(apart) < 0.01
    assert apart.max() < 0.03


def test_spins_that_feel_nothing_come_back_whole_in_the_middle_of_the_echo():
    detuning = lattice.detunings()
    rate = 1e-4
    kept, lost = spins.echoes(detuning, np.zeros((*detuning.shape, 2)), np.array([0, rate]))
    time = STEP * np.arange(1, SAMPLES + 1)
    np.testing.assert_allclose(kept[:, ECHO], [0, -0.5], atol=1e-6)
    np.testing.assert_allclose(lost, kept * np.exp(-rate * time), atol=1e-6)
    precession = -0.5j * np.exp(-1j * detuning.ravel()[:, None] * time[:DELAY]).mean(axis=0)
    np.testing.assert_allclose(kept[0, :DELAY] + 1j * kept[1, :DELAY], precession, atol=2e-6)


def test_the_slowest_decay_is_not_lost_in_rounding():
    detuning, rate = lattice.detunings(), 10 ** (-12 / 2)
    none, slow = spins.echoes(detuning, np.zeros((*detuning.shape, 2)), np.array([0, rate]))
    assert (slow - none)[1, ECHO] == pytest.approx(0.5 * rate * STEP * (ECHO + 1), rel=0.05)


def test_d_is_the_exponent_of_the_square_of_the_decay_rate():
    place = np.array([[0.5, 0.5, 1.0], [0.5, 0.5, 0.1], [0.5, 0.5, 0.0]])
    material = simulate.material_at(np.full(3, GAUSS), place)
    np.testing.assert_allclose(material.d, [6, 8, 12])
    first = np.hypot(*simulate.echoes(material)[..., 0].T)
    # Turned alike in the first step, the three differ by what decayed in it.
    np.testing.assert_allclose(np.log(first / first[2]) / -STEP, [1e-3 - 1e-6, 1e-4 - 1e-6, 0], atol=2e-7)


def test_spins_that_turn_too_far_in_a_step_are_refused():
    with pytest.raises(ValueError, match=r"expected spins to turn by at most 0\.8 radians in a step, got up to 1$"):
        spins.echoes(np.full((2, 2), 0.5), np.zeros((2, 2, 1)), np.zeros(1))


@given(seed=st.integers(0, 2**32), form=st.sampled_from([GAUSS, RKKY]))
@settings(max_examples=25, deadline=None)
def test_drawn_couplings_keep_their_ranges(seed, form):
    material = simulate.material_at(np.full(50, form), np.random.default_rng(seed).random((50, 3)))
    field = material.alpha * np.abs(lattice.couplings(form, material.xi).sum(axis=(0, 1))) / lattice.SIDE**2
    assert (field > FIELD[0] * 0.999).all()
    assert (field < FIELD[1] * 1.001).all()
    for values, low, high in (
        (material.alpha, 0.2, 20),
        (material.xi, lattice.SHORTEST, lattice.LONGEST * lattice.SIDE),
        (material.d, 6, 12),
    ):
        assert values.min() >= low
        assert values.max() <= high * (1 + 1e-12)


@given(xi=st.floats(0.9, 0.69 * lattice.SIDE), form=st.sampled_from([GAUSS, RKKY]))
@settings(max_examples=25, deadline=None)
def test_the_length_is_found_from_the_sum_of_couplings(xi, form):
    total = np.abs(lattice.couplings(form, np.array([xi])).sum()) / lattice.SIDE**2
    assert lattice.length_of_sum(form, total) == pytest.approx(xi, rel=1e-3)


@pytest.mark.parametrize("form", [GAUSS, RKKY])
def test_couplings_look_alike_from_every_side_and_spare_the_spin_itself(form):
    f = lattice.couplings(form, np.array([3.0]), side=9)[..., 0]
    assert f[0, 0] == 0
    for other in (f.T, np.roll(f[::-1], 1, axis=0), np.roll(f[:, ::-1], 1, axis=1)):
        np.testing.assert_array_equal(f, other)


def test_rkky_is_minus_one_over_3x_near_by_and_changes_sign_where_tan_x_is_x():
    assert lattice.rkky(np.array([0.01]), np.array([1.0]))[0] == pytest.approx(-1 / 0.06, rel=1e-3)
    near, far = lattice.rkky(np.array([4.48, 4.51]) / 2, np.array([1.0]))
    assert near < 0 < far


def test_detunings_are_a_lorentz_line_and_never_change():
    detuning = lattice.detunings()
    np.testing.assert_array_equal(detuning, lattice.detunings())
    assert np.abs(detuning).max() < lattice.CUT
    within = (np.abs(detuning) < lattice.HALF_WIDTH).mean()
    assert within == pytest.approx(np.arctan(1) / np.arctan(10), abs=2 / detuning.size)
    assert abs(np.corrcoef(detuning[:, 1:].ravel(), detuning[:, :-1].ravel())[0, 1]) < 0.15


def test_noisy_echoes_have_the_layout_of_the_real_ones(noisy):
    assert noisy.features.shape == (90, 2, SAMPLES)
    assert noisy.features.dtype == np.float32
    assert noisy.targets[LABEL].dtype == np.int8
    assert noisy.targets[LABEL].sum() == 45
    assert len(set(noisy.groups)) == 90
    assert len({echo.tobytes() for echo in noisy.features}) == 90


def test_the_noise_is_white_and_of_the_size_that_is_stated(noisy):
    late = noisy.features[:, :, -60:].astype(float)
    bends = np.diff(late, n=2, axis=2)
    # Second differences of white noise have 1 + 4 + 1 times its variance; those of an echo's tail are small.
    assert bends.std() / np.sqrt(6) == pytest.approx(NOISE, rel=0.05)


def test_the_same_seed_gives_the_same_bytes_and_one_high_bit_gives_others():
    one, again, other = (simulate.simulate(20, seed, track="gauss") for seed in (7, 7, 7 ^ (1 << 255)))
    assert one.features.tobytes() == again.features.tobytes()
    assert one.targets.equals(again.targets)
    for name in COUPLINGS:
        assert not np.isin(other.targets[name], one.targets[name]).any()


def test_tracks_of_one_seed_share_no_coupling():
    gauss, rkky = (simulate.simulate(20, 7, track=track).targets for track in (GAUSS, RKKY))
    assert not np.isin(gauss["d"], rkky["d"]).any()


@pytest.mark.parametrize(("n", "seed", "track"), [(0, 1, "gauss"), (9, -1, "gauss"), (9, 1 << 256, RKKY), (9, 1, "x")])
def test_senseless_arguments_are_refused(n, seed, track):
    with pytest.raises(ValueError, match=r"must be|expected a track of \['interaction', 'gauss', 'rkky'\], got 'x'"):
        simulate.simulate(n, seed, track=track)


def test_progress_reaches_the_end():
    calls = []
    simulate.simulate(9, 1, track="rkky", progress=lambda *at: calls.append(at))
    assert calls == [(3, 9), (5, 9), (7, 9), (9, 9)]


@pytest.mark.parametrize("track", [GAUSS, RKKY])
def test_without_couplings_and_decay_all_echoes_are_one_but_for_noise_and_targets_stay(track):
    data, null = (simulate.simulate(12, 3, track=track, signal=signal) for signal in (True, False))
    assert null.targets.equals(data.targets)
    assert np.diff(null.features, axis=0).std() == pytest.approx(np.sqrt(2) * NOISE, rel=0.05)
    assert np.abs(data.features - null.features).max() > 0.1


def test_in_null_mode_both_labels_have_the_same_coupling(monkeypatch):
    forms = []

    def remember(material, **options):
        forms.append(material.form)
        return np.zeros((len(material.form), 2, SAMPLES), np.float32)

    monkeypatch.setattr(simulate, "echoes", remember)
    for signal, expected in ((False, {GAUSS}), (True, {GAUSS, RKKY})):
        forms.clear()
        data = simulate.simulate(40, 3, track="interaction", signal=signal)
        assert set(np.concatenate(forms)) == expected
        assert data.targets[LABEL].sum() == 20


def test_the_track_list_is_that_of_the_challenge():
    from challenges import spec

    assert tuple(track.id for track in spec.load("nmr").tracks) == TRACKS


def test_figure_is_a_small_png(tmp_path):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib: pip install physathon[plots]")
    draw(tmp_path / "figure.png")
    picture = (tmp_path / "figure.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 20_000 < len(picture) < 300_000
