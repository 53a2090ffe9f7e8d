"""The event behind the pages, opened once a process."""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path

import streamlit as st
from streamlit.logger import get_logger

from challenges.spec import Challenge, Track, find_track
from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE, Event, EventError, NotOut
from leaderboard.people import sessions
from leaderboard.people.sessions import Visitor
from leaderboard.people.teams import TokenRefused
from leaderboard.public.data import ready_tracks
from leaderboard.site.answered import Answers
from leaderboard.site.face import Face, faces
from leaderboard.site.home.glance import Glances
from leaderboard.site.live import Boards, Kept, News, news
from leaderboard.site.past import Past
from leaderboard.site.spool import Spool, spool_of
from leaderboard.site.words import moment, plain, reader_zone
from leaderboard.store.database import WEB_PATIENCE, Database, open_store
from leaderboard.store.queries import track_state
from leaderboard.store.tables import HoldoutRecord

LOGGER = get_logger(__name__)
SORRY = "Something went wrong on our side. Nothing of yours is lost, and the organiser's log says what it was."


@dataclass(frozen=True)
class Site:
    """The event behind the pages and the API, opened once a process: all readers share it."""

    event: Event
    store: Database
    boards: Boards
    past: Past
    glances: Glances
    news: News
    ready: Kept[list[str]]
    faces: Kept[Face]
    answers: Answers

    @property
    def spool(self) -> Spool:
        """The files that were uploaded and not sent yet."""
        return spool_of(self.event.folder)

    @property
    def tracks(self) -> Mapping[str, tuple[Challenge, Track]]:
        """The tracks that have their data by now, by their full names.

        Raises
        ------
        EventError
            If none has.
        """
        names = self.ready.now()
        if not names:
            raise EventError("this event has no data yet: the organiser is preparing them")
        return _described(tuple(names))


@lru_cache(maxsize=8)
def _described(names: tuple[str, ...]) -> Mapping[str, tuple[Challenge, Track]]:
    return {name: find_track(name) for name in names}


def site() -> Site:
    """Return the event that the environment names.

    Raises
    ------
    EventError
        If there is none.
    """
    folder = os.environ.get(EVENT_VARIABLE)
    if not folder:
        raise EventError("no event is named")
    return _open(folder)


@st.cache_resource(show_spinner=False, on_release=lambda found: found.store.close())
def _open(folder: str) -> Site:
    event = Event(Path(folder))
    store = open_store(event, WEB_PATIENCE)
    boards, past = Boards(store), Past(store)
    ready = Kept(lambda _: ready_tracks(event), every=2)
    told = news(store)
    glances = Glances(event, boards, past)
    return Site(event, store, boards, past, glances, told, ready, faces(event, ready, boards, told), Answers())


def run(page: Callable[[Site], None]) -> None:
    """Draw a page."""
    with told():
        page(site())


@contextmanager
def told() -> Generator[None]:
    """Say in a sentence what an event is not ready for, and that drawing failed, of which the log has the rest."""
    try:
        yield
    except NotOut as error:
        st.info(f"{plain(opens(error.name, error.opens))}.", icon=":material/hourglass_empty:")
    except EventError as error:
        st.info(plain(str(error)), icon=":material/hourglass_empty:")
    except Exception as error:
        LOGGER.exception("a page could not be drawn", exc_info=error)
        st.error(SORRY, icon=":material/error:")


def visitor(found: Site) -> Visitor:
    """Return for whom the reader's browser is signed in at this moment.

    The cookie is the one with which the tab connected, whoever asks for the tab's session later.

    Raises
    ------
    leaderboard.people.teams.TokenRefused
        If a demo token signed it in, and others can reach the server.
    """
    cookie = st.context.cookies.get(sessions.cookie_name(found.event))
    with found.store.read() as session:
        return sessions.visitor(session, cookie, loopback=os.environ.get(LOOPBACK_VARIABLE) == "1")


def previews(found: Site) -> bool:
    """Return whether the reader's browser may see what is not out yet."""
    with suppress(TokenRefused):
        return visitor(found).previews
    return False


def must_be_out(found: Site, challenge_id: str) -> None:
    """Raise NotOut before a challenge's data are out; who previews sees them, and is told that nobody else does."""
    early = found.event.not_out(challenge_id)
    if early and not previews(found):
        raise early
    if early:
        st.badge("preview: not open yet", icon=":material/visibility:", color="orange")


def opens(name: str, when: datetime, zone: tzinfo | None = None) -> str:
    """Return when an event or a challenge opens, as a clock in a zone shows it, by default the reader's."""
    zone = zone or reader_zone()
    return f"{name} opens on {moment(when, zone, year=True)} ({zone})"


def holdout_of(found: Site, track: str) -> HoldoutRecord:
    """Return what the public knows of a track's current holdout.

    Raises
    ------
    EventError
        If the track has no data yet.
    """
    with found.store.read() as session:
        return session.get_one(HoldoutRecord, track_state(session, track).holdout)
