"""The figure of the challenge: the masses in which the Higgs bosons show, and what hides them."""

from pathlib import Path

import numpy as np

from challenges.dataset import Dataset, as_table
from challenges.higgs.layout import TARGET
from challenges.higgs.units import UNIT
from challenges.paper import on_both

SIGNAL_COLOUR, BACKGROUND_COLOUR, INK = "#c2410c", "#475569", "#1e293b"

# column, title, axis, range in GeV, particle and its true mass in GeV
PANELS = (
    ("m_bb", "Two bottom jets", r"$m_{bb}$ [GeV]", (0, 300), r"$h^0$", 125),
    ("m_wbb", r"… and a $W$ boson", r"$m_{Wbb}$ [GeV]", (100, 700), r"$H^\pm$", 325),
    ("m_wwbb", r"… and the other $W$ boson", r"$m_{WWbb}$ [GeV]", (200, 900), r"$H^0$", 425),
)


def draw(dataset: Dataset, path: Path) -> None:
    """Draw three reconstructed masses for signal and background, and write them as a PNG picture.

    Parameters
    ----------
    dataset : Dataset
        Labelled events, real or simulated; some thousands make a smooth picture.
    path : Path
        Where the picture goes; its folder must exist.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    signal = as_table(dataset.targets)[TARGET].to_numpy() == 1
    figure = Figure(figsize=(10.5, 3.9), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    axes = figure.subplots(1, len(PANELS))
    for axis, (column, title, label, (low, high), particle, mass) in zip(axes, PANELS, strict=True):
        values = as_table(dataset.features)[column].to_numpy(float) * UNIT[column]
        edges = np.linspace(low, high, 41)
        width = edges[1] - edges[0]
        for chosen, colour, name, alpha in (
            (~signal, BACKGROUND_COLOUR, "top-quark pairs", 0.28),
            (signal, SIGNAL_COLOUR, "Higgs signal", 0.22),
        ):
            heights = 100 * np.histogram(values[chosen], edges)[0] / max(chosen.sum(), 1)
            axis.stairs(heights, edges, fill=True, color=colour, alpha=alpha)
            axis.stairs(heights, edges, color=colour, linewidth=1.8, label=name)
        top = axis.get_ylim()[1] * 1.18
        axis.axvline(mass, 0, 0.93, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axis.annotate(
            f"{particle}, {mass} GeV",
            (mass, 0.965 * top),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=10,
        )
        axis.set(xlim=(low, high), ylim=(0, top), xlabel=label)
        axis.set_ylabel(f"events per {width:g} GeV [%]")
        axis.set_title(title, fontsize=11.5, color=INK, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(colors=INK)
    axes[0].legend(frameon=False, loc="upper right", bbox_to_anchor=(1.04, 0.84), fontsize=9.5)
    figure.suptitle("One decay chain, three masses: which events hold a Higgs boson?", fontsize=13.5, color=INK)
    on_both(figure, path, lambda one, to: one.savefig(to, dpi=130, format="png", metadata={"Software": None}))
