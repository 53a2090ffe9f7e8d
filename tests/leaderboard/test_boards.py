"""What boards are made of: the ranks that shown intervals allow, how they came to be, points over all tracks."""

from datetime import timedelta

import pytest

from challenges.spec import PRIVATE, PUBLIC, find_track
from leaderboard.board import history
from leaderboard.board.entries import Best, board
from leaderboard.board.overall import overall
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.people import organising
from leaderboard.store.queries import now, track_state
from scoring.points import points
from scoring.roc import ROC_AUC
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"


@pytest.fixture
def teams(judge):
    """Return three teams, the first with two files of which the second is better; the others a good and a bad one."""
    found = [add_team(judge, name) for name in ("Muon", "Tau", "Pion")]
    for team, noise in ((0, 3), (1, 0.6), (2, 9), (0, 0.7)):
        file = prediction_file(judge, noisy_answers(judge, noise, seed=team))
        receive(judge.event, judge.store, found[team], TRACK, file, "file.csv")
        worker.work(judge, once=True)
    return found


def steps(judge):
    with judge.store.read() as session:
        return history.steps(session, TRACK)


def test_teams_whose_shown_intervals_overlap_share_their_ranks_and_others_do_not(judge, teams):
    with judge.store.read() as session:
        ranges = {entry.team: entry.rank_range for entry in board(session, TRACK)}
    assert ranges == {"Tau": "1–2", "Muon": "1–2", "Pion": "3"}


def test_steps_are_the_files_that_became_best_also_after_a_correction(judge, teams):
    before = steps(judge)
    assert [(one.submission, one.team) for one in before] == [(1, "Muon"), (2, "Tau"), (3, "Pion"), (4, "Muon")]
    publish_rescored(judge, judge.holdout(TRACK).corrected(corrections(judge, [0, 1, 2]), lambda _: "00" * 32))
    after = steps(judge)
    assert [(one.submission, one.at) for one in after] == [(one.submission, one.at) for one in before]
    with judge.store.write() as session:
        organising.set_out(session, organising.find(session, "Muon"), "withdrawn", "")
    assert [one.team for one in steps(judge)] == ["Tau", "Pion"]


def test_ranks_rise_by_what_was_shown_in_between(judge, teams):
    told = steps(judge)
    then, at_last = history.ranks_at(told, told[2].at), history.ranks_at(told, now())
    assert then == {"Tau": 1, "Muon": 2, "Pion": 3} == at_last
    assert history.movement(history.ranks_at(told, told[0].at), at_last) == {"Tau": None, "Muon": -1, "Pion": None}
    assert history.ranks_at(told, told[0].at - timedelta(seconds=1)) == {}


def test_points_of_all_tracks_add_up_and_an_empty_track_counts_nothing(judge, teams):
    with judge.store.read() as session:
        entries = board(session, TRACK)
    anchors = find_track(TRACK)[1].anchors
    worth = {one.team: points(one.value, ROC_AUC, anchors.floor, anchors.reference) for one in entries}
    found = overall({TRACK: entries, "nmr.interaction": [], "nmr.gauss": []})
    assert {one.team: one.points for one in found} == pytest.approx(worth)
    assert [one.team for one in found] == [one.team for one in entries]
    assert found[0].rank_range == "1–2"


def test_while_results_are_let_out_one_by_one_the_others_stand_where_they_stood(judge, teams):
    finals.finalize(judge, TRACK, early=True)
    with judge.store.write() as session:
        public = {entry.team: entry for entry in board(session, TRACK)}
        track_state(session, TRACK).revealing_at = now()
        judge.release(session, {3: Best(3, 0.99, 0.98, 0.995, 1, 1)}, judge.holdout(TRACK).digest, PRIVATE)
        session.flush()
        entries = board(session, TRACK)
    assert [(one.team, one.slice, one.rank) for one in entries] == [
        ("Pion", PRIVATE, 1),
        ("Tau", PUBLIC, 2),
        ("Muon", PUBLIC, 3),
    ]
    assert [one.value for one in entries[1:]] == [public["Tau"].value, public["Muon"].value]
