"""Labelled rows are cut in two by whole groups, those of a file block by block."""

import numpy as np
import pandas as pd
import pytest

from challenges import arrays
from challenges.dataset import Dataset
from challenges.spec import Training
from challenges.training import TrainingError, split_public
from leaderboard import ghosts
from leaderboard.public import cutting, files
from leaderboard.public.data import public_data

N = 200
GROUPS = np.repeat(np.arange(50), 4)


def rows(kind: str) -> Dataset:
    rng = np.random.default_rng(3)
    features = pd.DataFrame({"x": rng.random(N), "word": [f"word {number}" for number in range(N)]})
    match kind:
        case "table":
            return Dataset(features, pd.DataFrame({"label": rng.integers(0, 2, N)}), GROUPS)
        case "texts":
            return Dataset(features, pd.DataFrame({"text": features["word"] + "!"}), GROUPS)
        case "arrays":
            return Dataset(rng.random((N, 4, 4)), pd.DataFrame({"label": rng.integers(0, 2, N)}), GROUPS)
        case _:
            return Dataset(rng.random((N, 4, 4)), rng.random((N, 8, 8)), GROUPS)


def lines(data: Dataset) -> list[str]:
    """Return each row's features and targets as text."""
    return [f"{x} {y}" for x, y in zip(np.asarray(data.features), np.asarray(data.targets), strict=True)]


@pytest.mark.parametrize("kind", ["table", "texts", "arrays", "images"])
def test_a_file_is_cut_as_its_rows_in_memory_are(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(cutting, "ROWS_OF_TABLE", 37)
    monkeypatch.setattr(cutting, "ROWS_OF_ARRAYS", 37)
    data, rule = rows(kind), Training()
    targets = list(data.targets) if isinstance(data.targets, pd.DataFrame) else [files.IMAGES]
    for folder in ("whole", "parts", "again"):
        (tmp_path / folder).mkdir()
    files.write_labelled(tmp_path / "whole", train=data)
    whole = files.find(tmp_path / "whole", "train")
    counts = cutting.cut(whole, tmp_path / "parts", rule, seed=7)
    assert counts == {"train": 160, "validation": 40}
    for name, expected in split_public(data, rule, seed=7)._asdict().items():
        found = files.read_labelled(tmp_path / "parts", name, targets)
        assert lines(found) == lines(expected)
        assert np.array_equal(found.groups, expected.groups)
    both = files.read_all_labelled(tmp_path / "parts", targets)
    assert sorted(lines(both)) == sorted(lines(data))
    assert np.unique(np.unique(both.groups, return_counts=True)[1]).tolist() == [4]
    cutting.cut(whole, tmp_path / "again", rule, seed=7)
    for name in counts:
        first, second = (files.find(tmp_path / folder, name).read_bytes() for folder in ("parts", "again"))
        assert first == second


@pytest.mark.parametrize("kind", ["table", "arrays"])
def test_where_only_some_rows_may_be_trained_on_no_other_is_in_the_training_file(kind, tmp_path):
    data, rule = rows(kind), Training(only={"label": 0}, validation=0.1)
    (tmp_path / "whole").mkdir()
    files.write_labelled(tmp_path / "whole", train=data)
    counts = cutting.cut(files.find(tmp_path / "whole", "train"), tmp_path, rule, seed=7)
    train, validation = (files.read_labelled(tmp_path, name, ["label"]) for name in counts)
    assert set(train.targets["label"]) == {0}
    assert set(validation.targets["label"]) == {0, 1}
    assert len(validation) == 20
    assert not set(train.groups) & set(validation.groups)
    kept = np.isin(data.groups, validation.groups)
    assert len(train) == int((data.targets["label"].to_numpy()[~kept] == 0).sum())


def test_rows_of_one_group_cannot_be_cut(tmp_path):
    data = rows("table")
    (tmp_path / "whole").mkdir()
    files.write_labelled(tmp_path / "whole", train=Dataset(data.features, data.targets, np.zeros(N, int)))
    with pytest.raises(TrainingError, match=r"in other groups, to validate with, got 200 and 0 of 200 \(1 groups\)"):
        cutting.cut(files.find(tmp_path / "whole", "train"), tmp_path, Training(), seed=7)
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    # Two groups are enough, however small the part that validates.
    two = Dataset(data.features, data.targets, GROUPS // 25)
    assert [len(part) for part in split_public(two, Training(validation=0.01), seed=7)] == [100, 100]


def test_parts_have_the_same_columns_though_one_has_no_rows_that_belong_together(tmp_path):
    whole = rows("arrays")
    alone = whole.take(np.arange(0, N, 4))
    files.write_labelled(tmp_path, train=whole, validation=alone)
    columns = [sorted(arrays.shapes(files.find(tmp_path, name))) for name in ("train", "validation")]
    assert columns == [["X", "group", "label"]] * 2


def test_baselines_learn_from_both_parts(judge):
    event, track = judge.event, "higgs.signal"
    facts = public_data(event, track).facts()
    assert (facts["train_rows"], facts["validation_rows"]) == (800, 200)
    learned = ghosts.training_data(event, track)
    assert len(learned) == len(np.unique(learned.groups)) == 1000
