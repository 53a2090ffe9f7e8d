"""The database: whether it can be reached, at which version it is, and who reads what in it."""

import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url

from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.health import AHEAD, Finding, in_words, look
from leaderboard.store.database import WEB_PATIENCE, Database
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import now
from leaderboard.store.settings import followed
from leaderboard.store.versions import newest_version, stands_at

GATE = "the judge's schema"


def examine(event: Event) -> Iterator[Finding]:
    """Yield what is wrong with the event's tables, and the judge's where this machine knows them."""
    file = event.database_file()
    if file is None or file.exists():
        yield from _of("tables", event.database_url, "event", event)
    else:
        yield Finding("tables", "good", f"none yet: {file} is made at the first use")
    judges = event.vault / "judge.sqlite"
    if VAULT_DATABASE_VARIABLE in os.environ:
        yield from _of("judge's tables", os.environ[VAULT_DATABASE_VARIABLE], "judge", event)
    elif os.access(judges, os.R_OK):
        yield from _of("judge's tables", f"sqlite:///{judges}", "judge", event)


@contextmanager
def followed_by(event: Event) -> Generator[Database | None]:
    """Yield the event's tables, whose settings it follows meanwhile; None where they cannot be read as they are."""
    file = event.database_file()
    if file is not None and not file.exists():
        yield None
        return
    with closing(Database(event.database_url, "event", WEB_PATIENCE)) as store:
        try:
            with store.readers.connect() as connection:
                readable = stands_at(connection) == newest_version("event")
        except StoreFault:
            readable = False
        if readable:
            event.follow(followed(store.read))
        yield store if readable else None


def as_they_say(store: Database, event: Event) -> Iterator[Finding]:
    """Yield how the event is now, as `physathon status` does."""
    with store.read() as session:
        yield from look(session, event)


def _of(what: str, url: str, tables: str, event: Event) -> Iterator[Finding]:
    place = make_url(url).render_as_string(hide_password=True)
    with closing(Database(url, tables, WEB_PATIENCE)) as store:
        try:
            with store.readers.connect() as connection:
                yield _version(what, place, stands_at(connection), newest_version(tables))
                if connection.dialect.name == "postgresql":
                    yield from _server(connection, event)
        except StoreFault as error:
            to_do = "is its server up, and does this user reach it? psql says more, with the same address"
            to_do = to_do if "postgresql" in url else f"look at the disk, and who owns {Path(place).name}"
            yield Finding(what, "act", f"{place} cannot be read: {error.why}", to_do)


def _version(what: str, place: str, stands: str | None, newest: str) -> Finding:
    if stands is None:
        return Finding(what, "good", f"{place} is empty: tables are made at the first use")
    if stands > newest:
        to_do = "install the version that wrote them, or put the copy of before back: docs/event.md"
        return Finding(what, "act", f"{place} is of the later version {stands}; this program knows {newest}", to_do)
    if stands < newest:
        return Finding(what, "act", f"{place} is of version {stands}, this program needs {newest}", "physathon upgrade")
    return Finding(what, "good", f"{place}, version {stands}")


def _server(connection: Connection, event: Event) -> Iterator[Finding]:
    """Yield whether the web's role is kept from the judge's schema, and whether the server's clock is ours."""
    apart = (connection.scalar(text("SELECT clock_timestamp()")) or now()) - now()
    if abs(apart) > AHEAD:
        says = f"the database's machine and this one disagree by {in_words(abs(apart))}"
        yield Finding("clock", "act", says, "set both machines by the same time service (NTP)")
    web = make_url(event.first.database_url or "").username or connection.scalar(text("SELECT current_user"))
    if not inspect(connection).has_schema("judge"):
        yield Finding("roles", "good", "the judge's tables are not in this database")
        return
    rights = text("SELECT has_schema_privilege(:web, 'judge', 'USAGE'), has_schema_privilege(:web, 'event', 'CREATE')")
    enters, makes = connection.execute(rights, {"web": web}).one()
    if enters:
        to_do = "a role of its own for the web, without rights there: leaderboard/store/roles.sql"
        yield Finding("roles", "act", f"the web's role {web} may enter {GATE}: it can read raw scores", to_do)
    elif makes:
        to_do = f"REVOKE CREATE ON SCHEMA event FROM {web}"
        yield Finding("roles", "watch", f"the web's role {web} may make tables of its own", to_do)
    else:
        yield Finding("roles", "good", f"the web's role {web} may not enter {GATE}")
