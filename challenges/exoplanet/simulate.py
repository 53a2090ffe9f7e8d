"""Simulated disks from a seed: a millimetre telescope looks at each of them three times."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.exoplanet.confounders import Confounders, clumps
from challenges.exoplanet.disk import Disk
from challenges.exoplanet.layout import SIDE, SNAPSHOTS, TARGET, normalised
from challenges.exoplanet.observation import Beam, View
from challenges.exoplanet.planets import Planets
from challenges.streams import must_be_possible, run_streams, seed_sequence

STREAMS = 4  # shares of the runs; a run's images depend on its own number alone
RADII = np.geomspace(1.0, 700.0, 1200)  # au, where rings and gaps are worked out before they are turned into images
YEARS = (100.0, 2000.0)  # between snapshots
PEAK_OVER_NOISE = (40.0, 400.0)
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
        How many, at least 1: three of each disk, the last disk perhaps fewer.
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
        Images of shape (n, 128, 128), float32, each in units of its brightest pixel; a pixel is 20 milliarcseconds.
        The int8 target ``planets`` is 1 where there are some. The groups are runs: snapshots of one disk.

    Raises
    ------
    ValueError
        If n_images, seed or workers is out of range.

    Examples
    --------
    >>> data = simulate(6, 1)
    >>> data.features.shape, data.groups.tolist()
    ((6, 128, 128), [0, 0, 0, 1, 1, 1])
    """
    must_be_possible(n_images, seed, workers)
    runs = -(-n_images // SNAPSHOTS)
    host = np.arange(runs) < runs // 2
    host = _generator(seed, LABELS).permutation(host)
    shares = np.array_split(np.arange(runs), STREAMS)
    sizes = tuple(SNAPSHOTS * len(share) for share in shares)
    make = partial(_make_stream, runs=shares, host=host & signal, seed=seed)
    images = np.concatenate(run_streams(make, sizes, workers=workers, progress=_at_most(n_images, progress)))
    groups = np.repeat(np.arange(runs, dtype=np.int64), SNAPSHOTS)[:n_images]
    return Dataset(images[:n_images], pd.DataFrame({TARGET: host[groups].astype(np.int8)}), groups)


def _at_most(n_images: int, progress: Progress | None) -> Progress | None:
    """Return progress that never counts the images of the last disk that nobody asked for."""
    return progress and (lambda done, _: progress(min(done, n_images), n_images))


def _generator(seed: int, *key: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, *key)))


def _make_stream(
    stream: int, n_rows: int, *, report: Callable[[int], None], runs: list[np.ndarray], host: np.ndarray, seed: int
) -> np.ndarray:
    images = np.empty((n_rows, SIDE, SIDE), np.float32)
    for place, run in enumerate(runs[stream]):
        rows = slice(SNAPSHOTS * place, SNAPSHOTS * (place + 1))
        rng = _generator(seed, TELESCOPE, int(run))
        images[rows] = observed(Run.draw(seed, int(run), bool(host[run])).sky(rng), rng)
        report(rows.stop)
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
    years : ndarray, shape (3,)
        When it is looked at.
    roughness : float
        Of the dust, as particles make it that stand for a fluid.
    """

    disk: Disk
    view: View
    others: Confounders
    planets: Planets | None
    years: np.ndarray
    roughness: float

    @classmethod
    def draw(cls, seed: int, run: int, host: bool) -> "Run":
        """Draw a run; what it has besides planets does not know whether it has any."""
        rng = _generator(seed, NATURE, run)
        disk, view, sense = Disk.draw(rng), View.draw(rng), rng.choice([-1.0, 1.0])
        others = Confounders.draw(disk, sense, rng)
        planets = Planets.draw(disk, sense, _generator(seed, PLANETS, run)) if host else None
        return cls(disk, view, others, planets, np.cumsum(rng.uniform(*YEARS, SNAPSHOTS)), rng.uniform(*ROUGHNESS))

    def sky(self, rng: np.random.Generator) -> np.ndarray:
        """Return what a perfect telescope would see, one image a snapshot, shape (3, 128, 128)."""
        r, angle = self.view.plane()
        profile = self.disk.dust(RADII) * self.others.carve(RADII)
        swirl = self.others.swirl(self.disk, r, angle, self.years)
        if self.planets:
            profile = profile * self.planets.carve(self.disk, RADII)
            swirl *= self.planets.wakes(self.disk, r, angle, self.years)
        swirl *= clumps(swirl.shape, self.roughness, rng)
        dust = np.interp(r, RADII, profile).astype(np.float32)
        sky = self.disk.brightness(r, dust * swirl, self.view.tilt)
        flux, row, column = self.others.background
        add_points(sky, np.array([row]), np.array([column]), flux * sky.max(keepdims=True).ravel())
        if self.planets:
            for image, time in zip(sky, self.years, strict=True):
                at, flux = self.planets.sources(self.disk, time, self.view.tilt)
                add_points(image[None], *self.view.pixel(self.planets.radius, at), flux)
        return sky


def add_points(images: np.ndarray, rows: np.ndarray, columns: np.ndarray, flux: np.ndarray) -> None:
    """Add points to images in place, each shared among the four pixels nearest to it; those outside are left out."""
    for row, column, value in zip(rows, columns, flux, strict=True):
        top, left = int(np.floor(row)), int(np.floor(column))
        if 0 <= top < SIDE - 1 and 0 <= left < SIDE - 1:
            down, right = row - top, column - left
            share = np.outer([1 - down, down], [1 - right, right])
            images[:, top : top + 2, left : left + 2] += value * share


def observed(sky: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images as a telescope gives them: each through a beam, and with noise, of its own."""
    images = np.empty(sky.shape, np.float32)
    for number, scene in enumerate(sky):
        beam = Beam.draw(rng)
        image = beam.blur(scene)
        depth = 10 ** rng.uniform(*np.log10(PEAK_OVER_NOISE))
        images[number] = image + image.max() / depth * beam.noise(1, rng)[0]
    return normalised(images)
