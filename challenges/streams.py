"""Fixed streams of simulated rows, one process each: the same bytes for any number of workers."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, MutableSequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection, resource_tracker
from typing import Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from challenges import mass
from challenges.dataset import Progress

SPAWN_BELOW = 400  # rows: below, starting processes takes longer than the simulation

Result = TypeVar("Result", covariant=True)


class Stream(Protocol[Result]):
    """What makes one stream; a function of a module, or a partial of one, so that other processes can import it."""

    def __call__(self, stream: int, n_rows: int, *, report: Callable[[int], None]) -> Result:
        """Return the rows of one stream, telling now and then how many are done."""


def seed_sequence(seed: int, *key: int) -> np.random.SeedSequence:
    """Return the source of random bits of one part of a simulation; 8 words of pool hold a 256-bit seed."""
    return np.random.SeedSequence(seed, spawn_key=key, pool_size=8)


def must_be_possible(n_rows: int, seed: int, workers: int | None) -> None:
    """Raise ValueError unless rows, a 256-bit seed and workers are what a simulation can do.

    Examples
    --------
    >>> must_be_possible(10, 2**256 - 1, None)
    >>> must_be_possible(0, 1, None)
    Traceback (most recent call last):
    ValueError: the number of rows must be at least 1, got 0
    """
    if n_rows < 1:
        raise ValueError(f"the number of rows must be at least 1, got {n_rows}")
    if not 0 <= seed < 2**256:
        raise ValueError("seed must be an integer from 0 to 2**256 - 1")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")


def run_streams(
    run: Stream[Result], sizes: tuple[int, ...], *, workers: int | None = None, progress: Progress | None = None
) -> list[Result]:
    """Return the rows of every stream.

    Parameters
    ----------
    run : Stream
        ``run(stream, n_rows, report=...)``.
    sizes : tuple of int
        Rows of each stream.
    workers : int, optional
        In how many processes; by default one a core, and this one alone for a few hundred rows. Where mass work is
        shared (`challenges.mass`) its workers take one stream after the other, and nothing is said here.
    progress : callable, optional
        Called in this process with the rows done and wanted.
    """
    total = sum(sizes)
    tell = progress or (lambda done, total: None)
    if workers is None and mass.is_shared():
        return _shared(run, sizes, tell)
    if workers is None:
        workers = 1 if total < SPAWN_BELOW else min(len(sizes), available_cores())
    if workers == 1:
        rows: list[Result] = []
        for stream, size in enumerate(sizes):
            before = sum(sizes[:stream])
            rows.append(_run(run, stream, size, lambda done, before=before: tell(before + done, total)))
        return rows
    context = multiprocessing.get_context("spawn")  # a fork would copy the parent's threads and locks
    counts = context.Array("q", len(sizes), lock=False)
    with _pool(ProcessPoolExecutor(min(workers, len(sizes)), context, _share, (counts,))) as pool:
        with _interrupts_held_back():
            jobs = [pool.submit(_run_in_worker, run, stream, size) for stream, size in enumerate(sizes)]
        # Not by `wait`: Ctrl-C in it can leave locks behind for which the pool would wait for ever.
        while not all(job.done() for job in jobs):
            for job in jobs:
                if job.done():
                    job.result()  # what one fails on, nobody waits for the others to tell
            tell(sum(counts), total)
            time.sleep(0.1)
        result = [job.result() for job in jobs]
    tell(total, total)
    return result


def _shared(run: Stream[Result], sizes: tuple[int, ...], tell: Progress) -> list[Result]:
    """Return the rows of every stream, from whoever does the mass work."""
    rows: list[Result] = []
    for found in mass.each(partial(_run_elsewhere, run), list(enumerate(sizes))):
        rows.append(found)
        tell(sum(sizes[: len(rows)]), sum(sizes))
    return rows


def _run_elsewhere(run: Stream[Result], stream: tuple[int, int]) -> Result:
    return _run(run, *stream, lambda done: None)


@contextmanager
def _pool(pool: ProcessPoolExecutor) -> Generator[ProcessPoolExecutor]:
    """Let a pool's processes end with the block: at once, if that is broken off."""
    others = set(multiprocessing.active_children())
    try:
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held_back() -> Generator[None]:
    """Let Ctrl-C wait while the block lasts; processes that are started in it never hear of one.

    A terminal sends it to all of them; the one that started them ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # starting it would let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_counts: MutableSequence[int] = []  # rows done of each stream, shared with the parent


def _share(counts: MutableSequence[int]) -> None:
    global _counts
    _counts = counts
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        connection.wait([parent.sentinel])
        os._exit(1)


def _run_in_worker(run: Stream[Result], stream: int, n_rows: int) -> Result:
    def report(done: int) -> None:
        _counts[stream] = done

    return _run(run, stream, n_rows, report)


def _run(run: Stream[Result], stream: int, n_rows: int, report: Callable[[int], None]) -> Result:
    # Streams share the cores; threads of BLAS that wait for one another make small products ten times slower.
    with threadpool_limits(1, user_api="blas"):
        return run(stream, n_rows, report=report)


def available_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
