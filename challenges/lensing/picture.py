"""One ring to look at."""

import numpy as np
import pandas as pd

from challenges.drawing import Picture, image, svg
from challenges.lensing.layout import AXION, CDM, NO_SUB, SUBSTRUCTURE, TARGET

TRACK = SUBSTRUCTURE
HIDES = {NO_SUB: "a smooth halo (no_sub)", CDM: "a halo with clumps (cdm)", AXION: "a halo with a vortex (axion)"}


def draw(ring: np.ndarray, targets: pd.Series) -> Picture:
    """Draw one image of the track ``substructure``, shape (64, 64)."""
    peak = np.unravel_index(int(ring.argmax()), ring.shape)
    side = f"{'upper' if peak[0] >= len(ring) / 2 else 'lower'} {'left' if peak[1] < len(ring) / 2 else 'right'}"
    text = f"A ring of light around the middle of a dark sky, brightest at the {side}."
    return Picture(svg(image(ring[::-1])), HIDES[int(targets[TARGET])], text)
