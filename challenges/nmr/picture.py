"""One echo to look at."""

import numpy as np
import pandas as pd

from challenges.drawing import Picture, svg, words
from challenges.nmr.layout import DELAY, ECHO, KIND, RKKY, STEP
from challenges.nmr.layout import LABEL as TARGET

TRACK = "interaction"
WIDTH, HEIGHT, MIDDLE = 420, 240, 108
SCALE = 200  # units of the picture for a magnetisation of 1; 1/2 is the whole
MICROSECONDS = STEP / (2 * np.pi)
NAMES = {True: "RKKY coupling", False: "Gaussian coupling"}


def draw(echo: np.ndarray, targets: pd.Series) -> Picture:
    """Draw real and imaginary part of one echo, shape (2, samples), over time, with both pulses."""
    x = np.linspace(0, WIDTH, echo.shape[1] + 1)[1:]
    body = f'<path d="M0 {MIDDLE}H{WIDTH}" class="faint"/>'
    for at, pulse in ((0, "90°"), (DELAY, "180°")):
        body += f'<path d="M{x[at] + 1:.1f} 4V{HEIGHT - 30}" class="ink" stroke-width="3"/>'
        body += words(float(x[at]) + 7, 16, pulse)
    body += f'<path d="M{x[ECHO]:.1f} 4V{HEIGHT - 30}" class="ink" stroke-dasharray="2 4"/>'
    body += words(float(x[ECHO]) + 6, 16, "echo")
    for part, colour in zip(echo, ("one", "two"), strict=True):
        line = "L".join(f"{right:.1f} {MIDDLE - SCALE * value:.1f}" for right, value in zip(x, part, strict=True))
        body += f'<path d="M{line}" fill="none" stroke="var(--{colour})" stroke-width="1.6"/>'
    body += words(8, HEIGHT - 8, "Re M", more='style="fill:var(--one)"')
    body += words(52, HEIGHT - 8, "Im M", more='style="fill:var(--two)"')
    body += words(WIDTH - 4, HEIGHT - 8, f"{MICROSECONDS * len(x):.0f} µs", more='text-anchor="end"')
    size = np.hypot(*echo)
    late = MICROSECONDS * (int(size[DELAY + 20 :].argmax()) + DELAY + 21)
    text = (
        f"Real and imaginary part of the magnetisation over time; after the second pulse it is largest at "
        f"{late:.0f} µs, with {size[DELAY + 20 :].max():.2f} of at most 0.5."
    )
    return Picture(svg(body, WIDTH, HEIGHT), NAMES[KIND[int(targets[TARGET])] == RKKY], text)
