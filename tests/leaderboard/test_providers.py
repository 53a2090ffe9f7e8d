"""What an identity provider says is checked: who signed it, for whom, for which sign-in, and until when."""

import base64
import json
import sys
import time
from urllib.parse import parse_qs

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from leaderboard.config import Provider
from leaderboard.event import Event, EventError
from leaderboard.people import providers as providing
from leaderboard.people.providers import Client, Identity

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


@pytest.mark.parametrize(
    ("secret", "about", "authorization", "told"),
    [
        ("CAMPUS_SECRET", {}, "Basic " + base64.b64encode(b"physathon:p%3Aw").decode(), {}),
        (
            "CAMPUS_SECRET",
            {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
            None,
            {"client_id": ["physathon"], "client_secret": ["p:w"]},
        ),
        (None, {}, None, {"client_id": ["physathon"]}),
    ],
)
def test_a_client_proves_itself_as_the_provider_wants(monkeypatch, secret, about, authorization, told):
    monkeypatch.setenv("CAMPUS_SECRET", "p:w")
    found, sent = client_of(signed(), **about), []
    found.provider = found.provider.model_copy(update={"secret": secret})
    ask = found._ask

    def note(method, place, **options):
        if method == "POST":
            sent.append(requests.Request("POST", place, **options).prepare())
        return ask(method, place)

    found._ask = note
    found.identity({"code": "c"}, "r", "n", "v")
    (request,) = sent
    always = {"grant_type": ["authorization_code"], "code": ["c"], "redirect_uri": ["r"], "code_verifier": ["v"]}
    assert (request.headers.get("Authorization"), parse_qs(request.body)) == (authorization, always | told)


def test_what_is_missing_is_said_before_anything_is_served(tmp_path, monkeypatch):
    auth = {"name": "ORCID", "issuer": "https://orcid.org", "client_id": "x", "secret": "ORCID_SECRET"}
    event = Event.create(tmp_path / "event", name="x", challenges=["higgs"], auth=[auth])
    monkeypatch.delenv("ORCID_SECRET", raising=False)
    with pytest.raises(EventError, match="client secret of ORCID is not there: put it into the variable ORCID_SECRET"):
        providing.check_ready(event)
    monkeypatch.setenv("ORCID_SECRET", "x")
    providing.check_ready(event)
    monkeypatch.setitem(sys.modules, "joserfc", None)
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
