"""HTTP: pictures of a few training rows of each challenge."""

from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response

from leaderboard.event import Event
from leaderboard.public.samples import sample, samples

SVG = "image/svg+xml"
A_WHILE = {"Cache-Control": "private, max-age=600"}
"""Nothing of a challenge may lie in a shared cache: others may look before it opens."""

PICTURE: dict[int | str, dict[str, Any]] = {200: {"description": "the picture", "content": {SVG: {}}}}


def serve_samples(api: FastAPI, event: Event) -> None:
    """Add the addresses to an API."""

    @api.get("/samples/{challenge}")
    def show_samples(challenge: str) -> list[dict]:
        return [
            {"number": number, "label": one.label, "text": one.text}
            for number, one in enumerate(samples(event, challenge))
        ]

    @api.get("/samples/{challenge}/{number}", response_class=Response, responses=PICTURE)
    def show_sample(challenge: str, number: int) -> Response:
        return Response(sample(event, challenge, number).svg, media_type=SVG, headers=A_WHILE)
