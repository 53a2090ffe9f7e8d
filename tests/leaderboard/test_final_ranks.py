"""The final board says how sure its ranks are; and a metric of which less is better is played the other way round."""

from dataclasses import replace

import pandas as pd
import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, rescoring, results, worker
from leaderboard.judge.ladder import Judged, climb, on_grid
from leaderboard.people import teams
from leaderboard.site.api import create_api
from leaderboard.store.database import Database
from leaderboard.store.tables import Release
from leaderboard.store.versions import MIGRATIONS
from scoring.groups import possible_ranks
from scoring.metrics import METRICS
from scoring.ranks import rank_sets
from scoring.roc import ROC_AUC
from scoring.sealed.judge import estimate
from tests.support import add_team, answers, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"


def send(judge, team, values):
    upload = prediction_file(judge, values)
    return receive(judge.event, judge.store, team, TRACK, upload, "a.csv")["submission"]


def play(judge, *, ghost=True):
    """Let four teams send a file each, of which two send the same, and a baseline that beats them all."""
    guess = noisy_answers(judge, 1.5)
    for name, values in {"Strong": noisy_answers(judge, 0.3), "Even": guess, "Same": guess, "Weak": -guess}.items():
        send(judge, add_team(judge, name), values)
    if ghost:
        with judge.store.write() as session:
            baseline = teams.add_team(session, "Oracle, higgs", kind="baseline")
        send(judge, baseline, noisy_answers(judge, 0.1))
    worker.work(judge, once=True)


def publish(judge):
    finals.finalize(judge, TRACK, early=True)
    return finals.publish(judge, TRACK)


def shown(judge):
    with judge.store.read() as session:
        return board(session, TRACK)


def ranges(entries):
    return {entry.team: (entry.rank_best, entry.rank_worst) for entry in entries}


def test_published_rank_sets_are_those_of_the_joint_estimate_of_all_teams(judge):
    play(judge)
    final = publish(judge)
    assert [entry.team for entry in final] == ["Oracle, higgs", "Strong", "Even", "Same", "Weak"]
    with judge.store.read() as session:
        chosen = [one for one in results.finals_of(session, TRACK) if one.team.kind == "team"]
    joint = estimate([judge.predictions(one) for one in chosen], judge.holdout(TRACK), "private")
    expected = {one.team.name: tuple(limits) for one, limits in zip(chosen, rank_sets(joint).tolist(), strict=True)}
    assert ranges(final) == expected | {"Oracle, higgs": (None, None)}
    assert expected == {"Strong": (1, 1), "Even": (2, 3), "Same": (2, 3), "Weak": (4, 4)}
    assert [entry.rank_range for entry in final] == ["", "1", "2–3", "2–3", "4"]
    assert all(entry.rank_best <= entry.rank <= entry.rank_worst for entry in final if entry.kind == "team")


def test_during_the_event_no_release_tells_a_rank_range(judge):
    play(judge)
    finals.finalize(judge, TRACK, early=True)
    with judge.store.read() as session:
        assert session.query(Release).filter(Release.rank_best.is_not(None)).count() == 0
        shown = [entry for entry in board(session, TRACK) if entry.kind == "team"]
    told = possible_ranks([entry.low for entry in shown], [entry.high for entry in shown]).tolist()
    assert ranges(shown) == {entry.team: tuple(limits) for entry, limits in zip(shown, told, strict=True)}


def test_baselines_change_no_rank_range(make_judge, tmp_path):
    with_ghost, without = make_judge(tmp_path / "a"), make_judge(tmp_path / "b")
    play(with_ghost)
    play(without, ghost=False)
    for judge in (with_ghost, without):
        of_teams = {entry.team: entry.rank_worst for entry in publish(judge) if entry.kind == "team"}
        assert max(of_teams.values()) == 4


def test_an_event_of_baselines_alone_has_no_rank_range(judge):
    with judge.store.write() as session:
        baseline = teams.add_team(session, "Oracle, higgs", kind="baseline")
    send(judge, baseline, answers(judge))
    worker.work(judge, once=True)
    assert ranges(publish(judge)) == {"Oracle, higgs": (None, None)}


def turned_round(judge):
    """Return the holdout with every label of the private slice the other way round."""
    holdout = judge.holdout(TRACK)
    rows = holdout.rows("private")
    labels = 1 - holdout.targets["label"].to_numpy()[rows]
    ids = [f"{value:016x}" for value in holdout.ids[rows]]
    return rescoring.corrected_holdout(judge, TRACK, pd.DataFrame({"id": ids, "label": labels}))


def test_a_correction_and_its_undoing_bring_their_own_rank_sets(judge):
    play(judge)
    before = publish(judge)
    publish_rescored(judge, turned_round(judge))
    turned = {"Strong": (4, 4), "Even": (2, 3), "Same": (2, 3), "Weak": (1, 1), "Oracle, higgs": (None, None)}
    assert ranges(shown(judge)) == turned
    publish_rescored(judge, rescoring.earlier_holdout(judge, TRACK))
    assert shown(judge) == before


def test_the_api_and_the_command_line_show_rank_ranges(judge):
    play(judge)
    publish(judge)
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        entries = client.get(f"/tracks/{TRACK}/board").json()["entries"]
        assert client.get(f"/tracks/{TRACK}").json()["greater_is_better"] is True
    assert [(entry["rank_best"], entry["rank_worst"]) for entry in entries[:3]] == [(None, None), (1, 1), (2, 3)]
    told = CliRunner().invoke(cli.app, ["board", "--event", str(judge.event.folder)]).output
    assert "rank range" in told
    assert "2–3" in told


def test_what_was_published_before_rank_sets_has_none_until_it_is_published_again(judge):
    play(judge)
    final = publish(judge)
    with judge.store.write() as session:
        session.query(Release).update({"rank_best": None, "rank_worst": None})
    assert {entry.rank_range for entry in shown(judge)} == {""}
    assert finals.publish(judge, TRACK) == final


def test_releases_of_before_are_kept_by_the_migration(tmp_path):
    url = f"sqlite:///{tmp_path / 'event.sqlite'}"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / "event"))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "event_0001")
        connection.execute(
            text("INSERT INTO releases VALUES (1, 1, 'private', 'digest', 1, 0.75, 0.7, 0.8, '2026-01-01 00:00:00')")
        )
    engine.dispose()
    store = Database(url, "event")
    store.migrate()
    with store.read() as session:
        (kept,) = session.query(Release)
    assert (kept.value, kept.low, kept.high, kept.rank_best, kept.rank_worst) == (0.75, 0.7, 0.8, None, None)
    store.close()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_ladder_of_a_metric_of_which_less_is_better_is_the_mirror(values):
    up = [Judged(number, value, value - 0.02, value + 0.02) for number, value in enumerate(values)]
    down = [Judged(one.submission, -one.value, -one.high, -one.low) for one in up]
    climbed = climb(up, lambda new, best: 0.003, step=0.005)
    fallen = climb(down, lambda new, best: 0.003, step=0.005, greater_is_better=False)
    assert [one.best.submission for one in fallen] == [one.best.submission for one in climbed]
    for one, other in zip(up, down, strict=True):
        value, low, high = on_grid(one.value, one.low, one.high, 0.005)
        assert on_grid(other.value, other.low, other.high, 0.005) == (-value, -high, -low)


@pytest.fixture
def less_is_better(monkeypatch):
    """Play for the smallest area under the ROC curve."""
    lower = replace(ROC_AUC, greater_is_better=False)
    monkeypatch.setitem(METRICS, ROC_AUC.name, lower)
    monkeypatch.setattr("scoring.roc.ROC_AUC", lower)


@pytest.mark.usefixtures("less_is_better")
def test_where_less_is_better_the_whole_road_runs_the_other_way(judge):
    climber = add_team(judge, "Climber")
    first, better, worse = (send(judge, climber, noisy_answers(judge, noise)) for noise in (1, 3, 0.5))
    other = send(judge, add_team(judge, "Other"), noisy_answers(judge, 0.3))
    worker.work(judge, once=True)
    public = shown(judge)
    assert [(entry.rank, entry.team, entry.submission) for entry in public] == [
        (1, "Climber", better),
        (2, "Other", other),
    ]
    assert public[0].value < public[1].value
    final = publish(judge)
    assert [(entry.rank, entry.team, entry.rank_range) for entry in final] == [(1, "Climber", "1"), (2, "Other", "2")]
    assert {first, worse}.isdisjoint(entry.submission for entry in final)
    moves = rescoring.rescore(judge, TRACK, turned_round(judge)).moves
    assert [(move.team, move.rank_before, move.rank_after) for move in moves] == [("Other", 2, 1), ("Climber", 1, 2)]
    told = CliRunner().invoke(cli.app, ["board", "--event", str(judge.event.folder)]).output
    assert "lower is better" in " ".join(told.split())
