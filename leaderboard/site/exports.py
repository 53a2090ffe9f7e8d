"""What an organiser takes out of an event: boards, participants, receipts, the audit log, as CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.board.entries import Entry, board
from leaderboard.event import Event, EventError
from leaderboard.people.auditing import Filter, entries
from leaderboard.store.queries import audit
from leaderboard.store.tables import Member, Submission, TrackState

FORMS = ("csv", "json")

RUNS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""

PERSONAL = "These are personal data: keep them to yourself, and delete them when they are deleted here."


def _boards(session: Session, event: Event) -> Iterable[dict[str, Any]]:
    for track in event.tracks():
        state = session.get(TrackState, track)
        entries = board(session, track) if state else ()
        yield from board_rows(track, entries, published=state is not None and state.published_at is not None)


def board_rows(track: str, entries: Iterable[Entry], *, published: bool) -> Iterator[dict[str, Any]]:
    """Yield what a board, as everybody may see it, says of each entry."""
    for one in entries:
        yield {
            "track": track,
            "published": published,
            "rank": one.rank,
            "rank_best": one.rank_best,
            "rank_worst": one.rank_worst,
            "team": one.team,
            "bracket": one.bracket,
            "kind": one.kind,
            "slice": one.slice,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "submission": one.submission,
            "files": one.submissions,
            "received_at": one.received_at,
            "circuit": str(one.declared) if one.declared else None,
            "observed": one.observed and one.observed.value,
        }


def _participants(session: Session, _event: Event) -> Iterable[dict[str, Any]]:
    for one in session.scalars(select(Member).order_by(Member.team_id, Member.id)):
        yield {
            "number": one.id,
            "team": one.team.name,
            "bracket": one.team.bracket,
            "name": one.name,
            "affiliation": one.affiliation,
            "orcid": one.orcid,
            "minor": one.minor,
            "agreed_at": one.agreed_at,
            "publishes": one.publishes,
            "joined_at": one.joined_at,
            "out": one.team.out,
        }


def _receipts(session: Session, _event: Event) -> Iterable[dict[str, Any]]:
    receipts = session.scalars(select(Submission.receipt).order_by(Submission.id))
    return (one for one in receipts if one is not None)


def _audit(session: Session, _event: Event) -> Iterable[dict[str, Any]]:
    for one in entries(session, Filter(), limit=None):
        yield {"number": one.id, "at": one.at, "action": one.action, "details": one.details}


KINDS: dict[str, Callable[[Session, Event], Iterable[dict[str, Any]]]] = {
    "boards": _boards,
    "participants": _participants,
    "receipts": _receipts,
    "audit": _audit,
}


def export(session: Session, event: Event, kind: str, form: str) -> tuple[bytes, str]:
    """Return the content of a file, and what is said of it; the audit log gets that it was taken.

    Boards have what everybody may see by now, and nothing else. Receipts in JSON verify as they are.

    Parameters
    ----------
    session : Session
    event : Event
    kind : str
        One of `KINDS`.
    form : str
        One of `FORMS`.

    Raises
    ------
    EventError
        If there is no such kind or form.
    """
    if kind not in KINDS or form not in FORMS:
        raise EventError(f"expected one of {', '.join(KINDS)} as {' or '.join(FORMS)}, got {kind!r} as {form!r}")
    rows = list(KINDS[kind](session, event))
    audit(session, "exported", kind=kind, rows=len(rows))
    said = f"{kind}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    return as_csv(rows) if form == "csv" else _as_json(rows), f"{said}. {PERSONAL}" if kind == "participants" else said


def _as_json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, indent=1, ensure_ascii=False, default=datetime.isoformat).encode() + b"\n"


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """Return a table that a spreadsheet opens, accents and all, and of which it runs nothing."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(columns)
    table.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    """Return a value as a cell holds it.

    Examples
    --------
    >>> [_cell(one) for one in ("=1+1", "Tau", -0.5, None, {"who": "Ada"})]
    ["'=1+1", 'Tau', -0.5, '', '{"who": "Ada"}']
    """
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(RUNS) else value
    return "" if value is None else value
