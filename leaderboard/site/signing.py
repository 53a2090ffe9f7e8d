"""Signing in and out on the pages: forms, not widgets, for the cookie comes with a page that is loaded anew."""

import html
from urllib.parse import urlsplit

import streamlit as st

from leaderboard.people import sessions
from leaderboard.people.sessions import Visitor
from leaderboard.people.teams import DemoTokenRefused, TokenRefused
from leaderboard.serve import in_clear
from leaderboard.site import opened
from leaderboard.site.opened import Site
from leaderboard.site.pages import TRACK
from leaderboard.site.plain import identity
from leaderboard.site.words import plain

SIGN_IN = """<form class="physathon" method="post" action="/api/v1/session">
<input type="hidden" name="to" value="{page}">
<input type="hidden" name="track" value="{track}">
<label for="token">Team token</label>
<input id="token" name="token" type="password" autocomplete="off" required><button>Sign in</button></form>"""
JOIN = """<div class="doors"><a class="door" href="/join">Join or sign in by a code</a></div>"""
SIGN_OUT = """<form class="physathon quiet" method="post" action="/api/v1/session/end">
<button>Sign out</button><button name="everywhere" value="1">Sign out everywhere</button></form>"""
REFUSED = {
    TokenRefused.__name__: "This token is not known here: it must be one that the organiser gave to a team.",
    DemoTokenRefused.__name__: "Demo tokens work on a loopback address only: ask the organiser for one of your own.",
}

HERE = "http://127.0.0.1:8501"
"""Where `physathon serve` serves, unless told otherwise."""

IN_CLEAR = "This page comes without encryption (http): others in this network can read what you send, your token too."


def signed_in(site: Site, page: str) -> Visitor | None:
    """Return for whom this browser is signed in as one of a team, or ask for a code, or a token, which leads back here.

    Parameters
    ----------
    site : Site
    page : str
        The address of the page that asks.
    """
    refused = REFUSED.get(st.query_params.get("refused", ""))
    try:
        found = opened.visitor(site)
    except TokenRefused as error:
        found, refused = sessions.NOBODY, str(error)
    if found.team is None:
        if refused:
            st.error(plain(refused), icon=":material/close:")
        st.html(JOIN + identity.links(site.event))
        st.caption("A code is on the organiser's screen or a slip of paper; your team gives its own to who joins it.")
        track = st.session_state.get(TRACK, "")
        st.html(SIGN_IN.format(page=html.escape(page), track=html.escape(track)))
        if in_clear(st.context.url or ""):
            st.warning(IN_CLEAR, icon=":material/lock_open:")
        st.caption(
            f"Your organiser may have given your team one. This browser stays signed in, in all its tabs, "
            f"for {sessions.LIFE.days} days or until you sign out."
        )
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        who = f" · {plain(found.member.name)}" if found.member else ""
        st.markdown(f"Team **{plain(found.team.name)}**{who}")
        st.html(SIGN_OUT, width="content")
    return found


def place(site: Site) -> str:
    """Return the address at which others find the event, as far as anybody has said or this browser knows."""
    if site.event.config.public_url:
        return site.event.config.public_url
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}" if here.netloc else ""
