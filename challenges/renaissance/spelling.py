"""Spanish as it was spelled, and as it was printed, in the seventeenth century."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import combining, normalize

import numpy as np

MARKS = ",.;:?()"
"""What hangs on words."""

Rule = tuple[re.Pattern[str], str]
"""What is written otherwise, and how."""

SPELLINGS: list[Rule] = [
    (re.compile(pattern), result)
    for pattern, result in (
        ("^jehova$", "dios"),
        ("^hab(?=e[imy]|i)", "av"),  # aveys, avia
        ("^cua", "qua"),
        ("^asi$", "assi"),
        ("^es(?=[oa]s?$)", "ess"),  # esso, essa
        ("(?<=^[db][ie])j|(?<=^ba)j|(?<=^tra)j(?=[eio])|(?<=^e)j(?=[ae])", "x"),  # dixo, dexar, baxo, truxo, exemplo
        ("(?<=^de)b(?=[eio])", "v"),  # deve
        ("(?<=a)b(?=a(n|s|mos)?$)", "v"),  # estava
        ("(?<=^ha)c(?=[ei])|(?<=^di)c(?=[ei])|(?<=^desha)c(?=[ei])|(?<=^satisfa)c(?=[ei])", "z"),  # hazer, dize
        ("(?<=[ae])i(?=s$)", "y"),  # amays, teneys
        ("(?<=[ai]s)(?=e[ns]?$)", "s"),  # diesse
        ("(?<=is)(?=im[oa]s?$)", "s"),  # santissimo
    )
]
"""How the writing of 1909 becomes that of 1637, word by word, in this order."""

GRAVE, TILDE, CEDILLA = "\N{COMBINING GRAVE ACCENT}", "\N{COMBINING TILDE}", "\N{COMBINING CEDILLA}"
OWN_LETTERS = ("n" + TILDE, "N" + TILDE, "c" + CEDILLA, "C" + CEDILLA)
CEDILLAS = re.compile("(?<!e)z(?=[aou])")  # esperança, but nobleza
LONG_S = re.compile(r"s(?=[\w-])")
INNER_V, FIRST_U = re.compile(r"(?<=\w)v"), re.compile(r"\bu")
BETWEEN, FIRST_V = re.compile("(?<=[aeiou])u(?=[aeiou])"), re.compile(r"\bv(?![aeiou])")
NASALS = re.compile("(?<=[aeo])[nm](?=[bcdfgpqstzç]|$)")
ACCENT, TILDES = 0.5, 0.03  # how often a final accent is printed, and how often a nasal hides under a tilde


class Word(NamedTuple):
    """A word as one writes it down, and as it is printed; letter by letter the same length."""

    text: str
    printed: str


HABITS: tuple[Rule, ...] = tuple(
    (re.compile(pattern), result)
    for pattern, result in (
        ("(?<=[aeiou])s(?=[aeiou])", "ss"),  # possible
        ("(?<=[aeiou])f(?=[aeiou])", "ff"),  # officio
        ("(?<=[aeiou])p(?=[aeiou])", "pp"),  # appetito
        ("(?<=[aeiou])c(?=[ei])", "sc"),  # nascer
        ("(?<=[aeioun])t(?=[oa]s?$)", "ct"),  # fructo, sancto
        ("^h(?=[aeou])", ""),  # ombre
        ("^o(?=[bdlnr])", "ho"),  # hondas
        ("(?<=[aeou])i(?=[dnrst])", "y"),  # reyno, cuydar
        ("c(?=[ei])", "z"),  # zelo
        ("z(?=[aou])", "c"),
        ("[gj](?=e)", "x"),  # muxer
        ("j(?=[aou])", "g"),
        ("g(?=[ei])", "j"),
        ("(?<=[aeiou])b(?=[aeiou])", "v"),  # cavallo
        ("(?<=[aeiou])v(?=[aeiou])", "b"),  # nuebo
        ("m(?=[bp])", "n"),  # tienpo
        ("^t(?=[aeo])", "th"),  # thesoro
        ("^c(?=[aeor])", "ch"),  # charidad, christo
        ("^qua", "cua"),
        ("(?<=[aeiou])d$", "t"),  # verdat
        ("ie(?=n)", "e"),  # quen
        ("ue(?=[nr])", "o"),  # bono
        ("^r(?=[aeiou])", "rr"),
        ("^es(?=[cpt])", "s"),  # spiritu
    )
)
"""What printers wrote otherwise than others."""


def aged(word: str, habits: Iterable[Rule] = ()) -> str:
    """Return a word of 1909, with its punctuation, in the spelling of a transcription of a book of 1637.

    Accents fall, ñ stays; what a printer's own habits change comes last.

    Examples
    --------
    >>> [aged(word) for word in ("Habéis", "así,", "dijo", "haciendo", "españa")]
    ['Aveys', 'assi,', 'dixo', 'haziendo', 'españa']
    """
    bare = without_accents(word)
    core = bare.strip(MARKS)
    changed = core.lower()
    for pattern, result in (*SPELLINGS, *habits):
        changed = pattern.sub(result, changed)
    return bare.replace(core, changed.capitalize() if core[:1].isupper() else changed) if core else bare


def without_accents(text: str) -> str:
    """Return a text without accents, but with its ñ and ç.

    Examples
    --------
    >>> without_accents("Corazón de niño, à quien")
    'Corazon de niño, a quien'
    """
    parts = normalize("NFD", text)
    kept = "".join(one for at, one in enumerate(parts) if not combining(one) or parts[at - 1 : at + 1] in OWN_LETTERS)
    return normalize("NFC", kept)


def set_in_type(word: str, rng: np.random.Generator, habits: Iterable[Rule] = ()) -> Word:
    """Return how a word of 1909 is written down and printed.

    Long s but at the end of words, v at their beginning and u inside whatever the sound, ç for z, now and then a grave
    accent on a last vowel, or a tilde instead of an n or m that the transcription then lacks.

    Parameters
    ----------
    word : str
        With its punctuation.
    rng : Generator
    habits : iterable of Rule
        The printer's own.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> set_in_type("universal", rng).printed, set_in_type("nuevos", rng), set_in_type("fuerza", rng).printed
    ('vniuerſal', Word(text='nuevos', printed='nueuos'), 'fuerça')
    """
    text = aged(word, habits)
    accented = normalize("NFD", word.rstrip(MARKS))[-1:] == "\N{COMBINING ACUTE ACCENT}"
    tilded = None
    if rng.random() < TILDES:
        found = list(NASALS.finditer(text.rstrip(MARKS)))
        if found:
            tilded = found[rng.integers(len(found))].start()
            text = text[:tilded] + text[tilded + 1 :]
    letters = list(in_type(text))
    if tilded:
        letters[tilded - 1] = normalize("NFC", letters[tilded - 1] + TILDE)
    elif accented and rng.random() < ACCENT:
        last = len(text.rstrip(MARKS)) - 1
        if letters[last] in "aeiou":
            letters[last] = normalize("NFC", letters[last] + GRAVE)
    return Word(text, "".join(letters))


def in_type(text: str) -> str:
    """Return a text, which has no accents, with the letters that a printer took: long s, u and v by their place, ç.

    Examples
    --------
    >>> in_type("una vez su nobleza vivio de esperanza")
    'vna vez ſu nobleza viuio de eſperança'
    """
    printed = FIRST_U.sub("v", INNER_V.sub("u", LONG_S.sub("ſ", text)))
    return CEDILLAS.sub("ç", printed)


def as_written(printed: str) -> str:
    """Return a print, which has no accents, in the letters of a transcription: `in_type` backwards, as far as it goes.

    Examples
    --------
    >>> as_written("vna vez ſu nobleza viuio de eſperança")
    'una vez su nobleza vivio de esperanza'
    """
    plain = printed.replace("ſ", "s").replace("ç", "z")
    return FIRST_V.sub("u", BETWEEN.sub("v", plain))
