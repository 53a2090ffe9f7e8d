"""What counts as the same text in an old print, where one letter has many shapes and one word many spellings."""

import re
from unicodedata import combining, normalize

# A hyphen, soft hyphen, not sign or double hyphen that ends a line inside a word.
LINE_END_HYPHEN = re.compile(r"(?<=\w)[-=\u00ad\u00ac\u2010\u2011\u2e17][^\S\n]*\n\s*(?=\w)")
SAME_LETTER = str.maketrans("vj", "ui")


def fold(text: str) -> str:
    """Return a text without what varies in the spelling of early prints.

    Lower case; long s as s and ligatures as their letters; no accents or tildes; u for v, i for j, z for ç; words
    hyphenated at a line's end joined; no punctuation; single spaces between words. Folding twice changes nothing.

    Examples
    --------
    >>> fold("El coraçón, ſu juez: aquel-\\nla  Viſta")
    'el corazon su iuez aquella uista'
    """
    letters = normalize("NFKD", normalize("NFKD", text).casefold()).replace("c\N{COMBINING CEDILLA}", "z")
    joined = LINE_END_HYPHEN.sub("", "".join(one for one in letters if not combining(one)))
    kept = "".join(one for one in joined if one.isalnum() or one.isspace())
    return " ".join(kept.translate(SAME_LETTER).split())
