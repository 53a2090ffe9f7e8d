"""OpenQASM 3 texts from strangers: what is too big, too deep or too odd is refused before the parser sees it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import openqasm3
from openqasm3 import ast
from openqasm3.parser import QASM3ParsingError

from challenges.quantum.names import MAX_NAME, is_letter

MAX_BYTES = 1 << 16
MAX_WORDS = 20_000  # names, numbers and signs, as in all that follows: the parser takes 20 to 30 µs for each
MAX_STATEMENT = 1024
MAX_TERM = 256  # between two commas: how deep the parser must recurse
MAX_NESTING = 8
MAX_WIDE = 2048  # letters beyond ASCII: the library's lexer keeps no table of them, and takes 70 µs for each
MAX_PROBLEMS = 20
INCLUDED = "stdgates.inc"

HOW_TO_EXPORT = (
    'Qiskit writes OpenQASM 3 by qiskit.qasm3.dumps(circuit), Cirq by circuit.to_qasm(version="3.0"); PennyLane writes '
    f'OpenQASM 2 only: begin its text with OPENQASM 3.0; include "{INCLUDED}"; in place of the first two lines, '
    "declare the inputs, and put them where the text has their values"
)

_BLOCK = "only a gate definition, gate NAME(ANGLES) QUBITS { GATES }, has braces, and none within: write the gates out"
_WORDS = {
    "loops, conditions and subroutines are not allowed: write the circuit out, gate by gate": (
        "if else for while switch case default break continue end return def extern"
    ),
    "timing and boxes are not part of a declaration: leave them out": "box delay stretch duration durationof",
    "pragmas and calibrations are not allowed: leave them out": "# pragma cal defcal defcalgrammar",
    "annotations and gate modifiers (ctrl @, inv @, pow @) are not allowed: leave annotations out, and write the gate "
    "by gates without modifiers": "@",
    "constants are not allowed: write their values where they are used": "const",
    "aliases are not allowed: name the qubits themselves": "let",
    f'only "{INCLUDED}" may be included (qelib1.inc is its like in OpenQASM 2), and nothing else is quoted': "\" '",
}
_REFUSED = {word: reason for reason, words in _WORDS.items() for word in words.split()}

_COMMENT = re.compile(r"//|/\*")
_TOKEN = re.compile(r"\d+(?:\.\d*)?|\w+|[^\w\s]")
_SIGNS = re.compile(r"[-+~!](?:\s*[-+~!]){3}")
_VERSION = re.compile(r"\s*OPENQASM\s+([\w.]+)")
_THIS_VERSION = re.compile(r"3(\.\d+)?")
_LINE_END = re.compile(rb"\r\n?|\n")
_PLACE = re.compile(r"L(\d+):C\d+: (.*)", re.DOTALL)


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
    text = _decoded(source)
    # Without comments in the way, and but for gate definitions, semicolons alone part statements.
    bare = _without_comments(text).replace(f'"{INCLUDED}"', "")
    version = _VERSION.match(bare)
    if version and not _THIS_VERSION.fullmatch(version[1]):
        reason = f"expected OPENQASM 3.0, got OPENQASM {version[1][:40]}, another language: {HOW_TO_EXPORT}"
        raise DeclarationError([Problem(_line(bare, version.start(1)), reason)])
    found = {}
    for position, reason in (*_odd_characters(bare), *_odd_signs(bare), *_odd_statements(bare)):
        found.setdefault(reason, position)
    if found:
        problems = sorted((position, reason) for reason, position in found.items())
        raise DeclarationError([Problem(_line(bare, position), reason) for position, reason in problems])
    return text


def _decoded(source: str | bytes) -> str:
    """Return a source as text with ends of lines of one kind, and without a mark of its byte order."""
    raw = source.encode() if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        raise DeclarationError([Problem(1, f"{len(raw):,} bytes, at most {MAX_BYTES:,} are allowed")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wide = " (this looks like UTF-16)" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        line = len(_LINE_END.findall(raw[: error.start])) + 1
        raise DeclarationError([Problem(line, f"expected text in UTF-8{wide}: save it as UTF-8")]) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DeclarationError([Problem(1, "expected OpenQASM 3, got an empty text")])
    return text


def _without_comments(text: str) -> str:
    """Return a text of as many lines, without comments."""
    parts, at = [], 0
    while opening := _COMMENT.search(text, at):
        begin, end = opening.span()
        parts.append(text[at:begin])
        if opening[0] == "//":
            at = text.find("\n", end)
            at = len(text) if at < 0 else at
            continue
        at = text.find("*/", end) + 2
        if at < end:
            raise DeclarationError([Problem(_line(text, begin), "a comment that does not end: close it by */")])
        parts.append(" " + "\n" * text.count("\n", begin, at))
    return "".join([*parts, text[at:]])


def _odd_characters(text: str) -> Iterator[tuple[int, str]]:
    odd = {one for one in set(text) - {"\n", "\t"} if not (" " <= one <= "~" or (one > "~" and is_letter(one)))}
    for place, one in enumerate(text):
        if one in odd:
            named = f"U+{ord(one):04X} {unicodedata.name(one, '')}".strip()
            yield (
                place,
                f"{named} may not stand here: names are letters written from left to right, digits and _, "
                "and accents are part of their letter",
            )
    wide = [place for place, one in enumerate(text) if one > "~"]
    if len(wide) > MAX_WIDE:
        yield wide[MAX_WIDE], f"more than {MAX_WIDE:,} letters beyond ASCII outside comments: spell some names out"


def _odd_signs(text: str) -> Iterator[tuple[int, str]]:
    if found := _SIGNS.search(text):
        yield found.start(), "more than three signs in a row: one is enough"


def _odd_statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield place and reason of what is too long, nested too deep, or opens what is not looked into."""
    first, length, term, depth, inside = "", 0, 0, 0, False
    for count, token in enumerate(_TOKEN.finditer(text)):
        mark, place = token[0], token.start()
        if count == MAX_WORDS:
            yield place, f"more than {MAX_WORDS:,} names, numbers and signs in all: declare fewer layers"
        if mark in ";{}":
            if (mark == "{" and (inside or first != "gate")) or (mark == "}" and not inside):
                yield place, _BLOCK
            inside = mark == "{" or (inside and mark == ";")
            first, length, term, depth = "", 0, 0, 0
            continue
        first, length = first or mark, length + 1
        term = 0 if mark == "," and depth <= 1 else term + 1
        depth += (mark in "([") - (mark in ")]")
        if reason := _REFUSED.get(mark):
            yield place, reason
        if len(mark) > MAX_NAME:
            yield place, f"a name or number of more than {MAX_NAME} characters: shorten it"
        if depth > MAX_NESTING:
            yield place, f"brackets nested more than {MAX_NESTING} deep: write it flatter"
        if length > MAX_STATEMENT:
            yield place, f"a statement of more than {MAX_STATEMENT:,} names, numbers and signs: split it"
        if term > MAX_TERM:
            yield place, f"more than {MAX_TERM} names, numbers and signs without a comma: write it shorter"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def parse(source: str | bytes) -> ast.Program:
    """Return the syntax tree of a text that is small, flat and plain enough to be parsed without harm.

    Parameters
    ----------
    source : str or bytes
        OpenQASM 3 in UTF-8, with or without a byte order mark, lines ending in LF, CRLF or CR.

    Raises
    ------
    DeclarationError
        If it is not OpenQASM 3; if it is longer than 64 KiB, has more than 20,000 names, numbers and signs, or 1,024 in
        one statement, or brackets more than 8 deep; or if it holds a block other than a gate definition, an
        annotation, a modifier, a pragma, a calibration, or an include other than the standard gates.

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
        place = _PLACE.match(str(error))
        if token is not None:
            raise DeclarationError([Problem(token.line, f"not OpenQASM 3 at {token.text[:40]!r}")]) from error
        line, reason = (int(place[1]), place[2][:120]) if place else (1, "not OpenQASM 3")
        raise DeclarationError([Problem(line, reason)]) from error
    except (RecursionError, ValueError, AttributeError, TypeError) as error:
        # The library's own slips on odd texts; none of them is a circuit.
        raise DeclarationError([Problem(1, f"cannot be read as OpenQASM 3 ({type(error).__name__})")]) from error
