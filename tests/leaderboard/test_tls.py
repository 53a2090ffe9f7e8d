"""A venue's own authority, what it may vouch for, and what is said before anything is served by TLS or without."""

import os
import ssl
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from streamlit.runtime.context import ContextProxy

from leaderboard.cli import doors
from leaderboard.cli.common import console, errors
from leaderboard.event import Event
from leaderboard.separation import Separation, separated
from leaderboard.serve import start_web
from leaderboard.site.plain import join
from leaderboard.site.plain.trust import CERTIFICATE, PAGE, trust_routes
from leaderboard.tls import authority, names
from leaderboard.tls.authority import issue, own_authority
from leaderboard.tls.pair import TlsError, checked_pair, fingerprint
from tests.leaderboard.tabs import all_text
from tests.leaderboard.test_client import RECEIPT, pauses, submit  # noqa: F401 - fixtures
from tests.leaderboard.test_serve import needs_landlock
from tests.support import free_port, physathon


@pytest.fixture
def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Return an event without data, on a machine with a name and an address in its network."""
    monkeypatch.setattr(names.socket, "gethostname", lambda: "Laptop.home.example")
    monkeypatch.setattr(authority, "own_addresses", lambda: ["192.168.7.5"])
    return Event.create(tmp_path / "event", name="<i>Venue</i>", challenges=["higgs"])


def trusts(event: Event, certificate: Path, key: Path, name: str) -> str:
    """Let a client that trusts the event's authority alone ask a server for a name; return what it holds against it."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    client_side = ssl.create_default_context(cafile=event.public / "authority.pem")
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(back, there, server_hostname=name)
    server = server_side.wrap_bio(there, back, server_side=True)
    try:
        for _ in range(3):
            for one in (client, server):
                with suppress(ssl.SSLWantReadError):
                    one.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    assert client.version() == "TLSv1.3"
    return ""


def write_pair(folder: Path, *, name: str | None = "hack.example", begins=-1, ends=1, signer=None) -> tuple[Path, Path]:
    """Write a certificate, valid between so many days from now, and its key; by default it signs itself."""
    key, moment = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    issuer, issuer_key = (signer[0].subject, signer[1]) if signer else (x509.Name([]), key)
    times = moment + timedelta(days=begins), moment + timedelta(days=ends)
    made = x509.CertificateBuilder(issuer, x509.Name([]), key.public_key(), x509.random_serial_number(), *times)
    if name:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
    if signer:
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        made = made.add_extension(by, critical=False)
    files = folder / "given.pem", folder / "given.key"
    files[0].write_bytes(made.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(authority.pem_of_key(key))
    return files


def test_who_trusts_the_authority_reaches_this_machine_by_its_names_and_addresses(event):
    pair = issue(event, ["Hack.Example."])
    assert pair.names == [
        "hack.example",
        "laptop.home.example",
        "laptop.local",
        "localhost",
        "192.168.7.5",
        "127.0.0.1",
    ]
    for name in pair.names:
        assert trusts(event, pair.certificate, pair.key, name) == "", name
    assert "Hostname mismatch" in trusts(event, pair.certificate, pair.key, "evil.example")
    assert pair.issued_by(own_authority(event))


@pytest.mark.parametrize("name", ["evil.example", "other.local", "hack.example.evil.org"])
def test_whoever_steals_the_authority_vouches_for_no_other_site(event, tmp_path, name):
    issue(event, ["hack.example"])
    key = serialization.load_pem_private_key((event.folder / "authority.key").read_bytes(), None)
    pair = checked_pair(*write_pair(tmp_path, name=name, signer=(own_authority(event), key)))
    assert pair.issued_by(own_authority(event))
    assert "permitted subtree violation" in trusts(event, pair.certificate, pair.key, name)


def test_keys_are_their_owners_alone_and_what_is_public_holds_none(event):
    issue(event)
    for name in ("authority.key", "server.key"):
        assert (event.folder / name).stat().st_mode & 0o777 == 0o600
    assert all(b"PRIVATE" not in path.read_bytes() for path in event.public.iterdir())


def test_an_authority_is_made_once_and_ends_after_the_close(event):
    first, trusted = issue(event), own_authority(event)
    again = issue(event, ["sub.laptop.local"], days=3)
    assert own_authority(event) == trusted
    assert again.leaf.serial_number != first.leaf.serial_number
    assert trusts(event, again.certificate, again.key, "sub.laptop.local") == ""
    assert timedelta(days=2) < again.ends_at - datetime.now(UTC) <= timedelta(days=3)
    assert trusted.not_valid_after_utc == (event.config.closes + authority.AFTER_CLOSE).replace(microsecond=0)
    assert first.ends_at == trusted.not_valid_after_utc


def test_a_name_that_the_authority_was_not_made_for_takes_another_authority(event, monkeypatch):
    issue(event)
    trusted = fingerprint(own_authority(event))
    with pytest.raises(TlsError, match=r"may not vouch for hack\.example: --anew"):
        issue(event, ["hack.example"])
    monkeypatch.setattr(authority, "own_addresses", lambda: ["10.0.0.9"])
    assert not {"10.0.0.9", "192.168.7.5"} & set(issue(event).names)
    assert {"10.0.0.9", "hack.example"} <= set(issue(event, ["hack.example"], anew=True).names)
    assert fingerprint(own_authority(event)) != trusted


@pytest.mark.parametrize("spoil", [lambda file: file.unlink(), lambda file: file.write_bytes(b"x")])
def test_an_authority_without_its_key_is_named(event, spoil):
    issue(event)
    spoil(event.folder / "authority.key")
    with pytest.raises(TlsError, match=r"authority\.key is gone or broken"):
        issue(event)


@pytest.mark.parametrize("name", ["", "*.example", "a b", "http://hack.example", "höck.example", "x" * 64])
def test_what_is_no_name_is_not_vouched_for(event, name):
    with pytest.raises(TlsError, match="expected a host's name or an address"):
        issue(event, [name])


def test_a_pair_that_cannot_be_served_is_refused_by_name(tmp_path):
    pem, key = write_pair(tmp_path)
    assert checked_pair(pem, key).names == ["hack.example"]
    with pytest.raises(TlsError, match=r"cannot read .*none\.pem: No such file"):
        checked_pair(tmp_path / "none.pem", key)
    with pytest.raises(TlsError, match="it holds a key, the certificate's file comes first"):
        checked_pair(key, pem)
    with pytest.raises(TlsError, match=r"expected a key in .*given\.pem"):
        checked_pair(pem, pem)
    other = tmp_path / "other.key"
    other.write_bytes(authority.pem_of_key(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(TlsError, match=r"other\.key is not the key of the certificate in .*given\.pem"):
        checked_pair(pem, other)
    locked = serialization.load_pem_private_key(key.read_bytes(), None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    key.write_bytes(locked)
    with pytest.raises(TlsError, match="is locked by a passphrase"):
        checked_pair(pem, key)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"begins": -2, "ends": -1}, "expired at 20"),
        ({"begins": 1, "ends": 2}, "is not valid before 20"),
        ({"name": None}, "is for no name or address"),
    ],
)
def test_a_certificate_that_no_browser_takes_is_not_served(tmp_path, how, says):
    with pytest.raises(TlsError, match=says):
        checked_pair(*write_pair(tmp_path, **how))


READER = """
import sys
from pathlib import Path
for what, file, mode in zip(("authority", "key", "lent", "change"), sys.argv[1:], ("rb", "rb", "rb", "ab")):
    try:
        with Path(file).open(mode): print(what)
    except OSError:
        pass
"""


@needs_landlock
def test_the_web_process_reads_the_key_it_is_lent_and_no_other(judge, capfd):
    issue(judge.event)
    with separated(judge.event) as found:
        lent = found.lend("server.key", judge.event.folder / "server.key")
        files = [judge.event.folder / "authority.key", judge.event.folder / "server.key", lent, lent]
        found.start([sys.executable, "-c", READER, *map(str, files)], dict(os.environ)).wait()
        assert lent.stat().st_mode & 0o777 == 0o600
    assert capfd.readouterr().out.split() == ["lent"]
    assert not lent.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_copy_is_lent_to_the_user_who_reads_it_and_to_nobody_else(event, tmp_path):
    issue(event)
    (folder := tmp_path / "lent").mkdir()
    lent = Separation(user="nobody", lent=str(folder)).lend("server.key", event.folder / "server.key")
    assert (lent.owner(), lent.stat().st_mode & 0o777) == ("nobody", 0o600)
    assert (folder.owner(), (event.folder / "server.key").owner()) == ("root", "root")


def test_the_server_is_started_with_the_files_that_were_checked(event, monkeypatch):
    started, pair = [], issue(event)
    monkeypatch.setattr("subprocess.Popen", lambda command, **_: started.extend(command))
    start_web(event, "127.0.0.1", free_port(), tls=pair)
    assert started[started.index("--ssl-certfile") + 1] == str(pair.certificate)
    assert started[started.index("--ssl-keyfile") + 1] == str(pair.key)


def test_the_page_of_trust_shows_what_to_compare_and_gives_the_certificate(event):
    client = TestClient(Starlette(routes=trust_routes(event, 8501)), base_url="http://192.168.7.5:8502")
    assert client.get(PAGE, follow_redirects=False).status_code == 303  # there is no authority yet
    issue(event)
    page, given = client.get(PAGE), client.get(CERTIFICATE)
    digits = fingerprint(x509.load_pem_x509_certificate(given.content))
    assert digits in page.text.replace("<br>", ":")
    assert "&lt;i&gt;Venue&lt;/i&gt;" in page.text
    assert 'href="https://192.168.7.5:8501/"' in page.text
    assert given.headers["content-type"] == "application/x-x509-ca-cert"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_organiser_reads_which_way_tokens_go(event):
    assert doors.warnings(event, "127.0.0.1", 8501, None, None) == []
    assert doors.warnings(event, "0.0.0.0", 8501, None, "127.0.0.1") == []
    (clear,) = doors.warnings(event, "0.0.0.0", 8501, None, None)
    assert "tokens, codes and files travel in clear" in clear
    pair = issue(event)
    assert doors.warnings(event, "127.0.0.1", 8501, pair, None) == []
    (unnamed,) = doors.warnings(event, "0.0.0.0", 8501, pair, None)
    assert unnamed.endswith("physathon set public_url https://laptop.local:8501")
    pair.key.chmod(0o644)
    assert f"can read {pair.key}" in doors.warnings(event, "127.0.0.1", 8501, pair, None)[0]


def test_a_foreign_name_is_served_once_the_event_goes_by_it(event, tmp_path):
    pair = checked_pair(*write_pair(tmp_path))
    pair.key.chmod(0o600)
    (says,) = doors.warnings(event, "0.0.0.0", 443, pair, None)
    assert says.endswith("physathon set public_url https://hack.example")
    named = Event.create(tmp_path / "named", name="x", challenges=["higgs"], public_url="https://hack.example")
    assert doors.warnings(named, "0.0.0.0", 443, pair, None) == []
    assert str(doors.announcement(named, "0.0.0.0", 443, pair)) == "serving x on https://hack.example"


def test_the_commands_say_what_to_do_next_and_what_to_compare(event):
    said = physathon("certificate", "--event", event.folder, "--for", "hack.example")
    digits = fingerprint(own_authority(event))
    assert f"--host 0.0.0.0 --tls {event.folder}/server.pem {event.folder}/server.key" in said
    assert digits in said
    pair = checked_pair(event.folder / "server.pem", event.folder / "server.key")
    alone = str(doors.announcement(event, "127.0.0.1", 8501, pair))
    assert "https://localhost:8501\n" in alone
    assert "http://localhost:8502/trust\n" in alone
    announced = str(doors.announcement(event, "0.0.0.0", 8501, pair))
    assert announced.startswith("serving <i>Venue</i> on https://laptop.local:8501\n")
    assert f":8502/trust\nSHA-256 fingerprint of its authority, to be compared: {digits}" in announced


def test_no_digits_of_a_fingerprint_become_a_picture(capsys):
    for say in (console, errors):
        say.print("7E:AB:01 :smile:", markup=False)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("7E:AB:01 :smile:\n", "7E:AB:01 :smile:\n")


@contextmanager
def tls_service(pair):
    """Yield the port of a server that takes every file, by TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(str(RECEIPT).replace("'", '"').encode())

        def log_message(self, *_) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_file_is_sent_by_tls_to_whom_the_venues_authority_vouches_for(event, submit, monkeypatch):  # noqa: F811
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    given = str(event.public / "authority.pem")
    with tls_service(issue(event)) as port:
        url = f"https://localhost:{port}"
        status, _, error = submit(url)
        assert (status, "--ca names the certificate" in error) == (1, True)
        assert submit(url, more=["--ca", given])[0] == 0
        monkeypatch.setenv("SSL_CERT_FILE", given)
        assert submit(url)[0] == 0
    status, _, error = submit(url, more=["--ca", str(event.folder / "event.toml")])
    assert (status, "expected a certificate in" in error) == (2, True)


def test_the_sign_in_form_warns_where_others_read_along(judge, page, monkeypatch):
    for address, warned in (("http://192.168.7.5:8501/submit", True), ("https://laptop.local:8501/submit", False)):
        monkeypatch.setattr(ContextProxy, "url", address)
        assert ("without encryption" in all_text(page(judge, "submit"))) == warned


def test_the_join_form_warns_too_unless_a_proxy_saw_to_it(judge, make_judge, tmp_path):
    behind = make_judge(tmp_path / "behind", public_url="https://hack.example")
    for one, address, warned in (
        (judge, "http://192.168.7.5:8501", True),
        (judge, "https://laptop.local:8501", False),
        (judge, "http://localhost:8501", False),
        (behind, "http://hack.example", False),
    ):
        client = TestClient(Starlette(routes=join.routes(one.event, one.store)), base_url=address)
        assert ("without encryption" in client.get("/join").text) == warned
