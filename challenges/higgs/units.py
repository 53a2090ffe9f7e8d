"""The units of the real table: what its columns were divided by."""

import numpy as np

from challenges.higgs.detector import Measured
from challenges.higgs.layout import HIGH_LEVEL

# One unit of each column, in GeV or radians. The real table divides each column by a constant that nobody published.
# Its public rows give them back. Largest |eta| is 2.5 of the lepton and 3 of jets, largest |phi| is pi; the edge of
# jets' pT is the same for all four. That it is 15 GeV is an inference: with it W, top and the three Higgs bosons come
# out near their masses. Units of masses then follow within 0.1%, since each can be computed from the other columns.
LEPTON_UNITS = (54.6, 1.0267, 1.8025)
MISSING_UNITS = (58.2, 1.8025)
JET_PT_UNITS = (109.1, 79.4, 56.9, 41.1)
JET_ETA_UNITS = (1.010, 1.030, 1.099, 1.201)
PHI_UNIT = 1.8025
BTAG_UNITS = (1.086538, 1.107436, 1.274112, 1.550981)
MASS_UNITS = (87.69, 179.66, 81.42, 195.12, 126.54, 336.1, 511.3)

UNIT = {
    "lepton_pt": LEPTON_UNITS[0],
    "missing_energy_magnitude": MISSING_UNITS[0],
    **{f"jet{number}_pt": unit for number, unit in enumerate(JET_PT_UNITS, 1)},
    **dict(zip(HIGH_LEVEL, MASS_UNITS, strict=True)),
}
"""GeV per unit of the columns that are momenta or masses."""


def normalise(events: Measured) -> np.ndarray:
    """Return float32 rows in the units of the real table, columns as in FEATURES."""
    jets = np.concatenate([events.jets, events.tags[:, :, None]], axis=2)
    jets = jets / np.array([JET_PT_UNITS, JET_ETA_UNITS, [PHI_UNIT] * 4, 1 / np.array(BTAG_UNITS)]).T
    parts = (
        events.lepton / LEPTON_UNITS,
        events.missing / MISSING_UNITS,
        jets.reshape(-1, 16),
        events.masses / MASS_UNITS,
    )
    return np.concatenate(parts, axis=1).astype(np.float32)
