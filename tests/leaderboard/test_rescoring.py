"""What is published of a rescoring is what its dry run showed, whenever and however often it is run."""

import hashlib
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, judging, rescoring, results, worker
from leaderboard.judge.raw_scores import RawScore
from leaderboard.public.data import public_data
from leaderboard.store.queries import track_state
from leaderboard.store.tables import HoldoutRecord
from scoring.sealed.holdout import HoldoutError
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"


def send(judge, team, values):
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, values), "a.csv")
    worker.work(judge, once=True)


def shown(judge):
    with judge.store.read() as session:
        return board(session, TRACK)


def current(judge):
    with judge.store.read() as session:
        return track_state(session, TRACK)


def fixed(judge, rows=(0, 1, 2)):
    return rescoring.corrected_holdout(judge, TRACK, corrections(judge, list(rows)))


def test_a_correction_before_anybody_has_sent_a_file_can_be_undone_and_its_answers_revealed(judge):
    first = judge.holdout(TRACK).digest
    publish_rescored(judge, fixed(judge))
    assert current(judge).holdout != first
    assert current(judge).earlier_holdouts == [first]
    send(judge, add_team(judge), noisy_answers(judge, 0.7))
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    revealed = {hashlib.sha256(path.read_bytes()).hexdigest() for path in finals.reveal(judge, TRACK)}
    assert set(public_data(judge.event, TRACK).facts()["commitments"].values()) <= revealed
    publish_rescored(judge, rescoring.earlier_holdout(judge, TRACK))
    assert (current(judge).holdout, current(judge).earlier_holdouts) == (first, [])


def test_a_dry_run_has_one_name_for_one_correction_of_one_board(judge):
    send(judge, add_team(judge), noisy_answers(judge, 0.7))
    name = rescoring.rescore(judge, TRACK, fixed(judge)).name
    assert re.fullmatch("[0-9a-f]{12}", name)
    again = rescoring.rescore(judge, TRACK, fixed(judge))
    assert again.name == name
    assert again.holdout.commitments == fixed(judge).commitments, "its salts are its own, not drawn anew"
    assert rescoring.rescore(judge, TRACK, fixed(judge, [0, 1])).name != name
    send(judge, add_team(judge, "Somebody else"), noisy_answers(judge, 0.9))
    assert rescoring.rescore(judge, TRACK, fixed(judge)).name != name


def test_a_dry_run_writes_nothing_and_publishing_it_judges_nothing_again(judge, monkeypatch):
    for seed in range(3):
        send(judge, add_team(judge, f"Team {seed}"), noisy_answers(judge, 0.7, seed))
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    sealed = sorted((judge.vault.folder / "holdouts").iterdir())
    with judge.scores.read() as session:
        scores = session.query(RawScore).count()
    dry_run = rescoring.rescore(judge, TRACK, fixed(judge))
    with judge.store.read() as session, judge.scores.read() as vault:
        assert (session.query(HoldoutRecord).count(), vault.query(RawScore).count()) == (1, scores)
    assert sorted((judge.vault.folder / "holdouts").iterdir()) == sealed
    monkeypatch.setattr(judging.judge, "score", None)
    monkeypatch.setattr(results, "rank_sets", None)
    rescoring.switch(judge, dry_run)
    assert {entry.team: entry.value for entry in shown(judge)} == {
        move.team: move.value_after for move in dry_run.moves
    }
    with judge.scores.read() as session:
        assert session.query(RawScore).count() == 2 * scores


def test_what_changed_since_the_dry_run_is_said_and_nothing_is_published(judge):
    send(judge, add_team(judge, "Early"), noisy_answers(judge, 0.7))
    dry_run = rescoring.rescore(judge, TRACK, fixed(judge))
    send(judge, add_team(judge, "Late"), noisy_answers(judge, 0.8))
    before, digest = shown(judge), judge.holdout(TRACK).digest
    with pytest.raises(rescoring.BoardChanged, match=r"changed meanwhile: Late not on it -> 0\.\d+ with 1 files"):
        rescoring.switch(judge, dry_run)
    with judge.store.read() as session:
        assert session.query(HoldoutRecord).count() == 1
    assert (shown(judge), judge.holdout(TRACK).digest) == (before, digest)
    now = rescoring.rescore(judge, TRACK, dry_run.holdout, known=dry_run)
    assert {move.team for move in now.moves} == {"Early", "Late"}
    rescoring.switch(judge, now)
    assert judge.holdout(TRACK).digest == dry_run.holdout.digest


@pytest.fixture
def command(judge, tmp_path, monkeypatch):
    send(judge, add_team(judge), noisy_answers(judge, 0.7))
    labels = tmp_path / "fixed.csv"
    corrections(judge, [0, 1, 2]).to_csv(labels, index=False)

    def run(*arguments, terminal=False, answer=""):
        monkeypatch.setattr("leaderboard.cli.judge.at_a_terminal", lambda: terminal)
        place = ["rescore", TRACK, "--event", str(judge.event.folder)]
        found = CliRunner().invoke(cli.app, [*place, *arguments], input=answer)
        return " ".join(found.output.split()), found

    return run, ["--labels", str(labels)]


def test_publishing_shows_first_and_asks_on_a_terminal(judge, command):
    run, labels = command
    before = judge.holdout(TRACK).digest
    told, _ = run(*labels, "--publish", terminal=True, answer="n\n")
    assert told.index("what the rescoring changes") < told.index("Make this the board of higgs.signal?")
    assert "nothing was changed" in told
    assert judge.holdout(TRACK).digest == before
    told, _ = run(*labels, "--publish", terminal=True, answer="y\n")
    assert told.endswith("published")
    assert judge.holdout(TRACK).digest != before
    told, _ = run("--roll-back", "--yes", terminal=True)
    assert "what the rescoring changes" in told
    assert "Make this" not in told
    assert judge.holdout(TRACK).digest == before


def test_a_dry_run_is_published_by_its_name_and_no_other_is(judge, command):
    run, labels = command
    name = re.search("dry run ([0-9a-f]{12})", run(*labels)[0])[1]
    send(judge, add_team(judge, "Late"), noisy_answers(judge, 0.8))
    _, refused = run(*labels, "--publish", "--dry-run", name, terminal=True)
    assert isinstance(refused.exception, ValueError)
    assert f"not {name}: labels or board are others now" in str(refused.exception)
    name = re.search("dry run ([0-9a-f]{12})", run(*labels)[0])[1]
    told, _ = run(*labels, "--publish", "--dry-run", name, terminal=True)
    assert told.endswith("published")


def test_corrections_that_cannot_be_read_are_named_and_nothing_is_judged(judge, command):
    run, (_, labels) = command
    text = Path(labels).read_text()
    before = judge.holdout(TRACK).digest
    for changed, says in (
        (text.replace(",", ";"), "expected id,label, got 'id;label'"),
        (text.partition("\n")[2], "expected id,label, got"),
        (text.replace("label\n", "label\nA"), "line 2: expected 16 lower-case hexadecimal digits"),
    ):
        Path(labels).write_text(changed)
        _, refused = run("--labels", labels, "--publish", "--yes")
        assert isinstance(refused.exception, HoldoutError)
        assert says in str(refused.exception)
    assert judge.holdout(TRACK).digest == before


def test_a_file_that_is_judged_while_the_question_stands_is_shown_and_asked_about(judge, command, monkeypatch):
    run, labels = command

    def confirm(question):
        if len(asked) == 0:
            send(judge, add_team(judge, "Late"), noisy_answers(judge, 0.8))
        asked.append(question)
        return True

    asked = []
    monkeypatch.setattr("typer.confirm", confirm)
    told, _ = run(*labels, "--publish", terminal=True)
    assert len(asked) == 2
    assert "changed meanwhile: Late not on it" in told
    assert told.endswith("published")
