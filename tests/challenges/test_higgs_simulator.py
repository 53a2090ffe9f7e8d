"""The HIGGS simulator: what it promises of seeds, rows, labels and likeness to the real table."""

import sys

import numpy as np
import pandas as pd
import pytest

from challenges.dataset import Dataset
from challenges.higgs.detector import NEUTRINO_ETA, W_MASS, four_momenta, invariant_mass, neutrino
from challenges.higgs.figure import draw
from challenges.higgs.layout import FEATURES, LOW_LEVEL, TARGET
from challenges.higgs.simulate import simulate
from challenges.higgs.units import BTAG_UNITS, UNIT
from tests.support import real_data

EVENTS = 2000
KS_BOUND = 0.09  # 0.05 for the worst column at equal sizes of 7,500, and the fluctuation of 2,000 rows


@pytest.fixture(scope="session")
def events() -> Dataset:
    return simulate(EVENTS, 20140702)


@pytest.fixture(scope="session")
def null_events() -> Dataset:
    return simulate(EVENTS, 20140702, signal=False)


def same(first: Dataset, second: Dataset) -> bool:
    return (
        first.features.to_numpy().tobytes() == second.features.to_numpy().tobytes()
        and first.targets[TARGET].tolist() == second.targets[TARGET].tolist()
    )


def cross_validated(data: Dataset) -> tuple[float, float]:
    """Return the AUC of boosted trees on all columns and the row's place, and how far chance alone brings it from 1/2.

    The distance is that of the most extreme of 2,000 permutations of the labels over the events, and a tenth more.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from xgboost import XGBClassifier

    label = data.targets[TARGET].to_numpy()
    table = data.features.assign(place=np.arange(len(data)))
    model = XGBClassifier(n_estimators=60, max_depth=4, learning_rate=0.1, n_jobs=2)
    folds = GroupKFold(3, shuffle=True, random_state=0)
    scores = cross_val_predict(model, table, label, groups=data.groups, cv=folds, method="predict_proba")[:, 1]
    ranks = pd.Series(scores).rank().to_numpy()
    rng = np.random.default_rng(0)
    positive = int(label.sum())
    pairs = positive * (len(label) - positive)
    sums = np.array([ranks[rng.permutation(label) == 1].sum() for _ in range(2000)])
    chance = (sums - positive * (positive + 1) / 2) / pairs
    return roc_auc_score(label, scores), 1.1 * np.abs(chance - 0.5).max()


def test_rows_columns_and_types_are_as_promised(events):
    assert len(events) == EVENTS
    assert tuple(events.features.columns) == FEATURES
    assert set(events.features.dtypes) == {np.dtype("float32")}
    assert events.targets[TARGET].dtype == np.int8
    assert events.groups.dtype == np.int64
    assert np.isfinite(events.features.to_numpy()).all()
    assert len(set(events.groups)) == EVENTS


def test_53_percent_are_signal_and_their_places_tell_nothing(events):
    label = events.targets[TARGET].to_numpy()
    assert label.sum() == round(0.53 * EVENTS)
    assert abs(np.corrcoef(np.arange(EVENTS), label)[0, 1]) < 4 / np.sqrt(EVENTS)
    assert abs(np.corrcoef(label[:-1], label[1:])[0, 1]) < 4 / np.sqrt(EVENTS)


def test_no_event_comes_twice(events, null_events):
    for data in (events, null_events):
        # The lepton's direction is not smeared: streams that share their collisions show there.
        for columns in (list(FEATURES), ["lepton_pt", "m_wwbb"], ["lepton_eta", "lepton_phi"]):
            assert not data.features[columns].duplicated().any()


def test_same_seed_gives_the_same_bytes_for_any_number_of_workers():
    one = simulate(60, 7, workers=1)
    assert same(one, simulate(60, 7, workers=3))


def test_one_high_bit_of_the_seed_gives_other_events():
    plain = simulate(20, 7, workers=1)
    other = simulate(20, 7 ^ (1 << 255), workers=1)
    assert not np.isin(plain.features["lepton_pt"], other.features["lepton_pt"]).any()
    with pytest.raises(ValueError, match=r"2\*\*256"):
        simulate(20, 1 << 256)


def test_neither_pythia_nor_anything_that_needs_it_is_loaded(monkeypatch):
    for name in ("pythia8mc", "challenges.higgs.reference"):
        monkeypatch.setitem(sys.modules, name, None)
    assert same(simulate(20, 7, workers=1), simulate(20, 7, workers=1))


def test_nothing_is_printed_and_progress_reaches_the_end(capfd):
    calls = []
    simulate(30, 1, workers=1, progress=lambda done, total: calls.append((done, total)))
    assert capfd.readouterr() == ("", "")
    assert calls[-1] == (30, 30)
    assert calls == sorted(calls)


def test_null_mode_leaves_nothing_to_learn(events, null_events):
    auc, chance = cross_validated(null_events)
    assert abs(auc - 0.5) < chance, f"AUC {auc:.3f} in null mode, chance reaches {chance:.3f} from 1/2"
    assert null_events.targets[TARGET].sum() == round(0.53 * len(null_events))
    # The same test must find the signal where there is one.
    auc, chance = cross_validated(events)
    assert auc - 0.5 > 3 * chance


def test_null_mode_changes_the_signal_alone(events, null_events):
    """Background streams are the same events in both modes; those labelled signal are others."""
    pools = [
        {
            label: set(
                data.features.loc[data.targets[TARGET] == label, ["lepton_eta", "lepton_phi"]].itertuples(index=False)
            )
            for label in (0, 1)
        }
        for data in (events, null_events)
    ]
    assert pools[1][0] == pools[0][0]
    assert not pools[1][1] & pools[0][1]


def test_signal_peaks_at_the_masses_of_its_bosons(events):
    signal = events.features[events.targets[TARGET] == 1].astype(float)
    background = events.features[events.targets[TARGET] == 0].astype(float)
    # Lost energy pulls the peaks a little below the true masses, wrong pairs of jets above.
    for column, mass in (("m_bb", 125), ("m_wbb", 325), ("m_wwbb", 425)):
        median = signal[column].median() * UNIT[column]
        assert 0.85 * mass < median < 1.06 * mass, f"{column} of the signal has its median at {median:.0f} GeV"
        spread = signal[column].quantile([0.25, 0.75]), background[column].quantile([0.25, 0.75])
        assert np.ptp(spread[0]) < 0.8 * np.ptp(spread[1])
    assert background["m_jjj"].median() * UNIT["m_jjj"] == pytest.approx(172.5, rel=0.06)
    assert background["m_jj"].median() * UNIT["m_jj"] == pytest.approx(W_MASS, rel=0.06)


def test_bottom_tags_take_the_real_tables_values(events):
    tagged = 0
    for number, unit in enumerate(BTAG_UNITS, 1):
        level = events.features[f"jet{number}_btag"].to_numpy() / unit
        assert set(np.round(level, 5)) == {0.0, 1.0, 2.0}
        tagged = tagged + (level > 0)
    assert tagged.max() == 2


def test_angles_stay_in_the_detector(events):
    for column in FEATURES:
        if column.endswith("_phi"):
            assert events.features[column].abs().max() <= np.float32(np.pi / 1.8025)
    for column in ("lepton_pt", "jet1_pt", "jet2_pt", "jet3_pt", "jet4_pt"):
        assert events.features[column].min() * UNIT[column] >= 15 - 1e-3


def test_the_neutrino_brings_the_mass_as_near_the_w_as_a_step_allows():
    rng = np.random.default_rng(3)
    lepton = np.stack([rng.uniform(15, 80, 500), rng.uniform(-2, 2, 500), rng.uniform(-3, 3, 500)], axis=1)
    missing = np.stack([rng.uniform(5, 80, 500), rng.uniform(-3, 3, 500)], axis=1)
    found = neutrino(lepton, missing)
    tried = four_momenta(*np.broadcast_arrays(missing[:, :1], NEUTRINO_ETA, missing[:, 1:]))
    masses = invariant_mass(four_momenta(*lepton.T)[:, None] + tried)
    np.testing.assert_allclose(np.hypot(found[:, 0], found[:, 1]), missing[:, 0])
    mass = invariant_mass(four_momenta(*lepton.T) + found)
    np.testing.assert_allclose(np.abs(mass - W_MASS), np.abs(masses - W_MASS).min(1), atol=1e-6)
    # Where the transverse mass is too large already, the neutrino takes the lepton's pseudorapidity.
    cosine = np.cos(lepton[:, 2] - missing[:, 1])
    transverse = np.sqrt(2 * lepton[:, 0] * missing[:, 0] * (1 - cosine))
    beyond = transverse > W_MASS
    eta = np.arcsinh(found[:, 2] / missing[:, 0])
    assert np.abs(eta - lepton[:, 1])[beyond].max() <= 0.025 + 1e-9


@pytest.mark.parametrize(("n", "seed", "workers"), [(0, 1, None), (10, -1, None), (10, 1, 0)])
def test_senseless_arguments_are_refused(n, seed, workers):
    with pytest.raises(ValueError, match="must be"):
        simulate(n, seed, workers=workers)


def test_an_unknown_generator_is_named():
    with pytest.raises(ValueError, match="must be one of numpy, pythia, got 'herwig'"):
        simulate(10, 1, generator="herwig")


def test_figure_is_a_small_png(events, tmp_path):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib: pip install physathon[plots]")
    draw(events, tmp_path / "higgs.png")
    picture = (tmp_path / "higgs.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 20_000 < len(picture) < 200_000


def test_columns_are_distributed_as_in_the_real_table(events):
    from scipy.stats import ks_2samp

    files = [real_data("higgs", f"lightgbm_binary.{part}") for part in ("train", "test")]
    real = pd.concat([pd.read_csv(file, sep="\t", header=None, names=[TARGET, *FEATURES]) for file in files])
    for column in FEATURES:
        # The real rows come with three decimals, which matters for tags.
        distance = ks_2samp(events.features[column].astype(float).round(3), real[column]).statistic
        assert distance < KS_BOUND, f"{column}: Kolmogorov-Smirnov distance {distance:.3f}"
        if column in LOW_LEVEL and not column.endswith("_btag"):
            assert distance < 0.07, f"{column}: Kolmogorov-Smirnov distance {distance:.3f}"
