"""Rescoring as a transaction: a dry run shows who would move, one switch makes exactly that the board, and back."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

from leaderboard.board.entries import Entry, assemble, board
from leaderboard.event import EventError
from leaderboard.judge import dossier, raw_scores
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import FilesLost, Results, TaskProgress, finals_of, judge_all, show_exactly, silent
from leaderboard.store.queries import audit, holdout_record, must_not_be_revealing, scored, track_state
from scoring.sealed.corrections import read_corrections
from scoring.sealed.holdout import Holdout


class BoardChanged(EventError):
    """A board that is no longer the one that a dry run was computed on; nothing was published."""


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
class DryRun:
    """What a track's board would be on another holdout.

    Attributes
    ----------
    name : str
        Twelve hexadecimal digits that only this correction of this very board has. They come from the vault's key, so
        that nobody can find labels by trying which of them would give the name.
    holdout : Holdout
    before : tuple of Entry
        The board as it is shown now.
    moves : list of Move
        What would become of each team.
    results : Results
        What was judged for it, and which files are lost; nothing of it is kept anywhere until `switch`.
    """

    name: str
    holdout: Holdout
    before: tuple[Entry, ...]
    moves: list[Move]
    results: Results


def corrected_holdout(judge: Judge, track: str, corrections: Path | pd.DataFrame) -> Holdout:
    """Return the current holdout with corrected targets; it is sealed and committed to by `switch` only.

    The same corrections of the same holdout give the same one again, salts and all: those follow from the vault's key.

    Parameters
    ----------
    judge : Judge
    track : str
    corrections : Path or DataFrame
        A file as `scoring.sealed.corrections.read_corrections` reads it, or what it returns.

    Raises
    ------
    scoring.sealed.holdout.HoldoutError
        If the file cannot be read, or the corrections do not fit the holdout, or change nothing.
    """
    holdout = judge.holdout(track)
    if isinstance(corrections, Path):
        corrections = read_corrections(corrections, holdout, judge.event.track(track)[1])

    def salt(corrected: bytes) -> str:
        return judge.vault.derive(f"salt {hashlib.sha256(corrected).hexdigest()}").hex()

    return holdout.corrected(corrections, salt)


def earlier_holdout(judge: Judge, track: str) -> Holdout:
    """Return the holdout before the last correction.

    Raises
    ------
    EventError
        If there was none.
    """
    with judge.store.read() as session:
        earlier = track_state(session, track).earlier_holdouts
    if not earlier:
        raise EventError(f"{track} is on its first holdout: there is nothing to roll back to")
    return judge.holdout(track, earlier[-1])


def rescore(
    judge: Judge,
    track: str,
    holdout: Holdout,
    *,
    progress: TaskProgress = silent,
    known: DryRun | None = None,
) -> DryRun:
    """Work out what a track's board would be on another holdout; nothing is written, not even in the vault.

    Parameters
    ----------
    judge : Judge
    track : str
    holdout : Holdout
    progress : callable
    known : DryRun, optional
        An earlier one on the same holdout: what it has judged is not judged again.

    Raises
    ------
    leaderboard.store.queries.Revealing
        If the track's results are let out one by one at this moment.
    """
    with judge.store.read() as session:
        must_not_be_revealing(session, track)
        name, before = _name(judge, session, track, holdout), tuple(board(session, track))
    results = judge_all(judge, track, holdout, progress, known.results.raw if known else {})
    old = {entry.team: entry for entry in before}
    files = {team: len(sent) for team, sent in results.teams.items()}
    moves = [_move(entry, old.get(entry.team)) for entry in assemble(track, results.best(judge, track), files)]
    return DryRun(name, holdout, before, moves, results)


def _move(new: Entry, old: Entry | None) -> Move:
    return Move(new.team, new.kind, old.rank if old else None, new.rank, old.value if old else math.nan, new.value)


def switch(judge: Judge, dry_run: DryRun) -> None:
    """Make what a dry run has shown the board: seal its holdout, commit to it and switch, in one transaction.

    Raises
    ------
    FilesLost
        If the dry run had to do without files that are missing or damaged.
    BoardChanged
        If the board is not the one that the dry run was computed on; the message says what changed meanwhile.
    leaderboard.store.queries.Revealing
        If the track's results are let out one by one at this moment.
    """
    holdout, results, track = dry_run.holdout, dry_run.results, dry_run.holdout.track
    if results.lost:
        raise FilesLost(track, results.lost)
    with judge.store.write() as session:
        must_not_be_revealing(session, track)
        if _name(judge, session, track, holdout) != dry_run.name:
            raise BoardChanged(_what_changed(track, dry_run.before, board(session, track)))
        state = track_state(session, track)
        current = holdout_record(session, track)
        judge.commit(session, holdout, secret=current.secret, note=f"corrected after {current.digest[:8]}")
        for (submission, _), score in results.raw.items():
            raw_scores.record(judge.scores, submission, score)
        for shown in results.shown.values():
            judge.show(session, shown, holdout)
        show_exactly(judge, session, results.exact, holdout)
        if holdout.digest in state.earlier_holdouts:
            state.earlier_holdouts = state.earlier_holdouts[: state.earlier_holdouts.index(holdout.digest)]
        elif holdout.digest != state.holdout:
            state.earlier_holdouts = [*state.earlier_holdouts, state.holdout]
        state.holdout = holdout.digest
        audit(session, "holdout switched", track=track, holdout=holdout.digest, dry_run=dry_run.name)
    dossier.show(judge, track)


def _name(judge: Judge, session: Session, track: str, holdout: Holdout) -> str:
    """Return what names a dry run: of a holdout, and of all that its board follows from."""
    state = track_state(session, track)
    follows_from = {
        "to": holdout.digest,
        "from": state.holdout,
        "published": state.published_at is not None,
        "finals": [final.id for final in finals_of(session, track)],
        "scored": [submission.id for submission in scored(session, track)],
        "board": [asdict(entry) for entry in board(session, track)],
    }
    document = json.dumps(follows_from, sort_keys=True, default=str)
    return judge.vault.derive(f"dry run {track} {document}").hex()[:12]


def _what_changed(track: str, before: tuple[Entry, ...], after: list[Entry]) -> str:
    then, now = ({entry.team: entry for entry in entries} for entries in (before, after))
    changed = [
        f"{team} {_standing(then.get(team))} -> {_standing(now.get(team))}"
        for team in dict.fromkeys([*then, *now])
        if _standing(then.get(team)) != _standing(now.get(team))
    ]
    return f"the board of {track} changed meanwhile: {'; '.join(changed) or 'a file was judged that moved nobody'}"


def _standing(entry: Entry | None) -> str:
    return f"{entry.value:g} with {entry.submissions} files" if entry else "not on it"
