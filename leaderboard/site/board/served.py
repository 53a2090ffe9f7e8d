"""The board over HTTP: as JSON, as a table for spreadsheets, and how it came to be as a picture."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from leaderboard.event import Event
from leaderboard.site import answers
from leaderboard.site.board.progress import Look, picture
from leaderboard.site.board.seen import until
from leaderboard.site.exports import as_csv, board_rows
from leaderboard.site.live import Boards, Snapshot
from leaderboard.site.paging import Paged
from leaderboard.site.past import Past
from leaderboard.store.queries import now


def serve_board(api: FastAPI, event: Event, boards: Boards, past: Past, board_now: Callable[[str], Snapshot]) -> None:
    """Serve the boards of an event's tracks.

    Parameters
    ----------
    api : FastAPI
    event : Event
    boards : Boards
    past : Past
    board_now : callable
        Gives the board of a track, by whichever of its names.
    """

    @api.get("/tracks/{track}/board", response_model=answers.Board)
    async def show_board(track: str, page: Paged) -> Response:
        """The board as everybody sees it, the best entry first."""
        view = boards.kept(track) or await run_in_threadpool(board_now, track)
        shown = page.of_ranking(view.entries)
        if page.is_whole and not page.links:
            headers = {"ETag": view.etag, "Cache-Control": "no-cache"}
            return Response(view.json, headers=headers, media_type="application/json")
        content = await run_in_threadpool(view.page, shown)
        return Response(content, headers={"Cache-Control": "no-cache", **page.links}, media_type="application/json")

    @api.get("/tracks/{track}/history")
    def show_history(track: str, page: Paged) -> list[answers.Step]:
        """The files by which teams became better, the newest first."""
        steps = past.steps(board_now(track).track)
        return [answers.Step(**vars(one)) for one in page.of_newest(steps[::-1], lambda one: one.submission)]

    @api.get("/tracks/{track}/board.csv", response_class=Response, responses=_a("text/csv"))
    def show_table(track: str) -> Response:
        """The board as a table, of which a spreadsheet runs nothing."""
        view = board_now(track)

        def made() -> bytes:
            return as_csv(list(board_rows(view.track, view.entries, published=view.published_at is not None)))

        headers = {"Content-Disposition": f'attachment; filename="{view.track}.csv"', "Cache-Control": "no-cache"}
        return Response(view.once("csv", made), headers=headers, media_type="text/csv")

    @api.get("/tracks/{track}/progress.svg", response_class=Response, responses=_a("image/svg+xml"))
    def show_progress(track: str, own: Annotated[int, Query(ge=0, lt=2**63)] = 0, narrow: bool = False) -> Response:
        """How the best scores of the leading teams rose; ``own`` is a file of the team to be marked."""
        view, (challenge, found) = board_now(track), event.track(track)
        told = past.told(view.track)
        team = next((one.team for one in told.steps if one.submission == own), None)
        look = Look(*until(event, view, now()), team, narrow)
        drawn = view.once(("progress", told.name, look), lambda: picture(told.steps, challenge, found, look).encode())
        return Response(drawn, headers={"Cache-Control": "no-cache"}, media_type="image/svg+xml")


def _a(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "the file", "content": {media_type: {}}}}
