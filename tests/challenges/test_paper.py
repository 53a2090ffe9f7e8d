"""Figures on dark paper."""

import numpy as np
import pytest

from challenges import spec
from challenges.paper import DARK, dark_of, darken, on_both

FIGURES = sorted(path for path in spec.FOLDER.glob("*/*.png") if not path.stem.endswith("_dark"))


def test_every_figure_has_a_small_dark_version():
    assert len(FIGURES) >= len(spec.available())
    assert sum(dark_of(path).stat().st_size for path in FIGURES) < 1_000_000


@pytest.fixture
def figure():
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install physathon[plots]")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    plot, photo = figure.subplots(1, 2)
    plot.plot([0, 1], color="#1e293b")
    plot.fill_between([0, 1], [1, 1], color="#1e293b", alpha=0.25)
    photo.imshow(np.eye(3))
    photo.plot([0, 1], color="#1e293b")
    photo.set_title("three", color="#1e293b")
    return figure


def test_inks_turn_light_and_what_lies_on_an_image_stays(figure):
    from matplotlib.colors import to_hex, to_rgb

    darken(figure)
    plot, photo = figure.axes
    assert min(to_rgb(plot.lines[0].get_color())) > 0.6
    *filled, alpha = plot.collections[0].get_facecolor()[0]
    assert min(filled) > 0.6
    assert alpha == 0.25
    assert min(to_rgb(photo.title.get_color())) > 0.6
    assert to_hex(photo.lines[0].get_color()) == "#1e293b"
    assert to_hex(plot.get_facecolor()) == to_hex(figure.get_facecolor()) == DARK


def test_both_versions_are_written(figure, tmp_path):
    from PIL import Image

    on_both(figure, tmp_path / "one.png", lambda one, path: one.savefig(path))
    light, dark = (
        Image.open(path).convert("L").getpixel((0, 0)) for path in (tmp_path / "one.png", tmp_path / "one_dark.png")
    )
    assert dark < 40 < 215 < light
