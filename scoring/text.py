"""Error rates of texts, with their uncertainty: characters and words, strict or of folded texts."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

import numpy as np

from challenges.folding import fold
from scoring.estimate import Estimate, Metric, TrackMetric, from_influence
from scoring.rowwise import named_models
from scoring.validate import LengthError, ScoringError


class TextError(ScoringError):
    """Something else than texts, or references without a single character."""


def character_error_rate(references: Sequence[str], hypotheses, groups=None) -> Estimate:
    """Return the edits that turn hypotheses into references over the references' characters: 0 is perfect.

    Edits are insertions, deletions and substitutions of one character (Unicode code point), summed over all rows, as
    are the characters; the rate can exceed 1. Texts are compared as they come: `fold` them first where spelling
    does not count.

    Parameters
    ----------
    references : sequence of str, length n_rows
        What is written; single rows may be empty.
    hypotheses : sequence of str of the same length, or list of k such
        What was read.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row, its page for instance.

    Raises
    ------
    LengthError
        If there is not one hypothesis a reference.
    TextError
        If a row is no text, or all references are empty.
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    References
    ----------
    V. I. Levenshtein, Soviet Physics Doklady 10, 707 (1966). Variance of a ratio of sums: W. G. Cochran, Sampling
    Techniques, chapter 6 (1977).

    Examples
    --------
    >>> character_error_rate(["la casa", "el mar"], ["la cala", "el amar"]).value.round(4).tolist()
    [0.1538]
    """
    return _error_rate(CHARACTER_ERROR_RATE, references, hypotheses, groups, str)


def word_error_rate(references: Sequence[str], hypotheses, groups=None) -> Estimate:
    """Return the edits of whole words over the references' words; all else as for `character_error_rate`.

    Words are what white space separates.

    Examples
    --------
    >>> word_error_rate(["la casa", "el mar"], ["la cala", "el mar"]).value.item()
    0.25
    """
    return _error_rate(WORD_ERROR_RATE, references, hypotheses, groups, str.split)


def folded_character_error_rate(references: Sequence[str], hypotheses, groups=None) -> Estimate:
    """Return the character error rate of texts that `fold` has rid of spelling; all else as for `character_error_rate`.

    Examples
    --------
    >>> folded_character_error_rate(["La caſa", "el már"], ["la casa", "el mar"]).value.item()
    0.0
    """
    return _error_rate(FOLDED_CHARACTER_ERROR_RATE, references, hypotheses, groups, fold)


def folded_word_error_rate(references: Sequence[str], hypotheses, groups=None) -> Estimate:
    """Return the word error rate of texts that `fold` has rid of spelling; all else as for `character_error_rate`.

    Examples
    --------
    >>> folded_word_error_rate(["La cala", "el mar"], ["la casa", "el már"]).value.item()
    0.25
    """
    return _error_rate(FOLDED_WORD_ERROR_RATE, references, hypotheses, groups, lambda text: fold(text).split())


_of_texts = partial(TrackMetric, needs="texts, one a row", greater_is_better=False, high=np.inf, kind="texts")
CHARACTER_ERROR_RATE = _of_texts("character_error_rate", 1, "character error rate", function=character_error_rate)
WORD_ERROR_RATE = _of_texts("word_error_rate", 1, "word error rate", function=word_error_rate)
FOLDED_CHARACTER_ERROR_RATE = _of_texts(
    "folded_character_error_rate", 1, "character error rate of folded texts", function=folded_character_error_rate
)
FOLDED_WORD_ERROR_RATE = _of_texts(
    "folded_word_error_rate", 1, "word error rate of folded texts", function=folded_word_error_rate
)


def _error_rate(
    metric: Metric, references: Sequence[str], hypotheses, groups, parts: Callable[[str], Sequence[Hashable]]
) -> Estimate:
    from rapidfuzz.distance import Levenshtein

    expected = [parts(one) for one in _texts(references, "references")]
    lengths = np.array([len(one) for one in expected], dtype=np.float64)
    if not lengths.any():
        raise TextError(f"an error rate needs a reference that is not empty; all {len(expected)} are")
    counts = []
    for texts, name in named_models(hypotheses, "hypotheses"):
        found = [parts(one) for one in _texts(texts, name)]
        if len(found) != len(expected):
            raise LengthError(f"{name} need {len(expected)} rows, one a reference, got {len(found)}")
        counts.append([Levenshtein.distance(*pair) for pair in zip(expected, found, strict=True)])
    edits = np.array(counts, dtype=np.float64).T
    rate = edits.sum(axis=0) / lengths.sum()
    return from_influence(metric, rate, (edits - lengths[:, None] * rate) / lengths.mean(), groups)


def _texts(values, name: str) -> list[str]:
    if isinstance(values, str):
        raise TextError(f"{name} are a list of texts, one a row; got a single text")
    try:
        texts = list(values)
    except TypeError:
        raise TextError(f"{name} are a list of texts, one a row; got {values!r}") from None
    if not texts:
        raise LengthError(f"{name} need at least one row")
    wrong = [row for row, one in enumerate(texts) if not isinstance(one, str)]
    if wrong:
        raise TextError(f"{name} must be texts; row {wrong[0]} has {texts[wrong[0]]!r} ({len(wrong)} such rows)")
    return texts
