"""A result over HTTP: what was found, and figures of it."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Header, HTTPException, Query
from fastapi.responses import Response
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from leaderboard.event import Event
from leaderboard.site.live import Snapshot
from leaderboard.site.rates import TooManyRequests
from leaderboard.site.results import drawing
from leaderboard.site.results.drawing import MEDIA_TYPES, Form
from leaderboard.site.results.shown import MOST_PICKED, document, shown

Name = Literal["ranking", "shift", "observed", "roc", "comparisons", "compute"]
Picked = Annotated[str, Query(pattern=rf"^(\d{{1,9}}(,\d{{1,9}}){{0,{MOST_PICKED - 1}}})?$")]
"""Numbers of finals, with commas between."""

MOST_WAITING = 20
"""Figures that somebody chose and that are still to be drawn; those that everybody sees always are."""


def serve_results(api: FastAPI, event: Event, board: Callable[[str], Snapshot]) -> None:
    """Add to an API the results of published tracks.

    Parameters
    ----------
    api : FastAPI
    event : Event
    board : callable
        Gives what is shown of a track.
    """
    one_at_a_time = CapacityLimiter(1)

    @api.get("/tracks/{track}/results", response_model=dict)
    def show_result(track: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        content = to_json(document(shown(event, board(track))), inf_nan_mode="null")
        return _answer(content, "application/json", if_none_match)

    @api.get("/tracks/{track}/figures/{name}.{form}", response_class=Response)
    async def show_figure(
        track: str, name: Name, form: Form, teams: Picked = "", if_none_match: Annotated[str, Header()] = ""
    ) -> Response:
        found = await run_in_threadpool(lambda: shown(event, board(track)))
        picked = numbers(teams)
        content = drawing.kept(found, name, form, picked)
        if content is None:
            if picked and one_at_a_time.statistics().tasks_waiting >= MOST_WAITING:
                raise TooManyRequests("many figures are being drawn", 2)
            draw = partial(drawing.drawn, found, name, form, picked)
            content = await to_thread.run_sync(draw, limiter=one_at_a_time)
        if content is None:
            raise HTTPException(404, f"there is nothing to draw of {track} under the name {name}")
        answer = _answer(content, MEDIA_TYPES[form], if_none_match)
        if form != "svg":
            answer.headers["Content-Disposition"] = f'attachment; filename="{track}.{name}.{form}"'
        return answer


def numbers(text: str) -> list[int]:
    """Return the numbers of finals that an address names.

    Examples
    --------
    >>> numbers("12,7"), numbers("")
    ([12, 7], [])
    """
    return [int(number) for number in text.split(",") if number]


def _answer(content: bytes, media_type: str, if_none_match: str) -> Response:
    """Answer by content that a reader may have already."""
    name = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": name, "Cache-Control": "no-cache"}
    if name in if_none_match:
        return Response(None, 304, headers)
    return Response(content, 200, headers, media_type=media_type)
