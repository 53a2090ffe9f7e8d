"""Circuits in the forms of Qiskit, Cirq and PennyLane are read; benchmarks/circuits.py runs the exporters proper."""

from typing import NamedTuple

import pytest

from challenges.quantum.declaration import DeclarationError, read


class Case(NamedTuple):
    """A text and what it counts to."""

    text: str
    qubits: int
    features: int
    parameters: int
    depth: int


HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
CIRQ = '// Generated from Cirq v1.7.0\n\nOPENQASM 3.0;\ninclude "stdgates.inc";\n\n\n'

READ = {
    "a vector of Greek parameters": Case(
        HEAD + "input float[64] _ω_0_;\ninput float[64] _ω_1_;\nqubit[2] q;\nry(_ω_0_) q[0];\nry(_ω_1_) q[1];\n"
        "cx q[0], q[1];\n",
        *(2, 0, 2, 2),
    ),
    "a feature map on loose qubits": Case(
        HEAD + "input float[64] _x_0_;\ninput float[64] _x_1_;\nqubit _qubit0;\nqubit _qubit1;\n"
        "h _qubit0;\nh _qubit1;\np(2*_x_0_) _qubit0;\np(2*_x_1_) _qubit1;\ncx _qubit0, _qubit1;\n"
        "p((-pi + _x_0_)*(-pi + _x_1_)*2) _qubit1;\ncx _qubit0, _qubit1;\n",
        *(2, 2, 0, 5),
    ),
    "measure_all behind a barrier": Case(
        HEAD + "input float[64] _θ_0_;\nbit[2] meas;\nqubit[2] q;\nrx(_θ_0_) q[0];\nbarrier q[0], q[1];\n"
        "meas[0] = measure q[0];\nmeas[1] = measure q[1];\n",
        *(2, 0, 1, 1),
    ),
    "a layer as one gate with the names of its inputs": Case(
        HEAD + "input float[64] _θ_0_;\ninput float[64] _θ_1_;\ngate Layer(_θ_0_, _θ_1_) _gate_q_0, _gate_q_1 {\n"
        "  ry(_θ_0_) _gate_q_0;\n  ry(_θ_1_) _gate_q_1;\n  cx _gate_q_0, _gate_q_1;\n}\nqubit[3] q;\n"
        "Layer(_θ_0_, _θ_1_) q[0], q[1];\nLayer(_θ_1_, _θ_0_) q[1], q[2];\n",
        *(3, 0, 2, 4),
    ),
    "a definition for what the library lacks": Case(
        HEAD + "input float[64] _γ_0_;\ngate rzz(p0) _gate_q_0, _gate_q_1 {\n  cx _gate_q_0, _gate_q_1;\n"
        "  rz(p0) _gate_q_1;\n  cx _gate_q_0, _gate_q_1;\n}\ngate sxdg _gate_q_0 {\n  s _gate_q_0;\n  h _gate_q_0;\n"
        "  s _gate_q_0;\n}\nqubit[2] q;\nrzz(2*_γ_0_) q[0], q[1];\nsxdg q[1];\n",
        *(2, 0, 1, 6),
    ),
    "functions and powers of features": Case(
        HEAD + "input float[64] _x_0_;\nqubit[1] q;\nry(asin(_x_0_)) q[0];\nrz(acos(_x_0_**2)) q[0];\n"
        "rx(-exp(_x_0_)/(log(2.0) + abs(_x_0_))) q[0];\n",
        *(1, 1, 0, 3),
    ),
    "a parameter that had to give way to the gate x": Case(
        HEAD + "input float[64] x_0;\ninput float[64] ϕ;\nqubit[1] x_1;\nU(x_0, ϕ, -ϕ) x_1[0];\n",
        *(1, 1, 1, 1),
    ),
    "transpiled to qubits of the hardware": Case(
        HEAD + "input float[64] _θ_0_;\nbit[2] meas;\nsx $1;\nrz(pi + _θ_0_) $1;\nsx $1;\ncx $1, $2;\nbarrier $1, $2;\n"
        "meas[0] = measure $1;\nmeas[1] = measure $2;\n",
        *(2, 0, 1, 4),
    ),
    "a global phase": Case(
        HEAD + "input float[64] _β_0_;\nqubit[1] q;\nrx(2*_β_0_) q[0];\ngphase(-pi/4);\n", *(1, 0, 1, 1)
    ),
    "Cirq: a comment before all else, bits between comments": Case(
        CIRQ + "// Qubits: [q(0), q(1)]\nqubit[2] q;\nbit[1] m0;  // Measurement: é\n\n\nry(pi*0.0318309886) q[0];\n\n"
        "// Gate: CZ**0.5\nu3(pi*0.5,0,pi*0.75) q[1];\nsx q[1];\ncx q[0],q[1];\nsxdg q[1];\nrz(pi*3.0e-10) q[0];\n\n"
        "m0[0] = measure q[1];\n",
        *(2, 0, 0, 4),
    ),
    "Cirq: with inputs put in": Case(
        CIRQ.replace("\n\n\n", "\ninput float[64] x0;\ninput float[64] theta;\n\n") + "qubit[1] q;\n\n\n"
        "rx(x0) q[0];\nry(theta*0.5) q[0];\nreset q[0];\n",
        *(1, 1, 1, 2),
    ),
    "PennyLane: its first two lines changed, inputs put in": Case(
        HEAD + "input float x0;\ninput float theta0;\nqreg q[2];\ncreg c[2];\nrx(x0) q[0];\nry(theta0) q[1];\n"
        "gphase(0.5) q[0],q[1];\ncx q[0],q[1];\nu1(0.25) q[1];\nmeasure q[0] -> c[0];\nmeasure q[1] -> c[1];\n",
        *(2, 1, 1, 3),
    ),
}


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_what_exporters_write_is_read(case):
    found = read(case.text)
    assert (found.qubits, found.features, found.parameters, found.depth) == case[1:]


@pytest.mark.parametrize("exporter", ["qiskit.qasm3.dumps(circuit)", 'circuit.to_qasm(version="3.0")', "PennyLane"])
def test_openqasm_2_is_refused_as_such_with_how_to_export_3(exporter):
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\ncreg c[1];\nu2(0,pi) q[0];\nif(c==1) x q[0];\n'
    with pytest.raises(DeclarationError) as refused:
        read(text)
    (problem,) = refused.value.problems
    assert (problem.line, exporter in problem.reason) == (1, True)


def test_a_condition_of_a_dynamic_circuit_is_refused_with_its_line():
    with pytest.raises(DeclarationError, match=r"line 6: .*write the circuit out, gate by gate"):
        read(HEAD + "bit[1] c;\nqubit[2] q;\nc[0] = measure q[0];\nif (c[0]) {\n  x q[1];\n}\n")
