"""The ways through the site: links to its pages and tracks, whose addresses say the same as the API's."""

import html
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2 import component

from challenges.spec import Challenge, Track
from leaderboard.public.data import first_out
from leaderboard.site.opened import Site
from leaderboard.site.pages import ABOUT_A_TRACK, BRACKET, PAGES, TRACK, UNLISTED, page_address
from leaderboard.site.words import plain

HERE = Path(__file__).parent
LONGEST = 80
"""Letters that are repeated of an address that leads nowhere."""

START = """export default (given) => {
  const ends = [navigate, keepAlive].map((begin) => begin(given));
  return () => ends.forEach((end) => end());
};"""

_script = component(
    "physathon_page",
    js="\n".join([*((HERE / name).read_text("utf-8") for name in ("navigation.js", "alive.js")), START]),
)


def track_of(found: Site) -> str:
    """Return the track that the address names, else the one that the tab was last about, else the first that is out.

    A challenge's own name stands for its first track.

    Raises
    ------
    leaderboard.event.EventError
        If no track has its data yet.
    """
    tracks = found.tracks
    firsts = {name.partition(".")[0]: name for name in reversed(list(tracks))}
    asked = st.query_params.get(TRACK, "")
    named = next((one for one in (firsts.get(asked, asked), st.session_state.get(TRACK)) if one in tracks), None)
    track = named or first_out(found.event) or next(iter(tracks))
    st.session_state[TRACK] = track
    return track


def pages(current: str, track: str | None, face: str, *, desk: bool) -> None:
    """Draw the way to the other pages, which keeps the track, and the script that every page has.

    Parameters
    ----------
    current : str
        The page's address.
    track : str or None
    face : str
        The name of what the page is drawn by.
    desk : bool
        Whether a way leads to the desk.
    """
    links = [
        _link(page_address(page, track if page in ABOUT_A_TRACK else None), title, here=page == current)
        for page, title in PAGES.items()
        if desk or title != UNLISTED
    ]
    st.html(f'<nav class="physathon-pages" aria-label="Pages">{"".join(links)}</nav>')
    _script(
        key="followed",
        data={"pages": [f"/{page}" for page in PAGES], "face": face},
        on_face_change=lambda: None,  # the page is drawn anew, which is all that is asked for
    )


def choose_track(found: Site) -> str:
    """Draw the way to the other tracks; return the one that the page is about, as its address says from now on.

    Raises
    ------
    leaderboard.event.EventError
        If no track has its data yet.
    """
    current = track_of(found)
    asked = st.query_params.get(TRACK, current)
    if asked not in (current, current.partition(".")[0]):
        st.warning(
            f"This event has no track {plain(asked[:LONGEST])}; this is {current}.", icon=":material/explore_off:"
        )
    if st.query_params.get(TRACK) != current:
        st.query_params[TRACK] = current
    if len(found.tracks) > 1:
        st.html(tracks_html(found.tracks, current, st.query_params.get(BRACKET)))
    return current


def tracks_html(tracks: Mapping[str, tuple[Challenge, Track]], current: str, bracket: str | None = None) -> str:
    """Return links to the page that one is on as it is about each track, challenge by challenge; a bracket is kept."""
    items, kept = [], {BRACKET: bracket} if bracket else {}
    for _, group in groupby(tracks.items(), key=lambda one: one[1][0].id):
        names = dict(group)
        several = len(names) > 1
        links = [
            _link(
                f"?{urlencode({TRACK: name} | kept)}", track.title if several else challenge.title, here=name == current
            )
            for name, (challenge, track) in names.items()
        ]
        head = f"<span>{html.escape(next(iter(names.values()))[0].title)}</span>" if several else ""
        items.append(f"<li>{head}{''.join(links)}</li>")
    return f'<nav class="physathon-tracks" aria-label="Tracks"><ul>{"".join(items)}</ul></nav>'


def _link(address: str, text: str, *, here: bool) -> str:
    current = ' aria-current="page"' if here else ""
    return f'<a href="{html.escape(address)}"{current}>{html.escape(text)}</a>'
