"""Simulated disks from a seed: a millimetre telescope looks at each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.exoplanet.confounders import Confounders, clumps
from challenges.exoplanet.disk import Disk
from challenges.exoplanet.layout import FAINT, PEAK_OVER_NOISE, RARE, SIDE, TARGET, normalised
from challenges.exoplanet.observation import Beam, View
from challenges.exoplanet.planets import Planets
from challenges.precision import rounded_below_noise
from challenges.streams import must_be_possible, run_streams, seed_sequence

STREAMS = 4  # shares of the disks; a disk depends on its own number alone
RADII = np.geomspace(1.0, 700.0, 1200)  # au, where rings and gaps are worked out before they are turned into images
ROUGHNESS = (0.01, 0.08)
NATURE, PLANETS, TELESCOPE, LABELS = range(4)  # each has random numbers of its own


def simulate(
    n_images: int,
    seed: int,
    *,
    signal: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Simulate continuum images of protoplanetary disks at 1.25 mm, half of them with one to four planets.

    Parameters
    ----------
    n_images : int
        How many, at least 1; each of a disk of its own.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count.
    signal : bool, default True
        False leaves the planets out; what else a disk has, and its label, stay.
    workers : int, optional
        In how many processes; the images are the same for any number.
    progress : callable, optional
        Called with images done and images wanted.

    Returns
    -------
    Dataset
        Images of shape (n, 128, 128), float32, each in units of its brightest pixel and rounded to less than a quarter
        of its noise; a pixel is 20 milliarcseconds. The int8 target ``planets`` is 1 where there are some. Every image
        is a group of its own.

    Raises
    ------
    ValueError
        If n_images, seed or workers is out of range.

    Examples
    --------
    >>> data = simulate(4, 1)
    >>> data.features.shape, int(data.targets["planets"].sum())
    ((4, 128, 128), 2)
    """
    must_be_possible(n_images, seed, workers)
    runs = np.arange(n_images)
    host = _generator(seed, LABELS).permutation(runs < n_images // 2)
    shares = np.array_split(runs, STREAMS)
    make = partial(_make_stream, runs=shares, host=host & signal, seed=seed)
    images = run_streams(make, tuple(map(len, shares)), workers=workers, progress=progress)
    return Dataset(np.concatenate(images), pd.DataFrame({TARGET: host.astype(np.int8)}), runs)


def _generator(seed: int, *key: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, *key)))


def _make_stream(
    stream: int, n_rows: int, *, report: Callable[[int], None], runs: list[np.ndarray], host: np.ndarray, seed: int
) -> np.ndarray:
    images = np.empty((n_rows, SIDE, SIDE), np.float32)
    for place, run in enumerate(runs[stream]):
        rng = _generator(seed, TELESCOPE, int(run))
        images[place] = observed(Run.draw(seed, int(run), bool(host[run])).sky(rng), rng)
        report(place + 1)
    return images


@dataclass(frozen=True)
class Run:
    """One disk, and what happens in it.

    Attributes
    ----------
    disk : Disk
    view : View
    others : Confounders
    planets : Planets or None
    roughness : float
        Of the dust, as particles make it that stand for a fluid.
    """

    disk: Disk
    view: View
    others: Confounders
    planets: Planets | None
    roughness: float

    @classmethod
    def draw(cls, seed: int, run: int, host: bool) -> "Run":
        """Draw a run; what it has besides planets does not know whether it has any."""
        rng = _generator(seed, NATURE, run)
        disk, view, sense = Disk.draw(rng), View.draw(rng), rng.choice([-1.0, 1.0])
        others = Confounders.draw(disk, sense, rng)
        planets = Planets.draw(disk, sense, _generator(seed, PLANETS, run)) if host else None
        return cls(disk, view, others, planets, rng.uniform(*ROUGHNESS))

    def sky(self, rng: np.random.Generator) -> np.ndarray:
        """Return what a perfect telescope would see, shape (128, 128), W/m²/Hz/sr."""
        r, angle = self.view.plane()
        profile = self.disk.dust(RADII) * self.others.carve(RADII)
        swirl = self.others.swirl(self.disk, r, angle)
        if self.planets:
            profile = profile * self.planets.carve(self.disk, RADII)
            swirl *= self.planets.wakes(self.disk, r, angle)
        swirl *= clumps(swirl.shape, self.roughness, rng)
        dust = np.interp(r, RADII, profile).astype(np.float32)
        sky = self.disk.brightness(r, dust * swirl, self.view.tilt)
        flux, row, column = self.others.background
        add_points(sky, np.array([row]), np.array([column]), np.array([flux * sky.max()]))
        if self.planets:
            at = self.view.pixel(self.planets.radius, self.planets.phase)
            add_points(sky, *at, self.planets.sources(self.disk, self.view.tilt))
        return sky


def add_points(image: np.ndarray, rows: np.ndarray, columns: np.ndarray, flux: np.ndarray) -> None:
    """Add points to an image in place, each shared among the four pixels nearest to it; those outside are left out."""
    for row, column, value in zip(rows, columns, flux, strict=True):
        top, left = int(np.floor(row)), int(np.floor(column))
        if 0 <= top < SIDE - 1 and 0 <= left < SIDE - 1:
            down, right = row - top, column - left
            share = np.outer([1 - down, down], [1 - right, right])
            image[top : top + 2, left : left + 2] += value * share


def observed(sky: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an image as a telescope gives it: through a beam, and with noise."""
    depth = 10 ** rng.uniform(*np.log10(FAINT if rng.random() < RARE else PEAK_OVER_NOISE))
    return seen(sky, Beam.draw(rng), depth, rng)


def seen_like(beam: Beam, peak_over_noise: float, host: np.ndarray, seed: int) -> np.ndarray:
    """Return simulated disks as one recording would show them.

    Parameters
    ----------
    beam : Beam
    peak_over_noise : float
        Of the recording.
    host : ndarray of bool, shape (n,)
        Which disks have planets.
    seed : int

    Returns
    -------
    ndarray, shape (n, 128, 128), float32
    """
    images = np.empty((len(host), SIDE, SIDE), np.float32)
    for run, has_planets in enumerate(host.tolist()):
        rng = _generator(seed, TELESCOPE, run)
        images[run] = seen(Run.draw(seed, run, has_planets).sky(rng), beam, peak_over_noise, rng)
    return images


def seen(sky: np.ndarray, beam: Beam, peak_over_noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return an image through a beam and under noise, in units of its brightest pixel, rounded below the noise."""
    image = beam.blur(sky)
    noise = image.max() / peak_over_noise
    image = image + noise * beam.noise(rng)
    return rounded_below_noise(normalised(image)[None], noise / image.max())[0]
