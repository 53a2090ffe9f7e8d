"""A kit's Croissant document is valid, without network, and its records are the kit's rows."""

import hashlib
import json
import logging
import socket
import warnings
import zipfile
from contextlib import closing
from itertools import islice

import pandas as pd
import pytest

from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from tests.support import toy_images, toy_lines, toy_simulate

TOYS = {"higgs": toy_simulate, "particle_images": toy_images, "renaissance": toy_lines}


@pytest.fixture(scope="module")
def kits(tmp_path_factory):
    """Unpacked kits: of numbers, of arrays, of words and pictures."""
    folder = tmp_path_factory.mktemp("croissant")
    event = Event.create(folder / "event", name="toy", size="small", challenges=list(TOYS))
    receipts.make_key(event)
    with pytest.MonkeyPatch.context() as patched, closing(Judge(event, Vault(event, create=True))) as judge:
        for name, toy in TOYS.items():
            patched.setattr(f"challenges.{name}.simulate.simulate", toy)
            prepare.simulate(judge, name)
            with zipfile.ZipFile(build_kit(event, name)) as archive:
                archive.extractall(folder / "kits")
    return folder / "kits"


def loaded(folder, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("it asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse, raising=False)
    logging.getLogger("absl").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import mlcroissant

        dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors | dataset.metadata.ctx.issues.warnings
    return dataset


def records(dataset, name, count):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that mlcroissant builds on
        return list(islice(dataset.records(name), count))


def test_its_records_are_the_rows_of_the_tables(kits, monkeypatch):
    dataset = loaded(kits / "higgs", monkeypatch)
    for name in ("train", "validation", "test"):
        table = pd.read_parquet(kits / "higgs" / f"{name}.parquet")
        found = pd.DataFrame(records(dataset, name, 5))
        assert list(found) == [f"{name}/{column}" for column in table]
        for column in table:
            expected = [value.encode() if column == "id" else value for value in table[column][:5]]
            assert found[f"{name}/{column}"].tolist() == expected


def test_words_and_pictures_are_read_as_what_they_are(kits, monkeypatch):
    dataset = loaded(kits / "renaissance", monkeypatch)
    [line] = records(dataset, "transcription/train", 1)
    table = pd.read_parquet(kits / "renaissance" / "transcription" / "train.parquet")
    assert line["transcription/train/text"].decode() == table["text"][0]
    assert line["transcription/train/image"].size == (8, 8)
    assert {one.uuid for one in dataset.metadata.record_sets} == {
        f"{track}/{name}" for track in ("token_errors", "transcription") for name in ("train", "validation", "test")
    }


def test_arrays_are_told_in_words(kits, monkeypatch):
    loaded(kits / "particle_images", monkeypatch)
    document = json.loads((kits / "particle_images" / "croissant.json").read_bytes())
    told = {one["name"]: one.get("description") for one in document["distribution"]}
    assert told["train.h5"] == "HDF5: X float32 (800, 32, 32, 2), y float32 (800,)"
    assert document["recordSet"] == []


@pytest.mark.parametrize("name", TOYS)
def test_it_names_every_file_of_data_with_its_size_and_checksum(kits, name):
    document = json.loads((kits / name / "croissant.json").read_bytes())
    data = {
        path.relative_to(kits / name).as_posix(): path
        for path in (kits / name).rglob("*")
        if path.suffix in (".csv", ".h5", ".npy", ".parquet")
    }
    assert {one["contentUrl"] for one in document["distribution"]} == set(data)
    for one in document["distribution"]:
        content = data[one["contentUrl"]].read_bytes()
        assert one["contentSize"] == f"{len(content)} B"
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
    assert document["license"] == "https://creativecommons.org/publicdomain/zero/1.0/"
