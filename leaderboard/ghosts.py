"""Baselines on the board: trained on the public labelled rows, sent through the same intake, never ranked."""

from baselines.rungs import Baseline
from challenges.dataset import Dataset
from leaderboard.event import Event, EventError
from leaderboard.intake import circuits
from leaderboard.intake.receive import receive
from leaderboard.people import teams
from leaderboard.public import files
from leaderboard.public.data import public_data
from leaderboard.store.database import Database
from leaderboard.store.queries import accepted


def training_data(event: Event, track: str) -> Dataset:
    """Read a track's labelled rows; where it allows only some to be trained on, its training file alone."""
    _, found = event.track(track)
    folder = public_data(event, track).folder
    if found.training.only:
        return files.read_labelled(folder, files.TRAIN, found.targets)
    return files.read_all_labelled(folder, found.targets)


def prediction_file(event: Event, track: str, baseline: Baseline, train: Dataset) -> bytes:
    """Train a baseline and return its prediction file, as a team would write it."""
    _, found = event.track(track)
    ids, features = files.read_test(public_data(event, track).folder)
    return files.predictions(ids, baseline.fit(train).predict(features), found)


def declared(event: Event, store: Database, track: str, baseline: Baseline) -> str | None:
    """Declare the circuit that a baseline runs and return its SHA-256; None where it is a classical model."""
    if baseline.declaration is None:
        return None
    return circuits.declare(event, store, track, baseline.declaration().encode()).sha256


def name_of(baseline: Baseline, track: str) -> str:
    """Return what a baseline is called as a ghost."""
    return f"{baseline.title}, {track.partition('.')[0]}"


def enter(event: Event, store: Database, track: str, baseline: Baseline, train: Dataset) -> bool:
    """Train a baseline and send its predictions in as a ghost; return whether it was not there before."""
    name = name_of(baseline, track)
    with store.write() as session:
        ghost = teams.find_team(session, name) or teams.add_team(session, name, kind="baseline")
        if ghost.kind != "baseline":
            raise EventError(f"a team is called {name!r}, as the baseline would be: rename the team first")
        if accepted(session, track, ghost.id):
            return False
    upload = prediction_file(event, track, baseline, train)
    circuit = declared(event, store, track, baseline)
    receive(event, store, ghost, track, upload, f"{baseline.name}.csv", circuit=circuit)
    return True
