"""What silicon does to electrons and photons on their way to the calorimeter: radiation, conversion, bending."""

from dataclasses import dataclass, fields

import numpy as np

FIELD = 3.8  # tesla
CALORIMETER_RADIUS = 1.29  # metres
PLANES = np.linspace(0.04, 1.10, 24)  # radii of the planes that hold the material, metres
SOFTEST = 0.002  # radiated photons take at least this fraction of the electron's energy
PT_PHOTON, PT_CHARGED = 0.15, 0.7  # GeV: softer photons drown in noise, softer electrons curl up


@dataclass(frozen=True)
class Particles:
    """Particles at one radius of the tracker.

    Attributes
    ----------
    image : ndarray of int, shape (n,)
        The image that each belongs to.
    charge : ndarray, shape (n,)
        -1, 0 (photon) or +1.
    pt : ndarray, shape (n,)
        Transverse momentum in GeV.
    offset : ndarray, shape (n,)
        Distance from the first particle's initial direction, in metres.
    slope : ndarray, shape (n,)
        Its change for each metre outwards.
    """

    image: np.ndarray
    charge: np.ndarray
    pt: np.ndarray
    offset: np.ndarray
    slope: np.ndarray

    def take(self, chosen: np.ndarray) -> "Particles":
        """Return the chosen particles."""
        return Particles(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def changed(self, **columns: np.ndarray) -> "Particles":
        """Return the same particles with some columns replaced."""
        return Particles(*(columns.get(field.name, getattr(self, field.name)) for field in fields(self)))

    @staticmethod
    def joined(parts: list["Particles"]) -> "Particles":
        """Return the particles of all parts, one part after the other."""
        return Particles(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Particles))
        )


def material(eta: np.ndarray) -> np.ndarray:
    """Return the thickness of the tracker in radiation lengths.

    A polynomial that follows the budget of the CMS tracker, 0.4 at the centre and more than 1 towards the end of the
    barrel [1]_, times 1.4: so much makes the images as broad as real ones.

    References
    ----------
    .. [1] CMS Collaboration, The CMS experiment at the CERN LHC, JINST 3, S08004 (2008).
    """
    return 1.4 * (0.38 + 0.25 * eta**2 + 0.357 * eta**4)


def cross(particles: Particles, thickness: np.ndarray, rng: np.random.Generator) -> Particles:
    """Follow particles and what they make out to the calorimeter.

    Parameters
    ----------
    particles : Particles
        At the beam.
    thickness : ndarray, shape (images,)
        Material on each image's way, in radiation lengths.
    rng : Generator

    Returns
    -------
    Particles
        Those that reach the calorimeter, their offset measured there.
    """
    radius = 0.0
    for plane in PLANES:
        particles = _drift(particles, plane - radius)
        radius = plane
        here = thickness[particles.image] / len(PLANES)
        particles = _interact(particles, here, rng)
    return _drift(particles, CALORIMETER_RADIUS - radius)


def _drift(particles: Particles, distance: float) -> Particles:
    """Move particles outwards: a parabola is as good as a circle for tracks that bend by little."""
    curvature = particles.charge * 0.2998 * FIELD / particles.pt
    return particles.changed(
        offset=particles.offset + distance * (particles.slope + curvature * distance / 2),
        slope=particles.slope + curvature * distance,
    )


def _interact(particles: Particles, thickness: np.ndarray, rng: np.random.Generator) -> Particles:
    charged = particles.charge != 0
    reach = 4 / 3 * np.log(1 / SOFTEST)
    happens = rng.random(len(thickness)) < np.where(charged, thickness * reach, -np.expm1(-7 / 9 * thickness))
    rest = particles.take(~happens)
    made = _radiate(particles.take(happens & charged), rng) + _convert(particles.take(happens & ~charged), rng)
    after = Particles.joined([rest, *made])
    return after.take(after.pt > np.where(after.charge == 0, PT_PHOTON, PT_CHARGED))


def _radiate(electrons: Particles, rng: np.random.Generator) -> list[Particles]:
    """Split each electron into itself and a photon that takes a fraction y of it.

    y follows ``(4/3 - 4/3 y + y²) / y``, the spectrum of complete screening: Particle Data Group, Passage of particles
    through matter, on bremsstrahlung (2022).
    """
    y = SOFTEST ** rng.random(len(electrons.pt))
    y *= rng.random(len(y)) < 1 - y + 0.75 * y**2
    photons = electrons.changed(charge=np.zeros(len(y)), pt=y * electrons.pt)
    return [electrons.changed(pt=(1 - y) * electrons.pt), photons]


def _convert(photons: Particles, rng: np.random.Generator) -> list[Particles]:
    """Turn photons into pairs whose shares x of the energy follow ``1 - 4/3 x (1 - x)`` (ibid., on pair production).

    That is six parts of a uniform distribution and one of ``3 (2x - 1)²``.
    """
    u = rng.random(len(photons.pt))
    x = np.where(rng.random(len(u)) < 6 / 7, u, (1 + np.cbrt(2 * u - 1)) / 2)
    ones = np.ones(len(u))
    return [photons.changed(charge=ones, pt=x * photons.pt), photons.changed(charge=-ones, pt=(1 - x) * photons.pt)]
