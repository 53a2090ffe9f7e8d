"""The four streams of simulated HIGGS events: two processes, two charges of the lepton."""

from collections.abc import Callable

import numpy as np

from challenges.higgs.columns import FEATURES
from challenges.higgs.detector import measure
from challenges.higgs.pythia import BACKGROUND, SIGNAL, CollisionSource
from challenges.higgs.units import normalise
from challenges.streams import seed_sequence

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
