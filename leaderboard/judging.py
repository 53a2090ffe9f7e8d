"""The judge's own steps: score a submission, fold a team's history, release what may be shown."""

from collections.abc import Callable

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard import files, scores
from leaderboard.board import submissions_by_team
from leaderboard.event import Event, EventError
from leaderboard.ladder import Judged, Shown, climb, on_grid
from leaderboard.store import HoldoutRecord, Release, Submission, TrackState, accepted, now, open_store, track_state
from leaderboard.vault import Vault
from scoring import judge
from scoring.holdout import Holdout

Progress = Callable[[int, int], None]


class Judge:
    """The only part of an event that opens the vault.

    Parameters
    ----------
    event : Event
    vault : Vault
    """

    def __init__(self, event: Event, vault: Vault) -> None:
        self.event = event
        self.vault = vault
        self.store = open_store(event)
        self.scores = scores.open_scores(vault)
        self._holdouts: dict[tuple[str, str], Holdout] = {}

    def close(self) -> None:
        """Let go of both databases."""
        self.store.close()
        self.scores.close()

    def holdout(self, track: str, digest: str | None = None) -> Holdout:
        """Open a holdout of a track, the current one by default, once."""
        if digest is None:
            with self.store.read() as session:
                digest = track_state(session, track).holdout
        if (track, digest) not in self._holdouts:
            self._holdouts[track, digest] = self.vault.open(track, digest)
        return self._holdouts[track, digest]

    def adopt(self, holdout: Holdout, *, secret: bool, note: str) -> None:
        """Seal a holdout into the vault and commit to it in public; a track's first one becomes its current one."""
        self.vault.seal(holdout)
        with self.store.write() as session:
            if session.get(HoldoutRecord, holdout.digest) is None:
                record = HoldoutRecord(
                    digest=holdout.digest,
                    track=holdout.track,
                    commitments=holdout.commitments,
                    rows={name: len(holdout.rows(name)) for name in holdout.salts},
                    secret=secret,
                    note=note,
                    created_at=now(),
                )
                session.add(record)
                session.flush()
            if session.get(TrackState, holdout.track) is None:
                session.add(TrackState(name=holdout.track, holdout=holdout.digest))

    def score(self, submission: Submission, holdout: Holdout, slice_name: str) -> scores.RawScore:
        """Score a submission once and keep the raw score in the vault."""
        known = self.raw(submission, holdout, slice_name)
        if known is not None:
            return known
        found = judge.score(self._predictions(submission), holdout, slice_name)
        return scores.record(self.scores, submission.id, found)

    def fold(self, submissions: list[Submission], holdout: Holdout, slice_name: str) -> list[Shown]:
        """Return what may be shown after each of one team's submissions, up to the first that has no score yet."""
        raw = scores.scores_of(self.scores, holdout.digest, slice_name)
        scored = []
        for submission in submissions:
            if submission.id not in raw:
                break
            score = raw[submission.id]
            scored.append(Judged(submission.id, score.value, score.low, score.high))
        by_id = {submission.id: submission for submission in submissions}

        def difference_error(new: int, best: int) -> float:
            both = self._predictions(by_id[new]), self._predictions(by_id[best])
            return judge.difference_error(*both, holdout, slice_name)

        return climb(scored, difference_error, self.step(holdout.track))

    def step(self, track: str) -> float:
        """Return the grid of a track's board, in the metric's unit."""
        return self.event.track(track)[1].step

    def show(self, session: Session, shown: list[Shown], holdout: Holdout, slice_name: str) -> None:
        """Write the Ladder's values as releases, in the caller's transaction; a second time changes nothing."""
        step = self.step(holdout.track)
        for one in shown:
            value, low, high = on_grid(one.best.value, one.best.low, one.best.high, step)
            self.release(session, one.submission, one.best.submission, holdout, slice_name, (value, low, high))

    def show_exactly(self, session: Session, submission: Submission, holdout: Holdout, slice_name: str) -> None:
        """Write a submission's exact score as a release: only after the event, when nothing can be probed any more."""
        raw = self.score(submission, holdout, slice_name)
        self.release(session, submission.id, submission.id, holdout, slice_name, (raw.value, raw.low, raw.high))

    @staticmethod
    def release(
        session: Session,
        submission: int,
        best: int,
        holdout: Holdout,
        slice_name: str,
        limits: tuple[float, float, float],
    ) -> None:
        """Write one release, or bring the one that is there up to date."""
        found = session.scalar(
            select(Release).where(
                Release.submission_id == submission, Release.slice == slice_name, Release.holdout == holdout.digest
            )
        )
        if found is None:
            found = Release(submission_id=submission, slice=slice_name, holdout=holdout.digest, created_at=now())
            session.add(found)
        found.best_submission_id = best
        found.value, found.low, found.high = limits

    def finals(self, track: str, holdout: Holdout) -> list[Submission]:
        """Return each team's final submission: the one it selected, else the Ladder's best on the public slice."""
        with self.store.read() as session:
            teams = submissions_by_team(accepted(session, track))
        finals = []
        for submissions in teams.values():
            chosen = [submission.id for submission in submissions if submission.selected]
            final = chosen[0] if chosen else self.fold(submissions, holdout, "public")[-1].best.submission
            finals += [submission for submission in submissions if submission.id == final]
        return finals

    def raw(self, submission: Submission, holdout: Holdout, slice_name: str) -> scores.RawScore | None:
        """Return a submission's raw score, if it has been judged on this slice of this holdout."""
        with self.scores.read() as session:
            return session.get(scores.RawScore, (submission.id, slice_name, holdout.digest, holdout.metric))

    def must_be_idle(self, track: str) -> None:
        """Raise EventError while files of a track still wait for the judge."""
        with self.store.read() as session:
            waiting = [entry.id for entry in accepted(session, track) if entry.state != "scored"]
        if waiting:
            raise EventError(f"{len(waiting)} files of {track} still wait for the judge: run `physathon judge --once`")

    def _predictions(self, submission: Submission) -> np.ndarray:
        return files.get(self.event, submission.sha256)
