"""Builds starter kits: one zip that stands alone, made of public files only."""

import io
import re
import secrets
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv
import pyarrow.parquet as pq

import scoring.predictions
from challenges import arrays
from challenges.spec import Challenge, Track
from leaderboard import data_files
from leaderboard.event import Event
from leaderboard.public import PublicData, public_data
from scoring.predictions import id_text

CSV_ROWS = 1_000_000
"""Larger tables go into the kit as Parquet alone."""

REQUIREMENTS = ("numpy", "pandas", "pyarrow", "scikit-learn")
FOR_ARRAYS = ("h5py",)
CHECK = b'''"""Check a prediction file: the very check that the upload meets."""

import sys
from pathlib import Path

from predictions.command import main

sys.exit(main(Path(__file__).parent))
'''
LONG_AGO = (2026, 1, 1, 0, 0, 0)
"""One time for all files: when a file was made carries nothing."""


def build(event: Event, challenge_id: str) -> Path:
    """Write a challenge's kit and return its path; the same public files give the same bytes.

    Raises
    ------
    EventError
        If the challenge has no data yet.
    """
    challenge = event.challenge(challenge_id)
    public = public_data(event, challenge_id)
    # Two may build at once: each writes a file of its own, the later one stays.
    partial = public.kit.with_name(f".kit.{secrets.token_hex(4)}.partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as kit:
        for path in filter(None, (public.train, public.validation, public.test)):
            _add(kit, challenge, path.name, path, zipfile.ZIP_STORED)
            if data_files.is_table(path) and pq.read_metadata(path).num_rows <= CSV_ROWS:
                _add(kit, challenge, f"{path.stem}.csv", _csv(path))
        for track in challenge.tracks:
            _add(kit, challenge, sample_name(challenge, track), _sample(public, track))
            _add(kit, challenge, f"format_{track.id}.json", public.format_file(track.id))
        _add(kit, challenge, "starter.py", challenge.folder / "starter.py")
        for example in sorted(challenge.folder.glob("*.qasm")):
            _add(kit, challenge, example.name, example)
        _add(kit, challenge, "check.py", CHECK)
        for module in sorted(Path(scoring.predictions.__file__).parent.glob("*.py")):
            _add(kit, challenge, f"predictions/{module.name}", module)
        _add(kit, challenge, "facts.json", public.folder / "facts.json")
        requirements = REQUIREMENTS if data_files.is_table(public.train) else (*REQUIREMENTS, *FOR_ARRAYS)
        _add(kit, challenge, "requirements.txt", ("\n".join(requirements) + "\n").encode())
        text, figures = _with_figures_beside(challenge.folder / "README.md")
        _add(kit, challenge, "README.md", _readme(event, challenge, public, text).encode())
        for figure in figures:
            _add(kit, challenge, figure.name, figure, zipfile.ZIP_STORED)
    partial.replace(public.kit)
    return public.kit


def sample_name(challenge: Challenge, track: Track) -> str:
    """Return what the sample submission of a track is called in its kit."""
    return "sample_submission.csv" if len(challenge.tracks) == 1 else f"sample_submission_{track.id}.csv"


def _add(
    kit: zipfile.ZipFile, challenge: Challenge, name: str, content: bytes | Path, how=zipfile.ZIP_DEFLATED
) -> None:
    entry = zipfile.ZipInfo(f"{challenge.id}/{name}", LONG_AGO)
    entry.compress_type = how
    entry.external_attr = 0o644 << 16
    if isinstance(content, bytes):
        kit.writestr(entry, content)
        return
    with content.open("rb") as source, kit.open(entry, "w", force_zip64=True) as target:
        while block := source.read(2**20):
            target.write(block)


def _csv(path: Path) -> bytes:
    text = io.BytesIO()
    pyarrow.csv.write_csv(pq.read_table(path), text, pyarrow.csv.WriteOptions(quoting_style="none"))
    return text.getvalue()


def _sample(public: PublicData, track: Track) -> bytes:
    format = public.format(track.id)
    sample = pd.DataFrame({"id": id_text(format.ids)})
    for column in track.columns:
        sample[column] = np.full(len(sample), track.sample)
    return sample.to_csv(index=False, lineterminator="\n").encode()


def _with_figures_beside(readme: Path) -> tuple[str, list[Path]]:
    """Return a README whose images lie in its own folder, and where they are now."""
    text = readme.read_text("utf-8")
    links = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    figures = [(readme.parent / link).resolve() for link in links]
    for link, figure in zip(links, figures, strict=True):
        text = text.replace(f"({link})", f"({figure.name})")
    return text, figures


def _readme(event: Event, challenge: Challenge, public: PublicData, about: str) -> str:
    facts = public.facts()
    secrecy = (
        "The holdout was made from a secret seed: nobody has seen these events."
        if facts["secret"]
        else "**Not secret.** The labels of this holdout are public or its seed is known, so its scores prove little."
    )
    commitments = "\n".join(
        f"| {track} | {name} | `{sha256}` |"
        for track, slices in facts["commitments"].items()
        for name, sha256 in slices.items()
    )
    tracks = "\n".join(
        f"- **{challenge.id}.{track.id}** {track.task} Columns: `{','.join(('id', *track.columns))}`. "
        f"Metric: {track.metric}. Sample: `{sample_name(challenge, track)}`.{_circuit(track)}"
        for track in challenge.tracks
    )
    return f"""# Starter kit: {challenge.title}

{challenge.summary} {secrecy}

Event: {event.config.name}, open until {event.config.closes.isoformat()}.

## Five minutes

```
python -m pip install -r requirements.txt
python starter.py                  # trains a first model and writes submission.csv
python check.py submission.csv     # the very check that the upload meets
```

Then upload `submission.csv` on the event's page. A file that fails the check costs nothing.

## Tracks

{tracks}

## Files

{_files(public, facts)}
Every {challenge.row} is one row. Rows of the test file come in the order of their ids, which carries nothing.

## The sealed holdout

These SHA-256 commit the organiser to the answers before the event; after it they are revealed and can be checked.

| track | slice | SHA-256 |
|---|---|---|
{commitments}

Licence of the data: {challenge.licence}. Please cite: {challenge.citation}.

---

{about}"""


def _circuit(track: Track) -> str:
    if track.circuit is None:
        return ""
    return (
        f" With the predictions goes the circuit that made them, at most {track.circuit.qubits} qubits, declared in "
        "OpenQASM 3 as in `circuit.qasm`: the second file on the event's page, or `physathon submit --circuit FILE`."
    )


def _files(public: PublicData, facts: dict) -> str:
    train, test = f"{facts['train_rows']:,} rows", f"{facts['holdout_rows']:,} rows"
    made = "`facts.json` (how the data came to be)."
    name = public.train.name
    if public.validation:
        made = f"`{public.validation.name}` (labelled rows of every kind, to validate with), {made}"
    if data_files.is_table(public.train):
        return f"""`{name}` ({train}, features and target), `{public.test.name}` ({test}, features and `id`),
the same as CSV where they are not too large, {made}"""
    shapes = arrays.shapes(public.train)
    columns = ", ".join(f"`{column}` {shape}" for column, shape in shapes.items())
    each = ", ".join(f'file["{column}"][...]' for column in shapes)
    return f"""`{name}` ({train}: {columns}), `{public.test.name}` ({test}: `X` and `id`), {made}
All `.h5` are HDF5:

```python
with h5py.File("{name}") as file:
    {", ".join(shapes)} = {each}    # or a part: file["X"][:1000]
with h5py.File("{public.test.name}") as file:
    ids, X_test = file["id"].asstr()[...], file["X"][...]
```
"""
