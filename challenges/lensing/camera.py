"""From the light that comes in to the picture that a telescope takes: blur, pixels, photons."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import erf

SKY = 0.25  # brightness of the sky, in units of the image's brightest pixel


def grid(side: int, spacing: float) -> np.ndarray:
    """Return the places of rays, complex64, shape (side, side): x + iy in arcsec, y along the rows, 0 in the middle.

    Examples
    --------
    >>> grid(2, 0.5).tolist()
    [[(-0.25-0.25j), (0.25-0.25j)], [(-0.25+0.25j), (0.25+0.25j)]]
    """
    line = spacing * (np.arange(side) - (side - 1) / 2)
    return (line + 1j * line[:, None]).astype(np.complex64)


@dataclass(frozen=True)
class Camera:
    """Square pixels behind a telescope that makes every point a Gaussian.

    Attributes
    ----------
    side : int
        Pixels along each side.
    pixel : float
        Width of a pixel in arcsec.
    blur : float
        Full width of the Gaussian at half of its height, in arcsec.
    rays : int
        Rays along the side of a pixel.
    """

    side: int
    pixel: float
    blur: float
    rays: int

    @property
    def places(self) -> np.ndarray:
        """Where its rays are seen, complex64 of shape (side * rays, side * rays), in arcsec."""
        return grid(self.side * self.rays, self.pixel / self.rays)

    @cached_property
    def response(self) -> np.ndarray:
        """The share of each ray's light in each pixel along one axis, float32 of shape (side, side * rays)."""
        sigma = self.blur / np.sqrt(8 * np.log(2))
        edges = self.pixel * (np.arange(self.side + 1) - self.side / 2)
        rays = self.places.real[0].astype(np.float64)
        below = erf((edges[:, None] - rays) / (np.sqrt(2) * sigma)) / 2
        return (np.diff(below, axis=0) / self.rays).astype(np.float32)

    def expose(self, light: np.ndarray) -> np.ndarray:
        """Return the noiseless image of the light along its rays, shape (side, side).

        Light comes as a Gaussian from every ray, integrated over every pixel. What leaves the field is lost.
        """
        return self.response @ light @ self.response.T


def photographed(image: np.ndarray, signal_to_noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return an image as counted photons: of the source and of a sky that is subtracted afterwards.

    Parameters
    ----------
    image : ndarray
        Without noise, in any unit.
    signal_to_noise : float
        In the brightest pixel.
    rng : Generator

    Returns
    -------
    ndarray
        In units of the brightest pixel; negative where the sky happened to be dark.
    """
    photons = _at_the_peak(signal_to_noise)
    return rng.poisson(photons * (image / image.max() + SKY)) / photons - SKY


def sky_noise(signal_to_noise: float) -> float:
    """Return the standard deviation of the sky in such an image, in units of the brightest pixel.

    Examples
    --------
    >>> round(sky_noise(30.0), 4)
    0.0149
    """
    return (SKY / _at_the_peak(signal_to_noise)) ** 0.5


def _at_the_peak(signal_to_noise: float) -> float:
    """Return the photons of the source in the brightest pixel."""
    # A peak of p photons above a sky of SKY p has the ratio p / sqrt(p + SKY p).
    return signal_to_noise**2 * (1 + SKY)
