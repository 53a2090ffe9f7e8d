"""Where things lie in a starter kit, and the one time that all its files carry."""

from challenges.spec import Challenge, Track

LONG_AGO = (2026, 1, 1, 0, 0, 0)
"""One time for all files: when a file was made carries nothing."""


def folder_of(challenge: Challenge, track: Track) -> str:
    """Return where a track's files lie in the kit, with a slash: at its root where there is no other track."""
    return "" if len(challenge.tracks) == 1 else f"{track.id}/"


def sample_name(track: Track) -> str:
    """Return what the sample submission of a track is called."""
    return f"sample_{submission_name(track)}"


def submission_name(track: Track) -> str:
    """Return what the file is called that a starter writes on a track."""
    return f"submission.{'npy' if track.answers == 'images' else 'csv'}"
