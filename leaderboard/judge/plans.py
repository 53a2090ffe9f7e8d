"""How a ceremony goes on, as the vault keeps it: whose turn is when, what each tells, and how many are out."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from challenges.files import write_atomically
from challenges.spec import PRIVATE
from leaderboard.board.entries import Best
from leaderboard.judge.vault import Vault
from leaderboard.store.queries import audit, now, track_state
from leaderboard.store.tables import Ceremony, Release


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
    """Return the plan of the ceremony that was begun last, unless what it lets out is published."""
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


def row_of(session: Session, plan: Plan, *, held: bool = False) -> Ceremony | None:
    """Return a plan's row while its ceremony goes on.

    There is none if a judge ended as it began it; then a rehearsal may have its number.
    """
    row = session.get(Ceremony, plan.ceremony, with_for_update=held)
    return row if row and not row.rehearsal and row.ended_at is None else None


def of_track(vault: Vault, track: str) -> Plan | None:
    """Return the plan that lets out results of a track, if there is one."""
    plan = kept(vault)
    return plan if plan and track in plan.holdouts else None


def goes_on(vault: Vault, session: Session, track: str) -> bool:
    """Return whether a ceremony that was begun here lets out results of a track."""
    plan = of_track(vault, track)
    return plan is not None and row_of(session, plan) is not None


def end(vault: Vault, session: Session, track: str) -> None:
    """End the ceremony that lets out results of a track, if there is one, in the transaction that publishes it."""
    if plan := of_track(vault, track):
        mine = Ceremony.id == plan.ceremony, ~Ceremony.rehearsal
        session.execute(update(Ceremony).where(*mine).values(ended_at=now()))


def break_off(vault: Vault, session: Session, track: str) -> None:
    """Take back a ceremony that cannot go on, in the caller's transaction: its tracks stand as before it began."""
    plan = of_track(vault, track)
    if plan:
        session.execute(delete(Ceremony).where(Ceremony.id == plan.ceremony, ~Ceremony.rehearsal))
    for name in plan.holdouts if plan else [track]:
        state = track_state(session, name)
        if state.revealing_at and not state.published_at:
            state.revealing_at = None
            session.execute(delete(Release).where(Release.holdout == state.holdout, Release.slice == PRIVATE))
            audit(session, "ceremony broken off", track=name)


def drop(vault: Vault, track: str) -> None:
    """Let go of the plan of a track once its end is committed: a judge that ends before that does it all again."""
    if of_track(vault, track):
        path_of(vault).unlink()


def path_of(vault: Vault) -> Path:
    return vault.folder / "ceremony.json"
