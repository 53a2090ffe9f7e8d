"""AUC and its uncertainty: exact, tied to scikit-learn and to the definitions, never silent about bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scoring.interval import interval
from scoring.roc import auc, auc_counts, delong
from scoring.validate import GroupError, OneClassError, ScoringError


@st.composite
def labelled_scores(draw, levels: int = 6):
    """Draw labels of both classes and scores with many ties."""
    n = draw(st.integers(4, 60))
    labels = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 2 <= sum(y) <= len(y) - 2))
    scores = draw(st.lists(st.integers(-levels, levels), min_size=n, max_size=n))
    return np.array(labels), np.array(scores, dtype=float)


def brute_force(labels, scores):
    pos, neg = scores[labels == 1], scores[labels == 0]
    return int(2 * (pos[:, None] > neg).sum() + (pos[:, None] == neg).sum())


@given(labelled_scores())
def test_counts_are_the_definition(data):
    labels, scores = data
    assert auc_counts(labels, scores) == (brute_force(labels, scores), labels.sum(), len(labels) - labels.sum())


@given(labelled_scores())
def test_auc_is_that_of_scikit_learn(data):
    assert auc(*data) == pytest.approx(roc_auc_score(*data), abs=1e-12)


@given(labelled_scores())
def test_a_monotone_transform_changes_nothing(data):
    labels, scores = data
    assert auc_counts(labels, np.exp(scores / 3) * 7 - 2) == auc_counts(labels, scores)


@given(labelled_scores())
def test_swapped_labels_and_inverted_scores_mirror(data):
    labels, scores = data
    twice_u, m, n = auc_counts(labels, scores)
    assert auc_counts(1 - labels, scores) == (2 * m * n - twice_u, n, m)
    assert auc_counts(labels, -scores) == (2 * m * n - twice_u, m, n)


@given(labelled_scores(), st.randoms())
def test_the_order_of_rows_changes_nothing(data, random):
    labels, scores = data
    order = list(range(len(labels)))
    random.shuffle(order)
    assert auc_counts(labels[order], scores[order]) == auc_counts(labels, scores)


def test_answers_score_one_constants_a_half_inverted_zero():
    labels = np.array([0, 1, 1, 0, 1])
    assert auc(labels, labels) == 1
    assert auc(labels, np.full(5, 3.0)) == 0.5
    assert auc(labels, -labels) == 0


def test_float32_would_lose_ties_that_float64_keeps():
    scores = np.array([1.0, 1.0 - 1e-12, 1.0 - 2e-12, 0.5])
    assert auc([1, 1, 0, 0], scores) == 1
    assert auc([1, 1, 0, 0], scores.astype(np.float32)) < 1


@given(labelled_scores(), labelled_scores())
def test_delong_is_its_definition(first, second):
    labels = first[0]
    other = np.resize(second[1], len(labels))
    scores = np.column_stack([first[1], other])
    found = delong(labels, scores)
    pos, neg = scores[labels == 1], scores[labels == 0]
    kernel = (pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)
    v10, v01 = kernel.mean(axis=1), kernel.mean(axis=0)
    expected = np.cov(v10.T) / len(pos) + np.cov(v01.T) / len(neg)
    np.testing.assert_allclose(found.covariance, expected, atol=1e-12)
    np.testing.assert_allclose(found.value, kernel.mean(axis=(0, 1)), atol=1e-12)
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12


@given(labelled_scores())
def test_one_row_a_group_is_the_unclustered_result(data):
    labels, scores = data
    plain, grouped = delong(labels, scores), delong(labels, scores, np.arange(len(labels)) * 3)
    assert grouped.covariance.tolist() == plain.covariance.tolist()


def test_equal_groups_give_obuchowski():
    rng = np.random.default_rng(4)
    labels, group = np.tile([0, 0, 1, 1, 1], 30), np.repeat(np.arange(30), 5)
    scores = labels + rng.normal(size=150) + rng.normal(size=30)[group]
    pos, neg = scores[labels == 1], scores[labels == 0]
    kernel = (pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)
    x = np.bincount(group[labels == 1], kernel.mean(axis=1) - kernel.mean())
    y = np.bincount(group[labels == 0], kernel.mean(axis=0) - kernel.mean())
    s10, s01, s11 = (30 / 29 * (a @ b) for a, b in ((x, x), (y, y), (x, y)))
    expected = s10 / len(pos) ** 2 + s01 / len(neg) ** 2 + 2 * s11 / (len(pos) * len(neg))
    np.testing.assert_allclose(delong(labels, scores, group).covariance.item(), expected, rtol=1e-12)


def test_doubling_every_row_as_a_group_does_not_shrink_the_error():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 300)
    scores = labels + rng.normal(size=300)
    single = delong(labels, scores).standard_error[0]
    doubled = np.repeat(labels, 2), np.repeat(scores, 2)
    assert delong(*doubled, np.repeat(np.arange(300), 2)).standard_error[0] == pytest.approx(single, rel=0.01)
    assert delong(*doubled).standard_error[0] < 0.75 * single


@pytest.mark.parametrize(("true_auc", "m", "n"), [(0.75, 60, 200), (0.97, 80, 400), (0.997, 60, 1000), (0.8, 15, 40)])
def test_the_interval_covers(true_auc, m, n):
    from statistics import NormalDist

    shift = 2**0.5 * NormalDist().inv_cdf(true_auc)
    rng = np.random.default_rng(2)
    labels = np.r_[np.ones(m), np.zeros(n)]
    covered = 0
    for _ in range(400):
        low, high = interval(delong(labels, rng.normal(size=m + n) + shift * labels))[0]
        covered += low <= true_auc <= high
    assert covered / 400 >= 0.92


def test_a_perfect_score_still_has_an_interval():
    low, high = interval(delong([0] * 30 + [1] * 20, np.r_[np.zeros(30), np.ones(20)]))[0]
    assert high == 1
    assert 0.8 < low < 1


def test_identical_models_do_not_differ():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=50)
    found = delong(rng.integers(0, 2, 50), np.column_stack([scores, scores]))
    assert found.difference_error() == 0


@pytest.mark.parametrize(
    ("labels", "scores", "error", "says"),
    [
        ([1, 1, 1], [1, 2, 3], OneClassError, "got 3 positives and 0 negatives"),
        ([0, 1], [1, 2, 3], ScoringError, "scores need 2 rows"),
        ([0, 1, 2], [1, 2, 3], ScoringError, "labels are 0 or 1; row 2 has"),
        ([0, 1, 0], [1, np.nan, 3], ScoringError, "scores must be finite; row 1 has"),
        ([0, 1, 0], [1, np.inf, 3], ScoringError, "scores must be finite; row 1 has"),
        ([[0, 1]], [1, 2], ScoringError, "labels need shape"),
    ],
)
def test_bad_input_is_named(labels, scores, error, says):
    with pytest.raises(error, match=says):
        auc_counts(labels, scores)


def test_delong_wants_two_of_each_class_and_two_groups():
    with pytest.raises(OneClassError, match="at least 2 of each class"):
        delong([0, 0, 1], [1, 2, 3])
    with pytest.raises(GroupError, match="at least 2 groups"):
        delong([0, 0, 1, 1], [1, 2, 3, 4], groups=[1, 2, 3, 3])
    with pytest.raises(ScoringError, match="groups need one entry a row"):
        delong([0, 0, 1, 1], [1, 2, 3, 4], groups=[1, 2])
    with pytest.raises(ScoringError, match="confidence level"):
        interval(delong([0, 0, 1, 1], [1, 2, 3, 4]), level=1.5)
