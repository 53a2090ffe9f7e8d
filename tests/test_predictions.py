"""One check of a prediction file: every bad file is named, every good one gives the same bytes."""

import ast
import gzip
import io
import json
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring import predictions
from scoring.predictions import EXAMPLES, KINDS, Format, PredictionFileError, check, id_text
from tests.bad_files import BadFile, bad_files, cells, good_values, npy, parquet, text

MODULE = Path(predictions.__file__)


def make_format(n: int, *columns: str, seed: int = 0) -> Format:
    ids = np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)
    return Format("toy", "track", columns or ("score",), np.sort(ids))


FORMATS = {"one column": make_format(60), "three columns": make_format(50, "a", "b", "c")}
SMALL = make_format(8)
GOOD = text(cells(SMALL))
CORPUS = [(format, bad) for format in FORMATS.values() for bad in bad_files(format)]
CORPUS_NAMES = [f"{name}: {bad.name}" for name, format in FORMATS.items() for bad in bad_files(format)]


def refusal(content, format: Format) -> PredictionFileError:
    with pytest.raises(PredictionFileError) as caught:
        check(content, format)
    return caught.value


@pytest.mark.parametrize(("format", "bad"), CORPUS, ids=CORPUS_NAMES)
def test_every_bad_file_is_named_counted_and_located(format: Format, bad: BadFile):
    error = refusal(bad.content, format)
    assert {problem.kind: problem.count for problem in error.problems} == bad.problems
    first = error.problems[0].examples[0]
    assert (first.line, first.id, first.column) == (bad.line, bad.id, bad.column)
    assert first.expected
    assert bad.got in first.got
    for problem in error.problems:
        assert len(problem.examples) == min(problem.count, EXAMPLES) or problem.kind == "nul_bytes"
        for example in problem.examples:
            assert f"expected {example.expected}, got {example.got}" in str(error)
            for place in (example.line, example.id, example.column):
                assert place is None or str(place) in str(error)


@pytest.mark.parametrize(("format", "bad"), CORPUS, ids=CORPUS_NAMES)
def test_a_message_is_short_printable_and_plain_json(format: Format, bad: BadFile):
    error = refusal(bad.content, format)
    assert all(letter.isprintable() or letter == "\n" for letter in str(error))
    assert len(str(error)) < 400 * (1 + sum(len(problem.examples) for problem in error.problems))
    document = json.loads(json.dumps(error.to_json()))
    assert [problem["kind"] for problem in document["problems"]] == [problem.kind for problem in error.problems]
    assert document["problems"][0]["count"] == error.problems[0].count
    assert document["problems"][0]["examples"][0]["got"] == error.problems[0].examples[0].got


def test_the_corpus_has_every_kind_of_problem():
    assert {kind for _, bad in CORPUS for kind in bad.problems} == set(KINDS)


def test_twenty_examples_are_shown_and_the_rest_counted():
    error = refusal(text([row if row[0] == "id" else [row[0], "high"] for row in cells(FORMATS["one column"])]), FORMATS["one column"])
    assert [example.line for example in error.problems[0].examples] == list(range(2, 22))
    assert "and 40 more" in str(error)
