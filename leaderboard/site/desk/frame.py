"""What all parts of the desk share: who is there, how something is done and by whom, and what was said of it."""

import html
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from challenges.spec import ChallengeError
from leaderboard.event import Event, EventError
from leaderboard.people.codes import CodeRefused
from leaderboard.people.desk import NotAllowed, must_be
from leaderboard.site import news, parts
from leaderboard.site.opened import Site
from leaderboard.site.words import plain, track_title
from leaderboard.store.tables import Organiser, Role
from leaderboard.times import TimeError

EXPECTED = (EventError, ChallengeError, TimeError, CodeRefused, NotAllowed)
"""What goes wrong with whoever asks, and is told in a sentence."""

SAID = "said at the desk"
"""What this tab was told last."""


@dataclass(frozen=True)
class Said:
    """What became of something; a code, a token or a file is there until something else is done, and kept nowhere."""

    part: str
    text: str
    code: str = ""
    secret: str = ""
    file: tuple[str, bytes] | None = None
    for_all: bool = False


@dataclass(frozen=True)
class Desk:
    """The desk of an event, as somebody sits at it who is looking at one of its parts."""

    site: Site
    who: Organiser
    part: str

    def may(self, *roles: Role) -> bool:
        """Return whether something that these roles do, and organisers, is to be offered."""
        return self.who.role in ("organiser", *roles)

    @contextmanager
    def act(self, place: str, *roles: Role) -> Generator[Session]:
        """Yield a session in which something is done, if whoever asks may do it at this very moment.

        What goes wrong is told there and then, and nothing is kept; else the page is drawn anew, with what was said.

        Parameters
        ----------
        place : str
            The form that asks: its fields, whose keys come from `key`, are empty afterwards.
        *roles : str
            Who may, beside organisers.

        Raises
        ------
        NotAllowed
            If whoever asks may not: the page says so in place of the part.
        leaderboard.store.faults.StoreFault
            If nothing can be written now.
        """
        st.session_state.pop(SAID, None)
        begun = False
        try:
            with self.site.store.write() as session:
                session.info["who"] = must_be(news.who(self.site).organiser, *roles).name
                begun = True
                yield session
        except EXPECTED as error:
            if not begun:
                raise
            st.session_state.pop(SAID, None)
            st.error(plain(str(error)), icon=":material/close:")
            return
        if SAID in st.session_state:
            st.toast(plain(st.session_state[SAID].text))  # for whoever is far below
        st.session_state[f"done {place}"] = st.session_state.get(f"done {place}", 0) + 1
        st.rerun()

    def key(self, place: str, field: str = "") -> str:
        """Return a key for a form, or a field of one, that is new after each time that something was done there."""
        return f"{place} {field} {st.session_state.get(f'done {place}', 0)}"

    def choose_track(self) -> str:
        """Return the track that a part is about; who has no choice is not asked."""
        tracks, asked = self.site.tracks, st.query_params.get("track")
        names = list(tracks)
        if len(names) == 1:
            return names[0]
        index = names.index(asked) if asked in tracks else 0
        track = st.selectbox("Track", names, index, lambda name: track_title(*tracks[name]), key="desk track")
        st.query_params["track"] = track
        return track

    def say(
        self,
        text: str,
        *,
        code: str = "",
        secret: str = "",
        file: tuple[str, bytes] | None = None,
        for_all: bool = False,
    ) -> None:
        """Tell what was done, above the part: with a code to be scanned, a token to be copied, a file to be saved.

        A code ``for_all`` may stand on the projector.
        """
        st.session_state[SAID] = Said(self.part, text, code, secret, file, for_all)

    def is_meant(self, place: str) -> bool:
        """Ask for the event's name before what cannot be undone, and return whether it was typed."""
        name = self.site.event.config.name
        typed = st.text_input(f"This cannot be undone. Type “{plain(name)}” to do it.", key=self.key(place, "name"))
        return " ".join(typed.split()) == " ".join(name.split())

    def draw_said(self) -> None:
        """Draw what was said last in this part, until something else is done or it is closed."""
        said = st.session_state.get(SAID)
        if said is None or said.part != self.part:
            st.session_state.pop(SAID, None)
            return
        with st.container(key="desk-said"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(f'<p class="physathon-done" role="status">{html.escape(said.text)}</p>')
                st.button("Close", on_click=lambda: st.session_state.pop(SAID, None))
            if said.file:
                name, content = said.file
                st.download_button(f"Save {name}", content, name, icon=":material/download:", on_click="ignore")
            if said.secret:
                st.code(said.secret, language=None, wrap_lines=True)
                st.caption("It is shown this once: copy it now. The event keeps its digest alone.")
            if said.code:
                parts.code(self.site, said.code, "Scan it, or type it on the page Join.", large=True)
                if said.for_all:
                    # What is behind # goes to no server, and stays in that tab's address: it may be loaded anew.
                    st.link_button("Open the projector", f"/projector#{said.code}", icon=":material/cast:")


@dataclass(frozen=True)
class Part:
    """A part of the desk.

    Attributes
    ----------
    title : str
    show : callable
        Draws it.
    roles : tuple of str
        Who sees it, beside organisers.
    count : callable, optional
        How many things wait in it, shown beside its title.
    """

    title: str
    show: Callable[[Desk], None]
    roles: tuple[Role, ...] = ()
    count: Callable[[Session, Event], int] | None = None
