"""A galaxy, its halo, and a brighter galaxy far behind: what is in one image, and the light that arrives."""

from dataclasses import dataclass, replace

import numpy as np

from challenges.lensing.deflectors import ellipsoid_convergence, isothermal_ellipsoid, shear

SPREAD = 0.1  # of every quantity, as a part of its usual value
EINSTEIN_RADIUS, AXIS_RATIO, SHEAR = 1.3, 0.82, 0.05
SOURCE_RADIUS, SERSIC_INDEX, SOURCE_AXIS_RATIO = 0.25, 1.0, 0.75
OFFSET = 0.35  # arcsec: the farthest that the source is from the line through observer and lens


@dataclass(frozen=True)
class Lens:
    """A galaxy in front, and the pull of its surroundings; angles in radians, the radius in arcsec."""

    radius: float
    axis_ratio: float
    angle: float
    shear: float
    shear_angle: float

    def without(self, convergence: float) -> "Lens":
        """Return this lens with so much less mass within its Einstein radius, as a part of what makes that ring."""
        return replace(self, radius=self.radius * (1 - convergence / ellipsoid_convergence(self.axis_ratio)))

    def deflection(self, z: np.ndarray) -> np.ndarray:
        """Return the deflection of rays seen at z, in arcsec."""
        galaxy = isothermal_ellipsoid(z, self.radius, self.axis_ratio, self.angle)
        return galaxy + shear(z, self.shear, self.shear_angle)


@dataclass(frozen=True)
class Source:
    """A galaxy behind, with a Sérsic profile; half-light radius and place in arcsec."""

    place: complex
    radius: float
    index: float
    axis_ratio: float
    angle: float

    def light(self, z: np.ndarray) -> np.ndarray:
        """Return the surface brightness at z, 1 at the half-light radius.

        References
        ----------
        L. Ciotti and G. Bertin, Astronomy and Astrophysics 352, 447 (1999): the profile and its constant b.
        """
        w = (z - z.dtype.type(self.place)) * z.dtype.type(np.exp(-1j * self.angle))
        distance = np.sqrt(self.axis_ratio * w.real**2 + w.imag**2 / self.axis_ratio) / self.radius
        b = 2 * self.index - 1 / 3 + 4 / (405 * self.index) + 46 / (25515 * self.index**2)
        return np.exp(-b * (distance ** (1 / self.index) - 1))


def draw_scene(rng: np.random.Generator) -> tuple[Lens, Source]:
    """Draw a lens and a source: all numbers spread around their usual values, all angles alike."""
    lens = Lens(
        radius=_near(EINSTEIN_RADIUS, rng),
        axis_ratio=min(_near(AXIS_RATIO, rng), 0.98),
        angle=rng.uniform(0, np.pi),
        shear=_near(SHEAR, rng),
        shear_angle=rng.uniform(0, np.pi),
    )
    source = Source(
        place=complex(OFFSET * np.sqrt(rng.random()) * np.exp(2j * np.pi * rng.random())),
        radius=_near(SOURCE_RADIUS, rng),
        index=_near(SERSIC_INDEX, rng),
        axis_ratio=min(_near(SOURCE_AXIS_RATIO, rng), 0.98),
        angle=rng.uniform(0, np.pi),
    )
    return lens, source


def _near(usual: float, rng: np.random.Generator) -> float:
    """Return a number near the usual one: normal, and never farther than three standard deviations."""
    return usual * (1 + SPREAD * float(np.clip(rng.standard_normal(), -3, 3)))
