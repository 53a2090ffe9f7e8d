"""Recordings of real disks: brought to the challenge's pixels, beam and units, or refused by name."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from typer.testing import CliRunner

from challenges import arrays, spec
from challenges.exoplanet.layout import AU, PIXEL, SIDE
from challenges.exoplanet.observation import Beam, noise_of
from challenges.exoplanet.observe import TARGET_BEAM, ObservationError, observe, save
from challenges.exoplanet.simulate import seen_like, simulate
from challenges.recordings import Survey
from leaderboard.cli import app
from leaderboard.judge import recordings
from scoring.sealed.observed import observed_detection
from scoring.validate import OneClassError
from tests.support import real_data

FINE, N = 0.008, 400  # arcsec and pixels of the recordings made here
OFF = (13, -21)  # rows and columns that their disks are off the middle


def rings(side: int, pixel: float, off=(0, 0)) -> np.ndarray:
    """Return a tilted disk with a bright ring, in the units of nobody, as a perfect telescope sees it."""
    down, right = np.indices((side, side)) - (side - 1) / 2
    r = pixel * np.hypot((down - off[0]) / 0.7, right - off[1])
    return np.exp(-r / 0.25) + 0.4 * np.exp(-0.5 * ((r - 0.5) / 0.06) ** 2)


def recording(folder: Path, *, beam=(0.03, 0.03, 0.0), values=None, **cards) -> Path:
    """Write a disk as ALMA's pipeline does: four axes, degrees, Jy a beam; a card given as None is left out."""
    if values is None:
        noise = 0.002 * Beam(*beam).noise(np.random.default_rng(3))
        values = Beam(*beam).blur(rings(N, FINE, OFF), FINE) + np.tile(noise, (4, 4))[:N, :N]
    hdu = fits.PrimaryHDU(np.asarray(values, np.float32).reshape(1, 1, *np.shape(values)))
    known = {"BUNIT": "Jy/beam", "OBJECT": "Rings", "BMAJ": beam[0] / 3600, "BMIN": beam[1] / 3600, "BPA": beam[2]}
    for axis, kind, step in ((1, "RA---SIN", -1), (2, "DEC--SIN", 1)):
        known |= {f"CTYPE{axis}": kind, f"CUNIT{axis}": "deg", f"CRVAL{axis}": 10.0 * axis}
        known |= {f"CRPIX{axis}": N / 2, f"CDELT{axis}": step * FINE / 3600}
    hdu.header.update({key: value for key, value in (known | cards).items() if value is not None})
    path = folder / "disk.fits"
    hdu.writeto(path, overwrite=True)
    return path


def expected(beam: float = TARGET_BEAM) -> np.ndarray:
    return Beam(beam, beam, 0.0).blur(rings(SIDE, PIXEL))


def test_a_recording_looks_as_if_the_challenges_telescope_had_seen_it(tmp_path):
    seen = observe(recording(tmp_path))
    assert seen.image.shape == (SIDE, SIDE)
    assert seen.image.dtype == np.float32
    assert seen.image.max() == 1
    wanted = expected() / expected().max()
    assert np.corrcoef(seen.image.ravel(), wanted.ravel())[0, 1] > 0.995
    assert np.abs(seen.image - wanted).mean() < 0.01
    assert seen.facts["name"] == "Rings"
    assert seen.facts["peak over noise"] > 100


def test_the_sky_keeps_its_places(tmp_path):
    path = recording(tmp_path)
    seen = observe(path)
    before, after = (WCS(header).celestial for header in (fits.getheader(path), seen.header))
    middle = (N - 1) / 2
    sky = before.wcs_pix2world([[middle + OFF[1], middle + OFF[0]]], 0)
    assert after.wcs_world2pix(sky, 0)[0] == pytest.approx([(SIDE - 1) / 2] * 2, abs=0.5)
    away = before.wcs_pix2world([[middle + OFF[1] + 50, middle + OFF[0]]], 0)
    assert after.wcs_world2pix(away, 0)[0, 0] == pytest.approx((SIDE - 1) / 2 + 50 * FINE / PIXEL, abs=0.5)
    assert seen.header["BMAJ"] * 3600 == pytest.approx(TARGET_BEAM)


def test_a_beam_between_45_and_100_stays_as_it_is_and_a_coarser_one_is_refused(tmp_path):
    wide = observe(recording(tmp_path, beam=(0.09, 0.09, 0.0))).image
    wanted = expected(0.09) / expected(0.09).max()
    assert np.corrcoef(wide.ravel(), wanted.ravel())[0, 1] > 0.995
    with pytest.raises(ObservationError, match=r'beam of 0\.110" x 0\.030" is too coarse.*coarsest is 0\.100"'):
        observe(recording(tmp_path, beam=(0.11, 0.03, 0.0)))


def test_an_oblong_beam_is_made_round_whichever_way_it_points(tmp_path):
    def point(angle: float) -> np.ndarray:
        """Return what a star leaves that was seen with a beam of that position angle, north through east."""
        star = np.zeros((N, N))
        star[N // 2, N // 2] = 1000.0
        # Rows grow to the north, columns to the west.
        major = np.radians(angle) + np.pi / 2
        blurred = Beam(0.045, 0.02, major).blur(star, FINE)
        values = blurred + 1e-3 * np.random.default_rng(0).normal(size=star.shape)
        return observe(recording(tmp_path, beam=(0.045, 0.02, angle), values=values)).image

    for angle in (0.0, 30.0, 100.0):
        image = np.where(point(angle) > 0.01, point(angle), 0).astype(float)
        offset = np.indices(image.shape) - (SIDE - 1) / 2
        moments = np.einsum("inm,jnm,nm->ij", offset, offset, image / image.sum())
        small, large = np.linalg.eigvalsh(moments)
        assert large / small < 1.1


def test_a_nearer_star_is_moved_to_140_parsecs(tmp_path):
    near = observe(recording(tmp_path), distance=112.0)
    assert near.header["CDELT2"] * 3600 == pytest.approx(1.25 * PIXEL)
    far = observe(recording(tmp_path), distance=140.0)

    def light_radius(image: np.ndarray) -> float:
        offset = np.indices(image.shape) - (SIDE - 1) / 2
        bright = np.where(image > 0.05, image, 0)
        return float(AU * (np.hypot(*offset) * bright).sum() / bright.sum())

    assert light_radius(near.image) == pytest.approx(0.8 * light_radius(far.image), rel=0.1)


def test_masked_pixels_are_filled_with_noise_of_the_recordings_own_strength(tmp_path):
    whole = recording(tmp_path)
    values = np.squeeze(fits.getdata(whole)).copy()
    corner = np.hypot(*(np.indices((N, N)) - (N - 1) / 2)) > 170
    values[corner] = np.nan
    seen = observe(recording(tmp_path, values=values))
    assert 0.02 < seen.facts["field without data"] < 0.3
    assert np.isfinite(seen.image).all()
    edge = seen.image[:8, :8]
    assert 0.3 < edge.std() * seen.facts["peak over noise"] < 3
    assert observe(recording(tmp_path, values=values)).image.tobytes() == seen.image.tobytes()
    values[:, : N // 2 + 40] = np.nan
    with pytest.raises(ObservationError, match=r"of the field of 2\.56 arcsec is masked or outside"):
        observe(recording(tmp_path, values=values))


def test_a_missing_beam_must_be_named_and_then_counts(tmp_path):
    path = recording(tmp_path, BMAJ=None, BMIN=None, BPA=None)
    with pytest.raises(ObservationError, match=r"the header has no beam .*name it"):
        observe(path)
    named = observe(path, beam=(0.03, 0.03, 0.0))
    assert named.facts["beam from"] == "the organiser"
    assert named.image.tobytes() == observe(recording(tmp_path)).image.tobytes()


def test_a_missing_unit_is_told_and_one_that_is_no_brightness_refused(tmp_path):
    assert observe(recording(tmp_path, BUNIT=None)).facts["unit"] == "not named, taken for a brightness"
    with pytest.raises(ObservationError, match=r"BUNIT: expected a brightness such as Jy/beam, got 'km/s'"):
        observe(recording(tmp_path, BUNIT="km/s"))


REFUSED = {
    "cube": ({"values": np.ones((3, N, N))}, r"expected one image, further axes of length 1, got .1, 1, 3, 400, 400."),
    "no scale": ({"CDELT1": None, "CDELT2": None}, r"expected the size of a pixel in the header"),
    "oblong pixels": ({"CDELT1": -1e-5}, r"expected square pixels on the sky"),
    "no sky": ({"CTYPE1": "FREQ", "CTYPE2": "STOKES"}, r"expected (square pixels|world coordinates)"),
    "beam of nothing": ({"BMIN": 0.0}, r"expected a beam of a major and a minor axis above 0"),
    "dark": ({"values": np.zeros((N, N))}, r"nothing is brighter than 0"),
    "noise": ({"values": np.random.default_rng(0).normal(size=(N, N))}, r"expected a disk 5 times brighter"),
    "all masked": ({"values": np.full((N, N), np.nan)}, r"nothing is brighter than 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_is_refused_by_name(name, tmp_path):
    changes, message = REFUSED[name]
    path = recording(tmp_path, **changes)
    with pytest.raises(ObservationError, match=message) as error:
        observe(path)
    assert str(error.value).startswith(str(path))


def test_what_is_no_fits_file_is_refused_by_name(tmp_path):
    path = tmp_path / "page.fits"
    with pytest.raises(ObservationError, match="there is no such file"):
        observe(path)
    path.write_bytes(b"<!DOCTYPE html>")
    with pytest.raises(ObservationError, match="expected a whole FITS file"):
        observe(path)
    fits.HDUList([fits.PrimaryHDU()]).writeto(path, overwrite=True)
    with pytest.raises(ObservationError, match=r"expected one image, .* got none"):
        observe(path)


def test_the_command_writes_what_it_can_and_names_what_it_cannot(tmp_path):
    good, bad = recording(tmp_path), tmp_path / "no.fits"
    out = ["--out", str(tmp_path / "o"), "--like", "2"]
    run = CliRunner().invoke(app, ["challenge", "observe", "exoplanet", str(good), str(bad), *out])
    assert run.exit_code == 0, run.output
    assert "there is no such file" in run.output
    found = arrays.read(tmp_path / "o" / "observed.h5")
    assert found["X"].shape == (5, SIDE, SIDE)
    assert found["name"].tolist() == [b"Rings"] * 5
    assert found["planets"].tolist() == [1, 1, 1, 0, 0]
    assert found["simulated"].tolist() == [0, 1, 1, 1, 1]
    assert pd.read_csv(tmp_path / "o" / "observed.csv")["name"].tolist() == ["Rings"]
    assert np.array_equal(fits.getdata(tmp_path / "o" / "observed_disk.fits"), found["X"][0])
    none = CliRunner().invoke(app, ["challenge", "observe", "exoplanet", str(bad), *out])
    assert none.exit_code != 0
    other = CliRunner().invoke(app, ["challenge", "observe", "higgs", str(good), *out])
    assert "takes no recordings" in str(other.exception) + other.output


def test_recordings_are_fetched_brought_to_form_and_what_cannot_be_fetched_is_named(tmp_path, monkeypatch):
    (tmp_path / "sky").mkdir()
    good = recording(tmp_path / "sky").rename(tmp_path / "sky" / "good.fits")
    survey = {"name": "NEAR", "title": "two disks", "page": "http://x/", "resolution": 0.04, "source": "A paper"}
    own = {"name": "Rings", "distance": 112, "file": good.name}, {"name": "Gone", "distance": 140, "file": "gone.fits"}
    far = survey | {"name": "FAR", "missing": "behind a form", "recordings": [{"name": "Dust", "distance": 200}]}
    with serving(tmp_path / "sky") as address:
        listed = [survey | {"address": address, "recordings": own}, far]
        monkeypatch.setattr("challenges.recordings.surveys", lambda _: [Survey.model_validate(one) for one in listed])
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr("leaderboard.cli.challenge.LIKE", 1)
        out = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "o")]
        run = CliRunner().invoke(app, ["fetch", "exoplanet", "--recordings", *out], env={"COLUMNS": "200"})
    assert run.exit_code == 0, run.output
    assert "gone.fits: expected the file, got HTTP 404" in run.output
    assert "not downloaded, behind a form: http://x/" in run.output
    assert "Dust (200 pc)" in run.output
    found = arrays.read(tmp_path / "o" / "observed.h5")
    assert found["name"].tolist() == [b"Rings"] * 3
    assert np.array_equal(found["X"][0], observe(good, distance=112.0).image)
    none = CliRunner().invoke(app, ["fetch", "--recordings"])
    assert "say whose recordings" in str(none.exception) + none.output


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """Serve the files of a folder; yield the address."""
    handler = partial(QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_the_image_is_found_in_whichever_extension_and_compressed_too(tmp_path):
    path = recording(tmp_path)
    wanted = observe(path).image
    with fits.open(path) as file:
        image = fits.ImageHDU(file[0].data, file[0].header)
        flat = fits.CompImageHDU(file[0].data[0, 0], file[0].header, compression_type="GZIP_2", quantize_level=0)
    for unit in (image, flat):
        fits.HDUList([fits.PrimaryHDU(), unit]).writeto(tmp_path / "other.fits.fz", overwrite=True)
        assert np.array_equal(observe(tmp_path / "other.fits.fz").image, wanted)
    mask = fits.ImageHDU(np.ones(image.data.shape), name="MASK")
    fits.HDUList([fits.PrimaryHDU(), image, mask]).writeto(path, overwrite=True)
    with pytest.raises(
        ObservationError, match=r"expected one image, got .* in extension 1, .* in extension 2 \(MASK\)"
    ):
        observe(path)
    assert np.array_equal(observe(path, extension=1).image, wanted)
    with pytest.raises(ObservationError, match="expected one image in extension 0"):
        observe(path, extension=0)
    run = CliRunner().invoke(
        app,
        ["challenge", "observe", "exoplanet", str(path), "--out", str(tmp_path / "o"), "--extension=1", "--like=0"],
    )
    assert run.exit_code == 0, run.output


def test_damage_within_a_compressed_image_is_named(tmp_path):
    path = recording(tmp_path)
    with fits.open(path) as file:
        unit = fits.CompImageHDU(file[0].data[0, 0], file[0].header, compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path, overwrite=True)
    content = bytearray(path.read_bytes())
    content[-20_000:-10_000] = bytes(10_000)
    path.write_bytes(content)
    with pytest.raises(ObservationError, match=r"disk\.fits: expected a whole FITS file"):
        observe(path)


def test_simulated_disks_are_seen_through_the_recordings_beam_and_noise():
    sharp, coarse = (seen_like(Beam(width, width, 0.0), 15.0, np.zeros(8, bool), 1) for width in (0.045, 0.1))

    def fine(images: np.ndarray) -> float:
        return float(np.abs(np.fft.rfft2(images)[:, 24:40]).mean())

    # A beam of 100 mas leaves next to nothing of waves as short as five pixels.
    assert fine(coarse) < 0.2 * fine(sharp)


@pytest.mark.parametrize("depth", [15.0, 100.0, 300.0])
def test_the_noise_of_disks_that_fill_the_field_is_what_it_was_simulated_with(depth):
    images = seen_like(Beam(0.05, 0.045, 0.3), depth, np.arange(12) < 6, 4)
    # Rounded pixels have a median on their grid: 14.4 or 17.3, 86 or 115, 276 or 345.
    assert np.median([1 / noise_of(image) for image in images]) == pytest.approx(depth, rel=0.2)


def test_pixels_that_were_not_recorded_have_no_noise():
    image = seen_like(Beam(0.045, 0.045, 0.0), 50.0, np.array([False]), 4)[0]
    beyond = np.hypot(*(np.indices(image.shape) - (SIDE - 1) / 2)) > 66
    assert noise_of(np.where(beyond, 0, image), beyond) == pytest.approx(1 / 50, rel=0.2)
    assert noise_of(np.where(beyond, 9, image), beyond) == noise_of(np.where(beyond, 0, image), beyond)


@pytest.mark.parametrize(("depth", "blank"), [(15.0, None), (300.0, None), (100.0, np.nan), (100.0, 0.0)])
def test_a_recording_keeps_the_noise_that_it_was_made_with(depth, blank, tmp_path):
    found = []
    for image in seen_like(Beam(0.06, 0.06, 0.0), depth, np.zeros(5, bool), 7):
        if blank is not None:
            image[:, :12] = blank
        cards = {"CDELT1": -PIXEL / 3600, "CDELT2": PIXEL / 3600}
        found.append(observe(recording(tmp_path, beam=(0.06, 0.06, 0.0), values=image, **cards)))
    assert np.median([one.peak_over_noise for one in found]) == pytest.approx(depth, rel=0.2)
    missing = 12 / SIDE if blank is not None else 0
    assert [one.facts["field without data"] for one in found] == pytest.approx([missing] * 5, abs=0.03)


def test_simulated_disks_beside_recordings_cannot_be_simulated_again(tmp_path):
    seen = [observe(recording(tmp_path))]

    def rows(**seed: int) -> bytes:
        save(seen, tmp_path / "o", like=1, **seed)
        return arrays.read(tmp_path / "o" / "observed.h5")["X"][1:].tobytes()

    assert rows() != rows()
    assert rows(seed=5) == rows(seed=5)
    assert rows(seed=5) != rows(seed=6)


def test_what_is_written_may_join_a_holdout(tmp_path):
    seen = [
        observe(recording(tmp_path, beam=(width, width, 0.0)), name=name) for width, name in ((0.03, "A"), (0.05, "B"))
    ]
    save(seen, tmp_path / "o", like=2)
    (track,) = spec.load("exoplanet").tracks
    assert track.observed
    found = recordings.read(tmp_path / "o" / "observed.h5", simulate(6, 1, workers=1), track)
    assert found.names == ("A", "B")
    assert np.array_equal(found.rows.features[found.counts], [one.image for one in seen])
    assert found.rows.targets["planets"].tolist() == [1, 1, *(1, 1, 0, 0) * 2]
    assert found.rows.groups.tolist() == [6, 7, *[6] * 4, *[7] * 4]


def test_hl_tau_is_shown_once_its_beam_is_named():
    path = real_data("exoplanet", "HL_Tau_band6_continuum.fits")
    with pytest.raises(ObservationError, match="the header has no beam"):
        observe(path)
    seen = observe(path, beam=(0.035, 0.022, 10.0), name="HL Tau")
    assert seen.facts["pixel [arcsec]"] == pytest.approx(0.00452, abs=1e-5)
    assert seen.facts["unit"].startswith("not named")
    assert 19 < seen.facts["peak over noise"] < 26
    # It lies 0.19 arcsec north of the middle of its recording, and in the middle of ours.
    assert np.abs(np.array(np.unravel_index(seen.image.argmax(), seen.image.shape)) - SIDE / 2).max() < 5


def test_hd_100546_is_refused_for_its_beam_of_an_arcsecond():
    with pytest.raises(ObservationError, match=r'beam of 1\.110" x 0\.829" is too coarse'):
        observe(real_data("exoplanet", "HD100546_ALMA01041775.fits"))


def test_a_synthetic_image_without_a_scale_is_refused():
    with pytest.raises(ObservationError, match="expected the size of a pixel in the header"):
        observe(real_data("exoplanet", "Wenupi_Intensity_wl0.13_inc0.0deg.fits"))


def test_the_detection_rate_counts_recordings_above_what_few_empty_disks_reach():
    empty = np.arange(100) / 100
    found = observed_detection([[0.2, 0.96, 0.97, 0.5]], [empty], np.arange(4), np.arange(100) // 3)
    assert found.exact == ((2, 4),)
    with pytest.raises(OneClassError):
        observed_detection([[]], [empty], np.arange(0), np.arange(100))
