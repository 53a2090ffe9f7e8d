"""What publication shows beyond the board: nothing before, all of it after, and never of who is out."""

import pytest

from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.judge import dossier, exclusion, finals, rescoring, worker
from leaderboard.people import teams
from leaderboard.public import results
from leaderboard.store.queries import now, track_state
from scoring.curve import roc_curve, working_point
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"


def send(judge, team, noise: float) -> int:
    upload = prediction_file(judge, noisy_answers(judge, noise, seed=int(10 * noise)))
    return receive(judge.event, judge.store, team, TRACK, upload, "a.csv")["submission"]


@pytest.fixture
def played(judge):
    """Return the judge of an event in which three teams and a baseline have sent a file each."""
    for name, noise in {"Strong": 0.3, "Even": 1.4, "Same": 1.5}.items():
        send(judge, add_team(judge, name), noise)
    with judge.store.write() as session:
        baseline = teams.add_team(session, "Oracle, higgs", kind="baseline")
    send(judge, baseline, 0.1)
    worker.work(judge, once=True)
    return judge


@pytest.fixture
def published(played):
    finals.finalize(played, TRACK, early=True)
    finals.publish(played, TRACK)
    return played


def test_before_publication_there_is_no_result_whatever_else_has_begun(played):
    assert results.read(played.event, TRACK) is None
    finals.finalize(played, TRACK, early=True)
    with played.store.write() as session:
        track_state(session, TRACK).revealing_at = now()
    dossier.show(played, TRACK)
    assert results.read(played.event, TRACK) is None
    assert not results.path_of(played.event, TRACK).exists()


def test_a_result_has_what_the_board_has_and_what_the_scorer_says_of_the_answers(published):
    found, holdout = results.read(published.event, TRACK), published.holdout(TRACK)
    with published.store.read() as session:
        entries = board(session, TRACK)
    of = {one.submission: one for one in found.finals}
    for entry in entries:
        value = of[entry.submission].slices["private"]
        assert (value.value, value.low, value.high) == (entry.value, entry.low, entry.high)
    assert (found.holdout, found.metric) == (holdout.digest, "roc_auc/1")
    assert found.rows == {name: len(holdout.rows(name)) for name in ("public", "private")}
    rows, strong = holdout.rows("private"), entries[1]
    label, score = holdout.targets["label"].to_numpy()[rows], noisy_answers(published, 0.3, seed=3)[rows]
    curve, point = roc_curve(label, score, max_points=100), working_point(label, score, 0.3)
    assert of[strong.submission].curve.high == tuple(curve.high.round(5).tolist())
    told = of[strong.submission].points[0]
    assert (told.asked, told.background, (told.low, told.high)) == (
        0.3,
        point.background_efficiency,
        point.background_interval,
    )
    assert told.rejection == (point.rejection, *point.rejection_interval)


def test_who_is_surely_ahead_adds_up_to_the_rank_ranges(published):
    found = results.read(published.event, TRACK)
    with published.store.read() as session:
        entries = [entry for entry in board(session, TRACK) if entry.kind == "team"]
    ahead = [(pair.first, pair.second) for pair in found.pairs if pair.ahead]
    assert len(found.pairs) == 3
    for entry in entries:
        assert entry.rank_best == 1 + sum(second == entry.submission for _, second in ahead)
        assert entry.rank_worst == len(entries) - sum(first == entry.submission for first, _ in ahead)


def test_a_result_follows_who_is_taken_out_and_every_correction(published):
    before = results.read(published.event, TRACK)
    exclusion.set_out(published, "Strong", "withdrawn")
    assert {one.submission for one in results.read(published.event, TRACK).finals} == {2, 3, 4}
    exclusion.set_out(published, "Strong", None)
    assert results.read(published.event, TRACK) == before
    changed = rescoring.corrected_holdout(published, TRACK, corrections(published, [0, 1, 2]))
    publish_rescored(published, changed)
    assert results.read(published.event, TRACK).holdout == changed.digest
