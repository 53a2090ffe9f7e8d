"""Boosted trees on what physicists would compute: masses of all pairs, and nothing that turns with the event."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from xgboost import XGBClassifier

from baselines.rungs import SEED
from challenges.dataset import Dataset
from challenges.higgs.units import JET_ETA_UNITS, JET_PT_UNITS, LEPTON_UNITS, MISSING_UNITS, PHI_UNIT


def with_masses(features: pd.DataFrame) -> pd.DataFrame:
    """Add the masses of all pairs in GeV, and leave out the azimuths.

    The squared mass of two massless particles is 2 pT pT' (cosh(eta - eta') - cos(phi - phi')); with the missing
    momentum, whose pseudorapidity nobody knows, it is the transverse mass, where cosh is 1.

    Parameters
    ----------
    features : DataFrame, shape (n, 28)
        Events in the units of the table.

    Returns
    -------
    DataFrame, shape (n, 37)
        22 columns as they came, then 15 masses: lepton, four jets and missing momentum in pairs.
    """
    pt, eta, phi = (
        features[f"lepton_{name}"] * unit for name, unit in zip(("pt", "eta", "phi"), LEPTON_UNITS, strict=True)
    )
    particles = {"lepton": (pt, eta, phi)}
    for number, (pt_unit, eta_unit) in enumerate(zip(JET_PT_UNITS, JET_ETA_UNITS, strict=True), start=1):
        jet = f"jet{number}"
        particles[jet] = (
            features[f"{jet}_pt"] * pt_unit,
            features[f"{jet}_eta"] * eta_unit,
            features[f"{jet}_phi"] * PHI_UNIT,
        )
    missing = (features["missing_energy_magnitude"], features["missing_energy_phi"])
    missing_pt, missing_phi = (column * unit for column, unit in zip(missing, MISSING_UNITS, strict=True))
    kept = features.drop(columns=[name for name in features if name.endswith("_phi")])
    masses = {}
    for one, other in combinations(particles, 2):
        (pt, eta, phi), (pt2, eta2, phi2) = particles[one], particles[other]
        masses[f"m_{one}_{other}"] = _mass(pt * pt2, np.cosh(eta - eta2) - np.cos(phi - phi2))
    for one, (pt, _, phi) in particles.items():
        masses[f"mt_{one}"] = _mass(pt * missing_pt, 1 - np.cos(phi - missing_phi))
    return kept.assign(**masses).astype(np.float32)


def _mass(momenta: pd.Series, opening: pd.Series) -> pd.Series:
    return np.sqrt(np.maximum(2 * momenta * opening, 0))


@dataclass(frozen=True)
class MassTrees:
    """Boosted trees that compute the masses before they answer."""

    fitted: XGBClassifier

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability of signal, shape (n, 1)."""
        return self.fitted.predict_proba(with_masses(features))[:, 1:].astype(np.float64)


def fit(train: Dataset) -> MassTrees:
    """Fit gradient-boosted trees on the table with its pair masses."""
    model = XGBClassifier(
        n_estimators=400, max_depth=5, learning_rate=0.05, subsample=0.8, colsample_bytree=0.6, random_state=SEED
    )
    return MassTrees(model.fit(with_masses(train.features), train.targets["label"]))
