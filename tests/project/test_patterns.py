"""Every regular expression takes time and memory that grow with its text alone, whoever wrote the text."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.project.ambiguity import slow_parts
from tests.support import ROOT

METHODS = {"match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn"}
ITS_OWN = {"compile", "escape"}
"""What a module may ask of `re`, the former where it is read and not where it runs."""

PATHS = [
    path for part in ("challenges", "scoring", "baselines", "leaderboard") for path in ROOT.glob(f"{part}/**/*.py")
]
TREES = {".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8")) for path in PATHS}
MODULES = sorted(
    name
    for name, tree in TREES.items()
    if any(isinstance(node, ast.Import) and node.names[0].name == "re" for node in ast.walk(tree))
)


def attributes(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Yield name, attribute and line wherever something is asked of what has a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr, node.lineno


ASKED = {
    module: {(owner, method) for owner, method, _ in attributes(tree) if method in METHODS}
    for module, tree in TREES.items()
}


def patterns_within(value: object) -> Iterator[re.Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from patterns_within([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from patterns_within(one)


def patterns_of(module: str) -> Iterator[tuple[str, re.Pattern, set[str]]]:
    """Yield name, pattern and the methods it is used by: in a collection, all that its module uses."""
    for name, value in vars(import_module(module)).items():
        found = [] if name.startswith("__") else [*patterns_within(value)]
        if isinstance(value, re.Pattern):
            methods = {method for asked in ASKED.values() for owner, method in asked if owner == name}
        else:
            methods = {method for owner, method in ASKED[module] if owner.islower() and method != "split"}
        for pattern in found:
            yield name, pattern, methods


def test_patterns_are_compiled_where_a_module_is_read():
    for module in MODULES:
        asked = [(method, line) for owner, method, line in attributes(TREES[module]) if owner == "re"]
        functions = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.FunctionDef)]
        running = {line for function in functions for owner, _, line in attributes(function) if owner == "re"}
        for method, line in asked:
            assert method in ITS_OWN or method[0].isupper(), f"{module}, line {line}: re.{method}"
            assert method != "compile" or line not in running, f"{module}, line {line}: re.compile"


def test_every_pattern_is_linear_in_the_way_it_is_used():
    seen = set()
    for module in MODULES:
        for name, pattern, methods in patterns_of(module):
            assert methods, f"{module}.{name} is used in no way that is known"
            for method in methods - {method for known, method in seen if known == pattern}:
                assert slow_parts(pattern, method) == [], f"{module}.{name}, {method}: {pattern.pattern!r}"
                seen.add((pattern, method))
    assert len(seen) > 100


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(a*)*b", "match"),
        (r"(?:a|ab?)*c", "match"),
        (r"a*a*b", "match"),
        (r"\d+\.?\d*", "fullmatch"),
        (r"\s*\n\s*\[", "match"),
        (r"(?:'\d{3})+,", "match"),
        (r"/\*.*?\*/", "sub"),
        (r"\s+$", "search"),
        (r"a(?:.*b)?", "findall"),
        (r"x(?=a*a*b)", "match"),
    ],
)
def test_a_pattern_that_is_not_linear_is_told(pattern, method):
    assert slow_parts(re.compile(pattern), method)
