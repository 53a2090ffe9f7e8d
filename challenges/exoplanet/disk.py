"""A smooth disk of gas and dust around a young star: what it is made of, and how it glows."""

from dataclasses import dataclass

import numpy as np

from challenges.exoplanet.layout import FREQUENCY

PLANCK, BOLTZMANN, LIGHT = 6.62607015e-34, 1.380649e-23, 299792458.0  # SI
HYDROGEN, MEAN_WEIGHT = 1.6735e-27, 2.34  # kg a hydrogen atom, atoms a molecule of the gas
GM_SUN = 1.32712440018e20  # m³/s²
SUN_IN_GRAMS, AU_IN_CM = 1.98841e33, 1.495978707e13
AU_IN_M = AU_IN_CM / 100
GRAZING = 0.02  # angle at which starlight meets the surface
DUST_TO_GAS = 0.01
INNERMOST = 1.0  # au; all that is further in lies within one pixel


@dataclass(frozen=True)
class Disk:
    """A disk without any structure.

    Attributes
    ----------
    star_mass, gas_mass : float
        Solar masses.
    size : float
        Radius at which the power law of the surface density gives way to an exponential, au.
    slope : float
        Exponent of that power law.
    viscosity : float
        Shakura and Sunyaev's alpha.
    stokes : float
        Stokes number of the dust that is seen: how loosely it is bound to the gas.
    opacity : float
        Of a gram of dust at 239.8 GHz, cm²/g.
    """

    star_mass: float
    gas_mass: float
    size: float
    slope: float
    viscosity: float
    stokes: float
    opacity: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Disk":
        """Draw a disk like those that ALMA sees."""
        star_mass = rng.uniform(0.5, 2.0)
        return cls(
            star_mass=star_mass,
            gas_mass=star_mass * 10 ** rng.uniform(-2.4, -1.2),
            size=rng.uniform(70, 140),
            slope=rng.uniform(0.2, 1.0),
            viscosity=10 ** rng.uniform(-3.3, -2.3),
            stokes=10 ** rng.uniform(-2.5, -1.0),
            opacity=rng.uniform(1.5, 3.5),
        )

    def dust(self, r: np.ndarray) -> np.ndarray:
        """Return the surface density of dust at radii in au, g/cm².

        The similarity solution of a viscous disk; Lynden-Bell and Pringle, MNRAS 168, 603 (1974).
        """
        mass = DUST_TO_GAS * self.gas_mass * SUN_IN_GRAMS
        scale = (2 - self.slope) * mass / (2 * np.pi * (self.size * AU_IN_CM) ** 2)
        x = np.maximum(r, INNERMOST) / self.size
        return scale * x**-self.slope * np.exp(-(x ** (2 - self.slope)))

    def temperature(self, r: np.ndarray) -> np.ndarray:
        """Return the temperature at radii in au, K: that of a disk which the star heats; L = M^1.7.

        Dullemond et al., ApJ 869, L46 (2018), equation 5; 278.3 K is what a black ball has at 1 au from the sun.
        """
        return 278.3 * (2 * GRAZING) ** 0.25 * self.star_mass**0.425 * np.maximum(r, INNERMOST) ** -0.5

    def aspect_ratio(self, r: np.ndarray) -> np.ndarray:
        """Return the gas's scale height over the radius, at radii in au.

        Examples
        --------
        >>> disk = Disk(1.0, 0.01, 100, 1.0, 1e-3, 1e-2, 2.0)
        >>> float(disk.aspect_ratio(np.array(50.0)).round(3))
        0.059
        """
        sound = np.sqrt(BOLTZMANN * self.temperature(r) / (MEAN_WEIGHT * HYDROGEN))
        return sound * np.sqrt(np.maximum(r, INNERMOST) * AU_IN_M / (GM_SUN * self.star_mass))

    def brightness(self, r: np.ndarray, dust: np.ndarray, tilt: float) -> np.ndarray:
        """Return the intensity of dust of a surface density in g/cm², W/m²/Hz/sr, seen under a tilt in radians."""
        depth = self.opacity * dust / np.cos(tilt)
        return planck(self.temperature(r)) * -np.expm1(-depth)


def planck(temperature: np.ndarray) -> np.ndarray:
    """Return the intensity of a black body of a temperature in K, at 239.8 GHz, W/m²/Hz/sr.

    Examples
    --------
    >>> float(planck(np.array(20.0)) * 1e16).__round__(2)
    2.61
    """
    return 2 * PLANCK * FREQUENCY**3 / LIGHT**2 / np.expm1(PLANCK * FREQUENCY / (BOLTZMANN * temperature))
