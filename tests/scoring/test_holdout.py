"""The sealed holdout: it commits, it hides, it opens only with its key."""

import copy
import dataclasses
import hashlib
import pickle

import numpy as np
import pandas as pd
import pytest

from scoring.sealed.answers import EncodedImageError, answers_table, images_of
from scoring.sealed.holdout import Holdout, HoldoutError, assign_slices, digest_of, fresh_salts, opaque_ids

KEY = bytes(range(32))


def make_holdout(n: int = 200) -> Holdout:
    rng = np.random.default_rng(0)
    groups = np.arange(n) // 2
    return Holdout(
        track="higgs.signal",
        metric="roc_auc/1",
        features_sha256="f" * 64,
        ids=np.sort(opaque_ids(KEY, "higgs", n)),
        targets=pd.DataFrame({"label": rng.integers(0, 2, n).astype(np.int8)}),
        groups=groups,
        weights=np.ones(n),
        slices=assign_slices(groups, {"public": 0.3, "private": 0.7}, rng),
        salts=fresh_salts(["public", "private"]),
    )


def test_what_was_sealed_comes_back(tmp_path):
    holdout = make_holdout()
    holdout.seal(tmp_path / "h.sealed", KEY)
    opened = Holdout.open(tmp_path / "h.sealed", KEY, "higgs.signal")
    assert opened.digest == holdout.digest
    assert opened.ids.tolist() == holdout.ids.tolist()
    assert opened.targets["label"].tolist() == holdout.targets["label"].tolist()
    assert opened.slices.tolist() == holdout.slices.tolist()


def test_the_sealed_file_shows_nothing_and_only_its_key_opens_it(tmp_path):
    path = tmp_path / "h.sealed"
    make_holdout().seal(path, KEY)
    assert b"label" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(HoldoutError, match="another key"):
        Holdout.open(path, bytes(32), "higgs.signal")
    with pytest.raises(HoldoutError, match="another track"):
        Holdout.open(path, KEY, "nmr.gauss")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(HoldoutError, match="damaged"):
        Holdout.open(path, KEY, "higgs.signal")
    with pytest.raises(HoldoutError, match="no sealed holdout"):
        Holdout.open(tmp_path / "none", KEY, "higgs.signal")


def test_the_commitment_is_the_sha256_of_the_revealed_text():
    holdout = make_holdout()
    for name, sha256 in holdout.commitments.items():
        assert hashlib.sha256(holdout.canonical(name)).hexdigest() == sha256
    assert holdout.digest == digest_of(holdout.commitments)


def test_one_changed_label_changes_the_commitment_of_its_slice():
    holdout = make_holdout()
    row = holdout.rows("private")[0]
    flipped = holdout.targets.copy()
    flipped.iloc[row, 0] = 1 - flipped.iloc[row, 0]
    other = dataclasses.replace(holdout, targets=flipped)
    assert other.commitments["private"] != holdout.commitments["private"]
    assert other.commitments["public"] == holdout.commitments["public"]


def test_the_same_answers_with_another_salt_cannot_be_recognised():
    assert make_holdout().digest != make_holdout().digest


def test_it_shows_no_label_and_refuses_to_be_pickled_or_copied():
    holdout = make_holdout()
    assert repr(holdout) == "Holdout(higgs.signal, 200 rows, slices ['private', 'public'])"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(HoldoutError, match="refuses to be pickled"):
            leak(holdout)


def test_a_correction_changes_only_what_it_names():
    holdout = make_holdout()
    row = 17
    new = 1 - holdout.targets["label"][row]
    fixed = holdout.corrected(pd.DataFrame({"id": [f"{holdout.ids[row]:016x}"], "label": [new]}))
    changed = np.flatnonzero(fixed.targets["label"] != holdout.targets["label"])
    assert changed.tolist() == [row]
    touched, other = holdout.slices[row], {"public": "private", "private": "public"}[holdout.slices[row]]
    assert fixed.commitments[touched] != holdout.commitments[touched]
    assert fixed.salts[touched] != holdout.salts[touched]
    assert fixed.commitments[other] == holdout.commitments[other]


AWKWARD = ["007", "1e5", "NA", "", ' "quoted", twice ', "línea\nnueva", "ñ, ſ, 𝔐", "-0.0"]


def test_texts_and_numbers_come_back_as_they_were(tmp_path):
    numbers = np.random.default_rng(3).normal(size=200)
    targets = {"text": AWKWARD * 25, "alpha": numbers, "xi": numbers.astype(np.float32), "label": np.arange(200) % 2}
    holdout = dataclasses.replace(make_holdout(), targets=pd.DataFrame(targets), variance={"mse": (0.1, 1 / 3)})
    holdout.seal(tmp_path / "h.sealed", KEY)
    opened = Holdout.open(tmp_path / "h.sealed", KEY, holdout.track)
    pd.testing.assert_frame_equal(opened.targets, holdout.targets, check_exact=True)
    assert opened.variance == holdout.variance
    assert opened.digest == holdout.digest


def test_images_come_back_as_they_were(tmp_path):
    images = np.random.default_rng(3).random((200, 4, 5), np.float32)
    holdout = dataclasses.replace(make_holdout(), targets=answers_table(images, ["y"]))
    holdout.seal(tmp_path / "h.sealed", KEY)
    opened = Holdout.open(tmp_path / "h.sealed", KEY, holdout.track)
    assert np.array_equal(images_of(opened.targets["y"].tolist()), images)


@pytest.mark.parametrize("words", [["1x2:AAAAAAAAgD8=", "2x1:AAAAAAAAgD8="], ["1x3:AAAAAAAAgD8="], ["cat"], ["1x2:?"]])
def test_words_that_hold_no_image_are_named(words):
    with pytest.raises(EncodedImageError, match="expected images as HEIGHTxWIDTH:base64"):
        images_of(words)


def test_answers_that_are_not_there_are_not_sealed():
    with pytest.raises(HoldoutError, match="alpha of row 3 is missing"):
        dataclasses.replace(make_holdout(), targets=pd.DataFrame({"alpha": [0.0, 1.0, 2.0, np.nan] * 50}))


def test_answers_that_text_would_change_are_not_sealed(tmp_path):
    holdout = dataclasses.replace(make_holdout(), targets=pd.DataFrame({"text": ["a\rb", "c"] * 100}))
    with pytest.raises(HoldoutError, match="read back unchanged"):
        holdout.seal(tmp_path / "h.sealed", KEY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("targets", "new", "says"),
    [
        ({"text": ["uno", "dos"] * 100}, "tres", None),
        ({"text": ["uno", "dos"] * 100}, 12.0, "expected a text as text, got 12.0"),
        ({"text": ["uno", "dos"] * 100}, None, "expected a text as text, got nan|got None"),
        ({"alpha": np.float32([0.5, 1.5] * 100)}, 1e300, "must be finite"),
        ({"alpha": [0.5, 1.5] * 100}, 0.25, None),
        ({"alpha": [0.5, 1.5] * 100}, np.inf, "must be finite"),
        ({"alpha": [0.5, 1.5] * 100}, "x", "needs float64"),
        ({"label": [0, 1] * 100}, 2, r"expected one of \[0, 1\]"),
    ],
)
def test_a_correction_of_a_class_stays_a_class_and_of_a_number_a_number(targets, new, says):
    (name,) = targets
    holdout = dataclasses.replace(make_holdout(), targets=pd.DataFrame(targets))
    corrections = pd.DataFrame({"id": [f"{holdout.ids[17]:016x}"], name: [new]})
    if says:
        with pytest.raises(HoldoutError, match=says):
            holdout.corrected(corrections)
    else:
        assert holdout.corrected(corrections).targets[name][17] == new


@pytest.mark.parametrize(
    ("corrections", "says"),
    [
        ({"id": ["0" * 16], "label": [1]}, "1 ids are not in higgs.signal"),
        ({"id": ["zebra"], "label": [1]}, "expected ids of 16 lower-case hexadecimal digits, got 'zebra'"),
        ({"id": [1637], "label": [1]}, "expected ids of 16 lower-case hexadecimal digits, got 1637"),
        ({"id": ["0x" + "0" * 14], "label": [1]}, "expected ids of 16 lower-case hexadecimal digits"),
        ({"id": ["known"], "colour": [1]}, "expected|need a column id and targets"),
        ({"id": ["known"], "label": [7]}, r"id [0-9a-f]{16}: label is 7, expected one of \[0, 1\]"),
        ({"id": ["known", "known"], "label": [1, 1]}, "expected each id once, [0-9a-f]{16} stands there twice"),
        ({"id": ["known"], "label": ["same"]}, "already has these targets"),
    ],
)
def test_a_bad_correction_is_named(corrections, says):
    holdout = make_holdout()
    known, same = f"{holdout.ids[3]:016x}", holdout.targets["label"][3]
    replaced = {
        name: [
            {"known": known, "same": same}.get(value, value) if isinstance(value, str) else value for value in column
        ]
        for name, column in corrections.items()
    }
    with pytest.raises(HoldoutError, match=says):
        holdout.corrected(pd.DataFrame(replaced))


def test_slices_keep_groups_whole_and_near_their_fractions():
    groups = np.repeat(np.arange(300), 3)
    slices = assign_slices(groups, {"public": 0.3, "private": 0.7}, np.random.default_rng(0))
    assert all(len(set(slices[groups == group])) == 1 for group in range(300))
    assert (slices == "public").mean() == pytest.approx(0.3, abs=0.01)


def test_ids_depend_on_the_key_and_the_row_alone():
    ids = opaque_ids(KEY, "higgs", 1000)
    assert ids.tolist() == opaque_ids(KEY, "higgs", 1000).tolist()
    assert not set(ids.tolist()) & set(opaque_ids(bytes(32), "higgs", 1000).tolist())
    assert abs(np.corrcoef(np.argsort(ids), np.arange(1000))[0, 1]) < 0.15


def test_variances_are_sealed_as_they_always_were_where_one_metric_counts_in_them():
    holdout = dataclasses.replace(make_holdout(), metric="normalised_mse/1", variance={"normalised_mse": (0.5, 2.0)})
    assert b'"variance": [0.5, 2.0]' in holdout.canonical("public")
    several = dataclasses.replace(holdout, variance={"normalised_mse": (0.5,), "normalised_log_mse": (0.1,)})
    assert b'"variance": {"normalised_log_mse": [0.1], "normalised_mse": [0.5]}' in several.canonical("public")


def test_a_holdout_needs_ascending_ids_and_parts_of_one_length():
    holdout = make_holdout()
    parts = {name: getattr(holdout, name) for name in Holdout.__dataclass_fields__}
    with pytest.raises(HoldoutError, match="ascending"):
        Holdout(**parts | {"ids": holdout.ids[::-1]})
    with pytest.raises(HoldoutError, match="as many rows of each part"):
        Holdout(**parts | {"weights": np.ones(3)})


def test_a_group_that_straddles_two_slices_is_refused():
    holdout = make_holdout()
    parts = {name: getattr(holdout, name) for name in Holdout.__dataclass_fields__}
    groups = holdout.groups.copy()
    groups[np.flatnonzero(holdout.slices == "public")[0]] = groups[np.flatnonzero(holdout.slices == "private")[0]]
    with pytest.raises(HoldoutError, match=r"a group must lie in one slice; group \d+ has rows in \w+ and \w+"):
        Holdout(**parts | {"groups": groups})


def test_answers_in_another_form_are_refused_by_name(monkeypatch, tmp_path):
    holdout = make_holdout()
    holdout.seal(tmp_path / "sealed", KEY)
    monkeypatch.setattr("scoring.sealed.holdout.FORMAT", "physathon holdout 2")
    with pytest.raises(
        HoldoutError, match="expected answers in the form 'physathon holdout 2', got b'# physathon holdout 1'"
    ):
        Holdout.open(tmp_path / "sealed", KEY, holdout.track)
