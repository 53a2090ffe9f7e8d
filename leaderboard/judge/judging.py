"""The judge's own steps: score a submission, fold a team's history, release what may be shown."""

from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from itertools import takewhile

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.spec import PUBLIC
from leaderboard.board.entries import Best, metric_of
from leaderboard.event import Event
from leaderboard.judge import raw_scores
from leaderboard.judge.ladder import Judged, Shown, climb, on_grid
from leaderboard.judge.raw_scores import Scored
from leaderboard.judge.vault import Vault
from leaderboard.store import prediction_files
from leaderboard.store.database import open_store
from leaderboard.store.prediction_files import DamagedFile
from leaderboard.store.queries import accepted, now, step_of, track_state
from leaderboard.store.settings import changed
from leaderboard.store.standings import advance, read_anew, standing
from leaderboard.store.tables import HoldoutRecord, Release, Submission, TeamStanding, TrackState
from scoring.ranking import Ranking
from scoring.sealed import judge
from scoring.sealed.holdout import Holdout


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
        with ExitStack() as opened:
            self.store = opened.enter_context(closing(open_store(event)))
            self.scores = opened.enter_context(closing(raw_scores.open_scores(vault)))
            if vault.published() is None:
                with self.store.read() as session:
                    published = select(TrackState.name).where(TrackState.published_at.is_not(None))
                    vault.note_published(session.scalars(published))
            self._databases = opened.pop_all()
        self._holdouts: dict[tuple[str, str], Holdout] = {}
        self._steps: dict[str, float] = {}
        self._difference_errors: dict[tuple[str, int, int], float] = {}

    def close(self) -> None:
        """Let go of both databases."""
        self._databases.close()

    def holdout(self, track: str, digest: str | None = None) -> Holdout:
        """Open a holdout of a track, the current one by default, once."""
        if digest is None:
            with self.store.read() as session:
                digest = track_state(session, track).holdout
        if (track, digest) not in self._holdouts:
            self._holdouts[track, digest] = self.vault.open(track, digest)
        return self._holdouts[track, digest]

    def commit(self, session: Session, holdout: Holdout, *, secret: bool, note: str) -> None:
        """Seal a holdout into the vault and commit to it in public, in the caller's transaction.

        It is not judged on by that: `prepare` makes a track's first holdout current, `rescoring.switch` any other.
        """
        self.vault.seal(holdout)
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

    def score(self, submission: Submission, holdout: Holdout, slice_name: str) -> raw_scores.RawScore:
        """Score a submission once and keep the raw score in the vault."""
        return raw_scores.record(self.scores, submission.id, self.look(submission, holdout, slice_name))

    def look(self, submission: Submission, holdout: Holdout, slice_name: str) -> Scored:
        """Return the raw score that is kept of a submission, else score it and keep nothing."""
        known = raw_scores.scores_of(self.scores, [submission.id], holdout, slice_name)
        return known.get(submission.id) or judge.score(self.predictions(submission), holdout, slice_name)

    def fold(
        self,
        submissions: list[Submission],
        raw: Mapping[int, Scored],
        holdout: Holdout,
        best: Submission | None = None,
    ) -> list[Shown]:
        """Return what may be shown after each of one team's submissions, up to the first that is not scored yet.

        Parameters
        ----------
        submissions : list of Submission
            Of one team, in order of receipt.
        raw : mapping
            Their scores on the public slice of the holdout, by submission.
        holdout : Holdout
        best : Submission, optional
            The team's best before these, where they are not its first.
        """
        ready = list(takewhile(lambda submission: submission.state == "scored", submissions))
        by_id = {submission.id: submission for submission in ([best] if best else []) + ready}

        def difference_error(new: int, best: int) -> float:
            key = holdout.digest, new, best
            if key not in self._difference_errors:
                both = [self.predictions(by_id[number]) for number in (new, best)]
                self._difference_errors[key] = judge.estimate(both, holdout, PUBLIC).difference_error()
            return self._difference_errors[key]

        def judged(submission: Submission) -> Judged:
            return Judged.of(submission.id, raw[submission.id])

        return climb(
            map(judged, ready),
            difference_error,
            self.step(holdout.track),
            best=judged(best) if best else None,
            greater_is_better=metric_of(holdout.track).greater_is_better,
        )

    def learn(self, holdout: Holdout, errors: Mapping[tuple[int, int], float]) -> None:
        """Take over standard errors of differences, each of a new submission and a best, that were worked out ahead."""
        self._difference_errors |= {(holdout.digest, *pair): error for pair, error in errors.items()}

    def release_team(self, session: Session, team_id: int, holdout: Holdout) -> None:
        """Let one team's Ladder go on, on the public slice, and write its releases, in the caller's transaction.

        It goes on from where the team stands; where that is not all that came before, its history is replayed.
        """
        last, best = self._before(session, team_id, holdout)
        waiting = accepted(session, holdout.track, team_id, after=last)
        submissions = self.shown_of(waiting, self.frozen_from(session, holdout.track))
        needed = [*takewhile(lambda one: one.state == "scored", submissions), *([best] if best else [])]
        raw = raw_scores.scores_of(self.scores, [submission.id for submission in needed], holdout, PUBLIC)
        for submission in needed:  # A vault that was restored may know less than the event's tables.
            if submission.id not in raw:
                raw[submission.id] = self.score(submission, holdout, PUBLIC)
        shown = self.fold(submissions, raw, holdout, best)
        if shown:
            self.show(session, shown, holdout)
            found = session.get_one(TeamStanding, (holdout.digest, PUBLIC, team_id))
            passed = [one for one in waiting if one.id <= found.submission_id]
            found.resumable = [one.id for one in passed] == [one.submission for one in shown]

    def frozen_from(self, session: Session, track: str) -> datetime | None:
        """Return from when on nothing is shown of the files that begin, on a track; None where everything is."""
        return None if self.is_published(session, track) else self.freeze()

    def is_published(self, session: Session, track: str) -> bool:
        """Return whether a track is published, on this side too: the tables alone can say what they like."""
        return track_state(session, track).published_at is not None and track in (self.vault.published() or ())

    def freeze(self) -> datetime | None:
        """Return the freeze that holds, if there is one, and keep it on this side.

        One that was seen here is moved and taken away on this side alone: the web, taken over, could else let out what
        is withheld. An earlier one is followed.
        """
        kept = self.vault.confirmed("freezes_at")

        def is_earlier(said: datetime | None) -> bool:
            return said is not None and (kept is None or said < kept)

        if is_earlier(self.event.config.freezes_at):
            with self.store.read() as session:  # What is followed may be a second older than what is kept.
                said = self.event.with_settings(changed(session)).freezes_at
            if is_earlier(said):
                self.vault.confirm("freezes_at", said)
                return said
        return kept

    @staticmethod
    def shown_of(submissions: list[Submission], frozen_from: datetime | None) -> list[Submission]:
        """Return those of which something may be shown."""
        return [one for one in submissions if frozen_from is None or one.began_at < frozen_from]

    def thaw(self, session: Session, track: str) -> None:
        """Show what was withheld of a track and may be shown now, in the caller's transaction."""
        state, frozen_from = track_state(session, track), self.frozen_from(session, track)
        if state.revealing_at and not self.is_published(session, track):
            return  # all who had no turn yet stand where they stood
        released = select(Release.submission_id).where(Release.holdout == state.holdout, Release.slice == PUBLIC)
        of_track = Submission.track == track, Submission.state == "scored", Submission.id.not_in(released)
        withheld = list(session.scalars(select(Submission).where(*of_track)))
        for team_id in {one.team_id for one in self.shown_of(withheld, frozen_from)}:
            read_anew(session, team_id)
            with suppress(DamagedFile):  # of an earlier file of the team, whose board stays as it is
                self.release_team(session, team_id, self.holdout(track))

    @staticmethod
    def _before(session: Session, team_id: int, holdout: Holdout) -> tuple[int, Submission | None]:
        """Return the last of a team's submissions that its Ladder can go on from, and its best so far."""
        found = standing(session, team_id, holdout.digest, PUBLIC)
        if found is None or not found.resumable:
            return 0, None
        release = select(Release.best_submission_id).where(
            Release.submission_id == found.submission_id, Release.slice == PUBLIC, Release.holdout == holdout.digest
        )
        return found.submission_id, session.get_one(Submission, session.scalars(release).one())

    def step(self, track: str) -> float:
        """Return the grid of a track's board, in the metric's unit."""
        if track not in self._steps:
            with self.store.read() as session:
                self._steps[track] = step_of(session, track)
        return self._steps[track]

    def show(self, session: Session, shown: list[Shown], holdout: Holdout) -> None:
        """Write the Ladder's values as releases, in the caller's transaction; a second time changes nothing."""
        best = {one.submission: Best(one.best.submission, *self.on_grid(holdout.track, one.best)) for one in shown}
        self.release(session, best, holdout.digest, PUBLIC)

    def on_grid(self, track: str, judged: Judged) -> tuple[float, float, float]:
        """Return what is shown of a score during the event; no limit beyond what the metric can be."""
        metric = metric_of(track)
        value, low, high = on_grid(judged.value, judged.low, judged.high, self.step(track))
        return value, max(low, metric.low), min(high, metric.high)

    @staticmethod
    def release(session: Session, shown: Mapping[int, Best], digest: str, slice_name: str) -> None:
        """Write the releases of some submissions on a holdout, given by its digest, or bring those there up to date."""
        of_slice = Release.slice == slice_name, Release.holdout == digest
        known = {
            release.submission_id: release
            for release in session.scalars(select(Release).where(Release.submission_id.in_(shown), *of_slice))
        }
        for submission, best in shown.items():
            found = known.get(submission)
            if found is None:
                found = Release(submission_id=submission, slice=slice_name, holdout=digest, created_at=now())
                session.add(found)
            found.best_submission_id = best.submission
            found.value, found.low, found.high = best.value, best.low, best.high
            found.rank_best, found.rank_worst = best.rank_best, best.rank_worst
        advance(session, shown, digest, slice_name)

    def predictions(self, submission: Submission) -> "KeptPredictions":
        """Return a submission's predictions, read when they are needed."""
        return KeptPredictions(self.event, self.vault, submission.sha256)


class KeptPredictions:
    """The predictions of a kept file, read anew each time; sorted once in an event, however often they are judged."""

    def __init__(self, event: Event, vault: Vault, sha256: str) -> None:
        self._event, self._vault, self._sha256 = event, vault, sha256

    @property
    def values(self) -> np.ndarray:
        """Float64, shape (n, k), rows by ascending id."""
        return prediction_files.get(self._event, self._sha256)

    @property
    def ranking(self) -> Ranking:
        """The order of the first column."""
        return self._vault.ranking(self._sha256, lambda: judge.Predictions(self.values).ranking)
