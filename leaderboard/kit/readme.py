"""The README of a starter kit."""

from collections.abc import Mapping

from challenges import arrays
from challenges.spec import Challenge, Track
from leaderboard.event import Event
from leaderboard.kit.layout import folder_of, sample_name
from leaderboard.public import files
from leaderboard.public.data import PublicData


def text(event: Event, challenge: Challenge, public: Mapping[str, PublicData], about: str) -> str:
    """Return the README: how to begin, the tracks and their files, the commitments, and what is known of the challenge.

    Parameters
    ----------
    event : Event
    challenge : Challenge
    public : mapping
        The public files of each track, by its id.
    about : str
        The challenge's own README.
    """
    facts = {track: data.facts() for track, data in public.items()}
    secrecy = (
        "The holdout was made from a secret seed: nobody has seen these rows."
        if all(one["secret"] for one in facts.values())
        else "**Not secret.** The labels of this holdout are public or its seed is known, so its scores prove little."
    )
    commitments = "\n".join(
        f"| {track} | {name} | `{sha256}` |"
        for track, one in facts.items()
        for name, sha256 in one["commitments"].items()
    )
    absent = [challenge.full_name(track) for track in challenge.tracks if track.id not in public]
    without = f"No part of this event: {', '.join(absent)}: none of its real files were given.\n" if absent else ""
    tracks = "\n".join(_track(challenge, challenge.track(track), public[track], facts[track]) for track in public)
    return f"""# Starter kit: {challenge.title}

{challenge.summary} {secrecy}

Event: {event.config.name}. Its page says until when files are taken.

## Five minutes

{_begin(challenge, public)}

## Tracks and files

{tracks}{without}
Rows of a test file come in the order of their ids, which carries nothing.

{_extra_simulation(event, challenge)}

## What the organiser is bound to

These SHA-256 commit the organiser to the answers before the event; after it they are revealed and can be checked.

| track | slice | SHA-256 |
|---|---|---|
{commitments}

Licence of the data: {challenge.licence}. Please cite: {challenge.citation}.

---

{about}"""


def _begin(challenge: Challenge, public: Mapping[str, PublicData]) -> str:
    """Say how to make and check a first file: a starter's, or without one a sample."""
    tracks = [challenge.track(track) for track in public]
    first = next((track for track in tracks if challenge.starter(track).exists()), tracks[0])
    place, has_starter = folder_of(challenge, first), challenge.starter(first).exists()
    file = f"{place}{'submission.csv' if has_starter else sample_name(first)}"
    run = f"python {place}starter.py    # trains a first model and writes {file}\n" if has_starter else ""
    return f"""```
python -m pip install -r requirements.txt
{run}python check.py {file}    # the very check that the upload meets
```

Then upload {f"`{file}`" if run else "one like it"} on the event's page. A file that fails the check costs nothing."""


def _track(challenge: Challenge, track: Track, public: PublicData, facts: dict) -> str:
    metrics = ", ".join((track.metric, *track.also))
    exhibition = f"**{track.exhibition_note}**\n" if track.exhibition else ""
    return f"""### {challenge.id}.{track.id}

{track.task} Metric: {metrics}{" (the first decides)" if track.also else ""}. Every {track.row} is one row.
{exhibition}{_answers(track)} Sample: `{folder_of(challenge, track)}{sample_name(track)}`.{_circuit(track)}

{_files(folder_of(challenge, track), public, facts)}"""


def _extra_simulation(event: Event, challenge: Challenge) -> str:
    if not challenge.extra_simulation:
        return "Training on more than this kit holds, simulated or real, is **not allowed** in this challenge."
    name = challenge.full_name(event.tracks_of(challenge)[0])
    real = event.config.source == "real"
    unlike = " They are simulated, where this kit's are real: alike, not the same." if real else ""
    return (
        "Training on more data, of your own simulation too, is **allowed**. From a checkout of physathon "
        f"`physathon challenge more {name} --rows 20000` makes them, in the form of the training file, with "
        f"groups of their own.{unlike}"
    )


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
        "OpenQASM 3 as in `circuit.qasm`: the second file on the event's page, or `submit.py submit --circuit FILE`."
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
