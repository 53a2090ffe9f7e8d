"""Pictures of training rows: what every challenge draws, of which rows, and where they are had."""

from contextlib import closing
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from challenges import spec
from challenges.dataset import as_table
from challenges.renaissance import picture as of_a_line
from leaderboard.event import Event
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.public import files
from leaderboard.public.samples import SAMPLES, in_turn, samples
from leaderboard.site.api import create_api
from tests.support import TOYS

SHAPES = {
    "exoplanet": (128, 128),
    "lensing": (64, 64),
    "nmr": (2, 471),
    "particle_images": (32, 32, 2),
    "quantum": (30, 30),
}
"""Of one row, where rows are arrays."""


def test_all_challenges_draw():
    assert {"higgs", "renaissance", *SHAPES} == set(spec.available())


@pytest.mark.parametrize("name", ["higgs", *SHAPES])
def test_a_picture_fits_light_and_dark_paper_and_asks_for_nothing_else(name):
    module = spec.load(name).module("picture")
    if name == "higgs":
        rows = TOYS[name](6, 1)
        features, targets = as_table(rows.features).iloc, as_table(rows.targets)
    else:
        features = np.random.default_rng(1).uniform(size=(6, *SHAPES[name])).astype(np.float32)
        targets = pd.DataFrame({module.TARGET: np.arange(6) % (3 if name == "lensing" else 2)})
    drawn = [module.draw(features[at], targets.iloc[at]) for at in range(6)]
    for one in drawn:
        ElementTree.fromstring(one.svg)
        assert "prefers-color-scheme: dark" in one.svg
        assert "http" not in one.svg.replace("http://www.w3.org/2000/svg", "")
    assert len({one.svg for one in drawn}) == 6
    assert all(one.text for one in drawn)
    assert len({one.label for one in drawn}) == targets.iloc[:, 0].nunique()


def test_a_line_marks_what_was_misread_and_shows_it_as_it_stands():
    line = pd.Series({"ocr": "el <b>iia & mar", "image": b"\x89PNG"})
    drawn = of_a_line.draw(line, pd.Series({"text": "el dia & mar"}))
    (marked,) = ElementTree.fromstring(drawn.svg).iter("{http://www.w3.org/2000/svg}tspan")
    assert marked.text == "<b>iia"
    assert drawn.label == "1 of 3 words misread"


def test_a_few_rows_of_a_file_are_those_that_were_chosen(tmp_path):
    data = TOYS["particle_images"](50, 1)
    files.write_labelled(tmp_path, train=data)
    some = files.read_some(tmp_path / "train.h5", ["y"], in_turn)
    chosen = in_turn(as_table(data.targets))
    np.testing.assert_array_equal(some.features, data.features[chosen])
    np.testing.assert_array_equal(some.targets["y"], as_table(data.targets)["y"].iloc[chosen])


def test_the_api_shows_training_rows_one_class_after_the_other(make_judge):
    judge = make_judge(challenges=["higgs", "quantum"])
    client = TestClient(create_api(judge.event, judge.store, loopback=True))
    listed = client.get("/samples/higgs").json()
    assert [one["number"] for one in listed] == list(range(SAMPLES))
    assert [one["label"] for one in listed[:4]] == ["Higgs signal", "background: top-quark pair"] * 2
    picture = client.get("/samples/higgs/0")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "private" in picture.headers["cache-control"]
    train = files.read_labelled(judge.event.public / "higgs" / "signal", "train", ["label"])
    draw = spec.load("higgs").module("picture").draw
    chosen = in_turn(as_table(train.targets)[: files.HEAD])
    drawn = [draw(as_table(train.features).iloc[at], as_table(train.targets).iloc[at]) for at in chosen]
    assert picture.text == drawn[0].svg
    assert [one["text"] for one in listed] == [one.text for one in drawn]
    figure = client.get("/figures/higgs/higgs_dark.png")
    assert figure.headers["content-type"] == "image/png"
    assert figure.content == (spec.load("higgs").folder / "higgs_dark.png").read_bytes()
    assert (
        client.get("/figures/higgs/..%2Fnmr%2Fnmr.png").status_code
        == client.get("/figures/nmr/nmr.png").status_code
        == 404
    )
    for address in ("higgs/24", "higgs/-1", "quantum", "quantum/0", "nmr", "nmr/0"):
        assert client.get(f"/samples/{address}").status_code == 404


def test_jets_to_look_at_are_of_the_validation_file(tmp_path, monkeypatch):
    monkeypatch.setattr("challenges.quantum.simulate.simulate", TOYS["quantum"])
    event = Event.create(tmp_path / "event", name="toy", size="small", challenges=["quantum"])
    with closing(Judge(event, Vault(event, create=True))) as judge:
        prepare.simulate(judge, "quantum")
    assert {one.label for one in samples(event, "quantum")} == {"gluon jet", "quark jet"}
