"""What a page draws again by itself while the rest of it stands: what the reader alone sees, or does something with."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from leaderboard.site import crowd, opened

Arguments = ParamSpec("Arguments")


def every(seconds: float) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Return a decorator: what the function draws is drawn again every so many seconds, in a block of its own.

    Where such a part looks again before the browser was sent the page that has just been drawn, Streamlit throws away
    what the part drew with that page. In the browser the rest would move up by one, and what is drawn next into a place
    that has become another kind of thing ends the whole page in white. In a block of its own nothing else can move.

    Where many pages are open each looks less often: together they never take all of the server's time.

    What everybody sees alike needs no drawing: see `leaderboard.site.alive`.
    """

    def decorated(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
        @wraps(draw)
        def told(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            with opened.told():
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
