"""Scores counted by one sort, and rescored without any: the same integers, and the same bits."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring import covariance
from scoring import tally as tally_module
from scoring.ranking import DamagedRanking, Ranking
from scoring.roc import auc_counts, delong, delong_ranked
from scoring.tally import Tally, count
from scoring.validate import LengthError

ODD_SCORES = [0.0, -0.0, 5e-324, -5e-324, 1e-300, 1.0, np.nextafter(1, 2), np.nextafter(1, 0), 2.0, -2.0, 1e308, -1e308]
scores_of_any_size = st.one_of(
    st.sampled_from(ODD_SCORES), st.floats(allow_nan=False, allow_infinity=False), st.integers(-3, 3).map(float)
)


@st.composite
def labelled(draw, k: int = 1, least: int = 4):
    """Draw labels, k columns of scores of any size with many ties, and group numbers."""
    n = draw(st.integers(least, 40))
    column = st.lists(scores_of_any_size, min_size=n, max_size=n)
    labels = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    scores = np.array([draw(column) for _ in range(k)]).T
    groups = draw(st.lists(st.integers(0, 6), min_size=n, max_size=n))
    return np.array(labels), scores, np.array(groups)


def same(first, second) -> bool:
    """Whether two estimates agree to the last bit."""
    return (
        first.exact == second.exact
        and first.value.tobytes() == second.value.tobytes()
        and first.covariance.tobytes() == second.covariance.tobytes()
        and first.design_effect.tobytes() == second.design_effect.tobytes()
        and (first.units, first.sizes) == (second.units, second.sizes)
    )


def negatives_of(tally: Tally) -> list[int]:
    starts = np.arange(tally.n_rows) if tally.starts is None else tally.starts
    return (np.diff(starts, append=tally.n_rows) - tally.positives).tolist()


@given(labelled())
def test_one_sort_counts_what_the_definition_counts(data):
    labels, scores, _ = data
    tally = Tally.of(labels, scores[:, 0])
    distinct = np.unique(scores[:, 0] + 0.0)
    assert tally.positives.tolist() == [(scores[labels] == value).sum() for value in distinct]
    assert negatives_of(tally) == [(scores[~labels] == value).sum() for value in distinct]


@given(labelled())
def test_a_stored_ranking_counts_the_same(data):
    labels, scores, _ = data
    counted, stored = Tally.of(labels, scores[:, 0]), Ranking.of(scores[:, 0]).tally(labels)
    assert stored.positives.tolist() == counted.positives.tolist()
    assert stored.positives.dtype == counted.positives.dtype
    assert negatives_of(stored) == negatives_of(counted)


@given(labelled())
def test_pairs_are_counted_alike_with_and_without_a_tally(data):
    labels, scores, _ = data
    assert count(labels, scores[:, 0]) == Tally.of(labels, scores[:, 0]).counts()
    assert count(labels, scores[:, 0]) == Ranking.of(scores[:, 0]).tally(labels).counts()


def scores_with_ties_of(kind: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    labels = rng.random(n) < 0.3
    chance = 1 / (1 + np.exp(-rng.normal(labels, 1.0)))
    ties = {
        "no rows": chance,
        "a few pairs of rows": chance.astype(np.float32).astype(float),
        "several rows each": np.round(chance, 5),
        "hundreds of rows each": np.round(chance, 2) - 0.5,
        "half of the rows": np.maximum(chance, np.median(chance)),
        "all rows": np.full(n, 0.25),
    }
    return labels, ties[kind]


@pytest.mark.parametrize("piece", [2**7, 2**14])
@pytest.mark.parametrize(
    "kind",
    ["no rows", "a few pairs of rows", "several rows each", "hundreds of rows each", "half of the rows", "all rows"],
)
def test_many_rows_score_by_the_definition_in_pieces_of_any_size(kind, piece, monkeypatch):
    """Mid-ranks and placements of a plain sort, over pieces' bounds and ties longer than a piece."""
    monkeypatch.setattr(tally_module, "PIECE", piece)
    labels, scores = scores_with_ties_of(kind, 40_000)
    m, n = int(labels.sum()), int((~labels).sum())
    below = [np.searchsorted(np.sort(scores[~labels]), scores[labels], side) for side in ("left", "right")]
    above = [np.searchsorted(np.sort(scores[labels]), scores[~labels], side) for side in ("left", "right")]
    of_positives, of_negatives = sum(below), 2 * m - sum(above)
    twice_u = int(of_positives.sum())
    assert auc_counts(labels, scores) == (twice_u, m, n)
    ranking = Ranking.of(scores)
    doubled = ranking.doubled_placements(labels)
    np.testing.assert_array_equal(doubled[labels], of_positives)
    np.testing.assert_array_equal(doubled[~labels], of_negatives)
    found = delong(labels, scores)
    expected = of_positives.var(ddof=1) / (4 * n**2 * m) + of_negatives.var(ddof=1) / (4 * m**2 * n)
    np.testing.assert_allclose(found.covariance.item(), expected, rtol=1e-9, atol=1e-20)
    assert same(found, delong_ranked(labels, [ranking]))
    rows = np.flatnonzero(np.random.default_rng(8).random(len(labels)) < 0.7)
    assert same(delong_ranked(labels[rows], [ranking], rows=rows), delong(labels[rows], scores[rows]))


@given(labelled(k=3), st.data())
def test_rescoring_stored_rankings_is_scoring_from_scratch_to_the_bit(data, more):
    """Another slice, dropped rows and corrected labels at once, alone and jointly, clustered and not."""
    labels, scores, groups = data
    stored = [Ranking.from_bytes(Ranking.of(column).to_bytes()) for column in scores.T]
    kept = np.array(more.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))))
    fixed = labels ^ np.array(more.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))))
    rows = np.flatnonzero(kept)
    y, s, g = fixed[rows], scores[rows], groups[rows]
    assume(2 <= y.sum() <= len(y) - 2)
    assert same(delong_ranked(y, stored, rows=rows), delong(y, s))
    assert same(delong_ranked(y, stored[:1], rows=rows), delong(y, s[:, 0]))
    if min(len(np.unique(g[y])), len(np.unique(g[~y]))) >= 2:
        assert same(delong_ranked(y, stored, groups=g, rows=rows), delong(y, s, groups=g))
        assert same(delong_ranked(y, stored[:1], groups=g, rows=rows), delong(y, s[:, 0], groups=g))


@given(labelled())
def test_the_auc_is_a_masked_sum_of_doubled_midranks(data):
    labels, scores, _ = data
    assume(0 < labels.sum() < len(labels))
    twice_u, m, _ = auc_counts(labels, scores[:, 0])
    assert Ranking.of(scores[:, 0]).doubled_midranks() @ labels - m * (m - 1) == twice_u


@given(labelled(k=3, least=8))
def test_work_in_parts_and_on_disk_changes_nothing_but_rounding(data):
    labels, scores, groups = data
    assume(2 <= labels.sum() <= len(labels) - 2)
    assume(min(len(np.unique(groups[labels])), len(np.unique(groups[~labels]))) >= 2)
    whole = delong(labels, scores), delong(labels, scores, groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(covariance, "CHUNK", 6)
        patch.setattr(covariance, "IN_MEMORY", 0)
        parts = delong(labels, scores), delong(labels, scores, groups)
    for one, other in zip(whole, parts, strict=True):
        assert one.exact == other.exact
        np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(other.design_effect, one.design_effect, rtol=1e-9)


def test_scores_too_far_apart_for_one_scale_keep_their_order():
    scores = np.array([5e-324, 1e-323, 1e308, -5e-324, 0.0])
    assert auc_counts([0, 1, 1, 0, 0], scores) == (12, 2, 3)


@given(st.data())
def test_a_damaged_ranking_is_named(more):
    content = bytearray(Ranking.of(np.array([0.3, 0.1, 0.2])).to_bytes())
    place = more.draw(st.integers(0, len(content) - 1))
    content[place] ^= more.draw(st.integers(1, 255))
    for damaged in (bytes(content), bytes(content[:place])):
        with pytest.raises(DamagedRanking, match="expected a stored ranking"):
            Ranking.from_bytes(damaged)


def test_labels_rows_and_rankings_must_fit_together():
    ranking = Ranking.of(np.arange(5.0))
    with pytest.raises(LengthError, match="a ranking needs 4 rows, one a label; got 5"):
        delong_ranked([0, 0, 1, 1], [ranking])
    with pytest.raises(LengthError, match="expected 3, got 4"):
        delong_ranked([0, 0, 1, 1], [ranking], rows=np.array([0, 1, 2]))
    with pytest.raises(LengthError, match="row 5 counts, and a ranking has 5 rows only"):
        delong_ranked([0, 0, 1, 1], [ranking], rows=np.array([0, 1, 2, 5]))
