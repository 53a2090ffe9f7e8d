"""The page /projector: standings, boards and news in turn, to be read from the last row; it renews itself.

A code by which teams are formed stands behind the address's #, is drawn for whoever scans it, and goes to the server in
the body of a POST alone.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import escape
from pathlib import Path

from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from challenges.spec import find_track
from leaderboard import qr
from leaderboard.event import Event, EventError
from leaderboard.people import talk
from leaderboard.people.codes import GROUP, LETTERS, address_of, tidy_code
from leaderboard.people.talk import Message
from leaderboard.serve import is_loopback
from leaderboard.site.home import cards, feed
from leaderboard.site.home.glance import Glance, Glances
from leaderboard.site.home.standings import interval
from leaderboard.site.live import Kept, News, Snapshot
from leaderboard.site.markdown import MARKDOWN
from leaderboard.site.news import STAYS
from leaderboard.site.plain.forms import read_form
from leaderboard.site.plain.sheet import FONTS_OF_A_WALL
from leaderboard.site.policy import policy
from leaderboard.site.problems import problem, status_of
from leaderboard.site.words import metric_title, track_title
from leaderboard.store.queries import now

ROWS = 8
"""Of a table: more could not be read from afar."""

NEWS = 6
CODE = re.compile("-".join([f"[{LETTERS}]{{{GROUP}}}"] * 3))
SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")
STYLE = FONTS_OF_A_WALL + Path(__file__).with_suffix(".css").read_text("utf-8")

BODY = """<header><h1>{name}</h1><p id="clock"></p></header><p id="banner" hidden></p>
<main><h2 id="title"></h2><div id="slide"></div></main>
<aside><div id="join"{hidden}><img id="picture" src="{picture}" alt="QR code of the address below">
<p id="where">{place}</p><p id="code"></p></div><h2>New</h2><div id="feed"></div></aside>
<footer><p id="lost" role="status" hidden>The server does not answer. All this is as it was; it goes on by itself.</p>
<button id="back" aria-label="Back">‹</button><button id="pause">Pause</button>
<button id="on" aria-label="On">›</button><p id="place"></p></footer>
<noscript>This page needs a script to renew itself.</noscript>"""


@dataclass(frozen=True)
class Slide:
    """What the page shows for a while: a title, and HTML."""

    title: str
    html: str


@dataclass(frozen=True)
class Shown:
    """What the page asks for, and what it was made of."""

    made_of: tuple
    json: bytes

    @property
    def etag(self) -> str:
        """The name of this very answer."""
        return f'"{hashlib.sha256(self.json).hexdigest()[:32]}"'


def routes(event: Event, glances: Glances, news: News) -> list[Route]:
    """Return the page of an event, what it asks for every two seconds, and what draws a code.

    Parameters
    ----------
    event : Event
    glances : Glances
    news : News
    """

    def look(old: Shown | None) -> Shown:
        at, glance = now(), glances.now()
        told = talk.meant_for(None, news.now())
        made_of = glance, told, clock(event, glance, at), at.replace(second=0, microsecond=0), event.config
        if old and old.made_of == made_of:
            return old
        return Shown(made_of, document(event, glance, told, at))

    kept = Kept(look)

    async def show(request: Request) -> HTMLResponse:
        place = _place(event, request)
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="/favicon.png">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>Projector · {escape(event.config.name)}</title><style>{STYLE}</style></head><body>"
            + BODY.format(
                name=escape(event.config.name),
                hidden=" hidden" * is_loopback(request.url.hostname or "localhost"),
                picture=escape(qr.as_picture(place)),
                place=escape(place),
            )
            + f"<script>{SCRIPT}</script></body></html>"
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": policy(page), "Cache-Control": "no-store"})

    async def data(request: Request) -> Response:
        try:
            shown = kept.kept() or await run_in_threadpool(kept.now)
        except EventError as error:
            return problem(status_of(error), str(error))
        headers = {"ETag": shown.etag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == shown.etag:
            return Response(None, 304, headers)
        return Response(shown.json, 200, headers, media_type="application/json")

    async def draw(request: Request) -> Response:
        code = tidy_code((await read_form(request)).get("code", ""))
        if not CODE.fullmatch(code):
            return problem(422, "expected a code of twelve letters and digits")
        drawn = {"code": code, "picture": qr.as_picture(address_of(_place(event, request), code))}
        return Response(to_json(drawn), headers={"Cache-Control": "no-store"}, media_type="application/json")

    return [
        Route("/projector", show),
        Route("/projector.json", data),
        Route("/projector/qr", draw, methods=["POST"]),
    ]


def document(event: Event, glance: Glance, told: list[Message], at: datetime) -> bytes:
    """Return what the page shows from a moment on, as JSON."""
    word, says, until = clock(event, glance, at)
    return to_json(
        {
            "clock": {"word": word, "says": says, "until": until},
            "banner": event.config.banner,
            "slides": list(slides(event, glance, told, at)),
            "feed": feed.feed(glance, at.replace(second=0, microsecond=0), most=NEWS, linked=False),
        }
    )


def clock(event: Event, glance: Glance, at: datetime) -> tuple[str, str, datetime | None]:
    """Return where the event stands, in a word, and what comes next and when."""
    config, phase = event.config, event.phase(at)
    if phase == "before":
        return "not open yet", "opens in", config.opens
    if phase == "closed" or (glance.boards and all(view.finalized_at for view in glance.boards.values())):
        return "closed", "", None
    frozen = config.freezes_at and config.freezes_at <= at
    return "paused" if config.paused else "frozen" if frozen else "open", "closes in", config.closes


def slides(event: Event, glance: Glance, told: list[Message], at: datetime) -> Iterator[Slide]:
    """Yield what is shown in turn: what was announced today, the standings, each board that is not empty."""
    if told and at - told[0].at < STAYS:
        yield Slide("Announcement", f'<div class="told">{MARKDOWN.render(told[0].text)}</div>')
    if event.phase(at) == "before":
        asked = "".join(f"<li>{escape(event.challenge(name).title)}</li>" for name in event.config.challenges)
        yield Slide("What will be asked", f"<ul>{asked}</ul>")
        return
    yield Slide("Standings", _standings(glance))
    for track, view in glance.boards.items():
        if view.entries:
            yield Slide(track_title(*find_track(track)), view.once("projector", partial(_board, view)))


def _standings(glance: Glance) -> str:
    if not glance.totals:
        return "<p>No team is on a board yet.</p>"
    shown = glance.totals[:ROWS]
    most = max(one.high for one in shown)
    rows = (
        _row(one.rank_range, one.team, f"{one.points:.1f}", interval(one.points, one.low, one.high, most))
        for one in shown
    )
    return _table("Points over all tracks, of 100 for each challenge", rows, len(glance.totals))


def _board(view: Snapshot) -> str:
    (challenge, track), shown = find_track(view.track), view.entries[:ROWS]
    limits = max(one.high for one in shown), min(one.low for one in shown)
    rows = (
        _row(
            "<small>baseline</small>" if one.kind != "team" else one.rank_range or one.rank,
            one.team if one.kind == "team" else feed.baseline_name(one.team, challenge),
            f"{one.value:.{cards.digits(view)}f}",
            interval(one.value, one.low, one.high, *limits, cards.digits(view)),
            style="" if one.kind == "team" else "ghost",
        )
        for one in shown
    )
    of_what = "final" if view.published_at else "public slice"
    return _table(f"{metric_title(track)}, {of_what}", rows, len(view.entries))


def _row(rank: object, name: str, value: str, bar: str, *, style: str = "") -> str:
    return (
        f'<tr class="{style}"><td>{rank}</td><th><bdi>{escape(name)}</bdi></th><td>{value}</td>'
        f'<td class="bar">{bar}</td></tr>'
    )


def _table(says: str, rows: Iterator[str], count: int) -> str:
    more = f" · the best {ROWS} of {count}" if count > ROWS else ""
    return f'<p class="says">{escape(says)}{more}</p><table>{"".join(rows)}</table>'


def _place(event: Event, request: Request) -> str:
    return (event.config.public_url or str(request.base_url)).rstrip("/")
