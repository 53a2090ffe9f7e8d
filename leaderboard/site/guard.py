"""What stands before page and API alike: whom a request is meant for, where it comes from, what an answer may do."""

import ipaddress
import re
from contextlib import nullcontext
from html import escape
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leaderboard.event import Event
from leaderboard.public.data import first_out
from leaderboard.site import crowd
from leaderboard.site.pages import ABOUT_A_TRACK, LOOKS, OWN, PAGES, TRACK, UNLISTED, page_address
from leaderboard.site.plain.sheet import sheet
from leaderboard.site.policy import STATIC, policy
from leaderboard.site.problems import problem
from leaderboard.store.queries import now
from leaderboard.tls.names import own_names

OF_STREAMLIT = {"/_stcore/health", "/_stcore/host-config", "/_stcore/stream"}
"""What Streamlit's own script asks for. All else of its server is closed, above all its upload of files to memory."""

LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"}
"""What this machine calls itself."""

UPLOADS = re.compile(r"/api/(v1/)?tracks/[^/]+/(files|check|circuits|submissions)")
LARGEST_FORM = 2**16
"""Bytes that the body of any other request may have."""

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guarded:
    """An ASGI application that answers what is meant for it, and says to browsers how little its answers may do.

    Each request is stamped with when it began, before anything is waited for: ``request.state.began``.

    Parameters
    ----------
    app : ASGI application
    event : Event
    """

    def __init__(self, app: ASGIApp, event: Event) -> None:
        self.app, self.event = app, event
        self.names = LOOPBACK.union(own_names())
        index = STATIC / "index.html"
        # Streamlit's components of the second kind are scripts of ours that its own script loads from blobs.
        self.headers = HEADERS | {"Content-Security-Policy": policy(index.read_text("utf-8"), "blob:")}
        self.paths = {f"/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*") if path.is_file()}
        self.paths |= {f"/{name}" for name in (*PAGES, *OWN, *LOOKS)} | OF_STREAMLIT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["began"] = now()

        async def answer(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        async def bytes_alone() -> Message:
            message = await receive()
            text = message["type"] == "websocket.receive" and message.get("bytes") is None
            return {"type": "websocket.disconnect", "code": 1003} if text else message

        with crowd.one_more() if scope["type"] == "websocket" else nullcontext():
            await (self._refusal(scope) or self._about_a_track(scope) or self.app)(scope, bytes_alone, answer)

    def _about_a_track(self, scope: Scope) -> Response | None:
        """Lead to the address that names a track, before a page would write it there as one more step of Back's."""
        page = scope["path"].strip("/")
        if scope["type"] != "http" or page not in ABOUT_A_TRACK:
            return None
        said = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        track = None if TRACK in said else first_out(self.event)
        return RedirectResponse(page_address(page, track, **said)) if track else None

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host, scope):
            why = f"this event is not found at {host[:100]!r}: the organiser can name it in public_url"
            return self._refused(headers, 421, why)
        writes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if writes and origin is not None and _place_of(origin) != host:
            return self._refused(headers, 403, f"this comes from another site, {origin[:100]!r}")
        if not path.startswith(("/api/", "/media/")) and (path.rstrip("/") or "/") not in self.paths:
            return self._not_found()
        if not path.isprintable():  # Routes end at a line's end.
            return problem(404, "there is nothing of that name")
        if not UPLOADS.fullmatch(path):
            if "transfer-encoding" in headers:
                return problem(411, "say how long the body is")
            if int(headers.get("content-length", 0)) > LARGEST_FORM:
                return problem(413, f"expected at most {LARGEST_FORM:,} bytes here")
        return None

    def _not_found(self) -> Response:
        ways = "".join(f'<li><a href="/{page}">{title}</a></li>' for page, title in PAGES.items() if title != UNLISTED)
        body = f"<p>This address leads nowhere. Perhaps one of these is meant:</p><ul>{ways}</ul>"
        return sheet(self.event, "There is no such page", body, status=404)

    def _refused(self, headers: Headers, status: int, why: str) -> Response:
        """Say why in words to a browser that wants a page, and as everywhere in problem details to programs."""
        if "text/html" not in headers.get("accept", ""):
            return problem(status, why)
        return sheet(self.event, "This was refused", f"<p>{escape(why[0].upper() + why[1:])}.</p>", status=status)

    def _is_ours(self, host: str, scope: Scope) -> bool:
        """Return whether a Host is a name of this event or the address at which this very request came in."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        reached = (scope.get("server") or ("", None))[0]
        public = urlsplit(self.event.config.public_url or "").hostname
        return name in self.names or name == public or _same_address(name, reached)


def _place_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _same_address(name: str, reached: str) -> bool:
    try:
        here = ipaddress.ip_address(reached)
        return ipaddress.ip_address(name) in (here, getattr(here, "ipv4_mapped", None))
    except ValueError:
        return name == reached
