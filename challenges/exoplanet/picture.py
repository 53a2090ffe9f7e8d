"""One disk to look at."""

import numpy as np
import pandas as pd

from challenges.drawing import SIDE, Picture, image, scale_bar, svg
from challenges.exoplanet.layout import AU, TARGET

SOFT = 0.02  # of the peak: below, the colours are linear in the brightness; above, in its logarithm
BAR = 100  # au


def draw(disk: np.ndarray, targets: pd.Series) -> Picture:
    """Draw one image, shape (128, 128), faint parts lifted, with a bar of 100 au."""
    lifted = np.arcsinh(np.clip(disk, 0, None) / SOFT)
    wide = 100 * (disk > 0.1 * disk.max()).mean()
    text = f"A disk of dust, tilted on the sky; {wide:.0f}% of the image is brighter than a tenth of its peak."
    label = "with planets" if int(targets[TARGET]) else "without planets"
    bar = scale_bar(SIDE * BAR / AU / len(disk), f"{BAR} au")
    return Picture(svg(image(lifted / max(lifted.max(), 1e-9)) + bar), label, text)
