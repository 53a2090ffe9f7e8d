"""A board is read from one row a team, and the Ladder goes on from there: as from everything, whatever happens."""

from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from benchmarks.boards import from_all_submissions
from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.judge import dossier, exclusion, finals, judging, raw_scores, rescoring, results, worker
from leaderboard.store import prediction_files
from leaderboard.store.jobs import enqueue
from leaderboard.store.queries import accepted, now, track_state
from leaderboard.store.tables import AuditEntry, Job, Release, Submission, Tally, TeamStanding, TrackState
from leaderboard.store.tallies import COUNTED
from scoring.sealed.judge import Score, metric_on
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"
GAIN = 0.004
"""Between two qualities; the board's step is 0.005."""


class Play:
    """An event whose files score what their names say, in another order after a correction."""

    def __init__(self, judge, monkeypatch) -> None:
        self.judge = judge
        self.teams = [add_team(judge, name) for name in ("Muon Collective", "Boosted Tops")]
        self.first = judge.holdout(TRACK).digest
        self.numbers = count()
        self.in_hand: list[Job] = []
        self.breaks = False
        monkeypatch.setattr(judging.judge, "score", self.score)
        monkeypatch.setattr(judging.judge, "estimate", lambda *_: SimpleNamespace(difference_error=lambda: 1.5 * GAIN))
        monkeypatch.setattr(results, "_rank_sets", lambda *_: {})
        monkeypatch.setattr(dossier, "show", lambda *_: None)
        monkeypatch.setattr(prediction_files, "is_whole", lambda *_: True)
        monkeypatch.setattr(worker, "ATTEMPTS", 1)
        for store in (judge.store, judge.scores):
            if store.engine.dialect.name == "sqlite":
                with store.engine.connect() as connection:
                    connection.connection.cursor().execute("PRAGMA synchronous=OFF")

    def score(self, predictions, holdout, slice_name):
        if self.breaks:
            raise RuntimeError("a judge that fails")
        quality = int(predictions._sha256[:4], 16) * (1 if holdout.digest == self.first else 7) % 41
        value, metric = 0.5 + GAIN * quality, metric_on(holdout, slice_name)
        return Score(slice_name, value, value - 0.1, value + 0.1, 0.05, (), metric, holdout.digest)

    def begin(self) -> None:
        """Forget what was played before."""
        self.in_hand.clear()
        with self.judge.scores.write() as session:
            session.execute(delete(raw_scores.RawScore))
        with self.judge.store.write() as session:
            for table in (TeamStanding, Release, Job, Submission, AuditEntry):
                session.execute(delete(table))
            untouched = {"holdout": self.first, "earlier_holdouts": [], "finals": None}
            session.execute(update(TrackState).values(**untouched, finalized_at=None, published_at=None))

    def send(self, at: int) -> int:
        """Let a team send a file of some quality."""
        sha256 = f"{at // 2:04x}{next(self.numbers):060x}"
        team = self.teams[at % 2].id
        names = {"sha256": sha256, "upload_sha256": "", "filename": ""}
        with self.judge.store.write() as session:
            sent = Submission(team_id=team, track=TRACK, began_at=now(), received_at=now(), **names)
            return enqueue(session, sent, "public").submission_id

    def claim(self, _at: int) -> None:
        """Let one more judge take a job."""
        if job := worker.claim(self.judge, "one of many"):
            self.in_hand.append(job)

    def finish(self, at: int) -> None:
        """Let any of the judges finish its job."""
        if self.in_hand:
            worker.handle(self.judge, self.in_hand.pop(at % len(self.in_hand)))

    def judge_one(self, _at: int) -> None:
        """Let a judge take a job and finish it."""
        if job := worker.claim(self.judge, "one at a time"):
            worker.handle(self.judge, job)

    def fail(self, at: int) -> None:
        """Let any of the judges fail."""
        self.breaks = True
        self.finish(at)
        self.breaks = False

    def retry(self, _at: int) -> None:
        """Put what failed back into the queue."""
        worker.retry_failed(self.judge)

    def exclude(self, at: int) -> None:
        """Take a judged file out of the ranking, or put it back into the queue."""
        with self.judge.store.read() as session:
            judged = select(Submission).join(Job, Job.submission_id == Submission.id)
            found = list(session.scalars(judged.where(Job.state.in_(["done", "failed"])).order_by(Submission.id)))
        if found:
            one = found[at % len(found)]
            if one.excluded is None:
                exclusion.exclude(self.judge, [one.id], "for a reason")
            else:
                exclusion.include(self.judge, [one.id])

    def correct(self, at: int) -> None:
        """Correct labels."""
        fixed = rescoring.corrected_holdout(self.judge, TRACK, corrections(self.judge, [at % 2]))
        publish_rescored(self.judge, fixed)

    def roll_back(self, _at: int) -> None:
        """Go back to the labels before, where there are any."""
        with self.judge.store.read() as session:
            corrected = track_state(session, TRACK).earlier_holdouts
        if corrected:
            publish_rescored(self.judge, rescoring.earlier_holdout(self.judge, TRACK))

    def publish(self, _at: int) -> None:
        """Show the finals, where nothing waits."""
        with self.judge.store.read() as session:
            waits = any(one.state != "scored" for one in accepted(session, TRACK))
        if not waits:
            finals.finalize(self.judge, TRACK, early=True)
            finals.publish(self.judge, TRACK)

    def compare(self) -> None:
        """Compare the board with that of all submissions, and the releases with a replay."""
        holdout = self.judge.holdout(TRACK)
        with self.judge.store.read() as session:
            assert board(session, TRACK) == from_all_submissions(session, TRACK)
            assert set(session.execute(select(*Tally.__table__.columns))) == set(session.execute(COUNTED))
            for team in self.teams:
                sent = accepted(session, TRACK, team.id)
                raw = raw_scores.scores_of(self.judge.scores, [one.id for one in sent], holdout, "public")
                of_holdout = Release.holdout == holdout.digest, Release.slice == "public"
                released = {
                    one.submission_id: (one.best_submission_id, one.value, one.low, one.high)
                    for one in session.scalars(select(Release).where(*of_holdout))
                }
                for shown in self.judge.fold(sent, raw, holdout):
                    best = shown.best.submission, *self.judge.on_grid(TRACK, shown.best)
                    assert released[shown.submission] == best


@pytest.fixture
def play(judge, monkeypatch):
    return Play(judge, monkeypatch)


OFTEN = ["send", "send", "send", "judge_one", "judge_one", "claim", "finish"]
SELDOM = ["fail", "retry", "exclude", "correct", "roll_back", "publish"]
steps = st.tuples(st.sampled_from(OFTEN + SELDOM), st.integers(0, 81))


@settings(max_examples=15, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
@given(st.lists(steps, min_size=5, max_size=30))
def test_whatever_happens_board_and_ladder_are_those_of_the_whole_history(play, history):
    play.begin()
    for step, at in history:
        getattr(play, step)(at)
        play.compare()


def test_the_nth_file_asks_for_two_scores_and_writes_one_release(play, monkeypatch):
    asked, written = [], []
    scores_of, release = raw_scores.scores_of, judging.Judge.release
    for at in range(12):
        play.send(2 * at)
        if at == 11:
            monkeypatch.setattr(raw_scores, "scores_of", lambda *args: asked.append(args[1]) or scores_of(*args))
            monkeypatch.setattr(
                judging.Judge, "release", staticmethod(lambda *args: written.append(args[1]) or release(*args))
            )
        play.judge_one(0)
    assert [len(numbers) for numbers in asked] == [1, 2], "the file's own, and its best's"
    assert [len(shown) for shown in written] == [1]


def test_a_retried_earlier_file_is_put_into_its_place(play):
    first, second = play.send(0), play.send(80)
    play.claim(0)
    play.fail(0)
    play.judge_one(0)
    third = play.send(2)
    play.judge_one(0)
    play.retry(0)
    with play.judge.store.read() as session:
        assert [entry.submission for entry in board(session, TRACK)] == [second]
    play.judge_one(0)
    with play.judge.store.read() as session:
        best = dict(session.execute(select(Release.submission_id, Release.best_submission_id)).all())
    assert best == {first: first, second: second, third: second}


def test_only_what_lies_before_a_teams_standing_has_its_history_replayed(play, monkeypatch):
    def resumable():
        with play.judge.store.read() as session:
            return session.scalars(select(TeamStanding.resumable)).one()

    earlier = play.send(0)
    play.claim(0)
    play.fail(0)
    play.send(2)
    play.judge_one(0)
    assert resumable()
    play.send(4)
    play.claim(0)
    with monkeypatch.context() as before_anything_is_replayed:
        before_anything_is_replayed.setattr(judging.Judge, "release_team", lambda *_: None)
        play.fail(0)
        assert resumable(), "a later file that failed takes nothing back"
    with play.judge.store.write() as session:
        session.get(Submission, earlier).state = "queued"
    assert not resumable()


def test_a_receipt_takes_nothing_back_from_any_team(judge):
    def send(team, noise):
        upload = prediction_file(judge, noisy_answers(judge, noise))
        return receive(judge.event, judge.store, team, TRACK, upload, "a.csv")

    first, second = add_team(judge), add_team(judge, "Boosted Tops")
    for team in (first, second):
        send(team, 1)
        worker.work(judge, once=True)
    for team, noise in ((first, 1), (second, 2), (first, 2)):
        send(team, noise)
        with judge.store.read() as session:
            assert session.scalars(select(TeamStanding.resumable)).all() == [True, True]
