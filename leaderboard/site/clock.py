"""The clock above every page: whether files are taken, until when, and what the organiser wants known."""

import html
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

import streamlit as st

from leaderboard.config import EventConfig
from leaderboard.event import EventError
from leaderboard.site import again
from leaderboard.site.opened import Site
from leaderboard.site.words import moment, reader_zone, span
from leaderboard.store.queries import now

LAST_MINUTES = timedelta(minutes=10)
"""Before something changes the clock looks every second, and else every `SECONDS`."""

SECONDS = 20


class Face(NamedTuple):
    """What pages go by; while it stays the same they need not be drawn anew.

    Attributes
    ----------
    config : EventConfig
    passed : int
        Of the moments that settings name, how many have passed.
    finalized_at : datetime or None
        Since when the finals of every track are chosen, if they are.
    soon : bool
        Whether a moment is near.
    """

    config: EventConfig
    passed: int
    finalized_at: datetime | None
    soon: bool


def face(found: Site, at: datetime) -> Face:
    """Return what pages go by at a moment."""
    config = found.event.config
    named = config.opens, config.closes, config.freezes_at, *config.releases.values()
    ahead = [one - at for one in named if one]
    soon = any(timedelta() < left < LAST_MINUTES for left in ahead)
    return Face(config, sum(left <= timedelta() for left in ahead), _finalized_at(found), soon)


def draw(found: Site) -> None:
    """Draw the clock, which draws the page anew as soon as pages go by something else."""
    drawn = face(found, now())
    (_each_second if drawn.soon else _calmly)(found, drawn)


def _tick(found: Site, drawn: Face) -> None:
    at = now()
    if face(found, at) != drawn:
        st.rerun()
    st.html(said(drawn, found.event.phase(at), at, reader_zone()))


_each_second, _calmly = (again.every(seconds)(_tick) for seconds in (1, SECONDS))


def said(face: Face, phase: str, at: datetime, zone: tzinfo) -> str:
    """Return the clock as HTML.

    Parameters
    ----------
    face : Face
    phase : str
        Of the event by its times alone: ``before``, ``open``, ``closed``.
    at : datetime
        Now.
    zone : tzinfo
        Of who looks.
    """
    config, notes = face.config, []

    def clock(when: datetime) -> str:
        return f"{moment(when, zone, year=True)} ({zone})"

    if phase == "before":
        word, how_long, when = "not open yet", f"opens in {span(config.opens - at)} · ", config.opens
    elif phase == "closed" or face.finalized_at:
        word, how_long, when = "closed", "since ", config.closes
        if phase == "open" and face.finalized_at:
            when = face.finalized_at
            notes.append("The organiser has closed the books early: the finals of every track are chosen.")
    else:
        word, how_long, when = "open", f"closes in {span(config.closes - at)} · ", config.closes
        if config.freezes_at and config.freezes_at <= at:
            word = "frozen"
            since = moment(config.freezes_at, zone)
            notes.append(f"Frozen since {since}: the board stands still; files are judged and shown with the result.")
        if config.paused:
            word = "paused"
            notes.append(f"The event takes no files for now: {config.paused}")
    line = f'<span class="{word.partition(" ")[0]}">{word}</span> <strong>{how_long}</strong><time>{clock(when)}</time>'
    banner = [config.banner] if config.banner else []
    return f'<p class="physathon-clock">{line}</p>' + "".join(
        f'<p class="{style}">{html.escape(text)}</p>'
        for style, texts in (("physathon-note", notes), ("physathon-banner", banner))
        for text in texts
    )


def _finalized_at(found: Site) -> datetime | None:
    """Return when the last track's finals were chosen; None while one takes files, or has no data yet."""
    last = None
    for track in found.ready.now():
        try:
            chosen = found.boards.now(track).finalized_at
        except EventError:  # Its files are there a moment before its holdout is.
            return None
        if chosen is None:
            return None
        last = max(chosen, last or chosen)
    return last
