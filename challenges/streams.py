"""Fixed streams of simulated rows, one process each: the same bytes for any number of workers."""

import multiprocessing
import os
from collections.abc import Callable, MutableSequence
from concurrent.futures import ProcessPoolExecutor, wait
from typing import Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

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
        In how many processes; by default one a core, and this one alone for a few hundred rows.
    progress : callable, optional
        Called in this process with the rows done and wanted.
    """
    total = sum(sizes)
    tell = progress or (lambda done, total: None)
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
    with ProcessPoolExecutor(min(workers, len(sizes)), context, _share, (counts,)) as pool:
        jobs = [pool.submit(_run_in_worker, run, stream, size) for stream, size in enumerate(sizes)]
        while wait(jobs, timeout=0.25).not_done:
            tell(sum(counts), total)
            if any(job.done() and job.exception() for job in jobs):
                break
        pool.shutdown(cancel_futures=True)
        result = [job.result() for job in jobs]
    tell(total, total)
    return result


_counts: MutableSequence[int] = []  # rows done of each stream, shared with the parent


def _share(counts: MutableSequence[int]) -> None:
    global _counts
    _counts = counts


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
