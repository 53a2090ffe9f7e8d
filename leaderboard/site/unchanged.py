"""Answers have names, ETags: who has one already, and says so by If-None-Match, is not sent it again."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

ALSO_UNCHANGED = ("ETag", "Cache-Control", "Link")
"""Headers that are said even where the answer is not."""

ASKED_BY = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of an answer that one has: 304 if it would be the same.",
}


class NamedRoute(APIRoute):
    """A route whose answers to GET, where they are kept at all, are named by what is in them."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "GET" in (options.get("methods") or ()):
            options["responses"] = {304: {"description": "If-None-Match names it"}} | (options.get("responses") or {})
            extra = options.get("openapi_extra") or {}
            options["openapi_extra"] = extra | {"parameters": [*extra.get("parameters", ()), ASKED_BY]}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def named(request: Request) -> Response:
            return await _named(request, answer)

        return named


async def _named(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    content = getattr(response, "body", None)  # None of what is read from a file as it is sent
    unkept = "no-store" in response.headers.get("Cache-Control", "")
    if request.method != "GET" or response.status_code != 200 or content is None or unkept:
        return response
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if "ETag" not in response.headers:
        response.headers["ETag"] = name_of(bytes(content))
    if not is_known(response.headers["ETag"], request.headers.get("If-None-Match", "")):
        return response
    kept = {name: response.headers[name] for name in ALSO_UNCHANGED if name in response.headers}
    return Response(None, 304, kept)


def name_of(content: bytes) -> str:
    """Return the ETag of an answer."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(name: str, known: str) -> bool:
    """Return whether a header If-None-Match names an answer.

    Examples
    --------
    >>> [is_known('"a"', known) for known in ('"a"', 'W/"a"', '"b", "a"', "*", "", '"ab"')]
    [True, True, True, True, False, False]
    """
    return known.strip() == "*" or name in (one.strip().removeprefix("W/") for one in known.split(","))
