"""Simulated HIGGS events from a seed."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.higgs.collisions import Collisions
from challenges.higgs.detector import measure
from challenges.higgs.generator.collide import collide
from challenges.higgs.layout import FEATURES, TARGET
from challenges.higgs.units import normalise
from challenges.pythia import import_pythia
from challenges.streams import must_be_possible, run_streams, seed_sequence

SIGNAL_FRACTION = 0.53
"""As in the real table."""


def simulate(
    n_events: int,
    seed: int,
    *,
    signal: bool = True,
    generator: str = "numpy",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Simulate collision events: a generator up to jets, then a detector.

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
    generator : {"numpy", "pythia"}
        What makes the collisions: this project's own generator, or Pythia 8, the reference, which is nine times slower
        and has to be installed.
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
    ValueError
        If n_events, seed, generator or workers is not one of these.
    SimulatorMissing
        If Pythia 8 is asked for and is not installed.

    References
    ----------
    P. Baldi, P. Sadowski, D. Whiteson, Nature Communications 5, 4308 (2014), arXiv:1402.4735.
    C. Bierlich et al., SciPost Physics Codebases 8 (2022), arXiv:2203.11601 (Pythia 8.3).
    """
    must_be_possible(n_events, seed, workers)
    if generator not in BATCH:
        raise ValueError(f"the generator must be one of {', '.join(BATCH)}, got {generator!r}")
    if generator == "pythia":
        import_pythia()  # one clear error here rather than four in the workers
    n_signal = round(SIGNAL_FRACTION * n_events)
    halves = [(n + 1 - charge) // 2 for n in (n_signal, n_events - n_signal) for charge in (0, 1)]
    run = partial(run_stream, seed=seed, signal=signal, generator=generator)
    rows = np.concatenate(run_streams(run, tuple(halves), workers=workers, progress=progress))
    labels = np.repeat(np.array([1, 0], np.int8), [n_signal, n_events - n_signal])
    order = np.random.Generator(np.random.PCG64(seed_sequence(seed, N_STREAMS))).permutation(n_events)
    return Dataset(
        pd.DataFrame(rows[order], columns=list(FEATURES)),
        pd.DataFrame({TARGET: labels[order]}),
        np.arange(n_events, dtype=np.int64),
    )


N_STREAMS = 4
BATCH = {"numpy": 4000, "pythia": 250}
"""Collisions between two rounds of the detector, fewer for a few rows; part of what a seed means."""
PER_ROW = 8  # collisions tried for each row wanted: one of six is selected


def run_stream(
    stream: int, n_events: int, *, seed: int, signal: bool, generator: str, report: Callable[[int], None]
) -> np.ndarray:
    """Return the rows of one stream, shape (n_events, 28).

    Streams 0 and 1 are those labelled signal, 2 and 3 background; of Pythia's, even ones have a positive lepton and odd
    ones a negative one.
    """
    rows = np.empty((0, len(FEATURES)), np.float32)
    if n_events == 0:
        return rows
    draw = _source(stream, seed, generator, higgs=signal and stream < 2)
    rng = np.random.Generator(np.random.SFC64(seed_sequence(seed, stream, 1)))
    batch = min(BATCH[generator], PER_ROW * n_events)
    while len(rows) < n_events:
        rows = np.concatenate([rows, normalise(measure(draw(batch), rng))])
        report(min(len(rows), n_events))
    return rows[:n_events]


def _source(stream: int, seed: int, generator: str, *, higgs: bool) -> Callable[[int], Collisions]:
    own = seed_sequence(seed, stream, 0)
    if generator == "numpy":
        return partial(collide, rng=np.random.Generator(np.random.SFC64(own)), higgs=higgs)
    from challenges.higgs.reference import BACKGROUND, SIGNAL, CollisionSource

    return CollisionSource(SIGNAL if higgs else BACKGROUND, +1 if stream % 2 == 0 else -1, own).draw
