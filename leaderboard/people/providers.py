"""Who somebody is, as an identity provider says: OpenID Connect, by authorization code with PKCE.

What is asked and checked: https://openid.net/specs/openid-connect-core-1_0.html and RFC 7636. Signatures are joserfc's.
"""

import base64
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.config import Provider
from leaderboard.event import Event, EventError
from leaderboard.people.members import LONGEST, ORCID_ISSUERS, MemberError, read_orcid
from leaderboard.store.queries import audit
from leaderboard.store.tables import Member

if TYPE_CHECKING:
    import requests
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""How an identity may be signed: with a key whose other half the provider publishes. Never ``none``, never a secret."""

SECONDS = 10
FRESH = 3600.0
"""Seconds for which what a provider says of itself is taken to hold."""

SOONEST = 60.0
"""Seconds between two looks at a provider's keys, if one is named that was not there."""

LEEWAY = 60
"""Seconds that two clocks may differ by."""


class IdentityRefused(PermissionError):
    """A return from an identity provider that signs nobody in."""

    says = "This did not sign you in: try again."


class ProviderUnreachable(IdentityRefused):
    """An identity provider that does not answer, or not as one does."""

    says = "The identity provider does not answer as it should: try again, or come in by a code."


class ProviderRefused(IdentityRefused):
    """An identity provider that says no, or a person who did."""

    says = "The identity provider did not sign you in."


class ForeignIssuer(IdentityRefused):
    """An identity, or a provider's description, that another issuer gave."""

    says = "The answer came from another identity provider than the one that was asked."


class WrongNonce(IdentityRefused):
    """An identity that was given for another sign-in."""

    says = "This identity was given for another sign-in: try again."


class WrongToken(IdentityRefused):
    """An identity that is unsigned, badly signed, for somebody else, or over."""

    says = "The identity that came is not in order: it is unsigned, for another site, or over."


class SubjectTaken(IdentityRefused):
    """An identity that is another member's."""

    says = "This identity belongs to another member of this event."


@dataclass(frozen=True)
class Identity:
    """Who a provider says somebody is.

    Attributes
    ----------
    subject : str
        The issuer and its own name of the person, which never changes: what is kept.
    name : str
        What the person is called, to begin a form with; may be empty.
    orcid : str
        The verified ORCID iD, where ORCID is the provider; else empty.
    """

    subject: str
    name: str = ""
    orcid: str = ""


def providers(event: Event) -> dict[str, Provider]:
    """Return whom an event trusts to say who somebody is, by name."""
    return {one.name: one for one in event.first.auth}


def check_ready(event: Event) -> None:
    """Raise EventError if an event names providers and something is missing to ask them."""
    if not event.first.auth:
        return
    try:
        import itsdangerous  # noqa: F401
        import joserfc  # noqa: F401
    except ImportError:
        raise EventError(
            "event.toml has [[auth]]: install the extra that it needs, pip install 'physathon[auth]'"
        ) from None
    for one in event.first.auth:
        if one.secret and not os.environ.get(one.secret):
            raise EventError(f"the client secret of {one.name} is not there: put it into the variable {one.secret}")


def member_of(session: Session, identity: Identity) -> Member | None:
    """Return the member whom an identity belongs to, if it is one's."""
    return session.scalar(select(Member).where(Member.subject == identity.subject))


def keep(session: Session, member: Member, identity: Identity) -> None:
    """Let a member sign in by an identity from now on.

    Raises
    ------
    SubjectTaken
        If another member does.
    MemberError
        If it is an ORCID iD, and the member's is not to be kept.
    """
    known = member_of(session, identity)
    if known is not None and known.id != member.id:
        raise SubjectTaken(SubjectTaken.says)
    if identity.orcid and member.minor:
        raise MemberError("a minor gives no ORCID iD here, and so signs in by a code or by another provider")
    member.subject = identity.subject
    audit(session, "identity linked", member=member.id)


class Client:
    """What this event is to one provider.

    Parameters
    ----------
    provider : Provider
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, provider: Provider, clock: Callable[[], float] = time.time) -> None:
        self.provider, self.clock = provider, clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser is sent to be asked who sits there."""
        about = self._metadata()
        supported = about.get("scopes_supported") or self.provider.scopes
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(one for one in self.provider.scopes if one in supported),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._endpoint('authorization_endpoint')}?{urlencode(query)}"

    def identity(self, answer: Mapping[str, str], redirect: str, nonce: str, verifier: str) -> Identity:
        """Return who came back.

        Parameters
        ----------
        answer : mapping
            What the provider sent along with the browser.
        redirect, nonce, verifier : str
            Of the sign-in that this browser began.

        Raises
        ------
        IdentityRefused
            By the name of what is wrong.
        """
        about = self._metadata()
        must = about.get("authorization_response_iss_parameter_supported")
        if answer.get("iss", about["issuer"] if not must else None) != self.provider.issuer:
            raise ForeignIssuer
        if not answer.get("code"):
            raise ProviderRefused
        claims = self._claims(self._exchange(answer["code"], redirect, verifier))
        if claims.get("iss") != self.provider.issuer:
            raise ForeignIssuer
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise WrongNonce
        self._must_be_for_us(claims)
        return self._read(claims)

    def _exchange(self, code: str, redirect: str, verifier: str) -> str:
        """Return the signed identity that a code is good for, once."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        client, secret = self.provider.client_id, os.environ.get(self.provider.secret or "", "")
        methods = self._metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = secret and "client_secret_basic" in methods
        if not basic:
            form |= {"client_id": client} | ({"client_secret": secret} if secret else {})

        # By itself requests would take what ~/.netrc knows of the host.
        def signed(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
            if basic:
                pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
                request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
            return request

        answer = self._ask("POST", self._endpoint("token_endpoint"), data=form, auth=signed)
        if not isinstance(answer.get("id_token"), str):
            raise ProviderRefused
        return answer["id_token"]

    def _claims(self, token: str) -> dict[str, Any]:
        """Return what a signed identity says."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        try:
            try:
                return jwt.decode(token, self._keys(), ALGORITHMS).claims
            except InvalidKeyIdError:
                return jwt.decode(token, self._keys(fresh=SOONEST), ALGORITHMS).claims
        except (JoseError, ValueError):
            raise WrongToken from None  # what is wrong with it may say whose it is

    def _must_be_for_us(self, claims: dict[str, Any]) -> None:
        from joserfc.errors import JoseError
        from joserfc.jwt import JWTClaimsRegistry

        here = {"essential": True, "value": self.provider.client_id}
        wanted = JWTClaimsRegistry(
            int(self.clock()), LEEWAY, aud=here, exp={"essential": True}, sub={"essential": True}
        )
        several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
        try:
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError):
            raise WrongToken from None
        if claims.get("azp", None if several else self.provider.client_id) != self.provider.client_id:
            raise WrongToken

    def _read(self, claims: dict[str, Any]) -> Identity:
        subject = claims["sub"]
        if not (isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isprintable()):
            raise WrongToken
        names = [claims.get("name")] if claims.get("name") else [claims.get("given_name"), claims.get("family_name")]
        name = " ".join(" ".join(one for one in names if isinstance(one, str)).split())
        orcid = ""
        if self.provider.issuer in ORCID_ISSUERS:
            try:
                orcid = read_orcid(subject)
            except MemberError:
                raise WrongToken from None
        return Identity(f"{self.provider.issuer}|{subject}", name[:LONGEST] if name.isprintable() else "", orcid)

    def _metadata(self) -> dict[str, Any]:
        place = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        about = self._cached("metadata", FRESH, lambda: self._ask("GET", place))
        if about.get("issuer") != self.provider.issuer:
            raise ForeignIssuer
        return about

    def _keys(self, *, fresh: float = FRESH) -> "KeySet":
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet, import_key

        def read() -> KeySet:
            keys = []
            for one in self._ask("GET", self._endpoint("jwks_uri")).get("keys") or []:
                try:
                    keys.append(import_key(one))
                except (JoseError, ValueError, TypeError):
                    continue  # of a kind that is not used here
            return KeySet(keys)

        return self._cached("keys", fresh, read)

    def _endpoint(self, name: str) -> str:
        place = self._metadata().get(name)
        secure = "https://" if self.provider.issuer.startswith("https://") else ("http://", "https://")
        if not (isinstance(place, str) and place.startswith(secure)):
            raise ProviderUnreachable
        return place

    def _cached(self, what: str, fresh: float, read: Callable[[], Any]) -> Any:
        with self._lock:
            known = self._kept.get(what)
        if known is None or not 0 <= self.clock() - known[0] < fresh:
            known = self.clock(), read()
            with self._lock:
                self._kept[what] = known
        return known[1]

    def _ask(self, method: str, place: str, **options: Any) -> dict[str, Any]:
        import requests

        try:
            answer = requests.request(method, place, timeout=SECONDS, allow_redirects=False, **options)
            document = answer.json()
        except (requests.RequestException, ValueError):
            raise ProviderUnreachable from None  # which might name the code
        if method == "POST" and 400 <= answer.status_code < 500:
            raise ProviderRefused
        if answer.status_code != 200 or not isinstance(document, dict):
            raise ProviderUnreachable
        return document
