"""The second part of a kit's README: the challenge, its tracks and files, and how far one can get."""

import re
from collections.abc import Mapping
from pathlib import Path

from challenges import arrays
from challenges.spec import Challenge, Track
from leaderboard.event import Event
from leaderboard.kit.layout import folder_of, sample_name
from leaderboard.public import about, files
from leaderboard.public.data import PublicData
from leaderboard.public.ladders import ladder_of

PICTURE = re.compile(r"!\[([^][]*)\]\(([^()\s]+)\)")
LINK = re.compile(r"(?<!!)\[([^][]+)\]\((?:https?://)?([^()\s]+)\)")
NAMES_ITSELF = re.compile(r"arXiv:|doi:")
OF_THE_PROJECT = "../../"


def text(
    event: Event, challenge: Challenge, public: Mapping[str, PublicData], facts: Mapping[str, dict], readme: str
) -> str:
    """Return what the challenge is, and the tracks and files of this kit."""
    absent = [challenge.full_name(track) for track in challenge.tracks if track.id not in public]
    without = f"No part of this event: {', '.join(absent)}: none of its real files were given.\n" if absent else ""
    tracks = "\n".join(_track(challenge, challenge.track(track), public[track], facts[track]) for track in public)
    return f"""# This challenge: {challenge.title}

## Tracks and files

{tracks}{without}
Rows of a test file come in the order of their ids, which carries nothing.

Licences: `LICENSE`. Please cite: {challenge.citation}.

{readme}"""


def _track(challenge: Challenge, track: Track, public: PublicData, facts: dict) -> str:
    metrics = ", ".join((track.metric, *track.also))
    exhibition = f"**{track.exhibition_note}**\n" if track.exhibition else ""
    return f"""### {challenge.id}.{track.id}

{track.task} Metric: {metrics}{" (the first decides)" if track.also else ""}. Every {track.row} is one row.
{exhibition}{_answers(track)} Sample: `{folder_of(challenge, track)}{sample_name(track)}`.{_circuit(track)}

{_files(folder_of(challenge, track), public, facts)}
{_ladder(challenge, track)}"""


def _answers(track: Track) -> str:
    if track.answers == "images":
        shape = ", ".join(map(str, track.shape))
        return f"Send one npy file of shape `(n, {shape})`, images in ascending order of id, as the test file has them."
    alone = (
        " The numbers alone, white space between and rows in the order of the test file, are taken too."
        if track.rows_in_order
        else ""
    )
    return f"Send the columns `{','.join(('id', *track.columns))}`.{alone}"


def _circuit(track: Track) -> str:
    if track.circuit is None:
        return ""
    return (
        f" With the predictions goes the circuit that made them, at most {track.circuit.qubits} qubits, declared in "
        "OpenQASM 3 as in `circuit.qasm`."
    )


def _files(place: str, public: PublicData, facts: dict) -> str:
    train, validation, test = (f"{facts.get(f'{part}_rows', 0):,} rows" for part in ("train", "validation", "holdout"))
    made = f"`{place}facts.json` (how the data came to be)."
    train_name, test_name = f"{place}{public.train.name}", f"{place}{public.test.name}"
    if public.validation:
        made = f"`{place}{public.validation.name}` ({validation} in the same form, to validate with), {made}"
    if files.is_table(public.train):
        return f"""`{train_name}` ({train}, features and targets), `{test_name}` ({test}, features and `id`),
the same as CSV where they are not too large, {made}
"""
    shapes = arrays.shapes(public.train)
    columns = ", ".join(f"`{column}` {shape}" for column, shape in shapes.items())
    each = ", ".join(f'file["{column}"][...]' for column in shapes)
    return f"""`{train_name}` ({train}: {columns}), `{test_name}` ({test}: `X` and `id`), {made}
All `.h5` are HDF5:

```python
with h5py.File("{train_name}") as file:
    {", ".join(shapes)} = {each}    # or a part: file["X"][:1000]
with h5py.File("{test_name}") as file:
    ids, X_test = file["id"].asstr()[...], file["X"][...]
```
"""


def _ladder(challenge: Challenge, track: Track) -> str:
    """Say how far one can get, and what comes next after the starter."""
    rungs = "\n".join(f"| {rung.title} | {rung.score} | {rung.worth} |" for rung in ladder_of(challenge, track))
    if not rungs:
        return ""
    anchors = track.anchors
    return f"""How far one can get, with 95% intervals, on simulated data of default size. Points are 0 at the floor,
{anchors.floor:g}, and 50 at the reference, {anchors.reference:g}:

| | {track.metric} | points |
|---|---|---|
{rungs}
"""


def about_with_figures(challenge: Challenge) -> tuple[str, list[Path]]:
    """Return what a challenge's README says to teams, with nothing to follow out of the kit, and its figures.

    A figure lies beside the README in the kit; an address is told in words.
    """
    said, figures = about.about(challenge.folder), []

    def beside(found: re.Match) -> str:
        figure = (challenge.folder / found[2]).resolve()
        figures.append(figure)
        return f"![{found[1]}]({figure.name})"

    return LINK.sub(in_words, PICTURE.sub(beside, said)), figures


def in_words(link: re.Match) -> str:
    """Return a link as a text without one.

    Examples
    --------
    >>> LINK.sub(in_words, "[arXiv:1402.4735](https://arxiv.org/abs/1402.4735), [HIGGS](https://uci.edu/280)")
    'arXiv:1402.4735, HIGGS (uci.edu/280)'
    >>> LINK.sub(in_words, "[docs/a.md](../../docs/a.md) tells more")
    "docs/a.md in the project's repository tells more"
    """
    what, where = link.groups()
    if where.startswith(OF_THE_PROJECT):
        return f"{what} in the project's repository"
    return what if NAMES_ITSELF.match(what) else f"{what} ({where})"
