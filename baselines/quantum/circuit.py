"""A quantum autoencoder for jets: one list of gates, run by PennyLane and declared in OpenQASM 3.

Eight coarse pixels are uploaded as angles. The circuit learns to leave five of its eight qubits in state 0 for quark
jets, so that three would hold all there is to know; how far it fails marks an anomaly. After Romero, Olson and
Aspuru-Guzik, Quantum Sci. Technol. 2, 045001 (2017), arXiv:1612.02806, with the trash qubits' loss of Bravo-Prieto,
Mach. Learn. Sci. Technol. 2, 035028 (2021), arXiv:2010.06599, and the data uploaded twice, as in Pérez-Salinas et al.,
Quantum 4, 226 (2020), arXiv:1907.02085.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pennylane as qml
import torch

from baselines.quantum.quarks import normalise, quarks
from challenges.dataset import Dataset

QUBITS = 8
LAYERS = 4
UPLOADS = 2  # layers that begin with the data
TRASH = (3, 4, 5, 6, 7)
RUNS = 3  # trainings from different random parameters, averaged
STEPS, BATCH, RATE = 32, 500, 0.1
POOL = 3  # coarse pixels a side
CORNERS = (0, 2, 6, 8)
BRIGHT = 0.95  # quantile of a coarse pixel that becomes the largest angle

Circuit = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Gate(NamedTuple):
    """One gate: ``cx``, or ``ry`` with the inputs, by name and index, that add up to its angle."""

    name: str
    qubits: tuple[int, ...]
    angle: tuple[tuple[str, int], ...] = ()


def gates() -> Iterator[Gate]:
    """Yield the circuit: each layer rotates every qubit, two of them by the data too, and entangles neighbours."""
    for layer in range(LAYERS):
        for qubit in range(QUBITS):
            data = (("x", qubit),) if layer < UPLOADS else ()
            yield Gate("ry", (qubit,), (*data, ("theta", layer * QUBITS + qubit)))
        for qubit in range(QUBITS):
            yield Gate("cx", (qubit, (qubit + 1) % QUBITS))


def declaration() -> str:
    """Return the circuit in OpenQASM 3, as the board wants it declared."""
    lines = [
        "OPENQASM 3.0;",
        'include "stdgates.inc";',
        f"input array[float[64], {QUBITS}] x;",
        f"input array[float[64], {LAYERS * QUBITS}] theta;",
        f"qubit[{QUBITS}] q;",
        f"bit[{len(TRASH)}] trash;",
    ]
    for gate in gates():
        angle = " + ".join(f"{name}[{index}]" for name, index in gate.angle)
        qubits = ", ".join(f"q[{qubit}]" for qubit in gate.qubits)
        lines.append(f"{gate.name}{f'({angle})' if angle else ''} {qubits};")
    lines += [f"trash[{bit}] = measure q[{qubit}];" for bit, qubit in enumerate(TRASH)]
    return "\n".join(lines) + "\n"


def circuit() -> Circuit:
    """Return the circuit as a function of x, shape (n, 8), and theta, shape (32,): the mean P(1) of the trash, (n,)."""
    device = qml.device("default.qubit", wires=QUBITS)

    @qml.qnode(device, interface="torch", diff_method="backprop")
    def expectations(x: torch.Tensor, theta: torch.Tensor) -> list:
        inputs = {"x": x.T, "theta": theta}
        for gate in gates():
            if gate.angle:
                qml.RY(sum(inputs[name][index] for name, index in gate.angle), wires=gate.qubits)
            else:
                qml.CNOT(wires=gate.qubits)
        return [qml.expval(qml.PauliZ(qubit)) for qubit in TRASH]

    def trash_in_one(x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return (1 - torch.stack(expectations(x, theta)).mean(dim=0)) / 2

    return trash_in_one


def trained(angles: np.ndarray, *, seed: int) -> np.ndarray:
    """Return parameters, shape (32,), that leave the trash qubits of these jets in state 0 as well as they can."""
    generator = torch.Generator().manual_seed(seed)
    trash_in_one, x = circuit(), torch.from_numpy(angles)
    theta = torch.empty(LAYERS * QUBITS, dtype=torch.float64)
    theta.uniform_(-np.pi / 4, np.pi / 4, generator=generator).requires_grad_()
    optimiser = torch.optim.Adam([theta], lr=RATE)
    for _ in range(STEPS):
        rows = torch.randperm(len(x), generator=generator)[:BATCH]
        optimiser.zero_grad()
        trash_in_one(x[rows], theta).mean().backward()
        optimiser.step()
    return theta.detach().numpy()


@dataclass(frozen=True)
class Coarse:
    """How an image becomes eight angles: which coarse pixels, and how bright one may be; fixed on training jets."""

    kept: np.ndarray
    bright: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray) -> "Coarse":
        """Choose by these images: of nine coarse pixels the emptiest corner is dropped."""
        pixels = _pooled(images)
        emptiest = min(CORNERS, key=lambda corner: pixels[:, corner].mean())
        kept = np.delete(np.arange(POOL**2), emptiest)
        bright = np.quantile(pixels[:, kept], BRIGHT, axis=0)
        return cls(kept, np.where(bright > 0, bright, 1))

    def angles(self, images: np.ndarray) -> np.ndarray:
        """Return angles from 0 to pi/2, shape (n, 8)."""
        return np.clip(_pooled(images)[:, self.kept] / self.bright, 0, 1) * np.pi / 2


def _pooled(images: np.ndarray) -> np.ndarray:
    """Return the means of ten by ten pixels, shape (n, 9)."""
    side = images.shape[1] // POOL
    blocks = images.astype(np.float64).reshape(len(images), POOL, side, POOL, side)
    return blocks.mean(axis=(2, 4)).reshape(len(images), -1)


@dataclass(frozen=True)
class QuantumAutoencoder:
    """Trained circuits."""

    coarse: Coarse
    theta: tuple[np.ndarray, ...]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the mean P(1) of the trash qubits over all circuits, shape (n, 1)."""
        trash_in_one = circuit()
        batches = torch.from_numpy(self.coarse.angles(normalise(features))).split(1000)
        with torch.no_grad():
            runs = [torch.cat([trash_in_one(x, torch.from_numpy(theta)) for x in batches]) for theta in self.theta]
        return torch.stack(runs).mean(dim=0)[:, None].numpy()


def fit(train: Dataset, *, seed: int) -> QuantumAutoencoder:
    """Train the circuit several times on quark jets."""
    images = quarks(train)
    coarse = Coarse.of(images)
    angles = coarse.angles(images)
    return QuantumAutoencoder(coarse, tuple(trained(angles, seed=seed + run) for run in range(RUNS)))
