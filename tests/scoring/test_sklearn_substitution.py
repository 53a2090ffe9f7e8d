"""scikit-learn's own tests of roc_auc_score, as its wheel ships them, with ours in its place: none is left out."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score as theirs

from scoring.sklearn_signature import UndefinedAverageError, roc_auc_score
from scoring.validate import LabelError, LengthError, NotFiniteError, OneClassError, ScoringError, WeightError
from tests.support import ROOT

CHOSEN = "roc_auc or auc_score or ovr or ovo or partial_roc or test_roc_curve or scale_invariance or incorrect_shape"


def run_their_tests(scorer: str, folder: Path, *modules: str) -> dict[str, str]:
    """Return what became of each test: "passed", "failed", "skipped" or "error"."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += ["-p", "tests.scoring.sklearn_substitute", f"--roc-auc={scorer}", "-k", CHOSEN, "--pyargs"]
    command += [f"sklearn.metrics.tests.{module}" for module in modules]
    lean = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=lean, capture_output=True, text=True)
    assert report.exists(), done.stdout + done.stderr
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        marks = {child.tag for child in case} & {"failure", "error", "skipped"}
        found[case.get("name")] = {"failure": "failed"}.get(*marks, *marks) if marks else "passed"
    return found


@pytest.mark.proof
def test_scikit_learns_tests_pass_with_our_score_in_its_place(tmp_path):
    found = run_their_tests("ours", tmp_path, "test_ranking", "test_common")
    without_polars = {name for name, outcome in found.items() if outcome == "skipped"}
    assert all("polars" in name for name in without_polars), without_polars
    assert {name: outcome for name, outcome in found.items() if outcome not in ("passed", "skipped")} == {}
    assert len(found) - len(without_polars) > 110
    functions = {name.split("[")[0] for name in found}
    assert functions >= {
        "test_partial_roc_auc_score",
        "test_multiclass_ovo_roc_auc_toydata",
        "test_multiclass_ovr_roc_auc_toydata",
        "test_micro_averaged_ovr_roc_auc",
        "test_roc_auc_score_multiclass_labels_error",
        "test_binary_sample_weight_invariance",
        "test_multilabel_sample_weight_invariance",
        "test_averaging_multilabel",
        "test_score_scale_invariance",
    }


@pytest.mark.proof
def test_a_mutant_that_ignores_ties_fails_them(tmp_path):
    found = run_their_tests("ignores_ties", tmp_path, "test_ranking")
    assert "failed" in found.values()
    assert found["test_partial_roc_auc_score"] == "failed"


@pytest.mark.parametrize("average", ["macro", "weighted", "micro", "samples", None])
@pytest.mark.parametrize("max_fpr", [None, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_several_labels_score_as_in_scikit_learn(average, max_fpr, weighted):
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, (40, 4))
    truth[:, :2] = [0, 1]
    truth[:20, :2] = [1, 0]
    score = rng.integers(0, 9, (40, 4)) / 8
    weight = rng.integers(0, 4, 40) if weighted else None
    options = {"average": average, "max_fpr": max_fpr, "sample_weight": weight}
    np.testing.assert_allclose(roc_auc_score(truth, score, **options), theirs(truth, score, **options), atol=1e-12)


@pytest.mark.parametrize(
    ("labels", "positive"), [([-1, 1], 1), ([2, 7], 7), (["mu", "tau"], "tau"), ([False, True], True), ([0.0, 1.0], 1)]
)
def test_of_two_classes_the_greater_is_positive(labels, positive):
    rng = np.random.default_rng(2)
    truth = np.array(labels)[rng.integers(0, 2, 30)]
    score = rng.normal(size=30)
    assert roc_auc_score(truth, score) == roc_auc_score((truth == positive).astype(int), score)
    assert roc_auc_score(truth.tolist(), score[:, None]) == roc_auc_score(truth, score)


def test_a_class_that_counts_for_nothing_needs_no_area():
    truth = np.array([0, 1, 0, 1])
    score = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.4, 0.5, 0.1], [0.2, 0.4, 0.4]])
    options = {"multi_class": "ovr", "labels": [0, 1, 2]}
    with pytest.warns(UndefinedMetricWarning):
        expected = theirs(truth, score, average="weighted", **options)
    assert roc_auc_score(truth, score, average="weighted", **options) == pytest.approx(expected)
    with pytest.raises(OneClassError, match="column 2"):
        roc_auc_score(truth, score, **options)


@pytest.mark.parametrize("truth", [[1, 1, 1], ["a", "a", "a"], [[1, 0], [1, 1], [1, 0]]])
def test_one_class_is_an_error_and_never_nan(truth):
    score = np.linspace(0, 1, np.size(truth)).reshape(np.shape(truth))
    with pytest.raises(OneClassError, match="at least 1 of each class"):
        roc_auc_score(truth, score)


def test_weight_that_leaves_one_class_is_an_error():
    with pytest.raises(OneClassError, match="got 0 positives"):
        roc_auc_score([0, 0, 1], [1, 2, 3], sample_weight=[1, 1, 0])


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (([0, 1, 0], [1, 2]), {}, LengthError, r"inconsistent numbers of samples: \[3, 2\]"),
        (([0, 1], [[0.5, 0.5], [0.2, 0.8]]), {}, LengthError, "expected one entry a row"),
        (([0, 1], [np.nan, 1]), {}, NotFiniteError, "row 0 has nan"),
        (([0.5, 1, 2], [1, 2, 3]), {}, LabelError, "continuous format is not supported"),
        (([0, "a", None], [1, 2, 3]), {}, LabelError, "text or all numbers|mixture"),
        (([[0, 2], [1, 0]], [[1, 2], [3, 4]]), {}, LabelError, "row 0, column 1 has"),
        (([[0, 1], [1, 0]], [[1, 2, 3], [3, 4, 5]]), {}, LengthError, "a score is needed for each label"),
        (([0, 1], [1, 2]), {"sample_weight": [1, -1]}, WeightError, "must not be negative"),
        (([0, 1], [1, 2]), {"max_fpr": 1.5}, ScoringError, "lies above 0 and not above 1, got 1.5"),
        (([[0, 1], [1, 0]], [[1, 2], [3, 4]]), {"average": "mean"}, ScoringError, "average must be one of"),
        (([0, 1, 2], [[0.5, 0.4, 0.2]] * 3), {"multi_class": "ovr"}, ScoringError, "sum up to 1.0; row 0 has 1.1"),
    ],
)
def test_what_has_no_score_is_named(arguments, options, error, says):
    with pytest.raises(error, match=says):
        roc_auc_score(*arguments, **options)


def test_pairs_of_classes_have_no_score_each():
    score = np.full((3, 3), 1 / 3)
    with pytest.raises(UndefinedAverageError, match="not implemented"):
        roc_auc_score([0, 1, 2], score, multi_class="ovo", average=None)
    with pytest.raises(OneClassError, match="at least 2 classes"):
        roc_auc_score([1, 1, 1], score, multi_class="ovo", labels=[0, 1, 2])
