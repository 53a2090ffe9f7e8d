"""A submission's circuit, declared in OpenQASM 3: read as a text, counted, never run.

Only the syntax tree is looked at. It proves what a team declares, not that the scores came from it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openqasm3 import ast

from challenges.quantum.gates import GATES
from challenges.quantum.openqasm import INCLUDED, MAX_BYTES, MAX_PROBLEMS, DeclarationError, Problem, parse

__all__ = ["MAX_BYTES", "Declaration", "DeclarationError", "Problem", "read"]

MAX_QUBITS = 20
MAX_INPUTS = 10_000

_FEATURES = re.compile(r"x(?:_?\d+)?")
_CONSTANTS = frozenset({"pi", "π", "tau", "τ", "euler", "ℇ"})
_OPERATORS = frozenset("+-*/")


@dataclass(frozen=True)
class Declaration:
    """What a circuit is made of, as its text declares it.

    Attributes
    ----------
    qubits, parameters, features : int
        Declared qubits, and inputs: those called x, x0, x_1, … hold a jet's features, all others are trained.
    gates : mapping of str to int
        How many of each gate.
    depth : int
        Gates on the longest path from the beginning to the end.
    """

    qubits: int
    parameters: int
    features: int
    gates: Mapping[str, int]
    depth: int


def read(source: str | bytes, *, max_qubits: int = MAX_QUBITS) -> Declaration:
    """Read a declared circuit.

    It has qubit registers of literal size, ``input float`` or ``input array[float, n]`` for features and parameters,
    the gates of ``stdgates.inc``, measurements, resets and barriers; nothing else.

    Parameters
    ----------
    source : str or bytes
        OpenQASM 3 in UTF-8.
    max_qubits : int
        How many there may be.

    Raises
    ------
    DeclarationError
        If it is anything else; the same text always gives the same problems.

    References
    ----------
    A. Cross et al., OpenQASM 3: A broader and deeper quantum assembly language, ACM Trans. Quantum Comput. 3, 12
    (2022), arXiv:2104.14722.

    Examples
    --------
    >>> text = '''OPENQASM 3.0;
    ... include "stdgates.inc";
    ... input float[64] x0;
    ... input float[64] theta;
    ... qubit[2] q;
    ... ry(x0 + theta) q[0];
    ... cx q[0], q[1];
    ... '''
    >>> read(text)
    Declaration(qubits=2, parameters=1, features=1, gates={'cx': 1, 'ry': 1}, depth=2)
    >>> read(text.replace("qubit[2]", "qubit[21]"))
    Traceback (most recent call last):
    challenges.quantum.openqasm.DeclarationError: line 5: 21 qubits in all, at most 20 are allowed
    """
    program = parse(source)
    reader = _Reader(max_qubits)
    if program.version is None or not program.version.startswith("3"):
        reader.problems.append(Problem(1, f"expected OPENQASM 3.0; first, got version {program.version or 'none'}"))
    for statement in program.statements:
        if len(reader.problems) >= MAX_PROBLEMS or len(reader.levels) > max_qubits:
            break
        try:
            reader.take(statement)
        except _Refused as refused:
            reader.problems.append(Problem(statement.span.start_line if statement.span else 1, str(refused)))
    if not reader.problems and not reader.counts:
        reader.problems.append(Problem(1, "expected at least one gate, got none"))
    if reader.problems:
        raise DeclarationError(reader.problems)
    features = sum(size or 1 for name, size in reader.inputs.items() if _FEATURES.fullmatch(name))
    return Declaration(
        qubits=len(reader.levels),
        parameters=sum(size or 1 for size in reader.inputs.values()) - features,
        features=features,
        gates=dict(sorted(reader.counts.items())),
        depth=max(reader.levels),
    )


class _Refused(Exception):
    """A statement that may not be there; the reason."""


class _Reader:
    """Takes statements one by one and counts."""

    def __init__(self, max_qubits: int) -> None:
        self.max_qubits = max_qubits
        self.included = False
        self.names: set[str] = set()
        self.inputs: dict[str, int | None] = {}  # the length of an array, None for a number
        self.qubits: dict[str, range] = {}
        self.bits: dict[str, range] = {}
        self.levels: list[int] = []  # the depth each qubit has reached
        self.counts: dict[str, int] = {}
        self.problems: list[Problem] = []

    def take(self, statement: ast.Statement | ast.Pragma) -> None:
        match statement:
            case ast.Include(filename=name) if name == INCLUDED:
                self.included = True
            case ast.IODeclaration():
                self._declare_input(statement)
            case ast.QubitDeclaration():
                self._declare_qubits(statement)
            case ast.ClassicalDeclaration(type=ast.BitType(), init_expression=None):
                size = _literal(statement.type.size, "the size of a bit register", MAX_INPUTS)
                self.bits[self._new(statement.identifier)] = range(size)
            case ast.QuantumGate():
                self._apply(statement)
            case ast.QuantumMeasurementStatement():
                self._measure(statement)
            case ast.QuantumReset():
                _operand(statement.qubits, self.qubits)
            case ast.QuantumBarrier():
                for qubit in statement.qubits:
                    _operand(qubit, self.qubits)
            case _:
                raise _Refused(f"not allowed here: {_kind(statement)}")

    def _new(self, identifier: ast.Identifier) -> str:
        if identifier.name in self.names:
            raise _Refused(f"{identifier.name} is declared twice")
        self.names.add(identifier.name)
        return identifier.name

    def _declare_input(self, statement: ast.IODeclaration) -> None:
        kind, size = statement.type, None
        if isinstance(kind, ast.ArrayType) and len(kind.dimensions) == 1:
            size = _literal(kind.dimensions[0], "the length of an array", MAX_INPUTS)
            kind = kind.base_type
        if statement.io_identifier is not ast.IOKeyword.input or not isinstance(kind, ast.FloatType):
            raise _Refused("expected input float or input array[float, n]; nothing else goes in, and nothing out")
        self.inputs[self._new(statement.identifier)] = size
        if sum(size or 1 for size in self.inputs.values()) > MAX_INPUTS:
            raise _Refused(f"more than {MAX_INPUTS:,} inputs")

    def _declare_qubits(self, statement: ast.QubitDeclaration) -> None:
        size = _literal(statement.size, "the size of a qubit register", None)
        first, total = len(self.levels), len(self.levels) + size
        self.qubits[self._new(statement.qubit)] = range(first, total)
        self.levels += [0] * min(size, self.max_qubits + 1)
        if total > self.max_qubits:
            raise _Refused(f"{total} qubits in all, at most {self.max_qubits} are allowed")

    def _apply(self, gate: ast.QuantumGate) -> None:
        name = gate.name.name
        if name not in GATES:
            raise _Refused(f"the gate {name} is not one of {', '.join(GATES)}")
        if not self.included and name != "U":
            raise _Refused(f'the gate {name} needs include "stdgates.inc"; before it')
        shape = GATES[name]
        if gate.modifiers or gate.duration is not None:
            raise _Refused(f"the gate {name} has a modifier or a duration; neither is allowed")
        if (len(gate.arguments), len(gate.qubits)) != shape:
            got = f"{len(gate.arguments)} and {len(gate.qubits)}"
            raise _Refused(f"the gate {name} takes {shape.angles} angles and {shape.qubits} qubits, got {got}")
        for angle in gate.arguments:
            self._check_angle(angle)
        operands = [_operand(qubit, self.qubits) for qubit in gate.qubits]
        # A register as operand stands for one gate a qubit.
        width = max(map(len, operands))
        if any(len(operand) not in (1, width) for operand in operands):
            raise _Refused(f"the gate {name} joins registers of different sizes")
        for step in range(width):
            qubits = [operand[step % len(operand)] for operand in operands]
            if len(set(qubits)) < len(qubits):
                raise _Refused(f"the gate {name} acts on one qubit twice")
            level = 1 + max(self.levels[qubit] for qubit in qubits)
            for qubit in qubits:
                self.levels[qubit] = level
        self.counts[name] = self.counts.get(name, 0) + width

    def _check_angle(self, angle: ast.Expression) -> None:
        """Check that an angle is made of numbers, constants and inputs by + - * /; its value does not matter."""
        match angle:
            case ast.IntegerLiteral() | ast.FloatLiteral():
                pass
            case ast.Identifier(name=name) if name in _CONSTANTS or (name in self.inputs and self.inputs[name] is None):
                pass
            case ast.IndexExpression(collection=ast.Identifier(name=name), index=[at]) if size := self.inputs.get(name):
                if not isinstance(at, ast.IntegerLiteral) or not 0 <= at.value < size:
                    raise _Refused(f"expected an index of {name} from 0 to {size - 1}, as a number")
            case ast.UnaryExpression(op=op, expression=inner) if op.name == "-":
                self._check_angle(inner)
            case ast.BinaryExpression(op=op, lhs=left, rhs=right) if op.name in _OPERATORS:
                self._check_angle(left)
                self._check_angle(right)
            case ast.Identifier(name=name) | ast.IndexExpression(collection=ast.Identifier(name=name)):
                raise _Refused(f"{name} is no input that has been declared so")
            case _:
                raise _Refused("expected an angle of numbers, constants and inputs, joined by + - * /")

    def _measure(self, statement: ast.QuantumMeasurementStatement) -> None:
        qubits = _operand(statement.measure.qubit, self.qubits)
        if statement.target is not None and len(_operand(statement.target, self.bits)) != len(qubits):
            raise _Refused("expected as many bits as qubits are measured")


def _literal(size: ast.Expression | None, what: str, most: int | None) -> int:
    if size is None:
        return 1
    if not isinstance(size, ast.IntegerLiteral) or size.value < 1:
        raise _Refused(f"expected {what} as a number, at least 1")
    if most is not None and size.value > most:
        raise _Refused(f"{what} is {size.value}, at most {most:,} is allowed")
    return size.value


def _operand(node: ast.QASMNode, registers: Mapping[str, range]) -> range:
    """Return the qubits or bits that a name, or a name with one literal index, stands for."""
    indexed = isinstance(node, ast.IndexedIdentifier)
    identifier = node.name if indexed else node
    name = identifier.name if isinstance(identifier, ast.Identifier) else ""
    if name not in registers:
        raise _Refused(f"there is no register {name or '(unnamed)'} of that kind")
    register = registers[name]
    if not indexed:
        return register
    match node.indices:
        case [[ast.IntegerLiteral(value=value)]] if 0 <= value < len(register):
            return register[value : value + 1]
    raise _Refused(f"expected an index of {name} from 0 to {len(register) - 1}, as a number")


def _kind(statement: ast.Statement | ast.Pragma) -> str:
    """Say in words what a statement is: ``ForInLoop`` is a for in loop."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(statement).__name__).lower().removesuffix(" statement")
