"""The same predictions, written in every way that is accepted."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.predictions import Format, id_text
from tests.scoring.bad_files import cells, good_values, npy, parquet, text


def shuffled(rows: list[list[str]]) -> list[list[str]]:
    order = 1 + np.random.default_rng(5).permutation(len(rows) - 1)
    return [rows[0], *(rows[row] for row in order)]


def parquet_in_parts(columns: dict, *ends: int, nullable: bool = True, **options) -> bytes:
    """Return a Parquet file of row groups that end at these rows."""
    table, file = pa.table(columns), io.BytesIO()
    table = table.cast(pa.schema([field.with_nullable(nullable) for field in table.schema]))
    with pq.ParquetWriter(file, table.schema, **options) as writer:
        for begin, end in zip((0, *ends), ends, strict=False):
            writer.write_table(table[begin:end])
    return file.getvalue()


def old_lz4(file: bytes) -> bytes:
    """Return a Parquet file with the codec LZ4 that came before LZ4_RAW, without Hadoop's frame."""
    codec = b"\x15\x0e\x16"  # in the footer: codec 7, and the count of values that follows it
    footer = len(file) - 8 - int.from_bytes(file[-8:-4], "little")
    assert file.count(codec, footer) >= 2
    return file[:footer] + file[footer:].replace(codec, b"\x15\x0a\x16")


def good_files(format: Format) -> dict[str, bytes]:
    """Return the same predictions written in every way that is accepted."""
    rows, values = cells(format), good_values(format)
    plain = text(rows)
    header, *body = shuffled(rows)
    order = np.random.default_rng(6).permutation(len(values))
    columns = {"id": id_text(format.ids)[order].tolist()} | dict(zip(format.columns, values[order].T, strict=True))
    padded = [header, *([row[0], *(f" +{v}\t" if v[0] != "-" else f" {v} " for v in row[1:])] for row in body)]
    files = {
        "CSV": plain,
        "CSV in another order": text(shuffled(rows)),
        "CSV with CRLF": text(rows, end="\r\n"),
        "CSV with CR": text(rows, end="\r"),
        "CSV with mixed line ends": plain.replace(b"\n", b"\r\n", 3),
        "CSV without a last line end": plain[:-1],
        "CSV with a byte-order mark": b"\xef\xbb\xbf" + plain,
        "CSV with blank lines": b"\n" + plain.replace(b"\n", b"\n\n") + b"\r\n\n",
        "CSV with quotes": text([[f'"{cell}"' for cell in row] for row in rows]),
        "CSV with some quotes": text([[f'"{row[0]}"', *row[1:]] for row in rows]),
        "CSV with spaces and signs": text(padded),
        "CSV with row numbers": text([["", *header], *([str(at), *row] for at, row in enumerate(body))]),
        "CSV with quoted row numbers": text([['""', *header], *([f'"{at}"', *row] for at, row in enumerate(body, 1))]),
        "CSV in capitals": text([header, *([row[0], *(f"{float(v):.17E}" for v in row[1:])] for row in body)]),
        "gzip": gzip.compress(plain, mtime=0),
        "npy": npy(values),
        "npy by columns": npy(np.asfortranarray(values)),
        "npy big-endian": npy(values.astype(">f8")),
        "npy in long doubles": npy(values.astype(np.longdouble)),
        "npy in gzip": gzip.compress(npy(values), mtime=0),
    }
    for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
        files[f"Parquet {codec}"] = parquet(columns, compression=codec)
    files["Parquet without dictionary"] = parquet(columns, use_dictionary=False)
    files["Parquet in many parts"] = parquet(columns, row_group_size=7, data_page_size=50, write_page_index=True)
    for version in ("1.0", "2.0"):
        files[f"Parquet with pages {version}"] = parquet(columns, data_page_version=version, store_schema=False)
        for encoding in ("DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"):
            for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
                files[f"Parquet {encoding} {codec}, pages {version}"] = parquet(
                    columns,
                    use_dictionary=False,
                    column_encoding={"id": encoding} | dict.fromkeys(format.columns, "BYTE_STREAM_SPLIT"),
                    data_page_version=version,
                    compression=codec,
                )
    files["Parquet of an old LZ4"] = old_lz4(files["Parquet DELTA_BYTE_ARRAY lz4, pages 1.0"])
    files["Parquet with empty parts"] = parquet_in_parts(columns, 0, 20, 20, len(values))
    files["Parquet that admits nothing missing"] = parquet_in_parts(
        columns, len(values), nullable=False, use_dictionary=False, column_encoding={"id": "DELTA_BYTE_ARRAY"}
    )
    for kind in ("large_string", "string_view", "binary", "large_binary", "binary_view"):
        typed = pa.array(map(str.encode, columns["id"]), pa.binary()).cast(getattr(pa, kind)())
        files[f"Parquet {kind}"] = parquet(columns | {"id": typed})
    files["Parquet of categories"] = parquet(columns | {"id": pa.array(columns["id"]).dictionary_encode()})
    if len(format.columns) == 1:
        files["npy of one dimension"] = npy(values[:, 0])
    return files
