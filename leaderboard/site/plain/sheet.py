"""Pages of our own beside Streamlit's: plain HTML, at once on a phone, each with a policy that names its own script."""

from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

from leaderboard.event import Event
from leaderboard.public.texts import rules
from leaderboard.site import style
from leaderboard.site.policy import STATIC, policy
from leaderboard.tls.authority import AUTHORITY


def _fonts(display: str) -> str:
    """Return the rules of our typefaces; the sans is Streamlit's own, which its pages have loaded already."""
    found = next((STATIC / "static" / "media").glob("SourceSansVF-Upright*.woff2"), None)
    source = f'url("/{found.relative_to(STATIC).as_posix()}") format("woff2")' if found else 'local("Source Sans 3")'
    sans = (
        f'@font-face {{ font-family: "Source Sans"; src: {source}; font-weight: 200 900; font-display: {display} }}\n'
    )
    return sans + (Path(style.__file__).with_name("typeface.css")).read_text("utf-8")


FONTS_OF_A_WALL = _fonts("swap")
"""Of a page that stands for hours: it may wait for its fonts."""

STYLE = _fonts("optional") + Path(__file__).with_suffix(".css").read_text("utf-8")


def sheet(event: Event, title: str, body: str, *, status: int = 200, script: str = "") -> HTMLResponse:
    """Return a page; it is kept by no browser, for it may show what is one person's own.

    Parameters
    ----------
    event : Event
    title : str
        As it is written; the rest is HTML.
    body : str
    status : int
    script : str
        An inline script, the only one that may run.
    """
    name, banner = escape(event.config.name), event.config.banner
    above = f'<p class="banner">{escape(banner)}</p>' if banner else ""
    links = {"/": "Home", "/join": "Join", "/verify": "Verify", "/privacy": "Your data"} | (
        {"/rules": "Rules"} if rules(event) else {}
    )
    links |= {"/trust": "Certificate"} if (event.public / AUTHORITY).is_file() else {}
    footer = "".join(f'<a href="{address}">{word}</a>' for address, word in links.items())
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/favicon.png">'
        f"<title>{escape(title)} · {name}</title><style>{STYLE}</style></head>"
        f'<body><header><a href="/">{name}</a>{above}</header><main><h1>{escape(title)}</h1>{body}</main>'
        f"<footer>{footer}</footer>" + (f"<script>{script}</script>" if script else "") + "</body></html>"
    )
    return HTMLResponse(page, status, {"Content-Security-Policy": policy(page), "Cache-Control": "no-store"})


def bad(message: str) -> str:
    """Return a sentence that says what went wrong, read out at once to those who hear the page."""
    return f'<p class="bad" role="alert">{escape(message[:1].upper() + message[1:])}.</p>' if message else ""
