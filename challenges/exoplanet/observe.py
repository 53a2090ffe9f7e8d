"""Recordings of real disks, brought to the challenge's pixels, beam and normalisation."""

import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy import wcs
from astropy.io import fits
from scipy.ndimage import binary_opening, gaussian_filter, map_coordinates

from challenges import arrays
from challenges.dataset import DataFileError
from challenges.exoplanet.fits_image import SUFFIX, images_in
from challenges.exoplanet.layout import BEAM, COARSE_BEAM, DISTANCE, PIXEL, SIDE, TARGET, normalised
from challenges.exoplanet.observation import FWHM, Beam, noise_of
from challenges.exoplanet.simulate import seen_like
from challenges.precision import rounded_below_noise

TARGET_BEAM = sum(BEAM) / 2  # arcsec; recordings with a finer one are blurred to it
LINEAR = ("JY/BEAM", "MJY/BEAM", "JY/PIXEL", "K", "W.M-2.PIXEL-1", "MJY/SR", "JY/SR", "W/M2/SR")
MOST_MASKED = 1 / 3  # of the field
FAINTEST = 5.0  # times the noise: less is no image of a disk
COARSE = 0.15  # arcsec, the blur under which the disk is found
FILL_SEED = 0


class ObservationError(DataFileError):
    """A recording that cannot be shown as the challenge shows disks; the message says why."""


@dataclass(frozen=True)
class Observation:
    """A recording as the challenge shows disks.

    Attributes
    ----------
    image : ndarray, shape (128, 128), float32
        In units of its brightest pixel, 20 milliarcseconds a pixel at a distance of 140 pc.
    header : fits.Header
        World coordinates and beam of that image, and in its history what was done.
    beam : Beam
        Of that image.
    peak_over_noise : float
    facts : dict of str to str or float
        What a reader of the score should know.
    """

    image: np.ndarray
    header: fits.Header
    beam: Beam
    peak_over_noise: float
    facts: dict[str, str | float]

    def summary(self) -> str:
        """Return the facts in one line."""
        told = {key: f"{value:.3g}" if isinstance(value, float) else value for key, value in self.facts.items()}
        return ", ".join(f"{key} {value}" for key, value in told.items())


def observe(
    path: Path,
    *,
    beam: Sequence[float] | None = None,
    distance: float = DISTANCE,
    name: str | None = None,
    extension: int | None = None,
) -> Observation:
    """Show a recording of a disk as the challenge shows simulated ones.

    It is blurred to a beam of 45 milliarcseconds (one between that and 100 stays as it is), moved to the middle by the
    centroid of what outshines a fifth of the blurred peak, sampled at 20 milliarcseconds, divided by its peak, and
    rounded below its noise. All of that is scaled with the distance, so that au stay au. Where nothing was recorded, or
    it is masked (no number, or nothing but 0), noise of the recording's own strength is put, correlated as the beam is.

    Parameters
    ----------
    path : Path
        A continuum image in FITS: two axes on the sky, further ones of length 1.
    beam : sequence of three floats, optional
        Major and minor axis in arcsec and position angle in degrees, for a header without BMAJ, BMIN, BPA.
    distance : float, default 140
        Of the star, pc.
    name : str, optional
        The star's; by default the header's OBJECT, or the file's.
    extension : int, optional
        Where the image lies, 0 being the first; needed where there are several.

    Raises
    ------
    ObservationError
        If the file is none, holds no image, or several of which none was chosen, or no world coordinates, does not know
        its beam, has a beam too coarse or a unit that is no brightness, lacks more than a third of the field, or shows
        nothing bright.
    """
    path = Path(path)
    image, header = _read(path, extension)
    unit = _unit(path, header)
    scale = _pixel_scale(path, header) * distance / DISTANCE
    known = _beam(path, header, beam, distance)
    image = _blurred(image, known, scale)
    after = Beam(max(known.major, TARGET_BEAM), max(known.minor, TARGET_BEAM), known.angle)
    centre = _centre(path, image, scale)
    grid = centre[:, None, None] + (np.indices((SIDE, SIDE)) - (SIDE - 1) / 2) * PIXEL / scale
    sampled, masked = _sampled(image, grid)
    missing = float(masked.mean())
    if missing > MOST_MASKED:
        raise ObservationError(f"{path}: {missing:.0%} of the field of {SIDE * PIXEL:.2f} arcsec is masked or outside")
    noise = _noise(path, sampled, masked)
    rng = np.random.default_rng(FILL_SEED)
    sampled[masked] = noise * after.noise(rng)[masked]
    facts = {
        "name": name or str(header.get("OBJECT", path.stem)).strip(),
        "file": path.name,
        "pixel [arcsec]": scale * DISTANCE / distance,
        "beam [arcsec]": f"{known.major * DISTANCE / distance:.3f} x {known.minor * DISTANCE / distance:.3f}",
        "beam from": "header" if "BMAJ" in header else "the organiser",
        "unit": unit or "not named, taken for a brightness",
        "distance [pc]": distance,
        "field without data": missing,
        "peak over noise": float(sampled.max() / noise),
    }
    image = rounded_below_noise(normalised(sampled)[None], noise / sampled.max())[0]
    header = _header(header, centre, scale, distance, after, facts)
    return Observation(image, header, after, float(sampled.max() / noise), facts)


def save(observations: Sequence[Observation], folder: Path, *, like: int = 0, seed: int | None = None) -> list[Path]:
    """Write each image as FITS, all together as ``observed.h5``, and the facts as ``observed.csv``.

    Parameters
    ----------
    observations : sequence of Observation
    folder : Path
        Made if need be.
    like : int, default 0
        So many simulated disks without planets, and as many with some, are seen through the beam and the noise of each
        recording and stand behind them in ``observed.h5``: to tell what a model makes of a recording that has nothing.
    seed : int, optional
        Of those simulated disks. By default each recording's have a fresh one that nobody is told: who could simulate
        them again would know their labels, and which image is the recording.

    Returns
    -------
    list of Path
        What was written. ``observed.h5`` holds X, and of each image the name of its recording, the target planets (1
        for recordings: all are claimed to have some), and whether it was simulated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for observation in observations:
        paths.append(folder / f"observed_{SUFFIX.sub('', Path(str(observation.facts['file'])).name)}.fits")
        fits.PrimaryHDU(observation.image, observation.header).writeto(paths[-1], overwrite=True)
    together = folder / "observed.h5"
    names = np.array([str(observation.facts["name"]).encode() for observation in observations])
    hosts = np.arange(2 * like) < like
    with arrays.writing(together, len(names) * (1 + 2 * like) * SIDE**2 * 4) as append:

        def append_rows(images: np.ndarray, name: np.ndarray, planets: np.ndarray, simulated: int) -> None:
            append(X=images, name=name, simulated=np.full(len(images), simulated, np.int8))
            append(**{TARGET: planets.astype(np.int8)})

        images = np.stack([observation.image for observation in observations])
        append_rows(images, names, np.ones(len(names)), 0)
        for number, one in enumerate(observations if like else ()):
            own = secrets.randbits(256) if seed is None else seed + number
            alike = seen_like(one.beam, one.peak_over_noise, hosts, own)
            append_rows(alike, names[[number] * len(hosts)], hosts, 1)
    table = folder / "observed.csv"
    pd.DataFrame([observation.facts for observation in observations]).to_csv(table, index=False)
    return [*paths, together, table]


def _read(path: Path, extension: int | None) -> tuple[np.ndarray, fits.Header]:
    """Return the image of a file, masked pixels nan, and its header."""
    try:
        found = images_in(path)
    except DataFileError as error:
        raise ObservationError(str(error)) from error
    flat = [one for one in found if np.squeeze(one.data).ndim == 2 and extension in (None, one.number)]
    if not flat:
        place = "" if extension is None else f" in extension {extension}"
        got = ", ".join(map(str, found)) or "none"
        raise ObservationError(f"{path}: expected one image{place}, further axes of length 1, got {got}")
    if len(flat) > 1:
        raise ObservationError(
            f"{path}: expected one image, got {', '.join(map(str, flat))}; say which by the number of its extension"
        )
    image = np.squeeze(flat[0].data).astype(np.float64)
    blank = binary_opening(image == 0, np.ones((3, 3)))  # noise may be 0 here and there, not everywhere
    image[~np.isfinite(image) | blank] = np.nan
    return image, flat[0].header


def _unit(path: Path, header: fits.Header) -> str:
    unit = str(header.get("BUNIT", "")).strip()
    if unit and unit.upper().replace(" ", "") not in LINEAR:
        raise ObservationError(f"{path}, BUNIT: expected a brightness such as Jy/beam, got {unit!r}")
    return unit


def _pixel_scale(path: Path, header: fits.Header) -> float:
    """Return the pixels' side, arcsec."""
    if not {"CDELT1", "CD1_1", "PC1_1"} & set(header):
        raise ObservationError(f"{path}: expected the size of a pixel in the header (CDELT or CD), got none")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wcs.FITSFixedWarning)  # old headers write PC01_01
            celestial = wcs.WCS(header, fix=False).celestial
        scales = 3600 * wcs.utils.proj_plane_pixel_scales(celestial)
    except Exception as error:  # wcslib has many
        raise ObservationError(f"{path}: expected world coordinates that can be read ({error})") from error
    if len(scales) != 2 or not np.isfinite(scales).all() or not 0 < scales.min() <= scales.max() < 1.01 * scales.min():
        raise ObservationError(f"{path}: expected square pixels on the sky, got {np.round(scales, 4).tolist()} arcsec")
    return float(scales.mean())


def _beam(path: Path, header: fits.Header, given: Sequence[float] | None, distance: float) -> Beam:
    """Return the recording's beam, as it would be at 140 pc."""
    if "BMAJ" in header and "BMIN" in header:
        major, minor, angle = 3600 * header["BMAJ"], 3600 * header["BMIN"], header.get("BPA", 0.0)
    elif given is not None:
        major, minor, angle = given
    else:
        raise ObservationError(
            f"{path}: the header has no beam (BMAJ, BMIN, BPA); name it: both axes in arcsec, and the angle in degrees"
        )
    ratio = distance / DISTANCE
    if not 0 < minor <= major:
        raise ObservationError(f"{path}: expected a beam of a major and a minor axis above 0, got {major} and {minor}")
    if major * ratio > COARSE_BEAM[1]:
        raise ObservationError(
            f'{path}: its beam of {major:.3f}" x {minor:.3f}" is too coarse: at {distance:g} pc the challenge\'s'
            f' coarsest is {COARSE_BEAM[1] / ratio:.3f}"'
        )
    # Position angles run from north, up, to east, left; ours from the columns, to the right, downwards.
    return Beam(major * ratio, minor * ratio, np.radians(angle) - np.pi / 2)


def _blurred(image: np.ndarray, beam: Beam, scale: float) -> np.ndarray:
    """Return the image as a beam of at least 45 milliarcseconds sees it; what is masked stays so."""
    major, minor = (np.sqrt(max(TARGET_BEAM**2 - axis**2, 0)) for axis in (beam.major, beam.minor))
    if major == minor == 0:
        return image
    known = np.isfinite(image)
    kernel = Beam(major, minor, beam.angle)
    light, weight = (kernel.blur(part, scale) for part in (np.where(known, image, 0.0), known.astype(np.float64)))
    return np.where(known, light / np.maximum(weight, 0.1), np.nan)


def _centre(path: Path, image: np.ndarray, scale: float) -> np.ndarray:
    """Return row and column of the centroid of what outshines a fifth of the peak, blurred."""
    coarse = gaussian_filter(np.nan_to_num(image), COARSE / scale / FWHM)
    if coarse.max() <= 0:
        raise ObservationError(f"{path}: expected a disk that shines, nothing is brighter than 0")
    light = np.where(coarse > coarse.max() / 5, coarse, 0)
    return np.tensordot(np.indices(light.shape), light) / light.sum()


def _sampled(image: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the image at the places of a grid, and where it has none."""
    masked = map_coordinates((~np.isfinite(image)).astype(float), grid, order=1, cval=1.0, mode="constant") > 0.5
    return map_coordinates(np.nan_to_num(image), grid, order=3, mode="constant"), masked


def _noise(path: Path, image: np.ndarray, masked: np.ndarray) -> float:
    """Return the standard deviation of the noise, where a disk outshines it."""
    noise, peak = noise_of(image, masked), image[~masked].max()
    if not peak > FAINTEST * noise > 0:
        found = peak / noise if noise else np.inf
        raise ObservationError(f"{path}: expected a disk {FAINTEST:g} times brighter than noise, got {found:.1f} times")
    return noise


def _header(
    header: fits.Header, centre: np.ndarray, scale: float, distance: float, beam: Beam, facts: dict
) -> fits.Header:
    """Return world coordinates and beam of the new image; the sky keeps its places."""
    ratio = DISTANCE / distance
    kept = fits.Header()
    if facts["name"].isascii():
        kept["OBJECT"] = facts["name"]
    for axis, middle in ((1, centre[1]), (2, centre[0])):
        for key in (f"CTYPE{axis}", f"CRVAL{axis}", f"CUNIT{axis}"):
            if key in header:
                kept[key] = header[key]
        sign = -1 if axis == 1 else 1
        kept[f"CDELT{axis}"] = sign * PIXEL * ratio / 3600
        kept[f"CRPIX{axis}"] = (header.get(f"CRPIX{axis}", 1) - 1 - middle) * scale / PIXEL + (SIDE + 1) / 2
    kept["BUNIT"] = "1"
    kept["BMAJ"], kept["BMIN"] = beam.major * ratio / 3600, beam.minor * ratio / 3600
    kept["BPA"] = float(np.degrees(beam.angle) + 90)
    for fact, value in facts.items():
        kept["HISTORY"] = f"{fact}: {value}"
    return kept
