"""How a telescope shows a disk: tilted on the sky, blurred by a beam, under noise that the beam blurs too."""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from challenges.exoplanet.layout import AU, BEAM, COARSE_BEAM, PIXEL, RARE, SIDE

STEEPEST = np.radians(65)
PADDED = 160  # pixels: what is blurred over one edge must not come in at the other
FWHM = np.sqrt(8 * np.log(2))
OUTERMOST = 1024  # pixels: as many as four corners of 16 x 16
_PLACE = np.abs(np.arange(SIDE) - (SIDE - 1) / 2)
FROM_AXES = np.minimum(
    _PLACE[:, None], _PLACE
)  # pixels to the nearer of both lines through the middle: most in corners


@dataclass(frozen=True)
class View:
    """How a disk lies on the sky.

    Attributes
    ----------
    tilt : float
        Inclination, radians; 0 is face on.
    turn : float
        Angle of the long axis, radians.
    centre : ndarray, shape (2,)
        Of the disk against that of the image, pixels.
    """

    tilt: float
    turn: float
    centre: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "View":
        """Draw a direction from the sphere, up to 65 degrees."""
        return cls(np.arccos(rng.uniform(np.cos(STEEPEST), 1)), rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5, 2))

    def plane(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where each pixel is in the plane of the disk: radius in au and angle, float32, shape (n, n) each."""
        place = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
        down, right = np.meshgrid(place - self.centre[0], place - self.centre[1], indexing="ij")
        along = right * np.cos(self.turn) + down * np.sin(self.turn)
        across = (down * np.cos(self.turn) - right * np.sin(self.turn)) / np.cos(self.tilt)
        r = np.maximum(AU * np.hypot(along, across), AU / 2).astype(np.float32)
        return r, np.arctan2(across, along).astype(np.float32)

    def pixel(self, r: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return row and column of places in the plane of the disk: the inverse of `plane`."""
        along, across = r / AU * np.cos(angle), r / AU * np.sin(angle) * np.cos(self.tilt)
        right = along * np.cos(self.turn) - across * np.sin(self.turn)
        down = along * np.sin(self.turn) + across * np.cos(self.turn)
        middle = (SIDE - 1) / 2
        return down + middle + self.centre[0], right + middle + self.centre[1]


@dataclass(frozen=True)
class Beam:
    """A Gaussian beam.

    Attributes
    ----------
    major, minor : float
        Full widths at half maximum, arcsec.
    angle : float
        Of the major axis against the image's columns, radians.
    """

    major: float
    minor: float
    angle: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Beam":
        """Draw a beam between 30 and 60 milliarcseconds, or, seldom, between 60 and 100."""
        minor, major = np.sort(rng.uniform(*(COARSE_BEAM if rng.random() < RARE else BEAM), 2))
        return cls(major, minor, rng.uniform(0, np.pi))

    def blur(self, images: np.ndarray, pixel: float = PIXEL) -> np.ndarray:
        """Return images, shape (..., n, m), convolved with the beam; beyond their edges is nothing.

        Examples
        --------
        >>> point = np.zeros((65, 65))
        >>> point[32, 32] = 1.0
        >>> blurred = Beam(0.12, 0.12, 0.0).blur(point)
        >>> round(float(blurred.sum()), 6), round(float(blurred[32, 35] / blurred[32, 32]), 3)
        (1.0, 0.5)
        """
        shape = [fft.next_fast_len(side + PADDED - SIDE, real=True) for side in images.shape[-2:]]
        blurred = fft.irfft2(fft.rfft2(images, s=shape) * self._transfer(shape, pixel).astype(images.dtype), s=shape)
        return blurred[..., : images.shape[-2], : images.shape[-1]]

    def noise(self, rng: np.random.Generator) -> np.ndarray:
        """Return noise of variance 1 that is correlated as the beam is, shape (128, 128), float32."""
        transfer = self._transfer([SIDE, SIDE], PIXEL)
        spread = np.sqrt((fft.irfft2(transfer, s=(SIDE, SIDE)) ** 2).sum())
        white = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
        return fft.irfft2(fft.rfft2(white) * (transfer / spread).astype(np.float32), s=(SIDE, SIDE))

    def _transfer(self, shape: list[int], pixel: float) -> np.ndarray:
        """Return the Fourier transform of the beam, of sum 1."""
        down, right = np.meshgrid(fft.fftfreq(shape[0]), fft.rfftfreq(shape[1]), indexing="ij")
        along = right * np.cos(self.angle) + down * np.sin(self.angle)
        across = down * np.cos(self.angle) - right * np.sin(self.angle)
        widths = np.array([self.major, self.minor]) / (FWHM * pixel)
        return np.exp(-2 * np.pi**2 * ((along * widths[0]) ** 2 + (across * widths[1]) ** 2))


def noise_of(image: np.ndarray, masked: np.ndarray | None = None) -> float:
    """Return the standard deviation of the noise: the median size of the values in the corners, over 0.6745.

    Parameters
    ----------
    image : ndarray, shape (128, 128)
        Its disk in the middle, the sky around it 0 in the mean.
    masked : ndarray of bool, shape (128, 128), optional
        Pixels that were not recorded. Instead of those in the corners, the ones nearest to them count.

    Examples
    --------
    >>> image = 0.25 * np.random.default_rng(1).standard_normal((SIDE, SIDE))
    >>> image[32:96, 32:96] += 40
    >>> round(noise_of(image), 2)
    0.25
    """
    recorded = np.ones(image.shape, bool) if masked is None else ~masked
    place = FROM_AXES[recorded]
    outermost = place >= np.partition(place, -OUTERMOST)[-OUTERMOST]
    return float(np.median(np.abs(image[recorded][outermost]))) / 0.6745
