"""Of the desk: the audit log, newest first, a page at a time."""

import streamlit as st

from leaderboard.event import Event
from leaderboard.people import auditing
from leaderboard.people.auditing import A_PAGE, Filter
from leaderboard.site import parts, words
from leaderboard.site.desk.frame import Desk
from leaderboard.site.words import plain
from leaderboard.store.queries import now
from leaderboard.times import TimeError, moment, zone_of

BEFORE = "audit log before"
"""The entries before which the pages begin that this tab has turned to."""

LONGEST = 400
"""Letters of an entry that are shown; the export has all."""


def show(desk: Desk) -> None:
    """Draw the part."""
    wanted = _filter(desk)
    turned = st.session_state.setdefault(BEFORE, [])
    with desk.site.store.read() as session:
        found = auditing.entries(session, wanted, before=turned[-1] if turned else None, limit=A_PAGE + 1)
        names = auditing.names_of(session, found)
    zone = words.reader_zone()
    rows = []
    for one in found[:A_PAGE]:
        said = auditing.in_words(one, names)
        said = said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
        when = f"{words.moment(one.at, zone)}:{one.at.astimezone(zone):%S}"
        rows.append(("", (one.id, when, one.details.get("who", ""), one.action, said)))
    columns = [("No.", "number spare"), ("When", ""), ("Who", "word"), ("What", "words"), ("Of it", "")]
    parts.table(columns, rows, label="Audit log")
    if not rows:
        st.caption("Nothing in the log is like that.")
    with st.container(horizontal=True):
        if turned:
            st.button("Newest", on_click=turned.clear)
            st.button("Newer", on_click=turned.pop)
        if len(found) > A_PAGE:
            st.button("Older", on_click=turned.append, args=(found[A_PAGE - 1].id,))


def _filter(desk: Desk) -> Filter:
    """Ask what is wanted; another filter begins with its newest entries."""

    def begin() -> None:
        st.session_state[BEFORE] = []

    with desk.site.store.read() as session:
        actions, doers = auditing.actions(session), auditing.doers(session)
    with st.container(horizontal=True):
        action = st.selectbox("What", actions, None, placeholder="all", on_change=begin, width=220, key="audit what")
        who = st.selectbox("Who", doers, None, placeholder="all", on_change=begin, width=180, key="audit who")
        tracks = desk.site.event.tracks()
        track = st.selectbox("Track", tracks, None, placeholder="all", on_change=begin, width=220, key="audit track")
        since = st.text_input("Since", placeholder="-2h", on_change=begin, width=170, key="audit since")
        until = st.text_input("Until", placeholder="2026-12-01 18:00", on_change=begin, width=170, key="audit until")
    try:
        times = [_moment(desk.site.event, text) if text.strip() else None for text in (since, until)]
    except TimeError as error:
        st.error(plain(str(error)), icon=":material/close:")
        times = [None, None]
    return Filter(action, who, track, *times)


def _moment(event: Event, text: str):
    return moment(text, zone=zone_of(event.config.zone), base=now())
