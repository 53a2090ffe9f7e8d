"""Turns a starter into a notebook: the same cells, no outputs, the same bytes every time."""

import json
import re

CELL = re.compile(r"^# %%(?P<prose> \[markdown\])?\n", re.MULTILINE)
PROSE = re.compile(r"^# ?", re.MULTILINE)


def notebook(text: str) -> bytes:
    """Return a script as a Jupyter notebook that has not been run.

    Parameters
    ----------
    text : str
        A script in the percent format: a line ``# %%`` begins a cell of code, ``# %% [markdown]`` one of prose, whose
        lines are comments.

    Returns
    -------
    bytes
        The notebook, format 4.5.

    Raises
    ------
    ValueError
        If the script does not begin with a cell.

    Examples
    --------
    >>> made = json.loads(notebook("# %% [markdown]\\n# # Jets\\n\\n# %%\\nprint(1)\\nprint(2)\\n"))
    >>> [(cell["id"], cell["cell_type"], cell["source"]) for cell in made["cells"]]
    [('cell-1', 'markdown', ['# Jets']), ('cell-2', 'code', ['print(1)\\n', 'print(2)'])]
    """
    before, *parts = CELL.split(text)
    if before or not parts:
        raise ValueError(f"expected a script that begins with a cell, '# %%', got {text[:40]!r}")
    cells = [_cell(number, *part) for number, part in enumerate(zip(parts[::2], parts[1::2], strict=True), 1)]
    whole = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _cell(number: int, prose: str | None, content: str) -> dict:
    content = content.strip("\n")
    content = PROSE.sub("", content) if prose else content
    cell = {"id": f"cell-{number}", "metadata": {}, "source": content.splitlines(keepends=True)}
    return (
        {"cell_type": "markdown", **cell}
        if prose
        else {"cell_type": "code", "execution_count": None, "outputs": [], **cell}
    )
