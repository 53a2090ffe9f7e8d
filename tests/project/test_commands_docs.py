"""What docs/commands.md and docs/event.md say against what the code has, both ways."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import typer
from pydantic import AwareDatetime

from leaderboard import cli
from leaderboard.config import VARIABLES, EventConfig, Provider
from tests.support import ROOT

DOCS = ROOT / "docs"
TYPES = {
    str: "text",
    str | None: "text",
    int: "integer",
    int | None: "integer",
    float: "number",
    AwareDatetime: "date and time with zone",
    AwareDatetime | None: "date and time with zone",
    dict[str, AwareDatetime]: "table of dates and times with zone",
    tuple[str, ...]: "list of texts",
    tuple[Provider, ...]: "list of tables",
}


def commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every command below a group with its full name."""
    for word, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from commands(found, f"{name} {word}")
        else:
            yield f"{name} {word}", found


def usage(name: str, command: Any) -> str:
    """Return a command as its heading writes it: arguments, and the event's folder."""
    words = [name]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = (parameter.metavar or parameter.name.upper()).removesuffix("...")
            word += "..." if parameter.nargs == -1 else ""
            words.append(word if parameter.required else f"[{word}]")
    if any("--event" in parameter.opts for parameter in command.params):
        words.append("[--event DIR]")
    return " ".join(words)


def default(parameter: Any) -> str:
    """Return an option's default as its table writes it."""
    if parameter.required:
        return "required"
    if isinstance(parameter.default, bool):
        return "on" if parameter.default else "off"
    value = parameter.default
    value = ", ".join(value) if isinstance(value, list) else value
    return "none" if value in (None, "") else f"`{value}`"


def options(command: Any) -> dict[str, str]:
    """Return the default of each option but ``--event``, by all of its names."""
    return {
        ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts)): default(parameter)
        for parameter in command.params
        if parameter.param_type_name == "option" and "--event" not in parameter.opts
    }


def rows(text: str) -> list[list[str]]:
    """Return the cells of all tables in a text, without their headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0].startswith("`")]


def documented(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def test_every_command_and_option_is_documented_and_no_other():
    said = {}
    for section in documented("commands.md").split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        said[heading.strip("`")] = {row[0]: row[1] for row in rows(text.split("\n## ")[0])}
    has = {usage(*found): options(found[1]) for found in commands(typer.main.get_command(cli.app), "physathon")}
    assert has, "the command tree is empty"
    assert said.keys() == has.keys()
    assert said == has


def test_every_option_without_a_default_says_what_it_is_for():
    for row in rows(documented("commands.md")):
        assert len(row) == 3, row
        assert row[2], f"{row[0]} has no meaning"


def test_every_key_of_event_toml_is_documented_and_no_other():
    said = rows(documented("event.md").split("## The keys of event.toml")[1].split("\n## ")[0])
    has = []
    for key, field in EventConfig.model_fields.items():
        kind = TYPES.get(field.annotation) or " or ".join(f"`{choice}`" for choice in get_args(field.annotation))
        value = "none" if field.default is None else f"`{field.default}`"
        variable = f"`{VARIABLES[key]}`" if key in VARIABLES else "none"
        has.append([f"`{key}`", kind, "required" if field.is_required() else value, variable, field.description])
    assert said == has


def test_every_variable_of_the_environment_is_documented_and_no_other():
    rooms = ("challenges", "baselines", "scoring", "leaderboard", "benchmarks")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py")] + [
        ROOT / "tests" / name for name in ("conftest.py", "support.py")
    ]
    read = {name for path in files for name in re.findall(r'"(PHYSATHON_[A-Z_]+)"', path.read_text("utf-8"))}
    said = {row[0].strip("`") for row in rows(documented("event.md").split("## Other variables")[1])}
    assert said == read


def test_everything_in_an_events_folder_is_documented(judge):
    text = documented("event.md")
    for folder, mark in ((judge.event.folder, "**"), (judge.vault.folder, "")):
        names = {
            path.name + "/" * path.is_dir() for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))
        }
        assert len(names) > 3
        assert [name for name in sorted(names) if f"{mark}`{name}`{mark}" not in text] == []
