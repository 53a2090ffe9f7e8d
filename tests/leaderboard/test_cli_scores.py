"""The organiser's own looks at a holdout: score and compare."""

import json
import sys

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.store.tables import AuditEntry
from scoring.predictions import check
from scoring.ranks import compare
from scoring.sealed.judge import Predictions, estimate, score
from tests.support import answers, noisy_answers, prediction_file

TRACK = "higgs.signal"


@pytest.fixture
def files(judge, tmp_path):
    """Return a good and a poor prediction file."""
    for name, noise in (("good.csv", 0.7), ("poor.csv", 4)):
        (tmp_path / name).write_bytes(prediction_file(judge, noisy_answers(judge, noise)))
    return tmp_path / "good.csv", tmp_path / "poor.csv"


def physathon(judge, *arguments):
    place = ["--event", str(judge.event.folder)]
    found = CliRunner().invoke(cli.app, [*map(str, arguments), *place], catch_exceptions=False, env={"COLUMNS": "200"})
    assert found.exit_code == 0, found.output
    return found.output


def predictions(judge, file):
    from leaderboard.public.data import public_data

    return Predictions(check(file, public_data(judge.event, "higgs.signal").format()).values)


def audited(judge, action):
    with judge.store.read() as session:
        return [entry.details for entry in session.query(AuditEntry).filter_by(action=action)]


def test_score_shows_a_row_a_slice_with_everything_that_is_known_of_it(judge, files):
    told = physathon(judge, "score", "higgs", files[0], "--slice", "public", "--slice", "private")
    for name in ("public", "private"):
        found = score(predictions(judge, files[0]), judge.holdout(TRACK), name)
        (row,) = [line for line in told.splitlines() if f" {name} " in line]
        for number in (found.value, found.low, found.high, found.standard_error):
            assert f"{number:.5f}" in row
        assert ", ".join(map(str, found.exact)) in row
    assert "greater is better; sealed holdout" in told
    assert "private" not in physathon(judge, "score", "higgs", files[0]), "only the public slice unless asked"


def test_scores_as_json_are_the_same_one_entry_a_slice(judge, files):
    found = json.loads(physathon(judge, "score", TRACK, files[0], "--slice", "private", "--slice", "public", "--json"))
    assert [entry["slice"] for entry in found] == ["private", "public"]
    expected = score(predictions(judge, files[0]), judge.holdout(TRACK), "private")
    assert found[0]["value"] == expected.value
    assert tuple(found[0]["exact"]) == expected.exact
    assert (found[0]["track"], found[0]["holdout_is"]) == (TRACK, "sealed holdout")


def test_compare_shows_both_files_and_the_paired_difference(judge, files):
    both = [predictions(judge, file) for file in files]
    expected = compare(estimate(both, judge.holdout(TRACK), "private"))
    assert expected.p_value < 0.01
    found = json.loads(physathon(judge, "compare", "higgs", *files, "--slice", "private", "--json"))
    assert {key: found[key] for key in ("difference", "standard_error", "z", "p_value")} == {
        key: getattr(expected, key) for key in ("difference", "standard_error", "z", "p_value")
    }
    assert tuple(found["interval"]) == expected.interval
    assert found["difference"] == found["files"][0]["value"] - found["files"][1]["value"]
    told = physathon(judge, "compare", "higgs", *files, "--slice", "private")
    for number in (*(entry["value"] for entry in found["files"]), *expected.interval):
        assert f"{number:.5f}" in told
    assert f"{expected.difference:+.5f}" in told
    assert f"z = {expected.z:.2f}, p = {expected.p_value:.2g}" in told


def test_a_file_compared_with_itself_differs_by_nothing(judge, files):
    found = json.loads(physathon(judge, "compare", "higgs", files[0], files[0], "--json"))
    assert (found["difference"], found["z"], found["p_value"]) == (0, 0, 1)


def test_every_look_is_in_the_audit_log(judge, files):
    physathon(judge, "score", "higgs", files[0], "--slice", "public", "--slice", "private")
    physathon(judge, "compare", "higgs", *files, "--slice", "private")
    assert [entry["slice"] for entry in audited(judge, "scored locally")] == ["public", "private"]
    (entry,) = audited(judge, "compared locally")
    assert entry["slice"] == "private"
    assert len(set(entry["predictions"])) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score", "higgs", "good.csv", "--slice", "secret"], "has no slice 'secret'"),
        (["score", "higgs", "columns.csv"], "columns.csv cannot be scored: column_order"),
        (["compare", "higgs", "good.csv", "none.csv"], "none.csv"),
        (["compare", "higgs", "good.csv", "columns.csv"], "columns.csv cannot be scored: column_order"),
        (["compare", "higgs", "good.csv", "poor.csv", "--slice", "secret"], "has no slice 'secret'"),
        (["compare", "nmr", "good.csv", "poor.csv"], "no challenge 'nmr'"),
    ],
)
def test_what_is_wrong_is_named_and_leaves_no_trace(judge, files, arguments, says, monkeypatch, capsys):
    folder = files[0].parent
    (folder / "columns.csv").write_bytes(prediction_file(judge, answers(judge)).replace(b"id,score", b"score,id", 1))
    arguments = [str(folder / one) if one.endswith(".csv") else one for one in arguments]
    monkeypatch.setattr(sys, "argv", ["physathon", *arguments, "--event", str(judge.event.folder)])
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert says in " ".join(capsys.readouterr().err.split())
    assert audited(judge, "scored locally") == audited(judge, "compared locally") == []
