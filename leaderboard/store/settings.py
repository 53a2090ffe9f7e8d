"""Settings that change while people play: where they are kept, how they are changed, and who follows them."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.config import LIVE, Changed, EventConfig
from leaderboard.event import Event, EventError
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import AuditEntry, Setting
from leaderboard.times import moment, zone_of

FRESH = 0.5
"""Seconds for which settings that were read are taken to hold."""

CHANGED = "setting changed"
"""How the audit log calls it."""

TIMES = ("opens", "closes", "freezes_at")
NONE = ("none", "off", "")
"""How one says that there shall be none."""

OPEN = (
    "Anybody can form teams now, and as many: what teams together can read off a board by probing is no longer "
    "bounded. `physathon set registration code` goes back."
)

WITHOUT_VAULT = {
    "closes": "The judge finalizes nothing before the same is said on its own side.",
    "freezes_at": "The judge keeps an earlier freeze that it has seen until the same is said on its own side.",
}
"""What it means where a moment of which the judge keeps its own is set on a machine that has no vault."""


def changed(session: Session) -> Changed:
    """Return what was set since the event was made."""
    rows = session.scalars(select(Setting)).all()
    found = Changed((one.key, one.value) for one in rows)
    found.at = max((one.changed_at for one in rows), default=None)
    return found


def followed(
    reading: Callable[[], AbstractContextManager[Session]], clock: Callable[[], float] = time.monotonic
) -> Callable[[], Changed]:
    """Return what reads the settings, at most once in `FRESH` seconds; while nothing can be read the last hold."""
    last = Changed()
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

    Parameters are those of `meant`, and ``who`` and ``reason`` for the audit log; it raises what that raises.
    """
    before = changed(session)
    config = event.with_settings(before)
    name, new = key, _meant(event, before, key, text)
    key, challenge = _live(key)
    old, kept = _value(config, key, challenge), new.model_dump(mode="json", include={key})[key]
    session.merge(Setting(key=key, value=kept, changed_at=now()))
    told = {"old": _plain(old), "new": _plain(_value(new, key, challenge))}
    audit(session, CHANGED, key=name, **told, who=who, reason=reason)
    return old, _value(new, key, challenge)


def meant(session: Session, event: Event, key: str, text: str) -> tuple[object, object]:
    """Return the value that a key has and the one that a text would give it; nothing is changed.

    Parameters
    ----------
    session : Session
    event : Event
    key : str
        One of `leaderboard.config.LIVE`; of the releases one, as ``releases.higgs``.
    text : str
        For a time one of `leaderboard.times.FORMS`, a span counted from the value it has now (where it has none, from
        the opening for a release and from the close for the freeze); names with commas between; "none" for no value.

    Raises
    ------
    EventError
        If the key is no live one, or the event would make no sense with that value.
    leaderboard.times.TimeError
        If a time cannot be read.
    """
    before = changed(session)
    new = _meant(event, before, key, text)
    key, challenge = _live(key)
    return _value(event.with_settings(before), key, challenge), _value(new, key, challenge)


def said(value: object, zone: str) -> str:
    """Return a setting's value in words, moments as clocks in a zone show them."""
    if isinstance(value, datetime):
        return f"{value.astimezone(ZoneInfo(zone)):%A %d %B %Y %H:%M:%S} ({zone})"
    if isinstance(value, dict):
        value = tuple(f"{name} {said(one, zone)}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def last_changes(session: Session) -> dict[str, AuditEntry]:
    """Return of each key that was changed, or each release, what the audit log says of the last time."""
    entries = select(AuditEntry).where(AuditEntry.action == CHANGED).order_by(AuditEntry.id)
    return {entry.details["key"]: entry for entry in session.scalars(entries)}


def _live(key: str) -> tuple[str, str]:
    """Return a live key, and of the releases the challenge; raise EventError where it is none."""
    key, _, challenge = key.partition(".")
    if key not in LIVE or bool(challenge) != (key == "releases"):
        fixed = ", which is fixed once the event is made" if key in EventConfig.model_fields and key not in LIVE else ""
        expected = ", ".join("releases.CHALLENGE" if one == "releases" else one for one in LIVE)
        raise EventError(f"expected one of {expected}, got {key!r}{fixed}")
    return key, challenge


def _meant(event: Event, before: Changed, key: str, text: str) -> EventConfig:
    """Return the settings as they would be."""
    key, challenge = _live(key)
    value = _read(event.with_settings(before), key, challenge, text)
    return event.with_settings({**before, key: value})


def _value(config: EventConfig, key: str, challenge: str) -> object:
    return config.releases.get(challenge) if challenge else getattr(config, key)


def _read(config: EventConfig, key: str, challenge: str, text: str) -> object:
    """Return what a text means as a key's value, not validated yet."""
    none = text.strip().lower() in NONE
    if key in TIMES or challenge:
        base = _value(config, key, challenge) or (config.opens if challenge else config.closes)
        assert isinstance(base, datetime)
        value = None if none else moment(text, zone=zone_of(config.zone), base=base)
        if not challenge:
            return value
        others = {name: at for name, at in config.releases.items() if name != challenge}
        return others | ({} if value is None else {challenge: value})
    if key == "brackets":
        return () if none else tuple(" ".join(one.split()) for one in text.split(","))
    return None if none else text


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
