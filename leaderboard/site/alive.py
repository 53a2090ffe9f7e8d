"""Parts of pages that a browser keeps alive by itself.

What everybody sees alike is HTML at an address of its own. The page is sent with it; from then on the page's script
asks for the part alone, says which one it has, and mostly hears that this is still the one. Nothing is drawn for that.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from urllib.parse import urlencode

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from challenges.spec import ChallengeError
from leaderboard.event import EventError
from leaderboard.site import crowd, words
from leaderboard.site.answered import Answer
from leaderboard.site.live import Kept
from leaderboard.site.opened import Site
from leaderboard.site.pages import TRACK
from leaderboard.site.problems import problem, status_of
from leaderboard.site.unchanged import is_known

PLACE = "parts"
"""Below which address parts are found."""

LONGEST = 2000
"""Characters that a part's address may say: of three names in letters that each take nine, and more."""

AGAIN = "Physathon-Again"
"""The header that says after how many seconds to ask again."""

EARLY = "early"
"""What a part is drawn with for those who see what is not out yet; nobody is answered that."""

Said = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """A part of pages.

    Attributes
    ----------
    name : str
    make : callable
        Takes the event behind the pages, and by name what an address says; returns HTML.
    seconds : float
        Between two looks for something new, where few pages are open.
    """

    name: str
    make: Callable[[Site, Said], str]
    seconds: float

    def draw(self, site: Site, **said: str | None) -> None:
        """Draw the part into a page, from where its browser keeps it alive."""
        told = {name: value for name, value in said.items() if value}
        told["zone"] = str(words.reader_zone())
        address, answer = self.address(told), self.kept(site, told).now()
        alive = "" if EARLY in told else f' data-from="{escape(address)}" data-every="{self.seconds}"'
        st.html(
            words.Html(f'<div class="physathon-alive"{alive} data-name="{escape(answer.name)}">{answer.html}</div>')
        )

    def kept(self, site: Site, said: Said) -> Kept[Answer]:
        """Return what follows the part as an address has it."""
        return site.answers.of(self.address(said), partial(_made, self, site, said))

    def address(self, said: Said) -> str:
        """Return where the part is found."""
        return f"/{PLACE}/{self.name}?{urlencode(sorted(said.items()))}"


def routes(site: Site, parts: Iterable[Part]) -> list[Route]:
    """Return where the parts of an event's pages are found."""
    return [Route(f"/{PLACE}/{part.name}", partial(_answer, site, part), methods=["GET"]) for part in parts]


async def _answer(site: Site, part: Part, request: Request) -> Response:
    said = dict(request.query_params)
    if EARLY in said or len(request.url.query) > LONGEST:
        return problem(404, "there is nothing of that name")
    kept = part.kept(site, said)
    try:
        answer = kept.kept() or await run_in_threadpool(kept.now)
    except (EventError, ChallengeError) as error:
        return problem(status_of(error), str(error), kind=type(error))
    again = f"{part.seconds * crowd.slower():g}"
    headers = {"ETag": answer.name, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", AGAIN: again}
    if is_known(answer.name, request.headers.get("If-None-Match", "")):
        return Response(None, 304, headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(answer.packed, 200, headers | {"Content-Encoding": "gzip"}, media_type="text/html")
    return Response(answer.body, 200, headers, media_type="text/html")


def _made(part: Part, site: Site, said: Said) -> str:
    """Return a part anew; of a track that is not out yet there is none."""
    if TRACK in said and EARLY not in said:
        challenge, _ = site.event.track(said[TRACK])
        early = site.event.not_out(challenge.id)
        if early:
            raise early
    return part.make(site, said)
