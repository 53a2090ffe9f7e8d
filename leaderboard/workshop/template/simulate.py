"""Simulated pairs of photons from a seed."""

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, Progress

MASS, WIDTH = 125.0, 10.0  # GeV
LEAST, SCALE = 60.0, 40.0  # GeV: masses of pairs that met by chance start here and fall off so


def simulate(n_pairs: int, seed: int, *, signal: bool = True, progress: Progress | None = None) -> Dataset:
    """Simulate pairs of photons, about half of them from a decay.

    Parameters
    ----------
    n_pairs : int
        How many, at least 1.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count.
    signal : bool, default True
        False lets all pairs meet by chance; labels stay.
    progress : callable, optional
        Called with pairs done and pairs wanted.

    Returns
    -------
    Dataset
        float32 columns ``energy_1`` and ``energy_2`` in GeV and ``angle`` between the two in radians; the int8 target
        ``label`` is 1 for a decay. Every pair is a group.

    Examples
    --------
    >>> simulate(3, 1).features.columns.tolist()
    ['energy_1', 'energy_2', 'angle']
    """
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, pool_size=8)))
    label = rng.integers(0, 2, n_pairs).astype(np.int8)
    decayed = (label == 1) & signal
    mass = np.where(decayed, rng.normal(MASS, WIDTH, n_pairs), LEAST + rng.exponential(SCALE, n_pairs))
    angle = rng.uniform(0.6, np.pi, n_pairs)
    product = mass**2 / (2 * (1 - np.cos(angle)))  # m² = 2 E1 E2 (1 - cos angle)
    share = np.exp(rng.normal(0, 0.4, n_pairs))
    table = pd.DataFrame(
        {"energy_1": np.sqrt(product) * share, "energy_2": np.sqrt(product) / share, "angle": angle}, dtype=np.float32
    )
    if progress:
        progress(n_pairs, n_pairs)
    return Dataset(table, pd.DataFrame({"label": label}), np.arange(n_pairs, dtype=np.int64))
