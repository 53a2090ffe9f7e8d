"""Under which licences a kit may be used, and how it is cited: LICENSE and CITATION.cff."""

import json
from collections.abc import Mapping
from pathlib import Path

from challenges.manifest import Manifest
from challenges.spec import Challenge
from leaderboard.event import Event

CODE = Path(__file__).with_name("BSD-3-Clause.txt")
"""The licence of this project, and so of the programs in a kit."""

CC0 = """SPDX-License-Identifier: CC0-1.0

To the extent possible under law, the physathon authors have waived all copyright and related or neighbouring rights to
these simulated data. They come without any warranty. The whole text: https://creativecommons.org/publicdomain/zero/1.0/"""


def licence(event: Event, challenge: Challenge, facts: Mapping[str, dict]) -> str:
    """Return the licences of a kit: of its data, and of its programs.

    Parameters
    ----------
    event : Event
    challenge : Challenge
    facts : mapping
        How the data of each track came to be, by its id.
    """
    return f"""This kit holds data and programs, each under a licence of its own.

# The data: train, validation, test and sample files, and pictures

{_of_data(event, challenge)}
{_of_recordings(facts)}
# The programs: check.py, submit.py, checker/, and what each track begins with

SPDX-License-Identifier: BSD-3-Clause

{CODE.read_text("utf-8")}"""


def _of_data(event: Event, challenge: Challenge) -> str:
    if event.config.source == "simulated":
        return CC0
    return f"Cut from real files; licence, as their source states it: {address(event, challenge)}"


def address(event: Event, challenge: Challenge) -> str:
    """Return where the licence of a kit's data can be read; of real data, what their source states."""
    if event.config.source == "simulated":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    return Manifest.read(challenge.manifest).licence


def _of_recordings(facts: Mapping[str, dict]) -> str:
    if not any(one.get("recordings") for one in facts.values()):
        return ""
    return "\nAmong the test rows are recordings of real things. They stay under the licences of who made them.\n"


def citation(event: Event, challenge: Challenge) -> str:
    """Return how the data of a kit are cited, as a Citation File Format 1.2.0 document."""
    about = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "title": f"{challenge.title}: data of {event.config.name}",
        "message": f"Please cite these data, and what they come from: {challenge.citation}",
        "version": f"{challenge.id} {challenge.version}",
        "date-released": event.config.out_at(challenge.id).date().isoformat(),
    }
    if event.config.source == "simulated":
        about["license"] = "CC0-1.0"
    # JSON's texts are YAML's, too.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in about.items()]
    return "\n".join([*lines, "authors:", '  - name: "the physathon authors"', ""])
