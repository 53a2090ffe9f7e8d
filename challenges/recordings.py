"""Public recordings of real things that a challenge may show: where they are, and what is known of each."""

import tomllib
from functools import lru_cache

from pydantic import Field, ValidationError

from challenges.spec import Challenge, ChallengeError, Strict

ADDRESS = r"^https?://"


class Recording(Strict):
    """One recording.

    Attributes
    ----------
    name : str
    distance : float
        Of the object, pc.
    beam : tuple of float, optional
        Full widths at half maximum as published, arcsec.
    file : str, optional
        Its name below the survey's address; without one it cannot be downloaded by itself.
    """

    name: str
    distance: float = Field(gt=0)
    beam: tuple[float, float] | None = None
    file: str | None = Field(None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


class Survey(Strict):
    """Recordings that were made and published together.

    Attributes
    ----------
    name, title : str
    page : str
        Where a reader finds them.
    address : str, optional
        The folder that holds the files that have a name.
    resolution : float
        What is typical, arcsec.
    source : str
        The papers that distances and beams are taken from.
    missing : str
        Why its files are not downloaded.
    recordings : tuple of Recording
    """

    name: str
    title: str
    page: str = Field(pattern=ADDRESS)
    address: str | None = Field(None, pattern=ADDRESS)
    resolution: float = Field(gt=0)
    source: str
    missing: str = ""
    recordings: tuple[Recording, ...] = Field(min_length=1)


class Surveys(Strict):
    """All surveys of a challenge."""

    surveys: tuple[Survey, ...]


def surveys(challenge: Challenge) -> tuple[Survey, ...]:
    """Return the surveys that a challenge's ``recordings.toml`` lists.

    Raises
    ------
    ChallengeError
        If it has none, or a key is unknown, missing or wrong; the message names it.

    Examples
    --------
    >>> from challenges.spec import load
    >>> [survey.name for survey in surveys(load("exoplanet"))]
    ['DSHARP', 'eDisk', 'exoALMA', 'MAPS']
    """
    path = challenge.folder / "recordings.toml"
    if not path.is_file():
        raise ChallengeError(f"challenge {challenge.id} takes no recordings: it has no recordings.toml")
    return _read(path.read_text("utf-8"), str(path)).surveys


@lru_cache(maxsize=8)
def _read(text: str, path: str) -> Surveys:
    try:
        return Surveys.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ChallengeError(f"{path}: {error}") from error
