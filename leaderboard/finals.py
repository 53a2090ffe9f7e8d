"""After the close: choose and judge finals, publish, reveal; and rescoring as a transaction."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

from challenges.files import write_atomically
from leaderboard.board import Best, Entry, assemble, board, submissions_by_team
from leaderboard.event import EventError
from leaderboard.judging import Judge, Scored
from leaderboard.ladder import Shown
from leaderboard.store import HoldoutRecord, Submission, accepted, audit, now, track_state
from scoring.holdout import Holdout
from scoring.judge import estimate
from scoring.observed import OBSERVED
from scoring.ranks import rank_sets

FINAL_SLICE = "private"
Progress = Callable[[str, int, int | None], None]
Score = Callable[[Submission, Holdout, str], Scored]
Exact = dict[str, dict[int, Best]]
"""By slice and submission: what is shown of finals."""


def finalize(
    judge: Judge, track: str, *, early: bool = False, progress: Progress = lambda *_: None
) -> list[Submission]:
    """Close a track's books, choose every team's final and judge it on the private slice.

    A team's final is the submission it selected, else the Ladder's best on the public slice. The choice is made once
    and kept; the scores stay in the vault until `publish`. Broken off, it can be run again.

    Parameters
    ----------
    judge : Judge
    track : str
    early : bool
        Close the books before the event's closing time.
    progress : callable

    Raises
    ------
    EventError
        If the event is still open (and not ``early``), or files still wait for the judge.
    """
    if judge.event.phase() != "closed" and not early:
        raise EventError(f"the event closes at {judge.event.config.closes.isoformat()}: finalize then, or with --early")
    with judge.store.write() as session:
        waiting = [entry for entry in accepted(session, track) if entry.state != "scored"]
        if waiting:
            raise EventError(f"{len(waiting)} files of {track} still wait for the judge: run `physathon judge --once`")
        state = track_state(session, track)
        state.finalized_at = state.finalized_at or now()
    holdout = judge.holdout(track)
    results = _judge_all(judge, track, holdout, judge.score, progress)
    with judge.store.write() as session:
        state = track_state(session, track)
        if state.finals is None:
            state.finals = [_final(results.shown[team], sent) for team, sent in results.teams.items()]
            audit(session, "finalized", track=track, finals=len(state.finals), early=early)
        finals = _finals(session, track)
    for done, submission in enumerate(finals, start=1):
        for slice_name in _shown_slices(holdout):
            judge.score(submission, holdout, slice_name)
        progress(f"finals of {track}", done, len(finals))
    return finals


def publish(judge: Judge, track: str) -> list[Entry]:
    """Show the finals: exact values and rank sets on the private slice, and what recordings show; return the board.

    Raises
    ------
    EventError
        If the track is not finalized.
    """
    with judge.store.read() as session:
        if track_state(session, track).finals is None:
            raise EventError(f"{track} is not finalized: run `physathon finalize {track}` first")
        finals = _finals(session, track)
    holdout = judge.holdout(track)
    exact = _exact(judge, holdout, finals, judge.score)
    with judge.store.write() as session:
        state = track_state(session, track)
        if state.holdout != holdout.digest:
            raise EventError(f"{track} was rescored meanwhile: publish again")
        state.published_at = state.published_at or now()
        _show_exactly(judge, session, exact, holdout)
        audit(session, "published", track=track)
        session.flush()
        return board(session, track)


def reveal(judge: Judge, track: str) -> list[Path]:
    """Write the answers of a published track into ``public/revealed/``: their SHA-256 are the commitments.

    Where labels were corrected, the answers before each correction are revealed too, with the digest in their name: the
    commitment that a kit carries can always be checked.

    Raises
    ------
    EventError
        If the track is not published.
    """
    with judge.store.read() as session:
        state = track_state(session, track)
    if state.published_at is None:
        raise EventError(f"{track} is not published: its answers stay sealed until then")
    names = {digest: f"{track}.{digest[:8]}" for digest in state.earlier_holdouts} | {state.holdout: track}
    paths = []
    for digest, name in names.items():
        holdout = judge.holdout(track, digest)
        for slice_name in holdout.commitments:
            path = judge.event.public / "revealed" / f"{name}.{slice_name}.csv"
            write_atomically(path, holdout.canonical(slice_name))
            paths.append(path)
    with judge.store.write() as session:
        audit(session, "revealed", track=track)
    return paths


@dataclass(frozen=True)
class Move:
    """What a rescoring does to one team."""

    team: str
    kind: str
    rank_before: int | None
    rank_after: int | None
    value_before: float
    value_after: float


def rescore(judge: Judge, track: str, holdout: Holdout, *, progress: Progress = lambda *_: None) -> list[Move]:
    """Work out what a track's board would be on another holdout; nothing is written, not even in the vault."""
    results = _judge_all(judge, track, holdout, judge.look, progress)
    with judge.store.read() as session:
        before = {entry.team: entry for entry in board(session, track)}
    moves = []
    for entry in assemble(track, results.submissions, results.best(judge, track)):
        old = before.get(entry.team)
        moves.append(
            Move(entry.team, entry.kind, old and old.rank, entry.rank, old.value if old else math.nan, entry.value)
        )
    return moves


def corrected_holdout(judge: Judge, track: str, corrections: pd.DataFrame) -> Holdout:
    """Return the current holdout with corrected targets; it is sealed and committed to by `switch` only."""
    return judge.holdout(track).corrected(corrections)


def switch(judge: Judge, track: str, holdout: Holdout, *, progress: Progress = lambda *_: None) -> None:
    """Make a holdout the track's current one, with all its releases, in one transaction."""
    with judge.store.read() as session:
        record = session.get(HoldoutRecord, track_state(session, track).holdout)
    judge.adopt(holdout, secret=record.secret, note=f"corrected after {record.digest[:8]}")
    while not _switched(judge, track, holdout, _judge_all(judge, track, holdout, judge.score, progress)):
        pass


def _switched(judge: Judge, track: str, holdout: Holdout, results: "Results") -> bool:
    with judge.store.write() as session:
        scored = {entry.id for entry in accepted(session, track) if entry.state == "scored"}
        if scored != {entry.id for entry in results.submissions}:
            return False  # a file was judged meanwhile: it must be judged on this holdout too
        for shown in results.shown.values():
            judge.show(session, shown, holdout)
        _show_exactly(judge, session, results.exact, holdout)
        state = track_state(session, track)
        if holdout.digest in state.earlier_holdouts:
            state.earlier_holdouts = state.earlier_holdouts[: state.earlier_holdouts.index(holdout.digest)]
        elif holdout.digest != state.holdout:
            state.earlier_holdouts = [*state.earlier_holdouts, state.holdout]
        state.holdout = holdout.digest
        audit(session, "holdout switched", track=track, holdout=holdout.digest)
        return True


def roll_back(judge: Judge, track: str) -> None:
    """Undo the last correction; once more undoes the one before it.

    Raises
    ------
    EventError
        If there was none.
    """
    with judge.store.read() as session:
        earlier = track_state(session, track).earlier_holdouts
    if not earlier:
        raise EventError(f"{track} is on its first holdout: there is nothing to roll back to")
    switch(judge, track, judge.holdout(track, earlier[-1]))


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


def _judge_all(judge: Judge, track: str, holdout: Holdout, score: Score, progress: Progress) -> Results:
    with judge.store.read() as session:
        submissions = [entry for entry in accepted(session, track) if entry.state == "scored"]
        finals = _finals(session, track) if track_state(session, track).published_at else []
    raw = {}
    for done, submission in enumerate(submissions, start=1):
        raw[submission.id] = score(submission, holdout, "public")
        progress(f"judging {track}", done, len(submissions))
    shown = {team: judge.fold(sent, raw, holdout) for team, sent in submissions_by_team(submissions).items()}
    return Results(submissions, shown, _exact(judge, holdout, finals, score) if finals else {})


def _final(shown: list[Shown], sent: list[Submission]) -> int:
    return next((submission.id for submission in sent if submission.selected), shown[-1].best.submission)


def _finals(session: Session, track: str) -> list[Submission]:
    chosen = track_state(session, track).finals or []
    return [submission for submission in accepted(session, track) if submission.id in chosen]


def _shown_slices(holdout: Holdout) -> list[str]:
    """Return the slices that are shown at the end: the one that decides, and recordings where there are any."""
    return [FINAL_SLICE, *({OBSERVED} & set(holdout.salts))]


def _exact(judge: Judge, holdout: Holdout, finals: list[Submission], score: Score) -> Exact:
    """Return the exact scores of final submissions; where they decide, with the ranks that teams may truly have."""
    ranks = {FINAL_SLICE: _rank_sets(judge, holdout, [final for final in finals if final.team.kind == "team"])}
    found: Exact = {}
    for slice_name in _shown_slices(holdout):
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


def _show_exactly(judge: Judge, session: Session, exact: Exact, holdout: Holdout) -> None:
    """Write exact scores as releases: only after the event, when nothing can be probed any more."""
    for slice_name, finals in exact.items():
        for final, best in finals.items():
            judge.release(session, final, best, holdout, slice_name)
