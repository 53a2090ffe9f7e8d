"""Every bad prediction file we can think of, for a given format, with what the check must say about it."""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.predictions import Format, id_text
from tests.scoring.other_files import OTHER_FILES


@dataclass(frozen=True)
class BadFile:
    """One bad file: all problems it has, each with its count, and where the first example of the first one is."""

    name: str
    content: bytes
    problems: dict[str, int]
    line: int | None = None
    id: str | None = None
    column: str | None = None
    got: str = ""


VALUES = [
    ("nan", "nan"),
    ("nan", "-NaN"),
    ("nan", "nan(0x8000)"),
    ("infinite", "inf"),
    ("infinite", "-Infinity"),
    ("overflow", "1e400"),
    ("overflow", "-1.8e308"),
    ("overflow", "9" * 400),
    ("empty", ""),
    ("empty", "  "),
    ("empty", "NA"),
    ("empty", "NULL"),
    ("empty", "None"),
    ("boolean", "True"),
    ("boolean", "false"),
    ("hexadecimal", "0x1p3"),
    ("hexadecimal", "0x10"),
    ("underscore", "1_000"),
    ("locale_number", '"0,5"'),
    ("locale_number", '"1.234,5"'),
    ("locale_number", '"1,234.5"'),
    ("locale_number", "1'234.5"),
    ("not_a_number", "signal"),
    ("not_a_number", "0.5.1"),
    ("not_a_number", "1e"),
    ("not_a_number", "--1"),
    ("not_a_number", "1e5x"),
    ("not_a_number", "[0.5]"),
    ("not_a_number", "tensor(0.5)"),
    ("not_a_number", "50%"),
    ("not_a_number", "١"),
    ("not_a_number", "1\x0b"),
    ("not_a_number", "\x1b[31mred\x07"),
    ("not_a_number", "x" * 100_000),
]
"""Texts that are no finite number, and what kind of problem each is."""


def good_values(format: Format) -> np.ndarray:
    """Return some finite values, shape (n, k)."""
    return np.random.default_rng(1).normal(size=(len(format.ids), len(format.columns)))


def cells(format: Format) -> list[list[str]]:
    """Return the cells of a good CSV, header first."""
    rows = zip(id_text(format.ids).tolist(), good_values(format).tolist(), strict=True)
    return [format.header, *([id, *map(repr, values)] for id, values in rows)]


def text(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> bytes:
    """Return rows as CSV, just as they are: nothing is quoted."""
    return "".join(delimiter.join(row) + end for row in rows).encode()


def parquet(columns: dict, **options) -> bytes:
    """Return a Parquet file of these columns."""
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    """Return an npy file, pickles included."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def bad_files(format: Format) -> list[BadFile]:
    """Return the whole corpus for a format of at least four rows."""
    makers = (bad_values, bad_ids, bad_rows, bad_headers, bad_encodings, bad_gzips, bad_parquets, bad_npys, other_files)
    return [bad for make in makers for bad in make(format)]


def quoted(cell: str) -> str:
    """Return how a message must quote a cell, or the beginning of a long one."""
    return repr(cell.strip('"'))[1:90].removesuffix(repr(cell)[0])


def with_row(format: Format, row: list[str]) -> bytes:
    """Return a good CSV in which line 4 is replaced."""
    rows = cells(format)
    rows[3] = row
    return text(rows)


def bad_values(format: Format) -> Iterator[BadFile]:
    """Yield CSVs with values that are no scores."""
    rows = cells(format)
    id, *values = rows[3]
    column = format.columns[-1]
    for kind, value in VALUES:
        content = with_row(format, [id, *values[:-1], value])
        yield BadFile(f"value {value[:20]!r}", content, {kind: 1}, 4, id, column, quoted(value))
    for value in ("0,5", "1.234,5", "1,234.5") if len(values) == 1 else ():
        yield BadFile(f"bare {value}", with_row(format, [id, value]), {"locale_number": 1}, 4, id, column, repr(value))
    if len(values) > 1:
        halves = with_row(format, [id, *["0,5"] * len(values)])
        yield BadFile("bare commas", halves, {"locale_number": len(values)}, 4, id, format.columns[0], "'0,5'")
    rows[1][-1], rows[2][-1], rows[3][-1] = "nan", "inf", "nan"
    yield BadFile("two kinds", text(rows), {"nan": 2, "infinite": 1}, 2, rows[1][0], column, "nan")
    words = [rows[0], *([row[0], *["high"] * len(values)] for row in rows[1:])]
    count = len(values) * len(format.ids)
    yield BadFile("all values", text(words), {"not_a_number": count}, 2, rows[1][0], format.columns[0], "high")


def bad_ids(format: Format) -> Iterator[BadFile]:
    """Yield CSVs with wrong ids."""
    rows = cells(format)
    header, ids, n = rows[0], [row[0] for row in rows[1:]], len(format.ids)
    stranger = next(id for number in range(n + 1) if (id := f"{number:016x}") not in set(ids))
    for name, id, kind in (
        ("in upper case", "00000000000000FF", "bad_id"),
        ("with a space", ids[2] + " ", "bad_id"),
        ("with a prefix", "0x" + ids[2], "bad_id"),
        ("too short", "abcdef", "bad_id"),
        ("empty", "", "bad_id"),
        ("of a hundred thousand letters", "f" * 100_000, "bad_id"),
        ("with control characters", "\x1b[2J\x07", "bad_id"),
        ("from a spreadsheet", "1.23E+45", "mangled_id"),
        ("from a German spreadsheet", '"1,23E+45"', "mangled_id"),
        ("without its leading zeros", "1234567", "mangled_id"),
        ("read as infinity", "inf", "mangled_id"),
    ):
        yield BadFile(f"id {name}", with_row(format, [id, *rows[3][1:]]), {kind: 1}, 4, got=quoted(id))
    numbers = [header, *([str(number), *row[1:]] for number, row in enumerate(rows[1:]))]
    yield BadFile("row numbers for ids", text(numbers), {"mangled_id": n}, 2, got="'0'")
    problems = {"unknown_id": 1, "missing_id": 1}
    yield BadFile("unknown id", with_row(format, [stranger, *rows[3][1:]]), problems, 4, stranger, got="another")
    yield BadFile("extra row", text([*rows, [stranger, *rows[1][1:]]]), {"unknown_id": 1}, n + 2, stranger)
    twice = text([*rows, *[[stranger, *rows[1][1:]]] * 2])
    yield BadFile("extra row twice", twice, {"unknown_id": 2}, n + 2, stranger)
    line = next(line for line, row in enumerate(rows) if "0" in row[0] and line)
    lookalike = text([*rows[:line], [rows[line][0].replace("0", "O"), *rows[line][1:]], *rows[line + 1 :]])
    yield BadFile("id with the letter O for a zero", lookalike, {"bad_id": 1}, line + 1, got="O")
    yield BadFile("missing row", text(rows[:3] + rows[4:]), {"missing_id": 1}, None, ids[2], got="none")
    yield BadFile("half the rows", text(rows[: 1 + n // 2]), {"missing_id": n - n // 2}, None, ids[n // 2])
    yield BadFile("row twice", text([*rows, rows[2]]), {"duplicate_id": 1}, n + 2, ids[1])
    yield BadFile("all rows twice", text(rows + rows[1:]), {"duplicate_id": n}, n + 2, ids[0])
    problems = {"duplicate_id": 1, "missing_id": 1}
    yield BadFile("one twice, one missing", with_row(format, [ids[0], *rows[3][1:]]), problems, 4, ids[0])
    others = id_text(format.ids ^ np.uint64(0x5555_0000_1234_0000)).tolist()
    assert not set(others) & set(ids)
    foreign = [header, *([other, *row[1:]] for other, row in zip(others, rows[1:], strict=True))]
    yield BadFile("another challenge", text(foreign), {"other_challenge": n}, 2, others[0])


def bad_rows(format: Format) -> Iterator[BadFile]:
    """Yield CSVs with broken rows."""
    rows = cells(format)
    row, n = rows[3], len(format.ids)
    for name, wrong, kind in (
        ("too short", row[:-1], "ragged_row"),
        ("too long", [*row, "signal"], "ragged_row"),
        ("ends in a comma", [*row, ""], "ragged_row"),
        ("of nothing but commas", [row[0], "," * 200_000], "ragged_row"),
        ("with an open quote", [*row[:-1], '"0.5'], "quoting"),
        ("with text after a quote", [*row[:-1], '"0.5"7'], "quoting"),
    ):
        yield BadFile(f"row {name}", with_row(format, wrong), {kind: 1}, 4, row[0], got="value")
    yield BadFile("id in open quotes", with_row(format, ['"' + row[0], *row[1:]]), {"quoting": 1}, 4)
    inside = with_row(format, [*row[:-1], '0"5'])
    yield BadFile("quote inside a number", inside, {"not_a_number": 1}, 4, row[0], format.columns[-1])
    yield BadFile("quote across lines", with_row(format, [*row[:-1], '"0.5\n"']), {"quoting": 2}, 4, row[0])
    yield BadFile("spaces for a row", text([*rows, ["   "]]), {"ragged_row": 1}, n + 2)
    many = rows[1:] * (2 + format.row_limit // n)
    found = {"duplicate_id": format.row_limit - n, "too_many_rows": 1}
    small = [rows[0], *([row[0], *["1"] * (len(row) - 1)] for row in many)]
    yield BadFile("far too many rows", text(small), found, format.row_limit + 2)
    wide = with_row(format, [row[0], *["1"] * 5000])
    yield BadFile("far too many values", wide, {"ragged_row": 1}, 4, row[0], got="more")
    wide = with_row(format, [row[0], '"0.5"', *["1"] * 5000])
    yield BadFile("far too many values and a quote", wide, {"ragged_row": 1}, 4, row[0], got="more")


def bad_headers(format: Format) -> Iterator[BadFile]:
    """Yield CSVs with a wrong first line."""
    rows = cells(format)
    header, values = rows[0], rows[1:]
    for name, wrong, kind in (
        ("in another order", [*header[1:], header[0]], "column_order"),
        ("with a column more", [*header, "label"], "extra_column"),
        ("of a table with an index", ["", *header], "extra_column"),
        ("with a column less", header[:-1], "missing_column"),
        ("with another name", [*header[:-1], "prediction"], "wrong_header"),
        ("in capitals", [name.upper() for name in header], "wrong_header"),
        ("with spaces", [name + " " for name in header], "wrong_header"),
        ("of a hundred thousand commas", ["," * 100_000], "wrong_header"),
        ("with an open quote", ['"' + header[0], *header[1:]], "quoting"),
        ("in latin-1", ["id", "größe"], "wrong_header"),
    ):
        yield BadFile(f"header {name}", text([wrong, *values]), {kind: 1}, 1)
    yield BadFile("no header", text(values), {"no_header": 1}, 1, got=values[0][0])
    yield BadFile("a header with no rows", text([header]), {"no_rows": 1}, got="none")
    yield BadFile("a header that does not end", text([header], end=""), {"no_rows": 1}, got="none")
    for name, delimiter in (("semicolon", ";"), ("tab", "\t"), ("bar", "|"), ("space", " ")):
        yield BadFile(f"{name} for comma", text(rows, delimiter), {"delimiter": 1}, 1, got="id")
    german = [[cell.replace(".", ",") for cell in row] for row in rows]
    yield BadFile("German CSV", text(german, ";"), {"delimiter": 1, "locale_number": 1}, 1)
    problems = {"locale_number": 1, "no_header": 1}
    bare = text([[*row[1:], "0,5"] for row in german[1:]], ";")
    yield BadFile("German CSV without ids and header", bare, problems, 1, got=german[1][1])


def bad_encodings(format: Format) -> Iterator[BadFile]:
    """Yield CSVs that are not UTF-8 text."""
    rows = cells(format)
    good = text(rows)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        yield BadFile(encoding, good.decode().encode(encoding), {"encoding": 1}, got=encoding[:6].upper())
    for name, letter in (("cp1252", b"\x93"), ("latin-1", b"\xe9"), ("half a letter", b"\xe2\x82")):
        wrong = good.replace(rows[3][-1].encode(), b"0.5" + letter, 1)
        yield BadFile(name, wrong, {"encoding": 1}, 4, rows[3][0])
    yield BadFile("NUL in a value", with_row(format, [*rows[3][:-1], "0.5\0"]), {"nul_bytes": 1}, 4, got="1 NUL")
    yield BadFile("NUL in an id", with_row(format, [rows[3][0][:-1] + "\0", *rows[3][1:]]), {"nul_bytes": 1}, 4)
    yield BadFile("NUL at the end", good + bytes(100), {"nul_bytes": 1}, len(rows) + 1, got="100 NUL")
    for name, content in (("empty file", b""), ("blank lines", b"\n\r\n \n"), ("only a mark", b"\xef\xbb\xbf")):
        yield BadFile(name, content, {"empty_file": 1}, got="bytes")
    yield BadFile("too large", good + b"\n" * format.size_limit, {"too_large": 1}, got="more")


def bad_gzips(format: Format) -> Iterator[BadFile]:
    """Yield gzip files that are damaged, nested, or far larger than they look."""
    good = gzip.compress(text(cells(format)), mtime=0)
    yield BadFile("gzip bomb", gzip.compress(bytes(format.size_limit + 1), mtime=0), {"too_large": 1}, got="unpacked")
    yield BadFile("truncated gzip", good[:-20], {"corrupt_gzip": 1}, got="cut off")
    yield BadFile("gzip of four bytes", good[:4], {"corrupt_gzip": 1}, got="cut off")
    yield BadFile("gzip with a wrong sum", good[:-8] + bytes(8), {"corrupt_gzip": 1}, got="incorrect")
    yield BadFile("gzip and more", good + good, {"corrupt_gzip": 1}, got=f"{len(good):,} more bytes")
    yield BadFile("gzip in gzip", gzip.compress(good, mtime=0), {"nested_gzip": 1})
    yield BadFile("gzip of nothing", gzip.compress(b"", mtime=0), {"empty_file": 1})
    yield BadFile("gzip of a PDF", gzip.compress(OTHER_FILES["document.pdf"][0], mtime=0), {"wrong_file_type": 1})


def bad_parquets(format: Format) -> Iterator[BadFile]:
    """Yield Parquet files that are damaged, of other types, or far larger than they look."""
    ids, n = id_text(format.ids).tolist(), len(format.ids)
    scores = dict(zip(format.columns, good_values(format).T, strict=True))
    last = format.columns[-1]
    columns = {"id": ids, **scores}
    good = parquet(columns)
    yield BadFile("truncated Parquet", good[:-10], {"corrupt_parquet": 1})
    yield BadFile("Parquet of its first bytes", b"PAR1", {"corrupt_parquet": 1})
    yield BadFile("Parquet with a wild footer", good[:-8] + b"\xff\xff\xff\xff" + b"PAR1", {"corrupt_parquet": 1})
    blank = good[:4] + bytes(len(good) // 2) + good[4 + len(good) // 2 :]
    yield BadFile("Parquet without pages", blank, {"corrupt_parquet": 1})
    for name, values in (
        ("text", ["0.5"] * n),
        ("booleans", [True] * n),
        ("lists", [[0.5]] * n),
        ("structs", [{"a": 0.5}] * n),
        ("categories", pa.array(["a"] * n).dictionary_encode()),
        ("decimals", pa.array([1] * n).cast(pa.decimal128(30, 2))),
        ("dates", pa.array([1] * n, pa.timestamp("us"))),
        ("nulls", pa.nulls(n)),
    ):
        yield BadFile(f"Parquet of {name}", parquet(columns | {last: values}), {"parquet_type": 1}, column=last)
    for name, wrong in (("numbers", pa.array(format.ids)), ("16 bytes", pa.array(map(str.encode, ids), pa.binary(16)))):
        yield BadFile(f"Parquet with ids of {name}", parquet(columns | {"id": wrong}), {"parquet_type": 1}, column="id")
    for kind, value in (("empty", None), ("nan", np.nan), ("infinite", -np.inf)):
        values = [*scores[last][:2], value, *scores[last][3:]]
        got = "nothing" if value is None else str(value)
        yield BadFile(f"Parquet with {kind}", parquet(columns | {last: values}), {kind: 1}, 3, ids[2], last, got)
    for name, id in (("no id", None), ("a short id", "abc"), ("a broken id", b"\xff" * 16)):
        wrong = [word if word is None or isinstance(id, str | None) else word.encode() for word in ids]
        wrong[2] = id
        yield BadFile(f"Parquet with {name}", parquet(columns | {"id": wrong}), {"bad_id": 1}, 3)
    wrong = [*ids[:2], ids[0], *ids[3:]]
    problems = {"duplicate_id": 1, "missing_id": 1}
    yield BadFile("Parquet with an id twice", parquet(columns | {"id": wrong}), problems, 3, ids[0])
    short = {name: values[:-1] for name, values in columns.items()}
    yield BadFile("Parquet with a row less", parquet(short), {"missing_id": 1}, None, ids[-1])
    none = {name: pa.array(values)[:0] for name, values in columns.items()}
    yield BadFile("Parquet with no rows", parquet(none), {"no_rows": 1}, got="none")
    yield BadFile("Parquet with an index", parquet(columns | {"__index_level_0__": range(n)}), {"extra_column": 1})
    yield BadFile("Parquet without id", parquet(scores), {"missing_column": 1}, got=last)
    many = {name: [values[0]] * (format.row_limit + 1) for name, values in columns.items()}
    yield BadFile("Parquet with a million rows", parquet(many), {"too_many_rows": 1}, got=f"{format.row_limit + 1:,}")
    bomb = parquet(columns | {"id": ["f" * format.size_limit, *ids[1:]]}, compression="zstd", write_statistics=False)
    assert len(bomb) < format.size_limit / 10 + 100 * n
    yield BadFile("Parquet bomb", bomb, {"too_large": 1}, got="unpacked")


def bad_npys(format: Format) -> Iterator[BadFile]:
    """Yield npy files that are damaged, of other types or shapes, or pickles."""
    values = good_values(format)
    values = values[:, 0] if values.shape[1] == 1 else values
    n, ids = len(values), id_text(format.ids).tolist()
    good = npy(values)
    structured = np.zeros(n, [("id", "u8"), ("score", "f8")])
    for name, array in (
        ("a pickle", np.array([None] * n)),
        ("complex", values.astype(complex)),
        ("text", values.astype(str)),
        ("booleans", values > 0),
        ("dates", np.zeros(n, "M8[s]")),
        ("structured", structured),
    ):
        got = "pickle" if array.dtype.hasobject else str(array.dtype)[:5]
        yield BadFile(f"npy {name}", npy(array), {"npy_type": 1}, got=got)
    for name, array in (
        ("a row less", values[:-1]),
        ("a row more", np.concatenate([values, values[:1]])),
        ("transposed", values.reshape(1, -1)),
        ("of three dimensions", values.reshape(n, -1, 1)),
        ("of no dimension", np.array(0.5)),
    ):
        yield BadFile(f"npy {name}", npy(array), {"npy_shape": 1}, got=str(array.shape))
    yield BadFile("npy cut off", good[:-8], {"corrupt_npy": 1}, got=f"{values.nbytes - 8:,}")
    yield BadFile("npy and more", good + bytes(8), {"corrupt_npy": 1}, got=f"{values.nbytes + 8:,}")
    yield BadFile("npy cut in its header", good[:40], {"corrupt_npy": 1})
    yield BadFile("npy of a later version", good[:6] + b"\x09" + good[7:], {"corrupt_npy": 1})
    true = str((*values.shape[:1], True)).encode()
    for name, shape in (("huge", b"(9999999999,)"), ("negative", b"(-1,)"), ("half true", true)):
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + b", }"
        lie = b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117) + b"\n" + good[128:]
        yield BadFile(f"npy of {name} shape", lie, {"npy_shape": 1}, got=shape.decode())
    code = b"\x93NUMPY\x01\x00\x76\x00" + b"__import__('os').getcwd()".ljust(117) + b"\n" + good[128:]
    yield BadFile("npy with code for a header", code, {"corrupt_npy": 1})
    for kind, value in (("nan", np.nan), ("infinite", np.inf)):
        wrong = values.copy()
        wrong[2] = value
        problems = {kind: len(format.columns)}
        yield BadFile(f"npy with {kind}", npy(wrong), problems, 3, ids[2], format.columns[0], str(value))


def other_files(format: Format) -> Iterator[BadFile]:
    """Yield files of other kinds, which must be called what they are."""
    for name, (content, word) in OTHER_FILES.items():
        yield BadFile(name, content, {"wrong_file_type": 1}, got=word)
    archive = io.BytesIO()
    np.savez(archive, scores=good_values(format))
    yield BadFile("scores.npz", archive.getvalue(), {"wrong_file_type": 1}, got="npz")
    joined = text(cells(format), end="")
    yield BadFile("file as curl -d sends it", joined, {"wrong_file_type": 1}, got="--data-binary")
