"""How a ceremony goes on, as the vault keeps it: whose turn is when, what each tells, and how many are out."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from challenges.files import write_atomically
from leaderboard.board.entries import Best
from leaderboard.judge.vault import Vault
from leaderboard.store.queries import now
from leaderboard.store.tables import Ceremony


@dataclass(frozen=True)
class Planned:
    """One team's turn: what the screen shows of it, and what its release holds on each track."""

    team: int
    value: float
    low: float
    high: float
    rank_best: int
    rank_worst: int
    releases: dict[str, Best]


@dataclass(frozen=True)
class Plan:
    """A ceremony as the vault keeps it.

    Attributes
    ----------
    ceremony : int
        Number of its row in the event's tables.
    holdouts : dict of str to str
        The digest by which each track is judged.
    turns : list of Planned
        In order.
    done : int
        How many turns are out.
    at : datetime
        When the last one was let out.
    """

    ceremony: int
    holdouts: dict[str, str]
    turns: list[Planned]
    done: int = 0
    at: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))


def kept(vault: Vault) -> Plan | None:
    """Return the plan of the ceremony that is under way, if there is one."""
    try:
        found = json.loads(path_of(vault).read_text("utf-8"))
    except FileNotFoundError:
        return None
    turns = [
        Planned(**one | {"releases": {track: Best(**best) for track, best in one["releases"].items()}})
        for one in found["turns"]
    ]
    return Plan(**found | {"turns": turns, "at": datetime.fromisoformat(found["at"])})


def keep(vault: Vault, plan: Plan) -> None:
    """Write a plan into the vault, in place of the one before."""
    vault.must_be_there()
    document = json.dumps(asdict(plan) | {"at": plan.at.isoformat()})
    write_atomically(path_of(vault), document.encode(), 0o600)


def end(vault: Vault, session: Session, track: str) -> None:
    """End the ceremony that lets out results of a track, if there is one, in the transaction that publishes it."""
    plan = kept(vault)
    if plan is None or track not in plan.holdouts:
        return
    row = session.get(Ceremony, plan.ceremony)
    if row is not None:
        row.ended_at = now()
    path_of(vault).unlink()


def path_of(vault: Vault) -> Path:
    return vault.folder / "ceremony.json"
