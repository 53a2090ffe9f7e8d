"""No answer is in anything that goes out; a kit into which one is put fails the audit, by name."""

import io
import json
import zipfile
from contextlib import closing

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import kit_audit, prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.kit_files import Leak
from leaderboard.judge.traces import Traces
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.kit.layout import LONG_AGO
from leaderboard.public.data import kit_file
from leaderboard.site.api import create_api
from scoring.predictions import id_text
from tests.support import toy_echoes, toy_images, toy_lines, toy_simulate

TOYS = {"higgs": toy_simulate, "nmr": toy_echoes, "particle_images": toy_images, "renaissance": toy_lines}


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """The judge of an event with numbers, arrays, reals and texts, and all its kits."""
    folder = tmp_path_factory.mktemp("audit") / "event"
    event = Event.create(folder, name="toy", size="small", challenges=list(TOYS))
    receipts.make_key(event)
    with pytest.MonkeyPatch.context() as patched, closing(Judge(event, Vault(event, create=True))) as found:
        for name, toy in TOYS.items():
            patched.setattr(f"challenges.{name}.simulate.simulate", toy)
            prepare.simulate(found, name)
            build_kit(event, name)
        yield found


def traces_of(judge):
    return {name: Traces.of(judge.holdout(name), judge.event.track(name)[1].answers) for name in judge.event.tracks()}


def parts_of(content: bytes):
    """Yield what some content holds when it is unpacked: files of an archive, arrays, columns."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from parts_of(archive.read(name))
    elif content[1:4] == b"HDF":
        with h5py.File(io.BytesIO(content)) as file:
            yield from (array[...].tobytes() for name, array in file.items() if name != "id")
    elif content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        columns = [table[name].combine_chunks() for name in table.column_names if name != "id"]
        yield from (buffer.to_pybytes() for column in columns for buffer in column.buffers() if buffer)
    else:
        yield content


def test_no_answer_is_in_anything_that_goes_out(judge):
    api, event = create_api(judge.event, judge.store, loopback=True), judge.event
    client, track = TestClient(api), event.tracks()[0]
    values = {"track": track, "challenge": "higgs", "number": "1"}
    content = {str(path): path.read_bytes() for path in event.public.rglob("*") if path.is_file()}
    for path, ways in api.openapi()["paths"].items():
        if "get" in ways and path.count("{") == sum(path.count(f"{{{name}}}") for name in values):
            content[path] = client.get(path.format(**values)).content
    assert len(content) > 40
    found = traces_of(judge).values()
    assert all(len(traces.runs) > 5 for traces in found)
    few = Traces(
        ids=frozenset(),
        numbers=frozenset().union(*(traces.numbers for traces in found)),
        runs=frozenset(run for traces in found for run in sorted(traces.runs)[-10:]),
    )
    parts = {part: place for place, whole in content.items() for part in parts_of(whole)}
    assert not [place for part, place in parts.items() if [*few.in_rows(part), *few.in_words(part)]]


def test_the_search_finds_answers_however_they_are_written_down(judge):
    found = traces_of(judge)
    for name, traces in found.items():
        holdout = judge.holdout(name)
        column = holdout.targets.iloc[:, 0]
        assert list(traces.in_words(b"row " + id_text(holdout.ids)[0].upper().encode())) == ["ids of test rows"]
        if name == "renaissance.transcription":
            assert list(traces.in_rows(f"so {column[3]}.".encode()))
            continue
        for kind in ("<f4", "<f8"):
            assert list(traces.in_rows(b"x" + column.to_numpy().astype(kind).tobytes())) == ["answers in a row"]
        if holdout.targets.shape[1] > 1:
            assert list(traces.in_words(f"{column[5]!r}".encode())) == ["answers"]
            assert list(traces.in_rows(", ".join(map(repr, column.tolist())).encode()))
        else:
            digits = [str(int(value)) for value in column]
            assert all(list(traces.in_rows(between.join(digits).encode())) for between in ("", ",", "\r\n"))


def noted(judge, content):
    """An id and its label, in a text."""
    row = judge.holdout("higgs.signal")
    return content + f"\n{row.ids[7]:016x} is {row.targets['label'][7]}\n".encode()


def labels_in_a_row(judge, content):
    return content + judge.holdout("higgs.signal").targets["label"].to_numpy(np.int8).tobytes()


def run_notebook(judge, content):
    cell = {"cell_type": "code", "source": "1", "metadata": {}, "execution_count": 1, "outputs": [{"text": "0.7"}]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def rows_in_croissant(judge, content):
    document = json.loads(content)
    labels = judge.holdout("higgs.signal").targets["label"][:5]
    document["recordSet"][0]["data"] = [{"label": int(one)} for one in labels]
    return json.dumps(document).encode()


def with_table(change):
    def changed(judge, content):
        table, out = pq.read_table(io.BytesIO(content)), io.BytesIO()
        pq.write_table(change(table, judge.holdout("higgs.signal").targets["label"]), out)
        return out.getvalue()

    return changed


def metadata(table, label):
    return table.replace_schema_metadata({**table.schema.metadata, b"note": "".join(map(str, label)).encode()})


def pandas_attributes(table, label):
    about = json.loads(table.schema.metadata[b"pandas"]) | {"attributes": {"note": label.tolist()}}
    return table.replace_schema_metadata({b"pandas": json.dumps(about).encode()})


def a_column(table, label):
    return table.append_column("hint", pa.array(label.to_numpy()))


def with_arrays(change):
    def changed(judge, content):
        file = io.BytesIO(content)
        with h5py.File(file, "r+") as arrays:
            change(arrays, judge.holdout("particle_images.electron_photon").targets["y"].to_numpy())
        return file.getvalue()

    return changed


def attribute(file, label):
    file["X"].attrs["note"] = label


def another_array(file, label):
    file["hint"] = label[:50]


def longer_ids(file, label):
    ids = file["id"][...]
    del file["id"]
    file["id"] = np.concatenate([ids, ids[label[: len(ids)] == 1][:10]])


def other_sample(judge, content):
    return content.replace(b"0.5", b"0.6", 1)


def other_format(judge, content):
    return content + b" "


SABOTAGE = {
    "a label beside its id": ("higgs/README.md", noted, "README.md has ids of test rows of signal"),
    "labels in a row": ("higgs/higgs.png", labels_in_a_row, "higgs.png has answers in a row of signal"),
    "a notebook's output": ("higgs/starter.ipynb", run_notebook, "starter.ipynb: cell 1 has an output"),
    "rows in Croissant": ("higgs/croissant.json", rows_in_croissant, "croissant.json: .* has rows in it, as data"),
    "metadata": ("higgs/test.parquet", with_table(metadata), "test.parquet has metadata beside"),
    "pandas' attributes": ("higgs/train.parquet", with_table(pandas_attributes), "train.parquet has metadata beside"),
    "a column": ("higgs/test.parquet", with_table(a_column), "test.parquet has the columns .*hint"),
    "a line of a table": ("higgs/validation.csv", noted, "validation.csv is not the table of validation.parquet"),
    "a sample": ("higgs/sample_submission.csv", other_sample, "sample_submission.csv is not what it must be"),
    "a format": ("higgs/format.json", other_format, "format.json is not what it must be"),
    "an attribute": ("particle_images/test.h5", with_arrays(attribute), "test.h5 has attributes .*'X'"),
    "another array": ("particle_images/test.h5", with_arrays(another_array), "test.h5 has the arrays .*hint"),
    "unequal sizes": ("particle_images/test.h5", with_arrays(longer_ids), "test.h5 has arrays of unequal sizes"),
    "a file's name": ("higgs/", None, "z.*txt has ids of test rows of signal"),
    "the order of entries": ("higgs/", None, "in an order of their own"),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_kit_that_tells_something_fails_by_name(judge, what):
    name, change, message = SABOTAGE[what]
    challenge = name.partition("/")[0]
    path = kit_file(judge.event, challenge)
    kept = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(kept)) as kit:
        contents = {one: kit.read(one) for one in kit.namelist()}
    if change:
        contents[name] = change(judge, contents.get(name, b""))
        contents = dict(sorted(contents.items()))
    elif what == "a file's name":
        contents[f"higgs/z{judge.holdout('higgs.signal').ids[0]:016x}1.txt"] = b""
    else:
        contents = dict(reversed(contents.items()))
    try:
        with zipfile.ZipFile(path, "w") as kit:
            for one, content in contents.items():
                entry = zipfile.ZipInfo(one, LONG_AGO)
                entry.external_attr = 0o644 << 16
                kit.writestr(entry, content)
        with pytest.raises(Leak, match=message):
            kit_audit.audit(judge, challenge)
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize("name", TOYS)
def test_two_builds_give_the_same_bytes(judge, name):
    first = kit_file(judge.event, name).read_bytes()
    assert build_kit(judge.event, name).read_bytes() == first
