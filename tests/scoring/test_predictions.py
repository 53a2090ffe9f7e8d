"""One check of a prediction file: every bad file is named, every good one gives the same bytes."""

import ast
import gzip
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leaderboard.kit.build import CHECK
from scoring import predictions
from scoring.predictions import EXAMPLES, KINDS, Format, PredictionFileError, check, id_text
from scoring.predictions.problems import Report
from scoring.predictions.text import fast_csv, slow_csv
from tests.scoring.bad_files import BadFile, bad_files, cells, good_values, npy, parquet, text
from tests.scoring.good_files import good_files
from tests.support import python_of

PACKAGE = Path(predictions.__file__).parent


def make_format(n: int, *columns: str, seed: int = 0) -> Format:
    ids = np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)
    return Format("toy", "track", columns or ("score",), np.sort(ids))


ONE, THREE = make_format(60), make_format(50, "a", "b", "c")
SMALL = make_format(8)
GOOD = text(cells(SMALL))
CORPUS = [(format, bad) for format in (ONE, THREE) for bad in bad_files(format)]
each_bad_file = pytest.mark.parametrize(
    ("format", "bad"), CORPUS, ids=[f"{len(format.columns)}: {bad.name}" for format, bad in CORPUS]
)


def refusal(content, format: Format) -> PredictionFileError:
    with pytest.raises(PredictionFileError) as caught:
        check(content, format)
    return caught.value


@each_bad_file
def test_every_bad_file_is_named_counted_and_located(format: Format, bad: BadFile):
    error = refusal(bad.content, format)
    assert {problem.kind: problem.count for problem in error.problems} == bad.problems
    first = error.problems[0].examples[0]
    assert (first.line, first.id, first.column) == (bad.line, bad.id, bad.column)
    assert first.expected
    assert bad.got in first.got
    for problem in error.problems:
        assert len(problem.examples) == min(problem.count, EXAMPLES)
        for example in problem.examples:
            assert f"expected {example.expected}, got {example.got}" in str(error)
            for place in (example.line, example.id, example.column):
                assert place is None or str(place) in str(error)


@each_bad_file
def test_a_message_is_short_printable_and_plain_json(format: Format, bad: BadFile):
    error = refusal(bad.content, format)
    assert all(letter.isprintable() or letter == "\n" for letter in str(error))
    assert len(str(error)) < 400 * (1 + sum(len(problem.examples) for problem in error.problems))
    document = json.loads(json.dumps(error.to_json()))
    assert [problem["kind"] for problem in document["problems"]] == [problem.kind for problem in error.problems]
    assert document["problems"][0]["count"] == error.problems[0].count
    assert document["problems"][0]["examples"][0]["got"] == error.problems[0].examples[0].got


def test_the_corpus_has_every_kind_of_problem():
    elsewhere = {
        "row_count",
        "control_character",
        "bad_pixel",
        "text_too_long",
        "other_unit",
        "not_positive",
    }  # test_answer_kinds
    assert {kind for _, bad in CORPUS for kind in bad.problems} == set(KINDS) - elsewhere


def test_twenty_examples_are_shown_and_the_rest_counted():
    header, *rows = cells(ONE)
    error = refusal(text([header, *([row[0], "high"] for row in rows)]), ONE)
    assert [example.line for example in error.problems[0].examples] == list(range(2, 22))
    assert "and 40 more" in str(error)


GOOD_FILES = [(format, name, content) for format in (ONE, THREE) for name, content in good_files(format).items()]


@pytest.mark.parametrize(
    ("format", "content"),
    [(format, content) for format, _, content in GOOD_FILES],
    ids=[f"{len(format.columns)}: {name}" for format, name, _ in GOOD_FILES],
)
def test_every_accepted_way_of_writing_gives_the_same_bytes(format: Format, content: bytes):
    found = check(content, format)
    assert np.load(io.BytesIO(found.canonical())).tobytes() == good_values(format).tobytes()
    assert found.canonical() == npy(good_values(format))


def test_canonical_bytes_stay_what_they_are():
    format = Format("toy", "track", ("score",), np.array([1, 2], "u8"))
    found = check(b"id,score\n0000000000000002,-0.25\n0000000000000001,3\n", format)
    assert found.canonical()[:10] == b"\x93NUMPY\x01\x00\x76\x00"
    assert found.sha256 == "5cb4dd2a8ceba95b518b7c94867b73f2c618487642767dc4a401ba3afdd3b120"


def test_bytes_paths_and_files_are_read_alike(tmp_path: Path):
    path = tmp_path / "misnamed.parquet"
    path.write_bytes(GOOD)
    with path.open("rb") as file:
        digests = {check(source, SMALL).sha256 for source in (GOOD, path, str(path), io.BytesIO(GOOD), file)}
    assert len(digests) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["misnamed.parquet"]


def test_a_file_that_comes_in_drops_is_read_whole():
    class Drops(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 7))

    assert check(Drops(GOOD), SMALL).sha256 == check(GOOD, SMALL).sha256


def test_smaller_types_become_float64_exactly():
    values = np.arange(8)
    for dtype in ("f2", "f4", "i1", "u2", "i8", "u8"):
        array = values.astype(dtype)
        for content in (npy(array), parquet({"id": id_text(SMALL.ids), "score": array})):
            assert check(content, SMALL).values[:, 0].tolist() == values.tolist()


steady = settings(deadline=None, derandomize=True)
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    values=arrays(np.float64, (8, 2), elements=finite),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["csv", "parquet", "npy"]),
)
@steady
def test_finite_floats_come_back_to_the_bit(values, seed, kind):
    format = make_format(8, "a", "b")
    order = np.random.default_rng(seed).permutation(8)
    ids, mixed = id_text(format.ids)[order], values[order]
    content = {
        "csv": text(
            [format.header, *([id, *map(repr, row)] for id, row in zip(ids.tolist(), mixed.tolist(), strict=True))]
        ),
        "parquet": parquet({"id": ids, "a": mixed[:, 0], "b": mixed[:, 1]}),
        "npy": npy(values),
    }[kind]
    assert check(content, format).values.tobytes() == values.tobytes()


number_like = st.text("0123456789+-.eE_ ,'xXnaifINFTRUE\t\"", max_size=12)


@given(cell=st.one_of(number_like, st.text(max_size=5), finite.map(repr)))
@settings(steady, max_examples=400)
def test_the_fast_road_never_disagrees_with_the_slow_one(cell):
    rows = cells(SMALL)
    rows[3][1] = cell
    content = text(rows) if cell.isprintable() else "\n".join(map(",".join, rows)).encode("utf-8", "replace")
    fast = fast_csv(content, SMALL)
    try:
        slow = slow_csv(content, Report(SMALL))
    except PredictionFileError:
        slow = None
    if fast is not None:
        assert slow is not None
        assert fast.values.tobytes() == slow.values.tobytes()
    if slow is not None:
        assert np.isfinite(slow.values).all()
        assert slow.values[2, 0] == float(cell.strip(' \t"'))


def accepted_or_refused(content: bytes, format: Format = SMALL) -> None:
    """Check a file: if it is accepted the values must be scores, if not there must be a reason; nothing else may be."""
    try:
        found = check(content, format)
    except PredictionFileError as error:
        reasons = [problem.count for problem in error.problems]
        found = None
    if found is None:
        assert reasons
        assert all(reasons)
    else:
        assert found.values.shape == (8, *(format.shape or (1,)))
        assert found.values.dtype == (np.float32 if format.shape else np.float64)
        assert np.isfinite(found.values).all()


STARTS = [
    b"",
    b"id,score\n",
    b"PAR1",
    b"\x93NUMPY\x01\x00",
    b"\x1f\x8b\x08\x00",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
]


@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200), end=st.sampled_from([b"", b"PAR1"]))
@settings(steady, max_examples=300)
def test_any_bytes_are_accepted_or_refused(start, rest, end):
    accepted_or_refused(start + rest + end)


SEEDS = [
    GOOD,
    gzip.compress(GOOD, mtime=0),
    npy(good_values(SMALL)),
    *(
        parquet({"id": id_text(SMALL.ids).tolist(), "score": good_values(SMALL)[:, 0]}, **options)
        for options in (
            {"compression": "none"},
            {"compression": "zstd"},
            {"use_dictionary": False},
            {"use_dictionary": False, "column_encoding": {"id": "DELTA_BYTE_ARRAY"}, "compression": "none"},
            {"use_dictionary": False, "column_encoding": {"id": "DELTA_LENGTH_BYTE_ARRAY"}, "data_page_version": "2.0"},
        )
    ),
]


@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4
    ),
)
@settings(steady, max_examples=1000)
def test_a_good_file_with_a_few_bytes_changed_is_accepted_or_refused(seed, edits):
    content = bytearray(seed)
    for place, removed, added in edits:
        at = int(place * len(content))
        content[at : at + removed] = added
    accepted_or_refused(bytes(content))


IMAGES = Format("toy", "track", (), SMALL.ids, answers="images", shape=(1, 1))
SHAPES = [(8,), (8, 1), (True, 8), (8, True), (8, True, 1), (8, 1, 1, True), ((8,), 1), (8, None), (2**62, 4)]
sizes = st.one_of(st.just(8), st.integers(-1, 2**70), st.booleans(), st.none(), st.floats(), st.text(max_size=3))
shapes = st.one_of(st.lists(sizes, max_size=3).map(tuple), st.sampled_from(SHAPES), sizes)
descriptions = st.one_of(
    st.sampled_from(["<f8", ">f8", "<f4", "|b1", "|O", "<U8", "|V8", "<M8[s]", "<f16", "f8,f8", [("a", "<f8")]]),
    st.text("<>|=fiuOVbcSUM0123456789,()[]", max_size=8),
    st.tuples(st.just("<f8"), shapes),
    sizes,
)
headers = st.fixed_dictionaries(
    {"descr": descriptions, "fortran_order": st.one_of(st.booleans(), sizes), "shape": shapes},
    optional={"more": sizes},
).map(repr)
literals = st.one_of(headers, st.text(max_size=40), st.sampled_from(["(" * 9000, "-" * 9000, "[" * 150, "{1: 2}"]))


@given(header=literals, version=st.sampled_from([b"\1\0", b"\2\0", b"\3\0"]), values=st.sampled_from([64, 0, 32, 65]))
@settings(steady, max_examples=400)
def test_an_npy_file_of_any_header_is_accepted_or_refused(header, version, values):
    text = header.encode("utf-8", "replace") + b"\n"
    size = len(text).to_bytes(2 if version == b"\1\0" else 4, "little")
    file = b"\x93NUMPY" + version + size + text + good_values(SMALL).tobytes()[:values].ljust(values)
    for content, format in ((file, SMALL), (file, IMAGES), (gzip.compress(file, 0), SMALL)):
        accepted_or_refused(content, format)


ODD_CELLS = {
    pa.bool_(): True,
    pa.date32(): 1,
    pa.timestamp("ns", "UTC"): 1,
    pa.duration("ns"): 1,
    pa.decimal256(60, 2): 1,
    pa.list_(pa.float64()): [0.5],
    pa.list_(pa.float64(), 2): [0.5, 1.0],
    pa.struct([("score", pa.float64())]): {"score": 0.5},
    pa.map_(pa.string(), pa.float64()): [("score", 0.5)],
    pa.null(): None,
    pa.binary(8): b"01234567",
    pa.dictionary(pa.int8(), pa.string()): "0123456789abcdef",
    pa.float16(): 0.5,
    pa.int8(): 1,
}


@pytest.mark.parametrize("kind", ODD_CELLS, ids=str)
@pytest.mark.parametrize("columns", [{"id"}, {"score"}, {"id", "score"}])
@pytest.mark.parametrize("answers", ["numbers", "texts"])
def test_a_parquet_column_of_any_type_is_accepted_or_refused(kind, columns, answers):
    odd = pa.array([ODD_CELLS[kind]] * 8, kind)
    good = {"id": pa.array(id_text(SMALL.ids)), "score": pa.array(good_values(SMALL)[:, 0])}
    content = parquet({name: odd if name in columns else good[name] for name in good})
    try:
        values = check(content, Format("toy", "track", ("score",), SMALL.ids, answers=answers)).values
    except PredictionFileError:
        return
    assert columns == {"score"}
    assert len(values) == 8


def test_a_hundred_thousand_wrong_values_are_all_counted():
    format = make_format(100_000)
    error = refusal(text([format.header, *([id, "high"] for id in id_text(format.ids).tolist())]), format)
    assert error.problems[0].count == 100_000


def test_a_format_survives_json():
    for format in (ONE, THREE):
        back = Format.from_json(json.loads(json.dumps(format.to_json())))
        assert (back.name, back.columns, back.header) == (format.name, format.columns, format.header)
        assert back.ids.dtype == np.uint64
        assert np.array_equal(back.ids, format.ids)


def test_a_format_of_the_first_events_is_read_and_one_of_a_later_version_is_refused():
    document = ONE.to_json()
    del document["version"]
    assert Format.from_json(document).name == ONE.name
    with pytest.raises(ValueError, match=r"expected format.json of version 1, got 2: use the check of its own kit"):
        Format.from_json(document | {"version": 2})


@pytest.mark.parametrize(
    ("columns", "ids"),
    [
        (("score",), []),
        (("score",), [2, 1]),
        (("score",), [1, 1]),
        ((), [1]),
        (("id",), [1]),
        (("a", "a"), [1]),
        (("a,b",), [1]),
    ],
)
def test_a_format_that_makes_no_sense_is_refused(columns, ids):
    with pytest.raises(ValueError, match=r"Format needs|columns are named"):
        Format("toy", "track", columns, np.array(ids, np.uint64))


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """Return a folder with check.py, one format and a good file, as in a starter kit."""
    shutil.copytree(PACKAGE, tmp_path / "checker")
    (tmp_path / "check.py").write_bytes(CHECK)
    (tmp_path / "format.json").write_text(json.dumps(SMALL.to_json()))
    (tmp_path / "good.csv").write_bytes(GOOD)
    return tmp_path


def run_check(kit: Path, *arguments: str, python: str | Path = sys.executable) -> subprocess.CompletedProcess:
    return subprocess.run([python, "check.py", *arguments], cwd=kit, capture_output=True, text=True)


@pytest.mark.parametrize("version", [None, "3.10"])
def test_the_kit_checks_a_file_by_itself(kit: Path, version: str | None):
    python = python_of(version, "numpy", "pyarrow") if version else sys.executable
    if python is None:
        pytest.skip(f"there is no Python {version} with NumPy and pyarrow")
    good = run_check(kit, "good.csv", python=python)
    assert good.returncode == 0
    assert good.stdout == f"OK: toy.track, 8 rows, sha256 {check(GOOD, SMALL).sha256}\n"
    (kit / "bad.csv").write_bytes(GOOD.replace(b"id,score\n", b"id,score\n0000000000000000,nan\n"))
    bad = run_check(kit, "bad.csv", python=python)
    assert bad.returncode == 1
    assert "unknown_id" in bad.stdout
    assert "line 2, id 0000000000000000, column score: expected a finite number, got 'nan'" in bad.stdout
    absent = run_check(kit, "absent.csv", python=python)
    assert absent.returncode == 2
    assert "absent.csv" in absent.stderr


def test_the_kit_names_a_format_that_it_cannot_read(kit: Path):
    (kit / "format.json").write_text(json.dumps(SMALL.to_json() | {"version": 2}))
    run = run_check(kit, "good.csv")
    assert (run.returncode, "Traceback" in run.stderr) == (2, False)
    assert "expected format.json of version 1, got 2" in run.stderr


def test_the_kit_asks_for_the_track_where_there_are_several_and_the_file_lies_with_none(kit: Path):
    other = Format("toy", "other", ("score",), np.arange(3, dtype=np.uint64))
    for name, document in (("track", json.loads((kit / "format.json").read_text())), ("other", other.to_json())):
        (kit / name).mkdir()
        (kit / name / "format.json").write_text(json.dumps(document))
        (kit / name / "mine.csv").write_bytes((kit / "good.csv").read_bytes())
    (kit / "format.json").unlink()
    asked = run_check(kit, "good.csv")
    assert asked.returncode == 2
    assert "['other', 'track']" in asked.stderr
    assert run_check(kit, "good.csv", "--track", "track").returncode == 0
    assert run_check(kit, "good.csv", "--track", "other").returncode == 1
    assert run_check(kit, "track/mine.csv").returncode == 0
    wrong = run_check(kit, "other/mine.csv")
    assert wrong.returncode == 1
    assert "expected an id of toy.other, got one of toy.track" in wrong.stdout
    assert run_check(kit, "other/mine.csv", "--track", "track").returncode == 0


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_the_package_stands_alone_on_python_3_10(module: Path):
    names = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"), feature_version=(3, 10))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    assert names <= {*sys.stdlib_module_names, "numpy", "pyarrow"}
