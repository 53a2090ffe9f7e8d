"""The README of a starter kit: how to begin, this event, and this challenge."""

from collections.abc import Mapping

from challenges.spec import Challenge
from leaderboard.event import Event
from leaderboard.kit import this_challenge, this_event
from leaderboard.kit.layout import folder_of, sample_name, submission_name
from leaderboard.public.data import PublicData


def text(event: Event, challenge: Challenge, public: Mapping[str, PublicData], key_sha256: str, about: str) -> str:
    """Return the README.

    Parameters
    ----------
    event : Event
    challenge : Challenge
    public : mapping
        The public files of each track, by its id.
    key_sha256 : str
        The fingerprint of the key that signs receipts.
    about : str
        The challenge's own README, as `this_challenge.about` returns it.
    """
    facts = {track: data.facts() for track, data in public.items()}
    secrecy = (
        "The holdout was made from a secret seed: nobody has seen these rows."
        if all(one["secret"] for one in facts.values())
        else "**Not secret.** The labels of this holdout are public or its seed is known, so its scores prove little."
    )
    return f"""# Starter kit: {challenge.title}

{challenge.summary} {secrecy}

{_begin(event, challenge, public)}

{this_event.text(event, challenge, facts, key_sha256)}
{this_challenge.text(event, challenge, public, facts, about)}"""


def _begin(event: Event, challenge: Challenge, public: Mapping[str, PublicData]) -> str:
    """Say how to make, check and send a first file: a starter's, or without one a sample."""
    tracks = [challenge.track(track) for track in public]
    first = next((track for track in tracks if challenge.starter(track).exists()), tracks[0])
    place, has_starter = folder_of(challenge, first), challenge.starter(first).exists()
    file = f"{place}{submission_name(first) if has_starter else sample_name(first)}"
    run = f"python {place}starter.py    # trains a first model and writes {file}\n" if has_starter else ""
    notebook = f"`{place}starter.ipynb` is the starter as a notebook. " if has_starter else ""
    return f"""```
python -m pip install -r requirements.txt
{run}python check.py {file}    # the very check that the upload meets
{this_event.login(event)}    # once, with your team's token
python submit.py submit {file} --wait
```

{notebook}A file that fails the check costs nothing."""
