"""The starter and baselines of quantum: trained on quarks alone, better than chance, and declared as they run."""

import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("pythia8mc", reason="the jets need Pythia 8: pip install physathon[simulation]")
pytest.importorskip("torch", reason="two baselines need torch: pip install physathon[deep]")
pytest.importorskip("pennylane", reason="one baseline needs PennyLane: pip install physathon[quantum]")

import torch

from baselines.quantum import circuit
from baselines.quantum.quarks import normalise
from baselines.rungs import rungs
from challenges import spec
from challenges.dataset import Dataset
from challenges.quantum import energyflow
from challenges.quantum.declaration import read
from challenges.quantum.layout import TARGET
from challenges.quantum.simulate import simulate
from challenges.training import PublicSplit, split_public
from leaderboard.kit.starters import starter_files
from scoring.roc import auc
from tests.support import real_data

SMALL = spec.load("quantum").tracks[0].sizes["small"]
CHANCE = 0.5
RUNGS = {rung.name: rung for rung in rungs("quantum")}


@pytest.fixture(scope="module")
def public() -> PublicSplit:
    return split_public(simulate(SMALL.train, 11), spec.load("quantum").tracks[0].training, seed=1)


@pytest.fixture(scope="module")
def holdout() -> Dataset:
    return simulate(SMALL.holdout, 12)


@pytest.fixture(scope="module")
def few() -> Dataset:
    """Return quark jets, for what needs no others and no many."""
    jets = simulate(400, 13, workers=1)
    return jets.take(np.flatnonzero(jets.targets[TARGET] == 0))


@pytest.fixture
def one_run(monkeypatch):
    """Let the quantum baseline train one circuit, and that briefly."""
    monkeypatch.setattr(circuit, "RUNS", 1)
    monkeypatch.setattr(circuit, "STEPS", 12)


@pytest.mark.proof
def test_the_starter_learns_something_from_the_small_data(public, holdout, tmp_path):
    ids = np.array([f"{row:016x}" for row in range(len(holdout))], "S16")
    for name, columns in {
        "train": {"X": public.train.features, TARGET: public.train.targets[TARGET]},
        "validation": {"X": public.validation.features, TARGET: public.validation.targets[TARGET]},
        "test": {"id": ids, "X": holdout.features},
    }.items():
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            for column, values in columns.items():
                file[column] = values
    challenge, track = spec.find_track("quantum.anomaly")
    for name, content in starter_files(challenge, track).items():
        (tmp_path / name).write_bytes(content)
    run = subprocess.run([sys.executable, "-E", "starter.py"], check=True, cwd=tmp_path, capture_output=True, text=True)
    submission = pd.read_csv(tmp_path / "submission.csv", dtype={"id": str})
    assert submission["id"].tolist() == ids.astype(str).tolist()
    score = auc(holdout.targets[TARGET], submission["score"])
    assert score > CHANCE + 0.1
    # A stronger model does better on the same jets.
    assert auc(holdout.targets[TARGET], RUNGS["pca"].fit(public.train).predict(holdout.features)[:, 0]) > score + 0.01
    assert f"trained on {len(public.train)} quark jets" in run.stdout


@pytest.mark.proof
@pytest.mark.parametrize("name", RUNGS)
def test_a_baseline_learns_from_quarks_alone_and_repeats_itself(name, public, holdout, one_run):
    rung = RUNGS[name]
    answer = rung.fit(public.train).predict(holdout.features)
    assert answer.shape == (len(holdout), 1)
    assert answer.dtype == np.float64
    assert auc(holdout.targets[TARGET], answer[:, 0]) > CHANCE + 0.12
    # Gluons among the rows change nothing: they are not looked at.
    mixed = Dataset(
        np.concatenate([public.train.features, public.validation.features[public.validation.targets[TARGET] == 1]]),
        pd.DataFrame({TARGET: [0] * len(public.train) + [1] * int(public.validation.targets[TARGET].sum())}),
        np.arange(len(public.train) + int(public.validation.targets[TARGET].sum())),
    )
    np.testing.assert_array_equal(rung.fit(mixed).predict(holdout.features), answer)


@pytest.mark.parametrize("name", RUNGS)
def test_a_jets_energy_tells_a_baseline_nothing(name, few, one_run):
    model = RUNGS[name].fit(few.take(np.arange(150)))
    first = few.features[150:]
    np.testing.assert_allclose(model.predict(first * np.float32(4)), model.predict(first), rtol=1e-4)


def test_an_empty_image_has_a_finite_score(few, one_run):
    for rung in RUNGS.values():
        assert np.isfinite(rung.fit(few).predict(np.zeros((2, 30, 30), np.float32))).all()


def test_deep_rungs_are_marked_as_such():
    assert [name for name, rung in RUNGS.items() if rung.slow] == ["circuit", "autoencoder"]


def test_the_baseline_declares_eight_qubits_and_thirty_two_parameters():
    declared = read(circuit.declaration())
    assert (declared.qubits, declared.parameters, declared.features) == (8, 32, 8)
    assert declared.gates == {"cx": 32, "ry": 32}


def declared_state(text: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Return the state that the gates of a declaration make, shape (2,) * 8: another way than PennyLane's."""
    state = np.zeros((2,) * 8)
    state[(0,) * 8] = 1
    for line in text.splitlines():
        gate, _, operands = line.removesuffix(";").partition(" q[")
        qubits = [int(part.removeprefix("q[")) for part in operands.replace("]", "").split(", ") if part]
        if gate.startswith("ry"):
            angle = eval(gate.removeprefix("ry"), {}, inputs)
            cosine, sine = np.cos(angle / 2), np.sin(angle / 2)
            rotated = np.tensordot(np.array([[cosine, -sine], [sine, cosine]]), state, axes=(1, qubits[0]))
            state = np.moveaxis(rotated, 0, qubits[0])
        elif gate == "cx":
            control, target = qubits
            ones = (slice(None),) * control + (1,)
            state = state.copy()
            state[ones] = np.flip(state[ones], axis=target - (target > control))
    return state


def test_what_is_declared_is_what_runs():
    rng = np.random.default_rng(5)
    x, theta = rng.uniform(0, np.pi / 2, (3, 8)), rng.uniform(-np.pi, np.pi, 32)
    ran = circuit.circuit()(torch.from_numpy(x), torch.from_numpy(theta)).numpy()
    for row, value in zip(x, ran, strict=True):
        chance = declared_state(circuit.declaration(), {"x": row, "theta": theta}) ** 2
        others = [tuple(set(range(8)) - {qubit}) for qubit in circuit.TRASH]
        assert value == pytest.approx(np.mean([chance.sum(axis=axes)[1] for axes in others]), abs=1e-12)


def test_normalised_images_have_one_brightest_pixel(few):
    images = normalise(few.features)
    assert images.max(axis=(1, 2)).tolist() == [1.0] * len(images)
    assert images.min() >= 0


def test_the_baselines_run_on_public_jets(one_run):
    jets = energyflow.load(*(real_data("quantum", f"{name}10_sorted_12500.npy") for name in "xy"))
    train, test = jets.take(np.arange(1000)), jets.take(np.arange(1000, 2500))
    for rung in RUNGS.values():
        score = auc(test.targets[TARGET], rung.fit(train).predict(test.features)[:, 0])
        assert score > 0.53, f"{rung.name}: AUC {score:.3f}"
