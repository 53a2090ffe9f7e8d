"""The page of the scorer's functions says what the code says: every exported name, its signature, its first line."""

import inspect
import re

import pytest

import scoring
from tests.support import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
GROUPS = ["Metrics", "Uncertainty", "Comparisons", "Planning", "Points"]


def entry(name: str) -> str:
    found = getattr(scoring, name)
    signature = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", str(inspect.signature(found))).removesuffix(" -> None")
    return f"- `{name}{signature}`\n  {inspect.getdoc(found).splitlines()[0]}\n"


def test_the_page_and_the_package_name_the_same():
    assert sorted(re.findall(r"^- `(\w+)\(", PAGE, re.MULTILINE)) == sorted(scoring.__all__)
    assert re.findall(r"^## (\w+)$", PAGE, re.MULTILINE) == GROUPS


@pytest.mark.parametrize("name", scoring.__all__)
def test_the_page_has_the_signature_and_the_first_line(name):
    assert entry(name) in PAGE
