"""The page /ceremony: the screen of the ceremony, and with ?presenter the keys and notes of whoever presents it."""

from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from leaderboard.event import Event
from leaderboard.site.plain.sheet import FONTS_OF_A_WALL
from leaderboard.site.policy import policy

STYLE = FONTS_OF_A_WALL + Path(__file__).with_suffix(".css").read_text("utf-8")
SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/favicon.png">
<title>Ceremony · {name}</title><style>{style}</style></head><body>
<main id="stage">
<header><a href="/" id="event">{name}</a><p id="title"></p><p id="count"></p></header>
<p id="rehearsal" hidden>Rehearsal · these scores are made up</p>
<section id="board" aria-label="Ranking" hidden><div id="head" aria-hidden="true"><span>rank</span><span>team</span>
<span>score</span><span>95% interval</span><span>rank range</span></div>
<div id="view" tabindex="-1"><div id="list"><ol id="rows"></ol></div></div>
<p id="legend"><span class="open"></span> as the public board showed it <span class="full"></span> final, private
slice <a id="link" target="_blank">all of it</a></p></section>
<section id="card" hidden><p id="over"></p><h1 id="what"></h1><ul id="names"></ul><p id="under"></p></section>
<section id="break" hidden><h1>A short break</h1></section>
</main>
<aside id="presenter" aria-label="Presenter" hidden><h2>Presenter</h2><p id="now"></p><p id="then"></p>
<p id="late" role="alert" hidden>The judge has not answered yet: does it run? <code>physathon status</code> tells.</p>
<div id="keys"><button data-move="next">Next <kbd>Space</kbd> <kbd>→</kbd></button>
<button data-move="back">Back <kbd>←</kbd></button><button data-move="pause">Pause <kbd>P</kbd></button></div>
<p id="wrong" role="alert"></p><h3>Notes</h3><p id="notes"></p>
<p><a href="/desk?part=ceremony">Ceremony at the desk</a> · <a href="/ceremony" target="_blank">the screen alone</a></p>
</aside><p id="says" role="status"></p>
<noscript>This page needs a script to follow the ceremony; the boards tell the same.</noscript>
<script>{script}</script></body></html>"""


def routes(event: Event) -> list[Route]:
    """Return the page of an event."""

    def ask(_request: Request) -> HTMLResponse:
        page = PAGE.format(name=escape(event.config.name), style=STYLE, script=SCRIPT)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy(page), "Cache-Control": "no-store"})

    return [Route("/ceremony", ask)]
