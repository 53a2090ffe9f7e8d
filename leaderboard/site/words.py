"""What the pages say in words: moments in the reader's zone, spans, numbers, metrics, and text that is safe to show."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import streamlit as st

from challenges.spec import Challenge, Track
from scoring.metrics import METRICS

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
CALLED_OUT = re.compile(r"(\\[:@]|(?i:www)(?=\\\.))")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is written."""
    return PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def plain(text: str) -> str:
    """Return text that Streamlit's Markdown shows as it is written, whoever wrote it.

    Examples
    --------
    >>> print(plain("**Top** [quarks](x) <b> $1$"))
    \\*\\*Top\\*\\* \\[quarks\\]\\(x\\) \\<b\\> \\$1\\$
    """
    # Emoji names and bare addresses are found after the escapes are gone: an invisible joiner parts them for good.
    return CALLED_OUT.sub("\\1\u2060", escaped(text))


class Html(str):
    """HTML that Streamlit draws as it is, where it would look through any other text for an indent."""

    def _repr_html_(self) -> str:
        return self


def reader_zone() -> tzinfo:
    """Return the time zone of who looks, UTC where the browser does not say."""
    return zone_of(st.context.timezone)


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone by its name, UTC where there is none.

    Examples
    --------
    >>> str(zone_of("Europe/Berlin")), str(zone_of("../x")), str(zone_of(None))
    ('Europe/Berlin', 'UTC', 'UTC')
    """
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # The browser says what it likes.
        return UTC


def page_number(text: str | None) -> int:
    """Return which page of a table an address names, the first where it names none.

    Examples
    --------
    >>> [page_number(text) for text in ("3", None, "0", "-1", "9" * 30)]
    [3, 1, 1, 1, 1]
    """
    named = text is not None and text.isascii() and text.isdecimal() and len(text) < 9
    return max(int(text), 1) if named else 1


def moment(when: datetime, zone: tzinfo, *, year: bool = False) -> str:
    """Return a moment as a reader in that zone writes it.

    Examples
    --------
    >>> moment(datetime(2026, 3, 1, 22, 5, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    'Sun 1 Mar, 23:05'
    """
    when = when.astimezone(zone)
    return (
        f"{when:%a} {when.day} {when:%b}{when: %Y}, {when:%H:%M}" if year else f"{when:%a} {when.day} {when:%b, %H:%M}"
    )


def span(left: timedelta) -> str:
    """Return a span of time in its two largest units.

    Examples
    --------
    >>> span(timedelta(days=3, hours=4, minutes=9)), span(timedelta(minutes=4, seconds=5)), span(timedelta(seconds=7))
    ('3 d 4 h', '4 min 5 s', '7 s')
    """
    seconds = max(int(left.total_seconds()), 0)
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    # Seconds say nothing while there are hours.
    return " ".join(parts[:2])


def ago(passed: timedelta) -> str:
    """Return how long ago something was, in its largest unit.

    Examples
    --------
    >>> ago(timedelta(days=2, hours=3)), ago(timedelta(minutes=3)), ago(timedelta(seconds=20))
    ('2 d ago', '3 min ago', 'just now')
    """
    return "just now" if passed < timedelta(minutes=1) else f"{brief(passed)} ago"


def brief(left: timedelta) -> str:
    """Return a span of time in its largest unit alone.

    Examples
    --------
    >>> brief(timedelta(days=3, hours=4)), brief(timedelta(minutes=4, seconds=50)), brief(timedelta(seconds=7))
    ('3 d', '4 min', '<1 min')
    """
    return "<1 min" if left < timedelta(minutes=1) else " ".join(span(left).split()[:2])


def decimals(step: float) -> int:
    """Return how many decimals a value on a grid needs.

    Examples
    --------
    >>> decimals(0.005), decimals(0.1), decimals(2.0)
    (3, 1, 0)
    """
    return max(-int(Decimal(str(step)).normalize().as_tuple().exponent), 0)


def metric_title(track: Track) -> str:
    """Return what a track is judged by, in words; that less is better is said, that more is goes without saying."""
    metric = METRICS[track.metric]
    return metric.title + ("" if metric.greater_is_better else ", lower is better")


def answers_of(track: Track) -> str:
    """Return what a prediction file of a track holds, in a few words."""
    if track.answers == "images":
        height, width = track.shape
        return f"images of {height} × {width} pixels in one npy file, in ascending order of id"
    return f"the columns {', '.join(('id', *track.columns))}"


def followed_by(title: str, says: str) -> str:
    """Return a title and what is said of it; a question needs no colon.

    Examples
    --------
    >>> followed_by("Signal", "best"), followed_by("Signal?", "best")
    ('Signal: best', 'Signal? best')
    """
    return f"{title} {says}" if title.endswith("?") else f"{title}: {says}"


def track_title(challenge: Challenge, track: Track) -> str:
    return followed_by(challenge.title, track.title)


def short_title(challenge: Challenge, track: Track) -> str:
    """Return what to call a track where its challenge's title alone may tell it from the others."""
    return challenge.title if len(challenge.tracks) == 1 else track_title(challenge, track)
