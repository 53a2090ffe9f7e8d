"""The figure of the challenge: single images, which look alike, and what remains when thousands are averaged."""

from pathlib import Path

import numpy as np

from challenges.dataset import Dataset, as_array, as_table
from challenges.paper import on_both
from challenges.particle_images.layout import CENTRE, ELECTRON, GEV, PHOTON, TARGET

ELECTRON_COLOUR, PHOTON_COLOUR, INK = "#c2410c", "#475569", "#1e293b"
ROWS, COLUMNS = slice(CENTRE - 8, CENTRE + 9), slice(CENTRE - 14, CENTRE + 15)
EDGES = (-14.5, 14.5, -8.5, 8.5)
EXAMPLES = 3
FAINTEST = 0.01  # GeV


def draw(dataset: Dataset, path: Path) -> None:
    """Draw images of both particles, their means, and their profiles along phi, and write them as a PNG picture.

    Parameters
    ----------
    dataset : Dataset
        Labelled images; some thousands make smooth means.
    path : Path
        Where the picture goes; its folder must exist.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    label = as_table(dataset.targets)[TARGET].to_numpy()
    energy = GEV * as_array(dataset.features)[:, ROWS, COLUMNS, 0]
    figure = Figure(figsize=(11.5, 6.6), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    grid = figure.add_gridspec(3, EXAMPLES + 1, height_ratios=[1, 1, 1.05])
    scale = LogNorm(FAINTEST, 50)
    for line, (kind, name, colour) in enumerate(
        ((ELECTRON, "Electron", ELECTRON_COLOUR), (PHOTON, "Photon", PHOTON_COLOUR))
    ):
        chosen = energy[label == kind]
        pictures = [*_typical(chosen), chosen.mean(axis=0)]
        titles = [f"{name} {number}" for number in range(1, EXAMPLES + 1)] + [
            f"Mean of {len(chosen):,} {name.lower()}s"
        ]
        for column, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
            axis = figure.add_subplot(grid[line, column])
            axis.imshow(
                np.where(picture > FAINTEST, picture, np.nan), norm=scale, cmap="magma_r", extent=EDGES, aspect="auto"
            )
            axis.set_title(title, fontsize=10.5, color=colour, loc="left")
            axis.tick_params(colors=INK, labelsize=8)
            if column == 0:
                axis.set_ylabel("rows (η)", fontsize=9, color=INK)
            axis.set_xlabel("columns (φ)", fontsize=9, color=INK)
    figure.colorbar(ScalarMappable(scale, "magma_r"), ax=figure.axes, label="energy [GeV]", fraction=0.03, pad=0.01)
    _profiles(figure.add_subplot(grid[2, :]), energy, label)
    figure.suptitle("Silicon makes electrons radiate and photons split: what is left to see", fontsize=13.5, color=INK)
    on_both(figure, path, lambda one, to: one.savefig(to, dpi=110, format="png", metadata={"Software": None}))


def _typical(images: np.ndarray) -> list[np.ndarray]:
    """Return images of growing spread, from a narrow shower to a broad one."""
    share = images.max(axis=(1, 2)) / images.sum(axis=(1, 2))
    order = np.argsort(-share)
    return [images[order[int(part * (len(order) - 1))]] for part in (0.2, 0.6, 0.95)]


def _profiles(axis, energy: np.ndarray, label: np.ndarray) -> None:
    place = np.arange(COLUMNS.start, COLUMNS.stop) - CENTRE
    columns = energy.sum(axis=1)
    shares = columns / columns.sum(axis=1, keepdims=True)
    edges = np.append(place - 0.5, place[-1] + 0.5)
    for kind, name, colour in ((ELECTRON, "electrons", ELECTRON_COLOUR), (PHOTON, "photons", PHOTON_COLOUR)):
        heights = 100 * shares[label == kind].mean(axis=0)
        axis.stairs(heights, edges, color=colour, linewidth=1.8, label=name)
    axis.set(yscale="log", xlim=(edges[0], edges[-1]), xlabel="columns from the hottest crystal (φ)")
    axis.set_ylabel("mean share of the energy [%]")
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(colors=INK)
    axis.legend(frameon=False)
