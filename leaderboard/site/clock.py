"""The clock above every page: whether files are taken, until when, and what the organiser wants known."""

import html
from datetime import datetime, tzinfo

from leaderboard.site.alive import Part, Said
from leaderboard.site.face import Face
from leaderboard.site.opened import Site
from leaderboard.site.words import moment, span, zone_of
from leaderboard.store.queries import now

SECONDS = 1
"""Between two looks; with what is kept of settings, of the face and of this part a page knows within two."""


def _made(site: Site, said_of: Said) -> str:
    at = now()
    return said(site.faces.now(), site.event.phase(at), at, zone_of(said_of.get("zone")))


CLOCK = Part("clock", _made, SECONDS)


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
    return f'<p class="physathon-clock" data-face="{face.name}">{line}</p>' + "".join(
        f'<p class="{style}">{html.escape(text)}</p>'
        for style, texts in (("physathon-note", notes), ("physathon-banner", banner))
        for text in texts
    )
