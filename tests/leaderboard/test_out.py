"""Teams that withdrew or were disqualified: off the boards, out of the ranks, and back as if nothing had been."""

import json

import pytest
from fastapi.testclient import TestClient

from leaderboard.board import board
from leaderboard.event import EventError
from leaderboard.intake import organising, teams
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import history, select_final
from leaderboard.intake.teams import TeamOut
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.exclusion import set_out
from leaderboard.judge.replay import replay
from leaderboard.judge.results import FilesLost
from leaderboard.public import places
from leaderboard.site.api import create_api
from leaderboard.site.live import snapshot
from leaderboard.site.words import plain
from leaderboard.store.tables import AuditEntry, Submission, Team
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team, corrections, noisy_answers, physathon, prediction_file, publish_rescored

TRACK = "higgs.signal"
NOISE = {"Strong": 0.3, "Even": 1.5, "Same": 1.5, "Weak": 30.0}
"""How noisy each team's file is; two send the same."""


def send(judge, team, noise, seed=0, **how):
    upload = prediction_file(judge, noisy_answers(judge, noise, seed))
    return receive(judge.event, judge.store, team, TRACK, upload, "a.csv", **how)["submission"]


@pytest.fixture
def played(judge):
    """An event in which each team has sent a file."""
    for name, noise in NOISE.items():
        send(judge, add_team(judge, name), noise)
    worker.work(judge, once=True)
    return judge


def team_of(judge, name):
    with judge.store.read() as session:
        return organising.find(session, name)


def leave(judge, name, out="disqualified", reason="shared its labels"):
    with judge.store.write() as session:
        organising.set_out(session, organising.find(session, name), out, reason)


def come_back(judge, name):
    leave(judge, name, None, "")


def seen(judge):
    """Return a board as everybody is sent it."""
    with judge.store.read() as session:
        return snapshot(session, TRACK).json


def ranks(judge):
    return {entry["team"]: entry["rank"] for entry in json.loads(seen(judge))["entries"]}


def rank_sets(judge):
    return {entry["team"]: (entry["rank_best"], entry["rank_worst"]) for entry in json.loads(seen(judge))["entries"]}


def test_a_team_that_is_out_takes_no_rank_and_is_named_below_with_the_reason(played):
    assert ranks(played)["Strong"] == 1
    leave(played, "Strong")
    assert ranks(played) == {"Even": 1, "Same": 1, "Weak": 3}
    leave(played, "Weak", "withdrawn", "flew home")
    assert ranks(played) == {"Even": 1, "Same": 1}
    assert json.loads(seen(played))["unranked"] == [
        {"team": "Strong", "submission": None, "reason": "shared its labels", "out": "disqualified"},
        {"team": "Weak", "submission": None, "reason": None, "out": "withdrawn"},
    ]


def test_page_and_command_line_name_who_has_no_rank(played, page):
    leave(played, "Strong", reason="<b>shared</b> labels")
    leave(played, "Weak", "withdrawn", "")
    told = physathon("board", "--event", played.event.folder)
    assert "Without a rank, disqualified by the organiser: Strong: <b>shared</b> labels." in told
    assert "Without a rank, withdrawn: Weak." in told
    shown = all_text(page(played))
    assert plain("disqualified by the organiser: Strong: <b>shared</b> labels.") in shown
    assert "Strong" not in shown.partition("Without a rank")[0].partition("<table")[2]


def test_a_team_that_sent_nothing_is_not_named(judge):
    add_team(judge, "Silent")
    leave(judge, "Silent")
    assert json.loads(seen(judge))["unranked"] == []


def test_restored_before_publication_the_board_is_the_same_byte_for_byte(played):
    before = seen(played)
    leave(played, "Strong")
    assert seen(played) != before
    come_back(played, "Strong")
    assert seen(played) == before
    better = send(played, team_of(played, "Strong"), 0.1)
    worker.work(played, once=True)
    with played.store.read() as session:
        assert history(session, team_of(played, "Strong"), Submission.id == better)[0].moved, "its Ladder goes on"


def test_what_was_sent_before_is_judged_while_the_team_is_out(played):
    waiting = send(played, team_of(played, "Weak"), 0.1)
    leave(played, "Weak")
    worker.work(played, once=True)
    come_back(played, "Weak")
    with played.store.read() as session:
        assert board(session, TRACK)[0].submission == waiting


def test_a_team_that_is_out_sends_nothing_and_chooses_nothing(played):
    team = team_of(played, "Strong")
    with played.store.write() as session:
        token = teams.issue_token(session, team)
    leave(played, "Strong")
    with pytest.raises(TeamOut, match=r"Strong was disqualified by the organiser: shared its labels\. It sends no"):
        send(played, team, 0.2)
    with played.store.write() as session, pytest.raises(TeamOut):
        select_final(session, played.event, team, 1)
    head = {"Authorization": f"Bearer {token}"}
    with TestClient(create_api(played.event, played.store, loopback=True), headers=head) as client:
        upload = prediction_file(played, noisy_answers(played, 0.2))
        for path, body in ((f"/tracks/{TRACK}/submissions", upload), ("/submissions/1/select", b"")):
            answer = client.post(path, content=body)
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:physathon:team-out")
            assert "shared its labels" in answer.json()["detail"]
        assert [one["submission"] for one in client.get("/submissions").json()] == [1], "it sees what it sent"
    come_back(played, "Strong")
    assert send(played, team, 0.2) > 0


def test_its_page_says_why_and_shows_its_files_but_no_field(played, page, monkeypatch):
    leave(played, "Strong", reason="*shared* its labels")
    sign_in(played, team_of(played, "Strong"), monkeypatch)
    app = page(played, "submit")
    shown = all_text(app)
    assert plain("Strong was disqualified by the organiser: *shared* its labels") in shown
    assert "a.csv" in shown
    assert "files left" not in shown
    assert "Your final file" not in shown


def publish(judge):
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)


@pytest.fixture
def published(played):
    publish(played)
    return played


def test_after_publication_ranks_and_rank_sets_are_computed_without_it(published):
    everybody = {"Strong": (1, 1), "Even": (2, 3), "Same": (2, 3), "Weak": (4, 4)}
    assert rank_sets(published) == everybody
    before = seen(published)
    assert set_out(published, "Strong", "disqualified", "shared its labels") == [TRACK]
    assert rank_sets(published) == {"Even": (1, 2), "Same": (1, 2), "Weak": (3, 3)}
    assert ranks(published) == {"Even": 1, "Same": 1, "Weak": 3}
    assert set_out(published, "Strong", None) == [TRACK]
    assert seen(published) == before


def test_who_is_out_at_publication_can_still_come_back(played):
    before = played
    leave(before, "Strong")
    publish(before)
    assert rank_sets(before) == {"Even": (1, 2), "Same": (1, 2), "Weak": (3, 3)}
    assert set_out(before, "Strong", None) == [TRACK]
    back = seen(before)
    assert rank_sets(before) == {"Strong": (1, 1), "Even": (2, 3), "Same": (2, 3), "Weak": (4, 4)}
    finals.publish(before, TRACK)
    assert seen(before) == back


def test_the_final_of_a_team_that_is_out_is_the_one_that_its_board_had(played):
    send(played, team_of(played, "Weak"), 0.1)
    worker.work(played, once=True)
    leave(played, "Weak")
    publish(played)
    set_out(played, "Weak", None)
    with played.store.read() as session:
        assert board(session, TRACK)[0].team == "Weak"


def test_a_correction_while_a_team_is_out_is_the_same_as_without_it(published):
    holdout = published.holdout(TRACK)
    turned = rescoring.corrected_holdout(published, TRACK, corrections(published, holdout.rows("private")))
    before = seen(published)
    publish_rescored(published, turned)
    corrected = seen(published)
    assert ranks(published)["Weak"] == 1
    publish_rescored(published, rescoring.earlier_holdout(published, TRACK))
    set_out(published, "Weak", "withdrawn")
    shown = rescoring.rescore(published, TRACK, turned)
    assert {one.team for one in shown.moves} == {"Strong", "Even", "Same"}
    publish_rescored(published, turned)
    assert "Weak" not in ranks(published)
    assert replay(published, TRACK).differing == [], "what it was released stays, and is no fault"
    set_out(published, "Weak", None)
    assert seen(published) == corrected
    publish_rescored(published, rescoring.earlier_holdout(published, TRACK))
    assert seen(published) == before


def test_lost_files_of_a_team_that_is_out_stop_nobody(played):
    with played.store.read() as session:
        sha256 = session.get_one(Submission, 1).sha256
    (kept,) = played.event.submissions.rglob(f"{sha256}*")
    content = kept.read_bytes()
    kept.unlink()
    leave(played, "Strong")
    publish(played)
    with pytest.raises(FilesLost, match=r"no\. 1 of Strong"):
        set_out(played, "Strong", None)
    assert team_of(played, "Strong").out == "disqualified", "nothing was done"
    kept.write_bytes(content)
    set_out(played, "Strong", None)
    assert ranks(played)["Strong"] == 1


def test_where_recordings_stand_is_said_without_it_and_again_with_it(published, monkeypatch):
    written = []
    monkeypatch.setattr(
        "leaderboard.judge.exclusion.show_places",
        lambda judge, holdout, finals: written.append([one.team.name for one in finals]),
    )
    set_out(published, "Strong", "withdrawn")
    set_out(published, "Strong", None)
    assert written == [["Even", "Same", "Weak"], ["Strong", "Even", "Same", "Weak"]]


def test_it_is_done_for_a_reason_once_and_audited(played):
    with played.store.write() as session:
        strong = organising.find(session, "strong")
        with pytest.raises(EventError, match="say it"):
            organising.set_out(session, strong, "disqualified", " ")
        with pytest.raises(EventError, match="not out"):
            organising.set_out(session, strong, None)
        organising.set_out(session, strong, "withdrawn")
        with pytest.raises(EventError, match="withdrawn already"):
            organising.set_out(session, strong, "withdrawn")
        organising.set_out(session, strong, "disqualified", "shared its labels")
        done = session.query(AuditEntry).filter(AuditEntry.action.in_(["team withdrawn", "team disqualified"]))
        assert [(one.action, one.details["reason"]) for one in done] == [
            ("team withdrawn", ""),
            ("team disqualified", "shared its labels"),
        ]
        session.add(Team(name="Trees", kind="baseline", created_at=strong.created_at))
        with pytest.raises(EventError, match="baseline"):
            organising.find(session, "Trees")


def test_the_command_line_needs_no_vault_before_publication(played, tmp_path):
    vault = played.event.vault
    vault.rename(tmp_path / "elsewhere")
    here = "--event", played.event.folder
    assert "Strong" in physathon("team", "disqualify", "Strong", "--reason", "shared its labels", *here)
    assert "Strong" not in ranks(played)
    physathon("team", "restore", "Strong", *here)
    physathon("team", "withdraw", "Strong", *here)
    physathon("team", "restore", "Strong", *here)
    assert ranks(played)["Strong"] == 1
    (tmp_path / "elsewhere").rename(vault)


def test_the_command_line_ranks_published_tracks_anew(published):
    before, here = seen(published), ("--event", published.event.folder)
    assert f"{TRACK}: ranked anew" in physathon("team", "disqualify", "Strong", "--reason", "shared labels", *here)
    assert rank_sets(published)["Even"] == (1, 2)
    physathon("team", "restore", "Strong", *here)
    assert seen(published) == before
    assert not places.path_of(published.event, TRACK).exists()
