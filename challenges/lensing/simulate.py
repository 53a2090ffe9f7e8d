"""Simulated images of strong gravitational lenses from a seed."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.lensing.camera import Camera, photographed, sky_noise
from challenges.lensing.cosmology import einstein_area
from challenges.lensing.layout import (
    AXION,
    CDM,
    CLASSES,
    HIGH_SIDE,
    SIDE,
    SUBSTRUCTURE,
    SUPER_RESOLUTION,
    TARGET,
    stretched,
)
from challenges.lensing.scene import draw_scene
from challenges.lensing.substructure import Bender, draw_clumps, draw_vortex
from challenges.precision import rounded_below_noise
from challenges.streams import must_be_possible, run_streams, seed_sequence

N_STREAMS = 4
CAMERA = Camera(SIDE, 0.07, 0.10, rays=2)
HIGH, LOW = Camera(HIGH_SIDE, 0.05, 0.08, rays=2), Camera(SIDE, 0.10, 0.20, rays=4)  # the same rays
SIGNAL_TO_NOISE = {SUBSTRUCTURE: (25.0, 45.0), SUPER_RESOLUTION: (8.0, 25.0)}
SHARPNESS = 2**-10  # of the brightest pixel: what of sharp images counts
REPORTED = 20  # images between two reports


def simulate(
    n_images: int,
    seed: int,
    *,
    track: str,
    signal: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Simulate images of galaxies that are bent into rings, by shooting rays from the camera back to the source.

    Parameters
    ----------
    n_images : int
        How many, at least 1.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count. The same seed gives the same bytes for any number of
        workers.
    track : str
        ``substructure`` or ``super_resolution``.
    signal : bool, default True
        False is the null mode. For ``substructure`` no halo holds any, and labels stay; for ``super_resolution`` every
        low-resolution image is that of another lens.
    workers : int, optional
        Processes, at most four of use. By default as many as there are cores, and one for a few hundred images.
    progress : callable, optional
        Called now and then with images done and images wanted, in the calling process.

    Returns
    -------
    Dataset
        Images of shape (n, 64, 64), float32, each scaled to [0, 1] and rounded below its noise. For ``substructure``
        the int8 target ``substructure``, 0 to 2 as in `challenges.lensing.layout.CLASSES`, as many of each class as can
        be; for ``super_resolution`` the noiseless images of shape (n, 128, 128), float32, scaled to [0, 1] and rounded
        to 1/4096. Every image is a group. The order is random.

    Raises
    ------
    ValueError
        If n_images, seed, track or workers is not one of these.

    References
    ----------
    S. Alexander et al., Astrophysical Journal 893, 15 (2020), arXiv:1909.07346, and 954, 28 (2023), arXiv:2112.12121:
    the classes. The deflections name their own sources.
    """
    must_be_possible(n_images, seed, workers)
    if track not in SIGNAL_TO_NOISE:
        raise ValueError(f"track must be one of {list(SIGNAL_TO_NOISE)}, got {track!r}")
    label = (np.arange(n_images) % len(CLASSES)).astype(np.int8)
    label = np.random.Generator(np.random.PCG64(seed_sequence(seed, N_STREAMS))).permutation(label)
    parts = np.array_split(label, N_STREAMS)
    run = partial(run_stream, labels=parts, seed=seed, track=track, signal=signal, area=einstein_area())
    streams = run_streams(run, tuple(map(len, parts)), workers=workers, progress=progress)
    given, asked = (np.concatenate(images) for images in zip(*streams, strict=True))
    groups = np.arange(n_images, dtype=np.int64)
    if track == SUBSTRUCTURE:
        return Dataset(given, pd.DataFrame({TARGET: label}), groups)
    return Dataset(given if signal else np.roll(given, 1, axis=0), asked, groups)


def run_stream(
    stream: int,
    n_images: int,
    *,
    labels: list[np.ndarray],
    seed: int,
    track: str,
    signal: bool,
    area: float,
    report: Callable[[int], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of one stream: those that are given, and those that are asked for (none for substructure)."""
    rng = np.random.Generator(np.random.SFC64(seed_sequence(seed, stream)))
    sharp, seen = (HIGH, LOW) if track == SUPER_RESOLUTION else (None, CAMERA)
    bender = Bender(seen.places, area)
    given, noise = np.empty((n_images, SIDE, SIDE)), np.empty(n_images)
    asked = np.empty((n_images if sharp else 0, HIGH_SIDE, HIGH_SIDE), np.float32)
    for row, kind in enumerate(labels[stream]):
        light = _light(bender, kind if signal or sharp else None, rng)
        signal_to_noise = rng.uniform(*SIGNAL_TO_NOISE[track])
        given[row] = photographed(seen.expose(light), signal_to_noise, rng)
        noise[row] = sky_noise(signal_to_noise) / np.ptp(given[row])
        if sharp:
            asked[row] = sharp.expose(light)
        if row % REPORTED == 0:
            report(row)
    report(n_images)
    return rounded_below_noise(stretched(given), noise), rounded_below_noise(stretched(asked), SHARPNESS)


def _light(bender: Bender, kind: int | None, rng: np.random.Generator) -> np.ndarray:
    """Return the light along every ray of a scene drawn at random."""
    lens, source = draw_scene(rng)
    hidden = None
    if kind == CDM:
        hidden = bender.by_clumps(draw_clumps(rng))
    elif kind == AXION:
        hidden = bender.by_vortex(draw_vortex(rng))
    return source.light(bender.behind(lens, hidden))
