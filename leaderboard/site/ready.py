"""Whether the web process lives, and whether it can do its work: for who restarts it, and who sends people to it."""

import os
import shutil
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from leaderboard.event import Event
from leaderboard.site import answers
from leaderboard.site.problems import RETRY_AFTER, problem
from leaderboard.site.spool import RESERVE
from leaderboard.store.database import Database
from leaderboard.store.faults import StoreFault
from leaderboard.store.heartbeats import alive
from leaderboard.store.queries import now


def serve_ready(api: FastAPI, event: Event, store: Database) -> None:
    """Add to an API whether it lives and whether it is ready."""

    @api.get("/health")
    async def health(response: Response) -> answers.Health:
        """Whether the server answers, and its clock; it asks nothing else, so that a restart helps where this fails."""
        response.headers["Cache-Control"] = "no-store"
        return answers.Health(status="ok", time=now())

    @api.get("/ready", response_model=answers.Ready)
    def ready(response: Response) -> dict | JSONResponse:
        """Whether files can be taken and boards be read here: 503 says what keeps it, in `problems`."""
        missing = list(_missing(event))
        judge = False
        try:
            with store.read() as session:
                judge = bool(alive(session, "judge"))
        except StoreFault:
            missing.insert(0, {"where": ["database"], "reason": "it cannot be read"})
        if missing:
            says = "; ".join(f"{one['where'][0]}: {one['reason']}" for one in missing)
            return problem(503, says, headers=RETRY_AFTER | {"Cache-Control": "no-store"}, problems=missing)
        response.headers["Cache-Control"] = "no-store"
        return {"status": "ready", "judge": judge, "time": now()}


def _missing(event: Event) -> Iterator[dict]:
    """Yield what keeps files from being taken; a bucket that fails is waited for, and stops no reader."""
    folder = event.submissions if event.submissions.exists() else event.folder
    if not event.first.files_url and not os.access(folder, os.W_OK | os.X_OK):
        yield {"where": ["files"], "reason": "none can be kept"}
    if shutil.disk_usage(event.folder).free < RESERVE:
        yield {"where": ["disk"], "reason": "it is full"}
