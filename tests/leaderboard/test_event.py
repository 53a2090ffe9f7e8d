"""The whole road: data to board to final ranking, on simulated, toy and real rows."""

import hashlib
import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from challenges import spec
from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import Event, EventError
from leaderboard.intake import receipts
from leaderboard.intake.receipts import verify_revealed
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import select_final
from leaderboard.judge import finals, prepare, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.public.data import public_data
from leaderboard.store.database import AnotherEvents, open_store
from leaderboard.store.queries import track_state
from leaderboard.store.tables import HoldoutRecord, Release, Stamp
from scoring.metrics import METRICS
from scoring.sealed import judge as scoring_judge
from tests.support import (
    add_team,
    answers,
    corrections,
    noisy_answers,
    physathon,
    prediction_file,
    publish_rescored,
    real_data,
    toy_simulate,
)

TRACK = "higgs.signal"


def send(judge, team, values):
    return receive(judge.event, judge.store, team, TRACK, prediction_file(judge, values), "a.csv")["submission"]


def shown(judge):
    with judge.store.read() as session:
        return board(session, TRACK)


def score(judge, values, name="public"):
    return scoring_judge.score(
        scoring_judge.Predictions(np.asarray(values, float)[:, None]), judge.holdout(TRACK), name
    ).value


def test_answers_score_one_constants_a_half_inverted_zero(judge):
    for name in ("public", "private"):
        assert score(judge, answers(judge), name) == 1
        assert score(judge, np.full(600, -3.5), name) == 0.5
        assert score(judge, -answers(judge), name) == 0


def test_the_holdout_is_secret_and_the_training_seed_public(make_judge, tmp_path):
    first, second = make_judge(tmp_path / "a"), make_judge(tmp_path / "b")
    one, two = (public_data(judge.event, "higgs.signal") for judge in (first, second))
    assert one.train.read_bytes() == two.train.read_bytes()
    assert pd.read_parquet(one.test).iloc[:, 1:].isin(pd.read_parquet(two.test).iloc[:, 1:]).sum().sum() == 0
    assert one.facts()["secret"] is True
    with pytest.raises(EventError, match="has its data already"):
        prepare.simulate(first, "higgs")


def test_public_files_carry_no_label_of_the_holdout(judge):
    test = pd.read_parquet(public_data(judge.event, "higgs.signal").test)
    assert list(test) == ["id", *pd.read_parquet(public_data(judge.event, "higgs.signal").train).columns[:-1]]
    for path in judge.event.public.rglob("*"):
        if path.is_file() and path.suffix == ".json":
            assert "label" not in path.read_text()


def test_an_event_simulated_twice_with_one_row_in_both_parts_is_refused(make_judge, monkeypatch):
    monkeypatch.setattr(
        "challenges.higgs.simulate.simulate", lambda n, *_, **__: toy_simulate(1000, 1).take(np.arange(n))
    )
    with pytest.raises(EventError, match="occur twice"):
        make_judge()


def test_a_seed_that_is_known_is_marked_not_secret(make_judge, tmp_path):
    event = Event.create(tmp_path / "known", name="known", size="small", challenges=["higgs"])
    make_judge()
    receipts.make_key(event)
    judge = Judge(event, Vault(event, create=True))
    try:
        prepare.simulate(judge, "higgs", holdout_seed=5)
        assert public_data(event, TRACK).facts()["secret"] is False
        receipt = receive(event, judge.store, add_team(judge), TRACK, prediction_file(judge, answers(judge)), "a.csv")
        assert receipt["secret_holdout"] is False
    finally:
        judge.close()


def test_finals_are_judged_published_and_revealed(judge):
    weak, strong = add_team(judge, "Weak"), add_team(judge, "Strong")
    send(judge, weak, noisy_answers(judge, 3))
    chosen = send(judge, strong, noisy_answers(judge, 0.8))
    send(judge, strong, noisy_answers(judge, 0.5))
    with pytest.raises(EventError, match=r"3 files of higgs\.signal still wait"):
        finals.finalize(judge, TRACK, early=True)
    worker.work(judge, once=True)
    with judge.store.write() as session:
        select_final(session, judge.event, strong, chosen)
    with pytest.raises(EventError, match="the event closes at"):
        finals.finalize(judge, TRACK)
    with pytest.raises(EventError, match="not finalized"):
        finals.publish(judge, TRACK)
    assert len(finals.finalize(judge, TRACK, early=True)) == 2
    with judge.store.read() as session:
        assert session.query(Release).filter_by(slice="private").count() == 0
    with pytest.raises(EventError, match="not published"):
        finals.reveal(judge, TRACK)
    final = finals.publish(judge, TRACK)
    assert [(entry.rank, entry.team) for entry in final] == [(1, "Strong"), (2, "Weak")]
    assert final[0].submission == chosen
    assert final[0].value == score(judge, noisy_answers(judge, 0.8), "private")
    assert finals.publish(judge, TRACK) == final
    with judge.store.read() as session:
        for path in finals.reveal(judge, TRACK):
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            assert sha256 in judge.holdout(TRACK).commitments.values()
            assert "answers of higgs.signal" in verify_revealed(session, path.read_bytes())
            with pytest.raises(EventError, match="was committed to"):
                verify_revealed(session, path.read_bytes().replace(b",1\n", b",0\n", 1))


def test_rescoring_is_a_dry_run_then_a_publication_then_can_be_rolled_back(judge):
    a, b = add_team(judge, "A"), add_team(judge, "B")
    public = judge.holdout(TRACK).rows("public")
    wrong = public[:40]
    truth = answers(judge)
    truth[wrong] = 1 - truth[wrong]
    rng = np.random.default_rng(5)
    send(judge, a, answers(judge) + rng.normal(scale=0.5, size=600))
    send(judge, b, truth + rng.normal(scale=0.5, size=600))
    worker.work(judge, once=True)
    before = shown(judge)
    assert [entry.team for entry in before] == ["A", "B"]
    holdout = rescoring.corrected_holdout(judge, TRACK, corrections(judge, wrong))
    moves = rescoring.rescore(judge, TRACK, holdout).moves
    with judge.store.read() as session:
        assert session.query(HoldoutRecord).count() == 1, "a dry run commits to nothing"
    assert {move.team: (move.rank_before, move.rank_after) for move in moves} == {"A": (1, 2), "B": (2, 1)}
    assert shown(judge) == before
    publish_rescored(judge, holdout)
    assert [entry.team for entry in shown(judge)] == ["B", "A"]
    assert [entry.value for entry in shown(judge)] == [move.value_after for move in moves]
    with judge.store.read() as session:
        assert track_state(session, TRACK).holdout == holdout.digest
        assert session.query(HoldoutRecord).count() == 2
    late = add_team(judge, "Late")
    send(judge, late, noisy_answers(judge, 2))
    worker.work(judge, once=True)
    publish_rescored(judge, rescoring.earlier_holdout(judge, TRACK))
    assert [entry for entry in shown(judge) if entry.team != "Late"] == before
    assert "Late" in {entry.team for entry in shown(judge)}


def test_corrections_are_undone_one_by_one_and_every_commitment_can_be_checked(judge):
    send(judge, add_team(judge), noisy_answers(judge, 0.7))
    worker.work(judge, once=True)
    first = judge.holdout(TRACK)
    digests = [first.digest]
    for row in (judge.holdout(TRACK).rows("public")[0], judge.holdout(TRACK).rows("private")[0]):
        publish_rescored(judge, rescoring.corrected_holdout(judge, TRACK, corrections(judge, [row])))
        digests.append(judge.holdout(TRACK).digest)
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    revealed = {hashlib.sha256(path.read_bytes()).hexdigest() for path in finals.reveal(judge, TRACK)}
    promised = public_data(judge.event, "higgs.signal").facts()["commitments"]
    assert set(promised.values()) <= revealed
    assert len(revealed) == 4, "public and private before and after; a slice that did not change keeps its commitment"
    corrected = {path.name: path.read_bytes() for path in (judge.event.public / "revealed").iterdir()}
    for expected in reversed(digests[:-1]):
        publish_rescored(judge, rescoring.earlier_holdout(judge, TRACK))
        assert judge.holdout(TRACK).digest == expected
    public, private = f"{TRACK}.public.csv", f"{TRACK}.private.csv"
    first_public = f"{TRACK}.{digests[0][:8]}.public.csv"
    with judge.store.read() as session:
        told = {name: verify_revealed(session, content) for name, content in corrected.items()}
    assert told[public].endswith("; a correction that was withdrawn")
    assert told[private].endswith("; a correction that was withdrawn")
    assert told[first_public].endswith("+00:00"), "the first answers are the current ones again"
    assert len(finals.reveal(judge, TRACK)) == 2
    left = {path.name: path.read_bytes() for path in (judge.event.public / "revealed").iterdir()}
    assert left.keys() == {public, private}
    assert left[public] == corrected[first_public]
    with pytest.raises(EventError, match="nothing to roll back to"):
        publish_rescored(judge, rescoring.earlier_holdout(judge, TRACK))


def test_finals_are_chosen_once(judge):
    team, flipped = add_team(judge), judge.holdout(TRACK).rows("public")[:120]
    first = noisy_answers(judge, 0.8)
    chosen = send(judge, team, first)
    prophetic = noisy_answers(judge, 0.8, seed=1)
    prophetic[flipped] += 1 - 2 * answers(judge)[flipped]
    send(judge, team, prophetic)
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    assert [entry.submission for entry in finals.publish(judge, TRACK)] == [chosen]
    publish_rescored(judge, rescoring.corrected_holdout(judge, TRACK, corrections(judge, flipped)))
    assert score(judge, prophetic) > score(judge, first) + 0.1, "corrected labels make the other file the better one"
    assert [entry.submission for entry in shown(judge)] == [chosen]


def test_a_simulation_broken_off_before_its_last_step_can_be_run_again(judge, make_judge, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "rename", broken_off)
    with pytest.raises(KeyboardInterrupt):
        make_judge(tmp_path / "broken")
    monkeypatch.undo()
    monkeypatch.setattr("challenges.higgs.simulate.simulate", toy_simulate)
    event = Event(tmp_path / "broken")
    again = Judge(event, Vault(event))
    try:
        prepare.simulate(again, "higgs")
        facts = public_data(event, TRACK).facts()
        assert facts["commitments"] == again.holdout(TRACK).commitments
        assert score(again, answers(again)) == 1
    finally:
        again.close()


def broken_off(*_):
    raise KeyboardInterrupt


def test_two_events_with_one_key_share_nothing_and_no_two_share_vault_or_tables(make_judge, tmp_path, monkeypatch):
    monkeypatch.setenv("PHYSATHON_VAULT_KEY", "ab" * 32)
    one, two = make_judge(tmp_path / "one"), make_judge(tmp_path / "two")
    assert not set(one.holdout(TRACK).ids.tolist()) & set(two.holdout(TRACK).ids.tolist())
    assert (answers(one) != answers(two)).any()
    monkeypatch.setenv("PHYSATHON_VAULT", str(one.vault.folder))
    with pytest.raises(EventError, match="belongs to another event"):
        Vault(two.event)
    with two.store.write() as session:
        session.execute(update(Stamp).values(event=one.event.first.id))
    with pytest.raises(AnotherEvents, match=f"are of the event {one.event.first.id}, .* is of {two.event.first.id}"):
        open_store(two.event)


def test_the_real_data_are_fetched_by_their_manifest_and_taken_in(tmp_path, monkeypatch):
    source = real_data("higgs", "lightgbm_binary.test")
    handler = partial(SimpleHTTPRequestHandler, directory=source.parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    manifest = json.loads((spec.MANIFESTS / "higgs.json").read_text("utf-8"))
    (file,) = [entry for entry in manifest["distribution"] if "containedIn" not in entry]
    file["contentUrl"] = f"http://127.0.0.1:{server.server_port}/{source.name}"
    file["contentSize"] = f"{source.stat().st_size} B"
    file["sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    (tmp_path / "higgs.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(spec, "MANIFESTS", tmp_path)
    event = tmp_path / "event"
    try:
        physathon("init", event, "--source", "real", "--challenge", "higgs")
        told = physathon("fetch", "--event", event, "--cache", tmp_path / "cache")
    finally:
        server.shutdown()
        server.server_close()
    assert "320 training, 80 validation and 100 holdout rows, public labels: not secret" in told
    with pytest.raises(EventError, match="not for simulated ones"):
        physathon("simulate", "--event", event)


def test_a_failed_init_leaves_nothing_behind(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("2," + ",".join(["0.5"] * 28) + "\n")
    event = tmp_path / "event"
    run = CliRunner().invoke(cli.app, ["init", str(event), "--source", "real", "--file", f"higgs={bad}"])
    assert isinstance(run.exception, ValueError)
    assert list(tmp_path.iterdir()) == [bad]
    assert CliRunner().invoke(cli.app, ["init", str(event), "--name", 'x\ny "z"']).exit_code == 0
    assert Event(event).config.name == 'x\ny "z"'


@pytest.mark.parametrize(
    "name", ["Higgs \N{ROCKET} 2026", "\N{WOMAN}\u200d\N{MICROSCOPE}", 'a "b" \\ c', "x\ty", "\u2028", "\x7f"]
)
def test_a_name_of_any_characters_is_read_back_as_it_was_written(tmp_path, name):
    assert Event.create(tmp_path / "event", name=name).config.name == Event(tmp_path / "event").config.name == name


def test_rescoring_after_publication_moves_the_final_ranking(judge):
    team = add_team(judge)
    send(judge, team, noisy_answers(judge, 0.7))
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    (before,) = finals.publish(judge, TRACK)
    rows = judge.holdout(TRACK).rows("private")[:30]
    holdout = rescoring.corrected_holdout(judge, TRACK, corrections(judge, rows))
    (move,) = rescoring.rescore(judge, TRACK, holdout).moves
    assert move.value_before == before.value
    publish_rescored(judge, holdout)
    (after,) = shown(judge)
    assert after.value == move.value_after < before.value


def test_a_sealed_holdout_that_was_exchanged_is_noticed(judge):
    (path,) = (judge.vault.folder / "holdouts").iterdir()
    other = judge.holdout(TRACK).corrected(corrections(judge, [0]))
    other.seal(path, judge.vault.derive("holdouts"))
    fresh = Judge(judge.event, Vault(judge.event))
    try:
        with pytest.raises(EventError, match="the event committed to"):
            fresh.holdout(TRACK)
    finally:
        fresh.close()


def test_the_road_on_real_rows(tmp_path):
    table = tmp_path / "HIGGS.tsv"
    table.write_bytes(
        b"".join(real_data("higgs", f"lightgbm_binary.{part}").read_bytes() for part in ("train", "test"))
    )
    event = tmp_path / "event"
    told = physathon("init", event, "--source", "real", "--file", f"higgs={table}")
    assert "4,800 training, 1,200 validation and 1,500 holdout rows" in told
    assert "public labels: not secret" in told
    physathon("kit", "build", "--event", event)
    physathon("baseline", "--event", event)
    physathon("judge", "--once", "--event", event)
    told = physathon("board", "--event", event)
    assert "public labels: not secret" in told
    assert "XGBoost, higgs (baseline)" in told
    physathon("finalize", "--early", "--event", event)
    assert "final ranking" in physathon("publish", "--event", event)
    for line in physathon("reveal", "--event", event).split():
        assert physathon("verify", line, "--event", event).startswith("OK")
    revealed = pd.read_csv(event / "public" / "revealed" / "higgs.signal.private.csv", comment="#", dtype={"id": str})
    labels = pd.read_csv(table, sep="\t", header=None)[0].to_numpy()[-1500:]
    assert (labels[revealed["group"] - 6000] == revealed["label"]).all()
    perfect = tmp_path / "perfect.csv"
    both = pd.concat(
        pd.read_csv(path, comment="#", dtype={"id": str}) for path in (event / "public" / "revealed").iterdir()
    )
    both.rename(columns={"label": "score"})[["id", "score"]].to_csv(perfect, index=False)
    (found,) = json.loads(physathon("score", "higgs", perfect, "--slice", "private", "--json", "--event", event))
    assert found["value"] == 1


@pytest.mark.parametrize("challenge_id", spec.available())
def test_every_challenge_is_well_described(challenge_id):
    challenge = spec.load(challenge_id)
    assert challenge.manifest.is_file()
    assert (challenge.folder / "README.md").is_file()
    assert challenge.starter(challenge.tracks[0]).is_file()
    for track in challenge.tracks:
        sign = 1 if METRICS[track.metric].greater_is_better else -1
        assert sign * track.anchors.floor < sign * track.anchors.reference


def test_a_metric_that_nobody_computes_is_named_before_an_event_is_made(tmp_path, monkeypatch):
    text = (spec.FOLDER / "higgs" / "challenge.toml").read_text()
    (tmp_path / "higgs").mkdir()
    (tmp_path / "higgs" / "challenge.toml").write_text(text.replace('metric = "roc_auc"', 'metric = "luck"', 1))
    monkeypatch.setattr(spec, "FOLDER", tmp_path)
    with pytest.raises(
        spec.ChallengeError, match=r"higgs/challenge.toml: track signal has 'luck' as metric, expected one of"
    ):
        Event.create(tmp_path / "event", name="toy", challenges=["higgs"])
    assert not (tmp_path / "event").exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("fraction = 0.6", "fraction = 0.7", "must add to 1"),
        ('title = "Find the Higgs boson"', 'tilte = "x"', "tilte"),
        ("public =", "open =", "needs a slice public"),
        ('id = "higgs"', 'id = "boson"', "they must agree"),
        ("version = 1", "version =", "challenge.toml"),
    ],
)
def test_a_wrong_challenge_file_is_named(tmp_path, monkeypatch, old, new, says):
    text = (spec.FOLDER / "higgs" / "challenge.toml").read_text()
    assert old in text
    (tmp_path / "higgs").mkdir()
    (tmp_path / "higgs" / "challenge.toml").write_text(text.replace(old, new, 1))
    monkeypatch.setattr(spec, "FOLDER", tmp_path)
    with pytest.raises(spec.ChallengeError, match=says):
        spec.load("higgs")
    with pytest.raises(spec.ChallengeError, match="there is no challenge"):
        spec.load("alchemy")
