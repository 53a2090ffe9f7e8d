"""Events of toy rows."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import baselines  # noqa: F401 - first, for what it sets before XGBoost is loaded
from challenges.higgs import simulate as higgs
from leaderboard.event import VAULT_DATABASE_VARIABLE, Event
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from tests.postgresql import Server, serving
from tests.s3 import Storage
from tests.s3 import serving as s3_serving
from tests.support import DATABASE, FILES, toy_judge, toy_simulate

# Who starts tests in the background lets them, and all that they start, ignore what Ctrl-C sends.
signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.pop("COLUMNS", None)  # what a terminal says; tests say themselves how wide theirs is

# No test asserts a time.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")


ELSEWHERE = {"database_url", "files_url"}
"""Settings of an event that is not in its folder alone."""


def pytest_configure(config: pytest.Config) -> None:
    """Let connections to a server end with their process, where a test says so of SQLite's alone."""
    if DATABASE == "postgresql":
        config.addinivalue_line("filterwarnings", "ignore:<psycopg.Connection:ResourceWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is about SQLite's file, where events are not in one."""
    for item in items:
        if DATABASE != "sqlite" and item.get_closest_marker("in_a_file"):
            item.add_marker(pytest.mark.skip(reason="about tables that lie in SQLite's file"))


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


@pytest.fixture(autouse=FILES == "s3")
def in_a_bucket(s3: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files of every event that is made below a prefix of its own."""
    create = Event.create.__func__

    def created(cls, folder: Path, **settings) -> Event:
        return create(cls, folder, **({"files_url": s3.new_url()} | settings))

    monkeypatch.setattr(Event, "create", classmethod(created))


@pytest.fixture(autouse=DATABASE == "postgresql")
def in_postgresql(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every event that is made in a database of its own, the judge's tables in another schema of that.

    Those that the tests of a module share are made before, and stay in SQLite.
    """
    create, opened = Event.create.__func__, Vault.__init__

    def created(cls, folder: Path, **settings) -> Event:
        url = settings.setdefault("database_url", postgresql.new_database())
        monkeypatch.setenv(VAULT_DATABASE_VARIABLE, url)  # for processes that are started
        return create(cls, folder, **settings)

    def beside_the_event(vault: Vault, event: Event, **how) -> None:
        opened(vault, event, **how)
        vault.beside = event.first.database_url or f"sqlite:///{vault.folder / 'judge.sqlite'}"

    monkeypatch.setattr(Event, "create", classmethod(created))
    monkeypatch.setattr(Vault, "__init__", beside_the_event)
    monkeypatch.setattr(Vault, "database_url", property(lambda vault: vault.beside))
    monkeypatch.setattr(
        Event,
        "database_url",
        property(lambda event: event.first.database_url or f"sqlite:///{event.folder / 'event.sqlite'}"),
    )


@pytest.fixture(scope="session")
def moulds() -> dict[object, Path]:
    """Return the folders of events of which tests get copies, by what was made of each."""
    return {}


@pytest.fixture
def database_elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return how `physathon restore` is told of an empty database, where events are kept in such."""
    if DATABASE == "sqlite":
        return []
    url = request.getfixturevalue("postgresql").new_database()
    monkeypatch.setenv(VAULT_DATABASE_VARIABLE, url)
    return ["--database", url]


@pytest.fixture
def make_judge(
    moulds: dict[object, Path],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Judge]]:
    """Return a function that makes an event of toy rows and gives its judge.

    What another function then makes of it can be said. Events made alike are copies of one, and as old as that; in a
    folder of one's own, or of other rows, each is new.
    """
    monkeypatch.setattr("challenges.higgs.simulate.simulate", toy_simulate)
    monkeypatch.setattr("leaderboard.site.live.SECONDS", 0)  # what was written is shown at once
    for variable in ("PHYSATHON_VAULT", "PHYSATHON_VAULT_KEY", "PHYSATHON_EVENT"):
        monkeypatch.delenv(variable, raising=False)
    judges = []

    def anew(folder: Path, grow: Callable[[Judge], None] | None, settings: dict) -> Judge:
        judge = toy_judge(folder, **settings)
        if grow:
            grow(judge)
        return judge

    def make(folder: Path | None = None, grow: Callable[[Judge], None] | None = None, **settings) -> Judge:
        as_usual = higgs.simulate is toy_simulate
        if folder or not as_usual or FILES == "s3" or DATABASE == "postgresql" or ELSEWHERE & settings.keys():
            judges.append(anew(folder or tmp_path / "event", grow, settings))
            return judges[-1]
        made = grow, repr(settings)
        if made not in moulds:
            anew(mould := tmp_path_factory.mktemp("mould") / "event", grow, settings).close()
            moulds[made] = mould
        event = Event(shutil.copytree(moulds[made], tmp_path / "event"))
        judges.append(Judge(event, Vault(event)))
        return judges[-1]

    yield make
    for judge in judges:
        judge.close()


@pytest.fixture
def judge(make_judge: Callable[..., Judge]) -> Judge:
    """Return the judge of a toy event."""
    return make_judge()
