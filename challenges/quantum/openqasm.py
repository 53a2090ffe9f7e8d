"""OpenQASM 3 texts from strangers: what is too big, too deep or too odd is refused before the parser sees it."""

import re
from dataclasses import dataclass

import openqasm3
from openqasm3 import ast
from openqasm3.parser import QASM3ParsingError

MAX_BYTES = 1 << 16
MAX_STATEMENT = 256  # characters without comments
MAX_NESTING = 8
MAX_PROBLEMS = 20
INCLUDED = "stdgates.inc"

_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
# What the parser reads by other rules than the rest, or may nest without brackets. Without comments in the way a text
# that holds none of it is split into statements by its semicolons.
_REFUSED = (
    (re.compile(r"[{}]"), "blocks are not allowed: no gate definitions, loops, conditions, subroutines, calibrations"),
    (re.compile(r"@"), "annotations and gate modifiers (ctrl @, inv @, pow @) are not allowed"),
    (re.compile(r"#|\b(?:pragma|cal|defcal|defcalgrammar)\b"), "pragmas and calibrations are not allowed"),
    (re.compile(r"[-+~!](?:\s*[-+~!]){3}"), "more than three signs in a row"),
    (re.compile(r"[^\x20-\x7e\r\n\tπτℇ]"), "a character that OpenQASM 3 has no use for"),
    (re.compile(r"[\"']"), f'only "{INCLUDED}" may be included, and nothing else stands in quotes'),
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a declaration, and the line, counted from 1."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class DeclarationError(ValueError):
    """A circuit that may not be declared; the message names each line and what is wrong with it.

    Attributes
    ----------
    problems : tuple of Problem
        At most the first twenty.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(map(str, self.problems)))


def _guarded(source: str | bytes) -> str:
    """Return the text, or refuse what could cost the parser too much: size, nesting, and all that is not plain."""
    raw = source.encode() if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        raise DeclarationError([Problem(1, f"{len(raw):,} bytes, at most {MAX_BYTES:,} are allowed")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DeclarationError([Problem(line, "expected text in UTF-8")]) from error
    if not text.strip():
        raise DeclarationError([Problem(1, "expected OpenQASM 3, got an empty text")])
    bare = _COMMENT.sub(lambda comment: " " + "\n" * comment[0].count("\n"), text).replace(f'"{INCLUDED}"', "")
    problems = []
    for pattern, reason in _REFUSED:
        if found := pattern.search(bare):
            problems.append(Problem(_line(bare, found.start()), reason))
    start = 0
    for statement in bare.split(";"):
        line = _line(bare, start + len(statement) - len(statement.lstrip()))
        if len(statement.strip()) > MAX_STATEMENT:
            problems.append(Problem(line, f"a statement of more than {MAX_STATEMENT} characters"))
        if _nesting(statement) > MAX_NESTING:
            problems.append(Problem(line, f"brackets nested more than {MAX_NESTING} deep"))
        start += len(statement) + 1
    if problems:
        raise DeclarationError(sorted(problems, key=lambda problem: problem.line))
    return text


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _nesting(statement: str) -> int:
    depth = deepest = 0
    for letter in statement:
        depth += (letter in "([") - (letter in ")]")
        deepest = max(deepest, depth)
    return deepest


def parse(source: str | bytes) -> ast.Program:
    """Return the syntax tree of a text that is small, flat and plain enough to be parsed without harm.

    Parameters
    ----------
    source : str or bytes
        OpenQASM 3 in UTF-8.

    Raises
    ------
    DeclarationError
        If it is not OpenQASM 3; if it is longer than 64 KiB, holds a statement of more than 256 characters or brackets
        more than 8 deep; or if it holds a block, an annotation, a modifier, a pragma, a calibration, or an include
        other than the standard gates.

    Examples
    --------
    >>> parse("OPENQASM 3.0; qubit q;").version
    '3.0'
    >>> parse("OPENQASM 3.0;\\nqubit[2 q;")
    Traceback (most recent call last):
    challenges.quantum.openqasm.DeclarationError: line 2: not OpenQASM 3 at 'q'
    """
    text = _guarded(source)
    try:
        return openqasm3.parse(text)
    except QASM3ParsingError as error:
        # The library keeps the place of a syntax error in what caused it, or at the head of its message.
        cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
        token = getattr(cause, "offendingToken", None)
        place = re.match(r"L(\d+):C\d+: (.*)", str(error), re.DOTALL)
        if token is not None:
            raise DeclarationError([Problem(token.line, f"not OpenQASM 3 at {token.text[:40]!r}")]) from error
        line, reason = (int(place[1]), place[2][:120]) if place else (1, "not OpenQASM 3")
        raise DeclarationError([Problem(line, reason)]) from error
    except (RecursionError, ValueError, AttributeError, TypeError) as error:
        # The library's own slips on odd texts; none of them is a circuit.
        raise DeclarationError([Problem(1, f"cannot be read as OpenQASM 3 ({type(error).__name__})")]) from error
