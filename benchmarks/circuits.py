"""What Qiskit, PennyLane and Cirq export, and what of it is read; ``python -m benchmarks circuits`` writes docs."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from benchmarks import ROOT
from challenges.quantum.declaration import DeclarationError, read

PAGE = ROOT / "docs/evidence/circuits.md"
PACKAGES = {"qiskit": "qiskit", "pennylane": "pennylane", "cirq": "cirq-core"}  # modules, and who brings them
QUBITS = 4


@dataclass
class Inputs:
    """Distinct numbers that stand for inputs in a text, until their names take their places."""

    written: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, count: int) -> list[float]:
        """Return so many numbers, and remember what they are called: ``x0`` and so on. None ends in a zero."""
        taken = [f"0.{10001 + 10 * (len(self.written) + at)}" for at in range(count)]
        self.written |= {number: f"{name}{at}" for at, number in enumerate(taken)}
        return [float(number) for number in taken]

    def put(self, text: str, unit: str = "") -> str:
        """Return a text with names for numbers, each that is used declared behind the include."""
        for number, name in self.written.items():
            text = re.sub(rf"(?<![\d.]){re.escape(unit + number)}(?!\d)", name, text)
        used = [name for name in self.written.values() if re.search(rf"\b{name}\b", text)]
        declared = "".join(f"input float[64] {name};\n" for name in used)
        return text.replace('"stdgates.inc";\n', f'"stdgates.inc";\n{declared}', 1)


@dataclass(frozen=True)
class Row:
    """A circuit as it is exported, and how its numbers become inputs, where the exporter writes no inputs."""

    exporter: str
    ansatz: str
    exported: str
    completed: str


def qiskit_rows() -> Iterator[Row]:
    """Export circuits of Qiskit; it keeps parameters by name."""
    from qiskit import QuantumCircuit, qasm3, transpile
    from qiskit.circuit import Parameter, ParameterVector, library
    from qiskit.quantum_info import SparsePauliOp

    x, theta = ParameterVector("x", QUBITS), ParameterVector("θ", 3 * QUBITS)
    classifier = library.zz_feature_map(QUBITS).compose(library.real_amplitudes(QUBITS, reps=2))
    classifier.measure_all()
    uploads = QuantumCircuit(QUBITS)
    for layer in range(3):
        for qubit in range(QUBITS):
            uploads.ry(x[qubit], qubit)
            uploads.rz(theta[layer * QUBITS + qubit] * x[qubit] + Parameter(f"bias{layer}{qubit}"), qubit)
        uploads.cz(range(QUBITS - 1), range(1, QUBITS))
    learning = QuantumCircuit(QUBITS)
    for qubit in range(QUBITS):
        learning.ry(x[qubit].arcsin(), qubit)
        learning.rz((x[qubit] ** 2).arccos(), qubit)
    tree = QuantumCircuit(QUBITS)
    for at, (left, right) in enumerate([(0, 1), (2, 3), (1, 3)]):
        tree.ry(theta[2 * at], left)
        tree.ry(theta[2 * at + 1], right)
        tree.cx(left, right)
    chain = QuantumCircuit(QUBITS)
    for at in range(QUBITS - 1):
        chain.rxx(theta[3 * at], at, at + 1)
        chain.ryy(theta[3 * at + 1], at, at + 1)
        chain.rzz(theta[3 * at + 2], at, at + 1)
    as_one = QuantumCircuit(QUBITS)
    as_one.append(library.real_amplitudes(QUBITS).to_gate(), range(QUBITS))
    fitted = transpile(
        classifier,
        basis_gates=["rz", "sx", "x", "ecr"],
        coupling_map=[[at, at + 1] for at in range(QUBITS)],
        initial_layout=[4, 3, 2, 1],
        seed_transpiler=1,
    )
    circuits = {
        "real_amplitudes": library.real_amplitudes(QUBITS),
        "real_amplitudes as one gate": as_one,
        "efficient_su2": library.efficient_su2(QUBITS),
        "zz_feature_map + real_amplitudes": classifier,
        "the same, transpiled to a line of five qubits": fitted,
        "n_local with rzz": library.n_local(QUBITS, ["rx", "rz"], "rzz"),
        "excitation_preserving": library.excitation_preserving(QUBITS),
        "pauli_feature_map with ZYX": library.pauli_feature_map(QUBITS, paulis=["Z", "ZYX"]),
        "data re-uploading": uploads,
        "arcsin and arccos of features": learning,
        "qaoa_ansatz": library.qaoa_ansatz(SparsePauliOp(["IIZZ", "IZZI", "ZZII"]), reps=2),
        "tree": tree,
        "chain of rxx, ryy, rzz": chain,
    }
    for name, circuit in circuits.items():
        text = qasm3.dumps(circuit)
        yield Row("Qiskit", name, text, text)


def pennylane_rows() -> Iterator[Row]:
    """Export circuits of PennyLane, which writes OpenQASM 2 and numbers."""
    import numpy as np
    import pennylane as qml

    wires = range(QUBITS)

    def uploads(inputs: Inputs) -> None:
        x = inputs.take("x", QUBITS)
        for layer in range(3):
            qml.AngleEmbedding(x, wires, rotation="Y")
            qml.StronglyEntanglingLayers(weights(inputs, 1, QUBITS, 3, layer=layer), wires)

    def weights(inputs: Inputs, *shape: int, layer: int | str = "") -> Any:
        return np.array(inputs.take(f"theta{layer}_", math.prod(shape))).reshape(shape)

    def pair(weights: Any, wires: Any) -> None:
        qml.RY(weights[0], wires[0])
        qml.RY(weights[1], wires[1])
        qml.CNOT(wires)

    def qaoa(inputs: Inputs) -> None:
        gamma, beta = inputs.take("gamma", 2), inputs.take("beta", 2)
        for layer in range(2):
            for at in range(QUBITS - 1):
                qml.IsingZZ(gamma[layer], [at, at + 1])
            for at in wires:
                qml.RX(beta[layer], at)

    circuits = {
        "StronglyEntanglingLayers": lambda i: qml.StronglyEntanglingLayers(weights(i, 2, QUBITS, 3), wires),
        "BasicEntanglerLayers": lambda i: qml.BasicEntanglerLayers(weights(i, 3, QUBITS), wires),
        "AngleEmbedding + BasicEntanglerLayers": lambda i: (
            qml.AngleEmbedding(i.take("x", QUBITS), wires),
            qml.BasicEntanglerLayers(weights(i, 2, QUBITS), wires),
        ),
        "data re-uploading": uploads,
        "IQPEmbedding": lambda i: qml.IQPEmbedding(i.take("x", QUBITS), wires),
        "QAOAEmbedding": lambda i: qml.QAOAEmbedding(i.take("x", QUBITS), weights(i, 2, 2 * QUBITS), wires),
        "QAOA-like": qaoa,
        "SimplifiedTwoDesign": lambda i: qml.SimplifiedTwoDesign(
            weights(i, QUBITS), weights(i, 2, QUBITS - 1, 2, layer="pair"), wires
        ),
        "RandomLayers": lambda i: qml.RandomLayers(weights(i, 2, QUBITS), wires, seed=1),
        "MPS": lambda i: qml.MPS(wires, 2, pair, 2, weights(i, QUBITS - 1, 2)),
        "TTN": lambda i: qml.TTN(wires, 2, pair, 2, weights(i, QUBITS - 1, 2)),
    }
    for name, circuit in circuits.items():
        inputs = Inputs()
        text = qml.to_openqasm(qml.tape.make_qscript(circuit)(inputs))
        head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
        yield Row("PennyLane", name, text, inputs.put(text.replace(head, 'OPENQASM 3.0;\ninclude "stdgates.inc";\n')))


def cirq_rows() -> Iterator[Row]:
    """Export circuits of Cirq, which writes OpenQASM 3 and, as multiples of π, numbers."""
    import cirq

    q = cirq.LineQubit.range(QUBITS)

    def turned(gate: Any, values: list[float]) -> Iterator[Any]:
        return (gate(math.pi * value)(qubit) for value, qubit in zip(values, q, strict=True))

    def ring(gate: Any) -> Iterator[Any]:
        return (gate(q[at], q[(at + 1) % QUBITS]) for at in range(QUBITS))

    def layers(inputs: Inputs, rotations: tuple, entangler: Any, *, x: int = 0, depth: int = 3) -> Iterator[Any]:
        features = inputs.take("x", QUBITS) if x else []
        for layer in range(depth):
            if layer < x:
                yield from turned(cirq.rx, features)
            for at, rotation in enumerate(rotations):
                yield from turned(rotation, inputs.take(f"theta{layer}_{at}_", QUBITS))
            yield from ring(entangler)

    def pairs(inputs: Inputs, places: list[tuple[int, int]]) -> Iterator[Any]:
        theta = inputs.take("theta", 2 * len(places))
        for at, (left, right) in enumerate(places):
            yield cirq.ry(math.pi * theta[2 * at])(q[left])
            yield cirq.ry(math.pi * theta[2 * at + 1])(q[right])
            yield cirq.CNOT(q[left], q[right])

    def qaoa(inputs: Inputs) -> Iterator[Any]:
        yield cirq.H.on_each(*q)
        for gamma, beta in zip(inputs.take("gamma", 2), inputs.take("beta", 2), strict=True):
            for left, right in pairwise(q):
                yield cirq.CNOT(left, right), cirq.rz(math.pi * gamma)(right), cirq.CNOT(left, right)
            yield from turned(cirq.rx, [beta] * QUBITS)

    circuits = {
        "ry and CNOT": lambda i: layers(i, (cirq.ry,), cirq.CNOT),
        "ry, rz and CZ": lambda i: layers(i, (cirq.ry, cirq.rz), cirq.CZ),
        "rz, ry, rz and CNOT": lambda i: layers(i, (cirq.rz, cirq.ry, cirq.rz), cirq.CNOT),
        "angles of features, then layers": lambda i: layers(i, (cirq.ry,), cirq.CNOT, x=1),
        "data re-uploading": lambda i: layers(i, (cirq.ry, cirq.rz), cirq.CZ, x=3),
        "ry and ISWAP": lambda i: layers(i, (cirq.ry,), cirq.ISWAP),
        "ry and CZ to the power of a half": lambda i: layers(i, (cirq.ry,), cirq.CZ**0.5, depth=2),
        "QAOA-like": qaoa,
        "MPS": lambda i: pairs(i, [(0, 1), (1, 2), (2, 3)]),
        "tree, measured": lambda i: [pairs(i, [(0, 1), (2, 3), (1, 3)]), cirq.measure(q[3], key="out put")],
    }
    for name, circuit in circuits.items():
        inputs = Inputs()
        text = cirq.Circuit(circuit(inputs)).to_qasm(version="3.0")
        yield Row("Cirq", name, text, inputs.put(text, "pi*"))


def outcome(text: str) -> str:
    """Say what becomes of a text; of a refusal, its first clause."""
    try:
        found = read(text)
    except DeclarationError as error:
        return "refused: " + str(error.problems[0]).partition(", another")[0]
    return "accepted" if found.features + found.parameters else "accepted, without inputs"


def line(row: Row) -> str:
    """Return a line of the table."""
    completed = "" if row.completed == row.exported else outcome(row.completed)
    try:
        found = read(row.completed)
        counts = [found.qubits, found.features, found.parameters, found.depth]
    except DeclarationError:
        counts = [""] * 4
    cells = [row.exporter, row.ansatz, outcome(row.exported), completed, *counts]
    return "| " + " | ".join(map(str, cells)) + " |"


def page(rows: list[Row]) -> str:
    """Return the page in Markdown."""
    qiskit, pennylane, cirq = map(version, PACKAGES.values())
    lines = "\n".join(map(line, rows))
    return f"""# Circuits: what Qiskit, PennyLane and Cirq export, and what of it may be declared

`python -m benchmarks circuits` made this page, with Qiskit {qiskit}, PennyLane {pennylane} and Cirq {cirq}. They are
not part of the project's environment, but for PennyLane in the extra `quantum`: where one is missing, the benchmark is
skipped, says so, and leaves this page as it is.

Usual circuits on {QUBITS} qubits, exported as each package does it, and read as the declaration of a submission is.

- **Qiskit**: `qiskit.qasm3.dumps(circuit)`. It writes OpenQASM 3 and keeps parameters by name; the element x[0] of a
  vector becomes `_x_0_`. What its standard library lacks, it defines.
- **PennyLane**: `pennylane.to_openqasm(circuit)`. It writes OpenQASM 2, and numbers for parameters.
- **Cirq**: `circuit.to_qasm(version="3.0")`. It refuses symbols, so numbers stand for parameters here, too.

"Inputs put in" is what is left to do by hand for those two: begin with `OPENQASM 3.0;` and `include "stdgates.inc";`,
declare the inputs, and put their names where the text has their numbers. The counts are of that text. A number that the
package has calculated from several inputs stays one.

| exporter | ansatz | as exported | inputs put in | qubits | features | parameters | depth |
| --- | --- | --- | --- | ---: | ---: | ---: | ---: |
{lines}
"""


def main() -> None:
    """Export, read, and write the page; where a package is missing, say so and write nothing."""
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed; docs/evidence/circuits.md stays as it is")
        return
    rows = [*qiskit_rows(), *pennylane_rows(), *cirq_rows()]
    PAGE.write_text(page(rows), "utf-8")
    print(f"{len(rows)} circuits read")


if __name__ == "__main__":
    main()
