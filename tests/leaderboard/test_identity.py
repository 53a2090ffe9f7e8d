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
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette

from leaderboard.config import Provider
from leaderboard.event import Event, EventError
from leaderboard.intake import codes, members, sessions
from leaderboard.intake import providers as providing
from leaderboard.intake.joining import Person, form_team
from leaderboard.intake.members import MemberError
from leaderboard.intake.providers import Client, Identity
from leaderboard.site import identity, join, notice
from leaderboard.site.guard import Guarded
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


KEY = RSAKey.generate_key(2048, {"kid": "1"})
GOOD = {"iss": "https://campus.example", "aud": "physathon", "sub": "ada", "nonce": "n"}


def client_of(token: str = "", *, issuer: str = "https://campus.example", **about: object) -> Client:
    """Return the client of a provider that answers as it is told."""
    found = Client(Provider(name="Campus", issuer=issuer, client_id="physathon"))
    said = {"issuer": issuer} | {name: f"{issuer}/{name}" for name in ("token_endpoint", "jwks_uri")} | about
    answers = {"/openid-configuration": said, "/jwks_uri": {"keys": [{"kty": "odd"}, KEY.as_dict(private=False)]}}
    answers |= {"/token_endpoint": {"id_token": token}}
    found._ask = lambda method, place, **_: answers[place[place.rindex("/") :]]
    return found


def signed(*, key=KEY, algorithm="RS256", header=None, **claims: object) -> str:
    said = GOOD | {"exp": int(time.time()) + 86400} | claims
    head = {"alg": algorithm, "kid": "1"} | (header or {})
    return jwt.encode(head, {name: value for name, value in said.items() if value is not None}, key, [algorithm])


def unsigned() -> str:
    parts = ({"alg": "none"}, GOOD | {"exp": int(time.time()) + 86400})
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."


def test_a_signed_identity_for_us_is_read(monkeypatch):
    found = client_of(signed(name="Ada  Lovelace", aud=["physathon"])).identity({"code": "c"}, "r", "n", "v")
    assert found == Identity("https://campus.example|ada", "Ada Lovelace")
    token = signed(iss="https://orcid.org", sub="0000-0002-1825-0097", given_name="Ada", family_name="L.")
    orcid = client_of(token, issuer="https://orcid.org").identity({"code": "c"}, "r", "n", "v")
    assert orcid == Identity("https://orcid.org|0000-0002-1825-0097", "Ada L.", "0000-0002-1825-0097")


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (unsigned(), providing.WrongToken),
        (signed(key=RSAKey.generate_key(2048, {"kid": "1"})), providing.WrongToken),
        (signed(key=OctKey.import_key(KEY.as_dict(private=False)["n"]), algorithm="HS256"), providing.WrongToken),
        (signed(header={"kid": "2"}), providing.WrongToken),
        ("nonsense", providing.WrongToken),
        (signed(aud="other"), providing.WrongToken),
        (signed(aud=["physathon", "other"]), providing.WrongToken),
        (signed(azp="other"), providing.WrongToken),
        (signed(exp=int(time.time()) - 3600), providing.WrongToken),
        (signed(exp=None), providing.WrongToken),
        (signed(sub=None), providing.WrongToken),
        (signed(sub=7), providing.WrongToken),
        (signed(nonce="other"), providing.WrongNonce),
        (signed(nonce=None), providing.WrongNonce),
        (signed(iss="https://evil.example"), providing.ForeignIssuer),
    ],
    ids=range(15),
)
def test_an_identity_that_is_not_in_order_is_refused(token, kind):
    with pytest.raises(providing.IdentityRefused) as refused:
        client_of(token).identity({"code": "c"}, "r", "n", "v")
    assert type(refused.value) is kind


def test_a_provider_that_is_not_what_it_says_is_refused():
    with pytest.raises(providing.ForeignIssuer):
        client_of(signed(), **{"issuer": "https://campus.example"}).identity({"code": "c", "iss": "x"}, "r", "n", "v")
    wrong = client_of(signed())
    wrong._ask = lambda *_, **__: {"issuer": "https://evil.example"}
    with pytest.raises(providing.ForeignIssuer):
        wrong.address("r", "s", "n", "v")
    must = client_of(signed(), authorization_response_iss_parameter_supported=True)
    with pytest.raises(providing.ForeignIssuer):
        must.identity({"code": "c"}, "r", "n", "v")
    clear = client_of(signed(), token_endpoint="http://campus.example/token")
    with pytest.raises(providing.ProviderUnreachable):
        clear.identity({"code": "c"}, "r", "n", "v")
    nobody = Client(Provider(name="x", issuer="http://127.0.0.1:9", client_id="x"))
    with pytest.raises(providing.ProviderUnreachable):
        nobody.address("r", "s", "n", "v")


def test_only_scopes_that_a_provider_has_are_asked_for():
    asked = client_of(authorization_endpoint="https://campus.example/a", scopes_supported=["openid"])
    assert "scope=openid&" in asked.address("r", "s", "n", "v")


def test_a_client_with_a_secret_proves_itself_as_the_provider_wants(monkeypatch):
    monkeypatch.setenv("CAMPUS_SECRET", "p:w")
    sent = []
    for methods in (None, ["client_secret_post"]):
        found = client_of(signed(), **({"token_endpoint_auth_methods_supported": methods} if methods else {}))
        found.provider = found.provider.model_copy(update={"secret": "CAMPUS_SECRET"})
        ask = found._ask

        def note(method, place, *, ask=ask, **options):
            if method == "POST":
                request = requests.Request("POST", place, **options).prepare()
                sent.append((request.headers.get("Authorization"), parse_qs(request.body)))
            return ask(method, place)

        found._ask = note
        found.identity({"code": "c"}, "r", "n", "v")
    (basic, first), (none, second) = sent
    assert basic == "Basic " + base64.b64encode(b"physathon:p%3Aw").decode()
    assert "client_secret" not in first
    assert (none, second["client_secret"], second["client_id"]) == (None, ["p:w"], ["physathon"])
    assert first["code_verifier"] == second["code_verifier"] == ["v"]


def test_what_is_missing_is_said_before_anything_is_served(tmp_path, monkeypatch):
    auth = {"name": "ORCID", "issuer": "https://orcid.org", "client_id": "x", "secret": "ORCID_SECRET"}
    event = Event.create(tmp_path / "event", name="x", challenges=["higgs"], auth=[auth])
    monkeypatch.delenv("ORCID_SECRET", raising=False)
    with pytest.raises(EventError, match="client secret of ORCID is not there: put it into the variable ORCID_SECRET"):
        providing.check_ready(event)
    monkeypatch.setenv("ORCID_SECRET", "x")
    providing.check_ready(event)
    monkeypatch.setitem(__import__("sys").modules, "joserfc", None)
    with pytest.raises(EventError, match=r"pip install 'physathon\[auth\]'"):
        providing.check_ready(event)


@pytest.mark.parametrize(
    ("auth", "says"),
    [
        ([{"issuer": "http://orcid.org"}], "issuer"),
        ([{"issuer": "https://orcid.org/ x"}], "issuer"),
        ([{"name": "a\nb"}], "name"),
        ([{"client_secret": "x"}], "client_secret"),
        ([{"scopes": ["profile"]}], "the scope openid"),
        ([{}, {}], "a name of its own"),
    ],
)
def test_a_provider_that_makes_no_sense_is_named(tmp_path, auth, says):
    good = {"name": "ORCID", "issuer": "https://orcid.org", "client_id": "x"}
    with pytest.raises(EventError, match=says):
        Event.create(tmp_path / "event", name="x", challenges=["higgs"], auth=[good | one for one in auth])


def test_without_providers_there_is_nothing_of_it(tmp_path):
    event = Event.create(tmp_path / "event", name="x", challenges=["higgs"])
    assert identity.links(event) == ""
    assert identity.routes(event, open_store(event), loopback=True, home="/") == []
