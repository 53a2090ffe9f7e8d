"""The site's frame: navigation, the event's name, how long it still runs. Served by `leaderboard.site.web`."""

import html
from datetime import timedelta
from pathlib import Path

import streamlit as st

from leaderboard.event import Event, EventError
from leaderboard.site.opened import site
from leaderboard.site.pages import PAGES
from leaderboard.site.words import moment, plain, reader_zone, span
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import now

FOLDER = Path(__file__).parent / "pages"
LAST_MINUTES = timedelta(minutes=10)  # in these the clock shows every second


def main() -> None:
    """Draw the frame and the page that is looked at."""
    st.set_page_config(page_title="physathon", layout="centered")
    st.html(Path(__file__).with_name("page.css"))
    pages = [
        st.Page(FOLDER / f"{title.lower()}.py", title=title, url_path=address, default=not address)
        for address, title in PAGES.items()
    ]
    page = st.navigation(pages, position="hidden")
    # Streamlit's own navigation hides behind a button on a phone.
    with st.container(horizontal=True, key="navigation"):
        for other in pages:
            st.page_link(other)
    try:
        event = site().event
    except StoreFault as error:
        st.title("physathon", anchor=False)
        st.info(plain(str(error)))
        return
    except EventError:
        st.title("physathon", anchor=False)
        st.info("There is no event here yet. The organiser makes one with `physathon init` and `physathon serve`.")
        return
    st.title(plain(event.config.name), anchor=False)
    left = _until_next(event)
    soon = left is not None and left < LAST_MINUTES
    st.fragment(_clock, run_every=1 if soon else 20)(event, event.phase(), soon)
    page.run()


def _until_next(event: Event) -> timedelta | None:
    """Return how long until the event opens or closes; None when it is over."""
    ends = {"before": event.config.opens, "open": event.config.closes, "closed": None}[event.phase()]
    return None if ends is None else ends - now()


def _clock(event: Event, phase: str, soon: bool) -> None:
    left = _until_next(event)
    if event.phase() != phase or (left is not None and left < LAST_MINUTES) != soon:
        st.rerun()
    zone, config = reader_zone(), event.config
    say = {
        "before": ("not open yet", f"opens in {span(left)}" if left else "", config.opens),
        "open": ("open", f"closes in {span(left)}" if left else "", config.closes),
        "closed": ("closed", "since", config.closes),
    }
    word, how_long, when = say[phase]
    if phase == "open" and config.paused:
        phase, word = "paused", "paused"
    place = html.escape(f"{moment(when, zone, year=True)} ({zone})")
    between = " " if phase == "closed" else " · "
    st.html(
        f'<p class="physathon-clock"><span class="{phase}">{word}</span>'
        f"<strong>{how_long}</strong>{between}<time>{place}</time></p>"
    )


if __name__ == "__main__":
    main()
