"""What an event of 10,000 teams, 100 files each, asks of its database: how long that takes, and by which plans."""

import argparse
import os
import platform
import re
import sqlite3
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event

from benchmarks._event import TRACK, SmallEvent, small_event
from benchmarks._filled import fill
from leaderboard import health
from leaderboard.board import history
from leaderboard.event import VAULT_DATABASE_VARIABLE
from leaderboard.intake import standing
from leaderboard.judge import worker
from leaderboard.people import auditing, organising
from leaderboard.site.desk.teams import MOST
from leaderboard.site.desk.tracks import files_in_words
from leaderboard.site.live import snapshot
from leaderboard.store.database import Database
from leaderboard.store.queries import read_up_to
from leaderboard.store.tables import Team
from tests.postgresql import serving

PAGE = Path(__file__).parents[1] / "docs/evidence/queries.md"
LIMIT = 50
"""Milliseconds of the database's time that each may take."""

WHOLE = "board, read whole", "history, read whole"
"""What tells of all teams, and so takes the longer the more there are."""

TIMES = 5
SCANS = re.compile(r"(?:Seq Scan on|SCAN) (submissions|jobs|releases|audit)\b(?! USING)")
"""How a plan says that it reads all rows of a table that grows with the files."""


@dataclass(frozen=True)
class Asked:
    """A statement that was sent to the database, and the milliseconds that it took then."""

    engine: Engine
    statement: str
    parameters: Any
    took: float

    def again(self) -> float:
        """Return the milliseconds that it takes to read all rows of it."""
        if not self.statement.lstrip().startswith(("SELECT", "WITH")):
            return self.took
        with self.engine.connect() as connection:
            cursor, times = connection.connection.cursor(), []
            for _ in range(TIMES):
                begin = perf_counter()
                cursor.execute(self.statement, self.parameters).fetchall()
                times.append(1000 * (perf_counter() - begin))
        return min(times)

    def plan(self) -> str:
        """Return how the database finds the rows."""
        if not self.statement.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT INTO tallies")):
            return ""
        how = "EXPLAIN" if self.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        with self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            rows = cursor.execute(f"{how} {self.statement}", self.parameters).fetchall()
        return "\n".join(str(row[-1]) for row in rows)


@dataclass
class Cost:
    """What one thing that is done asks of the database."""

    statements: int
    milliseconds: float
    slowest: str
    plan: str
    scans: set[str]


@contextmanager
def watched(*databases: Database) -> Generator[list[Asked]]:
    """Yield a list to which every statement is added while the block lasts."""
    asked: list[Asked] = []

    def before(_connection, _cursor, _statement, _parameters, context, _many) -> None:
        context.began = perf_counter()

    def after(connection, _cursor, statement, parameters, context, _many) -> None:
        took = 1000 * (perf_counter() - context.began)
        asked.append(Asked(connection.engine, statement, parameters, took))

    engines = [engine for one in databases for engine in (one.engine, one.readers)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def cost(store: Database, do: Callable[[], object]) -> Cost:
    """Do something, and return what it asked of the database."""
    with watched(store) as asked:
        do()
    times = {id(one): one.again() for one in asked}
    scans = {found for one in asked if "LIMIT" not in one.statement for found in SCANS.findall(one.plan())}
    slowest = max(asked, key=lambda one: times[id(one)])
    return Cost(len(asked), sum(times.values()), slowest.statement, slowest.plan(), scans)


def costs(small: SmallEvent) -> dict[str, Cost]:
    """Return what each thing costs that people and the judge do all the time."""
    judge, store = small.judge, small.judge.store

    def reading(look: Callable[..., object], *what: object) -> Callable[[], object]:
        def do() -> None:
            with store.read() as session:
                look(session, *what)

        return do

    def desk(session) -> None:
        for wanted in ({}, {"who": "nobody"}, {"track": "no.track"}):
            auditing.entries(session, auditing.Filter(**wanted))
        auditing.actions(session)
        auditing.doers(session)
        files_in_words(session, TRACK)

    def teams_at_the_desk(session) -> None:
        found = organising.search(session)
        organising.listed(session, Team.id.in_(found[:MOST]))

    with store.read() as session:
        team = session.get_one(Team, 7)
        old, read = snapshot(session, TRACK), read_up_to(session, TRACK)
    (upload,) = small.uploads(1)
    small.teams.append(team)
    found = {
        WHOLE[0]: cost(store, reading(snapshot, TRACK)),
        WHOLE[1]: cost(store, reading(history.steps, TRACK)),
        "a team's own files": cost(store, reading(standing.history, team)),
        "intake": cost(store, lambda: small.send(0, upload)),
        "judge": cost(store, lambda: worker.handle(judge, worker.claim(judge, "proof"))),
        "desk: how it is": cost(store, reading(health.look, judge.event)),
        "desk: teams": cost(store, reading(teams_at_the_desk)),
        "desk: log and files": cost(store, reading(desk)),
    }
    later = partial(history.steps, after=read.release)
    return found | {
        "board, a file later": cost(store, reading(snapshot, TRACK, old)),
        "history, a file later": cost(store, reading(later, TRACK)),
    }


def measured(folder: Path, teams: int, files: int, **settings) -> dict[str, Cost]:
    """Return the costs in an event of so many teams."""
    with small_event(folder, 0, **settings) as small:
        begin = perf_counter()
        fill(small.judge, TRACK, teams, files)
        print(f"filled in {perf_counter() - begin:.0f} s", flush=True)
        found = costs(small)
        for what, one in found.items():
            print(f"{what}: {one.statements} statements, {one.milliseconds:.1f} ms, scans {one.scans}", flush=True)
            if one.milliseconds > LIMIT / 5:
                print(f"{one.slowest}\n{one.plan}\n", flush=True)
    return found


def main() -> None:
    """Fill an event on each kind of database, measure, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--teams", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=100)
    size = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name, serving(settings=SERVER) as server:
        found["SQLite"] = measured(Path(name) / "sqlite", size.teams, size.files)
        url = os.environ[VAULT_DATABASE_VARIABLE] = server.new_database()
        found["PostgreSQL"] = measured(Path(name) / "postgresql", size.teams, size.files, database_url=url)
        version = server.query("SHOW server_version").split()[0]
    PAGE.write_text(page(found, size.teams, size.files, f"SQLite {sqlite3.sqlite_version}, PostgreSQL {version}"))
    for kind, costs_there in found.items():
        for what in costs_there.keys() - {*WHOLE}:
            one = costs_there[what]
            assert not one.scans, f"{what} reads all rows of a table that grows with the files, on {kind}"
            assert one.milliseconds < LIMIT, f"{what} takes {one.milliseconds:.0f} ms on {kind}"


def page(found: dict[str, dict[str, Cost]], teams: int, files: int, versions: str) -> str:
    """Return the page of evidence."""
    rows = ""
    for what in found["SQLite"]:
        cells = [f"{one[what].statements} | {one[what].milliseconds:.1f}" for one in found.values()]
        rows += f"| {what} | {' | '.join(cells)} |\n"
    plans = "".join(
        f"\n**{what}, {kind}**\n\n```text\n{costs[what].plan or costs[what].slowest}\n```\n"
        for what in found["SQLite"]
        for kind, costs in found.items()
    )
    return f"""# What an event asks of its database

{teams:,} teams have sent {files} files each to one track, all judged: {teams * files:,} submissions, jobs, releases
and entries of the audit log. Statements that each thing needs, and the milliseconds that the database takes for all of
them, with all rows read (the best of {TIMES}; statements that write, once):

| | SQLite | ms | PostgreSQL | ms |
|---|---|---|---|---|
{rows}
*Board* is a snapshot, which all readers share and a web process looks for at most once a second; *history* are all
steps of all teams, looked for at most every 10 seconds. Both tell of all teams, and read whole they take the longer
the more there are: that is when a web process starts, and when something is told differently, such as a team's name
or a label. From then on they go on from where they were. *Intake* is a whole upload with its receipt, *judge* a
judgement with its release; the desk's list shows 200 teams. They and all else are found by indexes: nothing of it
reads all rows of a table that grows with the files. How many files a team has sent was counted when they came
(`leaderboard.store.tallies`).

{versions}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}. Made by
`python -m benchmarks queries`.

## Plans

Of the slowest statement of each.
{plans}"""


SERVER = ("listen_addresses=", "fsync=on", "max_connections=100", "shared_buffers=512MB", "random_page_cost=1.1")


if __name__ == "__main__":
    main()
