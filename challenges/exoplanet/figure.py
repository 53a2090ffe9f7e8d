"""The figure of the challenge: disks with planets and disks that only look as if, on the sky and turned face on."""

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from challenges.dataset import Dataset, as_array, as_table
from challenges.exoplanet.layout import AU, SIDE, TARGET
from challenges.paper import on_both

HOST_COLOUR, EMPTY_COLOUR, INK = "#c2410c", "#475569", "#1e293b"
EXAMPLES = 6
SOFT = 0.02  # of the peak: below, the colours are linear in the brightness; above, in its logarithm
BAR = 100  # au


def draw(dataset: Dataset, path: Path) -> None:
    """Draw disks of both kinds, and write them as a PNG picture.

    Parameters
    ----------
    dataset : Dataset
        Labelled images; some dozens of runs give something to choose from.
    path : Path
        Where the picture goes; its folder must exist.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 4.65), dpi=100, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    axes = figure.subplots(2, EXAMPLES)
    label = as_table(dataset.targets)[TARGET].to_numpy()
    for line, (kind, name, colour) in enumerate(((1, "With planets", HOST_COLOUR), (0, "Without", EMPTY_COLOUR))):
        for axis, image in zip(axes[line], _structured(dataset, label == kind), strict=False):
            show(axis, image)
        axes[line, 0].set_ylabel(name, fontsize=12, color=colour)
    _scale_bar(axes[0, 0])
    title = "Gaps, rings and spirals: in the upper row planets made them, in the lower row nothing of the kind"
    figure.suptitle(title, fontsize=12.5, color=INK)
    on_both(figure, path, save)


def save(figure, path: Path) -> None:
    """Write a figure as a PNG picture of 200 colours: noise takes a third of the room that true colours need."""
    from PIL import Image

    figure.canvas.draw()
    Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3]).quantize(200).save(path, "PNG", optimize=True)


def show(axis, image: np.ndarray) -> None:
    """Show one image, faint parts lifted."""
    axis.imshow(np.arcsinh(np.clip(image, 0, None) / SOFT), cmap="magma", vmin=0, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def _structured(dataset: Dataset, chosen: np.ndarray) -> np.ndarray:
    """Return one image of each of the disks with most to see, in the order of the data."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.unique(dataset.groups[rows], return_index=True)[1]]
    best = np.argsort([-_relief(image) for image in as_array(dataset.features)[rows]])[:EXAMPLES]
    return as_array(dataset.features)[rows[np.sort(best)]]


def _relief(image: np.ndarray) -> float:
    """Return how much of the light is in bumps and hollows of some pixels, where the disk outshines the noise."""
    fine, coarse = gaussian_filter(image, 1.5), gaussian_filter(image, 5.0)
    seen = coarse > 4 * np.abs(fine[:16, :16]).max()
    return float(np.minimum(np.abs(np.log(np.maximum(fine[seen], 1e-3) / coarse[seen])), 0.5).sum())


def _scale_bar(axis) -> None:
    axis.plot([8, 8 + BAR / AU], [SIDE - 10] * 2, color="white", linewidth=2)
    axis.text(8 + BAR / AU / 2, SIDE - 14, f"{BAR} au", color="white", ha="center", fontsize=9)
