"""What an astronomer measures in the image of a disk: turned face on, its profile, its gaps, and what is left."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates
from scipy.signal import find_peaks, peak_prominences, peak_widths

from baselines.exoplanet import wakes
from challenges.exoplanet.layout import SIDE
from challenges.exoplanet.observation import noise_of

BINS, SHOWN = 60, 50  # pixels of radius: measured, and used one by one
STEPS = 5  # Gauss-Newton steps towards the plane
FLATTEST = 0.3  # ratio of axes: 72 degrees
ASTRAY = 3.5  # pixels that a disk's centre may be from the image's
GAPS = 4  # deepest gaps, and highest rings, that are described
TREND = 7.0  # pixels: what varies more slowly than this is the disk itself
BEAM_AREA = 6.0  # pixels, of the mean beam
QUIETEST = 1e-5  # of the peak, of images without noise
ANGLES, MODES, ARMS = 96, 8, 4
ZONES = ((3, 10), (10, 20), (20, 32), (32, 50))  # pixels
TURN = 2 * np.pi * np.arange(ANGLES) / ANGLES
RADII = np.arange(BINS) + 0.5

GENERAL = ("noise", "axis ratio", "radius of half the light", "radius of nine tenths", "radius seen")
NAMES = (
    *GENERAL,
    *(f"brightness at {r} px" for r in range(SHOWN)),
    *(f"bump at {r} px" for r in range(SHOWN)),
    *(
        f"{kind} {what}"
        for kind in ("gap", "ring")
        for what in (
            *(f"{number} {part}" for number in range(1, GAPS + 1) for part in ("depth", "width", "radius")),
            "count",
            "depths, all",
        )
    ),
    *(
        f"{what}, zone {zone}"
        for zone in range(1, len(ZONES) + 1)
        for what in ("spread over noise", "brightest spot", "spread", *(f"mode {m}" for m in range(1, MODES + 1)))
    ),
    *(f"spiral of {m}, {what}" for m in range(1, ARMS + 1) for what in ("power", "sense")),
    *wakes.NAMES,
)
"""What each feature is."""


@dataclass(frozen=True)
class Plane:
    """The plane of a disk as it lies in an image.

    Attributes
    ----------
    centre : ndarray, shape (2,)
        Row and column against the image's middle, pixels.
    turned : ndarray, shape (2, 2)
        Turns offsets from the centre into places in the plane: the long axis keeps its length. Where its angles start
        means nothing.
    """

    centre: np.ndarray
    turned: np.ndarray

    @property
    def axis_ratio(self) -> float:
        """Short over long axis of what is a circle in the plane: the cosine of the inclination."""
        return float(1 / np.linalg.svd(self.turned, compute_uv=False)[0])

    def places(self, side: int) -> np.ndarray:
        """Return where each pixel of an n x n image is in the plane, in pixels of the full one, shape (2, n, n)."""
        offset = (np.arange(side) - (side - 1) / 2) * SIDE / side
        (a, b), (c, d) = self.turned
        down, right = (offset - self.centre[0])[:, None], offset - self.centre[1]
        return np.stack([a * down + b * right, c * down + d * right])

    def pixels(self, r: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Return rows and columns of places in the plane, shape (2, ...): the inverse of `places`."""
        place = np.tensordot(np.linalg.inv(self.turned), np.stack([r * np.cos(angle), r * np.sin(angle)]), 1)
        return place + self.centre.reshape(2, *[1] * r.ndim) + (SIDE - 1) / 2


def fitted_plane(stretched: np.ndarray) -> Plane:
    """Find how a disk is tilted: the moments of the image give a start, the rest is least squares.

    Were the plane wrong by a little, then what is left when the radial profile f is taken away would be f' times
    the error in radius: r cos 2φ and r sin 2φ for the tilt, cos φ and sin φ for the centre. Those four are fitted.

    Parameters
    ----------
    stretched : ndarray, shape (128, 128)
        In units of some noise, the bright parts compressed.
    """
    half = stretched.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3))
    plane = _from_moments(half)
    for _ in range(STEPS):
        places = plane.places(len(half))
        r = np.maximum(np.hypot(*places), 0.5)
        profile = binned(r, half, step=2)
        near = r < BINS - 2
        r, (x, y), image = r[near], places[:, near] / r[near], half[near]
        middles = 2 * np.arange(len(profile)) + 1.0
        slope = np.interp(r, middles, np.gradient(gaussian_filter1d(profile, 0.7), 2.0))
        left = image - np.interp(r, middles, profile)
        waves = np.stack([r * (x**2 - y**2), 2 * r * x * y, x, y]) * slope
        a, b, *shift = np.linalg.solve(waves @ waves.T + 1e-6 * np.eye(4), waves @ left)
        a, b = np.clip([a, b], -0.2, 0.2)
        turned = np.array([[1 + a, b], [b, 1 - a]]) @ plane.turned
        moved = plane.centre - np.linalg.solve(plane.turned, shift)
        plane = Plane(np.clip(moved, -ASTRAY, ASTRAY), _scaled(turned))
    return plane


def _from_moments(half: np.ndarray) -> Plane:
    weight = np.where(half > 1.0, half, 1e-9)
    offset = Plane(np.zeros(2), np.eye(2)).places(len(half))
    moments = np.einsum("inm,jnm,nm->ij", offset, offset, weight / weight.sum()) + 0.1 * np.eye(2)
    values, axes = np.linalg.eigh(moments)
    return Plane(np.zeros(2), _scaled(axes @ np.diag(values**-0.5) @ axes.T))


def _scaled(turned: np.ndarray) -> np.ndarray:
    """Return the same plane with the long axis kept, and no flatter than disks are seen."""
    left, values, right = np.linalg.svd(turned)
    return left @ np.diag([min(values[0] / values[1], 1 / FLATTEST), 1.0]) @ right


def binned(r: np.ndarray, image: np.ndarray, step: int = 1) -> np.ndarray:
    """Return the mean of the image over rings so many pixels wide; an empty ring takes what lies between."""
    bins = BINS // step
    ring = np.minimum((r / step).astype(int), bins).ravel()
    count = np.bincount(ring, minlength=bins + 1)[:bins]
    total = np.bincount(ring, image.ravel(), minlength=bins + 1)[:bins]
    filled = np.flatnonzero(count)
    return np.interp(np.arange(bins), filled, total[filled] / count[filled])


def describe(image: np.ndarray) -> np.ndarray:
    """Return the features of one image, float64, shape (len(NAMES),)."""
    noise = max(noise_of(image), QUIETEST)
    plane = fitted_plane(np.arcsinh(image / (3 * noise)))
    profile = binned(np.hypot(*plane.places(SIDE)), image)
    beams = np.maximum(2 * np.pi * RADII * plane.axis_ratio / BEAM_AREA, 1)
    error = noise / np.sqrt(beams)
    log_profile = np.log(np.maximum(profile, 2 * error))
    bump = log_profile - gaussian_filter1d(log_profile, TREND, mode="nearest")
    seen = max(int(np.argmax(np.append(profile < 3 * error, True))), 10)
    polar = map_coordinates(image, plane.pixels(*np.meshgrid(RADII, TURN, indexing="ij")), order=1)
    seen_light = np.maximum(profile, 3 * noise)
    left = (polar - polar.mean(axis=1, keepdims=True)) / seen_light[:, None]
    return np.concatenate(
        [
            [np.log(noise), plane.axis_ratio, *_sizes(profile), seen],
            np.arcsinh(profile / (2 * error))[:SHOWN],
            bump[:SHOWN],
            _extrema(-log_profile[:seen]),
            _extrema(log_profile[:seen]),
            _unevenness(left, noise / seen_light),
            _spirals(left[2:seen]),
            wakes.wakes(left, noise / seen_light),
        ]
    )


def _sizes(profile: np.ndarray) -> list[float]:
    """Return the radii that hold a half and nine tenths of the light."""
    light = np.cumsum(np.maximum(profile, 0) * RADII)
    return [float(np.searchsorted(light, part * light[-1])) for part in (0.5, 0.9)]


def _extrema(values: np.ndarray) -> np.ndarray:
    """Return prominence, width and radius of the highest peaks of a profile, highest first, their number and sum."""
    found = np.zeros((GAPS, 3))
    peaks, _ = find_peaks(values)
    height, width = peak_prominences(values, peaks)[0], peak_widths(values, peaks)[0]
    best = np.argsort(-height)[:GAPS]
    found[: len(best)] = np.column_stack([height, width, peaks])[best]
    return np.append(found.ravel(), [len(peaks), found[:, 0].sum()])


def _unevenness(left: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return for each zone of radius how uneven its rings are: their spread, brightest spot, and modes."""
    power = np.abs(np.fft.rfft(left, axis=1)[:, 1 : MODES + 1]) ** 2 / ANGLES
    found = []
    for zone in (slice(*zone) for zone in ZONES):
        quiet, spread = expected[zone].mean(), left[zone].std()
        found += [np.log(spread / quiet + 1e-3), left[zone].max() / quiet, spread]
        found += [*np.log(power[zone].mean(axis=0) / quiet**2 + 1e-3)]
    return np.array(found)


def _spirals(left: np.ndarray) -> np.ndarray:
    """Return for each number of arms the power of waves in angle and radius at once, and how much one sense wins."""
    waves = np.abs(np.fft.fft2(left * np.hanning(len(left))[:, None], (64, ANGLES))) ** 2
    found = []
    for arms in range(1, ARMS + 1):
        one, other = waves[1:32, arms], waves[:32:-1, arms]
        found += [np.log(max(one.max(), other.max()) + 1e-6), abs(np.log((one.sum() + 1e-6) / (other.sum() + 1e-6)))]
    return np.array(found)


def features(images: np.ndarray) -> np.ndarray:
    """Return what describes each disk.

    Parameters
    ----------
    images : ndarray, shape (n, 128, 128)

    Returns
    -------
    ndarray, shape (n, 204)
        See `NAMES`.
    """
    return np.stack([describe(image) for image in images.astype(np.float64)])
