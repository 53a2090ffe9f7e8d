"""Every regular expression takes time and memory that grow with its text alone, whoever wrote the text."""

import ast
import re

import pytest

from benchmarks._patterns import attributes, modules, patterns_of, trees
from tests.project.ambiguity import slow_parts

ITS_OWN = {"compile", "escape"}
"""What a module may ask of `re`, the former where it is read and not where it runs."""


def test_patterns_are_compiled_where_a_module_is_read():
    for tree in trees().values():
        assert not any(isinstance(node, ast.ImportFrom) and node.module == "re" for node in ast.walk(tree))
    for module in modules():
        asked = [(method, line) for owner, method, line in attributes(trees()[module]) if owner == "re"]
        functions = [node for node in ast.walk(trees()[module]) if isinstance(node, ast.FunctionDef)]
        running = {line for function in functions for owner, _, line in attributes(function) if owner == "re"}
        for method, line in asked:
            assert method in ITS_OWN or method[0].isupper(), f"{module}, line {line}: re.{method}"
            assert method != "compile" or line not in running, f"{module}, line {line}: re.compile"


def test_every_pattern_is_linear_in_the_way_it_is_used():
    seen = set()
    for module in modules():
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
