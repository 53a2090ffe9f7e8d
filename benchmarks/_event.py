"""A small event that proofs fill: nuclear spins, which NumPy alone simulates in seconds."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import teams
from leaderboard.public import files
from leaderboard.public.data import public_data
from leaderboard.store.tables import Team

TRACK = "nmr.interaction"


@dataclass(frozen=True)
class SmallEvent:
    """An event with its judge and its teams, and files to send."""

    judge: Judge
    teams: list[Team]

    def uploads(self, count: int, of: str = TRACK) -> list[bytes]:
        """Return prediction files of a track, each another one."""
        event, rng = self.judge.event, np.random.default_rng(1)
        _, track = event.track(of)
        ids, _ = files.read_test(public_data(event, of).folder)
        return [files.predictions(ids, rng.random((len(ids), len(track.columns))), track) for _ in range(count)]

    def send(self, number: int, upload: bytes) -> dict:
        """Let the teams, in turn, send a file; return the receipt."""
        team = self.teams[number % len(self.teams)]
        return receive(self.judge.event, self.judge.store, team, TRACK, upload, f"{number}.csv")


@contextmanager
def small_event(folder: Path, team_count: int, **settings) -> Generator[SmallEvent]:
    """Make an event in a folder, and close its databases at the end."""
    without_end = {"submissions_per_day": 100_000, "submissions_in_all": 100_000}
    event = Event.create(folder, name="proof", size="small", challenges=["nmr"], **without_end | settings)
    receipts.make_key(event)
    judge = Judge(event, Vault(event, create=True))
    try:
        prepare.simulate(judge, "nmr")
        with judge.store.write() as session:
            found = [teams.add_team(session, f"Team {number}") for number in range(team_count)]
        yield SmallEvent(judge, found)
    finally:
        judge.close()
