"""The desk: what organisers, helpers and the jury see, a part at a time; anybody else is shown where one signs in."""

import streamlit as st

from leaderboard.people.desk import NotAllowed, must_be
from leaderboard.site import again, news, opened, signing
from leaderboard.site.desk.contents import PARTS
from leaderboard.site.desk.frame import Desk, Part
from leaderboard.site.opened import Site
from leaderboard.site.words import plain
from leaderboard.store.tables import Organiser

SECONDS = 5  # between two looks for what waits


def show(site: Site) -> None:
    """Draw the page."""
    who = news.who(site).organiser
    if who is None:
        st.header("Sign in", anchor=False)
        st.html(signing.JOIN)
        return
    mine = {name: part for name, part in PARTS.items() if who.role in ("organiser", *part.roles)}
    wanted = st.query_params.get("part", "")
    name = wanted if wanted in mine else next(iter(mine))
    # A link to the page that one is on leaves the browser's address as it was.
    st.query_params.from_dict(st.query_params.to_dict())
    desk = Desk(site, who, name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(who.name)}** · {who.role}")
        st.html(signing.SIGN_OUT, width="content")
    _navigation(site, who, name, mine)
    st.header(mine[name].title, anchor=False)
    desk.draw_said()
    try:
        if wanted in PARTS:
            must_be(who, *PARTS[wanted].roles)
    except NotAllowed as error:
        st.info(plain(f"{PARTS[wanted].title}: {error}"), icon=":material/block:")
    try:
        mine[name].show(desk)
    except NotAllowed as error:
        st.error(plain(str(error)), icon=":material/block:")


@again.every(SECONDS)
def _navigation(site: Site, who: Organiser, current: str, mine: dict[str, Part]) -> None:
    """Draw the way to the parts, with what waits in each; the page goes with whoever is not at the desk any more."""
    here = news.who(site).organiser
    if here is None or (here.id, here.role) != (who.id, who.role):
        st.rerun()
    with site.store.read() as session:
        waiting = {name: part.count(session, site.event) for name, part in mine.items() if part.count}
    with st.container(horizontal=True, key="desk-parts"):
        for name, part in mine.items():
            label = f"{part.title} ({waiting[name]})" if waiting.get(name) else part.title
            with st.container(key="desk-part-now" if name == current else f"desk-part-{name}", width="content"):
                st.page_link("pages/desk.py", label=label, query_params={"part": name})


if __name__ == "__main__":
    opened.run(show)
