"""Every rung of every ladder answers, beats chance, and gives the same answer twice."""

import subprocess
import sys

import numpy as np
import pytest

from baselines.higgs.masses import with_masses
from baselines.rungs import Baseline, rungs
from challenges import spec
from challenges.higgs.units import JET_PT_UNITS, LEPTON_UNITS, PHI_UNIT
from scoring.roc import auc
from tests.support import ROOT, TOYS

LONGEST = {"quantum.circuit", "higgs.net", "exoplanet.tuned_cnn"}
"""Training of ten seconds to a minute: `make proof` has it; other nets, and the circuit by its own tests, tell most."""


def every_rung():
    for challenge in TOYS:
        for rung in rungs(challenge):
            name = f"{challenge}.{rung.name}"
            yield pytest.param(challenge, rung, id=name, marks=[pytest.mark.proof] if name in LONGEST else [])


@pytest.mark.parametrize(("challenge", "rung"), list(every_rung()))
def test_a_baseline_learns_and_repeats_itself(challenge: str, rung: Baseline):
    simulate = TOYS[challenge]
    train, test = simulate(600, 1), simulate(400, 2)
    answer = rung.fit(train).predict(test.features)
    track = spec.load(challenge).track(rung.track)
    assert answer.shape == (len(test), len(track.columns))
    assert answer.dtype == np.float64
    assert auc(test.targets[track.targets[0]], answer[:, 0]) > 0.65
    np.testing.assert_array_equal(rung.fit(train).predict(test.features), answer)


def test_slow_rungs_are_marked_as_such():
    slow = {challenge: [rung.name for rung in rungs(challenge) if rung.slow] for challenge in TOYS}
    assert slow == {
        "higgs": ["net"],
        "particle_images": ["cnn"],
        "quantum": ["circuit", "autoencoder"],
        "exoplanet": ["sample_cnn", "tuned_cnn"],
    }


def test_a_ladder_is_climbed_whole_by_track_or_without_the_slow_rungs():
    assert [(rung.track, rung.name) for rung in rungs("lensing")] == [
        ("substructure", "ripples_xgboost"),
        ("substructure", "cnn"),
        ("substructure", "residual"),
        ("super_resolution", "bicubic"),
        ("super_resolution", "filter"),
        ("super_resolution", "unet"),
    ]
    assert [rung.name for rung in rungs("lensing", "super_resolution")] == ["bicubic", "filter", "unet"]
    assert [rung.name for rung in rungs("lensing", "substructure", slow=False)] == ["ripples_xgboost"]
    assert [rung.name for rung in rungs("lensing", slow=False)] == ["ripples_xgboost", "bicubic", "filter"]


READ_ALL = """
import sys
from baselines.higgs.masses import with_masses
from baselines.rungs import rungs
from challenges import spec
from challenges.higgs.units import JET_PT_UNITS, LEPTON_UNITS, PHI_UNIT
quick = {name: [rung.name for rung in rungs(name, slow=False)] for name in spec.available()}
print(sorted({"torch", "pennylane"} & set(sys.modules)), min(map(len, quick.values())))
"""


def test_ladders_are_read_without_torch_and_pennylane():
    found = subprocess.run([sys.executable, "-c", READ_ALL], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["[]", "1"]


def test_masses_of_pairs_do_not_turn_with_the_event():
    table = TOYS["higgs"](200, 3).features.abs()
    turned = table.copy()
    for name in (name for name in table if name.endswith("_phi")):
        turned[name] = table[name] + 0.3 / PHI_UNIT
    masses = with_masses(table)
    assert masses.shape == (200, 37)
    assert np.isfinite(masses.to_numpy()).all()
    np.testing.assert_allclose(with_masses(turned), masses, rtol=2e-3, atol=1)
    # A lepton and a jet of 50 GeV each, back to back across the beam, have a mass of 100 GeV.
    table[["lepton_eta", "jet1_eta", "lepton_phi"]] = 0.0
    table["jet1_phi"], table["lepton_pt"], table["jet1_pt"] = (
        np.pi / PHI_UNIT,
        50 / LEPTON_UNITS[0],
        50 / JET_PT_UNITS[0],
    )
    assert with_masses(table)["m_lepton_jet1"].to_numpy() == pytest.approx(100)
