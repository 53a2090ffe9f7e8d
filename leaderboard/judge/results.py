"""What all judged files of a track give on one holdout: the Ladder of each team, and finals exactly."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from challenges.spec import OBSERVED
from leaderboard.board import Best, submissions_by_team
from leaderboard.judge.judging import Judge, Scored
from leaderboard.judge.ladder import Shown
from leaderboard.store.queries import accepted, track_state
from leaderboard.store.tables import Submission
from scoring.ranks import rank_sets
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import estimate

FINAL_SLICE = "private"
Progress = Callable[[str, int, int | None], None]
Score = Callable[[Submission, Holdout, str], Scored]

Exact = dict[str, dict[int, Best]]
"""By slice and submission: what is shown of finals."""


@dataclass(frozen=True)
class Results:
    """What all judged submissions of a track give on one holdout.

    Attributes
    ----------
    submissions : list of Submission
        In order of receipt.
    shown : dict of str to list of Shown
        The Ladder of each team.
    exact : dict of str to dict of int to Best
        Final submissions on each slice that is shown then, once the track is published; empty before.
    """

    submissions: list[Submission]
    shown: dict[str, list[Shown]]
    exact: Exact

    @property
    def teams(self) -> dict[str, list[Submission]]:
        """The submissions of each team."""
        return submissions_by_team(self.submissions)

    def best(self, judge: Judge, track: str) -> dict[str, Best]:
        """Return what a board takes of each team."""
        if self.exact:
            names = {submission.id: submission.team.name for submission in self.submissions}
            return {names[final]: best for final, best in self.exact[FINAL_SLICE].items()}
        last = {team: shown[-1].best for team, shown in self.shown.items()}
        return {team: Best(best.submission, *judge.on_grid(track, best)) for team, best in last.items()}


def judge_all(judge: Judge, track: str, holdout: Holdout, score: Score, progress: Progress) -> Results:
    with judge.store.read() as session:
        submissions = [entry for entry in accepted(session, track) if entry.state == "scored"]
        finals = finals_of(session, track) if track_state(session, track).published_at else []
    raw = {}
    for done, submission in enumerate(submissions, start=1):
        raw[submission.id] = score(submission, holdout, "public")
        progress(f"judging {track}", done, len(submissions))
    shown = {team: judge.fold(sent, raw, holdout) for team, sent in submissions_by_team(submissions).items()}
    return Results(submissions, shown, exact_scores(judge, holdout, finals, score) if finals else {})


def finals_of(session: Session, track: str) -> list[Submission]:
    chosen = track_state(session, track).finals or []
    return [submission for submission in accepted(session, track) if submission.id in chosen]


def shown_slices(holdout: Holdout) -> list[str]:
    """Return the slices that are shown at the end: the one that decides, and recordings where there are any."""
    return [FINAL_SLICE, *({OBSERVED} & set(holdout.salts))]


def exact_scores(judge: Judge, holdout: Holdout, finals: list[Submission], score: Score) -> Exact:
    """Return the exact scores of final submissions; where they decide, with the ranks that teams may truly have."""
    ranks = {FINAL_SLICE: _rank_sets(judge, holdout, [final for final in finals if final.team.kind == "team"])}
    found: Exact = {}
    for slice_name in shown_slices(holdout):
        found[slice_name] = {}
        for final in finals:
            raw = score(final, holdout, slice_name)
            limits = ranks.get(slice_name, {}).get(final.id, (None, None))
            found[slice_name][final.id] = Best(final.id, raw.value, raw.low, raw.high, *limits)
    return found


def _rank_sets(judge: Judge, holdout: Holdout, finals: list[Submission]) -> dict[int, list[int]]:
    """Return the best and the worst rank that each final may truly have among these, all at once."""
    if not finals:
        return {}
    joint = estimate([judge.predictions(final) for final in finals], holdout, FINAL_SLICE)
    return dict(zip([final.id for final in finals], rank_sets(joint).tolist(), strict=True))


def show_exactly(judge: Judge, session: Session, exact: Exact, holdout: Holdout) -> None:
    """Write exact scores as releases: only after the event, when nothing can be probed any more."""
    for slice_name, finals in exact.items():
        for final, best in finals.items():
            judge.release(session, final, best, holdout, slice_name)
