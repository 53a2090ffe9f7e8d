"""The figure of the challenge: two couplings on the lattice, the echoes they make, and what noise leaves of them."""

from pathlib import Path

import numpy as np

from challenges.nmr import lattice, simulate
from challenges.nmr.layout import DELAY, ECHO, GAUSS, NOISE, RKKY, SAMPLES, STEP
from challenges.paper import on_both

INK, FAINT, REAL, IMAGINARY = "#1e293b", "#94a3b8", "#0e7490", "#b45309"
COLOUR = {GAUSS: "#c2410c", RKKY: "#4338ca"}
NAME = {GAUSS: "Gauss", RKKY: "RKKY"}
ALPHA, FIELD, SLOW = 8.0, 0.19, 12.0  # of the couplings shown: strength, mean field, exponent of decay
REACH = 6  # lattice constants on either side of the spin in the middle
MICROSECONDS = STEP / (2 * np.pi)


def draw(path: Path, seed: int = 1) -> None:
    """Draw both couplings, an echo of each, and both with noise, and write them as a PNG picture.

    Parameters
    ----------
    path : Path
        Where the picture goes; its folder must exist.
    seed : int
        Of the noise.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    xi = {form: float(lattice.length_of_sum(form, FIELD / ALPHA)) for form in (GAUSS, RKKY)}
    material = simulate.Material(np.array([GAUSS, RKKY]), *(np.array(pair) for pair in _pairs(xi)))
    echoes = dict(zip(material.form, simulate.echoes(material), strict=True))
    figure = Figure(figsize=(11.5, 7.2), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    grid = figure.add_gridspec(3, 2, width_ratios=(1, 3.1), height_ratios=(1, 1, 0.95))
    for row, form in enumerate((GAUSS, RKKY)):
        _draw_lattice(figure.add_subplot(grid[row, 0]), form, xi[form])
        _draw_echo(figure.add_subplot(grid[row, 1]), echoes[form], form, legend=row == 0)
    _draw_noise(figure.add_subplot(grid[2, :]), echoes, np.random.default_rng(seed))
    figure.suptitle("What an echo tells of who couples to whom", fontsize=13.5, color=INK)
    on_both(figure, path, lambda one, to: one.savefig(to, dpi=110, format="png", metadata={"Software": None}))


def _pairs(xi: dict[str, float]) -> tuple[list[float], list[float], list[float]]:
    return [ALPHA] * 2, list(xi.values()), [SLOW] * 2


def _draw_lattice(axis, form: str, xi: float) -> None:
    """Draw spins as arrows, on how strongly each couples to the one in the middle."""
    from matplotlib.colors import SymLogNorm

    place = np.arange(-REACH, REACH + 1)
    strength = lattice.couplings(form, np.array([xi]))[..., 0][np.ix_(place, place)]
    norm = SymLogNorm(0.003, vmin=-1, vmax=1)
    axis.imshow(strength / np.abs(strength).max(), cmap="PuOr_r", norm=norm, extent=[-REACH - 0.5, REACH + 0.5] * 2)
    # The spins as they stand 6 microseconds after the first pulse, if nothing but the detunings turned them.
    angle = -np.pi / 2 - 19 * STEP * lattice.detunings()[np.ix_(place, place)]
    x, y = np.meshgrid(place, place)
    arrows = {"pivot": "mid", "scale": 17, "width": 0.007, "headwidth": 4.5, "headlength": 5, "headaxislength": 4.5}
    axis.quiver(x, y, np.cos(angle), np.sin(angle), color=INK, **arrows)
    axis.plot(0, 0, "o", markersize=17, markerfacecolor="none", markeredgecolor=COLOUR[form], markeredgewidth=2.4)
    axis.set(xticks=(), yticks=())
    axis.spines[:].set_color(COLOUR[form])
    axis.set_title(f"{NAME[form]}, ξ = {xi:.1f} sites", fontsize=10.5, color=COLOUR[form], loc="left")
    axis.set_xlabel("coupling: orange along, violet against", fontsize=8.5, color=INK)


def _draw_echo(axis, echo: np.ndarray, form: str, *, legend: bool) -> None:
    time = MICROSECONDS * np.arange(1, SAMPLES + 1)
    axis.axhline(0, color=FAINT, linewidth=0.7)
    axis.fill_between(time, np.hypot(*echo), color=COLOUR[form], alpha=0.16, linewidth=0, label="|M|")
    axis.plot(time, np.hypot(*echo), color=COLOUR[form], linewidth=0.9)
    axis.plot(time, echo[0], color=REAL, linewidth=1.5, label="Re M")
    axis.plot(time, echo[1], color=IMAGINARY, linewidth=1.5, label="Im M")
    for steps, pulse in ((0, "90° about x"), (DELAY, "180° about y")):
        axis.axvline(MICROSECONDS * steps, color=INK, linewidth=3.5)
        axis.text(MICROSECONDS * steps + 1.2, 0.5, pulse, fontsize=9, color=INK, va="top")
    axis.axvline(MICROSECONDS * (ECHO + 1), color=INK, linewidth=1, linestyle=":")
    axis.text(MICROSECONDS * (ECHO + 1) + 1, 0.5, "echo of free spins", fontsize=9, color=INK, va="top")
    axis.set(xlim=(-1.5, time[-1]), ylim=(-0.53, 0.55))
    axis.set_ylabel("magnetisation M", color=INK)
    if legend:
        axis.legend(frameon=False, fontsize=9, loc="lower right", ncols=3)
    else:
        axis.set_xlabel("time [µs]", color=INK)
    _plain(axis)


def _draw_noise(axis, echoes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    """Draw the size of both echoes on the same axis, as points with noise."""
    shown = slice(ECHO - 75, ECHO + 105)
    time = MICROSECONDS * np.arange(1, SAMPLES + 1)[shown]
    for form, echo in echoes.items():
        noisy = np.hypot(*(echo + NOISE * rng.standard_normal(echo.shape)))[shown]
        axis.plot(time, np.hypot(*echo)[shown], color=COLOUR[form], linewidth=1.3)
        axis.plot(time, noisy, ".", color=COLOUR[form], markersize=4.5, alpha=0.75, label=NAME[form])
    axis.set(xlim=(time[0], time[-1]), xlabel="time [µs]")
    axis.set_ylabel("|M| with noise", color=INK)
    axis.set_title("Which is which? Same strength α, same mean field", fontsize=10.5, color=INK, loc="left")
    axis.legend(frameon=False, fontsize=9.5)
    _plain(axis)


def _plain(axis) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(colors=INK, labelsize=8.5)
