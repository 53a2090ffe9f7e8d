"""The site's frame: navigation, the event's name, how long it still runs. Served by `leaderboard.site.web`."""

from pathlib import Path

import streamlit as st

from leaderboard.event import EventError
from leaderboard.site import clock, news
from leaderboard.site.opened import site
from leaderboard.site.pages import PAGES, UNLISTED
from leaderboard.site.style import STYLE
from leaderboard.site.words import plain
from leaderboard.store.faults import StoreFault

FOLDER = Path(__file__).parent / "pages"


def main() -> None:
    """Draw the frame and the page that is looked at."""
    st.set_page_config(page_title="physathon", layout="centered")
    st.html(STYLE)
    pages = [
        st.Page(FOLDER / f"{title.lower()}.py", title=title, url_path=address, default=not address)
        for address, title in PAGES.items()
    ]
    page = st.navigation(pages, position="hidden")
    # Streamlit's own navigation hides behind a button on a phone.
    navigation = st.container(horizontal=True, key="navigation")
    with navigation:
        for other in pages:
            if other.title != UNLISTED:
                st.page_link(other)
    try:
        found = site()
    except StoreFault as error:
        st.title("physathon", anchor=False)
        st.info(plain(str(error)))
        return
    except EventError:
        st.title("physathon", anchor=False)
        st.info("There is no event here yet. The organiser makes one with `physathon init` and `physathon serve`.")
        return
    if news.who(found).organiser:
        with navigation:
            st.page_link("pages/desk.py")
    st.title(plain(found.event.config.name), anchor=False)
    settings = found.event.config
    clock.draw(found)
    if page.title != UNLISTED:
        news.show(found, settings)
    page.run()


if __name__ == "__main__":
    main()
