"""The page of differences to scikit-learn's roc_auc_score is what happens: each line is run against both."""

import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score as theirs

from scoring.sklearn_signature import roc_auc_score as ours
from tests.support import ROOT

TRUTH = np.array([0, 1, 0, 1, 1])
SCORE = np.array([0.1, 0.8, 0.4, 0.35, 0.9])
CLASSES = np.array([0, 0, 1, 1, 2, 2])
CHANCES = np.array([[8, 1, 1], [3, 4, 3], [2, 7, 1], [4, 4, 2], [1, 1, 8], [0, 0, 10]]) / 10
LABELS = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
LABEL_SCORES = np.array([[0.9, 0.2], [0.3, 0.8], [0.5, 0.6], [0.4, 0.1]])
HALF_ROWS = np.array([[0.1, 0.2, 0.7], [0.2, 0.7, 0.1], [0.7, 0.1, 0.2]], np.float16)
ALL_CLASSES = {"multi_class": "ovr", "labels": [0, 1, 2]}
MASK = [False, True, False, False, False]

DIFFERENT = {
    "one class only": (([1, 1, 1], [1, 2, 3]), {}),
    "one class only, once rows of weight 0 are left out": ((TRUTH, SCORE), {"sample_weight": [1, 0, 1, 0, 0]}),
    "several classes, one of them in no row": ((CLASSES % 2, CHANCES), ALL_CLASSES),
    "pairs of classes, one class only": ((np.ones(6, int), CHANCES), {**ALL_CLASSES, "multi_class": "ovo"}),
    "several labels, one of them always or never there": (([[1, 0], [1, 1], [1, 0], [1, 1]], LABEL_SCORES), {}),
    'each row by itself (`average="samples"`), one with all labels or none': (
        (LABELS, LABEL_SCORES),
        {"average": "samples"},
    ),
    'several labels, none of them ever there, `average="weighted"`': (
        (np.zeros((4, 2), int), LABEL_SCORES),
        {"average": "weighted"},
    ),
    "negative weights": ((TRUTH, SCORE), {"sample_weight": [1, -1, 1, 1, 1]}),
    "negative weights of several classes": (
        (CLASSES, CHANCES),
        {"multi_class": "ovr", "sample_weight": [1, -1, 1, 1, 1, 1]},
    ),
    "weights whose sum overflows": ((TRUTH, SCORE), {"sample_weight": [1e308] * 5}),
    "masked scores": ((TRUTH, np.ma.array(SCORE, mask=MASK)), {}),
    "masked labels": ((np.ma.array(TRUTH, mask=MASK), SCORE), {}),
    "dates as scores": ((TRUTH, np.arange(5).astype("M8[D]")), {}),
    "durations as scores": ((TRUTH, np.arange(5).astype("m8[D]")), {}),
    "numbers as text, in an array of objects": ((TRUTH, SCORE.astype(str).astype(object)), {}),
    "weights as text": ((TRUTH, SCORE), {"sample_weight": ["1"] * 5}),
    "integers beyond 2**53 that float64 takes for equal": (([0, 1], [2**53, 2**53 + 1]), {}),
    "long doubles that float64 takes for equal": (([0, 1], 1 + np.arange(2) * np.longdouble(2) ** -60), {}),
    "objects (Python integers, decimals) that float64 takes for equal": (([0, 1], [2**70, 2**70 + 2]), {}),
    "labels as bytes": ((TRUTH.astype("S"), SCORE), {}),
    "0 and 1 in an array of objects": ((TRUTH.astype(object), SCORE), {}),
    "several labels, as -1 and 1": ((2 * LABELS - 1, LABEL_SCORES), {}),
    "several labels, one column of scores": ((LABELS, LABEL_SCORES[:, :1]), {}),
    "`max_fpr` as a fraction": ((TRUTH, SCORE), {"max_fpr": Fraction(1, 2)}),
    "`max_fpr` as a float32": ((TRUTH, SCORE), {"max_fpr": np.float32(0.5)}),
}

ALIKE = {
    "option average": ((TRUTH, SCORE), {"average": "mean"}),
    "option multi_class": ((TRUTH, SCORE), {"multi_class": "all"}),
    "option multi_class None": ((TRUTH, SCORE), {"multi_class": None}),
    "option multi_class, labels": ((LABELS, LABEL_SCORES), {"multi_class": "all"}),
    "options that two classes do not need": ((TRUTH, SCORE), {"average": "samples", "labels": [5, 6, 7]}),
    "rows of float16": ((CLASSES[::2], HALF_ROWS), {"multi_class": "ovr"}),
    "rows of float64 that sum to 1.0001": ((CLASSES[::2], HALF_ROWS.astype(float)), {"multi_class": "ovr"}),
    "float16 scores": ((TRUTH, SCORE.astype(np.float16)), {}),
    "bool scores": ((TRUTH, SCORE > 0.5), {}),
    "object scores": ((TRUTH, SCORE.astype(object)), {}),
    "decimal scores": ((TRUTH, [Decimal(one) for one in SCORE]), {}),
    "far integers": ((TRUTH, [2**70, 2**71, 2**72, 2**73, 2**74]), {}),
    "far long integers": ((TRUTH, np.array([2**59, 2**62, 2**61, 2**60, 2**63 - 1])), {}),
    "text scores": ((TRUTH, SCORE.astype(str)), {}),
    "complex scores": ((TRUTH, SCORE + 0j), {}),
    "complex labels": ((TRUTH + 0j, SCORE), {}),
    "nan score": ((TRUTH, [np.nan, 1, 2, 3, 4]), {}),
    "no score": ((TRUTH, [None, 1, 2, 3, 4]), {}),
    "infinite score": ((TRUTH, [np.inf, 1, 2, 3, 4]), {}),
    "nan label": (([0, 1, np.nan, 1, 0], SCORE), {}),
    "no label": (([0, 1, None, 1, 0], SCORE), {}),
    "broken labels": (([0.5, 1.0, 0.5, 1.0, 1.0], SCORE), {}),
    "broken classes": ((CLASSES + 0.5, CHANCES), {"multi_class": "ovr"}),
    "mixed labels": ((np.array([0, "a", 0, "a", 0], object), SCORE), {}),
    "nan weight": ((TRUTH, SCORE), {"sample_weight": [np.nan, 1, 1, 1, 1]}),
    "all weights 0": ((TRUTH, SCORE), {"sample_weight": [0] * 5}),
    "one weight": ((TRUTH, SCORE), {"sample_weight": 2.0}),
    "too few weights": ((TRUTH, SCORE), {"sample_weight": [1] * 4}),
    "weights of 5e-324": ((TRUTH, SCORE), {"sample_weight": [5e-324] * 5}),
    "weights of a column": ((TRUTH, SCORE), {"sample_weight": np.arange(1.0, 6)[:, None]}),
    "max_fpr 0": ((TRUTH, SCORE), {"max_fpr": 0}),
    "max_fpr nan": ((TRUTH, SCORE), {"max_fpr": np.nan}),
    "max_fpr text": ((TRUTH, SCORE), {"max_fpr": "0.5"}),
    "max_fpr 0.5": ((TRUTH, SCORE), {"max_fpr": 0.5}),
    "max_fpr and classes": ((CLASSES, CHANCES), {"multi_class": "ovr", "max_fpr": 0.5}),
    "max_fpr 1 and classes": ((CLASSES, CHANCES), {"multi_class": "ovr", "max_fpr": 1}),
    "nothing": (([], []), {}),
    "other length": ((TRUTH, SCORE[:4]), {}),
    "labels in a column": ((TRUTH[:, None], SCORE), {}),
    "labels in a row": ((TRUTH[None], SCORE), {}),
    "scores in a column": ((TRUTH, SCORE[:, None]), {}),
    "scores in three dimensions": ((TRUTH, SCORE[:, None, None]), {}),
    "two columns": ((TRUTH, np.stack([1 - SCORE, SCORE], axis=1)), {}),
    "a dictionary": ((TRUTH, dict(enumerate(SCORE))), {}),
    "frames": ((pd.DataFrame({"y": TRUTH}), pd.DataFrame({"s": SCORE})), {}),
    "nullable": ((pd.Series(TRUTH, dtype="Int64"), pd.Series(SCORE, dtype="Float64")), {}),
    "missing": ((pd.Series([0, 1, None, 1, 0], dtype="Int64"), SCORE), {}),
    "words": ((pd.Series(list("abaab"), dtype="category"), SCORE), {}),
    "dates as labels": ((TRUTH.astype("M8[D]"), SCORE), {}),
    "classes without multi_class": ((CLASSES, CHANCES), {}),
    "classes": ((CLASSES.astype(str), CHANCES), {"multi_class": "ovr"}),
    "classes, micro": ((CLASSES, CHANCES), {"multi_class": "ovr", "average": "micro"}),
    "classes, samples": ((CLASSES, CHANCES), {"multi_class": "ovr", "average": "samples"}),
    "classes, each": ((CLASSES, CHANCES), {"multi_class": "ovr", "average": None}),
    "pairs, micro": ((CLASSES, CHANCES), {"multi_class": "ovo", "average": "micro"}),
    "pairs, weights": ((CLASSES, CHANCES), {"multi_class": "ovo", "sample_weight": [1] * 6}),
    "pairs, a class in no row": ((CLASSES % 2, CHANCES), {"multi_class": "ovo", "labels": [0, 1, 2]}),
    "classes out of order": ((CLASSES, CHANCES), {"multi_class": "ovr", "labels": [2, 1, 0]}),
    "too few columns": ((CLASSES, CHANCES[:, :2]), {"multi_class": "ovr"}),
    "no probabilities": ((CLASSES, CHANCES * 2), {"multi_class": "ovr"}),
    "labels of bool": ((LABELS > 0, LABEL_SCORES), {}),
    "labels of text": ((LABELS.astype(str), LABEL_SCORES), {}),
    "labels of 3 and 5": ((2 * LABELS + 3, LABEL_SCORES), {}),
    "several classes of several outputs": ((LABELS + 1, LABEL_SCORES), {}),
}


def outcome(score: Callable, arguments: tuple, options: dict) -> tuple[str, object]:
    """Return "scores", "nan" or the error's names, and the value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = np.asarray(score(*arguments, **options), float)
        except Exception as error:
            return " ".join(f"`{kind.__name__}`" for kind in type(error).__mro__), None
    return ("nan" if np.isnan(value).any() else "scores"), value


def differences() -> dict[str, tuple[str, str]]:
    lines = (ROOT / "docs/scikit-learn.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {what: (one, other) for what, one, other, _ in rows[2:]}


def test_each_line_of_the_page_has_a_case():
    assert list(differences()) == list(DIFFERENT)


@pytest.mark.parametrize("what", DIFFERENT)
def test_the_difference_is_the_one_on_the_page(what):
    (expected, other), (said, value) = (outcome(score, *DIFFERENT[what]) for score in (theirs, ours))
    for cell, came in zip(differences()[what], (expected, said), strict=True):
        assert cell in came
    if expected == said:
        assert value != pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("what", ALIKE)
def test_what_is_not_on_the_page_is_alike(what):
    (said, value), (expected, other) = outcome(ours, *ALIKE[what]), outcome(theirs, *ALIKE[what])
    if "`Exception`" in expected:
        assert "`ScoringError`" in said
    else:
        assert said == expected == "scores"
        np.testing.assert_allclose(value, other, rtol=1e-12)


def test_where_weights_overflow_ours_is_the_score_of_equal_weights():
    arguments, options = DIFFERENT["weights whose sum overflows"]
    assert ours(*arguments, **options) == pytest.approx(theirs(*arguments), rel=1e-12)
