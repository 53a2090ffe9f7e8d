"""What planets do to a disk: they open gaps, pile up rings, drive wakes, and glow a little themselves."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from challenges.exoplanet.disk import Disk, planck
from challenges.exoplanet.layout import AU

MOST = 4
MASS = (-3.6, -2.3)  # decimal logarithm, solar masses: 0.26 to 5 Jupiters
APART = 1.15  # least ratio of neighbouring orbits
WIDEST = 1.1  # fourth root of K', up to which the shape of gaps has been simulated
STRONGEST_TRAP = 0.8  # of Stokes number over viscosity: more takes longer than these disks are old
SOFT_EDGE = 0.5  # scale heights: pressure smooths what is sharper
BUMP = 1.0  # height of the ring beyond the deepest gap
WAKE, WAKE_MOST = 0.8, 2.5  # amplitude of the wake of a planet of one thermal mass, and of the heaviest
WIDENING = 1.2  # of the wake in angle, with the root of the distance in scale heights: a shock spreads
SECOND_ARM = 0.4  # amplitude of the second inner arm


@dataclass(frozen=True)
class Planets:
    """Planets on circular orbits in one disk.

    Attributes
    ----------
    mass, radius : ndarray, shape (k,)
        Solar masses and au, inner ones first.
    phase : ndarray, shape (k,)
        Where they are, radians.
    opened : ndarray, shape (k,)
        How much of its final depth each gap has reached.
    glow : ndarray, shape (k,)
        How much of each circumplanetary disk is filled with dust; 0 for none.
    sense : float
        1 or -1: the way everything turns.
    """

    mass: np.ndarray
    radius: np.ndarray
    phase: np.ndarray
    opened: np.ndarray
    glow: np.ndarray
    sense: float

    @classmethod
    def draw(cls, disk: Disk, sense: float, rng: np.random.Generator) -> "Planets":
        """Draw one to four planets, at least 15% apart, between a fifth of the disk's size and a little beyond it."""
        count = rng.integers(1, MOST + 1)
        while True:
            radius = np.sort(disk.size * rng.uniform(0.2, 1.05, count))
            if (radius[1:] > APART * radius[:-1]).all():
                break
        return cls(
            mass=10 ** rng.uniform(*MASS, count),
            radius=radius,
            phase=rng.uniform(0, 2 * np.pi, count),
            opened=rng.uniform(0.5, 1.0, count),
            glow=(rng.random(count) < 0.5) * 10 ** rng.uniform(-2.0, 0.0, count),
            sense=sense,
        )

    def carve(self, disk: Disk, r: np.ndarray) -> np.ndarray:
        """Return by how much the planets multiply the dust of whole rings, at radii in au that grow geometrically."""
        step = np.log(r[1] / r[0])
        trap = min(disk.stokes / disk.viscosity, STRONGEST_TRAP)
        factor = np.ones_like(r)
        for mass, radius, opened in zip(self.mass, self.radius, self.opened, strict=True):
            h = float(disk.aspect_ratio(radius))
            gas, edge = gap(r / radius, mass / disk.star_mass, h, disk.viscosity)
            gas = gaussian_filter1d(1 - opened * (1 - gas), SOFT_EDGE * h / step, mode="nearest")
            # Dullemond et al., ApJ 869, L46 (2018): a trap of the gas's width, narrowed by drift against turbulence.
            width = h * radius / np.sqrt(1 + trap)
            bump = BUMP * (1 - gas.min()) * trap / (1 + trap)
            factor *= gas ** (1 + trap) * (1 + bump * np.exp(-0.5 * ((r - radius * (1 + edge) - width) / width) ** 2))
        return factor

    def wakes(self, disk: Disk, r: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Return by how much the planets' spiral wakes multiply the dust.

        Parameters
        ----------
        disk : Disk
        r, angle : ndarray, shape (n, n)
            Where each pixel is in the plane of the disk, au and radians.

        Returns
        -------
        ndarray, shape (n, n)
            1 on average over a turn.
        """
        factor = np.ones_like(r)
        for mass, radius, phase in zip(self.mass, self.radius, self.phase, strict=True):
            h = float(disk.aspect_ratio(radius))
            x = r / np.float32(radius)
            behind = self.sense * wake_angle(x, h)
            away = np.abs(np.log(x)) / np.float32(h)
            strength = _strength(away, mass / disk.star_mass / h**3)
            width = np.float32(h) * (1 + np.float32(WIDENING) * np.sqrt(away))
            off = angle - np.float32(phase) - behind
            factor += strength * _arm(off, width)
            factor += strength * (x < 1) * np.float32(SECOND_ARM) * _arm(off + np.float32(np.pi), width)
        return np.maximum(factor, np.float32(0.05))

    def sources(self, disk: Disk, tilt: float) -> np.ndarray:
        """Return the flux of the circumplanetary disks, in pixels times intensity.

        Each fills a third of the planet's Hill sphere (Quillen and Trilling, ApJ 508, 707, 1998) at the temperature
        of its surroundings.
        """
        hill = self.radius * np.cbrt(self.mass / disk.star_mass / 3)
        area = np.pi * (hill / 3 / AU) ** 2 * np.cos(tilt)
        return self.glow * area * planck(disk.temperature(self.radius))


def gap(x: np.ndarray, mass_ratio: float, h: float, viscosity: float) -> tuple[np.ndarray, float]:
    """Return the gas in and around a planet's gap, over what was there before, and where the gap ends.

    Kanagawa et al., MNRAS 448, 994 (2015) for the depth, and PASJ 69, 97 (2017) for the shape.

    Parameters
    ----------
    x : ndarray
        Radius over the planet's.
    mass_ratio : float
        Planet over star.
    h : float
        Aspect ratio of the disk at the planet.
    viscosity : float
        Alpha.

    Returns
    -------
    depth : ndarray
        Between 0 and 1.
    edge : float
        Distance of the gap's edge from the planet, over the planet's radius.

    Examples
    --------
    >>> depth, edge = gap(np.array([1.0, 1.2, 2.0]), 3e-4, 0.07, 1e-3)
    >>> depth.round(3).tolist(), round(edge, 3)
    ([0.318, 0.798, 1.0], 0.236)
    """
    deepest = 1 / (1 + 0.04 * mass_ratio**2 / (h**5 * viscosity))
    width = min((mass_ratio**2 / (h**3 * viscosity)) ** 0.25, WIDEST)
    slope = 4.0 * np.abs(x - 1) / width - 0.32
    return np.clip(slope, deepest, 1.0), 0.33 * width


def wake_angle(x: np.ndarray, h: float) -> np.ndarray:
    """Return how far the wake is ahead of its planet, radians; Rafikov, ApJ 569, 997 (2002), equation 44.

    In a Keplerian disk whose sound speed falls as the fourth root of the radius.

    Parameters
    ----------
    x : ndarray
        Radius over the planet's.
    h : float
        Aspect ratio of the disk at the planet.

    Examples
    --------
    Inside its orbit the wake runs ahead, outside it trails:

    >>> wake_angle(np.array([0.5, 1.0, 2.0]), 0.1).round(2).tolist()
    [2.93, 0.0, -4.66]
    """
    phase = -4 * x**-0.25 - 0.8 * x**1.25 + 4.8
    return np.sign(x - 1) * phase / h


def _strength(away: np.ndarray, thermal_mass: float) -> np.ndarray:
    """Return the wake's amplitude so many scale heights away, by the planet's mass in thermal masses.

    It is launched a scale height away, steepens into a shock, and then falls as the root of the distance; Goodman and
    Rafikov, ApJ 552, 793 (2001).
    """
    launch = WAKE * thermal_mass**0.8
    launch = launch / (1 + launch / WAKE_MOST)
    return np.float32(launch) * -np.expm1(-(away**2)) / np.sqrt(1 + away / 6)


def _arm(off: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return a ridge along the spiral, less its mean over a turn."""
    two_pi = np.float32(2 * np.pi)
    off = off - two_pi * np.round(off / two_pi)
    return np.exp(-0.5 * (off / width) ** 2) - width / np.sqrt(two_pi)
