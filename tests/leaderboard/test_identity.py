"""One signs in by an identity provider, a process of its own; whatever is wrong with a return is refused by name."""

import base64
import hashlib
import json
import time
from urllib.parse import parse_qs, urlsplit

import itsdangerous
import pytest
import requests
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from leaderboard.event import Event
from leaderboard.people import codes, members, sessions
from leaderboard.people import providers as providing
from leaderboard.people.joining import Person, form_team
from leaderboard.people.members import MemberError
from leaderboard.people.providers import Identity
from leaderboard.site.guard import Guarded
from leaderboard.site.plain import identity, join, notice
from leaderboard.store.database import open_store
from leaderboard.store.tables import AuditEntry, Member

JOIN = {"go": "1", "team": "Muon Collective", "agrees": "1"}


class Place:
    """An event that trusts a provider, and browsers that come to it."""

    def __init__(self, folder, issuer) -> None:
        auth = [{"name": "Campus & Co", "issuer": issuer, "client_id": "physathon", "secret": "CAMPUS_SECRET"}]
        self.event = Event.create(folder, name="toy", challenges=["higgs"], auth=auth)
        self.store = open_store(self.event)
        self.desk = identity.desk_of(self.event.folder)

    def browser(self) -> TestClient:
        routes = identity.routes(self.event, self.store, loopback=True, home="/submit")
        routes += join.routes(self.event, self.store) + notice.routes(self.event, self.store, loopback=True)
        return TestClient(Guarded(Starlette(routes=routes), self.event), follow_redirects=False)

    def code(self, kind="team", **options) -> str:
        with self.store.write() as session:
            return codes.issue_code(session, kind, life=None, **options)

    def member(self, name="Ada", **person) -> Member:
        code = self.code()
        with self.store.write() as session:
            return form_team(session, self.event, code, f"Team of {name}", "", Person(name, agrees=True, **person))

    def sign_in(self, client, member) -> None:
        with self.store.write() as session:
            value = sessions.open_session(session, member=session.get_one(Member, member.id))
        put(client, sessions.cookie_name(self.event), value)

    def signed_in(self, client) -> Member | None:
        with self.store.read() as session:
            value = client.cookies.get(sessions.cookie_name(self.event))
            return sessions.visitor(session, value, loopback=True).member

    def login(self, client) -> dict:
        return self.desk.open("login", client.cookies[self.cookie], 600)

    @property
    def cookie(self) -> str:
        return f"{sessions.cookie_name(self.event)}-login"


@pytest.fixture
def place(tmp_path, provider, monkeypatch):
    monkeypatch.setenv("CAMPUS_SECRET", "of no consequence")
    found = Place(tmp_path / "event", provider)
    yield found
    found.store.close()


def put(client, name: str, value: str) -> None:
    """Let a browser have one cookie alone."""
    client.cookies.clear()
    client.cookies.set(name, value)


def to_provider(client, *, link=False) -> str:
    begun = client.get("/auth", params={"provider": "Campus & Co"} | ({"link": "1"} if link else {}))
    assert begun.status_code == 303, begun.text
    return begun.headers["location"]


def from_provider(address: str, **form: str) -> str:
    """Say at the provider who one is; return where it sends the browser."""
    answer = requests.post(address, data=form or {"sub": "ada"}, allow_redirects=False, timeout=20)
    assert answer.status_code == 302, answer.text
    place = urlsplit(answer.headers["Location"])
    assert (place.netloc, place.path) == ("testserver", "/auth/return")
    return f"{place.path}?{place.query}"


def goes(client, sub="ada", *, link=False):
    return client.get(from_provider(to_provider(client, link=link), sub=sub))


def test_who_is_verified_joins_by_a_code_once_and_signs_in_from_then_on(place):
    client, code = place.browser(), place.code()
    came = goes(client)
    assert (came.status_code, 'location.replace("/join")' in came.text) == (200, True)
    assert place.signed_in(client) is None
    asked = client.post("/join", data={"code": code})
    assert 'value="Ada Lovelace"' in asked.text
    assert client.post("/join", data=JOIN | {"code": code, "name": "Ada"}).status_code == 303
    ada = place.signed_in(client)
    assert ada.subject.endswith("|ada")
    assert not any("verified" in name for name in client.cookies)
    other = place.browser()
    came = goes(other)
    assert (came.status_code, 'location.replace("/submit")' in came.text) == (200, True)
    assert place.signed_in(other).id == ada.id
    with place.store.read() as session:
        entries = [(entry.action, entry.details) for entry in session.query(AuditEntry)]
    assert ("identity linked", {"member": ada.id}) in entries
    assert "|ada" not in json.dumps(entries)
    assert "Lovelace" not in json.dumps(entries)


def test_what_rides_along_is_bound_to_this_sign_in_and_to_this_browser(place):
    client = place.browser()
    begun = client.get("/auth", params={"provider": "Campus & Co"})
    (cookie,) = begun.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Max-Age=600"} <= set(cookie.split("; "))
    asked, login = parse_qs(urlsplit(begun.headers["location"]).query), place.login(client)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(login["verifier"].encode()).digest()).rstrip(b"=").decode()
    assert asked["code_challenge"] == [challenge]
    assert asked["code_challenge_method"] == ["S256"]
    assert (asked["state"], asked["nonce"]) == ([login["state"]], [login["nonce"]])
    assert len({login["state"], login["nonce"], login["verifier"]}) == 3
    member = place.member()
    with place.store.write() as session:
        providing.keep(session, session.get_one(Member, member.id), Identity(f"{issuer_of(place)}|ada"))
    came = client.get(from_provider(begun.headers["location"]))
    mine, gone = sorted(came.headers.get_list("set-cookie"), key=len, reverse=True)
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(mine.split("; "))
    assert "Max-Age=0" in gone
    assert "code=" not in came.text


def issuer_of(place) -> str:
    return place.event.first.auth[0].issuer


def test_a_member_who_is_signed_in_links_an_identity_and_only_when_asked(place):
    client, ada, bob = place.browser(), place.member("Ada"), place.member("Bob")
    place.sign_in(client, ada)
    own = client.get("/privacy").text
    assert "From now on sign in with Campus &amp; Co" in own
    assert "Who signs in by Campus &amp; Co is known by the number" in own
    goes(client, "bob")  # somebody else at the same computer
    place.sign_in(client, ada)
    assert goes(client, "ada", link=True).status_code == 200
    with place.store.read() as session:
        subjects = {one.id: one.subject for one in session.query(Member)}
    assert subjects == {ada.id: f"{issuer_of(place)}|ada", bob.id: None}
    place.sign_in(client, bob)
    refused = goes(client, "ada", link=True)
    assert (refused.status_code, providing.SubjectTaken.says in refused.text) == (403, True)
    assert place.signed_in(client).id == bob.id


def test_a_minor_links_no_orcid(place):
    minor = place.member("Ada", minor=True)
    with place.store.write() as session:
        member = session.get_one(Member, minor.id)
        with pytest.raises(MemberError, match="a minor gives no ORCID iD"):
            providing.keep(session, member, Identity("https://orcid.org|x", orcid="0000-0002-1825-0097"))
        providing.keep(session, member, Identity("https://campus.example|x"))
        for subject, kept in (("https://campus.example|x", True), ("https://orcid.org|0000-0002-1825-0097", False)):
            member.subject = subject
            members.change_member(session, member, "Ada", minor=True)
            assert (member.subject == subject) == kept


def other_state(place, client, back):
    return back.replace("state=", "state=x")


def other_browser(place, client, back):
    client.cookies.clear()
    return back


def forged(place, client, back):
    put(client, place.cookie, identity.Desk().seal("login", place.login(client)))
    return back


def other_purpose(place, client, back):
    put(client, place.cookie, place.desk.seal("verified", place.login(client)))
    return back


def replayed(place, client, back):
    login = client.cookies[place.cookie]
    assert client.get(back).status_code == 200
    put(client, place.cookie, login)
    return back


def other_nonce(place, client, back):
    put(client, place.cookie, place.desk.seal("login", place.login(client) | {"nonce": "x"}))
    return back


def other_issuer(place, client, back):
    return f"{back}&iss=https://evil.example"


def other_code(place, client, back):
    return back.replace("code=", "code=x")


def no_code(place, client, back):
    return back.replace("code=", "error=access_denied&x=")


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (other_state, identity.WrongState),
        (other_browser, identity.WrongState),
        (forged, identity.WrongState),
        (other_purpose, identity.WrongState),
        (replayed, identity.Replayed),
        (other_nonce, providing.WrongNonce),
        (other_issuer, providing.ForeignIssuer),
        (other_code, providing.ProviderRefused),
        (no_code, providing.ProviderRefused),
    ],
)
def test_a_return_that_is_not_right_signs_nobody_in(place, spoil, kind):
    client = place.browser()
    back = from_provider(to_provider(client))
    came = client.get(spoil(place, client, back))
    assert (came.status_code, kind.says.rstrip(".") in came.text) == (403, True)
    assert place.signed_in(client) is None
    assert "Sign in with Campus &amp; Co" in came.text


def test_a_return_after_ten_minutes_is_too_late(place, monkeypatch):
    client = place.browser()
    back, now = from_provider(to_provider(client)), time.time()
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _: int(now) + identity.BEGUN + 1)
    came = client.get(back)
    assert (came.status_code, identity.SignInOver.says.rstrip(".") in came.text) == (403, True)


def test_who_says_no_at_the_provider_or_asks_for_another_is_not_signed_in(place):
    client = place.browser()
    assert client.get("/auth?provider=Evil").status_code == 403
    came = client.get(from_provider(to_provider(client), action="deny"))
    assert came.status_code == 403


def test_one_goes_to_the_provider_from_where_it_comes_back_to(place, monkeypatch):
    named = place.event.config.model_copy(update={"public_url": "https://hack.example"})
    monkeypatch.setattr(Event, "config", named)
    assert to_provider(place.browser()) == "https://hack.example/auth?provider=Campus+%26+Co"
    client = TestClient(place.browser().app, base_url="https://hack.example", follow_redirects=False)
    asked = parse_qs(urlsplit(to_provider(client)).query)
    assert asked["redirect_uri"] == ["https://hack.example/auth/return"]


def test_without_providers_there_is_nothing_of_it(tmp_path):
    event = Event.create(tmp_path / "event", name="x", challenges=["higgs"])
    assert identity.links(event) == ""
    assert identity.routes(event, open_store(event), loopback=True, home="/") == []
