"""All regular expressions of the project, and the methods that each is used by."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from benchmarks import ROOT

METHODS = {"match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn"}
PARTS = ("challenges", "scoring", "baselines", "leaderboard")


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every module, by its name."""
    paths = [path for part in PARTS for path in ROOT.glob(f"{part}/**/*.py")]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8")) for path in paths
    }


@cache
def modules() -> list[str]:
    """Return the names of the modules that import `re`."""
    return sorted(
        name
        for name, tree in trees().items()
        if any(isinstance(node, ast.Import) and node.names[0].name == "re" for node in ast.walk(tree))
    )


def attributes(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Yield name, attribute and line wherever something is asked of what has a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr, node.lineno


@cache
def asked() -> dict[str, set[tuple[str, str]]]:
    """Return of what each module asks which of the methods, by the module's name."""
    return {
        module: {(owner, method) for owner, method, _ in attributes(tree) if method in METHODS}
        for module, tree in trees().items()
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
            methods = {method for pairs in asked().values() for owner, method in pairs if owner == name}
        else:
            methods = {method for owner, method in asked()[module] if owner.islower() and method != "split"}
        for pattern in found:
            yield name, pattern, methods
