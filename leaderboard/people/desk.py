"""The desk's side of what is asked of the judge, and who may ask: everything here can be done by the web process."""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.people.codes import issue_code
from leaderboard.store import team_names
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Code, Organiser, Role, SignIn, Task, TaskKind
from leaderboard.store.tables.ceremonies import POINTS

LINK_LIFE = timedelta(hours=24)
"""How long a link serves by which somebody comes to the desk for the first time."""

ROLES: dict[Role, str] = {
    "organiser": "does all",
    "helper": "answers questions, helps teams to come in",
    "jury": "reads boards and cards",
}


FREELY = ("kit",)
"""Kinds of tasks that need no code: nothing is told or moved by them that could not be taken back."""

NOT_BEGUN = ("waiting", "asking")
"""States in which a task can be taken back."""

SHOW_CODES = "physathon tasks"
"""The command that shows codes, where the judge runs."""


class NotAllowed(PermissionError):
    """Something that a role does not include."""


def add_organiser(session: Session, name: str, role: str) -> Organiser:
    """Let somebody sit at the desk.

    Raises
    ------
    leaderboard.store.team_names.TeamNameError
        If that is no name.
    EventError
        If there is no such role, or somebody of that name is there.
    """
    name = team_names.clean(name)
    if role not in ROLES:
        raise EventError(f"expected one of {', '.join(ROLES)}, got {role!r}")
    if session.scalar(select(Organiser.id).where(Organiser.name == name)) is not None:
        raise EventError(f"{name} is at the desk already")
    new = Organiser(name=name, role=role, added_at=now())
    session.add(new)
    session.flush()
    audit(session, "organiser added", organiser=name, role=role)
    return new


def find_organiser(session: Session, name: str) -> Organiser:
    """Return who sits at the desk by that name, or raise EventError."""
    found = session.scalar(select(Organiser).where(Organiser.name == " ".join(name.split())))
    if found is None:
        names = list(session.scalars(select(Organiser.name).order_by(Organiser.name)))
        raise EventError(f"nobody of the name {name!r} is at the desk; there are: {', '.join(names) or 'none'}")
    return found


def link_code(session: Session, organiser: Organiser) -> str:
    """Return a code by which an organiser signs in, once."""
    return issue_code(session, "organiser", life=LINK_LIFE, organiser=organiser)


def dismiss(session: Session, organiser: Organiser) -> None:
    """Let somebody sit at the desk no more: signed out everywhere, at once."""
    for table in (SignIn, Code):
        session.execute(delete(table).where(table.organiser_id == organiser.id))
    audit(session, "organiser dismissed", organiser=organiser.name)
    session.delete(organiser)


def must_be(organiser: Organiser | None, *roles: Role) -> Organiser:
    """Return who asks, if their role is one of these; an organiser may do whatever others may.

    Raises
    ------
    NotAllowed
        If it is not.
    """
    if organiser is None:
        raise NotAllowed("nobody is signed in at the desk here: open the link that `physathon organiser add` gave")
    if organiser.role not in ("organiser", *roles):
        raise NotAllowed(f"this is for {' and '.join(('organiser', *roles))} alone, not for {organiser.role}")
    return organiser


def ask(session: Session, event: Event, kind: TaskKind, track: str, *, who: str, **details: str) -> Task:
    """Ask something of the judge, who takes it up at its next look.

    Raises
    ------
    EventError
        If the same is asked already, or the event has no such track.
    """
    if (kind, track) == ("ceremony", POINTS):
        name = track
    else:
        challenge, found = event.track(track)
        name = challenge.id if kind == "kit" else challenge.full_name(found)
    under_way = Task.kind == kind, Task.track == name, Task.state.in_(["waiting", "asking", "running"])
    same = session.scalar(select(Task).where(*under_way))
    if same is not None:
        raise EventError(f"task {same.id} asks for the same: {kind} {name}, {same.state}")
    task = Task(kind=kind, track=name, details=details, asked_by=who, asked_at=now(), state="waiting")
    session.add(task)
    session.flush()
    audit(session, "task asked", task=task.id, kind=kind, track=name, who=who)
    return task


def digest_of(task: Task) -> str:
    """Return the SHA-256 of all that a task is: the desk and the judge's side both show how it begins."""
    document = [task.id, task.kind, task.track, task.details]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def newest(session: Session, most: int) -> list[Task]:
    """Return what was asked last, newest first."""
    return list(session.scalars(select(Task).order_by(Task.id.desc()).limit(most)))


def dry_runs(session: Session, track: str, most: int) -> list[Task]:
    """Return the dry runs of a track that are done, newest first."""
    are = Task.kind == "rescore", Task.track == track, Task.state == "done"
    return list(session.scalars(select(Task).where(*are).order_by(Task.id.desc()).limit(most)))


def count_not_ended(session: Session) -> int:
    """Return how many tasks wait, for the judge or for a code, or are under way."""
    return session.scalars(select(func.count()).where(Task.state.in_([*NOT_BEGUN, "running"]))).one()


def give_code(session: Session, number: int, code: str, *, who: str) -> None:
    """Hand over to the judge the code that its own side shows for a task.

    Raises
    ------
    EventError
        If no such task waits for one.
    """
    task = session.get(Task, number)
    if task is None or task.state != "asking":
        raise EventError(f"task {number} waits for no code" if task else f"there is no task {number}")
    task.code = code[:40]
    audit(session, "task code given", task=number, who=who)


def withdraw(session: Session, number: int, *, who: str) -> None:
    """Take back a task that has not begun.

    Raises
    ------
    EventError
        If there is none that has not.
    """
    task = session.get(Task, number)
    if task is None or task.state not in NOT_BEGUN:
        raise EventError(f"there is no task {number} that has not begun")
    task.state, task.said, task.finished_at, task.code = "refused", f"taken back by {who}", now(), None
    audit(session, "task taken back", task=number, who=who)
