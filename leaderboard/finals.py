"""After the close: judge finals on the private slice, publish, reveal; and rescoring as a transaction."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from challenges.files import write_atomically
from leaderboard.board import Entry, assemble, board, submissions_by_team
from leaderboard.event import EventError
from leaderboard.judging import Judge
from leaderboard.ladder import on_grid
from leaderboard.store import HoldoutRecord, Submission, accepted, audit, now, track_state
from scoring.holdout import Holdout

FINAL_SLICE = "private"
Progress = Callable[[str, int, int | None], None]


def finalize(
    judge: Judge, track: str, *, early: bool = False, progress: Progress = lambda *_: None
) -> list[Submission]:
    """Judge every team's final submission on the private slice; the scores stay in the vault until `publish`.

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
    judge.must_be_idle(track)
    holdout = judge.holdout(track)
    finals = judge.finals(track, holdout)
    for done, submission in enumerate(finals, start=1):
        judge.score(submission, holdout, FINAL_SLICE)
        progress(f"finals of {track}", done, len(finals))
    with judge.store.write() as session:
        track_state(session, track).finalized_at = now()
        audit(session, "finalized", track=track, finals=len(finals), early=early)
    return finals


def publish(judge: Judge, track: str) -> list[Entry]:
    """Show the finals: exact values on the private slice; return the final board.

    Raises
    ------
    EventError
        If the track is not finalized.
    """
    with judge.store.read() as session:
        if track_state(session, track).finalized_at is None:
            raise EventError(f"{track} is not finalized: run `physathon finalize {track}` first")
    holdout = judge.holdout(track)
    finals = judge.finals(track, holdout)
    with judge.store.write() as session:
        state = track_state(session, track)
        state.published_at = state.published_at or now()
        for submission in finals:
            judge.show_exactly(session, submission, holdout, FINAL_SLICE)
        audit(session, "published", track=track)
        session.flush()
        return board(session, track)


def reveal(judge: Judge, track: str) -> list[Path]:
    """Write the answers of a published track, whose SHA-256 are the commitments, into ``public/revealed/``.

    Raises
    ------
    EventError
        If the track is not published.
    """
    with judge.store.read() as session:
        if track_state(session, track).published_at is None:
            raise EventError(f"{track} is not published: its answers stay sealed until then")
    holdout = judge.holdout(track)
    paths = []
    for name in holdout.commitments:
        path = judge.event.public / "revealed" / f"{track}.{name}.csv"
        write_atomically(path, holdout.canonical(name))
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


@dataclass(frozen=True)
class Rescoring:
    """A rescoring that has been worked out and not yet been published."""

    holdout: Holdout
    moves: list[Move]


def rescore(judge: Judge, track: str, holdout: Holdout, *, progress: Progress = lambda *_: None) -> Rescoring:
    """Work out what a track's board would be on another holdout; nothing that is shown changes.

    Every accepted submission is scored on it (the scores stay in the vault) and the Ladder is replayed.
    """
    _score_all(judge, track, holdout, progress)
    with judge.store.read() as session:
        before = {entry.team: entry for entry in board(session, track)}
    moves = []
    for entry in _board_on(judge, track, holdout):
        old = before.get(entry.team)
        moves.append(
            Move(entry.team, entry.kind, old and old.rank, entry.rank, old.value if old else math.nan, entry.value)
        )
    return Rescoring(holdout, moves)


def corrected_holdout(judge: Judge, track: str, corrections: pd.DataFrame) -> Holdout:
    """Seal a holdout with corrected targets beside the current one, and publish its commitment."""
    current = judge.holdout(track)
    holdout = current.corrected(corrections)
    with judge.store.read() as session:
        secret = session.get(HoldoutRecord, current.digest).secret
    judge.adopt(holdout, secret=secret, note=f"{len(corrections)} targets corrected")
    return holdout


def switch(judge: Judge, track: str, holdout: Holdout, *, progress: Progress = lambda *_: None) -> None:
    """Make a holdout the track's current one, with all its releases, in one transaction."""
    done = False
    while not done:
        _score_all(judge, track, holdout, progress)
        with judge.store.read() as session:
            judged = accepted(session, track)
            published = track_state(session, track).published_at
        shown = [judge.fold(history, holdout, "public") for history in submissions_by_team(judged).values()]
        finals = judge.finals(track, holdout) if published else []
        with judge.store.write() as session:
            # A file that came in meanwhile must be judged on this holdout too.
            done = {entry.id for entry in accepted(session, track)} <= {entry.id for entry in judged}
            if done:
                for one in shown:
                    judge.show(session, one, holdout, "public")
                for submission in finals:
                    judge.show_exactly(session, submission, holdout, FINAL_SLICE)
                state = track_state(session, track)
                state.previous_holdout, state.holdout = state.holdout, holdout.digest
                audit(session, "holdout switched", track=track, holdout=holdout.digest)


def roll_back(judge: Judge, track: str) -> None:
    """Return to the holdout that was current before the last switch.

    Raises
    ------
    EventError
        If there was none.
    """
    with judge.store.read() as session:
        previous = track_state(session, track).previous_holdout
    if previous is None:
        raise EventError(f"{track} has had one holdout only: there is nothing to roll back to")
    switch(judge, track, judge.holdout(track, previous))


def _score_all(judge: Judge, track: str, holdout: Holdout, progress: Progress) -> None:
    with judge.store.read() as session:
        submissions = accepted(session, track)
        published = track_state(session, track).published_at
    for done, submission in enumerate(submissions, start=1):
        judge.score(submission, holdout, "public")
        progress(f"rescoring {track}", done, len(submissions))
    for submission in judge.finals(track, holdout) if published else []:
        judge.score(submission, holdout, FINAL_SLICE)


def _board_on(judge: Judge, track: str, holdout: Holdout) -> list[Entry]:
    """Return the board as it would be on a holdout that every submission has been scored on."""
    with judge.store.read() as session:
        submissions = accepted(session, track)
        published = track_state(session, track).published_at
    best = {}
    if published:
        for submission in judge.finals(track, holdout):
            raw = judge.score(submission, holdout, FINAL_SLICE)
            best[submission.team.name] = submission.id, raw.value, raw.low, raw.high
    else:
        for team, history in submissions_by_team(submissions).items():
            shown = judge.fold(history, holdout, "public")[-1].best
            best[team] = shown.submission, *on_grid(shown.value, shown.low, shown.high, judge.step(track))
    return assemble(submissions, best)
