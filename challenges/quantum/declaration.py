"""A submission's circuit, declared in OpenQASM 3: read as a text, counted, never run.

Only the syntax tree is looked at. It proves what a team declares, not that the scores came from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from challenges.quantum.names import FEATURES, is_feature
from challenges.quantum.openqasm import MAX_BYTES, MAX_PROBLEMS, DeclarationError, Problem, parse
from challenges.quantum.reader import Reader, Refused

__all__ = ["MAX_BYTES", "Declaration", "DeclarationError", "Problem", "read"]

MAX_QUBITS = 20
SHOWN = 8  # names of inputs that a sentence lists whole


@dataclass(frozen=True)
class Declaration:
    """What a circuit is made of, as its text declares it.

    Attributes
    ----------
    qubits, features, parameters : int
        Qubits, and inputs: those called x, x0, x_1, _x_0_, … hold a jet's features, all others are trained.
    feature_names, parameter_names : tuple of str
        What these are called; an array of n numbers has one entry, ``x[0] to x[n-1]``.
    gates : mapping of str to int
        How many of each gate, those of definitions written out.
    depth : int
        Gates on the longest path from the beginning to the end.

    Examples
    --------
    >>> print(Declaration(2, 0, 1, (), ("theta",), {"ry": 1}, 1))
    2 qubits, 0 features (no input is called x, x0, x_1, x[0], _x_0_, …), 1 parameter (theta), depth 1
    """

    qubits: int
    features: int
    parameters: int
    feature_names: tuple[str, ...]
    parameter_names: tuple[str, ...]
    gates: Mapping[str, int]
    depth: int

    def __str__(self) -> str:
        features = _listed(self.feature_names) or f"no input is called {FEATURES}"
        parameters = _listed(self.parameter_names)
        return (
            f"{_count(self.qubits, 'qubit')}, {_count(self.features, 'feature')} ({features}), "
            f"{_count(self.parameters, 'parameter')}{f' ({parameters})' if parameters else ''}, depth {self.depth}"
        )


def read(source: str | bytes, *, max_qubits: int = MAX_QUBITS) -> Declaration:
    """Read a declared circuit.

    It has qubits in registers of literal size, ``input float`` or ``input array[float, n]`` for features and
    parameters, the gates of ``stdgates.inc`` and those that it defines by them, measurements, resets and barriers;
    nothing else.

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
    ... input float[64] θ;
    ... qubit[2] q;
    ... ry(x0 + θ) q[0];
    ... cx q[0], q[1];
    ... '''
    >>> print(read(text))
    2 qubits, 1 feature (x0), 1 parameter (θ), depth 2
    >>> read(text.replace("qubit[2]", "qubit[21]"))
    Traceback (most recent call last):
    challenges.quantum.openqasm.DeclarationError: line 5: 21 qubits in all, at most 20 are allowed
    """
    program = parse(source)
    reader, problems = Reader(max_qubits), []
    if program.version is None:
        problems.append(Problem(1, "expected OPENQASM 3.0; before all else, got no version"))
    for statement in program.statements:
        if len(problems) >= MAX_PROBLEMS or reader.is_full:
            break
        try:
            reader.take(statement)
        except Refused as refused:
            problems.append(Problem(refused.line, str(refused)))
    if not problems and not reader.counts:
        problems.append(Problem(1, "expected at least one gate, got none"))
    if problems:
        raise DeclarationError(problems)
    features = {name: size for name, size in reader.inputs.items() if is_feature(name)}
    parameters = {name: size for name, size in reader.inputs.items() if name not in features}
    return Declaration(
        qubits=len(reader.levels),
        features=sum(size or 1 for size in features.values()),
        parameters=sum(size or 1 for size in parameters.values()),
        feature_names=_named(features),
        parameter_names=_named(parameters),
        gates=dict(sorted(reader.counts.items())),
        depth=max(reader.levels),
    )


def _named(inputs: Mapping[str, int | None]) -> tuple[str, ...]:
    return tuple(name if size is None else f"{name}[0] to {name}[{size - 1}]" for name, size in inputs.items())


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names if len(names) <= SHOWN else (*names[: SHOWN - 1], "…", names[-1]))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
