"""One jet to look at."""

import numpy as np
import pandas as pd

from challenges.drawing import Picture, directions, image, svg
from challenges.quantum.layout import TARGET, radial_width

FAINTEST, BRIGHTEST = 0.003, 1.0  # of the brightest crystal; the colours are linear in the logarithm


def draw(jet: np.ndarray, targets: pd.Series) -> Picture:
    """Draw one image, shape (30, 30): pseudorapidity to the right, azimuth upwards."""
    energy = np.maximum(jet, 0) / max(float(jet.max()), 1e-9)
    shades = np.log(np.clip(energy, FAINTEST, None) / FAINTEST) / np.log(BRIGHTEST / FAINTEST)
    width = float(radial_width(jet[None])[0])
    text = f"{int((jet > 0).sum())} crystals are lit; the jet is {width:.1f} crystals wide."
    return Picture(
        svg(image(shades.T[::-1]) + directions("η", "φ")), "gluon jet" if int(targets[TARGET]) else "quark jet", text
    )
