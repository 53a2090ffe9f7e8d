"""What anybody can check: the page /verify, on which the browser itself does, and the files that are revealed."""

import base64
import json
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.routing import Route

from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.public.data import revealed_files
from leaderboard.site import answers
from leaderboard.site.plain.forms import clear_note
from leaderboard.site.plain.sheet import sheet
from leaderboard.store.database import Database

SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")

BODY = """{note}<p>Your browser checks here, by what this event has published; nothing that you choose or drop is sent
anywhere.</p>
<form id="files"><div><label for="file">A receipt (JSON), or revealed answers (CSV)</label>
<input id="file" type="file" accept=".json,.csv,application/json,text/csv"></div>
<div><label for="text">Or paste a receipt</label>
<textarea id="text" rows="5" spellcheck="false" autocomplete="off"></textarea></div>
<button class="quiet">Verify what is pasted</button></form>
<p id="says" role="status"></p><p id="how"></p>
<form id="second" hidden><button class="quiet">Let the event's server check it</button></form>
<noscript><p class="bad">This page needs a script to check anything. <code>physathon verify FILE</code> does the
same.</p></noscript>
<h2>By what</h2><p>Receipts by the event's {keys}, whose SHA-256 each receipt names; this event signs by:</p>{digests}
<p>Answers by the SHA-256 that the organiser is bound to: see the challenge's page, and the README of every kit.</p>
{revealed}"""

RECEIPT = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
ANSWERS: dict[int | str, dict[str, Any]] = {200: {"description": "the file", "content": {"text/csv": {}}}}


def routes(event: Event, store: Database) -> list[Route]:
    """Return the page of an event."""

    def ask(request: Request) -> HTMLResponse:
        keys = receipts.public_keys(event)
        with store.read() as session:
            committed = receipts.commitments(session)
        known = {
            "event": event.config.id,
            "version": receipts.VERSION,
            "earlier": [version for version in receipts.EARLIER if version],
            "keys": {
                name: base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
                for name, key in keys.items()
            },
            "needed": receipts.KEYS,
            "commitments": [
                [sha256, told] for sha256, track, told in committed if not event.not_out(track.partition(".")[0])
            ],
        }
        body = BODY.format(
            note=clear_note(event, request),
            keys='<a href="/api/v1/receipts.pem" download>public key</a>',
            revealed="".join(
                f'<p class="digits"><a href="{address_of(path)}" download>{escape(path.name)}</a></p>'
                for path in revealed_files(event)
            ),
            digests="".join(f'<p class="digits"><code>{name}</code></p>' for name in keys),
        )
        data = f'<data id="known" value="{escape(json.dumps(known))}"></data>'
        return sheet(event, "Verify", body + data, script=SCRIPT)

    return [Route("/verify", ask)]


def serve_verify(api: FastAPI, event: Event) -> None:
    """Add to an API the revealed answers, and the server's own check of a receipt."""

    def check(content: bytes) -> answers.Verified:
        return answers.Verified(verified=receipts.verify(receipts.read_json(content), event).in_words())

    @api.post("/verify", openapi_extra=RECEIPT)
    async def verify(request: Request) -> answers.Verified:
        """Verify a receipt, the body: what this event signed by its own word."""
        return await run_in_threadpool(check, await request.body())

    @api.get("/revealed/{name}.csv", response_class=FileResponse, responses=ANSWERS)
    def revealed(name: str) -> FileResponse:
        """Revealed answers, to the byte what was committed to."""
        path = next((path for path in revealed_files(event) if path.stem == name), None)
        if path is None:
            raise HTTPException(404, "no answers of that name are revealed")
        return FileResponse(path, filename=path.name, media_type="text/csv", headers={"Cache-Control": "no-cache"})


def address_of(path: Path) -> str:
    """Return where a revealed file is served."""
    return f"/api/v1/revealed/{quote(path.name)}"


def revealed_addresses(event: Event, track: str) -> list[str]:
    """Return where the revealed answers of a track, named in full, are served."""
    return [address_of(path) for path in revealed_files(event, track)]
