"""Each fault of an installation is found by its name, and nothing is changed by looking."""

import json
from collections.abc import Callable
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import make_url, text
from typer.testing import CliRunner

import leaderboard.store
from leaderboard import cli, confine, machine
from leaderboard.doctor import examine, files, here, way
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.health import Finding
from leaderboard.intake import receipts
from leaderboard.judge.vault import Vault
from leaderboard.store import settings
from leaderboard.store.database import Database, open_store
from leaderboard.store.migrating import upgrade
from leaderboard.tls.authority import issue

ROLES = Path(leaderboard.store.__file__).with_name("roles.sql")


@pytest.fixture
def event(tmp_path, monkeypatch) -> Event:
    """Return an event that is well."""
    for variable in ("PHYSATHON_VAULT", "PHYSATHON_VAULT_KEY", VAULT_DATABASE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(machine, "clock_is_kept", lambda: True)
    monkeypatch.setattr(machine, "memory", lambda: None)
    event = Event.create(tmp_path / "event", name="toy", challenges=["nmr"])
    Vault(event, create=True)
    receipts.make_key(event)
    open_store(event).close()
    return event


@pytest.fixture
def found(event) -> Callable[[str], list[Finding]]:
    """Return a function that looks, and tells what is not well of one thing."""

    def find(what: str) -> list[Finding]:
        return [one for one in examine(event.folder) if one.what == what and one.level != "good"]

    return find


def bad(findings: list[Finding]) -> Finding:
    (one,) = findings
    assert one.level == "act"
    assert one.to_do, "each has its remedy"
    return one


def files_of(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mode, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_an_installation_that_is_well_is_left_as_it_is(event):
    before = files_of(event.folder)
    findings = examine(event.folder)
    assert [one for one in findings if one.level == "act"] == []
    assert files_of(event.folder) == before
    assert {
        "python",
        "packages",
        "confinement",
        "permissions",
        "receipts",
        "vault",
        "tables",
        "tls",
        "address",
        "disk",
    } <= {one.what for one in findings}


def test_the_command_ends_with_1_if_something_must_be_done_and_says_it_to_programs(event):
    ask = ["doctor", "--json", "--event", str(event.folder)]
    assert CliRunner().invoke(cli.app, ask).exit_code == 0
    (event.folder / "receipts.key").chmod(0o644)
    told = CliRunner().invoke(cli.app, ask, env={"COLUMNS": "200"})
    assert told.exit_code == 1
    worst = [one for one in json.loads(told.output) if one["level"] == "act"]
    assert [(one["what"], one["to_do"].split()[:2]) for one in worst] == [("permissions", ["chmod", "0640"])]


def test_a_mistake_in_event_toml_is_told_and_the_machine_all_the_same(event):
    (event.folder / "event.toml").write_text("nam = 1\n")
    findings = examine(event.folder)
    assert findings[0].what == "python"
    assert (findings[-1].what, findings[-1].level) == ("event", "act")


def test_a_python_or_a_package_that_is_not_what_it_must_be(monkeypatch):
    assert [one.level for one in (*here.python(), *here.packages())] == ["good", "good"]
    with monkeypatch.context() as older:
        older.setattr(here.platform, "python_version", lambda: "3.9.2")
        assert "3.9.2, where >=3.11" in bad(list(here.python())).says
    other = "numpy>=99", "no-such-package", "pandas", 'never; extra == "test"'
    monkeypatch.setattr(here, "requires", lambda _: other)
    assert "no-such-package is missing; numpy" in bad(list(here.packages())).says
    monkeypatch.setattr(here, "requires", lambda _: ["pandas"])
    monkeypatch.setattr(here, "_pins", lambda: {"pandas": "1.0"})
    (watched,) = here.packages()
    assert (watched.level, "pandas" in watched.says) == ("watch", True)


def test_what_an_event_needs_besides_is_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(here, "_installed", lambda name: None)
    url = "postgresql://web@/event"
    event = Event.create(tmp_path / "event", name="toy", challenges=["quantum"], database_url=url)
    missing = bad(list(here.extras(event)))
    assert missing.says == "missing for this event: pythia8mc, psycopg"
    assert missing.to_do.endswith("'physathon[cluster,simulation]'")


def test_a_system_that_parts_nothing_is_told(monkeypatch):
    monkeypatch.setattr(confine, "version", lambda: 2)
    monkeypatch.setattr(here.os, "geteuid", lambda: 1000)
    (watched,) = here.confinement()
    assert (watched.level, "two users" in watched.to_do) == ("watch", True)


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    ("path", "mode"),
    [("event.sqlite", 0o604), ("submissions", 0o755), ("vault", 0o750), ("vault/key", 0o640), ("event.toml", 0o646)],
)
def test_what_others_may_enter_is_named_with_its_remedy(event, found, path, mode):
    event.submissions.mkdir(exist_ok=True)
    (event.folder / path).chmod(mode)
    (one,) = [one for one in found("permissions") if str(event.folder / path) in one.says]
    assert one.level == "act"
    command, right, where = one.to_do.split()
    (event.folder / where).chmod(int(right, 8))
    assert command == "chmod"
    assert not any(path in one.says for one in found("permissions"))


@pytest.mark.in_a_file
def test_a_password_that_everybody_can_read(event, found):
    settings = event.folder / "event.toml"
    settings.write_text(settings.read_text() + 'database_url = "postgresql://web:hush@127.0.0.1:1/event"\n')
    told = examine(event.folder)
    assert (
        "everybody here can read the database's password"
        in bad([one for one in told if one.what == "permissions"]).says
    )
    assert "hush" not in str(told)


def test_keys_that_are_missing_damaged_or_another_events(event, found, monkeypatch):
    key = event.vault / "key"
    key.write_text("not hexadecimal")
    assert "64 hexadecimal digits" in bad(found("vault")).says
    key.unlink()
    assert "64 hexadecimal digits" in bad(found("vault")).says
    monkeypatch.setenv("PHYSATHON_VAULT_KEY", "ab" * 32)
    assert found("vault") == []
    (event.vault / "event").write_text("0123456789abcdef")
    assert "another event's" in bad(found("vault")).says
    (event.folder / "receipts.key").unlink()
    assert "receipts.key is missing" in bad(found("receipts")).says


@pytest.mark.in_a_file
def test_tables_of_another_version_and_copies_of_an_earlier_one(event, found):
    file = event.folder / "event.sqlite"
    file.unlink()
    with closing(Database(event.database_url, "event")) as store, store.engine.begin() as connection:
        upgrade(connection, "event", "event_0011")
    file.chmod(0o600)
    assert bad(found("tables")).to_do == "physathon upgrade"
    with closing(open_store(event)) as store:
        assert found("tables") == []
        assert "event.sqlite-event_0011-" in found("copies")[0].says
        with store.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'event_9999'"))
    assert "later version event_9999" in bad(found("tables")).says


@pytest.mark.in_a_file
def test_a_database_that_is_damaged_or_out_of_reach(event, found):
    file = event.folder / "event.sqlite"
    file.unlink()
    file.mkdir(0o700)
    assert "cannot be read" in bad(found("tables")).says
    settings = event.folder / "event.toml"
    settings.write_text(settings.read_text() + 'database_url = "postgresql://web@127.0.0.1:1/event"\n')
    assert "is its server up" in bad(found("tables")).to_do


def test_a_bucket_that_does_not_answer(event, found, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setattr(files, "PATIENCE", 0.1)
    settings = event.folder / "event.toml"
    settings.write_text(settings.read_text() + 'files_url = "s3://hackathon/spring"\n')
    assert "s3://hackathon/spring: " in bad(found("bucket")).says


@pytest.mark.in_a_file
def test_a_web_that_may_enter_the_judges_schema(postgresql, tmp_path, monkeypatch):
    name = make_url(postgresql.new_database()).database
    for role in ("web", "judge"):
        postgresql.query(f"DROP ROLE IF EXISTS {role}_{name}; CREATE ROLE {role}_{name} LOGIN")
    postgresql.run_file(ROLES, name, web=f"web_{name}", judge=f"judge_{name}")
    monkeypatch.setenv(VAULT_DATABASE_VARIABLE, postgresql.url(name, f"judge_{name}"))
    url = postgresql.url(name, f"web_{name}")
    event = Event.create(tmp_path / "event", name="toy", challenges=["nmr"], database_url=url)
    Vault(event, create=True)
    receipts.make_key(event)
    open_store(event).close()

    def roles() -> set[str]:
        return {one.level for one in examine(event.folder) if one.what == "roles"}

    assert roles() == {"good"}
    postgresql.query(f"GRANT CREATE ON SCHEMA event TO web_{name}", name)
    assert roles() == {"watch"}
    postgresql.query(f"GRANT USAGE ON SCHEMA judge TO web_{name}", name)
    assert roles() == {"act"}
    monkeypatch.delenv(VAULT_DATABASE_VARIABLE)
    assert roles() == {"act"}, "on the web's side, too"


def test_certificates_that_expire_or_do_not_fit(event, found, monkeypatch):
    issue(event, days=40)
    assert found("tls") == []

    class Later(datetime):
        after = timedelta(days=30)

        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + cls.after

    monkeypatch.setattr(way, "datetime", Later)
    assert {one.level for one in found("tls")} == {"watch"}
    Later.after = timedelta(days=41)
    assert any(one.level == "act" and "expired" in one.says for one in found("tls"))
    (event.folder / "server.key").write_text("no key")
    assert "expected a key" in bad(found("tls")).says


@contextmanager
def answering(said: dict):
    """Serve what an address says of its event."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if said else 502)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_address_that_leads_nowhere_or_to_another_event(event, found):
    assert "it has no public_url" in found("address")[0].says

    def lead_to(url: str) -> list[Finding]:
        with closing(open_store(event)) as store, store.write() as session:
            settings.change(session, event, "public_url", url, who="test", reason="")
        return [one for one in found("address") if one.level == "act"]

    with answering({"key_sha256": receipts.fingerprint(event)}) as url:
        assert lead_to(url) == []
        assert "goes in clear" in found("address")[0].says
    assert "does not answer" in bad(lead_to(url)).says
    with answering({"key_sha256": "another"}) as url:
        assert "another event answers" in bad(lead_to(url)).says
    with answering({}) as url:
        assert "502" in bad(lead_to(url)).says
