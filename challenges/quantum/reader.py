"""Takes the statements of a declared circuit one by one, and counts its qubits, inputs, gates and depth."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from openqasm3 import ast

from challenges.quantum.gates import BUILT_IN, GATES, TAKEN_AS_KNOWN, Shape
from challenges.quantum.names import CONSTANTS, seen
from challenges.quantum.openqasm import INCLUDED

MAX_INPUTS = 10_000
MAX_GATES = 20_000
_FUNCTIONS = "sin cos tan arcsin arccos arctan asin acos atan exp log sqrt abs sign conj ceiling floor mod"
FUNCTIONS = frozenset(_FUNCTIONS.split())
"""OpenQASM's own, and those that Qiskit writes."""

_OPERATORS = frozenset({"+", "-", "*", "/", "**"})
_LOOSE = re.compile(r"\$\d+")  # a qubit of the hardware, which no register declares
_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Refused(Exception):
    """A statement that may not be there: the reason, and the line once it is known."""

    line = 0


class Step(NamedTuple):
    """One gate of the library, and which qubits it acts on."""

    gate: str
    qubits: tuple[int, ...]


class Definition(NamedTuple):
    """What a gate takes and does, written out by gates of the library."""

    shape: Shape
    steps: tuple[Step, ...]


@dataclass
class Names:
    """Names that stand for something within one scope: a circuit, or the body of a gate's definition."""

    qubits: dict[str, range] = field(default_factory=dict)
    inputs: dict[str, int | None] = field(default_factory=dict)  # the length of an array, None for a number
    seen: dict[str, str] = field(default_factory=dict)

    def new(self, identifier: ast.Identifier) -> str:
        """Return a name that is declared now, or refuse it."""
        name, looks = identifier.name, seen(identifier.name)
        if looks in CONSTANTS:
            _refuse(f"{name} is a constant: call this otherwise")
        if known := self.seen.get(looks):
            twice = f"{name} is declared twice" if known == name else f"{name} looks like {known}"
            _refuse(f"{twice}: call one of them otherwise")
        self.seen[looks] = name
        return name

    def check_angle(self, angle: ast.Expression) -> None:
        """Check that an angle is made of numbers, constants and inputs; its value does not matter."""
        match angle:
            case ast.IntegerLiteral() | ast.FloatLiteral():
                pass
            case ast.Identifier(name=name) if name in CONSTANTS or (name in self.inputs and self.inputs[name] is None):
                pass
            case ast.IndexExpression(collection=ast.Identifier(name=name), index=[at]) if size := self.inputs.get(name):
                if not isinstance(at, ast.IntegerLiteral) or not 0 <= at.value < size:
                    _refuse(f"expected an index of {name} from 0 to {size - 1}, as a number")
            case ast.UnaryExpression(op=op, expression=inner) if op.name == "-":
                self.check_angle(inner)
            case ast.BinaryExpression(op=op, lhs=left, rhs=right) if op.name in _OPERATORS:
                self.check_angle(left)
                self.check_angle(right)
            case ast.FunctionCall(name=ast.Identifier(name=name), arguments=[_, *_] as inner) if name in FUNCTIONS:
                for argument in inner:
                    self.check_angle(argument)
            case ast.Identifier(name=name) | ast.IndexExpression(collection=ast.Identifier(name=name)):
                _refuse(f"{name} is no input that has been declared so: write input float[64] {name}; before it")
            case _:
                _refuse("expected an angle of numbers, constants, inputs and functions like sin, joined by + - * / **")


class Reader:
    """Takes statements one by one and counts.

    Attributes
    ----------
    inputs : dict of str to int or None
        Each input and, if it is an array, its length.
    levels : list of int
        The depth that each qubit has reached.
    counts : dict of str to int
        How many of each gate of the library.
    """

    def __init__(self, max_qubits: int) -> None:
        self.max_qubits = max_qubits
        self.names = Names()
        self.inputs = self.names.inputs
        self.bits: dict[str, range] = {}
        self.gates: dict[str, Definition] = {}
        self.gate_names = Names()
        self.included = False
        self.n_inputs = self.written_out = 0
        self.levels: list[int] = []
        self.counts: dict[str, int] = {}
        self._know(BUILT_IN)

    @property
    def is_full(self) -> bool:
        """Whether a limit is passed, so that what follows need not be read."""
        return len(self.levels) > self.max_qubits or self.written_out > MAX_GATES

    def take(self, statement: ast.Statement | ast.Pragma) -> None:
        """Count a statement, or raise `Refused`."""
        try:
            self._take(statement)
        except Refused as refused:
            refused.line = refused.line or _line(statement)
            raise

    def _take(self, statement: ast.Statement | ast.Pragma) -> None:
        match statement:
            case ast.Include(filename=name) if name == INCLUDED:
                if not self.included:
                    self._know(GATES.keys() - BUILT_IN)
                self.included = True
            case ast.IODeclaration():
                self._declare_input(statement)
            case ast.QubitDeclaration():
                size = _literal(statement.size, "the size of a qubit register", None)
                self.names.qubits[self.names.new(statement.qubit)] = self._add_qubits(size)
            case ast.ClassicalDeclaration(type=ast.BitType(size=size)):
                self._declare_bits(statement, size)
            case ast.QuantumGateDefinition():
                self._define(statement)
            case ast.QuantumGate():
                for step in self._steps(statement, self.names):
                    self._apply(step)
            case ast.QuantumPhase():
                self._check_phase(statement, self.names)
            case ast.QuantumMeasurementStatement(measure=measure, target=target):
                bits = None if target is None else _operand(target, self.bits, "bits")
                self._measure(measure, bits)
            case ast.QuantumReset(qubits=qubits):
                self._operand(qubits, self.names)
            case ast.QuantumBarrier(qubits=qubits):
                for qubit in qubits:
                    self._operand(qubit, self.names)
            case _:
                _refuse(
                    f"not allowed here: {_kind(statement)}; a circuit has inputs, qubits, bits, gates, measurements, "
                    "resets and barriers"
                )

    def _declare_input(self, statement: ast.IODeclaration) -> None:
        kind, size = statement.type, None
        if isinstance(kind, ast.ArrayType) and len(kind.dimensions) == 1:
            size = _literal(kind.dimensions[0], "the length of an array", MAX_INPUTS)
            kind = kind.base_type
        is_angle = isinstance(kind, ast.FloatType | ast.AngleType)
        if statement.io_identifier is not ast.IOKeyword.input or not is_angle:
            _refuse("expected input float or input array[float, n]; nothing else goes in, and nothing out")
        self.inputs[self.names.new(statement.identifier)] = size
        self.n_inputs += size or 1
        if self.n_inputs > MAX_INPUTS:
            _refuse(f"more than {MAX_INPUTS:,} inputs")

    def _declare_bits(self, statement: ast.ClassicalDeclaration, size: ast.Expression | None) -> None:
        bits = range(_literal(size, "the size of a bit register", MAX_INPUTS))
        self.bits[self.names.new(statement.identifier)] = bits
        match statement.init_expression:
            case None:
                pass
            case ast.QuantumMeasurement() as measure:
                self._measure(measure, bits)
            case _:
                _refuse("bits have no value before they are measured: declare them without one")

    def _add_qubits(self, size: int) -> range:
        first, total = len(self.levels), len(self.levels) + size
        self.levels += [0] * min(size, self.max_qubits + 1)
        if total > self.max_qubits:
            _refuse(f"{total} qubits in all, at most {self.max_qubits} are allowed")
        return range(first, total)

    def _know(self, names: Iterable[str]) -> None:
        for name in names:
            self.gates[self.gate_names.new(ast.Identifier(name))] = _of_library(name, GATES[name])

    def _define(self, definition: ast.QuantumGateDefinition) -> None:
        name = self.gate_names.new(definition.name)
        inner = Names()
        for angle in definition.arguments:
            inner.inputs[inner.new(angle)] = None
        for at, qubit in enumerate(definition.qubits):
            inner.qubits[inner.new(qubit)] = range(at, at + 1)
        if len(inner.qubits) > self.max_qubits:
            _refuse(f"the gate {name} takes {len(inner.qubits)} qubits, at most {self.max_qubits} are allowed")
        steps: list[Step] = []
        for statement in definition.body:
            try:
                match statement:
                    case ast.QuantumGate():
                        steps += self._steps(statement, inner)
                    case ast.QuantumPhase():
                        self._check_phase(statement, inner)
                    case ast.QuantumBarrier(qubits=qubits):
                        for qubit in qubits:
                            self._operand(qubit, inner)
                    case _:
                        _refuse(f"not allowed in a gate's definition: {_kind(statement)}; it has gates and barriers")
            except Refused as refused:
                refused.line = _line(statement)
                raise
        self.gates[name] = Definition(Shape(len(inner.inputs), len(inner.qubits)), tuple(steps))

    def _steps(self, gate: ast.QuantumGate, names: Names) -> list[Step]:
        """Return what a call of a gate stands for, written out by gates of the library."""
        name = gate.name.name
        known = self.gates.get(name)
        if known is None and name in TAKEN_AS_KNOWN:
            known = _of_library(name, TAKEN_AS_KNOWN[name])
        if known is None and name in GATES:
            _refuse(f'the gate {name} needs include "{INCLUDED}"; before it')
        if known is None:
            _refuse(f"the gate {name} is not one of {', '.join(GATES)}: write it by these, or define it by them before")
        if gate.duration is not None:
            _refuse(f"the gate {name} has a duration: leave it out")
        shape = known.shape
        if (len(gate.arguments), len(gate.qubits)) != shape:
            got = f"{len(gate.arguments)} and {len(gate.qubits)}"
            _refuse(f"the gate {name} takes {shape.angles} angles and {shape.qubits} qubits, got {got}")
        for angle in gate.arguments:
            names.check_angle(angle)
        operands = [self._operand(qubit, names) for qubit in gate.qubits]
        # A register as operand stands for one gate a qubit.
        width = max(map(len, operands))
        if any(len(operand) not in (1, width) for operand in operands):
            _refuse(f"the gate {name} joins registers of different sizes")
        self.written_out += width * max(len(known.steps), 1)
        if self.written_out > MAX_GATES:
            _refuse(f"more than {MAX_GATES:,} gates, those of definitions written out")
        steps: list[Step] = []
        for at in range(width):
            qubits = [operand[at % len(operand)] for operand in operands]
            if len(set(qubits)) < len(qubits):
                _refuse(f"the gate {name} acts on one qubit twice")
            steps += [Step(step.gate, tuple(qubits[qubit] for qubit in step.qubits)) for step in known.steps]
        return steps

    def _apply(self, step: Step) -> None:
        level = 1 + max(self.levels[qubit] for qubit in step.qubits)
        for qubit in step.qubits:
            self.levels[qubit] = level
        self.counts[step.gate] = self.counts.get(step.gate, 0) + 1

    def _check_phase(self, phase: ast.QuantumPhase, names: Names) -> None:
        """Check a global phase, which is no gate: nothing can be measured of it. PennyLane names its qubits."""
        names.check_angle(phase.argument)
        for qubit in phase.qubits:
            self._operand(qubit, names)

    def _measure(self, measure: ast.QuantumMeasurement, bits: range | None) -> None:
        qubits = self._operand(measure.qubit, self.names)
        if bits is not None and len(bits) != len(qubits):
            _refuse(f"expected as many bits as qubits are measured, got {len(bits)} for {len(qubits)}")

    def _operand(self, node: ast.QASMNode, names: Names) -> range:
        if names is self.names and isinstance(node, ast.Identifier) and _LOOSE.fullmatch(node.name):
            name = "$" + (node.name[1:].lstrip("0") or "0")
            if name not in names.qubits:
                names.qubits[name] = self._add_qubits(1)
            return names.qubits[name]
        return _operand(node, names.qubits, "qubits")


def _of_library(name: str, shape: Shape) -> Definition:
    return Definition(shape, (Step(name, tuple(range(shape.qubits))),))


def _refuse(reason: str) -> NoReturn:
    raise Refused(reason)


def _line(statement: ast.QASMNode) -> int:
    return statement.span.start_line if statement.span else 1


def _literal(size: ast.Expression | None, what: str, most: int | None) -> int:
    if size is None:
        return 1
    if not isinstance(size, ast.IntegerLiteral) or size.value < 1:
        _refuse(f"expected {what} as a number, at least 1")
    if most is not None and size.value > most:
        _refuse(f"{what} is {size.value}, at most {most:,} is allowed")
    return size.value


def _operand(node: ast.QASMNode, registers: Mapping[str, range], what: str) -> range:
    """Return the qubits or bits that a name, or a name with one literal index, stands for."""
    indexed = isinstance(node, ast.IndexedIdentifier)
    identifier = node.name if indexed else node
    name = identifier.name if isinstance(identifier, ast.Identifier) else ""
    if name not in registers:
        _refuse(f"there are no {what} called {name or '(unnamed)'}: declare them before")
    register = registers[name]
    if not indexed:
        return register
    match node.indices:
        case [[ast.IntegerLiteral(value=value)]] if 0 <= value < len(register):
            return register[value : value + 1]
    _refuse(f"expected an index of {name} from 0 to {len(register) - 1}, as a number")


def _kind(statement: ast.Statement | ast.Pragma) -> str:
    """Say in words what a statement is: ``ForInLoop`` is a for in loop."""
    return _INNER_CAPITAL.sub(" ", type(statement).__name__).lower().removesuffix(" statement")
