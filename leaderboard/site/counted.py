"""What is counted and logged of every request: the route and the status, how long it took, and nobody's name."""

import secrets
from collections.abc import Iterable
from contextlib import nullcontext
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import logger as of_streamlit

from leaderboard import logs
from leaderboard.site.pages import LOOKS, OWN, PAGES

REGISTRY = CollectorRegistry()
"""What this process has counted since it started; several web processes are added up by who asks them."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUESTS = Counter("physathon_requests", "Requests answered.", ["method", "route", "status"], registry=REGISTRY)
DURATIONS = Histogram(
    "physathon_request_seconds",
    "From a request's begin to the first byte of its answer.",
    ["route"],
    buckets=SECONDS,
    registry=REGISTRY,
)
OPEN_PAGES = Gauge("physathon_open_pages", "Pages that are open in browsers.", registry=REGISTRY)

METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
NUMBER = "X-Request-Id"
"""The header that tells a request's number, by which its line in the log is found."""

QUIET = {"/api/v1/health", "/api/v1/ready", "/projector.json", "static", "media", "parts"}
"""Routes that are asked for all the time: they are counted, and not logged one by one."""


class Counted:
    """An ASGI application whose requests are numbered, counted and logged.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a page for as long as it is open."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        number, began, page = secrets.token_hex(8), perf_counter(), scope["type"] == "websocket"
        status, took = 500, None

        async def answer(message: Message) -> None:
            nonlocal status, took
            if message["type"] == "http.response.start":
                status, took = message["status"], perf_counter() - began
                MutableHeaders(scope=message)[NUMBER] = number
            await send(message)

        before = logs.REQUEST.set(number)
        try:
            with OPEN_PAGES.track_inprogress() if page else nullcontext():
                await self.app(scope, receive, answer)
        finally:
            if page:
                logs.note("page closed", seconds=round(perf_counter() - began, 1))
            else:
                _count(scope, status, perf_counter() - began if took is None else took)
            logs.REQUEST.reset(before)


def _count(scope: Scope, status: int, seconds: float) -> None:
    route, method = route_of(scope), scope["method"] if scope["method"] in METHODS else "other"
    REQUESTS.labels(method, route, status).inc()
    DURATIONS.labels(route).observe(seconds)
    if route not in QUIET or status >= 500:
        logs.note("request", method=method, route=route, status=status, ms=round(1000 * seconds, 1))


def route_of(scope: Scope) -> str:
    """Return which route answered a request, as one of few: no name, number or file that somebody asked for."""
    found, path = scope.get("route"), scope["path"]
    if path.startswith("/api/"):
        if found is None or isinstance(found, Mount):
            return "/api"
        return "/api/v1" + found.path
    kind, page = path.split("/")[1], path.strip("/")
    if kind in ("static", "media", "_stcore", "parts"):
        return kind
    return path if page in {*PAGES, *OWN, *LOOKS} else "other"


def begin_logs() -> None:
    """Let the web process and what it is made of log by lines of JSON, if these are asked for."""
    if not logs.start("web"):
        return

    def loggers_of_streamlit(loggers: Iterable) -> None:
        for one in loggers:
            logs.through_root(one)

    of_streamlit.setup_formatter = logs.through_root  # for those that are made later
    loggers_of_streamlit(of_streamlit._loggers.values())
