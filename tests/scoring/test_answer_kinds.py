"""Prediction files that hold texts, images, or numbers alone: what is accepted, and what each mistake is called."""

import gzip
import io
import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.predictions import KINDS, Format, PredictionFileError, check, id_text

IDS = np.sort(np.random.default_rng(1).integers(1, 2**63, 40).astype(np.uint64))
NAMES = id_text(IDS).tolist()
TEXTS = Format("renaissance", "transcription", ("text",), IDS, answers="texts")
IMAGES = Format("lensing", "super_resolution", (), IDS, answers="images", shape=(6, 5))
RANGES = {"alpha": (0.2, 20.0), "xi": (0.5, 30.0), "d": (6.0, 12.0)}
COUPLINGS = Format("nmr", "gauss", ("alpha", "xi", "d"), IDS, ranges=RANGES, rows_in_order=True)
LINES = [f"línea {row}, y ſu «fin»" for row in range(39)] + [""]


def couplings() -> np.ndarray:
    """Return numbers inside their ranges."""
    low, high = np.array(list(RANGES.values())).T
    return np.random.default_rng(2).uniform(low, high, (40, 3))


def csv(lines: list[str], header: str = "id,text") -> bytes:
    """Return ids and texts as a plain CSV, nothing quoted."""
    return "\n".join([header, *(f"{id},{line}" for id, line in zip(NAMES, lines, strict=True)), ""]).encode()


def pandas_csv(lines: list[str], **options) -> bytes:
    """Return ids and texts as pandas writes them, in another order."""
    return (
        pd.DataFrame({"id": NAMES, "text": lines})
        .sample(frac=1, random_state=1)
        .to_csv(index=False, **options)
        .encode()
    )


def parquet(**columns) -> bytes:
    """Return a table as Parquet."""
    file = io.BytesIO()
    pd.DataFrame(columns).to_parquet(file, index=False)
    return file.getvalue()


def npy(array) -> bytes:
    """Return an array as an npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def numbers(values: np.ndarray, separator: str = "\t", end: str = "\n") -> bytes:
    """Return numbers alone, as the original submissions were."""
    return (end.join(separator.join(map(repr, row)) for row in values.tolist()) + end).encode()


def kinds(content: bytes, format: Format) -> dict[str, str]:
    """Return what the check finds wrong: each kind and its first example."""
    with pytest.raises(PredictionFileError) as caught:
        check(content, format)
    return {problem.kind: str(problem.examples[0]) for problem in caught.value.problems}


@pytest.mark.parametrize(
    "content",
    [
        csv(LINES),
        csv(LINES).replace(b"\n", b"\r\n"),
        csv(LINES).replace(b"\n", b"\r"),
        csv(LINES).replace(b"id,text", b'"id","text"').replace(b"\n", b"\n\n"),
        b"\xef\xbb\xbf" + csv(LINES),
        gzip.compress(csv(LINES)),
        pandas_csv(LINES),
        pandas_csv(LINES, quoting=1),
        pd.DataFrame({"id": NAMES, "text": LINES}).to_csv().encode(),
        parquet(id=NAMES, text=LINES),
        parquet(id=NAMES[::-1], text=LINES[::-1]),
        parquet(id=NAMES, text=[line or None for line in LINES]),
        csv([f"  {line} " for line in LINES]),
        csv([line.replace("í", "i\N{COMBINING ACUTE ACCENT}") for line in LINES]),
    ],
)
def test_texts_are_the_same_however_they_are_written(content):
    found = check(content, TEXTS)
    assert found.values[:, 0].tolist() == LINES
    assert found.sha256 == check(csv(LINES), TEXTS).sha256


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (csv(LINES).decode().replace("«", "").replace("»", "").replace("ſ", "s").encode("cp1252"), "encoding", "línea"),
        (csv(LINES)[:-1] + "ñ\n".encode("cp1252"), "encoding", "byte 0xf1"),
        (csv(LINES).decode().encode("utf-16"), "encoding", "UTF-16"),
        (csv(["x" * 1001, *LINES[1:]]), "text_too_long", "1,001"),
        (csv(["a\tb", *LINES[1:]]), "control_character", "\\t"),
        (csv(['"open', *LINES[1:]]), "quoting", "quotes doubled"),
        (csv(['"a" b', *LINES[1:]]), "quoting", "quotes doubled"),
        (csv(LINES).replace(NAMES[3].encode() + b",", NAMES[3].encode()), "bad_id", NAMES[3]),
        (csv(LINES).replace(LINES[0].encode(), b"").replace(f"{NAMES[0]},\n".encode(), f"{NAMES[0]}\n".encode()),
         "ragged_row", "no comma"),
        (csv(LINES).replace(NAMES[0].encode(), b"1.2e15"), "bad_id", "1.2e15"),
        (csv(LINES).replace(NAMES[0].encode(), NAMES[1].encode()), "duplicate_id", NAMES[1]),
        (csv(LINES).replace(NAMES[0].encode(), b"0" * 16), "unknown_id", "0" * 16),
        (csv(LINES, "id,score"), "wrong_header", "id,text"),
        (csv(LINES, "text,id"), "column_order", "id,text"),
        (b"id,text\n", "no_rows", "40 rows"),
        (csv(LINES) + csv(LINES)[8:] * 40, "too_many_rows", "40 rows"),
        (b"", "empty_file", "a header"),
        (npy(np.zeros(40)), "wrong_file_type", "a CSV in UTF-8 or a Parquet file, got an npy file"),
        (csv(LINES).replace(b"\n", b""), "wrong_file_type", "--data-binary"),
        (csv(["nothing\0", *LINES[1:]]), "nul_bytes", "line 2"),
        (csv(["1,5;2,5", *LINES[1:]], "id;text"), "delimiter", "id,text"),
        (b"PK\x03\x04" + bytes(60), "wrong_file_type", "ZIP"),
        (parquet(id=NAMES, text=np.arange(40.0)), "parquet_type", "text"),
        (parquet(id=NAMES, text=["x" * 10**5] * 40), "text_too_long", "100,000"),
        (parquet(id=NAMES, text=["x" * 10**6] * 40), "too_large", "unpacked"),
        (parquet(id=NAMES, text=[b"\xf1"] * 40), "encoding", "0xf1"),
    ],
)  # fmt: skip
def test_bad_texts_are_named(content, kind, says):
    found = kinds(content, TEXTS)
    assert kind in found
    assert says in found[kind]


@given(st.lists(st.text(max_size=30), min_size=40, max_size=40))
def test_whatever_pandas_writes_is_read_or_named(lines):
    try:
        found = check(pandas_csv(lines), TEXTS).values[:, 0].tolist()
    except PredictionFileError as error:
        found = {problem.kind for problem in error.problems}
    composed = [unicodedata.normalize("NFC", line.strip()) for line in lines]
    assert found == composed if isinstance(found, list) else found <= set(KINDS)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_check_of_texts(content):
    with pytest.raises(PredictionFileError):
        check(b"id,text\n" + content, TEXTS)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "u1", "i2"])
def test_images_are_read_in_any_real_type(dtype):
    images = np.random.default_rng(3).integers(0, 2, (40, 6, 5)).astype(dtype)
    for array in (images, np.asfortranarray(images), images[:, None], images[..., None]):
        found = check(npy(array), IMAGES)
        assert found.values.dtype == np.float32
        assert np.array_equal(found.values, images)
        assert found.sha256 == check(gzip.compress(npy(images.astype("f4"))), IMAGES).sha256


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (npy(np.zeros((40, 5, 6))), "npy_shape", r"\(40, 6, 5\)"),
        (npy(np.zeros((39, 6, 5))), "npy_shape", r"\(39, 6, 5\)"),
        (npy(np.zeros((40, 6, 5, 3))), "npy_shape", r"\(40, 6, 5, 3\)"),
        (npy(np.zeros((40, 6, 5), complex)), "npy_type", "complex"),
        (npy(np.array([{}])), "npy_type", "pickle"),
        (npy(np.full((40, 6, 5), 1e300)), "bad_pixel", r"inf at pixel \(0, 0\), 30 such"),
        (npy(np.zeros((40, 6, 5)))[:-8], "corrupt_npy", "9,592"),
        (npy(np.zeros((40, 1, 5, 6))), "npy_shape", r"\(40, 6, 5\) or \(40, 1, 6, 5\) or \(40, 6, 5, 1\), got"),
        (csv(LINES), "wrong_file_type", "an npy file with all images"),
        (parquet(id=NAMES, text=LINES), "wrong_file_type", "npy file with all images, got a Parquet file"),
        (b"PK\x03\x04" + bytes(60), "wrong_file_type", "got a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "wrong_file_type", "got an image"),
        (b"", "empty_file", "0 bytes"),
    ],
)
def test_bad_images_are_named(content, kind, says):
    found = kinds(content, IMAGES)
    assert list(found) == [kind]
    assert re.search(says, found[kind])


def test_a_nan_is_shown_with_its_image_and_pixel():
    images = np.zeros((40, 6, 5))
    images[7, 2, 3] = np.nan
    assert f"line 8, id {NAMES[7]}" in kinds(npy(images), IMAGES)["bad_pixel"]
    assert "nan at pixel (2, 3), 1 such" in kinds(npy(images), IMAGES)["bad_pixel"]


@pytest.mark.parametrize("separator", ["\t", " ", "   ", " \t "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
def test_numbers_alone_are_read_in_the_order_of_the_test_file(separator, end):
    values = couplings()
    found = check(numbers(values, separator, end), COUPLINGS)
    assert np.array_equal(found.values, values)
    assert found.sha256 == check(npy(values), COUPLINGS).sha256


def test_numpys_own_text_is_read():
    text = io.BytesIO()
    np.savetxt(text, couplings())
    np.testing.assert_allclose(check(text.getvalue(), COUPLINGS).values, couplings(), rtol=1e-15)


def test_numbers_alone_are_for_tracks_that_say_so():
    other = Format("nmr", "gauss", ("alpha", "xi", "d"), IDS)
    assert set(kinds(numbers(couplings()), other)) & {"no_header", "delimiter"}


def with_word(word: str, line: int = 2) -> bytes:
    """Return numbers alone, with a word for the second one of a line."""
    rows = [row.split("\t") for row in numbers(couplings()).decode().splitlines()]
    rows[line - 1][1] = word
    return "\n".join(map("\t".join, rows)).encode()


def test_numbers_with_decimal_commas_are_named_whatever_parts_the_columns():
    found = kinds(numbers(couplings(), ";").replace(b".", b","), COUPLINGS)
    assert set(found) == {"no_header", "locale_number"}
    assert "line 1: expected a decimal point" in found["locale_number"]


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (numbers(couplings()[:-1]), "row_count", "expected 40 rows, got 39"),
        (numbers(couplings()[:, :2]), "ragged_row", "line 1: expected 3 values, got 2"),
        (numbers(couplings()).replace(b"\t", b" nan ", 1), "ragged_row", "got 4 values"),
        (with_word("nan"), "nan", "line 2, column xi"),
        (with_word("nan", 1), "nan", "line 1, column xi"),
        (b"nan" + numbers(couplings()).lstrip(b"0123456789."), "nan", "line 1, column alpha"),
        (b"nan nan nan\n" + numbers(couplings()[1:]), "nan", "line 1, column alpha"),
        (b"x y z\n" + numbers(couplings()), "delimiter", "x y z"),
        (with_word("inf"), "infinite", "column xi"),
        (with_word("Infinity"), "infinite", "column xi"),
        (with_word("1e999"), "overflow", "line 2"),
        (with_word("1_0.5"), "underscore", "'1_0.5'"),
        (with_word("0.1_0", 1), "underscore", "line 1"),
        (with_word("\u0661"), "not_a_number", "column xi"),
        (with_word("0,5"), "locale_number", "'0,5'"),
        (with_word("1d5"), "not_a_number", "'1d5'"),
        (with_word("high"), "not_a_number", "'high'"),
        (with_word("0x10"), "hexadecimal", "'0x10'"),
        (with_word("7\0"), "nul_bytes", "line 2"),
        (numbers(couplings()).replace(b".", b","), "locale_number", "line 1, column alpha"),
        (with_word("\xe9").decode().encode("latin-1"), "encoding", "line 2"),
        (numbers(couplings(), ","), "no_header", "id,alpha,xi,d"),
        (numbers(couplings(), ";"), "delimiter", "id,alpha,xi,d"),
    ],
)
def test_bad_numbers_alone_are_named(content, kind, says):
    found = kinds(content, COUPLINGS)
    assert list(found) == [kind]
    assert says in found[kind]


@pytest.mark.parametrize("write", [numbers, npy])
def test_standardised_values_are_named_with_their_columns(write):
    values = couplings()
    standardised = (values - values.mean(axis=0)) / values.std(axis=0)
    with pytest.raises(PredictionFileError) as caught:
        check(write(standardised), COUPLINGS)
    (problem,) = caught.value.problems
    assert (problem.kind, problem.count) == ("other_unit", 3)
    assert [example.column for example in problem.examples] == ["alpha", "xi", "d"]
    assert "mostly between 6 and 12" in str(problem)
    assert "standard deviation 1" in str(problem)


def test_values_scaled_to_the_unit_interval_are_named():
    values = couplings()
    low, high = np.array(list(RANGES.values())).T
    values[:, 2] = ((values - low) / (high - low))[:, 2]
    assert "column d" in kinds(npy(values), COUPLINGS)["other_unit"]


def test_overshooting_and_constant_answers_are_nobodys_business():
    values = couplings()
    values[:9] *= 3
    check(npy(values), COUPLINGS)
    check(npy(np.tile([10.0, 15.0, 7.0], (40, 1))), COUPLINGS)


@pytest.mark.parametrize("write", [numbers, npy])
def test_answers_that_are_not_positive_are_named_where_all_true_numbers_are(write):
    values = couplings()
    values[3, 1], values[7, 2] = 0, -0.5
    with pytest.raises(PredictionFileError) as caught:
        check(write(values), COUPLINGS)
    (problem,) = caught.value.problems
    assert problem.kind == "not_positive"
    assert [str(example) for example in problem.examples] == [
        f"id {id_text(COUPLINGS.ids)[3]}, column xi: expected a number above 0, got 0",
        f"id {id_text(COUPLINGS.ids)[7]}, column d: expected a number above 0, got -0.5",
    ]


@pytest.mark.parametrize("format", [TEXTS, IMAGES, COUPLINGS])
def test_a_format_survives_json(format):
    again = Format.from_json(format.to_json())
    for part in ("challenge", "track", "columns", "answers", "shape", "ranges", "rows_in_order"):
        assert getattr(again, part) == getattr(format, part)
    assert np.array_equal(again.ids, format.ids)


def test_images_have_a_shape_and_no_columns():
    with pytest.raises(ValueError, match="needs height and width"):
        Format("lensing", "super_resolution", ("text",), IDS, answers="images", shape=(6, 5))
