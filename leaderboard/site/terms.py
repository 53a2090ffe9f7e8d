"""What an event demands and allows, in words: when, how often, who, with what, and what its scores decide."""

from collections.abc import Mapping
from datetime import tzinfo

from challenges.spec import OBSERVED, PRIVATE, PUBLIC, Challenge, Track
from leaderboard.config import EventConfig
from leaderboard.site.words import moment
from leaderboard.store.tables import HoldoutRecord

MAY_FORM = {
    "code": "whoever has the organiser's code",
    "open": "anybody",
    "closed": "nobody: registration is closed",
}

SHOWN = {
    PUBLIC: ("after each file, on the board", "nothing: it is for orientation"),
    PRIVATE: ("with the result", "the ranking"),
    OBSERVED: ("with the result", "nothing: it is for interest"),
}
"""When a team sees what it reached on a slice, and what that decides."""


def terms(config: EventConfig, challenge: Challenge, zone: tzinfo, *, over: bool) -> dict[str, str]:
    """Return the rules of an event, as far as they are its settings, for the teams of a challenge.

    Where it is ``over``, nothing is said of what might be sent.
    """
    times = {"Opens": config.out_at(challenge.id), "Closes": config.closes}
    if config.freezes_at:
        times["The board stands still from"] = config.freezes_at
    sending = {
        "Files a team": f"{config.submissions_per_day} within 24 hours and {config.submissions_in_all} in all on each "
        "track; a team formed late has its share",
        "What costs nothing": "a check, a file that fails it, the same predictions again, a failure of the judge",
        "Who may form a team": MAY_FORM[config.registration],
    }
    found = {name: moment(when, zone, year=True) for name, when in times.items()} | ({} if over else sending)
    found |= {
        "Members of a team": f"at most {config.largest_team}" if config.largest_team else "any number",
        "Training rows": "those of the kit, and as many more as you simulate"
        if challenge.extra_simulation
        else "those of the kit alone: simulating more is not allowed",
    }
    if config.brackets:
        found["Brackets"] = ", ".join(config.brackets)
    return found


def slices(track: Track, holdout: HoldoutRecord) -> list[tuple[str, str, str, str, str]]:
    """Return of each slice of a holdout its name, rows, share, when its scores are shown and what they decide."""
    rows: Mapping[str, int] = holdout.rows
    total = sum(rows[name] for name in track.slices if name in rows) or 1
    return [
        (name, f"{count:,}", f"{count / total:.0%}" if name in track.slices else "", *SHOWN.get(name, SHOWN[OBSERVED]))
        for name, count in rows.items()
    ]
