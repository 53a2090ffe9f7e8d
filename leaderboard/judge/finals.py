"""After the close: choose and judge finals, publish, reveal."""

from pathlib import Path

from challenges.files import write_atomically
from leaderboard.board import Entry, board
from leaderboard.event import EventError
from leaderboard.judge.judging import Judge
from leaderboard.judge.ladder import Shown
from leaderboard.judge.results import (
    TaskProgress,
    exact_scores,
    finals_of,
    judge_all,
    show_exactly,
    shown_slices,
    silent,
)
from leaderboard.store.queries import accepted, audit, now, scored, track_state
from leaderboard.store.tables import Submission


def finalize(judge: Judge, track: str, *, early: bool = False, progress: TaskProgress = silent) -> list[Submission]:
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
        waiting = len(accepted(session, track)) - len(scored(session, track))
        if waiting:
            raise EventError(f"{waiting} files of {track} still wait for the judge: run `physathon judge --once`")
        state = track_state(session, track)
        state.finalized_at = state.finalized_at or now()
    holdout = judge.holdout(track)
    results = judge_all(judge, track, holdout, judge.score, progress)
    with judge.store.write() as session:
        state = track_state(session, track)
        if state.finals is None:
            chosen = [_final(results.shown[team], sent) for team, sent in results.teams.items()]
            state.finals = chosen
            audit(session, "finalized", track=track, finals=len(chosen), early=early)
        finals = finals_of(session, track)
    for done, submission in enumerate(finals, start=1):
        for slice_name in shown_slices(holdout):
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
        finals = finals_of(session, track)
    holdout = judge.holdout(track)
    exact = exact_scores(judge, holdout, finals, judge.score)
    with judge.store.write() as session:
        state = track_state(session, track)
        if state.holdout != holdout.digest:
            raise EventError(f"{track} was rescored meanwhile: publish again")
        state.published_at = state.published_at or now()
        show_exactly(judge, session, exact, holdout)
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


def _final(shown: list[Shown], sent: list[Submission]) -> int:
    return next((submission.id for submission in sent if submission.selected), shown[-1].best.submission)
