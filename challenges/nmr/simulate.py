"""Simulated spin echoes from a seed."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress
from challenges.nmr import lattice, spins
from challenges.nmr.layout import COUPLINGS, GAUSS, KIND, LABEL, NOISE, SAMPLES, TRACKS
from challenges.precision import rounded_below_noise
from challenges.streams import must_be_possible, run_streams, seed_sequence

N_STREAMS = 4
BLOCK = 32  # echoes made at once: what they need then fits a core's cache
WEAKEST, STRONGEST = 0.2, 20.0  # alpha
FIELD = (0.075, 0.2)  # alpha times the sum of couplings over the number of spins
FASTEST, SLOWEST = 6.0, 12.0  # d


class Material(NamedTuple):
    """What an echo is made from, each of shape (n,): a coupling's form, strength and length, and the decay."""

    form: np.ndarray
    alpha: np.ndarray
    xi: np.ndarray
    d: np.ndarray

    def take(self, rows: slice | np.ndarray) -> "Material":
        """Return the chosen rows."""
        return Material(*(column[rows] for column in self))


def material_at(form: np.ndarray, place: np.ndarray) -> Material:
    """Return the couplings at places in the unit cube, over which those of a data set are spread evenly.

    Along the first axis the mean field on a spin that is surrounded by equal ones grows from 0.075 to 0.2, so that no
    echo looks like that of free spins and none is lost. Along the second grows alpha, from 0.2, or what that field
    needs at the longest coupling, to 20; field and alpha set xi. Along the third grows the decay rate, ``10^(-d / 2)``,
    to 0.001; d is 6 - 2 log10 of that place, at most 12.

    Parameters
    ----------
    form : ndarray of str, shape (n,)
        "gauss" or "rkky".
    place : ndarray, shape (n, 3)
        Between 0 and 1.

    Examples
    --------
    >>> material_at(np.array(["gauss"]), np.array([[0.5, 1.0, 1.0]])).d
    array([6.])
    """
    field = FIELD[0] + (FIELD[1] - FIELD[0]) * place[:, 0]
    alpha, xi = np.empty((2, len(form)))
    for one in np.unique(form):
        rows = form == one
        least = np.maximum(WEAKEST, field[rows] / lattice.strongest_sum(one))
        alpha[rows] = least + (STRONGEST - least) * place[rows, 1]
        xi[rows] = lattice.length_of_sum(one, field[rows] / alpha[rows])
    slowest = 10 ** ((FASTEST - SLOWEST) / 2)
    return Material(form, alpha, xi, FASTEST - 2 * np.log10(np.maximum(place[:, 2], slowest)))


def echoes(material: Material, *, coupled: bool = True, report: Callable[[int], None] | None = None) -> np.ndarray:
    """Return the echoes of crystals, without noise.

    Parameters
    ----------
    material : Material
    coupled : bool, default True
        False for spins that neither feel each other nor decay: one and the same echo for all.
    report : callable, optional
        Called with the echoes done so far.

    Returns
    -------
    ndarray of float32, shape (n, 2, 471)
        Real and imaginary parts.
    """
    n = len(material.alpha)
    detuning = lattice.detunings()
    found = np.empty((n, 2, SAMPLES), np.float32)
    for start in range(0, n, BLOCK):
        part = material.take(slice(start, start + BLOCK))
        field = np.empty((lattice.SIDE, lattice.SIDE, len(part.alpha)))
        for form in np.unique(part.form):
            rows = part.form == form
            field[..., rows] = lattice.couplings(form, part.xi[rows])
        field *= coupled * part.alpha / (2 * lattice.SIDE**2)
        found[start : start + BLOCK] = spins.echoes(detuning, field, coupled * 10 ** (-part.d / 2))
        if report:
            report(min(start + BLOCK, n))
    return found


def _run_stream(
    stream: int, n_rows: int, *, parts: list[Material], coupled: bool, report: Callable[[int], None]
) -> np.ndarray:
    return echoes(parts[stream], coupled=coupled, report=report)


def simulate(
    n_echoes: int,
    seed: int,
    *,
    track: str,
    signal: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Simulate spin echoes of crystals whose nuclear spins couple to each other in the manner of a mean field.

    All echoes, of all seeds, come from one crystal: the detunings of its spins never change, the couplings do.

    Parameters
    ----------
    n_echoes : int
        How many, at least 1.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count. The same seed gives the same arrays for any number of
        workers.
    track : str
        "interaction": half of the couplings have each form. "gauss", "rkky": all have that form.
    signal : bool, default True
        False is the null mode. In interaction all couplings are Gaussian; in the other tracks there are none, and no
        decay, so that echoes differ in their noise alone. Targets stay.
    workers : int, optional
        Processes, at most four of use. By default as many as there are cores, and one for a few hundred rows.
    progress : callable, optional
        Called now and then with echoes done and echoes wanted.

    Returns
    -------
    Dataset
        Echoes of shape (n, 2, 471), float32, real and imaginary part, with white noise of a standard deviation of 0.01
        in each and without digits that it hides; the int8 target ``rkky`` or the float64 targets
        ``alpha``, ``xi`` and ``d``. Every echo is a group.

    Raises
    ------
    ValueError
        If n_echoes, seed, track or workers is not what it should be.

    References
    ----------
    S. Carr et al., arXiv:2110.06811.

    Examples
    --------
    >>> data = simulate(3, 1, track="gauss")
    >>> data.features.shape, list(data.targets)
    ((3, 2, 471), ['alpha', 'xi', 'd'])
    """
    must_be_possible(n_echoes, seed, workers)
    if track not in TRACKS:
        raise ValueError(f"expected a track of {list(TRACKS)}, got {track!r}")
    rng = np.random.Generator(np.random.PCG64(seed_sequence(seed, TRACKS.index(track))))
    classify = track not in KIND.values()
    label = rng.permutation(np.arange(n_echoes) % 2).astype(np.int8)
    form = np.array([KIND[one] for one in label]) if classify else np.full(n_echoes, track)
    material = material_at(np.full_like(form, GAUSS) if classify and not signal else form, rng.random((n_echoes, 3)))
    parts = [material.take(rows) for rows in np.array_split(np.arange(n_echoes), N_STREAMS)]
    run = partial(_run_stream, parts=parts, coupled=signal or classify)
    sizes = tuple(len(part.alpha) for part in parts)
    features = np.concatenate(run_streams(run, sizes, workers=workers, progress=progress))
    features = rounded_below_noise(features + NOISE * rng.standard_normal(features.shape, np.float32), NOISE)
    groups = np.arange(n_echoes, dtype=np.int64)
    if classify:
        return Dataset(features, pd.DataFrame({LABEL: label}), groups)
    return Dataset(features, pd.DataFrame({name: getattr(material, name) for name in COUPLINGS}), groups)
