"""The ceremony over HTTP: what is on the screen, pushed to all who look; and the presenter's keys."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_json
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from challenges.spec import find_track
from leaderboard.board import presenting
from leaderboard.board.ceremonies import Script, Starts, on_screen, script_of, tracks_of
from leaderboard.board.entries import metric_of
from leaderboard.event import Event
from leaderboard.people.desk import must_be
from leaderboard.people.sessions import Visitor
from leaderboard.site import answers, parts, words
from leaderboard.site.live import Kept
from leaderboard.store.database import Database
from leaderboard.store.faults import StoreFault
from leaderboard.store.tables import TrackState, Turn
from leaderboard.store.tables.ceremonies import POINTS

QUICK, SLOW = 0.1, 1.0
"""Seconds between two looks while a ceremony goes on, and while none does."""

HEARTBEAT = 15.0
"""Seconds after which a stream says something although nothing has changed."""

MOST = 2000
"""Streams at one time."""


@dataclass(frozen=True)
class Shown:
    """What is on the screen: as JSON, whether it may change at any moment, and what it was read from."""

    json: bytes
    goes_on: bool
    read_from: tuple


class Screen:
    """What is on the screen of an event, looked for once for all who ask.

    Parameters
    ----------
    event : Event
    store : Database
    """

    def __init__(self, event: Event, store: Database) -> None:
        self._event, self._store = event, store
        self.starts = Starts()
        self._kept = Kept(self._look, every=QUICK)

    def now(self) -> Shown:
        """Return what is on the screen."""
        return self._kept.now()

    def _look(self, old: Shown | None) -> Shown:
        with self._store.read() as session:
            found = on_screen(session)
            if found and any(self._event.not_out(one.partition(".")[0]) for one in tracks_of(self._event, found.scope)):
                found = None
            if found is None:
                return Shown(to_json({"event": self._event.config.name, "scene": None}), False, ())
            turns = session.scalar(select(func.count()).where(Turn.ceremony_id == found.id))
            versions = session.scalar(select(func.sum(TrackState.version)))
            read_from = (found.id, to_json(found.picture), found.ended_at, turns, versions, self._event.config.name)
            if old and old.read_from == read_from:
                return old
            start = self.starts.of(session, self._event, found)
            document = picture(self._event, script_of(session, self._event, found, start))
        return Shown(to_json(document, inf_nan_mode="strings"), found.ended_at is None, read_from)


def picture(event: Event, script: Script) -> dict[str, Any]:
    """Return what everybody sees of a ceremony: what is out, or made up, and none of the presenter's notes."""
    ceremony, scene, places = script.ceremony, script.scene, script.places
    awards = presenting.texts_of(ceremony)["awards"]
    turn = script.order[script.shown - 1] if scene.kind == "turn" and script.shown else None
    following = script.order[script.shown] if script.shown < len(script.order) and not script.final else None
    return {
        "event": event.config.name,
        **_about(ceremony.scope),
        "rehearsal": ceremony.rehearsal,
        "published": bool(script.final),
        "paused": bool(ceremony.picture.get("paused")),
        "scene": scene.kind,
        "waits": script.waits,
        "shown": script.shown,
        "turns": len(script.order),
        "turn": turn,
        "next": following,
        "bracket": scene.bracket,
        "says": str(awards.get(scene.bracket, "")),
        "winners": script.winners(scene.bracket) if scene.kind in ("first", "award") else [],
        "rows": places,
    }


def _about(scope: str) -> dict[str, Any]:
    """Return what a ceremony is of, in words, and how its numbers are written: public ones, then final ones."""
    if scope == POINTS:
        return {"scope": scope, "title": "Points over all tracks", "metric": "points", "better": "high"} | {
            "decimals": [1, 1],
            "link": "/",
        }
    challenge, track = find_track(scope)
    metric, grid = metric_of(scope), words.decimals(track.step)
    return {
        "scope": scope,
        "title": words.track_title(challenge, track),
        "metric": words.metric_title(track),
        "better": "high" if metric.greater_is_better else "low",
        "decimals": [grid, grid + 2],
        "link": parts.board_of(challenge, track),
    }


class Streams:
    """Server-sent events for all who look: each gets the whole picture whenever it changes.

    Parameters
    ----------
    screen : Screen
    """

    def __init__(self, screen: Screen) -> None:
        self._screen, self._limiter = screen, CapacityLimiter(1)
        self._queues: set[asyncio.Queue[bytes]] = set()
        self._watching: asyncio.Task | None = None
        self._ended = False

    def open(self) -> AsyncIterator[bytes]:
        """Return the events of one who looks from now on.

        Raises
        ------
        HTTPException
            If too many look.
        """
        if len(self._queues) >= MOST:
            raise HTTPException(503, "too many look at the ceremony: try again soon", {"Retry-After": "5"})
        return self._events(asyncio.Queue(1))

    async def _events(self, queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
        self._queues.add(queue)
        if self._watching is None:
            _when_asked_to_end(self._end)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            yield b"retry: 2000\n\n"
            yield _event(await self._now())
            while not self._ended:
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    yield b":\n\n"
        finally:
            self._queues.discard(queue)

    async def _now(self) -> Shown:
        return await to_thread.run_sync(self._screen.now, limiter=self._limiter)

    async def _watch(self) -> None:
        """Look for all while somebody is there."""
        last, pause = b"", QUICK
        while self._queues:
            with suppress(StoreFault):
                found = await self._now()
                if found.json != last:
                    last = found.json
                    self._tell(_event(found))
                pause = QUICK if found.goes_on else SLOW
            await asyncio.sleep(pause)

    def _tell(self, what: bytes) -> None:
        """Give all who look the newest picture; whoever is slow misses older ones."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(what)

    def _end(self) -> None:
        self._ended = True
        self._tell(b":\n\n")


def _event(shown: Shown) -> bytes:
    return b"data: " + shown.json + b"\n\n"


def _when_asked_to_end(tell: Callable[[], None]) -> None:
    """Tell when the server is asked to end: it waits for open streams, and would cut them off."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def ended(*arguments: Any, before: Any = before) -> None:
            loop.call_soon_threadsafe(tell)
            if callable(before):
                before(*arguments)

        signal.signal(number, ended)


def serve_ceremony(
    api: FastAPI,
    event: Event,
    store: Database,
    *,
    visitor: Callable[[Session, Request], Visitor],
    patiently: Callable[..., Awaitable[Any]],
) -> None:
    """Add to an API what is on the ceremony's screen, and to the presenter's page its keys and notes.

    Parameters
    ----------
    api : FastAPI
    event : Event
    store : Database
    visitor : callable
        Tells in a session for whom the browser that sent a request is signed in.
    patiently : callable
        Runs a function that may have to wait.
    """
    screen = Screen(event, store)
    streams = Streams(screen)

    @api.get("/ceremony", response_model=answers.Ceremony)
    def show_ceremony() -> Response:
        """What is on the ceremony's screen."""
        return Response(screen.now().json, headers={"Cache-Control": "no-cache"}, media_type="application/json")

    @api.get("/ceremony/stream", include_in_schema=False)
    async def stream() -> StreamingResponse:
        unkept = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(streams.open(), media_type="text/event-stream", headers=unkept)

    @api.get("/ceremony/notes", include_in_schema=False)
    def notes(request: Request) -> Response:
        with store.read() as session:
            must_be(visitor(session, request).organiser)
            told = presenting.texts_of(on_screen(session))
        return Response(to_json(told), headers={"Cache-Control": "no-store"}, media_type="application/json")

    def moved(request: Request, how: str) -> None:
        with store.write() as session:
            session.info["who"] = must_be(visitor(session, request).organiser).name
            presenting.move(session, event, how, screen.starts)

    @api.post("/ceremony/{how}", status_code=204, include_in_schema=False)
    async def move(how: str, request: Request) -> None:
        await patiently(moved, request, how)
