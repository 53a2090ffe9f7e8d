"""What stands before page and API alike: whom a request is meant for, where it comes from, what an answer may do."""

import base64
import hashlib
import ipaddress
import re
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leaderboard.event import Event
from leaderboard.site.pages import OWN, PAGES
from leaderboard.site.problems import problem
from leaderboard.store.queries import now
from leaderboard.tls.names import own_names

STATIC = Path(str(files("streamlit"))) / "static"
OF_STREAMLIT = {"/_stcore/health", "/_stcore/host-config", "/_stcore/stream"}
"""What Streamlit's own script asks for. All else of its server is closed, above all its upload of files to memory."""

LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"}
"""What this machine calls itself."""

UPLOADS = re.compile(r"/api/tracks/[^/]+/(files|check|circuits|submissions)")
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

NOT_FOUND = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Not found</title><body style="font: 1.1rem serif; margin: 3rem">
<h1>There is no such page</h1><p>Perhaps you look for <a href="/">the first page</a>.</p></body></html>"""


def policy(html: str, *scripts: str) -> str:
    """Return the Content-Security-Policy of a page of ours.

    Parameters
    ----------
    html : str
        The page, whose own inline scripts may run, and no others.
    *scripts : str
        Further sources of scripts.
    """
    texts = [rest.partition("</script>")[0] for rest in html.split("<script>")[1:]]
    inline = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in texts]
    run = " ".join(("'self'", *(f"'sha256-{one}'" for one in inline), *scripts))
    return (
        f"default-src 'none'; script-src {run}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


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
        self.paths |= {f"/{name}" for name in (*PAGES, *OWN)} | OF_STREAMLIT

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

        await (self._refusal(scope) or self.app)(scope, bytes_alone, answer)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host, scope):
            return problem(421, f"this event is not found at {host[:100]!r}: the organiser can name it in public_url")
        writes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if writes and origin is not None and _place_of(origin) != host:
            return problem(403, f"this comes from another site, {origin[:100]!r}")
        if not path.startswith(("/api/", "/media/")) and (path.rstrip("/") or "/") not in self.paths:
            return HTMLResponse(NOT_FOUND, 404)
        if not path.isprintable():  # Routes end at a line's end.
            return problem(404, "there is nothing of that name")
        if not UPLOADS.fullmatch(path):
            if "transfer-encoding" in headers:
                return problem(411, "say how long the body is")
            if int(headers.get("content-length", 0)) > LARGEST_FORM:
                return problem(413, f"expected at most {LARGEST_FORM:,} bytes here")
        return None

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
