"""HTTP: pictures of a few training rows of each challenge, and the figures of its README."""

from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response

from leaderboard.event import Event, EventError
from leaderboard.public.samples import sample, samples
from leaderboard.site import answers

SVG = "image/svg+xml"
A_WHILE = {"Cache-Control": "private, max-age=600"}
"""Nothing of a challenge may lie in a shared cache: others may look before it opens."""


def serve_samples(api: FastAPI, event: Event) -> None:
    """Add the addresses to an API."""

    @api.get("/samples/{challenge}")
    def show_samples(challenge: str) -> list[answers.Sample]:
        """What the pictures of a challenge's training rows show."""
        return [
            answers.Sample(number=number, label=one.label, text=one.text)
            for number, one in enumerate(samples(event, challenge))
        ]

    @api.get("/figures/{challenge}/{name}.png", response_class=FileResponse, responses=_picture("image/png"))
    def show_figure(challenge: str, name: str) -> FileResponse:
        """A figure of a challenge's README."""
        folder = event.challenge(challenge).folder
        path = next((path for path in folder.glob("*.png") if path.stem == name), None)
        if path is None:
            raise EventError(f"{challenge} has no figure of that name")
        return FileResponse(path, headers=A_WHILE)

    @api.get("/samples/{challenge}/{number}", response_class=Response, responses=_picture(SVG))
    def show_sample(challenge: str, number: int) -> Response:
        """A picture of a training row."""
        return Response(sample(event, challenge, number).svg, media_type=SVG, headers=A_WHILE)


def _picture(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "the picture", "content": {media_type: {}}}}
