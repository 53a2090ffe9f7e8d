"""Files of our own that every page shows: the picture of its tab, and the typeface of its headings."""

from pathlib import Path

from starlette.responses import FileResponse
from starlette.routing import Route

from leaderboard.site.pages import LOOKS

FOLDER = Path(__file__).parent / "style"
A_DAY = {"Cache-Control": "public, max-age=86400"}


def routes() -> list[Route]:
    """Return where they are found."""
    return [Route(f"/{name}", _served(FOLDER / name)) for name in LOOKS]


def _served(path: Path):
    async def serve(_) -> FileResponse:
        return FileResponse(path, headers=A_DAY)

    return serve
