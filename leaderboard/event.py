"""An event is a directory: event.toml and what grows beside it."""

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import ValidationError

from challenges import spec
from challenges.files import write_atomically
from leaderboard.config import VARIABLES, Changed, EventConfig, in_a_sentence
from scoring.metrics import check_metrics

EVENT_VARIABLE, LOOPBACK_VARIABLE = "PHYSATHON_EVENT", "PHYSATHON_LOOPBACK"
"""Variables that tell the web process where its event is and whether only this machine can reach it."""

SETTINGS_VARIABLE = "PHYSATHON_SETTINGS"
"""Variable that names the file of settings for what `physathon serve` starts: event.toml as it was in order last."""

METRICS_VARIABLE = "PHYSATHON_METRICS"
"""Variable that says at which port, and of which address, the web process tells its figures to Prometheus."""

APART_VARIABLE = "PHYSATHON_APART"
"""Variable that tells the web process whether a trial could not open the vault from where it is."""

VAULT_VARIABLE, VAULT_KEY_VARIABLE, VAULT_DATABASE_VARIABLE = VAULT_VARIABLES = (
    "PHYSATHON_VAULT",
    "PHYSATHON_VAULT_KEY",
    "PHYSATHON_VAULT_DATABASE",
)
"""Variables that tell the judge where vault and tables of its own are and what opens them; the web never has them."""


PATIENCE = 60.0
"""Seconds that one waits for others who write, or for a bucket that is busy, unless told otherwise."""


class EventError(ValueError):
    """An event that is missing, not ready, or asked for something it cannot do now."""


class EventNotOpen(EventError):
    """What can be had, or sent, between the opening and the close alone."""


class NotOut(EventNotOpen):
    """What is not out before the event opens, or before its challenge's data are released.

    Attributes
    ----------
    name : str
        Of the event; of the challenge where that opens later.
    opens : datetime
    """

    def __init__(self, name: str, opens: datetime, at: datetime) -> None:
        self.name, self.opens = name, opens
        super().__init__(f"{name} opens at {opens.isoformat()}; this began at {at.isoformat()}")

    def to_json(self) -> dict[str, str]:
        """Return the moment of the opening, for programs that wait for it."""
        return {"opens": self.opens.isoformat()}


class Event:
    """One event's public side.

    Parameters
    ----------
    folder : Path
        Holds ``event.toml``, ``public/``, ``submissions/``, ``event.sqlite`` and the web's receipt key.
    settings : Path, optional
        A file to read instead of ``event.toml``; by default the one that PHYSATHON_SETTINGS names, if it names one.

    Raises
    ------
    EventError
        If the folder holds no event.toml, or a key in it is wrong.

    Attributes
    ----------
    patience : float
        Seconds that this process waits for a bucket with the event's files.
    """

    SERVED = "served.toml"
    """Name of the copy of event.toml that `physathon serve` makes when it starts: a later mistake disturbs nothing."""

    RULES, CONDUCT, PRIVACY = TEXTS = ("rules.md", "conduct.md", "privacy.md")
    """Names of what the organiser may write for everybody who joins, in Markdown."""

    ERASED = "erased.txt"
    """Name of the list of persons whose data were deleted: numbers and times."""

    def __init__(self, folder: Path, *, settings: Path | None = None) -> None:
        self.folder = Path(folder).resolve()
        self.settings = path = Path(
            settings or os.environ.get(SETTINGS_VARIABLE) or self.folder / "event.toml"
        ).resolve()
        try:
            self.first = EventConfig.model_validate(tomllib.loads(path.read_text("utf-8")) | _environment())
        except FileNotFoundError as error:
            way = "make one with `physathon init`, or name another folder by --event"
            raise EventError(f"no event at {self.folder}: {way}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise EventError(f"{path}: {error}") from error
        self.patience = PATIENCE
        self._read: Callable[[], Changed] = Changed
        self._config: tuple[Changed, EventConfig] = Changed(), self.first

    @property
    def config(self) -> EventConfig:
        """The settings that hold at this moment: those of event.toml, and what was set since."""
        changed = self._read()
        if changed != self._config[0]:
            self._config = changed, self.with_settings(changed)
        return self._config[1]

    @property
    def as_of(self) -> datetime:
        """When a setting was last changed, to the second: in event.toml, or since."""
        written = datetime.fromtimestamp(int(self.settings.stat().st_mtime), UTC)
        return max(written, self._read().at or written).replace(microsecond=0)

    def follow(self, read: Callable[[], Changed]) -> None:
        """Let settings that were changed since be read from where they are kept, whenever one is asked for."""
        self._read = read

    def with_settings(self, changed: Mapping[str, Any]) -> EventConfig:
        """Return the settings of event.toml with some changed.

        Raises
        ------
        EventError
            If they make no event.
        """
        try:
            return EventConfig.model_validate(self.first.model_dump() | dict(changed))
        except ValidationError as error:
            raise EventError(in_a_sentence(error)) from error

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        name: str,
        challenges: list[str] | None = None,
        days: float = 14,
        opens: datetime | None = None,
        closes: datetime | None = None,
        **settings,
    ) -> "Event":
        """Make a new event folder; the event opens now and closes so many days later, unless something else is said.

        Raises
        ------
        EventError
            If the folder already holds an event, or a setting is wrong.
        ChallengeError
            If a challenge does not exist, or its challenge.toml is wrong.
        """
        folder = Path(folder)
        if (folder / "event.toml").exists():
            raise EventError(f"{folder} already holds an event")
        opens = opens or datetime.now(UTC).replace(microsecond=0)
        try:
            limits = {"opens": opens, "closes": closes or opens + timedelta(days=days)}
            keys = {"id": secrets.token_hex(8), "name": name, **limits, "challenges": challenges or spec.available()}
            config = EventConfig.model_validate(keys | settings)
        except ValidationError as error:
            raise EventError(f"these settings make no event: {in_a_sentence(error)}") from error
        except OverflowError as error:
            raise EventError(f"these settings make no event: {days:g} days from {opens} no calendar shows") from error
        for challenge in config.challenges:
            check_metrics(spec.load(challenge))
        write_atomically(folder / "event.toml", tomlkit.dumps(keys | settings).encode())
        return cls(folder)

    def __repr__(self) -> str:
        return f"Event({str(self.folder)!r})"

    @property
    def vault(self) -> Path:
        """Where the vault is, as far as this process knows."""
        return Path(os.environ.get(VAULT_VARIABLE, self.folder / "vault")).resolve()

    @property
    def public(self) -> Path:
        """What everybody may read: data and kits; where the event's files lie in a bucket, this machine's copy."""
        return self.folder / "public"

    @property
    def submissions(self) -> Path:
        """Canonical prediction files, named by their SHA-256, where they do not lie in a bucket."""
        return self.folder / "submissions"

    @property
    def database_url(self) -> str:
        """Where the event's tables are: the configured database, else a SQLite file in the folder.

        On the judge's side PHYSATHON_VAULT_DATABASE names the same database, with the judge's role.
        """
        if self.first.database_url is None:
            return f"sqlite:///{self.folder / 'event.sqlite'}"
        return os.environ.get(VAULT_DATABASE_VARIABLE) or self.first.database_url

    def database_file(self) -> Path | None:
        """Return the SQLite file of the event's tables, there or to be made; None where they are elsewhere.

        Raises
        ------
        EventError
            If the file is gone although the event has data: an empty one in its place would know no receipt.
        """
        if self.first.database_url:
            return None
        file = self.folder / "event.sqlite"
        if not file.exists() and any((self.public / name).exists() for name in self.config.challenges):
            raise EventError(
                f"{file} is not there, though this event has data: put it back from a backup. Teams, receipts and "
                "boards are in it, so nothing is made in its place"
            )
        return file

    def challenge(self, challenge_id: str) -> spec.Challenge:
        """Return a challenge of this event, or raise EventError naming the ones there are."""
        if challenge_id not in self.config.challenges:
            raise EventError(f"this event has no challenge {challenge_id!r}; it has {list(self.config.challenges)}")
        return spec.load(challenge_id)

    def tracks_of(self, challenge: spec.Challenge) -> list[spec.Track]:
        """Return the tracks of a challenge that this event has.

        All of them, until the challenge has its data; then those with data: of real files some tracks may have none.
        """
        folder = self.public / challenge.id
        return [track for track in challenge.tracks if not folder.exists() or (folder / track.id).exists()]

    def track(self, name: str) -> tuple[spec.Challenge, spec.Track]:
        """Return challenge and track for ``higgs.signal`` (or ``higgs``, where it has one track).

        Raises
        ------
        EventError
            If this event has no such challenge, or no data of that track while it has some of others.
        ChallengeError
            If the challenge has no such track, or several and none is named.
        """
        challenge = self.challenge(name.partition(".")[0])
        there = self.tracks_of(challenge)
        if name == challenge.id and len(there) == 1:
            return challenge, there[0]
        challenge, track = spec.find_track(name)
        if track not in there:
            names = [challenge.full_name(one) for one in there]
            raise EventError(f"this event has no data of {name}: none of its real files were given; it has {names}")
        return challenge, track

    def tracks(self, challenge_id: str | None = None) -> list[str]:
        """Return the full names of all tracks, or of those of one challenge, less those without data beside others."""
        names = self.config.challenges if challenge_id is None else [challenge_id]
        return [
            challenge.full_name(track)
            for challenge in map(self.challenge, names)
            for track in self.tracks_of(challenge)
        ]

    def phase(self, now: datetime | None = None) -> Literal["before", "open", "closed"]:
        """Return where the event stands; it is closed from the very instant of its closing time."""
        now = now or datetime.now(UTC)
        if now < self.config.opens:
            return "before"
        return "open" if now < self.config.closes else "closed"

    def not_out(self, challenge_id: str, at: datetime | None = None) -> NotOut | None:
        """Return why nothing of a challenge is out at a moment, now by default; None if it is.

        This is asked before anybody is told of data, boards and kits, or sends a file; organiser, judge and baselines
        do not ask.

        Raises
        ------
        EventError
            If it would not be out, and this event has no such challenge.
        """
        at, opens = at or datetime.now(UTC), self.config.out_at(challenge_id)
        if at >= opens:
            return None
        challenge = self.challenge(challenge_id)
        return NotOut(challenge.title if opens > self.config.opens else self.config.name, opens, at)


def _environment() -> dict[str, str]:
    return {key: os.environ[variable] for key, variable in VARIABLES.items() if variable in os.environ}
