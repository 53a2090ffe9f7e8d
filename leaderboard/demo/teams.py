"""The demo's teams, made up, as are the hours in which they send their files: a baseline's answers, blurred."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from challenges.files import write_atomically
from challenges.spec import Track
from leaderboard.event import Event
from leaderboard.intake.receive import receive
from leaderboard.people import organising, talk, teams
from leaderboard.public import files
from leaderboard.public.data import public_data
from leaderboard.store import prediction_files
from leaderboard.store.database import Database
from leaderboard.store.queries import accepted, now
from leaderboard.store.tables import Submission, Team
from scoring.predictions.format import id_text

LASTED = timedelta(hours=7)
"""For so long the demo has been open when somebody comes to look."""

BRACKETS = STUDENTS, EXPERTS = "Students", "Experts"

SAID = (
    "Welcome to the demo. Its teams are made up: their files are a baseline's answers, blurred less and less, and the "
    "hours in which these came are made up, too. Data, baselines and scores are real."
)


@dataclass(frozen=True)
class Player:
    """A made-up team.

    Attributes
    ----------
    name, bracket : str
    blurs : tuple of float
        How much each of its files is blurred, in the order in which it sends them; a team without one only looks on.
    stays_away : tuple of str
        Challenges in which it sends nothing.
    """

    name: str
    bracket: str
    blurs: tuple[float, ...] = ()
    stays_away: tuple[str, ...] = ()


PLAYERS = (
    Player("Newcomers", STUDENTS),
    Player("Muon Collective", STUDENTS, (2.5, 1.6, 0.9)),
    Player("Transverse Mass", STUDENTS, (1.8, 0.7), ("renaissance", "nmr")),
    Player("Boosted Tops", EXPERTS, (1.1, 0.5, 0.15), ("lensing",)),
    Player("Ring Bearers", EXPERTS, (1.4, 0.3), ("quantum", "renaissance")),
    Player("Gap Year", STUDENTS, (0.9, 0.6, 0.1), ("higgs", "particle_images")),
)
"""The first has sent nothing yet: it is for whoever tries the demo."""

AREAS = ("roc_auc", "macro_roc_auc")
FINE = 0.06
"""Where scores are no ranks a blur is so much finer."""


def tokens_file(event: Event) -> Path:
    """Where the teams' tokens lie, readable by their owner alone."""
    return event.folder / "demo-tokens.txt"


def enter(event: Event, store: Database) -> None:
    """Register the teams, if they are not there yet, and write their tokens down."""
    with store.write() as session:
        if teams.find_team(session, PLAYERS[0].name):
            return
        lines = [f"{one.name}: {teams.issue_token(session, _add(session, event, one), demo=True)}\n" for one in PLAYERS]
        talk.announce(session, SAID)
    write_atomically(tokens_file(event), "".join(lines).encode(), 0o600)


def _add(session: Session, event: Event, player: Player) -> Team:
    team = teams.add_team(session, player.name)
    if player.bracket in event.config.brackets:
        organising.set_bracket(session, event, team, player.bracket)
    return team


def send(event: Event, store: Database, track: str, best: Submission) -> None:
    """Let the teams send their files to a track: the answers of a baseline's file, blurred.

    A team that has sent something stays as it is.

    Raises
    ------
    leaderboard.event.EventNotOpen
        If the event takes no files.
    """
    challenge, found = event.track(track)
    ids, answers = id_text(public_data(event, track).format().ids), prediction_files.get(event, best.sha256)
    with store.read() as session:
        playing = [(one, teams.find_team(session, one.name)) for one in PLAYERS if challenge.id not in one.stays_away]
        playing = [(one, team) for one, team in playing if team and not accepted(session, track, team.id)]
    circuit = best.circuit.sha256 if best.circuit else None
    for player, team in playing:
        rng = np.random.default_rng(list(f"{player.name} {track}".encode()))
        luck, moments = rng.uniform(0.6, 1.5), _moments(event, rng, len(player.blurs))
        for number, (blur, at) in enumerate(zip(player.blurs, moments, strict=True), start=1):
            file = files.predictions(ids, _blurred(answers, blur * luck, found, rng), found)
            receive(event, store, team, track, file, f"attempt-{number}", circuit=circuit, began=at, received=at)


def _moments(event: Event, rng: np.random.Generator, count: int) -> list[datetime]:
    """Return when files come: within the hours that the event has been open, the last of them not long ago."""
    opened = max(min(now() - event.config.opens, LASTED), timedelta())
    return [event.config.opens + opened * share for share in np.sort(1 - rng.random(count) ** 1.5 * 0.95)]


def _blurred(answers: np.ndarray, blur: float, track: Track, rng: np.random.Generator) -> np.ndarray:
    if track.answers == "texts":
        return np.array([[_with_slips(text, blur * FINE, rng) for text in row] for row in answers.tolist()])
    blur = blur if track.metric in AREAS else blur * FINE
    noisy = answers + rng.normal(size=answers.shape) * answers.std(axis=0) * blur
    for at, column in enumerate(track.columns):
        if column in track.ranges:
            noisy[:, at] = noisy[:, at].clip(*track.ranges[column])
    return noisy


def _with_slips(text: str, share: float, rng: np.random.Generator) -> str:
    kept = rng.random(len(text)) >= share
    return "".join(letter for letter, stays in zip(text, kept, strict=True) if stays) or text
