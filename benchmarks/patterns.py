"""Regular expressions against texts made to slow them down; ``python -m benchmarks patterns`` writes docs/evidence."""

import random
import re
import time
from collections.abc import Iterator
from re import _constants, _parser

from benchmarks import ROOT
from benchmarks._patterns import modules, patterns_of

PAGE = ROOT / "docs/evidence/patterns.md"
LENGTHS = 25_000, 50_000, 100_000
TEXTS = 60
"""Hostile texts for each pattern."""

MOST = 3.0
"""Times as long that a text of twice the length may take, with all that makes times uncertain; a square takes four."""

NOTICED = 0.02
"""Seconds below which a time is too short to be compared."""

REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
ENDS = ["", "\0", "!", "\n", "x", "0", " "]


def hostile(pattern: re.Pattern, length: int, seed: int) -> str | bytes:
    """Return what a pattern nearly matches: part after part, one of them repeated to fill the length, a bad end."""
    rng = random.Random(seed)
    pieces = list(_pieces(_parser.parse(pattern.pattern, pattern.flags), pattern, rng)) or [("a", True)]
    loops = [at for at, (_, endless) in enumerate(pieces) if endless] or [len(pieces) - 1]
    at = rng.choice([*loops, None])
    written = [piece for piece, _ in pieces]
    end = rng.choice(ENDS)
    if at is None:  # As if each place might be where a match begins.
        whole = "".join(written[: rng.randint(1, len(written))]) or "a"
        text = whole * (length // len(whole)) + end
    else:
        begin, unit = "".join(written[:at]), written[at] or "a"
        text = begin + unit * (length // len(unit)) + rng.choice([end, "".join(written[at + 1 :])[:-1] + end])
    return text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


def _pieces(tree: _parser.SubPattern, pattern: re.Pattern, rng: random.Random) -> Iterator[tuple[str, bool]]:
    """Yield texts that match part after part, and whether each may be repeated without end."""
    for op, value in tree:
        if op in REPEATS:
            inner = "".join(piece for piece, _ in _pieces(value[2], pattern, rng))
            yield inner * max(1, value[0]), value[1] is _constants.MAXREPEAT or value[1] > 50
        elif op is _constants.BRANCH:
            yield from _pieces(rng.choice(value[1]), pattern, rng)
        elif op is _constants.SUBPATTERN:
            yield from _pieces(value[3], pattern, rng)
        elif op not in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT):
            yield _letter(op, value, rng), False


def _letter(op: object, value: object, rng: random.Random) -> str:
    """Return a character that a node takes, or at least might."""
    if op is _constants.LITERAL:
        return chr(value)
    if op is _constants.IN and value[0][0] is not _constants.NEGATE:
        kind, inner = rng.choice(value)
        if kind is _constants.RANGE:
            return chr(rng.choice(inner))
        if kind is _constants.LITERAL:
            return chr(inner)
        return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": rng.choice(" \n")}.get(str(inner), "a")
    return rng.choice("a1 .'-/[")


def seconds(pattern: re.Pattern, method: str, text: str | bytes) -> float:
    """Return the processor time of one use, the shortest of three."""
    arguments = ("" if isinstance(text, str) else b"", text) if method.startswith("sub") else (text,)
    times = []
    for _ in range(3):
        started = time.process_time()
        found = getattr(pattern, method)(*arguments)
        if method == "finditer":
            list(found)
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    """Measure, write the page, and fail where a pattern grows faster than its text."""
    uses = {
        (pattern, method): f"{module}.{name}"
        for module in modules()
        for name, pattern, methods in patterns_of(module)
        for method in methods
    }
    slowest, fast_growing = [], []
    for (pattern, method), name in uses.items():
        worst = max(range(TEXTS), key=lambda seed: seconds(pattern, method, hostile(pattern, LENGTHS[0], seed)))
        times = [seconds(pattern, method, hostile(pattern, length, worst)) for length in LENGTHS]
        slowest.append((times[-1], name, method, pattern.pattern))
        if times[-1] > NOTICED and times[-1] > MOST * times[-2]:
            fast_growing.append(f"{name}, {method}: {times}")
    assert not fast_growing, fast_growing
    slowest.sort(reverse=True, key=lambda one: one[:3])
    table = "\n".join(f"| `{name}` | {method} | {1e3 * took:.1f} |" for took, name, method, _ in slowest[:10])
    PAGE.write_text(
        f"""# Regular expressions against hostile texts

Each of the {len(uses)} uses of a regular expression (pattern and method) met {TEXTS} texts made to slow it down: the
parts that it matches, one of them or all repeated to {LENGTHS[0]:,} characters, with an end that does not fit. The
worst text was made longer; none of twice the length took {MOST:g} times as long. At {LENGTHS[-1]:,} characters:

| pattern | used by | ms |
|---|---|---|
{table}

`make test` proves more, of every pattern: that no text can be cut up in ever more ways (tests/project/ambiguity.py).

Made by `python -m benchmarks patterns`.
""",
        "utf-8",
    )
    print(table)


if __name__ == "__main__":
    main()
