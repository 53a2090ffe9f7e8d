"""The reference of the HIGGS simulator: Pythia 8, where it is installed, seeded in full and on the same road."""

import os
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pythia8mc", reason="the reference is Pythia 8: pip install physathon[simulation]")

import pythia8mc

from challenges.higgs.layout import FEATURES, TARGET
from challenges.higgs.simulate import N_STREAMS, simulate
from challenges.higgs.units import UNIT
from challenges.pythia import SimulatorMissing, pack_state, set_state
from challenges.streams import seed_sequence


def test_every_bit_of_the_seed_changes_every_lag_of_every_stream():
    seeds = [3, *(3 ^ (1 << bit) for bit in range(256))]
    keys = [(seed, stream) for seed in seeds for stream in range(N_STREAMS)]
    states = [pack_state(seed_sequence(seed, stream, 0)) for seed, stream in keys]
    lags = np.array([struct.unpack("=iqii3d97d", state)[7:] for state in states])
    assert len(np.unique(lags)) == lags.size == 97 * len(keys)
    assert ((lags >= 0) & (lags < 1)).all()


def test_pythia_continues_from_the_state_it_was_given():
    """The generator of Marsaglia, Zaman and Tsang in Python must give the numbers that Pythia gives."""
    state = pack_state(seed_sequence(1 << 200, 0, 0))
    _, _, i97, j97, c, cd, cm, *u = struct.unpack("=iqii3d97d", state)
    assert (i97, j97) == (96, 32)  # other lags have shorter periods
    generator = pythia8mc.Pythia("", False).rndm
    set_state(generator, state)
    for _ in range(300):
        value = (u[i97] - u[j97]) % 1.0
        u[i97] = value
        i97, j97 = (i97 - 1) % 97, (j97 - 1) % 97
        c = c - cd if c >= cd else c - cd + cm
        assert generator.flat() == pytest.approx((value - c) % 1.0, abs=1e-12)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_the_secret_state_lies_in_a_private_file_and_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []

    class Generator:
        def init(self, seed: int) -> None:
            pass

        def readState(self, name: str) -> bool:
            path = Path(name)
            seen.append((path.read_bytes(), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777))
            return True

    set_state(Generator(), b"state")
    assert seen == [(b"state", 0o600, 0o700)]
    assert list(tmp_path.iterdir()) == []


def test_without_pythia_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(SimulatorMissing, match=r"physathon\[simulation\]"):
        simulate(10, 1, generator="pythia")


@pytest.mark.proof
def test_pythia_takes_the_same_road():
    first, second = (simulate(120, 7, workers=workers, generator="pythia") for workers in (1, 2))
    numpys = simulate(120, 7, workers=1)
    assert first.features.to_numpy().tobytes() == second.features.to_numpy().tobytes()
    assert tuple(first.features) == FEATURES
    assert first.targets[TARGET].sum() == numpys.targets[TARGET].sum() == 64
    assert not np.isin(first.features["lepton_pt"], numpys.features["lepton_pt"]).any()
    medians = [data.features[data.targets[TARGET] == 1].median() for data in (first, numpys)]
    for column, unit in UNIT.items():
        assert medians[0][column] * unit == pytest.approx(medians[1][column] * unit, rel=0.4), column
