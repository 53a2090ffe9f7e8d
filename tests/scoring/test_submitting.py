"""docs/submitting.md against the check: its lines of Python are run, and each file is taken or refused as it says."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.predictions import Format, PredictionFileError, check, id_text
from scoring.predictions.command import main
from tests.scoring.other_files import OTHER_FILES
from tests.support import ROOT

PAGE = (ROOT / "docs" / "submitting.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+) ?([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FORMAT = Format(
    "higgs", "signal", ("score",), np.array([0x03F1B2C4D5E6A798, 0x5E20C3D4F5A6B789, 0xC84A91D2E3F4A5B6], "u8")
)
SCORES = [0.93, 1e-7, 0.5]
BEGIN, MAKING = PAGE.split("## Sending it")[0].split("## Making the file")
WAYS = {way.partition("\n")[0]: way for way in MAKING.split("\n### ")[1:]}


@dataclass(frozen=True)
class Step:
    """A block of the page: code that is run, or what another tool writes, and what the check says of the file."""

    python: str = ""
    written: bytes = b""
    refusal: str = ""


def steps(text: str) -> Iterator[Step]:
    """Yield what is to be tried; code is not run where the file that it writes is shown."""
    blocks = [*BLOCK.findall(text), ("", "", "")]
    for (language, encoding, content), (next_language, _, next_content) in pairwise(blocks):
        refusal = next_content if next_language == "text" else ""
        if language == "csv":
            yield Step(written=content.encode(encoding or "utf-8"), refusal=refusal)
        elif language == "python" and next_language != "csv":
            yield Step(python=content, refusal=refusal)


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a kit's folder, where one works."""
    pd.DataFrame({"id": id_text(FORMAT.ids), "mass": [1.0, 2.0, 3.0]}).to_parquet(tmp_path / "test.parquet")
    (tmp_path / "format.json").write_text(json.dumps(FORMAT.to_json()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_make_a_file_ends_as_the_page_says(way, kit, capsys):
    if way == "PyTorch":
        pytest.importorskip("torch", reason="its lines need torch: pip install physathon[deep]")
    names: dict = {}
    exec(BLOCK.search(BEGIN)[3], names)
    assert names["scores"].tolist() == SCORES
    tried = list(steps(WAYS[way]))
    assert tried
    for step in tried:
        before = contents(kit)
        exec(step.python, names)
        if step.written:
            (kit / "submission.csv").write_bytes(step.written)
        (file,) = [name for name, content in contents(kit).items() if content != before.get(name)]
        status, said = main(kit, [file]), capsys.readouterr().out
        if step.refusal:
            assert (status, said) == (1, step.refusal)
        else:
            assert (status, said) == (0, said)
            assert check(file, FORMAT).values[:, 0].tolist() == SCORES


@pytest.mark.parametrize("way", WAYS)
def test_what_another_tool_writes_ends_alike_with_the_line_ends_of_windows(way):
    for step in (step for step in steps(WAYS[way]) if step.written and not step.refusal):
        assert check(step.written.replace(b"\n", b"\r\n"), FORMAT).values[:, 0].tolist() == SCORES


def test_files_of_other_programs_are_called_as_the_table_says():
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", MAKING, re.MULTILINE)[2:]
    assert len(rows) > 10
    for file, called in rows:
        for name in re.findall(r"`(.+?)`", file):
            with pytest.raises(PredictionFileError) as refused:
                check(OTHER_FILES[name][0], FORMAT)
            assert refused.value.problems[0].examples[0].got == called
