"""Moments as people write them: a date and a time with a zone or an offset, a date alone, or so long from now."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FORMS = (
    "2026-12-01 18:00 Europe/Lisbon, 2026-12-01T18:00+01:00, 2026-12-01 18:00 or 2026-12-01 (in the event's zone), "
    "+1h, -30m"
)
PART = re.compile(r"(\d+(?:\.\d+)?)([wdhms])", re.IGNORECASE)
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
WRITTEN = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:[T\s]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2}|[A-Za-z][\w/+-]*)?"
)


class TimeError(ValueError):
    """A moment that cannot be read, or that no clock ever shows; the message says what was expected and what came."""


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises
    ------
    TimeError
        If there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeError(f"there is no time zone {name!r}: expected a name such as Europe/Lisbon or UTC") from error


def moment(text: str, *, zone: ZoneInfo, base: datetime) -> datetime:
    """Return the moment that a text means.

    Parameters
    ----------
    text : str
        In one of `FORMS`.
    zone : ZoneInfo
        Where a text without zone and offset belongs; a date alone is the start of that day there.
    base : datetime
        What a span such as ``+1h`` is counted from.

    Raises
    ------
    TimeError
        If it has no such form, the day or the zone does not exist, or clocks skip or repeat that hour.

    Examples
    --------
    >>> utc, base = ZoneInfo("UTC"), datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("UTC"))
    >>> moment("2026-12-01 18:00 Europe/Berlin", zone=utc, base=base).isoformat()
    '2026-12-01T18:00:00+01:00'
    >>> moment("+1d 30m", zone=utc, base=base).isoformat()
    '2026-12-02T12:30:00+00:00'
    >>> moment("tomorrow", zone=utc, base=base)
    Traceback (most recent call last):
    leaderboard.times.TimeError: expected a time such as 2026-12-01 18:00 Europe/Lisbon, 2026-12-01T18:00+01:00, \
2026-12-01 18:00 or 2026-12-01 (in the event's zone), +1h, -30m; got 'tomorrow'
    """
    if text.strip()[:1] in ("+", "-"):
        length = _sum(text.strip()[1:])
        if length is None:
            raise TimeError(f"expected a time such as {FORMS}; got {text!r}")
        return base + length if text.strip()[0] == "+" else base - length
    written = WRITTEN.fullmatch(text.strip())
    if not written:
        raise TimeError(f"expected a time such as {FORMS}; got {text!r}")
    try:
        local = datetime.combine(date.fromisoformat(written["date"]), _time(written["time"]))
    except ValueError as error:
        raise TimeError(f"there is no such day or time: {text!r} ({error})") from error
    where = written["zone"]
    if where and (where == "Z" or where[0] in "+-"):
        return datetime.fromisoformat(f"{local.isoformat()}{where.replace('Z', '+00:00')}")
    return _on_the_clock(local, zone_of(where) if where else zone, text)


def span(text: str) -> timedelta:
    """Return how long a text means.

    Raises
    ------
    TimeError
        If it is no span, or longer than any calendar.

    Examples
    --------
    >>> span("15m"), span("1d 2h")
    (datetime.timedelta(seconds=900), datetime.timedelta(days=1, seconds=7200))
    """
    length = _sum(text)
    if length is None:
        raise TimeError(f"expected a span such as 15m, 2h or 1d, got {text!r}")
    return length


def _sum(text: str) -> timedelta | None:
    parts = [PART.fullmatch(part) for part in text.split()]
    if not parts or not all(parts):
        return None
    try:
        return sum((timedelta(**{UNITS[part[2].lower()]: float(part[1])}) for part in parts if part), timedelta())
    except OverflowError:
        return None


def _time(text: str | None) -> time:
    return time.fromisoformat(text.zfill(5) if text.count(":") == 1 else text.zfill(8)) if text else time()


def _on_the_clock(local: datetime, zone: ZoneInfo, text: str) -> datetime:
    """Return a wall clock's time in its zone, unless clocks go forward over it or show it twice."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    back = first.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) == local
    what = "twice, when clocks go back" if back else "never, for clocks go forward over it"
    raise TimeError(f"clocks in {zone.key} show {text!r} {what}: give an offset, as in {first.isoformat()}")
