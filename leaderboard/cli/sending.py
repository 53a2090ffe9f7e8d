"""Ask a running event, as a team; whatever is wrong with the address, the way or the answer is a sentence."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from leaderboard.event import EventError
from leaderboard.people import talk
from leaderboard.people.teams import tidy
from leaderboard.serve import is_loopback

if TYPE_CHECKING:
    import requests

SECONDS = 120
TOKEN = re.compile(r"[\w-]+", re.ASCII)


def name_of(file: Path) -> str:
    """Return a file's name as text, whatever bytes it is made of.

    >>> print(name_of(Path("caf\\udce9.csv")))
    caf�.csv
    """
    return file.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Refused(EventError):
    """What an event refuses, in its own words.

    Attributes
    ----------
    kind : str
        The name of the error, ``urn:physathon:sample-sent``.
    """

    def __init__(self, detail: str, kind: str) -> None:
        self.kind = kind
        super().__init__(detail)


def unread(address: str, token: str, authority: Path | None = None) -> dict[int, str]:
    """Return what was announced or answered to whoever has a token and was not read yet, by its number, oldest first.

    Raises
    ------
    EventError
        As `ask` does.
    """
    told = ask("GET", address, ["announcements"], token, "announcements", authority)["announcements"]
    return {one["id"]: talk.clean(one["text"]) for one in reversed(told) if one.get("unread")}


def mark_read(address: str, token: str, number: int, authority: Path | None = None) -> None:
    """Let an event know that everything up to a number has been read.

    Raises
    ------
    EventError
        As `ask` does.
    """
    ask("POST", address, ["announcements", number, "read"], token, "unread", authority)


def ask(
    method: Literal["GET", "POST", "PUT"],
    address: str,
    parts: Sequence[object],
    token: str,
    wanted: str,
    authority: Path | None = None,
    **what: Any,
) -> dict:
    """Ask a running event and return its answer.

    Parameters
    ----------
    method : str
    address : str
        Where the event is served, ``http://HOST:PORT``.
    parts : sequence
        Of the path below ``/api/v1``, as they are, not quoted.
    token : str
        The team's, with whatever came along when it was copied. It appears in no message.
    wanted : str
        A field that the answer has if it is the event's.
    authority : Path, optional
        The certificate of the one who vouches for the server, by default those whom this machine trusts.
    **what
        What is sent, as `requests.request` takes it: ``data``, ``json``, ``params``.

    Raises
    ------
    Refused
        With what the event refuses.
    EventError
        Saying what is wrong with the address or the token, that there was no answer, or that it is no event's.
    """
    import requests

    token = tidy(token)
    if not TOKEN.fullmatch(token):
        raise EventError("this is no token: one has letters, digits, _ and - alone; copy it again, as it was given")

    # As a header of its own a token would give way to whatever ~/.netrc knows of the host.
    def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    url = "/".join((_checked(address), "api/v1", *(quote(str(part), safe="") for part in parts)))
    try:
        answer = requests.request(
            method,
            url,
            **what,
            auth=signed,
            timeout=SECONDS,
            allow_redirects=False,
            verify=True if authority is None else str(authority),
            # A proxy that the environment names is for other machines.
            proxies={"http": "", "https": ""} if is_loopback(urlsplit(address).hostname or "") else None,
        )
    except requests.RequestException as error:
        raise EventError(f"no answer from {address}: {_why(error)}") from None  # which might name the token
    return _document(answer, address, wanted)


def _checked(address: str) -> str:
    """Return an address that can be asked, without a slash at its end."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
        good = good and address.isprintable() and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        good = False
    if not good:
        raise EventError(f"--url wants an address such as http://127.0.0.1:8501, got {address!r}")
    return address.rstrip("/")


def _why(error: Exception) -> str:
    """Say why there is no answer; what the libraries say is about their own parts, and some of it about the request."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return (
            "there is no TLS, or its certificate is not trusted here: perhaps the address begins with http://, or the "
            "venue has an authority of its own, whose certificate --ca names"
        )
    if isinstance(error, requests.Timeout):
        return f"none came within {SECONDS} s"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f"{cause.strerror}; is the event served there?"
        cause = cause.__context__
    return "the connection broke; is the event served there, and by http:// or by https://?"


def _document(answer: "requests.Response", address: str, wanted: str) -> dict:
    """Return what an event answered; anything else is not shown, for who knows what it repeats."""
    if answer.is_redirect:
        target = urlsplit(answer.headers["Location"])
        place = f"{target.scheme}://{target.netloc}" if target.netloc else "another page of its own"
        raise EventError(f"{address} leads on to {place}, where nothing was sent: name the right address by --url")
    try:
        document = answer.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
        if not answer.ok and problem and isinstance(document.get("detail"), str):
            raise Refused(document["detail"], str(document.get("type")))
        if answer.ok and wanted in document:
            return document
    try:
        status = f"{answer.status_code} ({HTTPStatus(answer.status_code).phrase})"
    except ValueError:
        status = str(answer.status_code)
    raise EventError(f"{address} answers {status}, and not as an event does: name the event's own address by --url")
