"""What looks like the work of planets and is none: drawn alike whether a disk has planets or not."""

from dataclasses import dataclass

import numpy as np

from challenges.exoplanet.disk import Disk
from challenges.exoplanet.layout import SIDE

RINGS = (
    (1.5, (0.03, 0.12), (-0.4, 0.4)),  # as most disks have
    (0.5, (0.03, 0.12), (-0.97, 2.0)),  # as deep as planets' own
    (1.0, (0.5, 1.0), (-0.8, 3.0)),  # broad: where in the disk the dust is
)
"""Kinds of rings and gaps: their mean number, and ranges of width over radius and of height."""
ZONAL, CRESCENT, SPIRAL, CAVITY, BACKGROUND = 0.3, 0.25, 0.3, 0.1, 0.5  # chances


@dataclass(frozen=True)
class Confounders:
    """Structure of one disk that needs no planet.

    Attributes
    ----------
    rings : ndarray, shape (k, 3)
        Radius and width in au and height of rings; gaps where negative: ice lines, dead zones, pile-ups of dust.
    zonal : tuple of three floats
        Amplitude, wavelength in the logarithm of the radius, and phase of zonal flows.
    cavity : tuple of two floats
        Radius in au inside which light has blown the dust away, and what is left there.
    crescent : tuple of five floats
        Height, radius, radial width in au, angle, and angular width of a vortex.
    spiral : tuple of four floats
        Amplitude, arms, tangent of the pitch angle, and phase of gravitational spirals.
    background : tuple of three floats
        Flux over that of the disk's brightest pixel, and place in pixels, of a galaxy behind.
    sense : float
        1 or -1: the way everything turns.
    """

    rings: np.ndarray
    zonal: tuple[float, float, float]
    cavity: tuple[float, float]
    crescent: tuple[float, float, float, float, float]
    spiral: tuple[float, int, float, float]
    background: tuple[float, float, float]
    sense: float

    @classmethod
    def draw(cls, disk: Disk, sense: float, rng: np.random.Generator) -> "Confounders":
        """Draw what this disk has; what it has not gets the height 0."""
        rings = np.concatenate([_rings(disk, rng.poisson(mean), width, height, rng) for mean, width, height in RINGS])
        has = rng.random(5) < (ZONAL, CRESCENT, SPIRAL, CAVITY, BACKGROUND)
        at = disk.size * rng.uniform(0.3, 1.0)
        return cls(
            rings=rings,
            zonal=(has[0] * rng.uniform(0.05, 0.2), rng.uniform(0.12, 0.35), rng.uniform(0, 2 * np.pi)),
            crescent=(
                has[1] * rng.uniform(0.4, 2.0),
                at,
                at * rng.uniform(0.04, 0.1),
                rng.uniform(0, 2 * np.pi),
                rng.uniform(0.3, 0.9),
            ),
            spiral=(
                has[2] * rng.uniform(0.1, 0.4),
                int(rng.integers(2, 6)),
                np.tan(np.radians(rng.uniform(9, 20))),
                rng.uniform(0, 2 * np.pi),
            ),
            cavity=(has[3] * disk.size * rng.uniform(0.08, 0.3), 10 ** rng.uniform(-2.0, -0.5)),
            background=(has[4] * 10 ** rng.uniform(-2.0, -0.7), *rng.uniform(0.1 * SIDE, 0.9 * SIDE, 2)),
            sense=sense,
        )

    def carve(self, r: np.ndarray) -> np.ndarray:
        """Return by how much rings, zonal flows and a cavity multiply the dust at radii in au."""
        factor = np.ones_like(r)
        for radius, width, height in self.rings:
            factor *= 1 + height * np.exp(-0.5 * ((r - radius) / width) ** 2)
        amplitude, wavelength, phase = self.zonal
        factor *= 1 + amplitude * np.sin(2 * np.pi * np.log(r) / wavelength + phase)
        edge, left = self.cavity
        if edge:
            factor *= left + (1 - left) / (1 + np.exp(-(r - edge) / (0.08 * edge)))
        return factor

    def swirl(self, disk: Disk, r: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Return by how much a crescent and spirals multiply the dust; arguments and result as of `Planets.wakes`."""
        factor = np.ones_like(r)
        height, radius, width, phase, span = (np.float32(value) for value in self.crescent)
        if height:
            ridge = height * np.exp(-0.5 * ((r - radius) / width) ** 2)
            off = np.angle(np.exp(1j * (angle - phase))).astype(r.dtype)
            factor += ridge * np.exp(-0.5 * (off / span) ** 2)
        amplitude, arms, pitch, phase = self.spiral
        if amplitude:
            winding = np.float32(self.sense) * np.log(r / np.float32(disk.size)) / np.float32(pitch)
            factor *= 1 + np.float32(amplitude) * np.cos(arms * (angle + winding) + np.float32(phase))
        return factor


def _rings(
    disk: Disk, count: int, width: tuple[float, float], height: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Draw rings or gaps of one kind: radius, width and height of each, shape (count, 3)."""
    radius = disk.size * rng.uniform(0.12, 1.2, count)
    return np.column_stack([radius, radius * rng.uniform(*width, count), rng.uniform(*height, count)])


def clumps(shape: tuple[int, ...], roughness: float, rng: np.random.Generator) -> np.ndarray:
    """Return log-normal noise of mean 1 on the dust, as particles make that stand for a fluid."""
    white = rng.standard_normal(shape, dtype=np.float32)
    return np.exp(np.float32(roughness) * white - np.float32(roughness**2 / 2))
