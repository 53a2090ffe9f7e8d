"""The physics of the HIGGS generator: densities, matrix elements, decays, radiation and jets, each on its own."""

import numpy as np
import pytest

from challenges.higgs.collisions import JET_RADIUS, N_JETS
from challenges.higgs.generator import decays, hard_process
from challenges.higgs.generator.collide import _top_decay, collide
from challenges.higgs.generator.cones import cones
from challenges.higgs.generator.dipoles import BOTTOM_MASS, radiate
from challenges.higgs.generator.initial_state import emissions
from challenges.higgs.generator.momenta import axes, dot, moving
from challenges.higgs.generator.parton_densities import BEAM_ENERGY, coupling, density, quark_density

MANY = 4000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def masses(momenta: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(dot(momenta, momenta), 0))


def moving_at_random(mass: float, rng: np.random.Generator) -> np.ndarray:
    pt, rapidity, azimuth = rng.exponential(60, MANY), rng.normal(0, 1, MANY), rng.uniform(-np.pi, np.pi, MANY)
    return moving(pt, rapidity, azimuth, mass)


def test_partons_carry_the_protons_momentum():
    x = np.geomspace(0.002, 0.999, 4000)
    carried = density("g", x) + quark_density(x)
    # Strange and heavier quarks carry a tenth, partons below x = 0.002 nearly as much again.
    assert 0.7 < np.trapezoid(carried, x) < 0.85
    assert (density("u", x) > density("d", x))[x > 0.05].all()
    assert density("g", np.array([1.0, 1.5])).tolist() == [0, 0]


def test_densities_and_coupling_are_pythias():
    pythia8mc = pytest.importorskip("pythia8mc", reason="NNPDF2.3 comes with Pythia 8: physathon[simulation]")
    pythia = pythia8mc.Pythia("", False)
    for line in ("Print:quiet = on", "PDF:pSet = 13", "ProcessLevel:all = off"):
        assert pythia.readString(line)
    assert pythia.init()
    proton = pythia.getPDFPtr(2212)
    x = np.geomspace(0.002, 0.3, 12)
    for parton, number in {"g": 21, "u": 2, "d": 1, "ubar": -2, "dbar": -1}.items():
        theirs = [proton.xf(number, value, 200.0**2) for value in x]
        np.testing.assert_allclose(density(parton, x), theirs, rtol=0.12, err_msg=parton)
    strong = pythia8mc.AlphaStrong()
    strong.init(0.1365, 1, 5, False)
    np.testing.assert_allclose(coupling(np.array([10.0, 50.0])), [strong.alphaS(q**2) for q in (10, 50)], rtol=1e-3)


def test_matrix_elements_of_light_quarks_are_the_textbooks():
    """With mass 0: E. Eichten et al., Reviews of Modern Physics 56, 579 (1984), table of 2 -> 2 processes."""
    cosine = np.array([-0.7, 0.0, 0.4])
    t, u = -(1 - cosine) / 2, -(1 + cosine) / 2
    ones = np.ones(3)
    fusion = (t**2 + u**2) / (6 * t * u) - 3 / 8 * (t**2 + u**2)
    np.testing.assert_allclose(hard_process.gluon_fusion(ones, cosine, 0 * ones), fusion)
    np.testing.assert_allclose(hard_process.annihilation(ones, cosine, 0 * ones), 4 / 9 * (t**2 + u**2))


def test_pairs_of_tops_are_made_near_their_threshold_and_mostly_by_gluons(rng):
    pairs = hard_process.hard_process(MANY, rng, higgs=False)
    assert (pairs.mass > pairs.tops.sum(0)).all()
    # Pythia 8 at leading order: 461 GeV, 81% by gluons.
    assert np.median(pairs.mass) == pytest.approx(461, rel=0.04)
    assert pairs.gluons.mean() == pytest.approx(0.81, abs=0.035)
    assert np.median(pairs.tops) == pytest.approx(172.5, abs=0.3)
    higgs = hard_process.hard_process(MANY, rng, higgs=True)
    np.testing.assert_allclose(np.prod(higgs.fractions, axis=0) * BEAM_ENERGY**2, 425.0**2)


def test_axes_are_orthogonal_in_any_frame(rng):
    rest = moving_at_random(1.0, rng)
    frame = (rest, *axes(rest, moving_at_random(0.0, rng)))
    products = np.array([[dot(one, other) for other in frame] for one in frame])
    np.testing.assert_allclose(products.T, np.broadcast_to(np.diag([1, -1, -1, -1]), (MANY, 4, 4)), atol=1e-5)


def test_decays_conserve_momentum_and_keep_masses(rng):
    parent = moving_at_random(172.5, rng)
    first, second = decays.decay(parent, (80.4, 5.0), *decays.isotropic(MANY, rng), moving_at_random(0.0, rng))
    np.testing.assert_allclose(first + second, parent)
    np.testing.assert_allclose(masses(first), 80.4, rtol=1e-6)
    np.testing.assert_allclose(masses(second), 5.0, rtol=1e-3)


def test_leptons_of_w_bosons_follow_their_polarisation():
    steps = (np.arange(100_000) + 0.5) / 100_000
    cosine = decays.longitudinal(steps)
    assert np.mean(cosine**2) == pytest.approx(1 / 5, abs=1e-4)  # of 3/4 (1 - c**2)
    left = decays.from_top(steps, np.ones_like(steps))
    assert np.mean(left) == pytest.approx(-1 / 2, abs=1e-4)  # of 3/8 (1 - c)**2
    share = 172.5**2 / (172.5**2 + 2 * 80.4**2)
    assert decays.from_top(steps, np.full_like(steps, share - 1e-9)).mean() == pytest.approx(0, abs=1e-4)


def test_breit_wigner_peaks_have_their_middle_and_width(rng):
    drawn = decays.breit_wigner(80.4, 2.085, 15.0, 40_000, rng)
    assert np.abs(drawn - 80.4).max() <= 15
    low, middle, high = np.quantile(drawn, [0.25, 0.5, 0.75])
    assert middle == pytest.approx(80.4, abs=0.05)
    assert high - low == pytest.approx(2.085, rel=0.12)  # half of a Breit-Wigner lies within its width


@pytest.mark.parametrize("heavy", [False, True])
def test_chains_conserve_momentum_stay_massless_and_radiate_as_much_as_they_have_room(heavy, rng):
    counts = []
    for mass in (30.0, 125.0):
        parent = moving_at_random(mass, rng)
        ends = decays.decay(parent, (0.0, 0.0), *decays.isotropic(MANY, rng), moving_at_random(0.0, rng))
        chains = radiate(*ends, rng, heavy=(heavy, heavy))
        np.testing.assert_allclose(chains.sum(2), parent, rtol=1e-7, atol=1e-7)
        assert np.abs(dot(chains, chains)).max() < 1e-3
        counts.append((chains[3] > 0).sum(1).mean() - 2)
    assert 0.5 < counts[0] < counts[1] < 4


def test_bottom_quarks_do_not_radiate_in_their_dead_cone(rng):
    energy = np.full(MANY, 60.0)
    ends = np.stack([0 * energy, 0 * energy, energy, energy]), np.stack([0 * energy, 0 * energy, -energy, energy])
    edge, beyond = np.log(120.0 / BOTTOM_MASS), []
    for heavy in (False, True):
        chains = radiate(*ends, rng, heavy=(heavy, heavy))
        single = chains[:, (chains[3] > 0).sum(1) == 3]
        first, gluon, last = single[:, :, 0], single[:, :, 1], single[:, :, 2]
        rapidity = np.log(dot(last, gluon) / dot(first, gluon)) / 2
        beyond.append((np.abs(rapidity) > edge).mean())
    assert beyond[0] > 0.02
    assert beyond[1] == 0


def test_a_top_quark_decays_to_a_w_boson_and_what_its_bottom_quark_becomes(rng):
    tops = moving_at_random(172.5, rng)
    w, chain = _top_decay(tops, rng)
    np.testing.assert_allclose(w + chain.sum(2), tops, atol=1e-7)
    assert np.median(masses(w)) == pytest.approx(80.4, abs=0.2)
    assert np.abs(masses(w) - 80.4).max() < 15.01
    assert np.abs(dot(chain, chain)).max() < 1e-2
    assert 0.5 < ((chain[3] > 0).sum(1) > 1).mean() < 0.95


def test_incoming_partons_radiate_more_the_higher_the_scale_and_never_more_than_there_is(rng):
    hard = hard_process.hard_process(MANY, rng, higgs=True)
    few, many = (emissions(hard, scale, rng) for scale in (60.0, 300.0))
    assert (few.pt > 40).sum() < (many.pt > 40).sum()
    assert np.bincount(many.event, minlength=MANY).mean() < 8
    x1, _ = hard.fractions
    assert (x1[many.event] + many.pt * np.exp(many.rapidity) / BEAM_ENERGY < 1).all()
    assert np.abs(many.rapidity.mean()) < 0.1


def test_cones_gather_what_is_near_and_name_its_flavour():
    pt = np.array([[50.0, 20.0, 30.0, 0.0]])
    eta = np.array([[0.0, 0.5 * JET_RADIUS, 2.0, 0.0]])
    phi = np.array([[3.1, -3.1, 0.0, 0.0]])  # neighbours across the seam of the azimuth
    momenta = moving(pt, eta, phi)
    jets, flavour = cones(momenta, np.array([[0, 5, 4, 0]], np.int8))
    assert jets.shape == (1, N_JETS, 3)
    both = momenta[:, 0, :2].sum(1)
    assert jets[0, 0] == pytest.approx(
        [np.hypot(*both[:2]), np.arcsinh(both[2] / np.hypot(*both[:2])), np.arctan2(both[1], both[0])]
    )
    assert jets[0, 1] == pytest.approx([30, 2, 0])
    assert not jets[0, 2:].any()
    assert flavour[0].tolist() == [5, 4, *[0] * (N_JETS - 2)]


@pytest.mark.parametrize("higgs", [True, False])
def test_collisions_are_what_the_detector_expects(higgs, rng):
    found = collide(1000, rng, higgs=higgs)
    assert 800 < len(found.lepton) < 1000
    for part in found:
        assert np.isfinite(part).all()
    assert (np.diff(found.jets[:, :, 0], axis=1) <= 0).all()
    # Two bottom quarks an event, rarely in one jet or below all others.
    assert 1.7 < (found.flavour == 5).sum(1).mean() <= 2
