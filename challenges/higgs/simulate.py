"""Simulated HIGGS events from a seed."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.higgs.collisions import BACKGROUND, SIGNAL, CollisionSource
from challenges.higgs.detector import measure
from challenges.higgs.layout import FEATURES, TARGET
from challenges.higgs.units import normalise
from challenges.pythia import SimulatorError, SimulatorMissing, import_pythia
from challenges.streams import must_be_possible, run_streams, seed_sequence

__all__ = ["SIGNAL_FRACTION", "SimulatorError", "SimulatorMissing", "simulate"]

SIGNAL_FRACTION = 0.53
"""As in the real table."""


def simulate(
    n_events: int,
    seed: int,
    *,
    signal: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Simulate collision events: Pythia 8 up to jets, then a detector in NumPy.

    Parameters
    ----------
    n_events : int
        How many rows, at least 1; 53% of them are labelled signal.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count. The same seed gives the same bytes for any number of
        workers.
    signal : bool, default True
        False is the null mode: top-quark pairs for every row, labels as before, by the same way through the code.
        No classifier may then do better than chance.
    workers : int, optional
        Processes, at most four of use. By default as many as there are cores, and one for a few hundred rows.
    progress : callable, optional
        Called now and then with rows done and rows wanted, in the calling process.

    Returns
    -------
    Dataset
        28 float32 features in the normalisation of the real table, the int8 target ``label`` (1 signal, 0
        background), and the event number of each row as its group. Rows come in random order.

    Raises
    ------
    SimulatorMissing
        If Pythia 8 is not installed.
    ValueError
        If n_events, seed or workers is out of range.

    References
    ----------
    P. Baldi, P. Sadowski, D. Whiteson, Nature Communications 5, 4308 (2014), arXiv:1402.4735.
    C. Bierlich et al., SciPost Physics Codebases 8 (2022), arXiv:2203.11601 (Pythia 8.3).
    """
    must_be_possible(n_events, seed, workers)
    import_pythia()  # one clear error here rather than four in the workers
    n_signal = round(SIGNAL_FRACTION * n_events)
    halves = [(n + 1 - charge) // 2 for n in (n_signal, n_events - n_signal) for charge in (0, 1)]
    run = partial(run_stream, seed=seed, signal=signal)
    rows = np.concatenate(run_streams(run, tuple(halves), workers=workers, progress=progress))
    labels = np.repeat(np.array([1, 0], np.int8), [n_signal, n_events - n_signal])
    order = np.random.Generator(np.random.PCG64(seed_sequence(seed, N_STREAMS))).permutation(n_events)
    return Dataset(
        pd.DataFrame(rows[order], columns=list(FEATURES)),
        pd.DataFrame({TARGET: labels[order]}),
        np.arange(n_events, dtype=np.int64),
    )


N_STREAMS = 4
BLOCK = 250  # collisions between two rounds of the detector; part of what a seed means


def run_stream(stream: int, n_events: int, *, seed: int, signal: bool, report: Callable[[int], None]) -> np.ndarray:
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
