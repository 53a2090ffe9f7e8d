"""How masses bend light: deflection angles on the sky as complex numbers, x + iy in arcsec.

With complex numbers a shift is a difference, a rotation a factor, and a shear a conjugate: R. Bourassa and
R. Kantowski, Astrophysical Journal 195, 13 (1975). A ray seen at z left its source at z - alpha(z). Results have the
precision of z.
"""

import numpy as np
from scipy import ndimage, special

AROUND = 720  # points on the circle in which mass is weighed


def isothermal_ellipsoid(z: np.ndarray, radius: float, axis_ratio: float, angle: float) -> np.ndarray:
    """Return the deflection by a singular isothermal ellipsoid: a galaxy with its dark halo, rotating flatly.

    Parameters
    ----------
    z : complex ndarray
        Where the rays are seen, from the centre of the mass; not the centre itself.
    radius : float
        Einstein radius in arcsec: the geometric mean of the ellipse's half axes.
    axis_ratio : float
        Minor over major axis of the surface density, above 0 and below 1.
    angle : float
        Of the major axis, in radians from the x axis towards y.

    References
    ----------
    R. Kormann, P. Schneider and M. Bartelmann, Astronomy and Astrophysics 284, 285 (1994), equations 21 and 27.

    Examples
    --------
    >>> isothermal_ellipsoid(np.array([3 + 4j]), 1.0, 0.999999, 0.3).round(4).tolist()  # nearly round: 1 arcsec
    [(0.6+0.8j)]
    """
    along = _phase(z, angle)
    w = z * along.conjugate()
    flat = (1 - axis_ratio**2) ** 0.5
    elliptical = np.sqrt((axis_ratio * w.real) ** 2 + w.imag**2)
    bent = np.empty_like(w)
    bent.real = np.arctan(flat * w.real / elliptical)
    bent.imag = np.arctanh(flat * w.imag / elliptical)
    return along * (radius * axis_ratio**0.5 / flat) * bent


def ellipsoid_convergence(axis_ratio: float) -> float:
    """Return an isothermal ellipsoid's mean convergence within the circle of its Einstein radius: nearly 1.

    In a circle of another radius it is in proportion to Einstein radius over radius. The mean over all directions of
    the density radius / (2 sqrt(q x² + y² / q)) is a complete elliptic integral.

    Parameters
    ----------
    axis_ratio : float

    Examples
    --------
    >>> round(ellipsoid_convergence(0.82), 4)
    0.9975
    """
    return axis_ratio**0.5 * 2 / np.pi * float(special.ellipk(1 - axis_ratio**2))


def shear(z: np.ndarray, strength: float, angle: float) -> np.ndarray:
    """Return the deflection by masses far outside the image, which stretch it along one direction.

    Parameters
    ----------
    z : complex ndarray
    strength : float
    angle : float
        Of the direction in which the image is stretched, in radians.

    References
    ----------
    P. Schneider, J. Ehlers and E. Falco, *Gravitational Lenses* (1992), section 8.2.

    Examples
    --------
    >>> shear(np.array([1 + 0j, 1j]), 0.05, 0.0).tolist()
    [(0.05+0j), -0.05j]
    """
    return strength * _phase(z, angle) ** 2 * z.conj()


def truncated_isothermals(z: np.ndarray, places: np.ndarray, areas: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Return the deflection by isothermal spheres that end: a density as r^-2 inside the cut, as r^-4 outside.

    The angle at distance r is 2 area / (r + cut + sqrt(r² + cut²)).

    Parameters
    ----------
    z : complex ndarray
    places : complex ndarray, shape (k,)
        Centres; a ray through one of them is not bent by it.
    areas : ndarray, shape (k,)
        Squares of the Einstein radii that the whole masses would have as points, in arcsec².
    cuts : ndarray, shape (k,)
        Radii in arcsec.

    References
    ----------
    J. Muñoz, C. Kochanek and C. Keeton, Astrophysical Journal 558, 657 (2001), without the core: there called
    pseudo-Jaffe.

    Examples
    --------
    >>> far = truncated_isothermals(np.array([1000j]), np.array([0j]), np.array([2.0]), np.array([0.1]))
    >>> far.round(5).tolist()  # as of a point: area / r
    [0.002j]
    """
    # Plain numbers, since complex arrays halve the speed of the loop in which a simulation spends its time.
    x, y = np.ascontiguousarray(z.real), np.ascontiguousarray(z.imag)
    bent = np.zeros((2, *z.shape), x.dtype)
    tiny = np.finfo(x.dtype).tiny
    for place, area, cut in zip(places.tolist(), areas.tolist(), cuts.tolist(), strict=True):
        dx, dy = x - place.real, y - place.imag
        square = dx * dx + dy * dy
        distance = np.sqrt(square)
        strength = 2 * area / (distance * (distance + cut + np.sqrt(square + cut * cut)) + tiny)
        bent[0] += strength * dx
        bent[1] += strength * dy
    return bent[0] + 1j * bent[1]


def rod(z: np.ndarray, area: float, half_length: float, angle: float) -> np.ndarray:
    """Return the deflection by a thin straight rod of even density: a vortex line seen from its side.

    The integral of a point's deflection, area / conj(z), along the rod.

    Parameters
    ----------
    z : complex ndarray
        Where the rays are seen, from the middle of the rod; not one of its ends.
    area : float
        Square of the Einstein radius that the mass would have as a point, in arcsec².
    half_length : float
        In arcsec.
    angle : float
        Of the rod, in radians from the x axis towards y.

    References
    ----------
    S. Alexander, S. Gleyzer, E. McDonough, M. Toomey and E. Usai, Astrophysical Journal 893, 15 (2020): vortices as
    rods, there as rows of points.

    Examples
    --------
    >>> abs(rod(np.array([0 + 2j]), 1.0, 1e-3, 0.0)).round(6).tolist()  # a short one is a point
    [0.5]
    """
    along = _phase(z, angle)
    w = z * along.conjugate()
    return along * (area / (2 * half_length) * np.log((w + half_length) / (w - half_length))).conj()


def mean_convergence(bent: np.ndarray, spacing: float, radius: float) -> float:
    """Return the mean convergence within a circle around the middle of a grid of deflections.

    By Gauss's theorem it is the mean over the circle of the deflection outwards, over the radius; that is the mass
    inside in units of what would make the circle its Einstein ring.

    Parameters
    ----------
    bent : complex ndarray, shape (side, side)
        Deflection on a square grid around 0, in arcsec.
    spacing : float
        Of the grid, in arcsec.
    radius : float
        In arcsec.

    References
    ----------
    P. Schneider, J. Ehlers and E. Falco, *Gravitational Lenses* (1992), section 8.1: the theorem for round lenses, true
    of the mean for all.

    Examples
    --------
    >>> side = np.arange(64) - 31.5
    >>> z = 0.05 * (side + 1j * side[:, None])
    >>> round(mean_convergence(0.1 / z.conj(), 0.05, 1.25), 4)  # a point: area / radius²
    0.064
    """
    outwards = np.exp(2j * np.pi * np.arange(AROUND) / AROUND)
    at = radius / spacing * outwards + (len(bent) - 1) / 2 * (1 + 1j)
    there = ndimage.map_coordinates(bent, (at.imag, at.real), order=1)
    return float((there * outwards.conj()).real.mean() / radius)


def _phase(z: np.ndarray, angle: float) -> complex:
    """Return exp(i angle) in the precision of z."""
    return z.dtype.type(np.exp(1j * angle))
