"""The figures of the challenge: one galaxy seen through three kinds of halo, many of each, and pairs to sharpen."""

from pathlib import Path

import numpy as np

from challenges.dataset import Dataset, as_array, as_table
from challenges.lensing.camera import Camera
from challenges.lensing.cosmology import einstein_area
from challenges.lensing.layout import AXION, CDM, NO_SUB, TARGET
from challenges.lensing.scene import draw_scene
from challenges.lensing.simulate import CAMERA, HIGH, LOW
from challenges.lensing.substructure import Bender, draw_clumps, draw_vortex
from challenges.paper import on_both

INK, HALO = "#1e293b", "#7dd3fc"
NAMES = {NO_SUB: "nothing (no_sub)", CDM: "clumps (cdm)", AXION: "a vortex (axion)"}
EXAMPLES = 5
SCENE = 8  # a seed in which both halos change much
PAIRS = 4


def draw(dataset: Dataset, path: Path) -> None:
    """Draw one galaxy through three halos, what each halo changes, and images of each class, as a PNG picture.

    Parameters
    ----------
    dataset : Dataset
        Labelled images of the track ``substructure``, five or more of each class.
    path : Path
        Where the picture goes; its folder must exist.
    """
    figure = blank(12.2, 5.5)
    axes = figure.subplots(3, 2 + EXAMPLES)
    twins = same_galaxy_thrice(SCENE)
    smooth = twins[NO_SUB][0]
    label = as_table(dataset.targets)[TARGET].to_numpy()
    for row, (kind, name) in enumerate(NAMES.items()):
        seen, changed, *examples = axes[row]
        image, mark = twins[kind]
        change = image - smooth
        largest = abs(change).max() or 1
        show(seen, image, CAMERA, bar=row == 2)
        show(changed, change, CAMERA, cmap="berlin", vmin=-largest, vmax=largest)
        mark(changed)
        seen.set_ylabel(name, fontsize=10.5, color=INK)
        for axis, example in zip(examples, dataset.features[label == kind], strict=False):
            show(axis, example, CAMERA)
    for column, title in enumerate(("one galaxy", "what is changed", "images of each class")):
        axes[0, column].set_title(title, fontsize=10.5, color=INK, loc="left")
    on_both(figure, path, write)


def same_galaxy_thrice(seed: int) -> dict[int, tuple]:
    """Return, for each class, a noiseless image of one galaxy behind one lens, and what marks the halo's secret."""
    rng = np.random.default_rng(seed)
    lens, source = draw_scene(rng)
    clumps, vortex = draw_clumps(rng), draw_vortex(rng)
    bender = Bender(CAMERA.places, einstein_area())
    bent = {NO_SUB: None, CDM: bender.by_clumps(clumps), AXION: bender.by_vortex(vortex)}
    images = {kind: CAMERA.expose(source.light(bender.behind(lens, hidden))) for kind, hidden in bent.items()}
    brightest = images[NO_SUB].max()

    def circles(axis) -> None:
        radii = np.sqrt(einstein_area() * clumps.masses)
        order = np.argsort(-radii)[:60]
        sizes = (radii[order] * 72 * 1.55 / (CAMERA.pixel * CAMERA.side) * 2) ** 2
        axis.scatter(
            clumps.places.real[order], clumps.places.imag[order], sizes, "none", edgecolors=HALO, linewidths=0.9
        )

    def line(axis) -> None:
        ends = vortex.place + vortex.half_length * np.exp(1j * vortex.angle) * np.array([-1, 1])
        axis.plot(ends.real, ends.imag, color=HALO, linewidth=1.4)

    marks = {NO_SUB: lambda axis: None, CDM: circles, AXION: line}
    return {kind: (image / brightest, marks[kind]) for kind, image in images.items()}


def draw_pairs(dataset: Dataset, path: Path) -> None:
    """Draw images of low resolution, those of high resolution below them, and a close look at both.

    Parameters
    ----------
    dataset : Dataset
        Pairs of the track ``super_resolution``, four or more.
    path : Path
        Where the picture goes; its folder must exist.
    """
    figure = blank(12.2, 3.3)
    axes = figure.subplots(2, 2 * PAIRS)
    coarse, fine = as_array(dataset.features), as_array(dataset.targets)
    for pair in range(PAIRS):
        for row, (images, camera) in enumerate(((coarse, LOW), (fine, HIGH))):
            whole, near = axes[row, 2 * pair : 2 * pair + 2]
            image = images[pair]
            corner = _brightest(fine[pair])
            show(whole, image, camera, bar=row == 1 and pair == 0)
            show(near, image, camera)
            near.set(xlim=(corner.real - 0.8, corner.real + 0.8), ylim=(corner.imag - 0.8, corner.imag + 0.8))
            whole.indicate_inset_zoom(near, edgecolor=HALO, linewidth=1)
    axes[0, 0].set_ylabel("given: 64 x 64", fontsize=10.5, color=INK)
    axes[1, 0].set_ylabel("asked for: 128 x 128", fontsize=10.5, color=INK)
    on_both(figure, path, write)


def _brightest(image: np.ndarray) -> complex:
    """Return where the brightest pixel of a sharp image is, in arcsec."""
    row, column = np.divmod(int(image.argmax()), len(image))
    return HIGH.pixel * ((column + 1j * row) - (len(image) - 1) / 2 * (1 + 1j))


def blank(width: float, height: float):
    """Return an empty figure of that size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    return figure


def write(figure, path: Path) -> None:
    """Write a picture of 256 colours: noise in more of them would make it three times as large."""
    from PIL import Image

    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    picture.quantize(256, dither=Image.Dither.NONE).save(path, format="png", optimize=True)


def show(axis, image: np.ndarray, camera: Camera, *, bar: bool = False, **style) -> None:
    """Draw a camera's image in arcsec, with a bar one arcsec long if wanted."""
    half = camera.pixel * camera.side / 2
    axis.imshow(
        image, origin="lower", extent=(-half, half, -half, half), interpolation="nearest", **{"cmap": "magma", **style}
    )
    axis.set(xticks=[], yticks=[], xlim=(-half, half), ylim=(-half, half))
    if bar:
        axis.plot([-0.88 * half, -0.88 * half + 1], [-0.85 * half] * 2, color="white", linewidth=2)
        axis.text(-0.88 * half + 0.5, -0.8 * half, '1"', color="white", fontsize=9, ha="center", va="bottom")
