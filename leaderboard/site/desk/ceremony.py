"""Of the desk: a ceremony is rehearsed and asked for, its texts are written. It is presented on a page of its own."""

import streamlit as st

from leaderboard.board import presenting
from leaderboard.board.ceremonies import on_screen
from leaderboard.people import desk as asking
from leaderboard.site.desk.frame import Desk
from leaderboard.site.desk.tasks import tell_asked
from leaderboard.site.words import plain, track_title
from leaderboard.store.tables import Ceremony
from leaderboard.store.tables.ceremonies import POINTS

ABOUT = (
    "Results are let out team by team, from the end of the frozen public board upwards. Everybody who opens "
    "[the screen](/ceremony) sees the same; [the presenter's page](/ceremony?presenter) has the keys and your notes."
)
FOR_GOOD = (
    "It begins by a code. From then on its tracks take no correction and lose no team; what is out is out. "
    "Publish them, in the part Tasks, when all are shown: that ends it. Publishing earlier shows the rest at once."
)


def show(desk: Desk) -> None:
    """Draw the part."""
    with desk.site.store.read() as session:
        current = on_screen(session)
    st.markdown(ABOUT)
    _current(desk, current)
    if current is None or current.rehearsal or current.ended_at:
        _choose(desk)
    if current is not None:
        _texts(desk, current)


def _choose(desk: Desk) -> None:
    titles = {name: track_title(*found) for name, found in desk.site.tracks.items()}
    titles[POINTS] = "Points over all tracks"
    scope = st.selectbox("Of what", list(titles), format_func=titles.__getitem__, key="ceremony of")
    _rehearse(desk, scope)
    _begin(desk, scope)


def _current(desk: Desk, current: Ceremony | None) -> None:
    if current is None:
        st.caption("Nothing is on the screen.")
    elif not current.rehearsal:
        state = "is over" if current.ended_at else "is on the screen"
        st.info(f"The ceremony of {plain(current.scope)} {state}.", icon=":material/celebration:")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"A rehearsal of {plain(current.scope)} is on the screen.", icon=":material/theater_comedy:")
            ends = st.button("End the rehearsal")
        if ends:
            with desk.act("ceremony") as session:
                presenting.end_rehearsal(session)
                desk.say("the rehearsal is over")


def _rehearse(desk: Desk, scope: str) -> None:
    st.subheader("Rehearse", anchor=False)
    st.caption("Made-up scores, marked so on the screen. Nothing is let out; it can be repeated.")
    if st.button("Put a rehearsal on the screen"):
        with desk.act("ceremony") as session:
            presenting.rehearse(session, desk.site.event, scope)
            desk.say(f"a rehearsal of {scope} is on the screen: its scores are made up")


def _begin(desk: Desk, scope: str) -> None:
    st.subheader("Begin", anchor=False)
    st.caption(FOR_GOOD)
    if st.button("Ask the judge to begin", disabled=not desk.is_meant("ceremony")):
        with desk.act("ceremony") as session:
            tell_asked(desk, asking.ask(session, desk.site.event, "ceremony", scope, who=session.info["who"]))


def _texts(desk: Desk, current: Ceremony) -> None:
    st.subheader("Notes and awards", anchor=False)
    kept, most = presenting.texts_of(current), presenting.LONGEST
    with st.form("ceremony texts", border=False):
        notes = st.text_area("Notes, for whoever presents alone", kept["notes"], max_chars=most, key="ceremony notes")
        awards = {
            one: st.text_input(f"Said beside the award of {plain(one)}", kept["awards"].get(one, ""), max_chars=most)
            for one in desk.site.event.config.brackets
        }
        keeps = st.form_submit_button("Keep them")
    if keeps:
        with desk.act("ceremony texts") as session:
            presenting.set_texts(session, notes=notes, awards=awards)
            desk.say("notes and awards are kept, for this ceremony and the next")
