"""The simulator of jet images: what it promises of seeds, rows, labels, groups, and of the detector's physics."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("pythia8mc", reason="the simulator needs Pythia 8: pip install physathon[simulation]")

from challenges import spec
from challenges.dataset import Dataset
from challenges.quantum import detector
from challenges.quantum.detector import SIDE, Particles, at_the_crystals, photograph
from challenges.quantum.figure import draw
from challenges.quantum.jets import QUARKS, JetSource, Window
from challenges.quantum.layout import TARGET, radial_width
from challenges.quantum.simulate import SimulatorMissing, run_stream, simulate
from scoring.roc import auc

JETS = 800


@pytest.fixture(scope="session")
def jets() -> Dataset:
    return simulate(JETS, 20200101)


@pytest.fixture(scope="session")
def null_jets() -> Dataset:
    return simulate(JETS, 20200101, signal=False)


def shapes(images: np.ndarray) -> pd.DataFrame:
    """Describe each jet by what tells quarks from gluons, and by its place among the rows."""
    total = images.sum(axis=(1, 2))
    share = images / total[:, None, None]
    return pd.DataFrame(
        {
            "energy": total,
            "lit": (images > 0).sum(axis=(1, 2)),
            "bright": (images > 1).sum(axis=(1, 2)),
            "largest": share.max(axis=(1, 2)),
            "dispersion": (share**2).sum(axis=(1, 2)),
            "width": radial_width(images),
            "core": share[:, 13:17, 13:17].sum(axis=(1, 2)),
            "place": np.arange(len(images)),
        }
    )


def cross_validated(data: Dataset) -> tuple[float, float]:
    """Return the AUC of boosted trees, and how far chance alone brings it from 1/2.

    The distance is that of the most extreme of 1,000 permutations of the labels over the collisions, and a tenth more.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from xgboost import XGBClassifier

    label = data.targets[TARGET].to_numpy()
    model = XGBClassifier(n_estimators=60, max_depth=3, learning_rate=0.1, n_jobs=1)
    folds = GroupKFold(3, shuffle=True, random_state=0)
    scores = cross_val_predict(
        model, shapes(data.features), label, groups=data.groups, cv=folds, method="predict_proba"
    )[:, 1]
    # A collision's jets share their label: whole collisions of the same size change places.
    first = np.unique(data.groups, return_index=True)[1]
    sizes, of_group = np.bincount(data.groups), label[first].copy()
    rng, chance = np.random.default_rng(0), []
    for _ in range(1000):
        for size in np.unique(sizes):
            members = np.flatnonzero(sizes == size)
            of_group[members] = of_group[rng.permutation(members)]
        chance.append(auc(of_group[data.groups], scores))
    return auc(label, scores), 1.1 * np.abs(np.array(chance) - 0.5).max()


def one_particle(kind: int, pt: float = 50.0, eta: float = 0.3, phi: float = 1.0, copies: int = 400) -> np.ndarray:
    """Return images of jets of one particle each, all on their axis."""
    values = (np.arange(copies), *(np.full(copies, value) for value in (pt, eta, phi, kind)))
    return photograph(Particles(*values), np.tile([eta, phi], (copies, 1)), np.random.default_rng(3))


def test_images_labels_and_types_are_as_promised(jets):
    assert jets.features.shape == (JETS, SIDE, SIDE)
    assert jets.features.dtype == np.float32
    assert np.isfinite(jets.features).all()
    assert (jets.features >= 0).all()
    assert (jets.features.sum(axis=(1, 2)) > 0).all()
    assert jets.features[jets.features > 0].min() > detector.ZERO_SUPPRESSION
    assert jets.targets[TARGET].dtype == np.int8
    assert jets.groups.dtype == np.int64


def test_half_of_the_jets_are_gluons_and_their_places_tell_nothing(jets):
    label = jets.targets[TARGET].to_numpy()
    assert label.sum() == JETS // 2
    assert abs(np.corrcoef(np.arange(JETS), label)[0, 1]) < 4 / np.sqrt(JETS)
    assert abs(np.corrcoef(label[:-1], label[1:])[0, 1]) < 4 / np.sqrt(JETS)


def test_a_group_is_a_collision_of_one_or_two_jets_of_one_kind(jets):
    kinds = jets.targets[TARGET].groupby(jets.groups).agg(["size", "nunique"])
    assert set(kinds["size"]) == {1, 2}
    assert set(kinds["nunique"]) == {1}
    # Numbered as they appear, groups tell nothing either.
    assert pd.unique(jets.groups).tolist() == list(range(len(kinds)))


def test_no_image_comes_twice(jets, null_jets):
    for data in (jets, null_jets):
        assert len(np.unique(data.features.reshape(JETS, -1), axis=0)) == JETS


def test_same_seed_gives_the_same_bytes_for_any_number_of_workers():
    one, two = simulate(60, 7, workers=1), simulate(60, 7, workers=2)
    assert one.features.tobytes() == two.features.tobytes()
    assert one.targets.equals(two.targets)
    assert one.groups.tolist() == two.groups.tolist()


def test_one_high_bit_of_the_seed_gives_other_jets():
    plain, other = (
        run_stream(2, 20, seed=seed, signal=True, report=lambda done: None).pixels.sum(axis=(1, 2))
        for seed in (7, 7 ^ (1 << 255))
    )
    assert not np.isin(plain, other).any()


@pytest.mark.proof
def test_null_mode_leaves_nothing_to_learn(jets, null_jets):
    score, chance = cross_validated(null_jets)
    assert abs(score - 0.5) < chance, f"AUC {score:.3f} in null mode, chance reaches {chance:.3f} from 1/2"
    assert null_jets.targets[TARGET].sum() == JETS // 2
    # The same test must find the gluons where there are some.
    score, chance = cross_validated(jets)
    assert score - 0.5 > 2 * chance


def test_null_mode_changes_the_gluons_alone(jets, null_jets):
    energies = [
        {label: set(data.features[data.targets[TARGET] == label].sum(axis=(1, 2)).tolist()) for label in (0, 1)}
        for data in (jets, null_jets)
    ]
    assert energies[0][0] == energies[1][0]
    assert not energies[0][1] & energies[1][1]


def test_a_source_keeps_the_jets_of_its_window():
    window = Window((200.0, 300.0), (220.0, 260.0), 0.8)
    drawn = JetSource(QUARKS, np.random.SeedSequence(3), window).draw(150)
    jet, pt, _, phi, _ = drawn.particles
    total = [np.bincount(jet, pt * along(phi)) for along in (np.cos, np.sin)]
    assert len(drawn.axes) > 20
    assert ((np.hypot(*total) > 220) & (np.hypot(*total) < 260)).all()
    assert np.abs(drawn.axes[:, 0]).max() <= 0.8


def test_gluon_jets_are_wider_and_hold_more(jets):
    gluon = jets.targets[TARGET].to_numpy()
    table = shapes(jets.features)
    assert 0.68 < auc(gluon, table["width"]) < 0.8
    assert 0.66 < auc(gluon, table["lit"]) < 0.8


def test_a_photon_leaves_its_energy_where_it_flew():
    images = one_particle(22)
    assert images.sum(axis=(1, 2)).mean() == pytest.approx(50, abs=1.5)
    assert images[:, 13:17, 13:17].sum(axis=(1, 2)).mean() == pytest.approx(50, rel=0.01)


def test_a_hadron_showers_in_two_of_three_cases():
    core = one_particle(2112, copies=2000)[:, 12:18, 12:18].sum(axis=(1, 2))
    assert (core > 2).mean() == pytest.approx(detector.SHOWER_PROBABILITY, abs=0.06)
    assert core.max() < 51


def test_charged_particles_bend_to_opposite_sides_and_slow_ones_never_arrive():
    pt = np.array([10.0, 10.0, 10.0])
    _, phi = at_the_crystals(Particles(np.arange(3), pt, np.zeros(3), np.ones(3), np.array([211, -211, 22])))
    # The sagitta's formula: sin(turn) = 0.3 B R / (2 pt), in tesla, metres and GeV.
    turn = np.arcsin(0.3 * 3.8 * 1.29 / 20)
    np.testing.assert_allclose(phi, [1 - turn, 1 + turn, 1])
    slow = one_particle(-11, pt=0.7).sum(axis=(1, 2)) - one_particle(12345, pt=0.7).sum(axis=(1, 2))
    assert abs(slow.mean()) < 0.2


def test_jets_on_both_sides_of_minus_pi_look_alike():
    left, right = one_particle(22, phi=-np.pi + 1e-3), one_particle(22, phi=np.pi - 1e-3)
    for images in (left, right):
        assert images[:, 12:18, 12:18].sum(axis=(1, 2)).mean() == pytest.approx(50, rel=0.01)


def test_the_mean_image_is_centred(jets):
    mean = jets.features.mean(axis=0, dtype=float)
    place = np.arange(SIDE) - (SIDE - 1) / 2
    for axis in (0, 1):
        assert abs(mean.sum(axis=axis) @ place / mean.sum()) < 0.3  # crystals


def test_nothing_is_printed_and_progress_reaches_the_end(capfd):
    calls = []
    simulate(30, 1, workers=1, progress=lambda done, total: calls.append((done, total)))
    assert capfd.readouterr() == ("", "")
    assert calls[-1] == (30, 30)
    assert calls == sorted(calls)


def test_without_pythia_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(SimulatorMissing, match=r"physathon\[simulation\]"):
        simulate(10, 1)


@pytest.mark.parametrize(("n", "seed", "workers"), [(0, 1, None), (10, -1, None), (10, 1 << 256, None), (10, 1, 0)])
def test_senseless_arguments_are_refused(n, seed, workers):
    with pytest.raises(ValueError, match="must be"):
        simulate(n, seed, workers=workers)


def test_the_challenge_declares_its_rule_and_its_limit():
    challenge = spec.load("quantum")
    assert challenge.tracks[0].training.only == {TARGET: 0}
    assert challenge.track("anomaly").circuit.qubits == 20


def test_figure_is_a_small_png(jets, tmp_path: Path):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib: pip install physathon[plots]")
    draw(jets, tmp_path / "quantum.png")
    picture = (tmp_path / "quantum.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 20_000 < len(picture) < 250_000
