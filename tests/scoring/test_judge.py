"""The judge scores what a holdout is sealed for, by every metric that a track may ask for."""

from functools import partial
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from challenges import spec
from leaderboard.site.words import metric_title
from scoring.areas import weighted_auc
from scoring.estimate import Estimate, Kind, TrackMetric
from scoring.metrics import METRICS, UnknownMetricError, check_metrics
from scoring.multiclass import multiclass_auc
from scoring.rowwise import mean_estimate, row_values
from scoring.sealed import judge
from scoring.sealed.answers import answers_table, images_of
from scoring.sealed.holdout import Holdout, fresh_salts
from scoring.sealed.judge import Predictions
from scoring.validate import LengthError, ScoringError

N = 300


def make_holdout(metric: str, targets: dict | pd.DataFrame, **parts) -> Holdout:
    """Seal nothing: a holdout in memory, two thirds of it private."""
    return Holdout(
        track="toy.track",
        metric=str(METRICS[metric]),
        features_sha256="0" * 64,
        ids=np.arange(N, dtype=np.uint64),
        targets=pd.DataFrame(targets),
        groups=parts.get("groups", np.arange(N)),
        weights=parts.get("weights", np.ones(N)),
        slices=np.where(np.arange(N) < 100, "public", "private"),
        salts=fresh_salts(["public", "private"]),
        variance=parts.get("variance", {}),
    )


def answers(holdout: Holdout) -> np.ndarray:
    """Return the predictions that win."""
    if holdout.metric.startswith(("psnr", "ssim")):
        return images_of(holdout.targets["y"].tolist())
    if "error_rate" in holdout.metric:
        return holdout.targets.to_numpy().astype(np.str_)
    truth = holdout.targets.to_numpy(np.float64)
    return np.eye(3)[truth[:, 0].astype(int)] if holdout.metric.startswith("macro") else truth


TEXT_METRICS = ("character_error_rate", "word_error_rate", "folded_character_error_rate", "folded_word_error_rate")


def texts_holdout(metric: str, rng) -> Holdout:
    """Return a holdout of short lines."""
    words = np.array(["que", "caſa", "virtud", "ánimo", "coraçón", "del", "juez"])
    return make_holdout(metric, {"text": [" ".join(rng.choice(words, rng.integers(2, 8))) for _ in range(N)]})


@pytest.fixture
def rng():
    return np.random.default_rng(5)


HOLDOUTS = {
    "roc_auc": lambda rng: make_holdout("roc_auc", {"label": rng.integers(0, 2, N)}),
    "macro_roc_auc": lambda rng: make_holdout("macro_roc_auc", {"kind": rng.integers(0, 3, N)}),
    "accuracy": lambda rng: make_holdout("accuracy", {"kind": rng.integers(0, 3, N)}),
    "mse": lambda rng: make_holdout("mse", {"alpha": rng.normal(size=N), "xi": rng.normal(size=N)}),
    "normalised_mse": lambda rng: make_holdout(
        "normalised_mse",
        {"alpha": rng.normal(size=N), "xi": rng.normal(size=N)},
        variance={"normalised_mse": (0.5, 2.0)},
    ),
    "normalised_log_mse": lambda rng: make_holdout(
        "normalised_log_mse",
        {"alpha": rng.uniform(1, 9, N), "xi": rng.uniform(1, 9, N)},
        variance={"normalised_log_mse": (0.5, 2.0), "normalised_mse": (4.0, 4.0)},
    ),
    "psnr": lambda rng: make_holdout("psnr", answers_table(rng.random((N, 12, 13)), ["y"])),
    "ssim": lambda rng: make_holdout("ssim", answers_table(rng.random((N, 12, 13)), ["y"])),
    **{name: partial(texts_holdout, name) for name in TEXT_METRICS},
}


def blur(values: np.ndarray, rng) -> np.ndarray:
    """Return answers that are no longer right: numbers with noise, texts with other letters."""
    if values.dtype.kind == "U":
        return np.array([[text.replace(rng.choice(list(text)), "x")] for text in values[:, 0]])
    return values + rng.normal(scale=0.4, size=values.shape)


def test_every_metric_is_judged_here_and_the_judge_knows_every_kind():
    assert set(METRICS) == set(HOLDOUTS)
    assert set(get_args(Kind)) == set(judge.KINDS) == {metric.kind for metric in METRICS.values()}


def mean_absolute_error(truth, predictions, groups=None) -> Estimate:
    return mean_estimate(
        METRICS["mae"], row_values(lambda t, p: np.abs(p - t).mean(axis=1), truth, predictions), groups
    )


def test_a_metric_of_a_known_kind_is_one_entry(rng, monkeypatch):
    entry = TrackMetric(
        "mae", 3, "absolute error", "numbers", False, high=np.inf, kind="numbers", function=mean_absolute_error
    )
    monkeypatch.setitem(METRICS, entry.name, entry)
    holdout = make_holdout("mae", {"alpha": rng.normal(size=N), "xi": rng.normal(size=N)})
    found = judge.score(Predictions(answers(holdout) + np.array([0.25, -0.75])), holdout, "private")
    assert (found.metric, found.value) == ("mae/3", pytest.approx(0.5))

    higgs = spec.load("higgs")
    asked = higgs.model_copy(update={"tracks": (higgs.tracks[0].model_copy(update={"metric": "mae"}),)})
    check_metrics(asked)
    assert metric_title(asked.tracks[0]) == "absolute error, lower is better"


def test_a_metric_that_nobody_computes_is_named_with_its_place():
    higgs = spec.load("higgs")
    for key, value in (("metric", "roc_acu"), ("also", ("accuracy", "roc_acu"))):
        wrong = higgs.model_copy(update={"tracks": (higgs.tracks[0].model_copy(update={key: value}),)})
        place = rf"higgs.challenge\.toml: track signal has 'roc_acu' as {key}, expected one of \['accuracy', "
        with pytest.raises(UnknownMetricError, match=place):
            check_metrics(wrong)


@pytest.mark.parametrize("metric", HOLDOUTS)
def test_the_answers_win_and_noise_loses(metric, rng):
    holdout = HOLDOUTS[metric](rng)
    best = judge.score(Predictions(answers(holdout)), holdout, "private")
    shuffled = judge.score(Predictions(rng.permutation(answers(holdout))), holdout, "private")
    assert best.value == (METRICS[metric].high if METRICS[metric].greater_is_better else METRICS[metric].low)
    assert (best.value > shuffled.value) == METRICS[metric].greater_is_better
    assert best.low <= best.value <= best.high
    assert best.metric == str(METRICS[metric])


@pytest.mark.parametrize("metric", HOLDOUTS)
def test_two_files_are_estimated_jointly(metric, rng):
    holdout = HOLDOUTS[metric](rng)
    blurred = [Predictions(blur(answers(holdout), rng)) for _ in range(2)]
    if metric == "accuracy":
        blurred = [Predictions(one.values.round()) for one in blurred]
    both = judge.estimate(blurred, holdout, "private")
    alone = [judge.estimate([one], holdout, "private").value[0] for one in blurred]
    np.testing.assert_allclose(both.value, alone)
    assert both.difference_error() > 0


@pytest.mark.parametrize("metric", HOLDOUTS)
def test_missing_rows_are_named(metric, rng):
    holdout = HOLDOUTS[metric](rng)
    with pytest.raises(LengthError, match=r"toy\.track has 300 rows, the predictions 299"):
        judge.score(Predictions(answers(holdout)[:-1]), holdout, "public")


def test_weights_of_a_holdout_count(rng):
    label, scores, weights = rng.integers(0, 2, N), rng.normal(size=(N, 1)), rng.uniform(0.1, 1, N)
    holdout = make_holdout("roc_auc", {"label": label}, weights=weights)
    rows = holdout.rows("private")
    expected = weighted_auc(label[rows], scores[rows], weights[rows]).value[0]
    assert judge.score(Predictions(scores), holdout, "private").value == expected
    equal = make_holdout("roc_auc", {"label": label}, weights=np.full(N, 0.3))
    assert judge.score(Predictions(scores), equal, "private").exact[1:] == (label[rows].sum(), 200 - label[rows].sum())


@pytest.mark.parametrize("metric", sorted(set(METRICS) - {"roc_auc"}))
def test_weights_are_never_ignored(metric, rng):
    label, weights = np.arange(N) % 3, rng.uniform(0.1, 1, N)
    holdout = make_holdout(metric, {"target": label}, weights=weights)
    with pytest.raises(ScoringError, match=f"different weights, which {metric}/1 does not know"):
        judge.score(Predictions(np.zeros((N, 1))), holdout, "private")


def test_a_metric_for_interest_needs_no_holdout_of_its_own(rng):
    truth = rng.random((N, 12, 13)).astype(np.float32)
    images = make_holdout("psnr", answers_table(truth, ["y"]))
    predictions = [Predictions(np.clip(truth + rng.normal(scale=0.1, size=truth.shape), 0, 1))]
    found = {name: judge.estimate(predictions, images, "private", name).value[0] for name in ("mse", "psnr", "ssim")}
    assert 10 * np.log10(1 / found["mse"]) == pytest.approx(found["psnr"], abs=0.1)
    assert 0.5 < found["ssim"] < 1
    classes = HOLDOUTS["macro_roc_auc"](rng)
    assert judge.estimate([Predictions(answers(classes))], classes, "private", "accuracy").value[0] == 1


def test_errors_count_in_the_variance_that_was_sealed(rng):
    holdout = HOLDOUTS["normalised_mse"](rng)
    off = Predictions(answers(holdout) + np.array([1.0, 2.0]))
    assert judge.score(off, holdout, "private").value == pytest.approx((1 / 0.5 + 4 / 2) / 2)


def test_errors_of_logarithms_and_of_numbers_count_each_in_its_own_variance(rng):
    holdout = HOLDOUTS["normalised_log_mse"](rng)
    off = Predictions(answers(holdout) * np.exp([1.0, 2.0]))
    assert judge.score(off, holdout, "private").value == pytest.approx((1 / 0.5 + 4 / 2) / 2)
    off = Predictions(answers(holdout) + np.array([1.0, 2.0]))
    assert judge.score(off, holdout, "private", "normalised_mse").value == pytest.approx((1 + 4) / 4 / 2)


def test_scores_of_several_classes_need_not_be_probabilities(rng):
    holdout = HOLDOUTS["macro_roc_auc"](rng)
    scores = rng.normal(size=(N, 3))
    found = judge.score(Predictions(scores), holdout, "private").value
    rows = holdout.rows("private")
    assert found == multiclass_auc(holdout.targets["kind"].to_numpy()[rows], scores[rows]).value[0]


def test_a_holdout_sealed_for_another_version_is_refused(rng):
    holdout = HOLDOUTS["roc_auc"](rng)
    parts = {name: getattr(holdout, name) for name in Holdout.__dataclass_fields__}
    with pytest.raises(ScoringError, match=r"sealed for roc_auc/0, this scorer computes roc_auc/1"):
        judge.score(Predictions(answers(holdout)), Holdout(**parts | {"metric": "roc_auc/0"}), "public")
