"""Streamlit's own scripts, packed: it serves them as they are, six times as large."""

import gzip
from functools import cache
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leaderboard.site.policy import STATIC

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FOREVER = "public, immutable, max-age=31536000"
"""How long browsers keep a file: Streamlit names each by what is in it."""


class Packed:
    """An ASGI application that answers for Streamlit's scripts and styles in gzip, to whoever takes it.

    Parameters
    ----------
    app : ASGI application
        Answers everything else.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        found = (path for path in (STATIC / "static").rglob("*") if path.suffix in TYPES)
        self.files = {f"/{path.relative_to(STATIC).as_posix()}": path for path in found}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        path = self.files.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if path is None or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self.app(scope, receive, send)
            return
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Cache-Control": FOREVER}
        content = await to_thread.run_sync(packed, path)
        await Response(content, headers=headers, media_type=TYPES[path.suffix])(scope, receive, send)


@cache
def packed(path: Path) -> bytes:
    """Return a file in gzip; a page needs some ninety, of 0.6 MB in all."""
    return gzip.compress(path.read_bytes(), mtime=0)
