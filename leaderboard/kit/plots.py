"""What the pictures of all starters share: how they look, and a ROC curve that says how sure it is."""

import numpy as np

INK, BLUE, RED, GREY = "#1e293b", "#0e7490", "#c2410c", "#64748b"
LOOK = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
"""For ``plt.style.use``."""


def roc_with_band(y, score, axes, groups=None, label="", color=BLUE, draws=200):
    """Draw a ROC curve with its 95% band; return the area below it and its 95% interval.

    Band and interval come from the bootstrap: rows are drawn anew, by whole groups where some belong together. The band
    is pointwise: at each false positive rate it holds 95% of the curves drawn so.

    Parameters
    ----------
    y : array, shape (n,)
        1 for what is looked for, else 0.
    score : array, shape (n,)
        The higher, the more it looks like 1.
    axes : matplotlib.axes.Axes
    groups : array, shape (n,), optional
        Which rows belong together.
    label : str
        What the legend calls the curve.
    color : str
    draws : int
        How often rows are drawn anew.

    Returns
    -------
    area, low, high : float
    """
    y, score = np.asarray(y), np.asarray(score)
    order = np.argsort(-score, kind="stable")
    y, last = y[order], np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # of rows with the same score

    def curve(weight):
        counts = (np.append(0, np.cumsum(weight * kind)[last]) for kind in (y == 0, y == 1))
        return [count / count[-1] for count in counts]

    def area_below(false, true):
        return float(np.diff(false) @ (true[1:] + true[:-1]) / 2)

    names, group = np.unique(np.arange(len(y)) if groups is None else groups, return_inverse=True)
    grid, rng, curves, areas = np.linspace(0, 1, 201), np.random.default_rng(1), [], []
    for _ in range(draws):
        weight = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))[group][order]
        if 0 < weight @ y < weight.sum():  # a few groups may all be of one kind
            drawn = curve(weight)
            curves.append(np.interp(grid, *drawn))
            areas.append(area_below(*drawn))
    whole = curve(np.ones(len(y)))
    area, (low, high) = area_below(*whole), np.quantile(areas, (0.025, 0.975))
    axes.fill_between(grid, *np.quantile(curves, (0.025, 0.975), axis=0), color=color, alpha=0.2, linewidth=0)
    axes.plot(*whole, color=color, linewidth=1.6, label=f"{label} AUC {area:.3f} ({low:.3f} to {high:.3f})".strip())
    axes.plot((0, 1), (0, 1), color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xlim=(0, 1), ylim=(0, 1.005), aspect="equal", xlabel="false positive rate", ylabel="true positive rate")
    axes.set_title("ROC curve with 95% band")
    axes.legend(loc="lower right", fontsize=9)
    return area, low, high
