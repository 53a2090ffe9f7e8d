"""One shower to look at."""

import numpy as np
import pandas as pd

from challenges.drawing import Picture, directions, image, svg
from challenges.particle_images.layout import CENTRE, ELECTRON, GEV, TARGET

FAINTEST, BRIGHTEST = 0.01, 50.0  # GeV, of the colours, which are linear in the logarithm
REACH = 12  # crystals on either side of the hottest that are drawn


def draw(shower: np.ndarray, targets: pd.Series) -> Picture:
    """Draw the energies in the middle of one image, shape (32, 32, 2): rows along η, columns along φ."""
    energy = GEV * shower[..., 0]
    shades = np.log(np.clip(energy, FAINTEST, None) / FAINTEST) / np.log(BRIGHTEST / FAINTEST)
    near = slice(CENTRE - REACH, CENTRE + REACH + 1)
    lit, total = int((energy > FAINTEST).sum()), float(np.clip(energy, 0, None).sum())
    share = 100 * float(energy.max()) / max(total, 1e-9)
    text = f"{lit} crystals are lit, with {total:.0f} GeV in all; the hottest has {share:.0f}% of it."
    label = "electron" if int(targets[TARGET]) == ELECTRON else "photon"
    return Picture(svg(image(shades[near, near][::-1]) + directions("φ", "η")), label, text)
