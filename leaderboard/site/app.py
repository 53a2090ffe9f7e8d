"""The site's frame: navigation, the event's name, how long it still runs. Served by `leaderboard.site.web`."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from leaderboard.event import EventError
from leaderboard.site import clock, navigation, news, opened, words
from leaderboard.site.opened import Site, site
from leaderboard.site.pages import ABOUT_A_TRACK, PAGES, UNLISTED
from leaderboard.site.style import STYLE
from leaderboard.store.faults import StoreFault

FOLDER = Path(__file__).parent / "pages"
NO_EVENT = "There is no event here yet. The organiser makes one with `physathon init` and `physathon serve`."


def main() -> None:
    """Draw the frame and the page that is looked at."""
    st.html(words.Html(STYLE))
    pages = [
        st.Page(FOLDER / f"{title.lower()}.py", title=title, url_path=address, default=not address)
        for address, title in PAGES.items()
    ]
    page = st.navigation(pages, position="hidden")
    try:
        found = site()
    except EventError as error:
        st.set_page_config(page_title="physathon")
        navigation.pages(page.url_path, None, "", desk=False)
        st.title("physathon", anchor=False)
        st.info(words.plain(str(error)) if isinstance(error, StoreFault) else NO_EVENT)
        return
    track = _track(found)
    st.set_page_config(page_title=_title(found, page.title, track))
    navigation.pages(page.url_path, track, _face(found), desk=news.who(found).organiser is not None)
    config = found.event.config
    st.title(words.plain(config.name), anchor=False)
    with opened.told():
        clock.CLOCK.draw(found)
    if page.title != UNLISTED:
        news.show(found)
    page.run()


def _track(found: Site) -> str | None:
    """Return the track that links lead to, if there is one by now."""
    with suppress(EventError):
        return navigation.track_of(found)
    return None


def _face(found: Site) -> str:
    """Return by what the page is drawn; nothing where that cannot be known now, which the page itself says."""
    with suppress(EventError):
        return found.faces.now().name
    return ""


def _title(found: Site, page: str, track: str | None) -> str:
    """Return what the browser calls the tab."""
    about = [words.short_title(*found.tracks[track])] if track and page.lower() in ABOUT_A_TRACK else []
    return " · ".join([page, *about, found.event.config.name])


if __name__ == "__main__":
    main()
