"""Home: the event at a glance, standings over all tracks, what is new, and the way to each challenge."""

import streamlit as st

from leaderboard.people import talk
from leaderboard.people.sessions import Visitor
from leaderboard.site import news, opened, parts
from leaderboard.site.home import feed
from leaderboard.site.home.shown import CARDS, NEW, STANDINGS
from leaderboard.site.opened import Site
from leaderboard.site.pages import PAGE
from leaderboard.store.queries import now


def show(site: Site) -> None:
    """Draw the page."""
    who = news.who(site)
    if site.event.phase() == "before" and not who.previews:
        parts.to_come(site)
        return
    early = "1" if who.previews else None
    with st.container(key="home"):
        with st.container():
            st.header("Standings", anchor=False)
            own = who.team.name if who.team else None
            STANDINGS.draw(site, own=own, page=st.query_params.get(PAGE), early=early)
        with st.container():
            _announced(site, who)
            st.header("New", anchor=False)
            NEW.draw(site, early=early)
        with st.container():
            st.header("Challenges", anchor=False)
            CARDS.draw(site, early=early)


def _announced(site: Site, who: Visitor) -> None:
    above = news.unread(site)
    told = [one for one in talk.meant_for(who.team.id if who.team else None, site.news.now()) if one not in above]
    if told:
        st.header("Announcements", anchor=False)
        st.html(feed.announcements(told, now().replace(second=0, microsecond=0)))


if __name__ == "__main__":
    opened.run(show)
