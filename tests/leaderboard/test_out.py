"""Teams that withdrew or were disqualified: off the boards, out of the ranks, and back as if nothing had been."""

import json
from html import escape

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import history, select_final
from leaderboard.judge import exclusion, finals, rescoring, worker
from leaderboard.judge.exclusion import set_out
from leaderboard.judge.replay import replay
from leaderboard.judge.results import FilesLost
from leaderboard.people import organising, teams
from leaderboard.people.teams import TeamOut
from leaderboard.site.api import create_api
from leaderboard.site.live import snapshot
from leaderboard.site.words import plain
from leaderboard.store.tables import Submission
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team, corrections, kept_file, noisy_answers, physathon, prediction_file, publish_rescored

TRACK = "higgs.signal"
NOISE = {"Strong": 0.3, "Even": 1.5, "Same": 1.5, "Weak": -1.5}
"""How noisy each team's file is; two send the same, and what is below zero is turned round."""


def send(judge, team, noise, seed=0, **how):
    upload = prediction_file(judge, noisy_answers(judge, abs(noise), seed) * (1 if noise > 0 else -1))
    return receive(judge.event, judge.store, team, TRACK, upload, "a.csv", **how)["submission"]


@pytest.fixture
def played(make_judge):
    """An event in which each team has sent a file."""
    return make_judge(grow=play)


def play(judge):
    for name, noise in NOISE.items():
        send(judge, add_team(judge, name), noise)
    worker.work(judge, once=True)


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
    add_team(played, "Silent")
    leave(played, "Silent")
    leave(played, "Strong")
    assert ranks(played) == {"Even": 1, "Same": 1, "Weak": 3}
    leave(played, "Weak", "withdrawn", "flew home")
    assert ranks(played) == {"Even": 1, "Same": 1}
    assert json.loads(seen(played))["unranked"] == [
        {"team": "Strong", "submission": None, "reason": "shared its labels", "out": "disqualified"},
        {"team": "Weak", "submission": None, "reason": None, "out": "withdrawn"},
    ], "who sent nothing is not named"


def test_page_and_command_line_name_who_has_no_rank(played, page):
    leave(played, "Strong", reason="<b>shared</b> labels")
    leave(played, "Weak", "withdrawn", "")
    told = physathon("board", "--event", played.event.folder)
    assert "Without a rank, disqualified by the organiser: Strong: <b>shared</b> labels." in told
    assert "Without a rank, withdrawn: Weak." in told
    shown = all_text(page(played))
    assert escape("disqualified by the organiser: Strong: <b>shared</b> labels.") in shown
    assert "Strong" not in shown.partition("Without a rank")[0]
    for name in ("Even", "Same"):
        leave(played, name, "withdrawn", "")
    shown = all_text(page(played))
    assert "No file has been judged yet" not in shown
    assert escape("Without a rank, withdrawn: Even; Same; Weak.") in shown


def test_restored_before_publication_the_board_is_the_same_byte_for_byte(played):
    before = seen(played)
    leave(played, "Strong")
    assert seen(played) != before
    come_back(played, "Strong")
    assert seen(played) == before
    better = send(played, team_of(played, "Weak"), 0.3, seed=1)
    leave(played, "Weak")
    worker.work(played, once=True)
    come_back(played, "Weak")
    with played.store.read() as session:
        assert history(session, team_of(played, "Weak"), Submission.id == better)[0].moved, "its Ladder went on"


def test_a_team_that_is_out_sends_nothing_and_chooses_nothing(played, page, monkeypatch):
    team = team_of(played, "Strong")
    with played.store.write() as session:
        token = teams.issue_token(session, team)
    leave(played, "Strong", reason="*shared* its labels.")
    with pytest.raises(TeamOut, match=r"Strong was disqualified by the organiser: \*shared\* its labels\. It sends no"):
        send(played, team, 0.2)
    with played.store.write() as session, pytest.raises(TeamOut):
        select_final(session, played.event, team, 1)
    head = {"Authorization": f"Bearer {token}"}
    with TestClient(create_api(played.event, played.store, loopback=True), headers=head) as client:
        upload = prediction_file(played, noisy_answers(played, 0.2))
        for path, body in ((f"/tracks/{TRACK}/submissions", upload), ("/submissions/1/select", b"")):
            answer = client.post(path, content=body)
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:physathon:team-out")
            assert "*shared* its labels" in answer.json()["detail"]
        assert [one["submission"] for one in client.get("/submissions").json()] == [1], "it sees what it sent"
    sign_in(played, team, monkeypatch)
    shown = all_text(page(played, "submit"))
    assert plain("Strong was disqualified by the organiser: *shared* its labels") in shown
    assert "a.csv" in shown
    assert "files left" not in shown
    assert "Your final file" not in shown
    come_back(played, "Strong")
    assert send(played, team, 0.2) > 0


def publish(judge):
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)


@pytest.fixture
def published(make_judge):
    return make_judge(grow=play_and_publish)


def play_and_publish(judge):
    play(judge)
    publish(judge)


def test_after_publication_ranks_and_rank_sets_are_computed_without_it(published, monkeypatch):
    placed = []
    monkeypatch.setattr(exclusion, "show_places", lambda _judge, _holdout, of: placed.append([one.id for one in of]))
    everybody = {"Strong": (1, 1), "Even": (2, 3), "Same": (2, 3), "Weak": (4, 4)}
    assert rank_sets(published) == everybody
    before = seen(published)
    assert set_out(published, "Strong", "disqualified", "shared its labels") == [TRACK]
    assert rank_sets(published) == {"Even": (1, 2), "Same": (1, 2), "Weak": (3, 3)}
    assert ranks(published) == {"Even": 1, "Same": 1, "Weak": 3}
    assert set_out(published, "Strong", None) == [TRACK]
    assert seen(published) == before
    assert placed == [[2, 3, 4], [1, 2, 3, 4]], "of recordings, too"


def test_who_is_out_at_publication_can_still_come_back_with_the_file_that_its_board_had(played):
    best = send(played, team_of(played, "Weak"), 0.3, seed=1)
    worker.work(played, once=True)
    leave(played, "Weak")
    publish(played)
    assert rank_sets(played) == {"Strong": (1, 1), "Even": (2, 3), "Same": (2, 3)}
    assert set_out(played, "Weak", None) == [TRACK]
    back = seen(played)
    assert (rank_sets(played)["Even"], rank_sets(played)["Same"]) == ((3, 4), (3, 4))
    assert {entry["team"]: entry["submission"] for entry in json.loads(back)["entries"]}["Weak"] == best
    finals.publish(played, TRACK)
    assert seen(played) == back


def test_without_an_excluded_final_published_ranks_follow_too(published):
    before = seen(published)
    exclusion.exclude(published, [1], "labels in it")
    assert rank_sets(published) == {"Even": (1, 2), "Same": (1, 2), "Weak": (3, 3)}
    exclusion.include(published, [1])
    worker.work(published, once=True)
    assert seen(published) == before


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
    kept = kept_file(played.event, sha256)
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


def test_the_command_line_needs_the_vault_once_a_ranking_is_published(played, tmp_path):
    here, vault = ("--event", played.event.folder), played.event.vault
    vault.rename(tmp_path / "elsewhere")
    assert "Strong: disqualified" in physathon("team", "disqualify", "Strong", "--reason", "shared labels", *here)
    assert "Strong" not in ranks(played)
    physathon("team", "restore", "Strong", *here)
    physathon("team", "withdraw", "Weak", *here)
    physathon("team", "restore", "Weak", *here)
    assert len(ranks(played)) == len(NOISE)
    (tmp_path / "elsewhere").rename(vault)
    publish(played)
    before = seen(played)
    assert f"{TRACK}: ranked anew" in physathon("team", "disqualify", "Strong", "--reason", "shared labels", *here)
    assert rank_sets(played)["Even"] == (1, 2)
    vault.rename(tmp_path / "elsewhere")
    refused = CliRunner().invoke(cli.app, ["team", "restore", "Strong", "--event", str(played.event.folder)])
    assert "only the judge's side has one" in str(refused.exception)
    (tmp_path / "elsewhere").rename(vault)
    physathon("team", "restore", "Strong", *here)
    assert seen(played) == before
