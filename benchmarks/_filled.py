"""An event that many teams have filled for days: rows of every table that grows, written by the million."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from sqlalchemy import Connection, Table, func, select, text

from leaderboard.judge.judging import Judge
from leaderboard.store.queries import track_state
from leaderboard.store.tables import (
    AuditEntry,
    Base,
    Job,
    Member,
    Release,
    Submission,
    Tally,
    Team,
    TeamStanding,
    Token,
)
from leaderboard.store.transfer import go_on_from

MEMBERS = 3
BETTER = 20
"""Of so many files of a team one becomes its best."""

AT_ONCE = 5_000
LASTED = timedelta(days=10)


def fill(judge: Judge, track: str, team_count: int, files: int) -> None:
    """Fill an event without teams: each has members, a token and so many files, judged and shown, on one track."""
    begin = datetime.now(UTC).replace(tzinfo=None) - LASTED
    with judge.store.read() as session:
        holdout = track_state(session, track).holdout
    with judge.store.write() as session:
        connection = session.connection()
        for model, rows in _rows(track, holdout, team_count, files, begin):
            _write(connection, model.__table__, rows)
    with judge.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":  # which does this by itself in time
            connection.execute(text("VACUUM ANALYZE"))


def _rows(
    track: str, holdout: str, team_count: int, files: int, begin: datetime
) -> Iterator[tuple[type[Base], Iterable[dict]]]:
    """Yield of each table its rows, as the drivers of both databases take them."""
    teams, numbers = range(1, team_count + 1), range(1, team_count * files + 1)
    step = LASTED / len(numbers)

    def at(number: int) -> str:
        return (begin + number * step).isoformat(" ")

    def team_of(number: int) -> int:
        return 1 + (number - 1) % team_count

    def best_of(number: int) -> int:
        nth = (number - 1) // team_count  # 0 for a team's first file
        return number - nth % BETTER * team_count

    def submission(number: int) -> dict:
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        team = team_of(number)
        receipt = {"submission": number, "team": f"Team {team}", "predictions_sha256": sha256, "signature": "x" * 500}
        about = {"team_id": team, "member_id": team, "track": track, "sha256": sha256, "upload_sha256": sha256}
        about |= {"filename": "predictions.csv", "began_at": at(number), "received_at": at(number), "state": "scored"}
        about |= {"selected": False, "lost": False, "excluded": None, "receipt": json.dumps(receipt)}
        return about | {"id": number, "circuit_id": None}

    def job(number: int) -> dict:
        moments = dict.fromkeys(("claimed_at", "created_at", "finished_at"), at(number))
        about = {"id": number, "submission_id": number, "slice": "public", "state": "done", "attempt": 1}
        return about | moments | {"worker": "host:1", "lease_until": None, "error": None}

    def release(number: int) -> dict:
        best = best_of(number)
        value = round(0.6 + 0.3 * best / len(numbers), 3)
        about = {"id": number, "submission_id": number, "slice": "public", "holdout": holdout, "value": value}
        about |= {"best_submission_id": best, "low": value - 0.01, "high": value + 0.01, "created_at": at(number)}
        return about | {"rank_best": None, "rank_worst": None}

    def entry(number: int) -> dict:
        details = {"submission": number, "team": f"Team {team_of(number)}", "member": None, "track": track}
        about = {"at": at(number), "action": "submission received", "details": json.dumps(details)}
        return about | {"who": None, "track": track, "member": None}

    new = {"bracket": None, "code": None, "out": None, "out_because": None, "created_at": begin.isoformat(" ")}
    yield Team, ({"id": team, "name": f"Team {team}", "kind": "team"} | new for team in teams)
    nobody = {"affiliation": None, "orcid": None, "minor": False, "agreed_at": None, "publishes": False}
    nobody |= {"subject": None, "read_up_to": 0, "joined_at": begin.isoformat(" ")}
    people = range(MEMBERS * team_count)
    yield Member, (nobody | {"id": 1 + one, "team_id": 1 + one % team_count, "name": f"Ada {one}"} for one in people)
    unused = {
        "member_id": None,
        "demo": False,
        "last_used_at": None,
        "read_up_to": 0,
        "created_at": begin.isoformat(" "),
    }
    yield Token, (unused | {"sha256": hashlib.sha256(b"%d" % team).hexdigest(), "team_id": team} for team in teams)
    for model, row in ((Submission, submission), (Job, job), (Release, release), (AuditEntry, entry)):
        yield model, map(row, numbers)
    counts = {"track": track, "counted": files, "failed": 0, "last_began_at": at(len(numbers))}
    yield Tally, (counts | {"team_id": team} for team in teams)
    stands = {"holdout": holdout, "slice": "public", "resumable": True}
    yield TeamStanding, (stands | {"team_id": one, "submission_id": one + (files - 1) * team_count} for one in teams)


def _write(connection: Connection, table: Table, rows: Iterable[dict]) -> None:
    """Write rows as fast as a database takes them."""
    cursor, rows = connection.connection.cursor(), iter(rows)
    first = next(rows)
    columns, values = ", ".join(first), (tuple(row.values()) for row in chain([first], rows))
    if connection.dialect.name == "postgresql":
        with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(first))
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", values)
    if table.autoincrement_column is not None:
        go_on_from(connection, table, connection.scalar(select(func.max(table.autoincrement_column))))
