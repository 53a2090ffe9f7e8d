"""What all judged files of a track give on one holdout: the Ladder of each team, and finals exactly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from sqlalchemy.orm import Session

from challenges import mass
from challenges.spec import OBSERVED, PRIVATE, PUBLIC
from leaderboard.board.entries import Best, Sent, submissions_by_team
from leaderboard.event import EventError
from leaderboard.judge.bench import bench_of, scores
from leaderboard.judge.judging import Judge
from leaderboard.judge.ladder import Judged, Shown
from leaderboard.judge.raw_scores import Scored
from leaderboard.public import places
from leaderboard.public.data import public_data
from leaderboard.store import copies
from leaderboard.store.prediction_files import DamagedFile
from leaderboard.store.queries import accepted, scored, track_state
from leaderboard.store.tables import Submission
from scoring.ranks import rank_sets
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import estimate, places_of_recordings

TaskProgress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is (None where nobody knows)."""

Scorer = Callable[[Submission, Holdout, str], Scored]
"""Scores a submission on one slice of a holdout."""

Raw = Mapping[tuple[int, str], Scored]
"""Raw scores by submission and slice."""

Found = TypeVar("Found")

Exact = dict[str, dict[int, Best]]
"""By slice and submission: what is shown of finals."""


class FilesLost(EventError):
    """Prediction files are missing or damaged without which a ranking would be wrong."""

    def __init__(self, track: str, lost: Sequence[Submission]) -> None:
        super().__init__(
            f"files of {track} are missing or damaged: {named(lost)}. Let their teams send them again, which restores "
            "them, or take them out by `physathon exclude`"
        )


def named(submissions: Sequence[Submission]) -> str:
    """Return which submissions these are, in words."""
    return ", ".join(f"no. {one.id} of {one.team.name} ({one.filename})" for one in submissions)


def silent(what: str, done: int, total: int | None) -> None:
    """Tell nobody how far it is."""


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
    raw : mapping of (int, str) to score
        What all of this follows from.
    lost : list of Submission
        Those that all this does without: they had to be read, and their files are missing or damaged.
    """

    submissions: list[Submission]
    shown: dict[str, list[Shown]]
    exact: Exact
    raw: Raw
    lost: list[Submission]

    @property
    def teams(self) -> dict[str, list[Submission]]:
        """The submissions of each team."""
        return submissions_by_team(self.submissions)

    def best(self, judge: Judge, track: str) -> list[tuple[Sent, Best]]:
        """Return what a board takes of each team."""
        if self.exact:
            found = list(self.exact[PRIVATE].values())
        else:
            last = [shown[-1].best for shown in self.shown.values() if shown]
            found = [Best(best.submission, *judge.on_grid(track, best)) for best in last]
        by_id = {submission.id: submission for submission in self.submissions}
        return [(Sent.of(by_id[best.submission]), best) for best in found if best.submission in by_id]


def judge_all(
    judge: Judge, track: str, holdout: Holdout, progress: TaskProgress = silent, known: Raw | None = None
) -> Results:
    """Score every judged submission of a track on a holdout; what is ``known`` on it already is taken as it is.

    Nothing of it is kept. Where mass work is shared, other processes do what takes long (`challenges.mass`).
    """
    raw = dict(known or {})

    def once(submission: Submission, holdout: Holdout, slice_name: str) -> Scored:
        key = submission.id, slice_name
        if key not in raw:
            raw[key] = judge.look(submission, holdout, slice_name)
        return raw[key]

    with judge.store.read() as session:
        submissions = scored(session, track)
        finals = finals_of(session, track) if judge.is_published(session, track) else []
        frozen_from = judge.frozen_from(session, track)
    teams, lost = submissions_by_team(submissions), set[int]()
    decide = dict.fromkeys(shown_slices(holdout), finals) if finals else {}
    with bench_of(judge, holdout) as bench:
        for slice_name, wanted in {PUBLIC: submissions, **decide}.items():
            waiting = [one for one in wanted if (one.id, slice_name) not in raw]
            for done, (one, found) in enumerate(scores(judge, bench, waiting, slice_name), 1):
                raw |= {(one.id, slice_name): found} if found else {}
                progress(f"judging {track}, {slice_name}", done, len(waiting))
        new = {one.id for one in submissions} - {one for one, _ in known or ()}
        ladders = [
            [(Judged.of(one.id, raw[one.id, PUBLIC]), one.sha256) for one in sent if (one.id, PUBLIC) in raw]
            for sent in (judge.shown_of(sent, frozen_from) for sent in teams.values())
            if new.intersection(one.id for one in sent)
        ]
        for done, errors in enumerate(mass.each(partial(bench.difference_errors, judge.step(track)), ladders), 1):
            judge.learn(holdout, errors)
            progress(f"Ladders of {track}", done, len(ladders))

    def fold(sent: list[Submission]) -> list[Shown]:
        raw_of = {one.id: once(one, holdout, PUBLIC) for one in sent}
        return judge.fold(judge.shown_of(sent, frozen_from), raw_of, holdout)

    shown = {team: _of_whole(fold, sent, lost) for team, sent in teams.items()}
    exact = _of_whole(lambda whole: exact_scores(judge, holdout, whole, once), finals, lost) if finals else {}
    return Results(submissions, shown, exact, raw, [one for one in submissions if one.id in lost])


def _of_whole(find: Callable[[list[Submission]], Found], submissions: list[Submission], lost: set[int]) -> Found:
    """Return what is found of the submissions whose files are whole; those whose file is lost join ``lost``."""
    while True:
        try:
            return find([one for one in submissions if one.id not in lost])
        except DamagedFile as error:
            lost |= {one.id for one in submissions if one.sha256 == error.sha256}


def finals_of(session: Session, track: str) -> list[Submission]:
    """Return the submissions that decide a track's ranking, in order of receipt; none before it is finalized.

    Those of teams that are out decide nothing.
    """
    chosen = track_state(session, track).finals or []
    return [one for one in accepted(session, track) if one.id in chosen and one.team.out is None]


def shown_slices(holdout: Holdout) -> list[str]:
    """Return the slices that are shown at the end: the one that decides, and recordings where there are any."""
    return [PRIVATE, *({OBSERVED} & set(holdout.salts))]


def exact_scores(judge: Judge, holdout: Holdout, finals: list[Submission], score: Scorer) -> Exact:
    """Return the exact scores of final submissions; where they decide, with the ranks that teams may truly have."""
    ranks = {PRIVATE: _rank_sets(judge, holdout, [final for final in finals if final.team.kind == "team"])}
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
    joint = estimate([judge.predictions(final) for final in finals], holdout, PRIVATE)
    return dict(zip([final.id for final in finals], rank_sets(joint).tolist(), strict=True))


def show_places(judge: Judge, holdout: Holdout, finals: list[Submission]) -> None:
    """Publish where final models place each recording, if anything was simulated to compare recordings with."""
    names = public_data(judge.event, holdout.track).facts().get("recording_names")
    if not finals:
        copies.remove(judge.event, places.path_of(judge.event, holdout.track))
    if not names or not finals:
        return
    found = places_of_recordings([judge.predictions(final) for final in finals], holdout)
    if not np.isnan(found).all():
        of_model = zip(finals, found.tolist(), strict=True)
        places.write(
            judge.event,
            holdout.track,
            [
                places.Place(name, final.team.name, final.team.kind, *shares)
                for final, shares_of in of_model
                for name, shares in zip(names, shares_of, strict=True)
            ],
        )


def show_exactly(judge: Judge, session: Session, exact: Exact, holdout: Holdout) -> None:
    """Write exact scores as releases: only after the event, when nothing can be probed any more."""
    for slice_name, finals in exact.items():
        judge.release(session, finals, holdout.digest, slice_name)
