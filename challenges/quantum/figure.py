"""The figure of the challenge: the mean quark jet, the mean gluon jet, what tells them apart, and single jets."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from challenges.dataset import Dataset, as_table
from challenges.paper import on_both
from challenges.quantum.detector import CRYSTAL, SIDE
from challenges.quantum.layout import TARGET, radial_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUARK_COLOUR, GLUON_COLOUR, INK = "#0e7490", "#c2410c", "#1e293b"
EXAMPLES = 3
FAINT, BRIGHT = 0.1, 30.0  # GeV, of the colour scale


def draw(dataset: Dataset, path: Path) -> None:
    """Draw mean images, radial profiles and single jets, and write them as a PNG picture.

    Parameters
    ----------
    dataset : Dataset
        Labelled jets, real or simulated, some of each kind; some thousands make a smooth picture.
    path : Path
        Where the picture goes; its folder must exist.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.9), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    wide, panels = figure.add_gridspec(1, 2, width_ratios=(1, 2.85)), []
    profile, width = (figure.add_subplot(part) for part in wide[0].subgridspec(2, 1))
    grid = wide[1].subgridspec(2, 1 + EXAMPLES)
    half = SIDE / 2 * CRYSTAL
    gluon = as_table(dataset.targets)[TARGET].to_numpy() == 1
    for row, (kind, name, colour) in enumerate(((~gluon, "quark", QUARK_COLOUR), (gluon, "gluon", GLUON_COLOUR))):
        images = np.maximum(dataset.features[kind], 0)
        _draw_profile(profile, images.mean(axis=0), name, colour)
        edges = np.linspace(0, 13, 40)
        width.stairs(
            100 * np.histogram(radial_width(images), edges)[0] / len(images), edges, color=colour, linewidth=1.8
        )
        typical = np.argsort(abs(radial_width(images) - np.median(radial_width(images))))[:EXAMPLES]
        shown = [(f"mean of {len(images):,} {name}s", images.mean(axis=0), 0.003, 3)]
        shown += [(f"one {name}", images[number], FAINT, BRIGHT) for number in sorted(typical)]
        for column, (title, image, low, high) in enumerate(shown):
            axis = figure.add_subplot(grid[row, column])
            norm = LogNorm(low, high, clip=True)
            extent = (-half, half, -half, half)
            panels.append((axis.imshow(image.T, norm=norm, cmap="magma", origin="lower", extent=extent), axis))
            axis.set_title(title, fontsize=9.5, color=INK, loc="left")
            axis.set(xticks=(-0.2, 0, 0.2), yticks=(-0.2, 0, 0.2))
            axis.tick_params(colors=INK, labelsize=8, labelleft=column == 0, labelbottom=row == 1)
            axis.set_xlabel("pseudorapidity" if row == 1 else "", fontsize=8.5, color=INK)
            axis.set_ylabel("azimuth [rad]" if column == 0 else "", fontsize=8.5, color=INK)
    profile.set(xlabel="distance from the jet's axis", ylabel="mean $E_T$ per crystal [GeV]", yscale="log")
    profile.legend(frameon=False, fontsize=9.5)
    width.set(xlabel="width of one jet [crystals]", ylabel="jets [%]", xlim=(0, 13))
    for axis in (profile, width):
        axis.xaxis.label.set(color=INK, fontsize=9)
        axis.yaxis.label.set(color=INK, fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(colors=INK, labelsize=8)
    bar = figure.colorbar(panels[-1][0], ax=[axis for _, axis in panels], shrink=0.8, aspect=30, pad=0.01)
    bar.set_label("transverse energy in one crystal of one jet [GeV]", fontsize=9, color=INK)
    figure.suptitle("Gluons radiate more: their jets are wider", fontsize=13.5, color=INK)
    on_both(figure, path, lambda one, to: one.savefig(to, dpi=130, format="png", metadata={"Software": None}))


def _draw_profile(axis: "Axes", mean: np.ndarray, name: str, colour: str) -> None:
    place = (np.arange(SIDE) - (SIDE - 1) / 2) * CRYSTAL
    distance = np.hypot(*np.meshgrid(place, place))
    edges = np.linspace(0, SIDE / 2 * CRYSTAL, 12)
    counts = np.histogram(distance, edges)[0]
    energy = np.histogram(distance, edges, weights=mean)[0]
    axis.stairs(energy / np.maximum(counts, 1), edges, color=colour, linewidth=1.8, label=f"{name} jets")
