"""A result over HTTP: what was found, and figures of it."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import Response
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from leaderboard.event import Event
from leaderboard.site import answers
from leaderboard.site.live import Snapshot
from leaderboard.site.rates import TooManyRequests
from leaderboard.site.results import drawing
from leaderboard.site.results.drawing import MEDIA_TYPES, Form
from leaderboard.site.results.shown import MOST_PICKED, document, shown

Name = Literal["ranking", "shift", "observed", "roc", "comparisons", "compute"]
Picked = Annotated[str, Query(pattern=rf"^(\d{{1,9}}(,\d{{1,9}}){{0,{MOST_PICKED - 1}}})?$")]
"""Numbers of finals, with commas between."""

FRESH = {"Cache-Control": "no-cache"}
FIGURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "the figure", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}

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

    @api.get("/tracks/{track}/results", response_model=answers.Result)
    def show_result(track: str) -> Response:
        """The whole result of a published track."""
        content = to_json(document(shown(event, board(track))), inf_nan_mode="null")
        return Response(content, headers=FRESH, media_type="application/json")

    @api.get("/tracks/{track}/figures/{name}.{form}", response_class=Response, responses=FIGURE)
    async def show_figure(track: str, name: Name, form: Form, teams: Picked = "") -> Response:
        """A figure of a published result, or the data behind it."""
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
        answer = Response(content, headers=FRESH, media_type=MEDIA_TYPES[form])
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
