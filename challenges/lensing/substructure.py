"""What dark matter may hide in a galaxy's halo: nothing, many clumps, or one vortex."""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from challenges.lensing.deflectors import mean_convergence, rod, truncated_isothermals
from challenges.lensing.scene import Lens

SLOPE = -1.9  # of the number of clumps by mass
LIGHTEST, HEAVIEST = 1e7, 1e10  # solar masses
CLUMPED = (3e10, 6e10)  # solar masses in all clumps together, on average
REACH = 2.0  # arcsec: how far from the galaxy clumps are
CUT, CUT_MASS = 0.05, 1e8  # arcsec, solar masses: where a clump of this mass ends
FAINT = 1e8  # solar masses: lighter clumps are brought onto a mesh
VORTEX = (2.5e10, 5.5e10)  # solar masses
AXION_MASS = (-24.0, -22.5)  # log10 of eV
LONG, LONG_MASS = 0.06, 1e-22  # arcsec, eV: the de Broglie wavelength of an axion of this mass
OFF_CENTRE = 0.3  # arcsec


@dataclass(frozen=True)
class Clumps:
    """Subhalos of cold dark matter.

    Attributes
    ----------
    places : complex ndarray, shape (k,)
        In arcsec from the galaxy.
    masses : ndarray, shape (k,)
        In solar masses.
    """

    places: np.ndarray
    masses: np.ndarray


def draw_clumps(rng: np.random.Generator) -> Clumps:
    """Draw subhalos with dN/dM ~ M^-1.9, evenly over a disk.

    The number is a Poisson one, such that the mean of their mass altogether is log-uniform between 3 and 6e10 solar
    masses: about 5% of the mass within the Einstein radius.

    References
    ----------
    V. Springel et al., Monthly Notices of the Royal Astronomical Society 391, 1685 (2008): the slope of -1.9.
    """
    total = _log_uniform(*CLUMPED, rng)
    count = rng.poisson(total / mean_mass())
    low, high = (mass ** (SLOPE + 1) for mass in (LIGHTEST, HEAVIEST))
    masses = (low + (high - low) * rng.random(count)) ** (1 / (SLOPE + 1))
    return Clumps(REACH * np.sqrt(rng.random(count)) * _directions(count, rng), masses)


def mean_mass() -> float:
    """Return the mean mass of a clump in solar masses.

    Examples
    --------
    >>> f"{mean_mass():.1e}"
    '9.0e+07'
    """
    moments = [(HEAVIEST ** (SLOPE + power) - LIGHTEST ** (SLOPE + power)) / (SLOPE + power) for power in (1, 2)]
    return moments[1] / moments[0]


@dataclass(frozen=True)
class Vortex:
    """A vortex line in a superfluid of axions.

    Attributes
    ----------
    place : complex
        Of its middle, in arcsec from the galaxy.
    mass : float
        In solar masses.
    half_length : float
        In arcsec.
    angle : float
        In radians.
    """

    place: complex
    mass: float
    half_length: float
    angle: float


def draw_vortex(rng: np.random.Generator) -> Vortex:
    """Draw a vortex as long as the de Broglie wavelength of its axion: 0.06 arcsec (1e-22 eV / m).

    References
    ----------
    S. Alexander et al., Astrophysical Journal 893, 15 (2020).
    """
    mass = _log_uniform(*VORTEX, rng)
    length = LONG * LONG_MASS / 10 ** rng.uniform(*AXION_MASS)
    middle = OFF_CENTRE * np.sqrt(rng.random()) * _directions(1, rng)[0]
    return Vortex(complex(middle), mass, length / 2, rng.uniform(0, np.pi))


class Bender:
    """What bends the rays of one camera.

    Parameters
    ----------
    places : ndarray of complex64, shape (side, side)
        Where the rays are seen: a square grid around 0, in arcsec.
    area : float
        Square of the Einstein radius of one solar mass, in arcsec².
    """

    def __init__(self, places: np.ndarray, area: float) -> None:
        self.places, self.area = places, area
        self.spacing = float(places[0, 1].real - places[0, 0].real)
        side = len(places)
        lags = self.spacing * np.arange(-side, side)
        z = np.roll(lags + 1j * lags[:, None], (side, side), (0, 1))
        # Of the faint ones, those of about this mass hold most of the mass.
        cut = truncation(np.array([FAINT / 3]))
        kernel = truncated_isothermals(z, np.zeros(1, complex), np.array([area]), cut)
        self.kernel = fft.fft2(kernel.astype(np.complex64))

    def behind(self, lens: Lens, hidden: np.ndarray | None = None) -> np.ndarray:
        """Return where rays come from, in arcsec, behind a lens whose halo hides what bends them by so much.

        What a halo hides is part of its mass, not added to it: the smooth part is lighter by as much as the circle of
        the Einstein radius holds of the hidden part, so that this radius has one law whatever is hidden.
        """
        if hidden is None:
            return self.places - lens.deflection(self.places)
        smooth = lens.without(mean_convergence(hidden, self.spacing, lens.radius))
        return self.places - hidden - smooth.deflection(self.places)

    def by_clumps(self, clumps: Clumps) -> np.ndarray:
        """Return the deflection by subhalos, in arcsec: one by one, the faint ones all at once by a convolution."""
        bright = clumps.masses > FAINT
        places, masses = clumps.places[bright], clumps.masses[bright]
        one_by_one = truncated_isothermals(self.places, places, self.area * masses, truncation(masses))
        return one_by_one + self.on_mesh(Clumps(clumps.places[~bright], clumps.masses[~bright]))

    def on_mesh(self, clumps: Clumps) -> np.ndarray:
        """Return the deflection by subhalos shared among the four rays around each, all as large as each other.

        References
        ----------
        R. Hockney and J. Eastwood, *Computer Simulation Using Particles* (1988): clouds in cells; twice the side, so
        that nothing acts around the edge.
        """
        side = len(self.places)
        corner = clumps.places / self.spacing + (side - 1) / 2 * (1 + 1j)
        column, row = (np.floor(part).astype(int) for part in (corner.real, corner.imag))
        mesh = np.zeros((2 * side, 2 * side), np.float32)
        for across, share_x in ((0, column + 1 - corner.real), (1, corner.real - column)):
            for down, share_y in ((0, row + 1 - corner.imag), (1, corner.imag - row)):
                np.add.at(mesh, (row + down, column + across), clumps.masses * share_x * share_y)
        return fft.ifft2(fft.fft2(mesh) * self.kernel)[:side, :side]

    def by_vortex(self, vortex: Vortex) -> np.ndarray:
        """Return the deflection by a vortex, in arcsec."""
        z = self.places - np.complex64(vortex.place)
        return rod(z, self.area * vortex.mass, vortex.half_length, vortex.angle)


def truncation(masses: np.ndarray) -> np.ndarray:
    """Return where clumps end, in arcsec: 0.05 (M / 1e8 solar masses)^(1/3)."""
    return CUT * (masses / CUT_MASS) ** (1 / 3)


def _log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    return low * (high / low) ** rng.random()


def _directions(count: int, rng: np.random.Generator) -> np.ndarray:
    return np.exp(2j * np.pi * rng.random(count))
