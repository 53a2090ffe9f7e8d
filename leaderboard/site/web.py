"""The web process: Streamlit's pages, plain ones of ours, and the API. It knows the event and no vault."""

import asyncio
import os
import sys
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import App
from streamlit.runtime.pages_manager import PagesManager

from leaderboard.event import LOOPBACK_VARIABLE
from leaderboard.intake import checking, receipts
from leaderboard.serve import end_with_supervisor
from leaderboard.site import alive, clock, housekeeping, lighter, looks, metrics
from leaderboard.site.api import create_api, mounts
from leaderboard.site.board.shown import BOARD
from leaderboard.site.counted import Counted, begin_logs
from leaderboard.site.guard import Guarded
from leaderboard.site.home.shown import CARDS, NEW, STANDINGS
from leaderboard.site.opened import site
from leaderboard.site.packed import Packed
from leaderboard.site.plain import ceremony, identity, join, notice, projector, verify
from leaderboard.site.plain.trust import trust_routes
from leaderboard.site.problems import RETRY_AFTER, problem
from leaderboard.store import copies

BEHIND_THE_WALL = frozenset({"leaderboard.judge", "scoring.sealed"})
"""Packages that open what has seen a label. Contracts keep imports of them out; they cannot see dynamic ones."""


STARTED_ANEW = "the server is being started anew: send the same again; a file that was taken is not taken twice"


PARTS = (clock.CLOCK, BOARD, STANDINGS, NEW, CARDS)
"""What browsers keep alive by themselves."""


class WallBroken(RuntimeError):
    """A web process that has loaded what can open the vault: it serves nothing any more."""


class Walled:
    """An ASGI application that serves nothing once a module behind the wall is loaded in its process.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or raise WallBroken."""
        loaded = BEHIND_THE_WALL & sys.modules.keys()
        if loaded:
            raise WallBroken(f"the web process has loaded {sorted(loaded)}: nothing is served until it is started anew")
        await self.app(scope, receive, send)


class Ending:
    """An ASGI application that tells those whom it cannot serve any more, for its process ends, to come again.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; one that is cancelled before it is answered is answered by a refusal in passing."""
        begun = scope["type"] != "http"

        async def answer(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except asyncio.CancelledError:
            if begun:
                raise
            await problem(503, STARTED_ANEW, headers=RETRY_AFTER)(scope, receive, send)


def create() -> Counted:
    """Return the ASGI application of the event that PHYSATHON_EVENT names."""
    end_with_supervisor()
    begin_logs()
    lighter.keep_options()
    found = site()
    copies.follow(found.event)
    receipts.make_key(found.event)
    checking.start(found.event)
    housekeeping.start(found.event, found.store)
    metrics.start(found.event, found.store)
    loopback = os.environ.get(LOOPBACK_VARIABLE) == "1"
    api = create_api(found.event, found.store, found.boards, found.news, found.past, loopback=loopback)
    own = join.routes(found.event, found.store) + notice.routes(found.event, found.store, loopback=loopback)
    own += verify.routes(found.event, found.store)
    own += projector.routes(found.event, found.glances, found.news)
    own += ceremony.routes(found.event)
    own += alive.routes(found, PARTS)
    own += identity.routes(found.event, found.store, loopback=loopback, home=join.HOME)
    # Until app.py has run once, Streamlit would serve a folder named pages by itself, each page without its frame.
    PagesManager.uses_pages_directory = False
    routes = [*mounts(api), *own, *looks.routes(), *trust_routes(found.event)]
    app = Packed(App(Path(__file__).with_name("app.py"), routes=routes))
    return Counted(Ending(Walled(Guarded(app, found.event))))
