"""Whether a ladder climbs, and no rung of it stands above the reference."""

from collections.abc import Sequence

import numpy as np

from baselines.rungs import Baseline
from challenges.dataset import Dataset
from challenges.spec import Challenge, Track
from scoring.interval import interval
from scoring.metrics import METRICS
from scoring.points import AT_REFERENCE, Points
from scoring.ranks import compare
from scoring.regression import training_variances
from scoring.sealed import judge
from scoring.sealed.answers import answers_table
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Predictions

DOUBT = 0.001
"""A difference less likely than this by chance is one."""

WHOLE = "all"
"""The one slice of a trial's holdout."""


def trial_holdout(challenge: Challenge, track: Track, train: Dataset, test: Dataset) -> Holdout:
    """Return test rows' answers as a judge has them, all in one slice and nothing of them secret."""
    return Holdout(
        track=challenge.full_name(track),
        metric=str(METRICS[track.metric]),
        features_sha256="",
        ids=np.arange(len(test), dtype=np.uint64),
        targets=answers_table(test.targets, track.targets),
        groups=test.groups,
        weights=np.ones(len(test)),
        slices=np.full(len(test), WHOLE),
        salts={WHOLE: ""},
        variance=training_variances((track.metric, *track.also), np.asarray(train.targets)),
    )


def climbs(track: Track, ladder: Sequence[tuple[Baseline, np.ndarray]], holdout: Holdout) -> str:
    """Return the values of a ladder whose every rung stands at least as high as the one before.

    Parameters
    ----------
    track : Track
    ladder : sequence of (Baseline, ndarray)
        Weakest first, each with what it predicts for the holdout's rows.
    holdout : Holdout

    Raises
    ------
    ValueError
        If a rung is worse than the one before and not by chance, or the best one is better than the reference and not
        by chance: anchors that were measured before a ladder grew are too low.
    """
    rungs, answers = zip(*ladder, strict=True)
    found = judge.estimate([Predictions(answer) for answer in answers], holdout, WHOLE)
    metric, values = METRICS[track.metric], found.value.tolist()
    for upper in range(1, len(rungs)):
        difference = compare(found, upper, upper - 1)
        if difference.p_value < DOUBT and (difference.difference > 0) != metric.greater_is_better:
            raise ValueError(
                f"{rungs[upper].title} scores {values[upper]:.4g} and stands above {rungs[upper - 1].title} with "
                f"{values[upper - 1]:.4g}: expected the weakest first"
            )
    best = int(np.argmax(found.value) if metric.greater_is_better else np.argmin(found.value))
    low, high = interval(found, 1 - DOUBT)[best].tolist()
    anchors = track.anchors
    worth = Points.of(values[best], low, high, metric=metric, floor=anchors.floor, reference=anchors.reference)
    if worth.low > AT_REFERENCE:
        raise ValueError(
            f"{rungs[best].title} scores {values[best]:.4g} and earns {worth.low:.0f} points or more, above the "
            f"reference of {anchors.reference:g}: measure the anchors anew"
        )
    told = ", ".join(f"{rung.name} {value:.3g}" for rung, value in zip(rungs, values, strict=True))
    return f"{track.id}: {told}"
