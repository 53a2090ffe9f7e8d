"""What the commands share: the event they act on, and progress bars."""

import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from leaderboard.event import EVENT_VARIABLE, Event, EventError

if TYPE_CHECKING:
    from leaderboard.judge.judging import Judge
    from leaderboard.store.database import Database

console = Console(highlight=False, emoji=False)
errors = Console(stderr=True, highlight=False, emoji=False)
EventOption = Annotated[Path, typer.Option("--event", envvar=EVENT_VARIABLE, help="The event's folder.")]
HERE = Path("event")

WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Processes of this machine that share the work.")]
EngineOption = Annotated[
    Literal["loky", "dask"], typer.Option("--engine", help="loky: this machine's processes. dask: a cluster's.")
]
SchedulerOption = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS", help="With --engine dask: of its scheduler.")
]


@contextmanager
def judging(folder: Path) -> Generator["Judge"]:
    """Yield the judge of an event and close it afterwards."""
    from leaderboard.judge.judging import Judge
    from leaderboard.judge.vault import Vault

    event = Event(folder)
    judge = Judge(event, Vault(event))
    try:
        yield judge
    finally:
        judge.close()


def sharing(
    workers: int, engine: str, scheduler: str | None, join: Callable[[str], AbstractContextManager[None]]
) -> AbstractContextManager[None]:
    """Return what shares mass work while a block lasts: with processes here, or with a cluster that is joined.

    Parameters
    ----------
    workers, engine, scheduler
        As the options say.
    join : callable
        Returns what shares it with the cluster of a scheduler.
    """
    from challenges import mass

    if (engine == "dask") != (scheduler is not None):
        raise EventError("--engine dask and --scheduler ADDRESS go together")
    if scheduler and workers > 1:
        raise EventError("--workers are this machine's, those of a cluster are started there: say one of the two")
    return join(scheduler) if scheduler else mass.processes(workers)


def sharing_of_judge(judge: "Judge", workers: int, engine: str, scheduler: str | None) -> AbstractContextManager[None]:
    """Return `sharing` of what sees labels: with no cluster but the judge's own."""
    from leaderboard.judge import cluster

    return sharing(workers, engine, scheduler, partial(cluster.joined, judge.event, judge.vault))


@contextmanager
def storing(folder: Path) -> Generator[tuple[Event, "Database"]]:
    """Yield an event and its tables, without the vault."""
    from leaderboard.store.database import open_store

    event = Event(folder)
    store = open_store(event)
    store.who = "command line"
    try:
        yield event, store
    finally:
        store.close()


def full_name(event: Event, track: str | None) -> str:
    """Return a track's full name; none given means the event's only one."""
    if track is None:
        tracks = event.tracks()
        if len(tracks) > 1:
            raise EventError(f"this event has several tracks, say which: {tracks}")
        return tracks[0]
    challenge, found = event.track(track)
    return challenge.full_name(found)


def readable(file: Path) -> Path:
    """Return the path of a file that exists."""
    if not file.is_file():
        raise EventError(f"there is no file {file}")
    return file


def at_a_terminal() -> bool:
    """Return whether somebody is there to be asked."""
    return sys.stdin.isatty()


@contextmanager
def progress_bars() -> Generator[Callable[[str, int, int | None], None]]:
    """Yield a function ``(what, done, total)`` that keeps one bar for each ``what``."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=not console.is_terminal) as bars:
        tasks = {}

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
