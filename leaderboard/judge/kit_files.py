"""Reads every file of a kit: data may hold what they must and no more, and nothing else may know a test row."""

import json
from collections.abc import Mapping
from pathlib import Path

import h5py
import pyarrow.parquet as pq

from challenges.spec import Challenge, Track
from leaderboard.event import EventError
from leaderboard.judge.traces import Traces
from leaderboard.kit.build import csv_of, sample_of
from leaderboard.kit.layout import folder_of, sample_name
from leaderboard.public import files
from leaderboard.public.data import format_of
from scoring.sealed.holdout import Holdout

LABELLED, TEST = (files.TRAIN, files.VALIDATION), "test"
INLINE = ("cr:data", "cr:examples", "data", "examples")
"""Where a Croissant document can hold rows."""

SCHEMA_KEYS = {b"pandas", b"ARROW:schema"}


class Leak(EventError):
    """A kit that gives something of the labels away."""


def check(kit: Path, challenge: Challenge, holdouts: Mapping[str, Holdout]) -> None:
    """Hold each file of an unpacked kit against what it may hold.

    Parameters
    ----------
    kit : Path
    challenge : Challenge
    holdouts : mapping
        The sealed answers of each track in the kit, by its id.

    Raises
    ------
    Leak
        If a file of data has a column, an array, an attribute or metadata beyond what it must have, or a CSV, a sample,
        a format differs from what it is made of; if a notebook was run or a Croissant document has rows in it; if any
        other file, or its name, has ids or answers of test rows.
    """
    for track_id, holdout in holdouts.items():
        track = challenge.track(track_id)
        _check_data(kit / folder_of(challenge, track), challenge, track, holdout)
    traces = {name: Traces.of(one, challenge.track(name).answers) for name, one in holdouts.items()}
    for path in sorted(kit.rglob("*")):
        if path.is_file():
            _check_file(path, path.relative_to(kit).as_posix(), traces)


def _check_data(folder: Path, challenge: Challenge, track: Track, holdout: Holdout) -> None:
    for name in (*LABELLED, TEST):
        path = files.find(folder, name)
        if name == files.VALIDATION and not path.exists():
            continue  # in an event that was made before all tracks had one
        (_check_table if files.is_table(path) else _check_arrays)(path, track)
    wanted = format_of(challenge, track, holdout.ids)
    expected = {
        "format.json": json.dumps(wanted.to_json()).encode(),
        sample_name(track): sample_of(wanted, track),
    }
    for name, content in expected.items():
        if (folder / name).read_bytes() != content:
            raise Leak(f"{track.id}: {name} is not what it must be for these rows")


def _check_table(path: Path, track: Track) -> None:
    """Raise Leak if a table has other columns than it must have, or metadata that pandas did not write."""
    schema = pq.read_schema(path)
    train = pq.read_schema(files.find(path.parent, files.TRAIN)).names
    features = [name for name in train if name not in (*track.targets, files.GROUP)]
    expected = ["id", *features] if path.stem == TEST else [*features, *track.targets]
    extra = set(schema.names) - {*expected, *([files.GROUP] if path.stem != TEST else [])}
    if extra or not set(expected) <= set(schema.names):
        raise Leak(f"{track.id}: {path.name} has the columns {schema.names}, expected {expected}")
    stored = {*(pq.read_metadata(path).metadata or {}), *(schema.metadata or {})}
    about = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
    written = [about.get("attributes"), *(column["metadata"] for column in about.get("columns", []))]
    if stored - SCHEMA_KEYS or any(written) or any(field.metadata for field in schema):
        raise Leak(f"{track.id}: {path.name} has metadata beside its columns")
    beside = path.with_suffix(".csv")
    if beside.exists() and beside.read_bytes() != csv_of(path):
        raise Leak(f"{track.id}: {beside.name} is not the table of {path.name}")


def _check_arrays(path: Path, track: Track) -> None:
    """Raise Leak if a file has other arrays than it must have, of other lengths, or an attribute."""
    expected = {"X", "id"} if path.stem == TEST else {"X", *track.targets}
    with h5py.File(path) as file:
        found = {name: file.get(name, getlink=True) for name in file}
        extra = sorted(set(found) - expected - ({files.GROUP} if path.stem != TEST else set()))
        if extra or not expected <= set(found):
            raise Leak(f"{track.id}: {path.name} has the arrays {sorted(found)}, expected {sorted(expected)}")
        arrays = {name: file[name] for name in found}
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise Leak(f"{track.id}: {path.name} has arrays of unequal sizes, {lengths}")
        telling = sorted(name for name, one in {"/": file, **arrays}.items() if len(one.attrs))
        if telling or file.userblock_size:
            raise Leak(f"{track.id}: {path.name} has attributes or a user block, at {telling}")


def _check_file(path: Path, name: str, traces: Mapping[str, Traces]) -> None:
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        _check_notebook(json.loads(content), name)
    if name == "croissant.json":
        _check_croissant(json.loads(content))
    data = path.stem in (*LABELLED, TEST) or path.stem.startswith("sample_submission") or path.name == "format.json"
    for track, one in traces.items():
        found = [*one.in_rows(content)] if not data else []
        found += one.in_words(name.encode() if data else name.encode() + b"\n" + content)
        if found:
            raise Leak(f"{name} has {found[0]} of {track}")


def _check_notebook(notebook: dict, name: str) -> None:
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell.get("outputs") or cell.get("execution_count") is not None or cell.get("attachments"):
            raise Leak(
                f"{name}: cell {number} has an output, a count or an attachment; a kit's notebooks were never run"
            )


def _check_croissant(document: dict) -> None:
    for one in document["recordSet"]:
        inline = [key for part in (one, *one.get("field", [])) for key in INLINE if key in part]
        if inline:
            raise Leak(f"croissant.json: {one['name']} has rows in it, as {inline[0]}")
