"""What stands where a number should, in whatever kind of text: the number, or the kind of thing it is instead."""

import math
import re

NUMBER = re.compile(r"[ \t]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?[ \t]*", re.ASCII | re.IGNORECASE)
THOUSANDS = "{1,103}"  # groups of digits, as many as the largest float64 has: a match remembers each
LOCALE = re.compile(
    rf"[+-]?(?:(?:\d+|\d{{1,3}}(?:[.'’ \xa0\u202f]\d{{3}}){THOUSANDS}),\d+"
    rf"|\d{{1,3}}(?:[,.'’ \xa0\u202f]\d{{3}}){THOUSANDS}(?:\.\d*)?)(?:e[+-]?\d+)?",
    re.ASCII | re.IGNORECASE,
)

_KINDS = {
    "empty": r"|#?n/?a|null|none|<na>",
    "nan": r"[+-]?nan(?:\(.*\))?",
    "infinite": r"[+-]?inf(?:inity)?",
    "overflow": NUMBER.pattern,
    "boolean": r"true|false|[tf]",
    "hexadecimal": r"[+-]?0x[0-9a-f]*(?:\.[0-9a-f]*)?(?:p[+-]?\d+)?",
    "underscore": r"[+-]?\d[\d.]*_[\d_.]*(?:e[+-]?\d+)?",
    "locale_number": LOCALE.pattern,
    "not_a_number": r"(?s:.*)",
}
KINDS_OF_VALUES = {kind: re.compile(pattern, re.ASCII | re.IGNORECASE) for kind, pattern in _KINDS.items()}
"""What a value that is not a finite number may be; the first pattern that fits names it."""


def number(text: str) -> float:
    """Return a decimal number, and nan for all else: Python's float takes 1_0, the digits of every script, and nan."""
    return float(text) if NUMBER.fullmatch(text) else math.nan


def kind_of(text: str) -> str:
    """Return what a text that is no finite number is instead."""
    text = text.strip(" \t")
    return next(kind for kind, pattern in KINDS_OF_VALUES.items() if pattern.fullmatch(text))
