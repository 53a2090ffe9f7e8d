"""Settings that change while people play: where they are kept, how they are changed, and who follows them."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import LIVE, Changed, Event, EventError
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Setting
from leaderboard.times import moment, zone_of

FRESH = 1.0
"""Seconds for which settings that were read are taken to hold."""

TIMES = ("opens", "closes")
NONE = ("none", "off", "")
"""How one says that there shall be none."""


def changed(session: Session) -> Changed:
    """Return what was set since the event was made."""
    return {one.key: one.value for one in session.scalars(select(Setting))}


def followed(
    reading: Callable[[], AbstractContextManager[Session]], clock: Callable[[], float] = time.monotonic
) -> Callable[[], Changed]:
    """Return what reads the settings, at most once in `FRESH` seconds; while nothing can be read the last hold."""
    last: Changed = {}
    read_at = -FRESH

    def read() -> Changed:
        nonlocal last, read_at
        if clock() - read_at >= FRESH:
            with suppress(StoreFault), reading() as session:
                last = changed(session)
            read_at = clock()
        return last

    return read


def change(session: Session, event: Event, key: str, text: str, *, who: str, reason: str) -> tuple[object, object]:
    """Set one key, as people write it, and note who did and why; return the old value and the new.

    Parameters
    ----------
    session : Session
    event : Event
    key : str
        One of `leaderboard.event.LIVE`.
    text : str
        For a time one of `leaderboard.times.FORMS`, a span counted from the value it has now; "none" for no value.
    who, reason : str
        For the audit log.

    Raises
    ------
    EventError
        If the key is no live one, or the event would make no sense with that value.
    leaderboard.times.TimeError
        If a time cannot be read.
    """
    if key not in LIVE:
        fixed = ", which is fixed once the event is made" if key in type(event.first).model_fields else ""
        raise EventError(f"expected one of {', '.join(LIVE)}, got {key!r}{fixed}")
    before = changed(session)
    old = getattr(event.with_settings(before), key)
    value: str | int | None = None if text.strip().lower() in NONE else text
    if key in TIMES:
        zone = zone_of(event.with_settings(before).zone)
        value = moment(text, zone=zone, base=old).isoformat()
    new = getattr(event.with_settings({**before, key: value}), key)
    session.merge(Setting(key=key, value=new.isoformat() if isinstance(new, datetime) else new, changed_at=now()))
    audit(session, "setting changed", key=key, old=_plain(old), new=_plain(new), who=who, reason=reason)
    return old, new


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
