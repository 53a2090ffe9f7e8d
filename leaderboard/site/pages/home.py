"""Home: the event at a glance, standings over all tracks, what is new, and the way to each challenge."""

from datetime import datetime

import streamlit as st

from leaderboard.people import talk
from leaderboard.site import again, news, opened, parts, words
from leaderboard.site.home import cards, feed, standings
from leaderboard.site.home.glance import Glance
from leaderboard.site.opened import Site
from leaderboard.store.queries import now
from leaderboard.store.tables import Team

SECONDS = 3  # between two looks for something new
NEWS = 8


def show(site: Site) -> None:
    """Draw the page."""
    who = news.who(site)
    if site.event.phase() == "before" and not who.previews:
        parts.to_come(site)
        return
    _draw(site, who.team, who.previews)


@again.every(SECONDS)
def _draw(site: Site, own: Team | None, early: bool) -> None:
    glance, minute = site.glances.now(early=early), now().replace(second=0, microsecond=0)
    with st.container(key="home"):
        with st.container():
            _standings(glance, own)
        with st.container():
            _news(site, glance, own, minute)
        with st.container():
            st.header("Challenges", anchor=False)
            st.html(f'<ul class="physathon-cards">{"".join(_cards(site, glance))}</ul>')


def _standings(glance: Glance, own: Team | None) -> None:
    st.header("Standings", anchor=False)
    if not glance.totals:
        st.caption("No team is on a board yet: the first file that is judged opens the standings.")
        return
    pages = standings.pages(glance)
    page = min(st.pagination(pages, key="page of standings"), pages) if pages > 1 else 1
    st.html(standings.table(glance, page, own.name if own else None))
    st.caption(words.plain(standings.meaning(glance)))


def _news(site: Site, glance: Glance, own: Team | None, minute: datetime) -> None:
    above = news.unread(site)
    told = [one for one in talk.meant_for(own.id if own else None, site.news.now()) if one not in above]
    if told:
        st.header("Announcements", anchor=False)
        st.html(feed.announcements(told, minute))
    st.header("New", anchor=False)
    frozen = site.event.config.freezes_at
    if frozen and frozen <= now() and len(glance.final) < len(glance.boards):
        st.caption(f"Stands still since {words.moment(frozen, words.reader_zone())}: the rest comes with the result.")
    if glance.news:
        st.html(feed.feed(glance, minute, most=NEWS))
    else:
        st.caption("Nothing yet.")


def _cards(site: Site, glance: Glance) -> list[str]:
    out, config = {track.partition(".")[0] for track in glance.boards}, site.event.config
    found = []
    for challenge in map(site.event.challenge, config.challenges):
        if challenge.id in out:
            found.append(cards.card(challenge.id, glance))
        elif site.event.not_out(challenge.id):
            found.append(cards.later(challenge, opened.opens("It", config.out_at(challenge.id))))
        else:
            found.append(cards.later(challenge, "The organiser is preparing its data"))
    return found


if __name__ == "__main__":
    opened.run(show)
