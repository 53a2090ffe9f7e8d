"""What a generator hands to the detector: lepton, neutrino and jets of each collision."""

from typing import NamedTuple

import numpy as np

N_JETS = 8
"""Jets kept of each collision, the hardest first."""
JET_RADIUS = 0.7
LEPTON_PT_MIN = 12.0  # GeV; only to save time, the detector's own threshold is higher
LEPTON_ETA_MAX = 2.5


class Collisions(NamedTuple):
    """Particles of n collisions; momenta in GeV, azimuth in radians.

    Attributes
    ----------
    lepton : ndarray, shape (n, 3)
        Transverse momentum, pseudorapidity and azimuth of the electron or muon.
    neutrino : ndarray, shape (n, 2)
        Transverse momentum components of the neutrino.
    jets : ndarray, shape (n, N_JETS, 3)
        Transverse momentum, pseudorapidity and azimuth of the jets, hardest first; zeros where there are fewer.
    flavour : ndarray of int8, shape (n, N_JETS)
        5 for a jet with a bottom quark, else 4 with a charm quark, else 0.
    """

    lepton: np.ndarray
    neutrino: np.ndarray
    jets: np.ndarray
    flavour: np.ndarray
