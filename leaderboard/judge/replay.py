"""Replays what boards show from the scores that the vault keeps: what was restored is then what it was."""

from dataclasses import dataclass

from sqlalchemy import select

from challenges.spec import PUBLIC
from leaderboard.judge.judging import Judge
from leaderboard.judge.raw_scores import scores_of
from leaderboard.judge.results import finals_of, shown_slices
from leaderboard.store.prediction_files import whole
from leaderboard.store.queries import scored
from leaderboard.store.tables import Release, Submission


@dataclass(frozen=True)
class Replayed:
    """What a track's board was held to.

    Attributes
    ----------
    track : str
    releases : int
        How many were computed anew.
    differing : list of int
        Submissions of which something else is shown than what follows from the vault.
    lost : list of Submission
        Those whose predictions are missing or damaged.
    """

    track: str
    releases: int
    differing: list[int]
    lost: list[Submission]


def replay(judge: Judge, track: str) -> Replayed:
    """Compute anew all that is shown of a track, from the scores that are kept and, for the Ladder, the files."""
    holdout = judge.holdout(track)
    with judge.store.read() as session:
        submissions, finals = scored(session, track), finals_of(session, track)
        published = judge.is_published(session, track)
        frozen_from = judge.frozen_from(session, track)
        shown = {
            (one.submission_id, one.slice): (one.best_submission_id, one.value, one.low, one.high)
            for one in session.scalars(select(Release).where(Release.holdout == holdout.digest))
        }
    files = whole(judge.event, (one.sha256 for one in submissions))
    lost = [one for one in submissions if one.sha256 not in files]
    expected = {}
    raw = scores_of(judge.scores, [one.id for one in submissions], holdout, PUBLIC)
    for team in {one.team_id for one in submissions} - {one.team_id for one in lost}:
        own = judge.shown_of([one for one in submissions if one.team_id == team and one.id in raw], frozen_from)
        for one in judge.fold(own, raw, holdout):
            expected[one.submission, PUBLIC] = (one.best.submission, *judge.on_grid(track, one.best))
    for slice_name in shown_slices(holdout) if published else ():
        kept = scores_of(judge.scores, [one.id for one in finals], holdout, slice_name)
        expected |= {(one, slice_name): (one, score.value, score.low, score.high) for one, score in kept.items()}
    by_id = {one.id: one for one in submissions}
    unread = {one.team_id for one in lost}

    def is_shown(number: int, slice_name: str) -> bool:
        one = by_id.get(number)  # what decided a ranking stays released when its team is taken out
        return one is not None and one.team_id not in unread and (slice_name == PUBLIC or one.team.out is None)

    compared = {key for key in shown.keys() | expected.keys() if is_shown(*key)}
    differing = sorted({key[0] for key in compared if shown.get(key) != expected.get(key)})
    return Replayed(track, len(compared), differing, lost)
