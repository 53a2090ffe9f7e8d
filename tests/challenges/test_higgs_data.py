"""The real HIGGS layout: every good row arrives, every bad one is named, and nothing half-written stays."""

import errno
import gzip
import io
import pickle
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from challenges.dataset import DataFileError
from challenges.files import DiskFullError
from challenges.higgs import data
from challenges.higgs.layout import FEATURES, TARGET
from tests.support import real_data


def table(rows: int, seed: int = 1) -> np.ndarray:
    """Return made-up rows, label first, exact in float32 as the published ones are."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, len(FEATURES))).astype(np.float32)
    return np.column_stack([rng.integers(0, 2, rows), features])


def text(matrix: np.ndarray, delimiter: str = ",", form: str = "%.18e") -> bytes:
    file = io.BytesIO()
    np.savetxt(file, matrix, delimiter=delimiter, fmt=form)
    return file.getvalue()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small_blocks(monkeypatch):
    """Let a thousand rows take many blocks and several row groups."""
    monkeypatch.setattr(data, "BLOCK", 1 << 15)
    monkeypatch.setattr(data, "ROWS_PER_GROUP", 250)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("delimiter", "form"), [(",", "%.18e"), ("\t", "%.9g")])
def test_every_number_arrives_exactly(packed, delimiter, form, tmp_path, small_blocks):
    matrix = table(1000)
    content = text(matrix, delimiter, form)
    source = written(tmp_path / "any name", gzip.compress(content) if packed else content)
    assert data.stream_to_parquet(source, tmp_path / "out" / "higgs.parquet") == 1000
    file = pq.ParquetFile(tmp_path / "out" / "higgs.parquet")
    assert file.schema_arrow == pa.schema([(TARGET, pa.int8()), *((name, pa.float32()) for name in FEATURES)])
    assert file.num_row_groups > 2
    assert np.array_equal(file.read().to_pandas().to_numpy(dtype=float), matrix)
    assert left_in(tmp_path / "out") == ["higgs.parquet"]

    loaded = data.load(source)
    assert np.array_equal(loaded.features.to_numpy(), matrix[:, 1:])
    assert list(loaded.features) == list(FEATURES)
    assert np.array_equal(loaded.targets[TARGET], matrix[:, 0])
    assert loaded.groups.tolist() == list(range(1000))


def test_lines_may_end_as_on_windows_or_be_blank_and_the_last_need_not_end(tmp_path):
    matrix = table(3)
    content = text(matrix).replace(b"\n", b"\r\n").removesuffix(b"\r\n").replace(b"\r\n", b"\r\n\r\n", 1)
    assert np.array_equal(data.load(written(tmp_path / "higgs.csv", content)).features, matrix[:, 1:])


@pytest.mark.parametrize("label", ["label", "Class", "target"])
def test_named_columns_may_come_in_any_order_and_be_spelt_otherwise(label, tmp_path, small_blocks):
    matrix = table(600)
    order = np.random.default_rng(2).permutation(len(data.COLUMNS))
    names = np.array([label, *(name.replace("_pt", "_pT").replace("_btag", "b-tag") for name in FEATURES)])
    header = ",".join(names[order]).encode() + b"\r\n"
    for content in (header + text(matrix[:, order]), gzip.compress(header + text(matrix[:, order]))):
        loaded = data.load(written(tmp_path / "higgs.csv", content))
        assert np.array_equal(loaded.features, matrix[:, 1:])
        assert np.array_equal(loaded.targets[TARGET], matrix[:, 0])


def test_a_file_packed_in_several_pieces_is_read_to_its_end(tmp_path):
    content = gzip.compress(text(table(3))) + gzip.compress(text(table(4)))
    assert len(data.load(written(tmp_path / "higgs.csv.gz", content))) == 7


def test_progress_counts_the_bytes_of_the_source(tmp_path, small_blocks):
    source = written(tmp_path / "higgs.csv", text(table(1000)))
    seen = []
    data.stream_to_parquet(source, tmp_path / "higgs.parquet", progress=lambda done, total: seen.append((done, total)))
    size = source.stat().st_size
    assert seen == sorted(seen)
    assert {total for _, total in seen} == {size}
    assert seen[-1][0] == size
    assert len(seen) > 5


def changed(line: int, column: int, cell: bytes, rows: int = 9) -> bytes:
    """Return a good table with one cell changed; line and column count from 1."""
    lines = text(table(rows)).splitlines()
    cells = lines[line - 1].split(b",")
    cells[column - 1] = cell
    lines[line - 1] = b",".join(cells)
    return b"\n".join(lines) + b"\n"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("HIGGS.csv", text(table(9)))
    return file.getvalue()


def as_parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"label": [1]}), file)
    return file.getvalue()


GOOD = text(table(9))
PACKED = gzip.compress(GOOD)
LONG = gzip.compress(text(table(400)))
LINES = GOOD.splitlines(keepends=True)
NAMES = ",".join(data.COLUMNS).encode() + b"\n"
BAD = {
    "short row": (GOOD + LINES[0].rsplit(b",", 1)[0], r"line 10: expected 29 columns .*, got 28: '[01]\.0"),
    "long row": (LINES[0] + LINES[1].strip() + b",1\n", r"line 2: expected 29 columns .*, got 30"),
    "two rows in one": (GOOD.replace(b"\n", b",", 1), r"line 1: expected 29 columns .*, got 58"),
    "page of a web server": (b"<!DOCTYPE html>\n<html>\n", r"line 1: expected 29 columns .*, got 1: '<!DOCTYPE html>'"),
    "blank lines count": (b"\n\n" + changed(3, 2, b"x"), r"line 5, column 2 \(lepton_pt\): .*, got 'x'"),
    "label 2": (changed(4, 1, b"2.0"), r"line 4, column 1 \(label\): expected 0 or 1, got '2\.0'"),
    "label nearly 1": (changed(4, 1, b"1.0000000001"), r"line 4, column 1 \(label\): expected 0 or 1, got '1\.00"),
    "label nan": (changed(9, 1, b"nan"), r"line 9, column 1 \(label\): expected 0 or 1, got 'nan'"),
    "unknown name": (
        NAMES.replace(b"m_jj,", b"m_qq,") + GOOD,
        r"line 1, column 23: expected one of lepton_pt, .*, and label or class or target for the label, .* 'm_qq'",
    ),
    "signal is no label": (
        NAMES.replace(b"label,", b"signal,") + GOOD,
        r"line 1, column 1: expected .* label or class or target for the label, each once, got 'signal'",
    ),
    "name twice": (NAMES.replace(b"m_jj,", b"m_bb,") + GOOD, r"line 1, column 23: expected .*, each once, got 'm_bb'"),
    "fault below names": (NAMES + changed(4, 3, b"nan"), r"line 5, column 3 \(lepton_eta\): .*, got 'nan'"),
    "names alone": (NAMES, r"expected rows of 29 numbers, got an empty file"),
    "label last, no names": (
        text(np.roll(table(9), -1, axis=1)),
        r"line 1, column 1 \(label\): .*; a table whose label is the last column needs a first line that names",
    ),
    "text": (changed(5, 29, b"heavy"), r"line 5, column 29 \(m_wwbb\): expected a finite number, got 'heavy'"),
    "quoted": (changed(5, 6, b'"1.0"'), r"line 5, column 6 \(missing_energy_phi\): .*, got '\"1\.0\"'"),
    "nothing": (changed(5, 2, b""), r"line 5, column 2 \(lepton_pt\): expected a finite number, got ''"),
    "not available": (changed(5, 2, b"NA"), r"line 5, column 2 \(lepton_pt\): expected a finite number, got 'NA'"),
    "nan": (changed(6, 3, b"nan"), r"line 6, column 3 \(lepton_eta\): expected a finite number, got 'nan'"),
    "inf": (changed(7, 23, b"-inf"), r"line 7, column 23 \(m_jj\): expected a finite number, got '-inf'"),
    "beyond float32": (changed(7, 23, b"1e39"), r"line 7, column 23 \(m_jj\): expected a finite number, got '1e39'"),
    "stray byte": (changed(8, 4, b"1\xe9"), r"line 8, column 4 \(lepton_phi\): .* finite number, got '1\\\\xe9'"),
    "packed": (gzip.compress(changed(4, 1, b"2")), r"line 4, column 1 \(label\): expected 0 or 1, got '2'"),
    "truncated": (PACKED[: len(PACKED) // 2], r"the gzip file is truncated, it ends after line \d"),
    "truncated by a byte": (PACKED[:-1], r"the gzip file is truncated, it ends after line 9"),
    "truncated at once": (PACKED[:2], r"the gzip file is truncated, it ends after line 0"),
    "wrong sum": (PACKED[:-6] + b"\0\0" + PACKED[-4:], r"the gzip data are damaged within the first 65,536 bytes"),
    "wrong sum, longer": (LONG[:-6] + b"\0\0" + LONG[-4:], r"the gzip data are damaged after line \d"),
    "damaged at once": (PACKED[:2] + b"\xff" + PACKED[3:], r"the gzip data are damaged within the first 65,536 bytes"),
    "junk behind": (PACKED + b"junk", r"the gzip data are damaged after line 9"),
    "one endless line": (b"1" * 9_000_000, r"line 1: expected 29 numbers, got a line of more than 65,536 bytes"),
    "empty": (b"", r"expected rows of 29 numbers, got an empty file"),
    "empty, packed": (gzip.compress(b""), r"expected rows of 29 numbers, got an empty file"),
    "blank": (b"\n\n\n", r"expected rows of 29 numbers, got an empty file"),
    "Parquet": (as_parquet(), r"expected numbers as text, .*, got a Parquet file"),
    "zip": (zipped(), r"got a zip archive"),
    "pickle": (pickle.dumps(table(9)), r"got a Python pickle"),
    "binary": (b"1.0,\0\0\0", r"got the byte b'\\x00' at position 4"),
    "packed binary": (gzip.compress(pickle.dumps(table(9))), r"got a Python pickle"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_place_and_leaves_nothing(name, tmp_path):
    content, message = BAD[name]
    source = written(tmp_path / "bad.csv", content)
    for read in (data.load, lambda path: data.stream_to_parquet(path, tmp_path / "higgs.parquet")):
        with pytest.raises(DataFileError, match=message) as error:
            read(source)
        assert str(error.value).startswith(str(source))
    assert left_in(tmp_path) == ["bad.csv"]


def test_the_place_is_right_after_many_good_blocks(tmp_path, small_blocks):
    source = written(tmp_path / "higgs.csv.gz", gzip.compress(changed(987, 7, b"nan", rows=1000)))
    with pytest.raises(DataFileError, match=r"line 987, column 7 \(jet1_pt\)"):
        data.stream_to_parquet(source, tmp_path / "higgs.parquet")
    assert left_in(tmp_path) == ["higgs.csv.gz"]


def test_a_failure_keeps_what_was_there_before(tmp_path):
    destination = written(tmp_path / "higgs.parquet", b"older")
    with pytest.raises(DataFileError):
        data.stream_to_parquet(written(tmp_path / "bad.csv", b""), destination)
    assert destination.read_bytes() == b"older"


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    source = written(tmp_path / "higgs.csv", GOOD)
    everything = tmp_path / "higgs.parquet"
    data.stream_to_parquet(source, everything)
    before = left_in(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=12))
    for step, start in ((data.stream_to_parquet, source), (data.split_off_holdout, everything)):
        with pytest.raises(
            DiskFullError, match=r"no space left on the disk; needs up to .* bytes, 12 are free"
        ) as error:
            step(start, tmp_path / "out.parquet")
        assert error.value.needed == start.stat().st_size
    assert left_in(tmp_path) == before


@pytest.fixture
def everything(tmp_path, small_blocks):
    """Write 1000 rows whose last 200 hold three copies of earlier ones, one with the sign of a zero turned."""
    matrix = table(1000)
    matrix[5, 8] = 0.0
    matrix[900, 1:], matrix[999, 1:] = matrix[3, 1:], matrix[700, 1:]
    matrix[950, 1:] = matrix[5, 1:]
    matrix[950, 8] = -0.0
    matrix[900, 0] = 1 - matrix[3, 0]
    # As near as can be without being equal.
    matrix[960, 1:] = matrix[6, 1:]
    matrix[960, 28] = np.nextafter(np.float32(matrix[6, 28]), np.float32(9))
    source = written(tmp_path / "higgs.csv", text(matrix))
    data.stream_to_parquet(source, tmp_path / "higgs.parquet")
    return matrix


def test_the_last_rows_are_the_holdout_and_no_training_row_equals_one(everything, tmp_path):
    split = data.split_off_holdout(tmp_path / "higgs.parquet", tmp_path / "train.parquet")
    assert (split.rows, len(split.holdout), split.train_rows, split.duplicates) == (1000, 200, 797, 3)
    assert np.array_equal(split.holdout.features, everything[800:, 1:])
    assert np.array_equal(split.holdout.targets[TARGET], everything[800:, 0])
    assert split.holdout.groups.tolist() == list(range(800, 1000))
    train = pq.read_table(tmp_path / "train.parquet")
    assert train.schema.equals(pq.read_schema(tmp_path / "higgs.parquet"))
    assert np.array_equal(train.to_pandas().to_numpy(dtype=float), np.delete(everything[:800], [3, 5, 700], axis=0))
    assert left_in(tmp_path) == ["higgs.csv", "higgs.parquet", "train.parquet"]


@pytest.mark.parametrize("n_holdout", [1, 333, 999])
def test_the_holdout_may_have_any_size_that_leaves_a_row(n_holdout, everything, tmp_path):
    split = data.split_off_holdout(tmp_path / "higgs.parquet", tmp_path / "train.parquet", n_holdout)
    assert np.array_equal(split.holdout.features, everything[-n_holdout:, 1:])
    assert split.train_rows + split.duplicates + n_holdout == 1000
    assert pq.read_metadata(tmp_path / "train.parquet").num_rows == split.train_rows


@pytest.mark.parametrize("n_holdout", [0, -1, 1000])
def test_a_split_without_rows_on_one_side_is_refused(n_holdout, everything, tmp_path):
    with pytest.raises(DataFileError, match=rf"cannot cut {n_holdout:,} holdout rows off 1,000 rows"):
        data.split_off_holdout(tmp_path / "higgs.parquet", tmp_path / "train.parquet", n_holdout)
    assert not (tmp_path / "train.parquet").exists()


def test_only_the_table_itself_can_be_split(everything, tmp_path):
    whole, train = tmp_path / "higgs.parquet", tmp_path / "train.parquet"
    with pytest.raises(DataFileError, match="expected a Parquet file"):
        data.split_off_holdout(tmp_path / "higgs.csv", train)
    other = written(tmp_path / "other.parquet", as_parquet())
    with pytest.raises(DataFileError, match=r"expected the int8 label and 28 float32 features .*, got label int64"):
        data.split_off_holdout(other, train)
    with pytest.raises(DataFileError, match="cannot replace"):
        data.split_off_holdout(whole, whole)


def test_the_published_first_rows_are_read():
    dataset = data.load(real_data("higgs", "HIGGS_raw_first5.csv"))
    lines = [line.split(",") for line in real_data("higgs", "HIGGS_raw_first5.csv").read_text().splitlines()]
    assert np.array_equal(dataset.features, np.array(lines, dtype=float)[:, 1:])
    assert dataset.targets[TARGET].tolist() == [float(line[0]) for line in lines]


def test_the_small_real_sample_has_the_physics_of_the_published_table(tmp_path):
    dataset = data.load(real_data("higgs", "lightgbm_binary.train"))
    assert len(dataset) == 7000
    assert dataset.targets[TARGET].mean() == pytest.approx(0.53, abs=0.02)
    first = real_data("higgs", "lightgbm_binary.train").read_text().split("\n", 1)[0].split("\t")
    assert dataset.features.iloc[0].to_numpy() == pytest.approx(np.array(first[1:], dtype=np.float32))
    # Azimuths fill the circle, in units of their standard deviation; a jet is tagged tightly, loosely or not.
    assert dataset.features["lepton_phi"].abs().max() == pytest.approx(np.sqrt(3), abs=0.02)
    assert dataset.features["jet1_btag"].nunique() == 3
    assert data.stream_to_parquet(real_data("higgs", "lightgbm_binary.train"), tmp_path / "higgs.parquet") == 7000
    split = data.split_off_holdout(tmp_path / "higgs.parquet", tmp_path / "train.parquet")
    assert (len(split.holdout), split.train_rows + split.duplicates) == (1400, 5600)
