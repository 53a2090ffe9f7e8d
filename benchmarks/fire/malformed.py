"""Thousands of files that are not quite in order, made from ones that are."""

import gzip
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._memory import forget_peak, held_bytes, peak_bytes
from scoring.predictions import Format, PredictionFileError, check, id_text

ROWS = 300
TOKENS = [
    b"nan", b"inf", b"-", b'"', b"\0", b"\xef\xbb\xbf", b"1e999", b"9" * 400, b"=1+1", b"\r", b"\n\n", b",,", b";",
    b"\t", b"'111", b"\xff\xfe", b"\xe2\x80\xae", b"0x1p3", b"1_000", b"True", b"None",
    b"id,score\n", b"PAR1", b"\x93NUMPY",
]  # fmt: skip


def seeds(format: Format) -> dict[str, bytes]:
    """Return files in order, of every kind that is taken."""
    ids, values = id_text(format.ids).tolist(), np.random.default_rng(2).normal(size=len(format.ids))
    csv = (
        "id,score\n" + "".join(f"{row},{value!r}\n" for row, value in zip(ids, values.tolist(), strict=True))
    ).encode()
    array = io.BytesIO()
    np.save(array, values)
    found = {"csv": csv, "csv.gz": gzip.compress(csv), "npy": array.getvalue()}
    for codec in ("none", "snappy", "zstd", "gzip"):
        parquet = io.BytesIO()
        pq.write_table(pa.table({"id": ids, "score": values}), parquet, compression=codec)
        found[f"parquet {codec}"] = parquet.getvalue()
    return found


def mutants(originals: dict[str, bytes], count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield files with one to four things done to each, and the kind of each."""
    rng = np.random.default_rng(seed)
    kinds = list(originals)
    ways: list[Callable[[bytearray], None]] = [
        lambda one: _flip(one, rng),
        lambda one: one.__delitem__(slice(int(rng.integers(len(one) + 1)), None)),
        lambda one: one.__delitem__(_part(one, rng)),
        lambda one: one.__setitem__(_place(one, rng), TOKENS[rng.integers(len(TOKENS))]),
        lambda one: one.extend(one[_part(one, rng)]),
        lambda one: one.__setitem__(_part(one, rng), rng.bytes(int(rng.integers(64)))),
        lambda one: one.extend(originals[kinds[rng.integers(len(kinds))]][:2000]),
    ]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        one = bytearray(originals[kind])
        for _ in range(rng.integers(1, 5)):
            ways[rng.integers(len(ways))](one)
        yield kind, bytes(one)


def _place(one: bytearray, rng: np.random.Generator) -> slice:
    at = int(rng.integers(len(one) + 1))
    return slice(at, at)


def _part(one: bytearray, rng: np.random.Generator) -> slice:
    first = int(rng.integers(len(one) + 1))
    return slice(first, first + int(rng.integers(200)))


def _flip(one: bytearray, rng: np.random.Generator) -> None:
    for at in rng.integers(len(one), size=rng.integers(1, 9)) if one else ():
        one[at] ^= 1 << int(rng.integers(8))


def survive(count: int = 12_000) -> str:
    """Check as many malformed files: each is taken or refused by name, in little time and memory."""
    ids = np.sort(np.random.default_rng(3).integers(0, 2**64, ROWS, dtype=np.uint64))
    format = Format("fire", "malformed", ("score",), ids)
    outcomes: Counter[str] = Counter()
    longest = 0.0
    forget_peak()
    before = held_bytes()
    for kind, upload in mutants(seeds(format), count):
        begin = time.perf_counter()
        try:
            check(upload, format)
            outcomes["in order"] += 1
        except PredictionFileError as refusal:
            outcomes["refused" if refusal.problems else f"{kind}: refused without a reason"] += 1
        longest = max(longest, time.perf_counter() - begin)
    assert outcomes.keys() <= {"in order", "refused"}, outcomes
    return (
        f"{outcomes['refused']:,} refused by name, {outcomes['in order']:,} still in order, no other end; the longest "
        f"check took {longest * 1000:.0f} ms, and all held at most {(peak_bytes() - before) / 1e6:.0f} MB"
    )
