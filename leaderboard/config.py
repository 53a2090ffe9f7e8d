"""What an event's settings are: what event.toml may say, and which of it may change while people play."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from challenges.spec import SizeName
from leaderboard.times import zone_of


class Provider(BaseModel):
    """Who may say who somebody is, by OpenID Connect: a table ``[[auth]]`` of event.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40, pattern=r"^[^\p{C}]+$")
    issuer: str = Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[!-~]+$")
    client_id: str = Field(min_length=1)
    secret: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Name of the variable in the environment that holds the client's secret; a public client has none."""
    scopes: tuple[str, ...] = ("openid", "profile")

    def __str__(self) -> str:
        return f"{self.name} ({self.issuer})"


class EventConfig(BaseModel):
    """event.toml; a variable PHYSATHON_<KEY> in the environment wins over the file, see `VARIABLES`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[0-9a-f]{16}$", description="random; what is drawn for one event serves no other")
    name: str = Field(min_length=1, max_length=120, description="as pages, kits and receipts show it")
    opens: AwareDatetime = Field(
        description="from here on data, kits and boards are out and files of teams are taken; baselines may come before"
    )
    closes: AwareDatetime = Field(description="what begins from this very instant on is not taken")
    source: Literal["simulated", "real"] = Field(
        "simulated", description="simulated data with secret holdouts, or real files, whose labels are public"
    )
    size: SizeName = Field(
        "default", description="how many rows are simulated; small is for trials, demo for a first look within minutes"
    )
    challenges: tuple[str, ...] = Field(min_length=1, description="what is asked, in the order of the pages")
    train_seed: int = Field(1, ge=0, description="seed of the simulated training data, which is no secret")
    submissions_per_day: int = Field(
        20, ge=1, description="files that count within 24 hours, for each team and track; failed ones cost nothing"
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$",
        description="where browsers find the event, such as https://hackathon.example.org; beside it only names and "
        "addresses of the machine itself are answered",
    )
    submissions_in_all: int = Field(
        30,
        ge=1,
        description="files that count in all, for each team and track; a team formed late has its share",
    )
    database_url: str | None = Field(
        None, description="an SQLAlchemy URL of the event's tables; none means event.sqlite in the folder"
    )
    files_url: str | None = Field(
        None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._-]+)*$",
        description="a bucket for the event's files, such as s3://bucket/prefix; none means the folder",
    )
    lease_seconds: float = Field(60, gt=0, description="after this long a silent judge's job goes to another")
    zone: str = Field("UTC", description="the IANA name of the zone that times without one are in, as Europe/Lisbon")
    paused: str | None = Field(
        None, max_length=200, description="while it is set no file is taken, and this sentence says why"
    )
    freezes_at: AwareDatetime | None = Field(
        None, description="of files that begin from here on nothing is shown before the result is published"
    )
    releases: dict[str, AwareDatetime] = Field(
        {}, description="when each challenge's data are out, by its name, where that is later than the opening"
    )
    registration: Literal["code", "open", "closed"] = Field(
        "code", description="who may form a team: whoever has the organiser's code, anybody, or nobody"
    )
    largest_team: int | None = Field(None, ge=1, description="how many members a team may have; none means any number")
    brackets: tuple[str, ...] = Field((), description="kinds of teams that a board can be filtered by, as students")
    banner: str | None = Field(None, max_length=300, description="a sentence that stands above every page")
    personal_days: int = Field(
        90, ge=1, description="so many days after the close what is kept of persons is deleted, but for team names"
    )

    auth: tuple[Provider, ...] = Field(
        (), description="identity providers that people may sign in with, each a table [[auth]]"
    )

    @field_validator("auth")
    @classmethod
    def _providers_have_names(cls, auth: tuple[Provider, ...]) -> tuple[Provider, ...]:
        names = [one.name for one in auth]
        if len(set(names)) < len(names) or not all("openid" in one.scopes for one in auth):
            raise ValueError(f"each provider has a name of its own and the scope openid, got {names}")
        return auth

    @field_validator("challenges")
    @classmethod
    def _named_once(cls, challenges: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(challenges)) < len(challenges):
            raise ValueError(f"each challenge is named once, got {list(challenges)}")
        return challenges

    @field_validator("brackets")
    @classmethod
    def _brackets_have_names(cls, brackets: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(brackets)) < len(brackets) or not all(0 < len(one) <= 40 and one.isprintable() for one in brackets):
            raise ValueError(f"brackets are different names of at most 40 letters, got {list(brackets)}")
        return brackets

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        return zone_of(zone).key

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "EventConfig":
        if self.closes <= self.opens:
            raise ValueError(f"the event must close after it opens, got {self.opens} to {self.closes}")
        unknown = sorted(self.releases.keys() - set(self.challenges))
        if unknown:
            raise ValueError(f"this event has no challenge {unknown[0]!r} to release; it has {list(self.challenges)}")
        return self

    def out_at(self, challenge: str) -> datetime:
        """Return when a challenge's data are out: with the event's opening, or later."""
        return max(self.opens, self.releases.get(challenge, self.opens))


FIXED = ("id", "source", "size", "challenges", "train_seed", "database_url", "files_url", "lease_seconds", "auth")
LIVE = tuple(key for key in EventConfig.model_fields if key not in FIXED)
"""Keys that may change while people play, by `physathon set`; what event.toml says of them is where they begin."""


class Changed(dict[str, Any]):
    """Live keys that were set since, with their values; ``at`` is when the last of them was."""

    at: datetime | None = None


MANY = ("challenges", "brackets", "releases", "auth")
VARIABLES = {key: f"PHYSATHON_{key.upper()}" for key in EventConfig.model_fields if key not in MANY}
"""Which variable wins over each key of event.toml; those that hold many values have none."""


def in_a_sentence(error: ValidationError) -> str:
    """Return the first thing that is wrong with settings."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    got = f"{first['input']!r}"
    return f"{where}: {message}, got {got if len(got) < 100 else f'{got[:99]}…'}" if where else message
