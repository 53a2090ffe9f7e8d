"""What the organiser announces and answers, above every page until it is read."""

from contextlib import suppress
from datetime import timedelta

import streamlit as st

from leaderboard.people import talk
from leaderboard.people.sessions import NOBODY, Visitor
from leaderboard.people.talk import Message
from leaderboard.people.teams import TokenRefused
from leaderboard.site import opened, parts, words
from leaderboard.site.opened import Site
from leaderboard.site.pages import page_address
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import now
from leaderboard.store.tables import Member

MOST = 3  # that are shown at once

STAYS = timedelta(days=1)
"""For so long news are shown to whoever is no member, whose every new tab has read nothing."""

READ = "read up to"
"""What this tab has read: all that there is for whoever is no member; a member's other tabs know as well."""


def show(site: Site) -> None:
    """Draw what the reader has not read, newest first; what the database cannot do the page itself says."""
    with st.container(), suppress(StoreFault):
        _draw(site)


def unread(site: Site) -> list[Message]:
    """Return what stands above the pages because the reader has not read it, newest first."""
    # While nothing is new, nobody has to be asked who the reader is.
    told, after = site.news.now(), st.session_state.get(READ, 0)
    if not told or told[0].id <= after:
        return []
    reader = who(site)
    if reader.member:
        after = max(after, reader.member.read_up_to)
    found = talk.meant_for(reader.team.id if reader.team else None, told, after=after)
    if not reader.member:
        found = [one for one in found if now() - one.at < STAYS]
    if not found:
        st.session_state[READ] = told[0].id
    return found


def _draw(site: Site) -> None:
    new = unread(site)
    if not new:
        return
    reader = who(site).team
    team = reader.id if reader else None
    with st.container(key="news"):
        for one in new[:MOST]:
            st.html(f'<p class="physathon-said" role="status">{title(one, team)}</p>')
            st.markdown(one.text)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Mark as read", on_click=_read, args=(site, new[0].id))
            more = len(new) - MOST
            parts.way(f"{more} more on the page Help" if more > 0 else "All announcements", page_address("help"))


def title(one: Message, team: int | None) -> str:
    """Return the line above a notice as a team, by its id, or somebody without one reads it, in HTML."""
    what = "Announcement"
    if one.question:
        whose = "Your question" if one.asker == team else "Question"
        what = f"{whose} {one.question.number} was answered"
    return f"<strong>{what}</strong> · {words.moment(one.at, words.reader_zone())}"


def who(site: Site) -> Visitor:
    """Return for whom the reader's browser is signed in; nobody where its token serves nobody here."""
    try:
        return opened.visitor(site)
    except TokenRefused:
        return NOBODY


def _read(site: Site, number: int) -> None:
    st.session_state[READ] = number
    member = who(site).member
    if member:
        with suppress(StoreFault), site.store.write() as session:
            talk.mark_read(session.get_one(Member, member.id), number)
