"""Mass work: one function on many things, in this process, in several here, or on a cluster; the same, bit by bit."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

DEATHS = 3
"""Processes that may end at the same piece of work before it is given up; a scheduler of Dask counts the same."""

PATIENCE = 30
"""Seconds in which a scheduler must answer, and have a worker."""

SAME = ("numpy", "scipy", "pandas", "pyarrow", "sklearn", "xgboost")
"""Packages that must be of one version everywhere: other versions may give other digits."""

Item = TypeVar("Item")
Result = TypeVar("Result")

Spread = Callable[[Callable[[Item], Result], list[Item]], Iterator[Result]]
"""Does what `each` does, elsewhere."""

_spread: ContextVar[Spread | None] = ContextVar("spread", default=None)


class WorkersDied(ChildProcessError):
    """Processes that ended again and again at the same piece of work."""


class ClusterError(ConnectionError):
    """A cluster that cannot be reached, has no worker, or is not like this machine."""


def is_shared() -> bool:
    """Return whether other processes do the work."""
    return _spread.get() is not None


def each(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield what a function gives for each of some things, in their order; what a worker had that ended is done again.

    Parameters
    ----------
    work : callable
        A function of a module, or a partial of one: other processes import it. What it is given, and what it gives, is
        pickled; files and folders are named by absolute paths.
    items : iterable

    Raises
    ------
    WorkersDied
        If processes end again and again at the same things.
    ClusterError
        If the scheduler of a cluster is gone.

    Examples
    --------
    >>> list(each(abs, [-2, 1]))
    [2, 1]
    """
    spread = _spread.get()
    return map(work, items) if spread is None else spread(work, list(items))


@contextmanager
def processes(workers: int) -> Generator[None]:
    """Let mass work be done by so many processes of this machine, of one thread each; they end with the block.

    One is this process itself.
    """
    if workers == 1:
        yield
        return
    from joblib.externals.loky import get_reusable_executor

    with spreading(partial(_by_processes, workers)):
        try:
            yield
        finally:
            get_reusable_executor().shutdown(kill_workers=True)


def _by_processes(workers: int, work: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import BrokenProcessPool

    done, deaths = 0, 0
    while done < len(items):
        with parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
            found = Parallel(return_as="generator")(delayed(work)(item) for item in items[done:])
        try:
            with closing(found):
                for result in found:
                    done, deaths = done + 1, 0
                    yield result
        except BrokenProcessPool as error:
            deaths += 1
            if deaths == DEATHS:
                raise _died(len(items) - done) from error


@contextmanager
def cluster(address: str, security: "Security | None" = None) -> Generator[None]:
    """Let mass work be done by the workers of a scheduler of Dask.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tls://10.0.0.7:8786``.
    security : distributed.security.Security, optional
        With what this process shows who it is; by default what Dask's own configuration says.

    Raises
    ------
    ClusterError
        If the scheduler does not answer, lets this process not in, has no worker, or some of them have another Python
        or other packages than this process.
    """
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError as error:
        raise ClusterError("a cluster needs Dask: install the extra `cluster`") from error
    security = security or Security()
    if address.startswith("tls://") and security.get_connection_args("client")["ssl_context"] is None:
        raise ClusterError(
            f"{address} asks for a certificate, and Dask's configuration names none (distributed.comm.tls)"
        )
    try:
        client = Client(address, security=security, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no scheduler at {address} lets this process in: {error}") from error
    with closing(client):
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ClusterError(f"the scheduler at {address} has no worker") from error
        must_be_alike(cast(Mapping, client.get_versions(packages=list(SAME))))
        with spreading(partial(_by_cluster, client)):
            yield


def _by_cluster(client: "Client", work: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    waiting = client.map(work, items, pure=False)[::-1]
    try:
        while waiting:
            yield waiting[-1].result()
            waiting.pop()
    except KilledWorker as error:
        raise _died(len(waiting)) from error
    except FutureCancelledError as error:
        raise ClusterError(f"the scheduler at {client.scheduler_info()['address']} is gone") from error
    finally:
        client.cancel(waiting)


def _died(left: int) -> WorkersDied:
    return WorkersDied(
        f"{DEATHS} times processes ended at the same work, {left} pieces of it are left: "
        "is there memory enough for so many workers?"
    )


def must_be_alike(versions: Mapping) -> None:
    """Raise ClusterError unless every worker has this process's Python and packages, as far as digits hang on them."""

    def of(found: Mapping) -> dict:
        return {"python": found["host"]["python"]} | {name: found["packages"].get(name) for name in SAME}

    own = of(versions["client"])
    for address, found in versions["workers"].items():
        others = [f"{name} {one}, here {own[name]}" for name, one in of(found).items() if one != own[name]]
        if others:
            raise ClusterError(f"the worker at {address} would not give the same digits: it has {'; '.join(others)}")


@contextmanager
def spreading(spread: Spread) -> Generator[None]:
    """Let mass work be done in a way of one's own while the block lasts."""
    before = _spread.set(spread)
    try:
        yield
    finally:
        _spread.reset(before)
