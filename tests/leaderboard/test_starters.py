"""What a team starts from: notebooks made of scripts, and pictures that say how sure they are."""

import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score

from leaderboard.kit.notebooks import notebook
from leaderboard.kit.plots import roc_with_band

SCRIPT = """# %% [markdown]
# # Jets
#
# Look at *them*.

# %%
jets = 3


def name(): return "jet"

# %%
print(name(), jets)
"""


def test_a_notebook_has_the_cells_of_its_script_and_no_outputs():
    made = nbformat.reads(notebook(SCRIPT).decode(), as_version=4)
    nbformat.validate(made)
    assert [cell.source for cell in made.cells] == [
        "# Jets\n\nLook at *them*.",
        'jets = 3\n\n\ndef name(): return "jet"',
        "print(name(), jets)",
    ]
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code", "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in made.cells[1:])
    assert notebook(SCRIPT) == notebook(SCRIPT)


@pytest.mark.parametrize("text", ["", "import numpy\n# %%\nprint(1)\n"])
def test_a_script_that_does_not_begin_with_a_cell_is_refused(text):
    with pytest.raises(ValueError, match="begins with a cell"):
        notebook(text)


def test_the_area_below_a_drawn_curve_is_the_metrics_own():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 400)
    score = np.round(y + 1.5 * rng.normal(size=400), 1)  # with ties
    axes = Figure().subplots()
    area, low, high = roc_with_band(y, score, axes)
    assert area == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    # Hanley and McNeil's error is near 0.027 here.
    assert 0.04 < area - low < 0.07
    assert 0.04 < high - area < 0.07
    assert axes.get_legend().get_texts()[0].get_text() == f"AUC {area:.3f} ({low:.3f} to {high:.3f})"


def test_rows_that_belong_together_make_a_band_wider():
    rng = np.random.default_rng(2)
    y, shift = rng.integers(0, 2, 40), rng.normal(size=40)
    groups = np.repeat(np.arange(40), 10)
    score = y[groups] + shift[groups]  # ten copies of each row
    axes = Figure().subplots()
    _, low, high = roc_with_band(y[groups], score, axes)
    _, grouped_low, grouped_high = roc_with_band(y[groups], score, axes, groups=groups)
    assert grouped_high - grouped_low > 2 * (high - low)
