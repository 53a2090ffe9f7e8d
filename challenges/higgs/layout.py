"""The columns of the HIGGS table, in the order of the real file."""

TARGET = "label"

LOW_LEVEL = (
    "lepton_pt",
    "lepton_eta",
    "lepton_phi",
    "missing_energy_magnitude",
    "missing_energy_phi",
    *(f"jet{number}_{name}" for number in (1, 2, 3, 4) for name in ("pt", "eta", "phi", "btag")),
)
"""What the detector measures: 21 columns."""

HIGH_LEVEL = ("m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb")
"""Masses that physicists reconstruct from the low-level columns: 7 columns."""

FEATURES = LOW_LEVEL + HIGH_LEVEL
"""All 28 columns."""
