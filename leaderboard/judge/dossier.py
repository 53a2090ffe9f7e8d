"""What is shown of a published track beyond its board: worked out anew whenever its exact results change."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations

import numpy as np

from challenges.spec import PRIVATE, PUBLIC
from leaderboard.judge.judging import Judge
from leaderboard.judge.raw_scores import Scored
from leaderboard.judge.results import finals_of, shown_slices
from leaderboard.public import results
from leaderboard.public.results import Curve, Final, Pair, Result, Value, WorkingPoint
from leaderboard.store import copies
from leaderboard.store.tables import Submission
from scoring.ranks import compare, significantly_better
from scoring.sealed import judge as scorer
from scoring.sealed.curves import cuts
from scoring.sealed.holdout import Holdout
from scoring.validate import ScoringError

DECIMALS = 5
"""Of the points of a curve: a picture shows no more."""


def show(judge: Judge, track: str) -> None:
    """Write the whole result of a track where everybody may read it; before its publication there is none."""
    with judge.store.read() as session:
        published = judge.is_published(session, track)
        finals = finals_of(session, track)
    if published:
        results.write(judge.event, result(judge, judge.holdout(track), finals))
    else:
        copies.remove(judge.event, results.path_of(judge.event, track))


def result(judge: Judge, holdout: Holdout, finals: Sequence[Submission]) -> Result:
    """Return the whole result of these finals on a holdout."""
    slices = [PUBLIC, *shown_slices(holdout)]
    return Result(
        track=holdout.track,
        holdout=holdout.digest,
        metric=holdout.metric,
        rows={name: len(scorer.judged_rows(holdout, name)) for name in slices},
        finals=tuple(_final(judge, holdout, final, slices) for final in finals),
        pairs=_pairs(judge, holdout, [final for final in finals if final.team.kind == "team"]),
    )


def _final(judge: Judge, holdout: Holdout, final: Submission, slices: Sequence[str]) -> Final:
    predictions, also = judge.predictions(final), judge.event.track(holdout.track)[1].also
    found: dict[str, Value] = {}
    curve, points = None, ()
    # What cannot be told of a slice is left out, and stands in the way of nothing else.
    for metric in also:
        with suppress(ScoringError):
            found[metric] = _value(scorer.score(predictions, holdout, PRIVATE, metric))
    with suppress(ScoringError):
        if told := cuts(predictions, holdout, PRIVATE, results.WORKING_POINTS):
            curve = Curve(
                false_positive_rate=_rounded(told.curve.false_positive_rate),
                true_positive_rate=_rounded(told.curve.true_positive_rate),
                low=_rounded(told.curve.low),
                high=_rounded(told.curve.high),
            )
            points = tuple(
                WorkingPoint(
                    asked=point.asked,
                    background=point.background_efficiency,
                    low=point.background_interval[0],
                    high=point.background_interval[1],
                )
                for point in told.points
            )
    return Final(
        submission=final.id,
        slices={name: _value(judge.score(final, holdout, name)) for name in slices},
        also=found,
        curve=curve,
        points=points,
    )


def _value(score: Scored) -> Value:
    return Value(value=score.value, low=score.low, high=score.high)


def _rounded(rates: np.ndarray) -> tuple[float, ...]:
    return tuple(rates.round(DECIMALS).tolist())


def _pairs(judge: Judge, holdout: Holdout, finals: Sequence[Submission]) -> tuple[Pair, ...]:
    """Compare the best teams; whether one is surely ahead is decided among all teams, as their rank ranges are."""
    if len(finals) < 2:
        return ()
    joint = scorer.estimate([judge.predictions(final) for final in finals], holdout, PRIVATE)
    better = significantly_better(joint)
    order = np.argsort(-joint.value if joint.metric.greater_is_better else joint.value, kind="stable")
    pairs = []
    for i, j in combinations(order[: results.MOST_COMPARED].tolist(), 2):
        found = compare(joint, i, j)
        pairs.append(
            Pair(
                first=finals[i].id,
                second=finals[j].id,
                difference=found.difference,
                low=found.interval[0],
                high=found.interval[1],
                p_value=found.p_value,
                ahead=bool(better[i, j]),
            )
        )
    return tuple(pairs)
