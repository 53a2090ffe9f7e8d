"""What the forms of our own pages share: how they are read, where they came from, and the cookie that they end with."""

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from leaderboard.event import Event
from leaderboard.people import sessions
from leaderboard.serve import in_clear

MOST_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """Return what a form of ours says, whose length the guard saw to; none of ours, or one that broke off, is empty."""
    try:
        body = (await request.body()).decode("latin-1")
        return dict(parse_qsl(body, max_num_fields=MOST_FIELDS))
    except (ValueError, ClientDisconnect):
        return {}


def address_of(request: Request) -> str:
    """Return where a request came from, as far as the server knows."""
    return request.client.host if request.client else ""


def signed_in(event: Event, request: Request, value: str, place: str) -> RedirectResponse:
    """Return an answer that signs its browser in: no script sees the cookie, no other site makes a browser send it."""
    answer = RedirectResponse(place, 303)
    hand_cookie(event, request, answer, value)
    return answer


def hand_cookie(event: Event, request: Request, answer: Response, value: str) -> None:
    """Let an answer sign its browser in, as `signed_in` does."""
    name, age = sessions.cookie_name(event), int(sessions.LIFE.total_seconds())
    answer.set_cookie(name, value, age, secure=by_tls(event, request), httponly=True, samesite="strict")


def clear_note(event: Event, request: Request) -> str:
    """Return a sentence for who sends something that others in the network can read, in HTML; else nothing."""
    told = (
        '<p class="bad">This page comes without encryption (http): others in this network can read what you send.</p>'
    )
    return told if in_clear(str(request.base_url)) and not by_tls(event, request) else ""


def by_tls(event: Event, request: Request) -> bool:
    """Return whether the browser came by TLS, which may end at a proxy that says nothing of it."""
    return request.url.scheme == "https" or event.config.public_url == f"https://{request.url.netloc}"
