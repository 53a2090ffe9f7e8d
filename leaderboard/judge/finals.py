"""After the close: choose and judge finals, publish, reveal."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.spec import PUBLIC
from leaderboard.board.entries import Entry, board, released, submissions_by_team
from leaderboard.event import EventError
from leaderboard.intake.receive import books_close
from leaderboard.judge import dossier, plans, raw_scores, worker
from leaderboard.judge.bench import bench_of, scores
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import (
    FilesLost,
    TaskProgress,
    exact_scores,
    finals_of,
    show_exactly,
    show_places,
    shown_slices,
    silent,
)
from leaderboard.store import copies, prediction_files
from leaderboard.store.jobs import requeue
from leaderboard.store.prediction_files import DamagedFile
from leaderboard.store.queries import accepted, audit, must_not_be_revealing, note_file, now, scored, track_state
from leaderboard.store.tables import Job, Release, Submission
from scoring.sealed.holdout import Holdout


def finalize(judge: Judge, track: str, *, early: bool = False, progress: TaskProgress = silent) -> list[Submission]:
    """Close a track's books, choose every team's final and judge it on the private slice.

    A team's final is the submission it selected, else its best on the board; a team that is out has one, too, which
    decides nothing while it is out. The choice is made once and kept; the scores stay in the vault until `publish`.
    Broken off, it can be run again. A lost file stops nobody else: see `missing`. Only a team of which a file was lost
    before it was judged has no final yet: when the file is back, or excluded, run it again. What the tables say of a
    ceremony that the vault does not know is taken back.

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
        If files may still come in (and not ``early``), or wait for the judge.
    leaderboard.store.queries.Revealing
        If its results are let out one by one at this moment.
    """
    with judge.store.write() as session:
        if not plans.goes_on(judge.vault, session, track):
            plans.break_off(judge.vault, session, track)
        must_not_be_revealing(session, track)
    closes = max(judge.event.config.closes, judge.vault.confirmed("closes") or judge.event.first.closes)
    settled = books_close(closes)
    if now() < settled and not early:
        raise EventError(
            f"the event closes at {closes.isoformat()}, and what began before may come until {settled.isoformat()}: "
            "finalize then, or with --early"
        )
    _judge_what_came_back(judge, track)
    with judge.store.write() as session:
        waiting = len(accepted(session, track)) - len(scored(session, track))
        if waiting:
            raise EventError(f"{waiting} files of {track} still wait for the judge: run `physathon judge --once`")
        state = track_state(session, track)
        state.finalized_at = state.finalized_at or now()
        before, new = state.finals, _choose(judge, session, track)
        if before is None or new:
            state.finals = sorted([*(before or []), *new])
            audit(session, "finalized", track=track, finals=len(before or []) + len(new), early=early)
        finals = finals_of(session, track)
    holdout, lost = judge.holdout(track), {one.id for one in missing(judge, track)}
    whole = [one for one in finals if one.id not in lost]
    with bench_of(judge, holdout) as bench:
        for slice_name in shown_slices(holdout):
            for done, (one, found) in enumerate(scores(judge, bench, whole, slice_name), 1):
                if found is None:
                    raise FilesLost(track, [one])
                raw_scores.record(judge.scores, one.id, found)
                progress(f"finals of {track}, {slice_name}", done, len(whole))
    return finals


def missing(judge: Judge, track: str) -> list[Submission]:
    """Return the submissions whose lost files stand in the way of publication, in order of receipt.

    They are finals, and what keeps a team without a final: files that were lost before they could be judged. Those of
    teams that are out stand in nobody's way.
    """
    with judge.store.read() as session:
        unread = [one for one in _unread(session, track) if one.team.out is None]
        decide = {one.id: one for one in [*finals_of(session, track), *unread]}
    whole = prediction_files.whole(judge.event, (one.sha256 for one in decide.values()))
    lost = [one for _, one in sorted(decide.items()) if one.sha256 not in whole]
    if lost:
        with judge.store.write() as session:
            for one in lost:
                note_file(session, one.sha256, lost=True)
    return lost


def _unread(session: Session, track: str) -> list[Submission]:
    """Return the files of teams that the judge could not read some file of: those that count, and those that would."""
    unread = select(Submission).join(Job, Job.submission_id == Submission.id)
    unread = unread.where(Submission.track == track, Job.state == "failed", Job.error == DamagedFile.__name__)
    failed = list(session.scalars(unread.order_by(Submission.id)))
    teams = {one.team_id for one in failed}
    return [*failed, *(one for one in accepted(session, track) if one.team_id in teams)]


def _judge_what_came_back(judge: Judge, track: str) -> None:
    """Judge what could not be read, where all of the team's files are whole by now."""
    with judge.store.read() as session:
        unread = _unread(session, track)
    whole = prediction_files.whole(judge.event, (one.sha256 for one in unread))
    waits = {one.team_id for one in unread if one.sha256 not in whole}
    with judge.store.write() as session:
        back = requeue(session, Job.submission_id.in_([one.id for one in unread if one.team_id not in waits]))
    if back:
        worker.work(judge, once=True)


def _choose(judge: Judge, session: Session, track: str) -> list[int]:
    """Return the finals of teams that have none yet: what each selected, else what the board shows of it."""
    holdout = judge.holdout(track)
    chosen = track_state(session, track).finals or []
    decided = set(session.scalars(select(Submission.team_id).where(Submission.id.in_(chosen))))
    undecided = {one.team_id for one in _unread(session, track)}
    of_holdout = Release.holdout == holdout.digest, Release.slice == PUBLIC
    seen = set(session.scalars(select(Release.submission_id).where(*of_holdout)))
    sent = {
        team: own
        for team, own in submissions_by_team(scored(session, track)).items()
        if own[0].team_id not in decided | undecided
    }
    for own in sent.values():
        if not all(one.id in seen for one in own):  # a fault of the vault kept them back
            with suppress(DamagedFile):
                judge.release_team(session, own[0].team_id, holdout)
    session.flush()
    best = {sent.team: shown.submission for sent, shown in released(session, holdout.digest, PUBLIC)}
    if judge.frozen_from(session, track):
        for team, own in sent.items():
            with suppress(DamagedFile):  # as on the board, which stays where it is then
                best[team] = _best_of_all(judge, own, holdout)
    return [next((one.id for one in own if one.selected), best.get(team, own[0].id)) for team, own in sent.items()]


def _best_of_all(judge: Judge, own: list[Submission], holdout: Holdout) -> int:
    """Return what the board would show of a team if nothing were withheld."""
    raw = raw_scores.scores_of(judge.scores, [one.id for one in own], holdout, PUBLIC)
    return judge.fold(own, raw, holdout)[-1].best.submission


def publish(judge: Judge, track: str) -> list[Entry]:
    """Show the finals: exact values and rank sets on the private slice, and what recordings show; return the board.

    A ceremony that lets them out one by one ends by it.

    Raises
    ------
    FilesLost
        If a file is missing that the ranking needs.
    EventError
        If the track is not finalized.
    """
    finals, holdout = decided(judge, track), judge.holdout(track)
    exact = exact_scores(judge, holdout, finals, judge.score)
    show_places(judge, holdout, finals)
    with judge.store.write() as session:
        still_decided(session, holdout, finals)
        state = track_state(session, track)
        state.published_at = state.published_at or now()
        judge.vault.note_published([track])
        show_exactly(judge, session, exact, holdout)
        judge.thaw(session, track)
        plans.end(judge.vault, session, track)
        audit(session, "published", track=track)
        session.flush()
        entries = board(session, track)
    plans.drop(judge.vault, track)
    dossier.show(judge, track)
    return entries


def decided(judge: Judge, track: str) -> list[Submission]:
    """Return the finals of a track that can be ranked: each there is, and whole.

    Raises
    ------
    FilesLost
        If a file is missing that the ranking needs.
    EventError
        If the track is not finalized.
    """
    with judge.store.read() as session:
        if track_state(session, track).finals is None:
            raise EventError(f"{track} is not finalized: run `physathon finalize {track}` first")
        finals = finals_of(session, track)
    lost = missing(judge, track)
    if lost:
        raise FilesLost(track, lost)
    with judge.store.write() as session:
        waits = [one for one in _unread(session, track) if one.team.out is None]
        if waits or _choose(judge, session, track):
            raise EventError(f"files of {track} are in no ranking yet: run `physathon finalize {track}` again")
    return finals


def still_decided(session: Session, holdout: Holdout, finals: Sequence[Submission]) -> list[Submission]:
    """Return the finals that were worked on, as they are now.

    Raises
    ------
    EventError
        If they, or the holdout, are no longer those that decide.
    """
    track, found = holdout.track, finals_of(session, holdout.track)
    if track_state(session, track).holdout != holdout.digest or [one.id for one in found] != [one.id for one in finals]:
        raise EventError(f"{track} was rescored, or a team or file taken out, meanwhile: try again")
    return found


def reveal(judge: Judge, track: str) -> list[Path]:
    """Write the answers of a published track into ``public/revealed/``: their SHA-256 are the commitments.

    Where labels were corrected, the answers before each correction are revealed too, with the digest in their name: the
    commitment that a kit carries can always be checked. What was revealed of a correction that was rolled back since is
    taken away.

    Raises
    ------
    EventError
        If the track is not published.
    """
    with judge.store.read() as session:
        state, published = track_state(session, track), judge.is_published(session, track)
    if not published:
        raise EventError(f"{track} is not published: its answers stay sealed until then")
    names = {digest: f"{track}.{digest[:8]}" for digest in state.earlier_holdouts} | {state.holdout: track}
    paths = []
    for digest, name in names.items():
        holdout = judge.holdout(track, digest)
        for slice_name in holdout.commitments:
            path = judge.event.public / "revealed" / f"{name}.{slice_name}.csv"
            copies.write(judge.event, path, holdout.canonical(slice_name))
            paths.append(path)
    copies.remove(judge.event, *set((judge.event.public / "revealed").glob(f"{track}.*.csv")) - set(paths))
    with judge.store.write() as session:
        audit(session, "revealed", track=track)
    return paths
