"""Figures for Prometheus, on a port of their own: what this process counts, and how the event is as its tables tell.

No team, person or address is in them. Each web process tells its own requests, to be added up; of the event all tell
the same.
"""

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import event as on
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leaderboard.event import METRICS_VARIABLE, Event, EventError
from leaderboard.health import WAITING, look
from leaderboard.serve import place_of
from leaderboard.site.counted import REGISTRY, SECONDS
from leaderboard.store.database import Database
from leaderboard.store.heartbeats import alive, last_heard
from leaderboard.store.queries import now
from leaderboard.store.tables import Job, ProcessKind, Submission, Team

STATEMENTS = Histogram(
    "physathon_database_seconds",
    "How long a statement to the event's tables took.",
    ["kind"],
    buckets=(0.0005, 0.001, 0.0025, *SECONDS),
    registry=REGISTRY,
)
LEVELS = {"good": 0, "watch": 1, "act": 2}
KINDS: tuple[ProcessKind, ...] = ("web", "judge")


class OfEvent(Collector):
    """How an event is at the moment at which somebody asks.

    Parameters
    ----------
    event : Event
    store : Database
    """

    def __init__(self, event: Event, store: Database) -> None:
        self.event, self.store = event, store

    def describe(self) -> list[Metric]:
        """Return nothing: what is told is known when it is told."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; where the tables cannot be read, that alone."""
        cpu = CounterMetricFamily("physathon_cpu_seconds", "Processor time of this web process.")
        cpu.add_metric([], time.process_time())
        yield cpu
        told: list[Metric] = []
        try:
            with self.store.read() as session:
                told += self._told(session)
        except EventError:
            told = []
        yield GaugeMetricFamily("physathon_tables_readable", "Whether the event's tables can be read.", bool(told))
        yield from told

    def _told(self, session: Session) -> Iterator[Metric]:
        yield _gauge(
            "physathon_health",
            "What `physathon status` says: 0 good, 1 to be watched, 2 to be acted on.",
            {one.what: LEVELS[one.level] for one in look(session, self.event)},
            "what",
        )
        for name, help_text, state in (
            ("physathon_files", "Files that were received, by what became of them.", Submission.state),
            ("physathon_jobs", "The judge's queue, and what it has done.", Job.state),
        ):
            counts = session.execute(select(state, func.count()).group_by(state))
            yield _gauge(name, help_text, {str(kind): count for kind, count in counts}, "state")
        oldest = session.scalar(select(func.min(Job.created_at)).where(WAITING))
        waits = (now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("physathon_oldest_waiting_seconds", "How long the oldest file waits.", waits)
        teams = session.scalar(select(func.count()).select_from(Team))
        yield GaugeMetricFamily("physathon_teams", "Teams.", teams)
        yield from self._processes(session)

    def _processes(self, session: Session) -> Iterator[Metric]:
        live = {kind: alive(session, kind) for kind in KINDS}
        heard = {kind: last_heard(session, kind) for kind in KINDS}
        ages = {kind: (now() - one.at).total_seconds() for kind, one in heard.items() if one}
        memory = {kind: max(one.memory for one in them) for kind, them in live.items() if them}
        free = {kind: min(one.disk_free for one in them) for kind, them in live.items() if them}
        counts = {kind: len(them) for kind, them in live.items()}
        of = "process"
        yield _gauge("physathon_alive", "Processes that were heard of within 20 seconds.", counts, of)
        yield _gauge("physathon_heartbeat_age_seconds", "Since when none of a kind was heard of.", ages, of)
        yield _gauge("physathon_memory_bytes", "What one of a kind has held at most.", memory, of)
        yield _gauge("physathon_disk_free_bytes", "Left on the event's disk (web), the vault's (judge).", free, of)


def _gauge(name: str, help_text: str, values: Mapping[Any, float], label: str) -> Metric:
    found = GaugeMetricFamily(name, help_text, labels=[label])
    for of, value in values.items():
        found.add_metric([of], value)
    return found


def start(event: Event, store: Database) -> None:
    """Serve the figures from now on where PHYSATHON_METRICS says, if it says so."""
    asked = os.environ.get(METRICS_VARIABLE)
    if not asked:
        return
    for kind, engine in (("write", store.engine), ("read", store.readers)):
        _time_statements(engine, STATEMENTS.labels(kind))
    REGISTRY.register(OfEvent(event, store))
    host, port = place_of(asked)
    start_http_server(port, host, REGISTRY)


def _time_statements(engine, times: Histogram) -> None:
    def begins(_connection, _cursor, _statement, _parameters, context, _many) -> None:
        context.began = time.perf_counter()

    def ends(_connection, _cursor, _statement, _parameters, context, _many) -> None:
        times.observe(time.perf_counter() - context.began)

    on.listen(engine, "before_cursor_execute", begins)
    on.listen(engine, "after_cursor_execute", ends)
