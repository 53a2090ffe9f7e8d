"""Starter kits: served in parts or whole, and in words."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from shlex import quote

from fastapi import FastAPI
from fastapi.responses import FileResponse

from leaderboard.event import Event
from leaderboard.kit.build import build_kit
from leaderboard.public.data import kit_file
from leaderboard.site.answers import Kit
from leaderboard.site.upload import megabytes

ZIP = "application/zip"


def serve_kits(api: FastAPI, event: Event) -> None:
    """Add the addresses to an API. A kit that is not there yet is built when it is first asked for."""

    def there(challenge: str) -> tuple[Path, Kit]:
        path = kit_file(event, challenge)
        if not path.is_file():
            build_kit(event, challenge)
        return path, _kit(path, challenge)

    # What it answers is gated by the event's clock and must lie in no cache; an ETag is there for who resumes.
    @api.head("/kits/{challenge}.zip", include_in_schema=False)
    @api.get(
        "/kits/{challenge}.zip",
        response_class=FileResponse,
        responses={200: {"description": "the file", "content": {ZIP: {}}}, 206: {"description": "the part asked for"}},
    )
    def get_kit(challenge: str) -> FileResponse:
        """The starter kit, or the part of it that ``Range`` asks for."""
        path, kit = there(challenge)
        headers = {
            "Cache-Control": "no-store",
            "ETag": f'"{kit.sha256}"',
            "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(kit.sha256)).decode()}:",
        }
        return FileResponse(path, filename=kit.file, media_type=ZIP, headers=headers)

    @api.get("/kits/{challenge}")
    def show_kit(challenge: str) -> Kit:
        """What the starter kit's file is called, how long it is, and its SHA-256."""
        return there(challenge)[1]


def kit_in_words(event: Event, challenge: str) -> str:
    """Return how large a challenge's kit is, and its SHA-256."""
    path = kit_file(event, challenge)
    try:
        kit = _kit(path, challenge)
    except FileNotFoundError:
        return "not built yet: it is when somebody first asks for it"
    return f"{megabytes(kit.bytes)}, SHA-256 {kit.sha256}"


def with_curl(address: str, challenge: str) -> str:
    """Return what one types to get a kit; what broke off goes on where it ended.

    Examples
    --------
    >>> with_curl("https://hep.example.org", "higgs")
    'curl -fLC - -o higgs-kit.zip https://hep.example.org/api/v1/kits/higgs.zip && unzip -q higgs-kit.zip'
    """
    file = _file_name(challenge)
    return f"curl -fLC - -o {file} {quote(f'{address}/api/v1/kits/{challenge}.zip')} && unzip -q {file}"


def _file_name(challenge: str) -> str:
    return f"{challenge}-kit.zip"


def _kit(path: Path, challenge: str) -> Kit:
    stat = path.stat()
    return Kit(
        challenge=challenge, file=_file_name(challenge), bytes=stat.st_size, sha256=_sha256(path, stat.st_mtime_ns)
    )


@lru_cache(maxsize=32)
def _sha256(path: Path, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
