"""Events of toy rows."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from tests.postgresql import Server, serving
from tests.s3 import Storage
from tests.s3 import serving as s3_serving
from tests.support import toy_simulate

# Who starts tests in the background lets them, and all that they start, ignore what Ctrl-C sends.
signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.pop("COLUMNS", None)  # what a terminal says; tests say themselves how wide theirs is

# No test asserts a time.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")


DATABASE = os.environ.get("PHYSATHON_TEST_DATABASE", "sqlite")
"""In which kind of database the tests keep their events: ``sqlite`` or ``postgresql``."""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Yield a PostgreSQL server of this run's own."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[Storage]:
    """Yield a storage that speaks S3, of this run's own; the environment tells where it is."""
    with s3_serving() as storage, pytest.MonkeyPatch.context() as patch:
        for name, value in storage.environment.items():
            patch.setenv(name, value)
        yield storage


@pytest.fixture(autouse=DATABASE == "postgresql")
def in_postgresql(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every event that is made in a database of its own, the judge's tables in another schema of that."""
    create, urls = Event.create.__func__, {}

    def created(cls, folder: Path, **settings) -> Event:
        url = settings.setdefault("database_url", postgresql.new_database())
        event = create(cls, folder, **settings)
        urls[event.config.id] = url
        monkeypatch.setenv(VAULT_DATABASE_VARIABLE, url)  # for processes that are started
        return event

    monkeypatch.setattr(Event, "create", classmethod(created))
    monkeypatch.setattr(Vault, "database_url", property(lambda vault: urls[vault.event_id]))
    monkeypatch.setattr(Event, "database_url", property(lambda event: event.first.database_url))


@pytest.fixture
def make_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Judge]]:
    """Return a function that makes an event of toy rows and gives its judge."""
    monkeypatch.setattr("challenges.higgs.simulate.simulate", toy_simulate)
    monkeypatch.setattr("leaderboard.site.live.SECONDS", 0)  # what was written is shown at once
    for variable in ("PHYSATHON_VAULT", "PHYSATHON_VAULT_KEY", "PHYSATHON_EVENT"):
        monkeypatch.delenv(variable, raising=False)
    judges = []

    def make(folder: Path = tmp_path / "event", **settings) -> Judge:
        event = Event.create(folder, **{"name": "toy", "size": "small", "challenges": ["higgs"]} | settings)
        receipts.make_key(event)
        judge = Judge(event, Vault(event, create=True))
        judges.append(judge)
        prepare.simulate(judge, "higgs")
        return judge

    yield make
    for judge in judges:
        judge.close()


@pytest.fixture
def judge(make_judge: Callable[..., Judge]) -> Judge:
    """Return the judge of a toy event."""
    return make_judge()
