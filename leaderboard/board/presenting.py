"""What whoever presents a ceremony does: on and back, a pause, texts, a rehearsal; each in the caller's transaction."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.board.ceremonies import Starts, frozen_board, number_in, on_screen, script_of, tracks_of
from leaderboard.event import Event, EventError
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Ceremony
from leaderboard.store.tables.ceremonies import POINTS

Move = Literal["next", "back", "pause"]
LONGEST = 500
"""Letters of a text."""


class NoCeremony(EventError):
    """A step of a ceremony while none is on the screen."""


def move(session: Session, event: Event, how: str, starts: Starts | None = None) -> None:
    """Take the picture one step on or back, or let it pause; a step to a team that is not out asks the judge for it.

    While the judge has not answered, and during a pause, nothing goes on. What is out is out: back goes the picture.

    Raises
    ------
    NoCeremony
        If none is on the screen.
    EventError
        If there is no such move.
    """
    ceremony = must_be_on(session)
    if how not in get_args(Move):
        raise EventError(f"expected one of {', '.join(get_args(Move))}, got {how[:LONGEST]!r}")
    paused = bool(ceremony.picture.get("paused"))
    if how == "pause":
        keep(ceremony, paused=not paused)
        return
    script = script_of(session, event, ceremony, starts.of(session, event, ceremony) if starts else None)
    lowest = script.first if script.final else 0
    if how == "back" and not paused:
        keep(ceremony, step=max(script.step - 1, lowest))
    if how == "back" or paused or script.waits or script.step + 1 >= len(script.scenes):
        return
    scene = script.scenes[script.step + 1]
    if scene.turns > len(script.turns) and not script.final:
        keep(ceremony, asked=scene.turns)
        audit(session, "next result asked", ceremony=ceremony.id, turn=scene.turns)
    keep(ceremony, step=script.step + 1)


def rehearse(session: Session, event: Event, scope: str) -> Ceremony:
    """Put a rehearsal on the screen: its scores are made up, nothing is let out, and it can be repeated.

    Raises
    ------
    EventError
        If the event has no such track, nothing of it is out, nobody is on its board, or a real ceremony is under way.
    """
    tracks = tracks_of(event, scope)
    name = POINTS if scope == POINTS else tracks[0]
    for track in tracks:
        early = event.not_out(track.partition(".")[0])
        if early:
            raise early
    under_way = session.scalar(select(Ceremony).where(Ceremony.ended_at.is_(None), ~Ceremony.rehearsal))
    if under_way is not None:
        raise EventError(f"the ceremony of {under_way.scope} is under way: there is no rehearsal meanwhile")
    if not any(one.kind == "team" for one in frozen_board(session, event, name)):
        raise EventError("no team is on this board: there is nothing to rehearse with")
    return begin(session, name, rehearsal=True)


def begin(session: Session, scope: str, *, rehearsal: bool) -> Ceremony:
    """Put a ceremony on the screen; a rehearsal that is on ends, and its texts stay."""
    earlier = session.scalar(select(Ceremony).order_by(Ceremony.id.desc()).limit(1))
    for one in session.scalars(select(Ceremony).where(Ceremony.rehearsal, Ceremony.ended_at.is_(None))):
        one.ended_at = now()
    new = Ceremony(scope=scope, rehearsal=rehearsal, started_at=now(), picture=texts_of(earlier))
    session.add(new)
    session.flush()
    audit(session, "rehearsal begun" if rehearsal else "ceremony begun", ceremony=new.id, track=scope)
    return new


def end_rehearsal(session: Session) -> None:
    """Take a rehearsal off the screen.

    Raises
    ------
    NoCeremony
        If none is on it.
    EventError
        If it is no rehearsal.
    """
    ceremony = must_be_on(session)
    if not ceremony.rehearsal:
        raise EventError(f"this is no rehearsal: `physathon publish` of what it lets out ({ceremony.scope}) ends it")
    ceremony.ended_at = now()
    audit(session, "rehearsal ended", ceremony=ceremony.id)


def set_texts(session: Session, *, notes: str, awards: Mapping[str, str]) -> None:
    """Keep what whoever presents reads, and what the screen says of each bracket's award; the next ceremony has it too.

    Raises
    ------
    NoCeremony
        If none is on the screen.
    """
    said = {bracket: text.strip()[:LONGEST] for bracket, text in awards.items()}
    keep(must_be_on(session), notes=notes.strip()[:LONGEST], awards=said)


def texts_of(ceremony: Ceremony | None) -> dict[str, Any]:
    """Return the notes of a ceremony and its awards' texts, none where there are none."""
    picture = ceremony.picture if ceremony is not None and isinstance(ceremony.picture, dict) else {}
    notes, awards = picture.get("notes"), picture.get("awards")
    return {"notes": notes if isinstance(notes, str) else "", "awards": awards if isinstance(awards, dict) else {}}


def must_be_on(session: Session) -> Ceremony:
    """Return the ceremony that is on the screen, or raise NoCeremony."""
    found = on_screen(session)
    if found is None:
        raise NoCeremony("no ceremony is on the screen: the desk begins one, or a rehearsal")
    return found


def keep(ceremony: Ceremony, **changes: object) -> None:
    """Change what a picture keeps; it is written anew, for the tables do not look into it."""
    ceremony.picture = {**ceremony.picture, **changes}


def asked(ceremony: Ceremony) -> int:
    """Return how many turns are wanted by now."""
    return number_in(ceremony, "asked")
