"""How strongly a mass bends light: distances of lens and source in an expanding universe."""

from functools import cache

LENS_REDSHIFT, SOURCE_REDSHIFT = 0.5, 1.0
HUBBLE, MATTER = 70.0, 0.3  # km/s/Mpc, share of the critical density


@cache
def einstein_area() -> float:
    """Return the square of the Einstein radius of one solar mass, in arcsec²; it grows in proportion to the mass.

    The square is 4GM/c² D_ls/(D_l D_s), with angular diameter distances: P. Schneider, J. Ehlers and E. Falco,
    *Gravitational Lenses* (1992), equation 2.6.

    Examples
    --------
    >>> round((1e12 * einstein_area()) ** 0.5, 4)
    1.6645
    """
    # Three seconds to import, and wanted once.
    from astropy import constants, units
    from astropy.cosmology import FlatLambdaCDM

    universe = FlatLambdaCDM(HUBBLE, MATTER)
    to_lens, to_source = (universe.angular_diameter_distance(z) for z in (LENS_REDSHIFT, SOURCE_REDSHIFT))
    between = universe.angular_diameter_distance(LENS_REDSHIFT, SOURCE_REDSHIFT)
    angle = 4 * constants.G * constants.M_sun / constants.c**2 * between / (to_lens * to_source)
    return float((angle.to(units.dimensionless_unscaled) * units.rad**2).to_value(units.arcsec**2))
