"""What the calorimeter makes of particles: showers in crystals, noise, and the choice of crystals to read."""

import numpy as np
from scipy.special import erf

from challenges.particle_images.layout import CENTRE, GEV, NANOSECONDS, SIDE
from challenges.particle_images.tracker import CALORIMETER_RADIUS, Particles
from challenges.precision import rounded_to_half

CRYSTAL = 0.0174  # radians
TOWER = 5  # crystals along the side of a trigger tower
GRID = (8 * TOWER, 16 * TOWER)  # crystals around the image, in whole towers
MOLIERE = 1.0  # Molière radius in crystals
# Weight and width in Molière radii: a core and a tail that falls like a power, as showers' do.
PROFILE = np.array([[0.584, 0.105], [0.283, 0.375], [0.095, 0.95], [0.038, 1.60]])
BROADER = 1.125  # along phi, as fitted to real images; the cause is not known
SPREAD = 0.14  # how much the width varies from shower to shower
STOCHASTIC, CONSTANT = 0.028, 0.003  # resolution: 2.8% / sqrt(E / GeV) and 0.3%
NOISE = 0.0455  # GeV in each crystal
HIT = 0.092  # GeV: what a crystal needs to be kept by itself
SUPPRESSED = 0.18  # GeV: what it needs outside the towers that are read in full
WING, DOMINO = 0.37, 0.05  # GeV: what five crystals of a column need to start a cluster, and to prolong one
REACH = 4  # columns
BUSY = 0.82  # GeV transverse: towers above it, and their neighbours, are read in full
JITTER, LATEST = 35.0, 125.0  # nanoseconds at a signal as large as the noise; end of the time scale


def images(deposits: Particles, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the images that particles leave, centred on the hottest crystal.

    Parameters
    ----------
    deposits : Particles
        What arrives at the calorimeter.
    eta : ndarray, shape (n,)
        Pseudorapidity of each image's particles.
    rng : Generator

    Returns
    -------
    ndarray of float32, shape (n, 32, 32, 2)
        Energy and time, in units of 50 GeV and 50 ns, rounded below their resolution; 0 where a crystal is not read.

    References
    ----------
    CMS Collaboration, JINST 3, S08004 (2008): crystals, towers, resolution. CMS Collaboration, Time reconstruction and
    performance of the CMS electromagnetic calorimeter, JINST 5, T03011 (2010): jitter.
    """
    energy = _showers(deposits, eta, rng)
    busy = _busy_towers(energy / np.cosh(eta)[:, None, None].astype(np.float32))
    energy, busy = _centred(energy, busy)
    unit = rng.standard_normal(energy.shape, np.float32)
    measured = energy + unit * np.sqrt(STOCHASTIC**2 * energy + (CONSTANT * energy) ** 2 + NOISE**2)
    kept = (measured > 0) & (_cluster(measured) | (measured > np.where(busy, HIT, SUPPRESSED)))
    result = np.zeros((*energy.shape, 2), np.float32)
    signal = measured[kept]
    result[kept, 0] = signal / np.float32(GEV)
    width = JITTER * NOISE / np.maximum(signal, NOISE)
    result[kept, 1] = np.clip(width * rng.standard_normal(len(signal), np.float32), -LATEST, LATEST) / NANOSECONDS
    return rounded_to_half(result)


def _showers(deposits: Particles, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the energy in each crystal of the grid, in GeV, shape (n, rows, columns).

    All particles of an image come in at one eta, so every component of the profile is a product of rows and columns.
    """
    rows, columns = GRID
    n = len(eta)
    place = rng.random((2, n)) * TOWER  # anywhere in the tower left of the middle
    width = MOLIERE * PROFILE[:, 1] * np.exp(SPREAD * rng.standard_normal((n, 1)))
    along_eta = _shares(rows // 2 + place[0], width, rows)
    column = columns // 2 + place[1][deposits.image] + deposits.offset / (CALORIMETER_RADIUS * CRYSTAL)
    shares = _shares(column, BROADER * width[deposits.image], columns)
    energy = deposits.pt * np.cosh(eta)[deposits.image]
    order = np.argsort(deposits.image, kind="stable")
    first = np.searchsorted(deposits.image[order], np.arange(n))
    along_phi = np.add.reduceat(shares[order] * energy[order, None, None], first, axis=0)
    along_phi *= PROFILE[:, :1]
    return np.matmul(along_eta.transpose(0, 2, 1).astype(np.float32), along_phi.astype(np.float32))


def _shares(place: np.ndarray, width: np.ndarray, crystals: int) -> np.ndarray:
    """Return the share of a Gaussian shower in each crystal of a line, shape (n, components, crystals)."""
    edges = (np.arange(crystals + 1) - place[:, None, None]) / (np.sqrt(2) * width[:, :, None])
    return np.diff(erf(edges.astype(np.float32)), axis=2) / 2


def _busy_towers(transverse: np.ndarray) -> np.ndarray:
    """Return which crystals of the grid lie in or beside a tower with enough transverse energy."""
    n, rows, columns = transverse.shape
    towers = transverse.reshape(n, rows // TOWER, TOWER, columns // TOWER, TOWER).sum(axis=(2, 4)) > BUSY
    for axis in (1, 2):
        padded = np.pad(towers, [(0, 0) if other != axis else (1, 1) for other in range(3)])
        count = towers.shape[axis]
        towers = np.any([padded.take(range(k, k + count), axis) for k in range(3)], axis=0)
    return towers.repeat(TOWER, axis=1).repeat(TOWER, axis=2)


def _centred(energy: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Cut the images out of the grid, the hottest crystal in their centre: where it is would tell how a track bent."""
    n, rows, columns = energy.shape
    inner = energy[:, CENTRE : rows - SIDE + CENTRE + 1, CENTRE : columns - SIDE + CENTRE + 1]
    row, column = np.divmod(inner.reshape(n, -1).argmax(axis=1), inner.shape[2])
    rows_of = row[:, None] + np.arange(SIDE)
    columns_of = column[:, None] + np.arange(SIDE)
    image = np.arange(n)[:, None, None]
    return [grid[image, rows_of[:, :, None], columns_of[:, None, :]] for grid in (energy, *others)]


def _cluster(measured: np.ndarray) -> np.ndarray:
    """Return which crystals belong to a cluster: columns of five, grown from bright ones as far as they have energy.

    In the manner of the hybrid algorithm of CMS: E. Meschi et al., CMS NOTE 2001/034.
    """
    band = slice(CENTRE - 2, CENTRE + 3)
    domino = measured[:, band].sum(axis=1)
    kept = domino > WING
    for _ in range(REACH):
        grown = kept.copy()
        grown[:, 1:] |= kept[:, :-1]
        grown[:, :-1] |= kept[:, 1:]
        kept |= grown & (domino > DOMINO)
    cluster = np.zeros(measured.shape, bool)
    cluster[:, band] = kept[:, None]
    return cluster
