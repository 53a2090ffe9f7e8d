"""Simulated images of quark and gluon jets from a seed."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.pythia import SimulatorError, SimulatorMissing, import_pythia
from challenges.quantum.detector import SIDE, photograph
from challenges.quantum.jets import GLUONS, QUARKS, JetSource
from challenges.quantum.layout import TARGET
from challenges.streams import must_be_possible, run_streams, seed_sequence

__all__ = ["SimulatorError", "SimulatorMissing", "simulate"]

N_STREAMS = 4
BLOCK = 250  # collisions between two rounds of the detector; part of what a seed means


class Images(NamedTuple):
    """Images of one stream, shape (n, SIDE, SIDE), and the collision of each, shape (n,)."""

    pixels: np.ndarray
    event: np.ndarray


def run_stream(stream: int, n_jets: int, *, seed: int, signal: bool, report: Callable[[int], None]) -> Images:
    """Return the images of one stream, dark ones left out: 0 and 1 are those labelled gluon, 2 and 3 quark."""
    if not n_jets:
        return Images(np.empty((0, SIDE, SIDE), np.float32), np.empty(0, np.int64))
    source = JetSource(GLUONS if signal and stream < 2 else QUARKS, seed_sequence(seed, stream, 0))
    rng = np.random.Generator(np.random.SFC64(seed_sequence(seed, stream, 1)))
    pixels, events, done = [], [], 0
    while done < n_jets:
        jets = source.draw(BLOCK)
        images = photograph(jets.particles, jets.axes, rng)
        lit = images.any(axis=(1, 2))
        pixels.append(images[lit])
        events.append(jets.event[lit])
        done += int(lit.sum())
        report(min(done, n_jets))
    return Images(np.concatenate(pixels)[:n_jets], np.concatenate(events)[:n_jets])


def simulate(
    n_jets: int,
    seed: int,
    *,
    signal: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Simulate images of jets: Pythia 8 up to hadrons and jets, then a calorimeter in NumPy.

    Parameters
    ----------
    n_jets : int
        How many images, at least 1; half of them are labelled gluon.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count. The same seed gives the same bytes for any number of
        workers.
    signal : bool, default True
        False is the null mode: quark jets for every row, labels as before, by the same way through the code. No
        classifier may then do better than chance.
    workers : int, optional
        Processes, at most four of use. By default as many as there are cores, and one for a few hundred rows.
    progress : callable, optional
        Called now and then with rows done and rows wanted, in the calling process.

    Returns
    -------
    Dataset
        Images of shape (n_jets, 30, 30), float32, transverse energy in GeV; the int8 target ``gluon``; and as group
        the collision, of which two jets may come. Rows come in random order.

    Raises
    ------
    SimulatorMissing
        If Pythia 8 is not installed.
    ValueError
        If n_jets, seed or workers is out of range.

    References
    ----------
    C. Bierlich et al., SciPost Physics Codebases 8 (2022), arXiv:2203.11601 (Pythia 8.3).
    M. Andrews et al., Nucl. Instrum. Meth. A 977, 164304 (2020), arXiv:1902.08276 (such images of real detectors).
    """
    must_be_possible(n_jets, seed, workers)
    import_pythia()  # one clear error here rather than four in the workers
    n_gluons = n_jets // 2
    sizes = tuple((n + 1 - half) // 2 for n in (n_gluons, n_jets - n_gluons) for half in (0, 1))
    run = partial(run_stream, seed=seed, signal=signal)
    streams = run_streams(run, sizes, workers=workers, progress=progress)
    stream = np.repeat(np.arange(N_STREAMS), sizes)
    gluon = (stream < 2).astype(np.int8)
    events = np.concatenate([images.event for images in streams])
    order = np.random.Generator(np.random.PCG64(seed_sequence(seed, N_STREAMS))).permutation(n_jets)
    return Dataset(
        np.concatenate([images.pixels for images in streams])[order],
        pd.DataFrame({TARGET: gluon[order]}),
        _in_order_of_appearance((events * N_STREAMS + stream)[order]),
    )


def _in_order_of_appearance(keys: np.ndarray) -> np.ndarray:
    """Number groups as they come, so that a group's number tells nothing of its stream."""
    return pd.factorize(keys)[0].astype(np.int64)
