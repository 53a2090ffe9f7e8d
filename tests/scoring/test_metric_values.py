"""Values of the metrics against their definitions and their customary implementations, and what they refuse."""

from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from challenges.folding import fold
from scoring.classification import accuracy, f1
from scoring.detection import detection_rate
from scoring.images import ImageRangeError, ImageSizeError, psnr, ssim
from scoring.interval import interval
from scoring.regression import (
    NotPositiveError,
    VarianceError,
    mse,
    normalised_log_mse,
    normalised_mse,
    training_variances,
)
from scoring.rowwise import BLOCK
from scoring.text import TextError, character_error_rate, word_error_rate
from scoring.validate import GroupError, LabelError, LengthError, NotFiniteError, OneClassError, ScoringError


def waves(n: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return smooth images within [0, 1], and a distortion that grows from one to the next."""
    i, y, x = np.ogrid[:n, :height, :width]
    truth = 0.5 + 0.3 * np.sin(0.7 * x + 0.3 * i) * np.cos(0.5 * y - 0.2 * i) + 0.2 * np.sin(0.11 * x * y + i)
    return truth, truth + 0.1 * np.cos(1.3 * x - 0.9 * y + i) + 0.05 * i


# scikit-image 0.26.0: peak_signal_noise_ratio(a, b, data_range=1) and structural_similarity(a, b, data_range=1,
# gaussian_weights=True, sigma=1.5, use_sample_covariance=False), image by image.
REFERENCE = [
    ((3, 24, 31), (23.0090059122, 21.2284004028, 18.2438710383), (0.9288994792, 0.9311215946, 0.9238695454)),
    ((2, 11, 11), (22.9962892440, 21.1314080868), (0.7267073503, 0.7835780327)),
    ((2, 12, 40), (22.9987234565, 21.2299377610), (0.9164839159, 0.9187645756)),
]


@pytest.mark.parametrize(("shape", "decibels", "likeness"), REFERENCE)
def test_psnr_and_ssim_are_those_of_scikit_image(shape, decibels, likeness):
    truth, distorted = waves(*shape)
    assert psnr(truth, distorted).value[0] == pytest.approx(np.mean(decibels), abs=1e-9)
    assert ssim(truth, distorted).value[0] == pytest.approx(np.mean(likeness), abs=1e-9)
    assert ssim(truth, distorted).standard_error[0] == pytest.approx(
        np.std(likeness, ddof=1) / len(likeness) ** 0.5, rel=1e-6
    )


def test_psnr_counts_an_exact_image_as_100_decibels():
    truth, distorted = waves(2, 4, 4)
    distorted[0] = truth[0]
    assert psnr(truth, distorted).value[0] == pytest.approx((100 + psnr(truth[[1, 1]], distorted[[1, 1]]).value[0]) / 2)
    assert interval(psnr(truth, truth))[0].tolist() == pytest.approx([100 * 0.025**0.5, 100])


def test_many_images_are_taken_in_blocks_and_a_bad_one_is_named():
    truth, distorted = waves(40, 96, 96)
    assert truth.size > BLOCK
    found = mse(truth, distorted.astype(np.float32)).value[0]
    assert found == pytest.approx(np.mean((distorted - truth) ** 2), rel=1e-5)
    distorted[37, 5, 6] = np.nan
    with pytest.raises(NotFiniteError, match="predictions must be finite; row 37 has 1 numbers that are not"):
        psnr(truth, distorted)


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=30))
def test_squared_errors_are_the_definition(pairs):
    truth, predicted = np.array(pairs).T
    expected = np.mean((predicted - truth) ** 2)
    assert mse(truth, predicted).value[0] == pytest.approx(expected)
    assert normalised_mse(truth, predicted, variance=[4.0]).value[0] == pytest.approx(expected / 4)


def test_errors_of_logarithms_are_the_definition_and_blind_to_the_unit():
    truth = np.array([[1.0, 8.0], [3.0, 2.0]])
    predicted = truth * [[2.0, 1.0], [1.0, 0.5]]
    variance = training_variances(["normalised_log_mse"], truth)["normalised_log_mse"]
    np.testing.assert_allclose(variance, [np.log(3) ** 2 / 4, np.log(4) ** 2 / 4])
    expected = np.log(2) ** 2 / 2 * np.mean(1 / np.array(variance))
    for unit in (1, 1e-6, [1e9, 3]):
        assert normalised_log_mse(truth * unit, predicted * unit, variance).value[0] == pytest.approx(expected)


def test_the_training_mean_scores_one_where_training_and_holdout_are_alike():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(40000, 3)) * [0.1, 1, 50]
    assert normalised_mse(truth, np.zeros_like(truth), [0.01, 1, 2500]).value[0] == pytest.approx(1, abs=0.02)
    one_wrong = truth * [1, 1, 0]
    assert normalised_mse(truth, one_wrong, [0.01, 1, 2500]).value[0] == pytest.approx(1 / 3, abs=0.01)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=6, max_size=60))
def test_accuracy_and_f1_are_those_of_scikit_learn(pairs):
    truth, predicted = ([*column, *"aabbcc"] for column in zip(*pairs, strict=True))
    assert accuracy(truth, predicted).value[0] == pytest.approx(accuracy_score(truth, predicted))
    assert f1(truth, predicted).value[0] == pytest.approx(f1_score(truth, predicted, average="macro"))


def test_classes_may_be_numbers_and_labels_may_be_told():
    truth, predicted = [0, 0, 1, 1, 2, 2], [0, 0, 1, 2, 2, 1]
    assert accuracy(truth, predicted).exact == ((4, 6),)
    expected = f1_score(truth, predicted, average="macro")
    assert f1(truth, predicted, labels=[2, 0, 1]).value[0] == pytest.approx(expected)
    assert f1(np.array(truth) == 1, np.array(predicted) == 1).value[0] == pytest.approx((0.75 + 0.5) / 2)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=1, max_size=60),
    st.floats(0.01, 0.99),
)
def test_a_detection_rate_is_its_definition(rows, rate):
    rows = [*rows, (True, 5), (True, 3), (False, 4), (False, 2)]
    labels, scores = np.array(rows).T
    pos, neg = scores[labels == 1], scores[labels == 0]
    fitting = [t for t in neg if np.mean(neg >= t) <= rate + 1e-12]
    expected = np.mean(pos >= min(fitting)) if fitting else np.mean(pos > neg.max())
    assert detection_rate(labels, scores, rate).value[0] == expected


def test_scores_beyond_all_negatives_raise_the_alarm_whatever_the_rate():
    labels = [0, 0, 0, 1, 1]
    assert detection_rate(labels, [1, 2, 3, 4, 3], 0.01).exact == ((1, 2),)
    largest = np.finfo(float).max
    assert detection_rate(labels, [1, 2, largest, largest, 0], 0.01).exact == ((0, 2),)
    assert detection_rate(labels, [7] * 5, 0.5).exact == ((0, 2),)


@given(st.lists(st.tuples(st.text("ab c", max_size=8), st.text("ab c", max_size=8)), min_size=1, max_size=12))
def test_error_rates_are_edits_over_lengths(pairs):
    references, hypotheses = ([*column, "abc", "b a"] for column in zip(*pairs, strict=True))
    for rate, parts in ((character_error_rate, list), (word_error_rate, str.split)):
        rows = [(parts(r), parts(h)) for r, h in zip(references, hypotheses, strict=True)]
        expected = sum(edits(*row) for row in rows) / sum(len(r) for r, _ in rows)
        assert rate(references, hypotheses).value[0] == pytest.approx(expected)


def edits(first: list, second: list) -> int:
    """Return Levenshtein's distance by its recursion, row by row."""
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (one != other))
    return row[-1]


def test_an_error_rate_can_exceed_one_and_single_lines_may_be_empty():
    found = character_error_rate(["", "ab", "cd"], ["xyz", "abcdefg", ""])
    assert found.value[0] == 10 / 4
    low, high = interval(found)[0]
    assert 0 < low < 2.5 < high < np.inf


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Iuſticia ﬁel, eﬅá", "iusticia fiel esta"),
        ("CORAÇÓN corac\u0327o\u0301n", "corazon corazon"),
        ("vuestra ventaja, ¿y jamás?", "uuestra uentaia y iamas"),
        ("el se\u00f1or dixo: que\u0303", "el senor dixo que"),
        ("escri-\nuano rom=\r\n  pe pa¬ \nla al\u2e17\nma", "escriuano rompe pala alma"),
        ("fin -\notro", "fin otro"),
        ("cafe\u0301-\nes", "cafees"),
        ("bien-auenturado d'el", "bienauenturado del"),
        ("  dos   palabras\n tres \t", "dos palabras tres"),
        ("1ª edición, año 1649", "1a edicion ano 1649"),
        ("¿…!", ""),
    ],
)
def test_folding_keeps_what_early_prints_agree_on(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_and_composition_does_not_matter(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(normalize("NFD", text)) == fold(normalize("NFC", text))
    assert not set(folded) & set("vjçſ,.;:-¿?")


def test_a_long_run_of_line_ends_is_folded_in_no_time():
    assert fold("a-" + "\n" * 100_000) == "a"


def nothing() -> np.ndarray:
    return np.zeros((2, 12, 12))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: mse([1, 2], [1, 2, 3]), LengthError, r"predictions need the truth's shape \(2,\), got \(3,\)"),
        (lambda: mse([[1], [2]], [[1], [2]]), LengthError, r"predictions\[0\] need .* \(k models come as a list of k"),
        (lambda: mse([], []), LengthError, "at least one"),
        (lambda: mse([1.0, 2.0], []), LengthError, "at least one prediction is needed, got an empty list"),
        (lambda: mse([1, 2], ["a", "b"]), ScoringError, "predictions must be real numbers, got an array of <U1"),
        (lambda: mse([1, np.inf], [1, 2]), NotFiniteError, "truth must be finite; row 1 has 1 numbers that are not"),
        (lambda: mse([1, 2], [1, 1e200]), NotFiniteError, "too far from the truth .* row 1 gives inf"),
        (lambda: mse([1.0], [1.0]), GroupError, "at least 2 groups are needed, got 1"),
        (lambda: normalised_log_mse([1, 0], [1, 2], [1.0]), NotPositiveError, "truth must be above 0 .* row 1 holds 0"),
        (
            lambda: normalised_log_mse(np.ones((2, 2)), [np.ones((2, 2)), np.array([[1, 1], [1, -0.5]])], [1.0, 1.0]),
            NotPositiveError,
            r"predictions\[1\] must be above 0 to have logarithms; row 1 holds -0.5",
        ),
        (lambda: normalised_mse([1, 2], [1, 2], [0.0]), VarianceError, "must be positive; target 0 has 0"),
        (lambda: normalised_mse([1, 2], [1, 2], [-1.0]), VarianceError, "must be positive; target 0 has -1"),
        (lambda: normalised_mse([1, 2], [1, 2], [1.0, 1.0]), VarianceError, r"expected shape \(1,\), got \(2,\)"),
        (lambda: normalised_mse([1, 2], [1, 2], [np.nan]), NotFiniteError, "variances must be finite"),
        (lambda: normalised_mse(nothing(), nothing(), [1.0]), LengthError, r"got \(2, 12, 12\)"),
        (lambda: psnr(nothing() + 1.5, nothing()), ImageRangeError, "image 0 goes from 1.5 to 1.5"),
        (lambda: psnr(nothing()[0], nothing()[0]), LengthError, r"\(n_images, height, width\), got \(12, 12\)"),
        (lambda: ssim(nothing() - 0.5, nothing()), ImageRangeError, "image 0 goes from -0.5 to -0.5"),
        (lambda: ssim(nothing()[:, 2:], nothing()), ImageSizeError, r"at least 11 x 11 pixels, got \(10, 12\)"),
        (lambda: ssim(nothing(), nothing() + 1e200), NotFiniteError, "too far from the truth"),
        (lambda: accuracy(["a", "b"], ["a"]), LengthError, "predictions need 2 rows, one a label, got 1"),
        (lambda: accuracy(["1", "2"], [1, 2]), LabelError, "must both be text or both numbers"),
        (lambda: accuracy([0.0, np.nan], [0, 1]), NotFiniteError, "row 1 has nan"),
        (lambda: accuracy(["a", None], ["a", "b"]), LabelError, "row 1 has None"),
        (lambda: accuracy([], []), LengthError, "at least one row"),
        (lambda: f1(list("aabb"), list("aabc")), LabelError, r"hold the classes \['a', 'b'\]; row 3 has 'c'"),
        (lambda: f1(list("aabb"), list("aabb"), list("abc")), LabelError, "class 'c' is in 0"),
        (lambda: f1(list("aab"), list("aab")), LabelError, "at least 2 rows of the truth; class 'b' is in 1"),
        (lambda: f1(list("aabb"), list("aabb"), groups=[1, 2, 3, 3]), GroupError, "class 'b' is in 1"),
        (lambda: f1(list("aabb"), list("aabb"), [0, 1]), LabelError, "labels and truth must both"),
        (lambda: detection_rate([0, 0, 1, 1], [1, 2, 3, 4], 0), ScoringError, "between 0 and 1, got 0"),
        (lambda: detection_rate([0, 0, 1, 1], np.ones((4, 2)), 0.1), LengthError, "k models come as a list"),
        (lambda: detection_rate([0, 0, 1, 1], [1, 2, 3, np.nan], 0.1), NotFiniteError, "row 3 has nan"),
        (lambda: detection_rate([0, 0, 0, 0], [1, 2, 3, 4], 0.1), OneClassError, "got 0 positives and 4 negatives"),
        (lambda: detection_rate([0, 1, 1, 1], [1, 2, 3, 4], 0.1), OneClassError, "at least 2 negatives"),
        (lambda: detection_rate([0, 0, 2, 1], [1, 2, 3, 4], 0.1), LabelError, "row 2 has"),
        (lambda: character_error_rate(["", ""], ["", "a"]), TextError, "all 2 are"),
        (lambda: character_error_rate(["a", "b"], ["a"]), LengthError, "hypotheses need 2 rows"),
        (lambda: character_error_rate(["a"], [["a"], ["a", "b"]]), LengthError, r"hypotheses\[1\] need 1 rows"),
        (lambda: character_error_rate(["a", "b"], ["a", None]), TextError, "hypotheses must be texts; row 1 has None"),
        (lambda: character_error_rate("ab", ["a"]), TextError, "references are a list of texts"),
        (lambda: word_error_rate([], []), LengthError, "references need at least one row"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
