"""What a team starts from on a track: a script, the same as a notebook, and what both draw with."""

from pathlib import Path

from challenges.spec import Challenge, Track
from leaderboard.kit import plots
from leaderboard.kit.notebooks import notebook


def starter_files(challenge: Challenge, track: Track) -> dict[str, bytes]:
    """Return the files of a track's starter by name; none where a track has no starter.

    They lie beside the track's data, read them, and write a first file of answers beside them.
    """
    script = challenge.starter(track)
    if not script.exists():
        return {}
    return {
        "starter.py": script.read_bytes(),
        "starter.ipynb": notebook(script.read_text("utf-8")),
        "plots.py": Path(plots.__file__).read_bytes(),
    }
