"""The first part of a kit's README: the event, as it was when a setting was last changed."""

from collections.abc import Mapping
from datetime import UTC, datetime

from challenges.spec import PRIVATE, PUBLIC, Challenge, Track
from leaderboard.event import Event
from leaderboard.kit.layout import folder_of, submission_name
from leaderboard.public.texts import rules

ADDRESS = "ADDRESS"
"""Stands for the event's address where it has none yet."""


def text(event: Event, challenge: Challenge, facts: Mapping[str, dict], key_sha256: str) -> str:
    """Return when and how often files are taken, how they are sent, what counts, what may be used, who helps."""
    tracks = [challenge.track(track) for track in facts]
    return f"""# This event: {event.config.name}

{_limits(event, challenge)}

## How to send a file

{_three_ways(event, challenge, tracks)}

## What counts

{_what_counts(tracks, facts)}

## What may be used

{_what_may_be_used(event, challenge, tracks[0])}

## Help

`python submit.py ask "..."` asks the organisers, `questions` shows what they answered, `announcements` what they told
everybody. The page Help has all three.

## What the organiser is bound to

{_bound(facts, key_sha256)}
"""


def _limits(event: Event, challenge: Challenge) -> str:
    config = event.config
    rows = {"Address": config.public_url or f"not known when this kit was built: {ADDRESS} stands for it below"}
    rows["Opens"] = moment(config.out_at(challenge.id))
    rows["Closes"] = moment(config.closes)
    if config.freezes_at:
        rows["The board stands still from"] = moment(config.freezes_at)
    rows["Files of a team"] = (
        f"{config.submissions_per_day} within 24 hours and {config.submissions_in_all} in all, on each track"
    )
    rows["What costs nothing"] = "a check, a file that fails it, the same predictions again"
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"""| | |
|---|---|
{lines}

This is as of {moment(event.as_of)}. Settings may have changed since: `python submit.py status` tells what holds."""


def _three_ways(event: Event, challenge: Challenge, tracks: list[Track]) -> str:
    address, track = event.config.public_url or ADDRESS, tracks[0]
    file, url = f"{folder_of(challenge, track)}{submission_name(track)}", f"{address}/api/v1/tracks/"
    url += f"{challenge.full_name(track)}/submissions?filename={submission_name(track)}"
    circuit = " --circuit circuit.qasm" if track.circuit else ""
    declare = (
        "; the circuit is sent first, in the same way to `.../circuits`, and its `sha256` goes into `&circuit=...`"
        if track.circuit
        else ""
    )
    return f"""Who sends needs the team's token, which the page Team gives. All ways meet one check and give a receipt.

- **In a browser**: the page Submit.
- **By submit.py**, which needs Python 3.9 and nothing else, on any machine and in a notebook:
  `{login(event)}`, then `python submit.py submit {file}{circuit} --wait`, which tells the score when it is judged.
- **By curl**{declare}:

```
curl --fail-with-body -H "Authorization: Bearer $PHYSATHON_TOKEN" --data-binary @{file} "{url}"
```"""


def login(event: Event) -> str:
    """Return what one types to sign in; an address that event.json has needs not be told."""
    return "python submit.py login" if event.config.public_url else f"python submit.py login --url {ADDRESS}"


def _what_counts(tracks: list[Track], facts: Mapping[str, dict]) -> str:
    lines = [
        f"- {track.id}: {track.slices[PUBLIC].fraction:.0%} of the test rows are public, "
        f"{track.slices[PRIVATE].fraction:.0%} private{_recordings(facts[track.id])}."
        for track in tracks
    ]
    return f"""The board shows what files score on the **public** slice of the test rows. The **private** slice decides;
nothing is shown of it before the result is published. Nobody but the judge knows which row is in which.

{chr(10).join(lines)}

**The board is a Ladder.** It moves only when a file beats your best by more than the track's step and the error of the
difference, and shows scores on a grid of that step. Trying out many files gains little, and one that does not move it
may be as good as your best: small gains are seen on the labelled validation rows.

**Finals.** On each track one file of a team decides: the best on its board, unless the team names another by
`python submit.py final NUMBER`; `automatic` takes that back.

**Cards** say how a file was made: `python submit.py card NUMBER --title "..."`, with data, compute, hours and AI.
A final's card stands beside the published result."""


def _recordings(facts: dict) -> str:
    return f"; {facts['recordings']} recordings are shown for interest" if facts.get("recordings") else ""


def _what_may_be_used(event: Event, challenge: Challenge, track: Track) -> str:
    agreed = "".join(
        f"\n{title}, to which everybody agrees who joins: {event.config.public_url or ADDRESS}/rules"
        for title in rules(event)
    )
    return f"""{_extra_simulation(event, challenge, track)}
Whatever a file learned from beside this kit is told on its card, `--external-data`.{agreed}"""


def _extra_simulation(event: Event, challenge: Challenge, track: Track) -> str:
    if not challenge.extra_simulation:
        return "Training on more than this kit holds, simulated or real, is **not allowed** in this challenge."
    unlike = " They are simulated, where this kit's are real: alike, not the same." if _is_real(event) else ""
    return (
        "Training on more data, of your own simulation too, is **allowed**. From a checkout of physathon "
        f"`physathon challenge more {challenge.full_name(track)} --rows 20000` makes them, in the form of the training "
        f"file, with groups of their own.{unlike}"
    )


def _is_real(event: Event) -> bool:
    return event.config.source == "real"


def _bound(facts: Mapping[str, dict], key_sha256: str) -> str:
    commitments = "\n".join(
        f"| {track} | {name} | `{sha256}` |"
        for track, one in facts.items()
        for name, sha256 in one["commitments"].items()
    )
    return f"""These SHA-256 commit the organiser to the answers before the event; after it they are revealed and can be
checked.

| track | slice | SHA-256 |
|---|---|---|
{commitments}

Receipts are signed. `python submit.py verify RECEIPT.json` checks one by the public key, `receipts.pem`, whose SHA-256
is `{key_sha256}`."""


def moment(at: datetime) -> str:
    """Return a moment in UTC, as people read it.

    Examples
    --------
    >>> moment(datetime.fromisoformat("2026-12-01T18:00+01:00"))
    'Tue 1 Dec 2026, 17:00 UTC'
    """
    at = at.astimezone(UTC)
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC"
