"""The gates that a declared circuit may use: those of OpenQASM's standard library, and its built-in one."""

from typing import NamedTuple


class Shape(NamedTuple):
    """How many angles and qubits a gate takes."""

    angles: int
    qubits: int


_NAMES = {
    Shape(0, 1): "x y z h s sdg t tdg sx id",
    Shape(1, 1): "p rx ry rz phase u1",
    Shape(2, 1): "u2",
    Shape(3, 1): "u3 U",
    Shape(0, 2): "cx cy cz ch swap CX",
    Shape(1, 2): "cp crx cry crz cphase",
    Shape(4, 2): "cu",
    Shape(0, 3): "ccx cswap",
}

GATES = {name: shape for shape, names in _NAMES.items() for name in names.split()}
"""Name and shape of each; https://openqasm.com/language/standard_library.html lists them."""

BUILT_IN = frozenset({"U"})
"""Needs no include."""

TAKEN_AS_KNOWN = {"sxdg": Shape(0, 1)}
"""Not in the library, but Cirq writes it as if it were; a text that defines it, as Qiskit's do, means its own."""
