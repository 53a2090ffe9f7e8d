"""Baselines on the board: trained on the public labelled rows, sent through the same intake, never ranked."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from baselines.rungs import Baseline, rungs
from challenges import mass
from challenges.dataset import Dataset
from leaderboard.event import Event, EventError
from leaderboard.intake import circuits
from leaderboard.intake.receive import receive
from leaderboard.people import teams
from leaderboard.public import files
from leaderboard.public.data import public_data
from leaderboard.store.database import Database
from leaderboard.store.queries import accepted
from leaderboard.store.tables import Team


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
    if is_there(store, track, baseline):
        return False
    send(event, store, track, baseline, prediction_file(event, track, baseline, train))
    return True


def enter_all(
    event: Event, store: Database, tracks: Sequence[str], *, slow: bool
) -> Iterator[tuple[str, Baseline, bool]]:
    """Enter the baselines of some tracks, trained by whoever does the mass work; yield each, and whether it is new."""
    found = [(name, rung) for name in tracks for rung in rungs_of(event, name, slow=slow)]
    new = [(name, rung) for name, rung in found if not is_there(store, name, rung)]
    uploads = mass.each(trained, [(event.folder, name, rung.name) for name, rung in new])
    for name, rung in found:
        if (name, rung) in new:
            send(event, store, name, rung, next(uploads))
        yield name, rung, (name, rung) in new


def rungs_of(event: Event, track: str, *, slow: bool = True) -> tuple[Baseline, ...]:
    """Return the baselines of a track, weakest first."""
    challenge, found = event.track(track)
    return rungs(challenge.id, found.id, slow=slow)


def trained(what: tuple[Path, str, str]) -> bytes:
    """Return the prediction file of a baseline, given by the event's folder, the track and its name, in any process."""
    folder, track, name = what
    event = Event(folder)
    baseline = next(one for one in rungs_of(event, track) if one.name == name)
    return prediction_file(event, track, baseline, _kept_training_data(folder, track))


@lru_cache(maxsize=1)
def _kept_training_data(folder: Path, track: str) -> Dataset:
    return training_data(Event(folder), track)


def is_there(store: Database, track: str, baseline: Baseline) -> bool:
    """Return whether a baseline was sent in before."""
    with store.write() as session:
        return bool(accepted(session, track, _ghost(session, track, baseline).id))


def _ghost(session: Session, track: str, baseline: Baseline) -> Team:
    """Return the ghost that a baseline is, made if need be."""
    name = name_of(baseline, track)
    ghost = teams.find_team(session, name) or teams.add_team(session, name, kind="baseline")
    if ghost.kind != "baseline":
        raise EventError(f"a team is called {name!r}, as the baseline would be: rename the team first")
    return ghost


def send(event: Event, store: Database, track: str, baseline: Baseline, upload: bytes) -> None:
    """Send a baseline's predictions in as its ghost."""
    with store.write() as session:
        ghost = _ghost(session, track, baseline)
    circuit = declared(event, store, track, baseline)
    receive(event, store, ghost, track, upload, f"{baseline.name}.csv", circuit=circuit)
