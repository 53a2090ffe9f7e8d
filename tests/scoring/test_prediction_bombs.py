"""Prediction files that were made to harm: none of them takes memory, time or the process."""

import gzip
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from scoring.predictions import Format, id_text
from tests.scoring.bad_files import cells, good_values, parquet, text
from tests.scoring.test_predictions import PACKAGE, SMALL, make_format, refusal

MEMORY = """
import sys
from pathlib import Path
import numpy as np
from scoring.predictions import Format, PredictionFileError, check
def peak():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
n, good, bad = int(sys.argv[1]), *sys.argv[2:]
ids = np.sort(np.random.default_rng(0).integers(0, 2**64, n, dtype=np.uint64))
format = Format("toy", "track", ("score",), ids)
check(good, format)
before = peak()
try:
    check(bad, format)
except PredictionFileError as error:
    print([problem.kind for problem in error.problems][0], end=" ")
print((peak() - before) // 1024)
"""


def huge_csv(format: Format) -> bytes:
    return b"id,score\n" + b"," * (format.size_limit - 100)


def quoted_commas(format: Format) -> bytes:
    return b'id,score\n""' + b"," * (format.size_limit - 100)


def gzip_bomb(format: Format) -> bytes:
    return gzip.compress(bytes(100_000_000), 1)


def long_id(format: Format, **options) -> bytes:
    ids = ["f" * 60_000_000, *id_text(format.ids)[1:]]
    return parquet({"id": ids, "score": good_values(format)[:, 0]}, write_statistics=False, **options)


def repeated_id(format: Format) -> bytes:
    ids = pa.DictionaryArray.from_arrays(np.zeros(len(format.ids), np.int32), ["f" * 1_000_000])
    return parquet({"id": ids, "score": good_values(format)[:, 0]}, write_statistics=False)


def growing_ids(format: Format) -> bytes:
    ids = ["f" * 8_000] * len(format.ids)
    return parquet(
        {"id": ids, "score": good_values(format)[:, 0]},
        use_dictionary=False,
        column_encoding={"id": "DELTA_BYTE_ARRAY"},
        write_statistics=False,
    )


def lying_deltas(format: Format) -> bytes:
    """Return a Parquet file in which a page of 9,000 ids says that it has 2^28 lengths, all of them 0, in 13 bytes."""
    good = parquet(
        {"id": id_text(format.ids), "score": good_values(format)[:, 0]},
        use_dictionary=False,
        column_encoding={"id": "DELTA_LENGTH_BYTE_ARRAY"},
        compression="none",
        data_page_size=2**20,
    )
    truth = b"\x80\x01\x04\xa8\x46\x20"  # blocks of 128 in 4 parts, 9,000 lengths, the first of them 16
    assert good.count(truth) == 1
    much = b"\x80\x80\x80\x80\x01"
    lie = much + b"\x01" + much + bytes(3)  # one block of one part, the first length, the least step, no bits
    at = good.index(truth)
    return good[:at] + lie + good[at + len(lie) :]


def lying_page(format: Format) -> bytes:
    """Return a Parquet file in which a page says that it has a million values."""
    good = parquet(
        {"id": id_text(format.ids), "score": good_values(format)[:, 0]}, use_dictionary=False, compression="none"
    )
    truth = b"\x2c\x15" + bytes([0xD0, 0x8C, 0x01])  # a data page of 9,000 values, as Thrift writes it
    assert good.count(truth) == 2
    return good.replace(truth, b"\x2c\x15\xfe\xff\x7f")


def lying_schema(format: Format) -> bytes:
    """Return a Parquet file at whose footer Arrow's metadata, asked for a column, ends the whole process."""
    good = parquet({"id": id_text(format.ids), "score": good_values(format)[:, 0]})
    optional = b"\x15\x0c\x25\x02\x18\x02id"
    assert good.count(optional) == 1
    return good.replace(optional, b"\x15\x0c\x25\x00\x18\x02id")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of a process's memory there")
@pytest.mark.parametrize(
    ("bomb", "kind"),
    [
        (huge_csv, "ragged_row"),
        (quoted_commas, "ragged_row"),
        (gzip_bomb, "too_large"),
        (lambda format: long_id(format, compression="zstd"), "too_large"),
        (lambda format: long_id(format, compression="snappy"), "too_large"),
        (repeated_id, "too_large"),
        (growing_ids, "too_large"),
        (lying_deltas, "corrupt_parquet"),
        (lying_page, "too_large"),
        (lying_schema, "corrupt_parquet"),
    ],
    ids=[
        "commas",
        "quoted commas",
        "gzip",
        "Parquet zstd",
        "Parquet snappy",
        "Parquet dictionary",
        "Parquet deltas",
        "Parquet count of deltas",
        "Parquet page",
        "Parquet schema",
    ],
)
def test_no_bomb_takes_memory_or_the_process(bomb, kind: str, tmp_path: Path):
    format = make_format(9000)
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(text(cells(format)))
    bad.write_bytes(bomb(format))
    command = [sys.executable, "-c", MEMORY, str(len(format.ids)), str(good), str(bad)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent.parent)
    found, megabytes = done.stdout.split()
    assert found == kind
    assert int(megabytes) < 8 * format.size_limit / 2**20


def test_an_index_beyond_a_parquet_dictionary_is_refused():
    ids = id_text(SMALL.ids)[[0, 1, 2, 3, 4, 0, 1, 2]]
    file = parquet({"id": ids, "score": good_values(SMALL)[:, 0]}, use_dictionary=["id"], compression="none")
    packed = sum(index << 3 * row for row, index in enumerate([0, 1, 2, 3, 4, 0, 1, 2])).to_bytes(3, "little")
    assert refusal(file, SMALL).problems[0].kind == "duplicate_id"
    assert file.count(b"\x03\x03" + packed) == 1
    wild = file.replace(b"\x03\x03" + packed, b"\x03\x03\xff\xff\xff")
    assert refusal(wild, SMALL).problems[0].kind == "corrupt_parquet"


def test_a_parquet_page_cannot_lead_backwards():
    file = parquet({"id": id_text(SMALL.ids), "score": good_values(SMALL)[:, 0]}, compression="none")
    sizes = b"\x15\xc0\x02\x15\xc0\x02"  # 160 bytes unpacked and packed, as Thrift writes them
    assert file[6:12] == sizes
    backwards = file[:6] + b"\x15\xc0\x02\x15\xc1\x02" + file[12:]
    error = refusal(backwards, SMALL)
    assert error.problems[0].kind == "corrupt_parquet"
    assert "a page has a negative size" in str(error)


def test_a_file_too_large_is_not_read(tmp_path: Path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(10**11)
    tracemalloc.start()
    try:
        error = refusal(path, SMALL)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()
    assert error.problems[0].kind == "too_large"
    assert f"at most {SMALL.size_limit:,} bytes for 8 rows" in str(error)
