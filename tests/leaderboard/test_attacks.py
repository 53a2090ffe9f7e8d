"""Probing: the strongest attack we know gains less on our board, and simulated boards show what the real one does."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks._attacked import RADII, Target, Terrain
from benchmarks._attackers import ATTACKS, staircase
from benchmarks._belief import Belief
from benchmarks._boards import Simulated
from benchmarks._real_road import register
from scoring.roc import ROC_AUC
from scoring.sealed.holdout import Holdout


def guesses(holdout: Holdout, step: float = 0.005) -> Target:
    """Return what an attacker without any model attacks."""
    return Target(holdout, step, 1, lambda direction: direction)


@pytest.fixture(scope="module")
def small() -> Target:
    """Return guesses at 900 labels, 270 of them public."""
    rng = np.random.default_rng(0)
    n = 900
    holdout = Holdout(
        track="toy.toy",
        metric=str(ROC_AUC),
        features_sha256="",
        ids=np.arange(n, dtype=np.uint64),
        targets=pd.DataFrame({"label": rng.integers(0, 2, n)}),
        groups=np.arange(n),
        weights=np.ones(n),
        slices=rng.permutation(np.repeat(["public", "private"], [270, 630])),
        salts={"public": "", "private": ""},
    )
    return guesses(holdout)


def gained(target: Target, attack, kind: str) -> float:
    """Return what an attack by thirty files shows above chance, mean over eight seeds."""
    shown = []
    for seed in range(8):
        team = Simulated(target, kind, 30)
        attack([team], np.random.default_rng(seed))
        assert team.left == 0
        shown.append(team.shown)
    return float(np.mean(shown)) - 0.5


def test_the_strongest_attack_gains_less_on_our_board_than_on_one_of_exact_values(small):
    exact, ours = (gained(small, staircase, kind) for kind in ("exact", "ours"))
    assert exact > 0.12
    assert ours < 0.75 * exact


@pytest.mark.parametrize("attack", ["hill climbing", "boosting", "coin weighing"])
def test_no_other_attack_gains_more_on_our_board_than_the_strongest_on_exact_values(small, attack):
    assert gained(small, ATTACKS[attack], "ours") < gained(small, staircase, "exact")


@pytest.mark.parametrize("attack", ["staircase", "coin weighing"])
def test_a_simulated_board_shows_what_the_real_one_does(judge, attack):
    target = guesses(judge.holdout("higgs.signal"), judge.step("higgs.signal"))
    real = [register(judge, target, name, 5) for name in ("Muon Collective", "Tau Society")]
    ATTACKS[attack](real, np.random.default_rng(1))
    simulated = [Simulated(target, "ours", 5) for _ in real]
    ATTACKS[attack](simulated, np.random.default_rng(1))
    assert [team.seen for team in real] == [team.seen for team in simulated]
    assert sum(seen.moved for team in real for seen in team.seen) >= 2


@pytest.mark.parametrize("moved", [True, False])
def test_what_a_move_tells_are_the_moments_of_a_gaussian_cut_off(moved):
    terrain = Terrain(np.zeros(len(RADII)), np.where(RADII > 0, 1.0, 0.0), 1e-9)
    belief = Belief(terrain, 2)
    old, new = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
    belief.see_move(new, old, 0.0, moved)
    gain = np.array([-1.0, 1.0]) / np.sqrt(2)
    limits = (1.0, np.inf) if moved else (-np.inf, 1.0)
    mean, variance = stats.truncnorm.stats(*limits)
    assert gain @ belief.mean[2:] == pytest.approx(mean)
    assert gain @ belief.covariance[2:, 2:] @ gain == pytest.approx(variance)
