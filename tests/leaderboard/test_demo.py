"""The demo, and what an event is filled with: what can be simulated here, the reference, a text that never ships."""

import sys

import pytest

from leaderboard.board.entries import board
from leaderboard.board.history import steps
from leaderboard.demo.play import fill, open_demo
from leaderboard.demo.teams import LASTED, PLAYERS, tokens_file
from leaderboard.event import Event, EventError
from leaderboard.public.data import public_data
from tests.support import TOYS, physathon


def shown(judge):
    with judge.store.read() as session:
        return board(session, "higgs.signal")


def test_the_demo_plays_higgs_without_pythia_and_reuses_its_events(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    monkeypatch.delenv("PHYSATHON_VAULT", raising=False)
    folder = tmp_path / "demo"
    judge = open_demo(folder, size="small")
    fill(judge, "higgs", say=lambda text: None, progress=lambda *rest: None)
    first = shown(judge)
    with judge.store.read() as session:
        told = steps(session, "higgs.signal")
    opened = judge.event.config.opens
    assert all(opened < one.at < opened + LASTED for one in told if one.kind == "team"), "in the hours before one looks"
    assert len({one.at for one in told}) == len(told) > len({one.team for one in told}), "teams became better"
    judge.close()
    ranked = {entry.team: entry for entry in first}
    played = [entry for entry in first if entry.kind == "team"]
    assert {entry.team for entry in played} == {
        one.name for one in PLAYERS if one.blurs and "higgs" not in one.stays_away
    }
    assert [entry.rank for entry in played] == [1 + sum(one.value > own.value for one in played) for own in played]
    assert sum(entry.kind == "baseline" for entry in first) == 3
    assert max(entry.value for entry in first if entry.kind == "team") > 0.6
    assert tokens_file(judge.event).stat().st_mode & 0o777 == 0o600
    assert tokens_file(judge.event).read_text().startswith("Newcomers: physathon_")
    files = {
        path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and "sqlite" not in path.name
    }
    monkeypatch.setattr("challenges.higgs.simulate.simulate", None)
    monkeypatch.setattr("leaderboard.ghosts.prediction_file", None)
    again = open_demo(folder)
    fill(again, "higgs", say=lambda text: None, progress=lambda *rest: None)
    assert {entry.team: entry for entry in shown(again)} == ranked
    again.close()
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_the_demo_leaves_out_what_it_cannot_simulate_and_takes_it_up_later(tmp_path, monkeypatch):
    folder = tmp_path / "demo"
    Event.create(folder, name="demo", size="small", challenges=["particle_images", "quantum"])
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", TOYS["particle_images"])
    with monkeypatch.context() as here:
        here.setitem(sys.modules, "pythia8mc", None)
        told = physathon("demo", "--no-serve", "--event", folder)
    assert "particle_images.electron_photon" in told
    (line,) = (line for line in told.splitlines() if "left out" in line)
    assert line.startswith("left out: quantum, because this simulator needs Pythia 8")
    assert "pip install 'physathon[simulation]'" in line
    assert not (folder / "public" / "quantum").exists()
    monkeypatch.setattr("challenges.quantum.simulate.simulate", TOYS["quantum"])
    told = physathon("demo", "--no-serve", "--event", folder)
    assert "left out" not in told
    assert "quantum.anomaly" in told


def test_an_event_may_be_filled_by_the_reference_generator(tmp_path, monkeypatch):
    event, asked = tmp_path / "event", []

    def simulate(*arguments, generator="numpy", **options):
        asked.append(generator)
        return TOYS["higgs"](*arguments, **options)

    monkeypatch.setattr("challenges.higgs.simulate.simulate", simulate)
    physathon("init", event, "--size", "small", "--challenge", "higgs")
    physathon("simulate", "higgs", "--generator", "pythia", "--event", event)
    assert asked == ["pythia", "pythia"]


def test_a_holdout_may_be_composed_of_a_text_that_never_ships(tmp_path, monkeypatch):
    from challenges.renaissance.simulate import simulate

    asked = []

    def told(n, seed, *, track, text=None, **options):
        asked.append((track, text))
        return simulate(400 if track == "token_errors" else 72, seed, track=track, **options)

    monkeypatch.setattr("challenges.renaissance.simulate.simulate", told)
    event, own = tmp_path / "event", tmp_path / "own.txt"
    physathon("init", event, "--size", "small", "--challenge", "renaissance")
    physathon("simulate", "--text", own, "--event", event)
    assert asked == [(track, text) for track in ("token_errors", "transcription") for text in (None, own)]
    facts = public_data(Event(event), "renaissance.token_errors").facts()
    assert facts["source"] == "simulated, training seed 1, the holdout with a text of its own"
    assert facts["secret"]


def test_a_demo_of_nothing_that_can_be_simulated_says_so(tmp_path, monkeypatch):
    Event.create(tmp_path, name="demo", size="small", challenges=["quantum"])
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(EventError, match="no simulator of this event's challenges is installed: quantum"):
        physathon("demo", "--event", tmp_path)


def test_a_demo_that_is_paused_goes_on_without_its_teams(tmp_path, monkeypatch):
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", TOYS["particle_images"])
    Event.create(tmp_path, name="demo", size="small", challenges=["particle_images"])
    judge = open_demo(tmp_path)
    judge.close()
    physathon("set", "paused", "the projector fell", "--event", tmp_path)
    told = physathon("demo", "--no-serve", "--event", tmp_path)
    assert "demo teams send nothing to particle_images.electron_photon: demo takes no files for now" in told
    assert "(baseline)" in told
