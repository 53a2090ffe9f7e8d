"""What a team starts from: notebooks made of scripts, and pictures that say how sure they are."""

import ast
import re

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score

from challenges import spec
from leaderboard.kit.layout import folder_of, submission_name
from leaderboard.kit.notebooks import notebook
from leaderboard.kit.plots import roc_with_band
from leaderboard.kit.starters import starter_files
from leaderboard.public import files
from tests.support import run_notebook, toy_simulate

CODE_OF = re.compile(r"^# %% \[markdown\]\n(#.*\n)+|^# %%\n", re.MULTILINE)
"""What of a script is no code."""

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


TRACKS = [challenge.full_name(track) for challenge in map(spec.load, spec.available()) for track in challenge.tracks]


@pytest.mark.parametrize("name", TRACKS)
def test_every_track_has_a_starter_for_python_3_10_that_is_a_notebook_and_says_how_to_send(name):
    challenge, track = spec.find_track(name)
    script = challenge.starter(track).read_text("utf-8")
    ast.parse(script, feature_version=(3, 10))
    made = nbformat.reads(starter_files(challenge, track)["starter.ipynb"].decode(), as_version=4)
    nbformat.validate(made)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "".join("".join(cell.source.split()) for cell in code) == "".join(CODE_OF.sub("", script).split())
    file = f"{folder_of(challenge, track)}{submission_name(track)}"
    assert f"python check.py {file}" in script
    assert f"python submit.py submit {file} --track {name}" in script


def test_the_starters_of_both_couplings_differ_in_their_names_alone():
    challenge = spec.load("nmr")
    gauss, rkky = (challenge.starter(challenge.track(name)).read_text("utf-8") for name in ("gauss", "rkky"))
    assert gauss.replace("gauss", "rkky").replace("A Gaussian", "An RKKY") == rkky


def test_a_notebook_runs_from_top_to_bottom_and_shows_its_pictures(tmp_path):
    challenge, track = spec.find_track("higgs.signal")
    train, validation, test = (toy_simulate(300, seed) for seed in range(3))
    files.write_labelled(tmp_path, train=train, validation=validation)
    files.write_test(tmp_path, np.arange(300, dtype=np.uint64), test.features)
    for name, content in starter_files(challenge, track).items():
        (tmp_path / name).write_bytes(content)
    run_notebook(tmp_path / "starter.ipynb")
    shown = [
        output for cell in nbformat.read(tmp_path / "starter.ipynb", 4).cells for output in cell.get("outputs", ())
    ]
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
    assert any("ROC-AUC on 300 validation events" in output.get("text", "") for output in shown)
    assert {path.name for path in tmp_path.glob("*.png")} == {"look.png", "validation.png"}
    scores = pd.read_csv(tmp_path / "submission.csv", dtype={"id": str})
    assert roc_auc_score(test.targets["label"], scores["score"]) > 0.65, "0.76 is the best there is"
