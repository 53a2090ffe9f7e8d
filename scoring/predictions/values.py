"""What stands where a number should, in whatever kind of text: the number, or the kind of thing it is instead."""

import math
import re

NUMBER = re.compile(r"[ \t]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?[ \t]*", re.ASCII | re.IGNORECASE)
LOCALE = re.compile(
    r"[+-]?(?:(?:\d+|\d{1,3}(?:[.'’ \xa0\u202f]\d{3})+),\d+"
    r"|\d{1,3}(?:[,.'’ \xa0\u202f]\d{3})+(?:\.\d*)?)(?:e[+-]?\d+)?",
    re.ASCII | re.IGNORECASE,
)

KINDS_OF_VALUES = {
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
"""What a value that is not a finite number may be; the first pattern that fits names it."""


def number(text: str) -> float:
    """Return a decimal number, and nan for all else: Python's float takes 1_0, the digits of every script, and nan."""
    return float(text) if NUMBER.fullmatch(text) else math.nan


def kind_of(text: str) -> str:
    """Return what a text that is no finite number is instead."""
    text = text.strip(" \t")
    patterns = KINDS_OF_VALUES.items()
    return next(kind for kind, pattern in patterns if re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE))
