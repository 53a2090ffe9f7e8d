"""The freeze: of files that begin after it nothing is shown, or written where the web could read it."""

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner

from challenges.spec import PUBLIC
from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import Event, EventError
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import history
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.exclusion import exclude, include
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people.members import code_of
from leaderboard.people.teams import find_team, issue_token
from leaderboard.public import results
from leaderboard.site.api import create_api
from leaderboard.store import settings
from leaderboard.store.queries import track_state
from leaderboard.store.tables import Base, Release, Setting
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import about_sqlite, add_team, corrections, noisy_answers, prediction_file

TRACK = "higgs.signal"
CHANCE = re.compile(r"[0-9a-f]{64}|[A-Za-z0-9+/]{86}==|\d{4}-\d\d-\d\d[T ][\d:.]+(Z|\+00:00)?|\d\d:\d\d")
"""What differs between two files and two moments, and says nothing of how good a file is."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)


def send(judge: Judge, name: str, noise: float, seed: int = 0, judged: bool = True) -> int:
    """Send a file of a team, and let it be judged; return its number."""
    with judge.store.read() as session:
        team = find_team(session, name)
    upload = prediction_file(judge, noisy_answers(judge, noise, seed).round(6))
    receipt = receive(judge.event, judge.store, team, TRACK, upload, "predictions.csv")
    if judged:
        worker.work(judge, once=True)
    return receipt["submission"]


def put(judge: Judge, key: str, text: str) -> None:
    """Change a setting as whoever can write the database does: without the vault."""
    with judge.store.write() as session:
        settings.change(session, judge.event, key, text, who="test", reason="")


def freeze(judge: Judge) -> None:
    put(judge, "freezes_at", datetime.now(UTC).isoformat())


@pytest.fixture
def played(make_judge) -> Judge:
    """Return the judge of an event of two teams, each of which has a file on the board."""
    return make_judge(grow=play)


def play(judge: Judge) -> None:
    for name, noise in (("Muon Collective", 2.0), ("Tau Guild", 1.8)):
        add_team(judge, name)
        send(judge, name, noise)
    with judge.store.write() as session:
        code_of(find_team(session, "Muon Collective"))  # which is drawn by chance


def answers(judge: Judge, page, monkeypatch) -> dict[str, str]:
    """Return all that the event answers, to the team that sent and to others, less times and digests."""
    with judge.store.write() as session:
        team = find_team(session, "Muon Collective")
        token = issue_token(session, team)
    client = TestClient(create_api(judge.event, judge.store, loopback=True))
    mine = {"Authorization": f"Bearer {token}"}
    found = {}
    for place in ("event", f"tracks/{TRACK}", f"tracks/{TRACK}/board", "submissions", "submissions/3"):
        answer = client.get(f"/{place}", headers=mine)
        name = answer.headers["etag"] if place.endswith("board") else ""  # others are of the digests in the text, too
        found[place] = f"{answer.status_code} {name} {answer.text}"
    sign_in(judge, team, monkeypatch)
    for name in ("board", "submit", "team", "challenge"):
        found[f"page {name}"] = all_text(page(judge, name))
    told = CliRunner().invoke(cli.app, ["board", "--event", str(judge.event.folder)], env={"COLUMNS": "200"})
    found["command board"] = told.output
    return {place: CHANCE.sub("*", text) for place, text in found.items()}


def rows_of(judge: Judge) -> dict[str, list]:
    """Return every row of the event's tables, less times and digests."""
    with judge.store.read() as session:
        return {
            name: [
                {key: CHANCE.sub("*", str(value)) for key, value in row.items() if key != "receipt"}
                for row in session.execute(select(table)).mappings()
            ]
            for name, table in Base.metadata.tables.items()
            if name not in ("tokens", "sessions")
        }


@about_sqlite  # whose file is copied with the folder
def test_nothing_tells_a_better_file_from_a_worse_one(played, page, monkeypatch):
    freeze(played)
    folders = [played.event.folder.with_name(name) for name in ("better", "worse")]
    found = []
    for folder, noise in zip(folders, (0.05, 9.0), strict=True):
        shutil.copytree(played.event.folder, folder)
        event = Event(folder)
        judge = Judge(event, Vault(event))
        try:
            number = send(judge, "Muon Collective", noise)
            with judge.store.read() as session:
                assert history(session, find_team(session, "Muon Collective"))[0].state == "scored"
                assert session.scalar(select(Release).where(Release.submission_id == number)) is None
            seen = rows_of(judge), answers(judge, page, monkeypatch)
            finals.finalize(judge, TRACK, early=True)
            found.append((*seen, answers(judge, page, monkeypatch)))
        finally:
            judge.close()
    (rows, told, later), (other_rows, other_told, other_later) = found
    assert rows == other_rows
    assert told == other_told
    assert later == other_later, "nor does anybody see which of them became the final, before it is published"
    assert "judged: shown with the result" in told["page submit"]
    assert '"state":"scored","ahead":0,"moved":null' in told["submissions/3"]


def test_the_final_is_chosen_among_all_files_and_publication_shows_what_was_withheld(played):
    freeze(played)
    before = board_of(played)
    better = send(played, "Muon Collective", 0.05)
    assert [one.submission for one in board_of(played)] == [one.submission for one in before]
    chosen = finals.finalize(played, TRACK, early=True)
    assert better in [one.id for one in chosen]
    assert [one.submission for one in board_of(played)] == [one.submission for one in before]
    finals.publish(played, TRACK)
    assert board_of(played)[0].submission == better
    with played.store.read() as session:
        assert [one.moved for one in history(session, find_team(session, "Muon Collective"))] == [True, True]


def test_a_freeze_that_the_judge_has_seen_is_lifted_on_its_own_side_alone(played):
    freeze(played)
    better = send(played, "Muon Collective", 0.05)
    put(played, "freezes_at", "none")
    worker.work(played, once=True)
    assert better not in [one.submission for one in board_of(played)]
    put(played, "freezes_at", "+2h")
    worker.work(played, once=True)
    assert better not in [one.submission for one in board_of(played)]
    lifted = CliRunner().invoke(
        cli.app, ["set", "freezes_at", "none", "--reason", "no ceremony", "--event", str(played.event.folder)]
    )
    assert lifted.exit_code == 0, lifted.output
    worker.work(played, once=True)
    assert board_of(played)[0].submission == better
    assert played.freeze() is None


def test_tables_alone_publish_nothing(played):
    """Whoever can write them says that a track is published, and what its finals are."""
    freeze(played)
    better = send(played, "Muon Collective", 0.05)
    with played.store.write() as session:
        state = track_state(session, TRACK)
        state.published_at, state.finals = datetime.now(UTC), [1, 2]
    send(played, "Muon Collective", 0.04)
    assert better not in released(played)
    dry_run = rescoring.rescore(played, TRACK, rescoring.corrected_holdout(played, TRACK, corrections(played, [0])))
    assert dry_run.results.exact == {}
    exclude(played, [2], "spam")
    include(played, [2])
    with played.store.read() as session:
        assert set(session.scalars(select(Release.slice))) == {PUBLIC}
    assert not results.path_of(played.event, TRACK).exists()
    with pytest.raises(EventError, match="is not published"):
        finals.reveal(played, TRACK)


def test_a_freeze_that_moves_on_lets_out_what_began_before_it(played):
    freeze(played)
    send(played, "Muon Collective", 0.05)
    folder = str(played.event.folder)
    assert CliRunner().invoke(cli.app, ["set", "freezes_at", "+1h", "--event", folder]).exit_code == 0
    worker.work(played, once=True)
    with played.store.read() as session:
        assert history(session, find_team(session, "Muon Collective"))[0].moved is True


def test_a_correction_of_labels_and_an_exclusion_let_nothing_out(played):
    first = board_of(played)[1].submission
    freeze(played)
    better = send(played, "Muon Collective", 0.05)
    holdout = rescoring.corrected_holdout(played, TRACK, corrections(played, [0, 1]))
    dry_run = rescoring.rescore(played, TRACK, holdout)
    assert [move.team for move in dry_run.moves] == ["Tau Guild", "Muon Collective"]
    rescoring.switch(played, dry_run)
    exclude(played, [first], "a slip")
    include(played, [first])
    worker.work(played, once=True)
    assert better not in released(played)
    played.vault.confirm("freezes_at", None)
    put(played, "freezes_at", "none")
    worker.work(played, once=True)
    assert better in released(played)
    assert board_of(played)[0].submission == better


def test_files_that_came_in_between_are_folded_in_order_once_nothing_is_withheld(played):
    """A file that began before the freeze and was taken in after one that began later is shown alone, at first."""
    freeze(played)
    late = send(played, "Muon Collective", 1.2)
    with played.store.read() as session:
        team = find_team(session, "Muon Collective")
    upload = prediction_file(played, noisy_answers(played, 0.6, 3).round(6))
    began = played.freeze() - timedelta(microseconds=1)
    early = receive(played.event, played.store, team, TRACK, upload, "slow.csv", began=began)["submission"]
    worker.work(played, once=True)
    assert (late in released(played), early in released(played)) == (False, True)
    played.vault.confirm("freezes_at", None)
    put(played, "freezes_at", "none")
    worker.work(played, once=True)
    with played.store.read() as session:
        shown = {one.submission: one.moved for one in history(session, team)}
    assert shown == {1: True, late: True, early: True}


def test_without_a_vault_the_command_says_what_the_judge_keeps(played, monkeypatch, tmp_path):
    monkeypatch.setenv("PHYSATHON_VAULT", str(tmp_path / "nowhere"))
    told = CliRunner().invoke(
        cli.app, ["set", "freezes_at", "+1h", "--event", str(played.event.folder)], env={"COLUMNS": "200"}
    )
    assert "This side has no vault. The judge keeps an earlier freeze" in told.output
    with played.store.read() as session:
        assert session.get(Setting, "freezes_at") is not None


def board_of(judge: Judge) -> list:
    with judge.store.read() as session:
        return board(session, TRACK)


def released(judge: Judge) -> set[int]:
    """Return the submissions of which the board's holdout has a release."""
    digest = judge.holdout(TRACK).digest
    with judge.store.read() as session:
        return set(session.scalars(select(Release.submission_id).where(Release.holdout == digest)))
