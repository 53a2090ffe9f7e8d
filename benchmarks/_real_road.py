"""The same attack on the road that a team's files take: intake, queue, judge, release."""

from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import select

from benchmarks._attacked import Target
from benchmarks._boards import Kind, Seen
from leaderboard.intake import circuits
from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.judge.judging import Judge
from leaderboard.people import teams
from leaderboard.public import files
from leaderboard.store.tables import Release, Team
from scoring.predictions import id_text

CIRCUIT = b'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[1] q;\ninput angle x0;\nrx(x0) q[0];\n'
"""The smallest circuit that may be declared; an attack needs none."""


@dataclass
class Real:
    """A registered team of an event; takes the place of `benchmarks._boards.Simulated`."""

    judge: Judge
    target: Target
    team: Team
    left: int
    kind: Kind = "ours"
    best: np.ndarray | None = None
    shown: float = -np.inf
    seen: list[Seen] = field(default_factory=list)
    _numbers: set[int] = field(default_factory=set)

    @property
    def blur(self) -> float:
        """How far a value may be from the one that is shown."""
        return self.target.step / 2

    def send(self, direction: np.ndarray) -> Seen:
        """Write a prediction file, send it, let the judge work, and read what was released."""
        self.left -= 1
        event, store, name = self.judge.event, self.judge.store, self.target.holdout.track
        _, track = event.track(name)
        upload = files.predictions(id_text(self.target.holdout.ids), self.target.answer(direction), track)
        circuit = circuits.declare(event, store, name, CIRCUIT).sha256 if track.circuit else None
        number = receive(event, store, self.team, name, upload, "attack", circuit=circuit)["submission"]
        worker.work(self.judge, once=True)
        again = number in self._numbers
        self._numbers.add(number)
        with store.read() as session:
            release = session.scalars(select(Release).where(Release.submission_id == number)).one()
        moved = release.best_submission_id == number and not again
        if moved:
            self.best = direction
        self.shown = max(self.shown, self.target.sign * release.value)
        self.seen.append(Seen(moved, self.target.sign * release.value))
        return self.seen[-1]


def register(judge: Judge, target: Target, name: str, quota: int) -> Real:
    """Register a team that attacks."""
    with judge.store.write() as session:
        return Real(judge, target, teams.add_team(session, name), quota)


def forget_files(judge: Judge) -> None:
    """Delete the files that were sent: an event that is attacked again and again would grow by gigabytes."""
    for path in judge.event.submissions.rglob("*.npy"):
        path.unlink()
