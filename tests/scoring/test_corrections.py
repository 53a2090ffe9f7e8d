"""Corrected labels: read word for word, as predictions are, and every bad file is named with its line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from challenges.spec import find_track
from scoring.predictions import Format, check, id_text
from scoring.sealed.answers import answers_table, images_of
from scoring.sealed.corrections import read_corrections
from scoring.sealed.holdout import Holdout, HoldoutError, assign_slices, fresh_salts, opaque_ids

N = 40


def holdout_of(track: str, targets: pd.DataFrame) -> Holdout:
    rng = np.random.default_rng(0)
    return Holdout(
        track=track,
        metric="any/1",
        features_sha256="f" * 64,
        ids=np.sort(opaque_ids(bytes(32), track, N)),
        targets=targets,
        groups=np.arange(N),
        weights=np.ones(N),
        slices=assign_slices(np.arange(N), {"public": 0.5, "private": 0.5}, rng),
        salts=fresh_salts(["public", "private"]),
    )


@pytest.fixture
def lines() -> Holdout:
    return holdout_of("renaissance.transcription", pd.DataFrame({"text": [f"linea {row}" for row in range(N)]}))


@pytest.fixture
def events() -> Holdout:
    return holdout_of("higgs.signal", pd.DataFrame({"label": np.arange(N, dtype=np.int8) % 2}))


def corrected(holdout: Holdout, path: Path) -> Holdout:
    return holdout.corrected(read_corrections(path, holdout, find_track(holdout.track)[1]))


WORDS = [
    "0012",
    "1637",
    "7.",
    "1e5",
    "nan",
    "NA",
    "null",
    "True",
    "",
    "-0",
    "a, b",
    " ancha ",
    "\u00a0el",
    "cora\u0301n",
]


def test_texts_are_taken_word_for_word_and_composed_as_predictions_are(lines, tmp_path):
    ids = id_text(lines.ids)
    file = "id,text\n" + "".join(f"{id},{word}\n" for id, word in zip(ids, WORDS, strict=False))
    rest = "".join(f"{id},x\n" for id in ids[len(WORDS) :])
    predicted = check((file + rest).encode(), Format("a", "b", ("text",), lines.ids, answers="texts")).values[:, 0]
    path = tmp_path / "fix.csv"
    path.write_text(file, "utf-8")
    texts = corrected(lines, path).targets["text"]
    assert texts[: len(WORDS)].tolist() == predicted[: len(WORDS)].tolist()
    assert texts[:3].tolist() == ["0012", "1637", "7."]
    assert texts[10:14].tolist() == ["a, b", "ancha", "el", "cor\u00e1n"]
    assert texts[14:].equals(lines.targets["text"][14:])


def test_answers_are_sealed_composed():
    table = answers_table(pd.DataFrame({"text": [" cora\u0301n "], "n": [1]}), ["text", "n"])
    assert table["text"].tolist() == ["cor\u00e1n"]
    assert table["n"].tolist() == [1]


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\n\n").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: "\n".join(",".join(f'"{cell}"' for cell in row.split(",")) for row in text.split()).encode(),
    ],
    ids=["byte-order mark", "CRLF", "blank lines", "no last line end", "quotes"],
)
def test_what_leaves_no_doubt_is_read(spell, lines, events, tmp_path):
    path = tmp_path / "fix.csv"
    for holdout, name, values in ((lines, "text", ["0012", "dos"]), (events, "label", ["1", "0"])):
        ids = id_text(holdout.ids)
        path.write_bytes(spell(f"id,{name}\n{ids[20]},{values[0]}\n{ids[3]},{values[1]}\n"))
        changed = corrected(holdout, path).targets[name]
        assert [str(changed[20]), str(changed[3])] == values


def test_some_of_several_targets_in_any_order_are_enough(tmp_path):
    targets = pd.DataFrame({name: np.arange(N) + 0.5 for name in ("alpha", "xi", "d")})
    holdout, path = holdout_of("nmr.gauss", targets), tmp_path / "fix.csv"
    path.write_text(f"id,d,alpha\n{id_text(holdout.ids)[7]},0.25,1e-3\n")
    fixed = corrected(holdout, path).targets
    assert fixed.loc[7].tolist() == [1e-3, 7.5, 0.25]
    assert fixed.drop(index=7).equals(targets.drop(index=7))


def test_images_come_all_together_as_an_npy_file(tmp_path):
    sharp = np.random.default_rng(1).random((N, 128, 128), np.float32)
    holdout = holdout_of("lensing.super_resolution", answers_table(sharp, ["y"]))
    sharp[4] = 0.25
    np.save(tmp_path / "fix.npy", sharp)
    assert np.array_equal(images_of(corrected(holdout, tmp_path / "fix.npy").targets["y"].tolist()), sharp)
    (tmp_path / "fix.csv").write_text(f"id,y\n{id_text(holdout.ids)[0]},cat\n")
    with pytest.raises(HoldoutError, match="expected an npy file with all images"):
        corrected(holdout, tmp_path / "fix.csv")


BAD = {
    "no header": ("{0},1\n", "line 1: expected id,{name}, got"),
    "semicolons": ("id;{name}\n{0};1\n", "line 1: expected id,{name}, got 'id;{name}'"),
    "no target": ("id\n{0}\n", "line 1: expected id,{name}, got 'id'"),
    "another target": ("id,colour\n{0},1\n", "line 1: expected id,{name}, got 'id,colour'"),
    "target twice": ("id,{name},{name}\n{0},1,1\n", "line 1: expected id,{name}, got"),
    "header alone": ("id,{name}\n", "no row"),
    "empty": ("", "the file is empty"),
    "capitals": (
        "id,{name}\n{1},1\n{capitals},1\n",
        "line 3: expected 16 lower-case hexadecimal digits, got '{capitals}'",
    ),
    "capitals alone": ("id,{name}\n{capitals},1\n", "line 2: expected 16 lower-case hexadecimal digits"),
    "a number": ("id,{name}\n{0},1\n1.2E+15,1\n", "line 3: expected 16 lower-case hexadecimal digits, got '1.2E\\+15'"),
    "twice": ("id,{name}\n{0},1\n{1},1\n{0},0\n", "line 4, id {0}: expected one row with this id"),
    "unknown": ("id,{name}\n{0},1\n" + "0" * 16 + ",1\n", "line 3, id 0{{16}}: expected an id of the test file"),
    "all unknown": ("id,{name}\n" + "0" * 16 + ",1\n", "no id is one of this track"),
    "no value": ("id,{name}\n{0}\n", "line 2, id {0}: expected (2 values|an id, a comma and a text)"),
    "UTF-16": ("\ufeffid,{name}\n{0},1\n", "UTF-16"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_named_with_its_line(kind, lines, events, tmp_path):
    text, says = BAD[kind]
    for holdout in (lines, events):
        ids, (name,) = id_text(holdout.ids), holdout.targets
        capitals = next(id for id in ids if any(letter.isalpha() for letter in id)).upper()
        path = tmp_path / "fix.csv"
        path.write_text(text.format(*ids, name=name, capitals=capitals), "utf-16" if kind == "UTF-16" else "utf-8")
        with pytest.raises(HoldoutError, match=says.format(*ids, name=name, capitals=capitals)) as error:
            corrected(holdout, path)
        assert str(error.value).startswith(f"{path}: ")
        assert "missing_id" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "line 2, id {0}, column label: expected a finite number, got"),
        ("nan", "line 2, id {0}, column label: expected a finite number, got 'nan'"),
        ("0,5", "line 2, id {0}, column label: expected a finite number"),
        ("0.5", r"id {0}: label is 0\.5, expected one of \[0, 1\]"),
        ("1e300", r"expected one of \[0, 1\]"),
    ],
)
def test_a_label_that_is_none_is_named(value, says, events, tmp_path):
    path = tmp_path / "fix.csv"
    path.write_text(f"id,label\n{id_text(events.ids)[0]},{value}\n")
    with pytest.raises(HoldoutError, match=says.format(*id_text(events.ids))):
        corrected(events, path)


def test_another_kind_of_file_is_named(events, tmp_path):
    path = tmp_path / "fix.csv"
    pd.DataFrame({"id": id_text(events.ids), "label": 1}).to_parquet(path)
    with pytest.raises(
        HoldoutError, match=r"expected a CSV with the columns id and some of \['label'\], got a Parquet file"
    ):
        corrected(events, path)


def test_the_same_holdout_is_no_correction(events, tmp_path):
    path = tmp_path / "fix.csv"
    path.write_text(f"id,label\n{id_text(events.ids)[0]},{events.targets['label'][0]}\n")
    with pytest.raises(HoldoutError, match="already has these targets"):
        corrected(events, path)
