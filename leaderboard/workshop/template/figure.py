"""The challenge's picture: masses of pairs."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from challenges.dataset import Dataset, as_table


def draw(dataset: Dataset, path: Path) -> None:
    """Draw the invariant masses of decays and of chance pairs, and write a PNG."""
    pairs, label = as_table(dataset.features), as_table(dataset.targets)["label"]
    mass = np.sqrt(2 * pairs["energy_1"] * pairs["energy_2"] * (1 - np.cos(pairs["angle"])))
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for kind, name, colour in ((0, "chance", "#888888"), (1, "decay", "#0b6fa4")):
        axes.hist(mass[label == kind], bins=np.linspace(60, 260, 80).tolist(), alpha=0.7, label=name, color=colour)
    axes.set(xlabel="invariant mass of the pair, GeV", ylabel="pairs")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)
