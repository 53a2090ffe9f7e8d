"""Rescoring as a transaction: who would move on a corrected holdout, one switch, and back."""

import math
from dataclasses import dataclass

import pandas as pd

from leaderboard.board import assemble, board
from leaderboard.event import EventError
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import Progress, Results, judge_all, show_exactly
from leaderboard.store.queries import accepted, audit, track_state
from leaderboard.store.tables import HoldoutRecord
from scoring.sealed.holdout import Holdout


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
    results = judge_all(judge, track, holdout, judge.look, progress)
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
    while not _switched(judge, track, holdout, judge_all(judge, track, holdout, judge.score, progress)):
        pass


def _switched(judge: Judge, track: str, holdout: Holdout, results: "Results") -> bool:
    with judge.store.write() as session:
        scored = {entry.id for entry in accepted(session, track) if entry.state == "scored"}
        if scored != {entry.id for entry in results.submissions}:
            return False  # a file was judged meanwhile: it must be judged on this holdout too
        for shown in results.shown.values():
            judge.show(session, shown, holdout)
        show_exactly(judge, session, results.exact, holdout)
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
