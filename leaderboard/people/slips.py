"""Slips of paper, eight to an A4 page: who is in which team, and a code by which a phone signs in."""

import html
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.people.codes import address_of, issue_code
from leaderboard.people.members import code_of, members_of
from leaderboard.qr import as_svg
from leaderboard.store.queries import now
from leaderboard.store.tables import Code, Team

A_PAGE = 8
STYLE = Path(__file__).with_name("slips.css")


@dataclass(frozen=True)
class Slip:
    """One slip: a member's, whose code serves once, or that of a team without members, which any may join by it."""

    team: str
    member: str | None
    code: str


def slips_of(session: Session, event: Event, team: Team, only: Container[int] | None = None) -> list[Slip]:
    """Return a slip for each member of a team, or ``only`` for those of some numbers; for the team where it has none.

    A member's code is a new one, good once and until the close; those of before that were not used stop working.

    Raises
    ------
    EventError
        If the event is closed.
    """
    life = event.config.closes - now()
    if event.phase() == "closed":
        raise EventError(f"{event.config.name} is closed: a code would let nobody in any more")
    members = members_of(session, team)
    if not members:
        return [Slip(team.name, None, code_of(team))]
    slips = []
    for member in members:
        if only is None or member.id in only:
            session.execute(delete(Code).where(Code.member_id == member.id))
            slips.append(Slip(team.name, member.name, issue_code(session, "member", life=life, member=member)))
    return slips


def page(event: Event, place: str, slips: Iterable[Slip]) -> str:
    """Return an HTML page of slips, to be printed on A4 and cut.

    Parameters
    ----------
    event : Event
    place : str
        Where browsers find the event, as ``https://hackathon.example.org``.
    slips : iterable of Slip
    """
    all_slips = [_slip(event, place, one) for one in slips]
    sheets = "".join(
        f"<section>{''.join(all_slips[at : at + A_PAGE])}</section>" for at in range(0, len(all_slips), A_PAGE)
    )
    title = html.escape(f"{event.config.name}: slips")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE.read_text('utf-8')}</style></head><body>{sheets}</body></html>\n"
    )


def _slip(event: Event, place: str, slip: Slip) -> str:
    address = address_of(place, slip.code)
    who = html.escape(slip.member or "Whoever joins")
    serves = "signs you in, once: show it to nobody" if slip.member else "lets whoever has it join: keep it in the team"
    return (
        f"<article><div><p>{html.escape(event.config.name)}</p><h1>{who}</h1><h2>{html.escape(slip.team)}</h2>"
        f"<p>Scan this, or open <b>{html.escape(place.rstrip('/'))}/join</b> and type</p><code>{slip.code}</code>"
        f"<p>It {serves}.</p></div>{as_svg(address)}</article>"
    )
