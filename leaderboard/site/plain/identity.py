"""Signing in by an identity provider: what rides along in the browser, and what becomes of who comes back.

The provider sends the browser back from another site, so no Strict cookie comes along: the sign-in that was begun waits
in a Lax one of ten minutes. The answer is a page that goes on by itself, and what that asks for comes from this site.
"""

import hmac
import json
import secrets
import threading
import time
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from anyio import CapacityLimiter, to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leaderboard.event import Event
from leaderboard.people import sessions
from leaderboard.people.members import MemberError
from leaderboard.people.providers import (
    Client,
    Identity,
    IdentityRefused,
    ProviderRefused,
    ProviderUnreachable,
    keep,
    member_of,
    providers,
)
from leaderboard.site import problems
from leaderboard.site.plain.forms import address_of, by_tls, hand_cookie
from leaderboard.site.plain.sheet import bad, sheet
from leaderboard.site.rates import TooManyRequests, rates_of
from leaderboard.store.database import Database
from leaderboard.store.tables import Member

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

BEGIN, BACK = "/auth", "/auth/return"
BEGUN, VERIFIED = 600, 1800
"""Seconds for which a sign-in may be under way, and within which who was verified joins a team."""

AT_A_TIME = 8
"""Threads that wait for providers."""


class WrongState(IdentityRefused):
    """A return that this browser did not begin."""

    says = "This sign-in was not begun in this browser, or more than ten minutes ago: begin it again."


class SignInOver(IdentityRefused):
    """A return that comes too late."""

    says = "This sign-in was begun more than ten minutes ago: begin it again."


class Replayed(IdentityRefused):
    """A return that came before."""

    says = "This sign-in has been used already: begin it again."


class Desk:
    """The sign-ins of one event that are under way: signed by a key of this process, each good for one return."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def seal(self, what: str, content: dict[str, Any]) -> str:
        """Return some content as the value of a cookie that nobody can change."""
        return self._signer(what).dumps(content)

    def open(self, what: str, value: str | None, life: int) -> dict[str, Any]:
        """Return the content of such a cookie.

        Raises
        ------
        WrongState, SignInOver
            If there is none or it is none of ours; if it is older than so many seconds.
        """
        from itsdangerous import BadData, SignatureExpired

        try:
            return self._signer(what).loads(value or "", max_age=life)
        except SignatureExpired:
            raise SignInOver from None
        except BadData:
            raise WrongState from None

    def use(self, state: str) -> None:
        """Use a sign-in, once, or raise Replayed."""
        with self._lock:
            now = time.monotonic()
            self._used = {known: until for known, until in self._used.items() if until > now}
            if state in self._used:
                raise Replayed
            self._used[state] = now + BEGUN + 1

    def _signer(self, what: str) -> "URLSafeTimedSerializer":
        from itsdangerous import URLSafeTimedSerializer

        return URLSafeTimedSerializer(self._key, salt=what)


@lru_cache(maxsize=8)
def desk_of(folder: Path) -> Desk:
    """Return the desk of the event in a folder: all its pages share it."""
    return Desk()


def links(event: Event, *, linking: bool = False) -> str:
    """Return what leads to the providers that an event trusts, in HTML; nothing where there are none.

    Whoever is ``linking`` is signed in as a member, and will sign in so from then on.
    """
    word, more = ("From now on sign in with", "&amp;link=1") if linking else ("Sign in with", "")
    found = "".join(
        f'<a class="door" href="{BEGIN}?provider={quote(name)}{more}">{word} {escape(name)}</a>'
        for name in providers(event)
    )
    return f'<div class="doors">{found}</div>' if found else ""


def verified(event: Event, request: Request) -> Identity | None:
    """Return who a provider says is at a browser that has joined no team yet."""
    value = request.cookies.get(_cookie(event, "verified"))
    if not value or not event.first.auth:
        return None
    try:
        return Identity(**desk_of(event.folder).open("verified", value, VERIFIED))
    except IdentityRefused:
        return None


def forget_verified(event: Event, answer: Response) -> None:
    """Let a browser forget who was verified, once that one has joined."""
    answer.delete_cookie(_cookie(event, "verified"))


def routes(event: Event, store: Database, *, loopback: bool, home: str) -> list[Route]:
    """Return how one is sent to a provider, and comes back.

    Parameters
    ----------
    event : Event
    store : Database
    loopback : bool
        As for `leaderboard.people.sessions.visitor`.
    home : str
        Where one goes on who is signed in.
    """
    desk, limiter, rates = desk_of(event.folder), CapacityLimiter(AT_A_TIME), rates_of(event.folder)

    @cache
    def client(name: str) -> Client:
        return Client(providers(event)[name])

    def begin(request: Request) -> Response:
        name = request.query_params.get("provider", "")
        if name not in providers(event):
            raise ProviderRefused
        address = (event.config.public_url or str(request.base_url)).rstrip("/")
        if urlsplit(address).netloc != request.url.netloc:  # where it comes back to, this browser must have its cookie
            return RedirectResponse(f"{address}{BEGIN}?{request.url.query}", 303)
        member = None
        if "link" in request.query_params:
            with store.read() as session:
                value = request.cookies.get(sessions.cookie_name(event))
                member = sessions.visitor(session, value, loopback=loopback).member
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        redirect = address + BACK
        answer = RedirectResponse(client(name).address(redirect, state, nonce, verifier), 303)
        begun = {"provider": name, "redirect": redirect, "state": state, "nonce": nonce, "verifier": verifier}
        begun |= {"member": member.id if member else None}
        _set(event, request, answer, "login", desk.seal("login", begun), BEGUN, "lax")
        return answer

    def come_back(request: Request) -> Response:
        said = request.query_params
        begun = desk.open("login", request.cookies.get(_cookie(event, "login")), BEGUN)
        if not hmac.compare_digest(said.get("state", "").encode(), begun["state"].encode()):
            raise WrongState
        desk.use(begun["state"])
        identity = client(begun["provider"]).identity(said, begun["redirect"], begun["nonce"], begun["verifier"])
        with store.write() as session:
            member = _member(session, identity, begun["member"])
            value = sessions.open_session(session, member=member) if member else None
        answer = _going_on(event, home if value else "/join")
        if value:
            hand_cookie(event, request, answer, value)
        else:
            _set(event, request, answer, "verified", desk.seal("verified", vars(identity)), VERIFIED, "strict")
        answer.delete_cookie(_cookie(event, "login"))
        return answer

    async def answer(request: Request) -> Response:
        act = begin if request.url.path == BEGIN else come_back
        try:
            return await to_thread.run_sync(act, request, limiter=limiter)
        except (IdentityRefused, MemberError) as error:
            says, status = getattr(error, "says", str(error)), problems.status_of(error)
            try:
                if not isinstance(error, ProviderUnreachable):
                    rates.wrong(address_of(request))
            except TooManyRequests as too_many:
                says, status = f"{too_many}.", problems.status_of(too_many)
        on = '<p>You can also <a href="/join">come in by a code</a>.</p>'
        return sheet(event, "Not signed in", bad(says.rstrip(".")) + links(event) + on, status=status)

    return [Route(BEGIN, answer), Route(BACK, answer)] if event.first.auth else []


def _member(session: Session, identity: Identity, linking: int | None) -> Member | None:
    """Return the member that an identity belongs to; who asked for it while signed in has it from now on."""
    member = session.get(Member, linking) if linking else None
    if member is None:
        return member_of(session, identity)
    keep(session, member, identity)
    return member


def _going_on(event: Event, place: str) -> Response:
    """Return a page that goes on by itself and leaves its own address, with what the provider sent along, behind."""
    body = f'<p>Signed in. <a href="{place}">Go on</a></p>'
    return sheet(event, "Signed in", body, script=f"location.replace({json.dumps(place)});")


def _cookie(event: Event, what: str) -> str:
    return f"{sessions.cookie_name(event)}-{what}"


def _set(event: Event, request: Request, answer: Response, what: str, value: str, life: int, site: Any) -> None:
    secure = by_tls(event, request)
    answer.set_cookie(_cookie(event, what), value, life, secure=secure, httponly=True, samesite=site)
