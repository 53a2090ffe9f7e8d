"""What the pages share: the event, moments in the reader's zone, and text that is safe to show."""

import html
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from challenges.spec import Challenge, Track, find_track
from leaderboard.database import Database
from leaderboard.event import EVENT_VARIABLE, Event, EventError
from leaderboard.public import ready_tracks
from leaderboard.store import SECRECY, HoldoutRecord, open_store, track_state
from scoring.metrics import METRICS

TITLES = {
    "roc_auc": "area under the ROC curve",
    "macro_roc_auc": "area under the ROC curve, mean over the classes",
    "normalised_mse": "squared error over the variance, mean over the targets",
    "psnr": "peak signal-to-noise ratio in dB",
    "ssim": "structural similarity",
    "mse": "mean squared error",
    "character_error_rate": "character error rate",
    "word_error_rate": "word error rate",
    "folded_character_error_rate": "character error rate of folded texts",
    "folded_word_error_rate": "word error rate of folded texts",
    "accuracy": "accuracy",
    "f1": "F1 score, mean over the classes",
    "detection_rate": "detection rate",
}
"""What a metric is called in a sentence."""


@dataclass(frozen=True)
class Site:
    """The event behind the pages, opened once a process: all readers share it."""

    event: Event
    store: Database

    @property
    def tracks(self) -> Mapping[str, tuple[Challenge, Track]]:
        """The tracks that have their data by now, by their full names.

        Raises
        ------
        EventError
            If none has.
        """
        names = ready_tracks(self.event)
        if not names:
            raise EventError("this event has no data yet: the organiser is preparing them")
        return _described(tuple(names))


@lru_cache(maxsize=8)
def _described(names: tuple[str, ...]) -> Mapping[str, tuple[Challenge, Track]]:
    return {name: find_track(name) for name in names}


def site() -> Site:
    """Return the event that the environment names.

    Raises
    ------
    EventError
        If there is none.
    """
    folder = os.environ.get(EVENT_VARIABLE)
    if not folder:
        raise EventError("no event is named")
    return _open(folder)


@st.cache_resource(show_spinner=False, on_release=lambda found: found.store.close())
def _open(folder: str) -> Site:
    event = Event(Path(folder))
    return Site(event, open_store(event))


def run(page: Callable[[Site], None]) -> None:
    """Draw a page; what an event is not ready for is said in a sentence."""
    try:
        page(site())
    except EventError as error:
        st.info(plain(str(error)), icon=":material/hourglass_empty:")


def plain(text: str) -> str:
    """Return text that Markdown shows as it is written, whoever wrote it.

    Examples
    --------
    >>> print(plain("**Top** [quarks](x) <b> $1$"))
    \\*\\*Top\\*\\* \\[quarks\\]\\(x\\) \\<b\\> \\$1\\$
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
    # Emoji names and bare addresses are found after the escapes are gone: an invisible joiner parts them for good.
    return re.sub(r"(\\[:@]|(?i:www)(?=\\\.))", "\\1\u2060", escaped)


def table(columns: Sequence[tuple[str, str]], rows: Iterable[tuple[str, Sequence[object]]], *, label: str) -> None:
    """Show a table; every cell is shown as written, so that names and file contents cannot become HTML.

    Parameters
    ----------
    columns : sequence of (title, style)
        Styles are classes of page.css: ``number``, ``code``, ``word`` (never broken), ``spare`` (not on a phone).
    rows : iterable of (style, cells)
        The style ``ghost`` dims a row, ``mark`` makes it stand out.
    label : str
        What the table is, for those who hear it.
    """
    styles = [style for _, style in columns]
    head = "".join(f'<th scope="col" class="{style}">{html.escape(title)}</th>' for title, style in columns)
    body = "".join(
        f'<tr class="{row_style}">'
        + "".join(
            f'<td class="{style}">{html.escape(str(cell))}</td>' for style, cell in zip(styles, cells, strict=True)
        )
        + "</tr>"
        for row_style, cells in rows
    )
    st.html(
        f'<table class="physathon" aria-label="{html.escape(label)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def facts(pairs: Mapping[str, object]) -> None:
    """Show names and values one below the other, as written."""
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>'
        for name, value in pairs.items()
    )
    st.html(f'<table class="physathon facts"><tbody>{rows}</tbody></table>')


def reader_zone() -> tzinfo:
    """Return the time zone of who looks, UTC where the browser does not say."""
    name = st.context.timezone or "UTC"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # The browser says what it likes.
        return UTC


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
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    # Seconds say nothing while there are hours.
    return " ".join(parts[:2])


def decimals(step: float) -> int:
    """Return how many decimals a value on a grid needs.

    Examples
    --------
    >>> decimals(0.005), decimals(0.1), decimals(2.0)
    (3, 1, 0)
    """
    return max(-Decimal(str(step)).normalize().as_tuple().exponent, 0)


def metric_title(track: Track) -> str:
    """Return what a track is judged by, in words; that less is better is said, that more is goes without saying."""
    return TITLES[track.metric] + ("" if METRICS[track.metric].greater_is_better else ", lower is better")


def answers_of(track: Track) -> str:
    """Return what a prediction file of a track holds, in a few words."""
    if track.answers == "images":
        height, width = track.shape
        return f"images of {height} × {width} pixels in one npy file, in ascending order of id"
    return f"the columns {', '.join(('id', *track.columns))}"


def choose_track(found: Site) -> str:
    """Return the track that the page is about; who has no choice is not asked."""
    tracks = found.tracks
    if len(tracks) == 1:
        return next(iter(tracks))
    return st.selectbox(
        "Track", list(tracks), format_func=lambda name: _title(*tracks[name]), key="track", bind="query-params"
    )


def _title(challenge: Challenge, track: Track) -> str:
    return f"{challenge.title}: {track.title}"


def holdout_of(found: Site, track: str) -> HoldoutRecord:
    """Return what the public knows of a track's current holdout.

    Raises
    ------
    EventError
        If the track has no data yet.
    """
    with found.store.read() as session:
        return session.get(HoldoutRecord, track_state(session, track).holdout)


def secrecy_badge(secret: bool) -> None:
    """Say wherever scores are shown or sent whether the labels could be looked up."""
    if secret:
        st.badge(SECRECY[True], icon=":material/lock:", color="green", help="Nobody has seen these labels.")
    else:
        st.badge(
            SECRECY[False],
            icon=":material/lock_open:",
            color="orange",
            help="The labels of this data set are public and can be looked up, so its scores prove little.",
        )
