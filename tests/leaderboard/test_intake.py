"""Intake: a bad file costs nothing and leaves nothing; a good one gives a receipt that proves itself."""

import json
from datetime import timedelta

import numpy as np
import pytest

from baselines.rungs import rungs
from leaderboard import ghosts
from leaderboard.event import Event, EventError, EventNotOpen
from leaderboard.intake import receipts
from leaderboard.intake.quota import QuotaUsedUp
from leaderboard.intake.receive import check_file, public_data, receive
from leaderboard.intake.standing import select_final
from leaderboard.judge import finals, prepare, worker
from leaderboard.store.queries import now, step_of, track_state
from leaderboard.store.tables import Job, Submission, Team
from scoring.predictions import PredictionFileError
from tests.scoring.bad_files import bad_files
from tests.support import TOYS, add_team, answers, kept_files, noisy_answers, prediction_file

TRACK = "higgs.signal"


def everything_in(judge):
    return sorted(
        (str(path.relative_to(judge.event.folder)), path.read_bytes())
        for path in judge.event.folder.rglob("*")
        if path.is_file() and "sqlite" not in path.name
    )


def count(judge, table):
    with judge.store.read() as session:
        return session.query(table).count()


def test_no_bad_file_costs_a_team_anything_or_leaves_anything_behind(make_judge):
    judge = make_judge(submissions_per_day=1)
    team = add_team(judge)
    format = public_data(judge.event, "higgs.signal").format()
    before = everything_in(judge)
    corpus = bad_files(format)
    assert len(corpus) > 40
    for bad in corpus:
        with pytest.raises(PredictionFileError):
            receive(judge.event, judge.store, team, TRACK, bad.content, bad.name)
    assert everything_in(judge) == before
    assert count(judge, Submission) == count(judge, Job) == 0
    assert receive(judge.event, judge.store, team, TRACK, prediction_file(judge, answers(judge)), "good.csv")


def test_a_receipt_proves_what_was_sent_and_when(judge):
    upload = prediction_file(judge, noisy_answers(judge, 1))
    document = receive(judge.event, judge.store, add_team(judge), TRACK, upload, "a.csv")
    receipt = receipts.verify(json.loads(json.dumps(document)), judge.event)
    assert receipt.team == "Muon Collective"
    assert document["version"] == receipt.version == receipts.VERSION
    assert receipt.holdout == judge.holdout(TRACK).digest
    for key, forged in [("team", "Boosted Tops"), ("received_at", "2020-01-01T00:00:00+00:00"), ("submission", 2)]:
        with pytest.raises(receipts.ReceiptError, match="does not fit: the receipt was changed"):
            receipts.verify(document | {key: forged}, judge.event)
    with pytest.raises(receipts.ReceiptError, match="no receipt"):
        receipts.verify({"team": "x"}, judge.event)
    with pytest.raises(receipts.ReceiptError, match="no receipt"):
        receipts.verify([1], judge.event)
    with pytest.raises(receipts.ReceiptError, match="no receipt: expected version 2 or an earlier one, got 3"):
        receipts.verify(document | {"version": 3}, judge.event)
    with pytest.raises(receipts.ReceiptError, match="changed, or comes from another event"):
        receipts.verify({key: value for key, value in document.items() if key != "version"}, judge.event)


def test_the_same_predictions_twice_are_one_submission_whatever_the_file(judge):
    team, values = add_team(judge), noisy_answers(judge, 1)
    first = receive(judge.event, judge.store, team, TRACK, prediction_file(judge, values), "a.csv")
    lines = prediction_file(judge, values).decode().splitlines()
    shuffled = "\r\n".join([lines[0], *reversed(lines[1:])]).encode()
    again = receive(judge.event, judge.store, team, TRACK, shuffled, "b.csv")
    assert again == first
    assert count(judge, Submission) == count(judge, Job) == 1


def test_two_teams_may_send_the_same_predictions(judge):
    upload = prediction_file(judge, noisy_answers(judge, 1))
    for name in ("Muon Collective", "Boosted Tops"):
        receive(judge.event, judge.store, add_team(judge, name), TRACK, upload, "a.csv")
    assert count(judge, Submission) == 2
    assert len(kept_files(judge.event)) == 1


def test_a_team_has_a_quota_and_a_failed_judge_gives_it_back(make_judge):
    judge = make_judge(submissions_per_day=2)
    team = add_team(judge)

    def send(seed):
        upload = prediction_file(judge, noisy_answers(judge, 1, seed))
        return receive(judge.event, judge.store, team, TRACK, upload, "a.csv")

    send(1), send(2)
    with pytest.raises(QuotaUsedUp, match=r"used its 2 files to higgs\.signal within 24 hours"):
        send(3)
    with judge.store.write() as session:
        session.get(Submission, 1).state = "failed"
    send(3)
    with pytest.raises(QuotaUsedUp):
        send(1)
    yesterday = now() - timedelta(days=1, seconds=1)
    with judge.store.write() as session:
        session.get(Submission, 2).began_at = yesterday
    send(4)


def test_the_event_decides_by_the_time_of_arrival(judge):
    team, upload = add_team(judge), prediction_file(judge, answers(judge))
    config = judge.event.config
    with pytest.raises(EventNotOpen, match="closed at"):
        receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=config.closes)
    with pytest.raises(EventNotOpen, match="opens at"):
        receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=config.opens - timedelta(seconds=1))
    receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=config.closes - timedelta(microseconds=1))


def test_a_file_name_is_only_shown(judge):
    name = "../../" + "x" * 300 + "\n\x1b[31m.csv"
    receipt = receive(judge.event, judge.store, add_team(judge), TRACK, prediction_file(judge, answers(judge)), name)
    assert len(receipt["filename"]) == 100
    assert receipt["filename"].isprintable()


def test_what_was_sent_is_judged_to_the_bit(judge):
    values = noisy_answers(judge, 1)
    receive(judge.event, judge.store, add_team(judge), TRACK, prediction_file(judge, values), "a.csv")
    worker.work(judge, once=True)
    with judge.store.read() as session:
        submission = session.get(Submission, 1)
    assert np.array_equal(judge.predictions(submission).values[:, 0], values)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('nmae = "x"', "nmae"),
        ('opens = "2026-01-01T00:00:00"', "timezone"),
        ("submissions_per_day = 0", "submissions_per_day"),
        ("opens = 2999-01-01T00:00:00Z", "must close after it opens"),
        ("this is no toml", "event.toml"),
    ],
)
def test_a_wrong_event_file_names_the_key(judge, line, says):
    path = judge.event.folder / "event.toml"
    kept = [old for old in path.read_text().splitlines() if old.split(" ")[0] != line.split(" ")[0]]
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(EventError, match=says):
        Event(judge.event.folder)
    with pytest.raises(EventError, match="no event at"):
        Event(judge.event.folder / "elsewhere")


def test_a_file_whose_check_outlasts_the_books_is_refused(judge, monkeypatch):
    team, late = add_team(judge), add_team(judge, "Late")
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 1)), "a.csv")
    worker.work(judge, once=True)
    check = check_file

    def slow(*arguments):
        finals.finalize(judge, TRACK, early=True)
        return check(*arguments)

    monkeypatch.setattr("leaderboard.intake.receive.check_file", slow)
    with pytest.raises(EventNotOpen, match="was finalized at"):
        receive(judge.event, judge.store, late, TRACK, prediction_file(judge, answers(judge)), "b.csv")
    assert count(judge, Submission) == 1


def test_a_team_cannot_pass_for_another_or_for_a_baseline(judge):
    add_team(judge, "Café")
    for name in ("CAFÉ", "Cafe\u0301"):
        with pytest.raises(EventError, match="there already is a team"):
            add_team(judge, name)
    track = "higgs.signal"
    (rung, *_) = rungs("higgs", "signal", slow=False)
    add_team(judge, f"{rung.title}, higgs")
    with pytest.raises(EventError, match="as the baseline would be"):
        ghosts.enter(judge.event, judge.store, track, rung, ghosts.training_data(judge.event, "higgs.signal"))


def test_once_a_track_is_finalized_its_books_are_closed(judge):
    team = add_team(judge)
    number = receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 1)), "a.csv")[
        "submission"
    ]
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    with pytest.raises(EventNotOpen, match="was finalized at"):
        receive(judge.event, judge.store, team, TRACK, prediction_file(judge, answers(judge)), "b.csv")
    with judge.store.write() as session, pytest.raises(EventNotOpen, match="was finalized at"):
        select_final(session, judge.event, team, number)


def closed_a_moment_ago(make_judge, seconds):
    closes = now() - timedelta(seconds=seconds)
    return make_judge(opens=closes - timedelta(days=3), closes=closes)


def test_a_file_begun_in_time_is_taken_however_late_it_is_committed(make_judge):
    judge = closed_a_moment_ago(make_judge, seconds=1)
    team, upload, closes = add_team(judge), prediction_file(judge, answers(judge)), judge.event.config.closes
    with pytest.raises(EventError, match="what began before may come until"):
        finals.finalize(judge, TRACK)
    with pytest.raises(EventNotOpen, match="closed at"):
        receive(judge.event, judge.store, team, TRACK, upload, "a.csv")
    began = closes - timedelta(seconds=1)
    receipt = receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=began)
    assert receipt["began_at"] == began.isoformat()
    assert receipt["received_at"] > closes.isoformat()


def test_what_began_in_time_and_did_not_end_keeps_no_books_open(make_judge):
    judge = closed_a_moment_ago(make_judge, seconds=121)
    team, upload, closes = add_team(judge), prediction_file(judge, answers(judge)), judge.event.config.closes
    with pytest.raises(EventNotOpen, match="began in time, but did not end until"):
        receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=closes - timedelta(seconds=1))
    assert finals.finalize(judge, TRACK) == []


def test_the_order_of_receipt_is_that_of_the_commits_and_the_quota_that_of_the_beginnings(make_judge):
    judge = make_judge(submissions_per_day=2, opens=now() - timedelta(days=3))
    team, start = add_team(judge), now() - timedelta(days=2)

    def send(seed, began):
        upload = prediction_file(judge, noisy_answers(judge, 1, seed))
        return receive(judge.event, judge.store, team, TRACK, upload, "a.csv", began=began)

    first, second = send(1, start + timedelta(seconds=30)), send(2, start)
    assert (first["submission"], second["submission"]) == (1, 2)
    assert first["received_at"] < second["received_at"]
    for began in (start + timedelta(seconds=10), start + timedelta(hours=23)):
        with pytest.raises(QuotaUsedUp):
            send(3, began)
    send(3, start + timedelta(days=1))
    with pytest.raises(QuotaUsedUp):
        send(4, start + timedelta(days=1))


def test_the_quota_in_all_is_shared_by_time_among_teams_that_come_late(make_judge):
    opens = now() - timedelta(days=5)
    judge = make_judge(opens=opens, days=10, submissions_per_day=100, submissions_in_all=4)
    early, late = add_team(judge, "Early"), add_team(judge, "Late")
    with judge.store.write() as session:
        session.get_one(Team, early.id).created_at = opens
    for team, files in ((early, 4), (late, 2)):
        with judge.store.read() as session:
            team = session.get_one(Team, team.id)
        for seed in range(files):
            upload = prediction_file(judge, noisy_answers(judge, 1, seed))
            receive(judge.event, judge.store, team, TRACK, upload, "a.csv")
        receive(judge.event, judge.store, team, TRACK, upload, "the same again.csv")
        with pytest.raises(QuotaUsedUp, match=rf"used its {files} files to higgs\.signal in all"):
            receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 1, 99)), "a.csv")


def test_a_board_is_never_finer_than_its_slice_bears_nor_than_declared(make_judge):
    judge = make_judge()
    labels = judge.holdout(TRACK).targets["label"].to_numpy()[judge.holdout(TRACK).rows("public")]
    fewest = min((labels == 0).sum(), (labels == 1).sum())
    _, declared = judge.event.track(TRACK)
    with judge.store.read() as session:
        assert step_of(session, TRACK) == judge.step(TRACK) >= max(declared.step, 0.5 / fewest)
    with judge.store.write() as session:
        track_state(session, TRACK).step = 1e-12  # as who has taken the web over could
    with judge.store.read() as session:
        assert step_of(session, TRACK) == declared.step


def test_of_a_file_for_another_track_it_is_said_which(make_judge, monkeypatch):
    judge = make_judge(challenges=["higgs", "particle_images"])
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", TOYS["particle_images"])
    prepare.simulate(judge, "particle_images")
    file = prediction_file(judge, noisy_answers(judge, 1.0))
    with pytest.raises(
        PredictionFileError, match=r"expected an id of particle_images\.electron_photon, got one of higgs\.signal"
    ):
        check_file(judge.event, "particle_images", file)
