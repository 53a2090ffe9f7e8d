"""What a page draws again by itself while the rest of it stands, and when all of it is drawn anew."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec

import streamlit as st

from leaderboard.event import EventError
from leaderboard.site import crowd, opened
from leaderboard.site.opened import Site
from leaderboard.store.faults import StoreFault

Arguments = ParamSpec("Arguments")

DRAWN_BY, HEARD = "drawn by", "heard"
"""What this tab remembers of the drawing of its whole page: the settings that held, and the newest that was said."""


def every(seconds: float) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Return a decorator: what the function draws is drawn again every so many seconds, in a block of its own.

    Where such a part looks again before the browser was sent the page that has just been drawn, Streamlit throws away
    what the part drew with that page. In the browser the rest would move up by one, and what is drawn next into a place
    that has become another kind of thing ends the whole page in white. In a block of its own nothing else can move.

    Where many pages are open each looks less often: together they never take all of the server's time.

    Each such part lets the whole page be drawn anew once other settings hold, or the organiser has said something.
    """

    def decorated(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
        @wraps(draw)
        def told(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            with opened.told():
                if not _holds():
                    st.rerun()
                draw(*args, **kwargs)

        fragments = {
            times: st.fragment(told, run_every=seconds * times) for times in (*crowd.SLOWER.values(), crowd.SLOWEST)
        }

        @wraps(draw)
        def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            with st.container():
                fragments[crowd.slower()](*args, **kwargs)

        return drawn

    return decorated


def note(site: Site) -> None:
    """Note by what the whole page is drawn."""
    st.session_state[DRAWN_BY] = site.event.config
    with suppress(StoreFault):
        st.session_state[HEARD] = _newest(site)


def _holds() -> bool:
    """Return whether what the whole page was drawn by still holds; of a part that stands alone nothing was noted."""
    if DRAWN_BY not in st.session_state:
        return True
    with suppress(EventError):  # the part itself says what is wrong
        site = opened.site()
        same = site.event.config is st.session_state[DRAWN_BY] or site.event.config == st.session_state[DRAWN_BY]
        return same and _newest(site) == st.session_state.get(HEARD, 0)
    return True


def _newest(site: Site) -> int:
    said = site.news.now()
    return said[0].id if said else 0
