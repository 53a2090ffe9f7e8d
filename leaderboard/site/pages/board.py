"""The board: who stands where, and how sure that is."""

import streamlit as st

from leaderboard.site import news, opened, parts, words
from leaderboard.site.board.shown import ASKED, BOARD
from leaderboard.site.opened import Site
from leaderboard.site.pages import BRACKET, PAGE
from leaderboard.site.results import page as results


def show(site: Site) -> None:
    """Draw the page."""
    if site.event.phase() == "before" and not opened.previews(site):
        parts.to_come(site)
        return
    track = parts.choose_track(site)
    view = site.boards.now(track)
    if view.published_at:
        results.show(site, track, view)
        return
    challenge, found = site.tracks[track]
    st.header(words.plain(words.track_title(challenge, found)), anchor=False)
    team = news.who(site).team
    asked = {name: st.query_params.get(name) for name in (BRACKET, PAGE, ASKED)}
    early = "1" if site.event.not_out(challenge.id) else None
    BOARD.draw(site, track=track, own=team.name if team else None, early=early, **asked)


if __name__ == "__main__":
    opened.run(show)
