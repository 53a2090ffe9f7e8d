"""Four fixed streams of simulated events, one process each, whatever the number of workers."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait

import numpy as np

from challenges.higgs.columns import FEATURES
from challenges.higgs.detector import measure
from challenges.higgs.pythia import BACKGROUND, SIGNAL, CollisionSource, import_pythia
from challenges.higgs.units import normalise

N_STREAMS = 4
BLOCK = 250  # collisions between two rounds of the detector; part of what a seed means
SPAWN_BELOW = 400  # rows: below, starting processes takes longer than the events

Progress = Callable[[int, int], None]


def seed_sequence(seed: int, *key: int) -> np.random.SeedSequence:
    """Return the source of random bits of one part of the simulation; 8 words of pool hold a 256-bit seed."""
    return np.random.SeedSequence(seed, spawn_key=key, pool_size=8)


def run_stream(stream: int, n_events: int, seed: int, signal: bool, report: Callable[[int], None]) -> np.ndarray:
    """Return the rows of one stream, shape (n_events, 28).

    Streams 0 and 1 are those labelled signal, 2 and 3 background; even ones have a positive lepton, odd ones a
    negative one.
    """
    process = SIGNAL if signal and stream < 2 else BACKGROUND
    rows = np.empty((0, len(FEATURES)), np.float32)
    if n_events == 0:
        return rows
    source = CollisionSource(process, +1 if stream % 2 == 0 else -1, seed_sequence(seed, stream, 0))
    rng = np.random.Generator(np.random.SFC64(seed_sequence(seed, stream, 1)))
    while len(rows) < n_events:
        rows = np.concatenate([rows, normalise(measure(source.draw(BLOCK), rng))])
        report(min(len(rows), n_events))
    return rows[:n_events]


_counts = None  # rows done of each stream, shared with the parent


def _share(counts: object) -> None:
    global _counts
    _counts = counts


def _run_in_worker(stream: int, n_events: int, seed: int, signal: bool) -> np.ndarray:
    def report(done: int) -> None:
        _counts[stream] = done

    return run_stream(stream, n_events, seed, signal, report)


def run_streams(
    sizes: tuple[int, ...], seed: int, signal: bool, workers: int | None, progress: Progress | None
) -> list[np.ndarray]:
    """Return the rows of every stream; ``sizes`` says how many each, ``workers`` in how many processes."""
    import_pythia()  # one clear error here rather than four in the workers
    total = sum(sizes)
    tell = progress or (lambda done, total: None)
    if workers is None:
        workers = 1 if total < SPAWN_BELOW else min(N_STREAMS, available_cores())
    if workers == 1:
        rows: list[np.ndarray] = []
        for stream, size in enumerate(sizes):
            before = sum(sizes[:stream])
            rows.append(run_stream(stream, size, seed, signal, lambda done, before=before: tell(before + done, total)))
        return rows
    context = multiprocessing.get_context("spawn")  # a fork would copy the parent's threads and locks
    counts = context.Array("q", N_STREAMS, lock=False)
    with ProcessPoolExecutor(min(workers, N_STREAMS), context, _share, (counts,)) as pool:
        jobs = [pool.submit(_run_in_worker, stream, size, seed, signal) for stream, size in enumerate(sizes)]
        while wait(jobs, timeout=0.25).not_done:
            tell(sum(counts), total)
            if any(job.done() and job.exception() for job in jobs):
                break
        pool.shutdown(cancel_futures=True)
        result = [job.result() for job in jobs]
    tell(total, total)
    return result


def available_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
