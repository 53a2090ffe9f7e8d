"""Challenge, Track, Slice: strict models of challenge.toml."""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:  # what only asks what a challenge is shall not wait for pandas
    from challenges.dataset import Dataset

FOLDER = Path(__file__).parent
MANIFESTS = FOLDER.parent / "data_manifests"

MetricName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""What a track is judged by; which there are, and what each means, `scoring.metrics` knows."""

PUBLIC, PRIVATE, OBSERVED = "public", "private", "observed"
"""The slices of a holdout: judged during the event; decides the ranking; recordings, shown for interest."""


class ChallengeError(ValueError):
    """A challenge that does not exist, or whose challenge.toml is wrong."""


class Strict(BaseModel):
    """A frozen model in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Slice(Strict):
    """A named part of a holdout.

    ``public`` is judged during the event, ``private`` decides the ranking, ``observed`` is shown for interest.
    """

    fraction: float = Field(gt=0, lt=1)


class Anchors(Strict):
    """Two scores measured before the event: a trivial answer and a strong one."""

    floor: float
    reference: float


class Published(Strict):
    """A score that others reached on the real data: ``what`` reached it, and the ``source`` that says so."""

    value: float
    what: str
    source: str


class Circuit(Strict):
    """What a quantum circuit, declared with a submission, may at most have."""

    qubits: int = Field(ge=1)


SizeName = Literal["small", "demo", "default"]
"""For trials, for a first look in minutes, and for an event."""


class Size(Strict):
    """How many rows a simulated data set has."""

    train: int = Field(gt=0)
    holdout: int = Field(gt=0)


class Training(Strict):
    """What a team may learn from, of the labelled rows.

    ``validation`` is the part of the groups that goes, with all values, into a file of its own; ``only`` names targets
    and the value that every training row must have.
    """

    only: Mapping[str, int] = {}
    validation: float = Field(0.2, gt=0, lt=1)


class Track(Strict):
    """One question with one metric and data of its own: what a row is, what a file of answers holds, how it is judged.

    ``answers`` are numbers (the ``columns`` of a table), texts (one a row) or images (an array of ``shape`` a row).
    ``ranges`` are the limits between which the numbers of a column lie by nature; if above 0, so must be the answers.
    ``rows_in_order`` also admits the numbers alone, without ids and header. ``also`` are metrics shown beside the one
    that decides. ``observed`` says that an event may add recordings of real things to the holdout, in a slice of their
    own that decides nothing.
    ``exhibition`` says why a track counts no points across challenges, where it counts none.
    ``published`` are scores on the real data, by the same metric, that a board shows for comparison.
    ``shortcuts`` are ROC-AUCs that a low-level summary of the features may reach by itself, where that is physics and
    the README says so; all others stay below what `physathon challenge check` demands.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    task: str
    row: str
    targets: tuple[str, ...] = Field(min_length=1)
    metric: MetricName
    also: tuple[MetricName, ...] = ()
    answers: Literal["numbers", "texts", "images"] = "numbers"
    columns: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = {}
    rows_in_order: bool = False
    sample: float | str = 0.5
    step: float = Field(0.005, gt=0)
    anchors: Anchors
    published: tuple[Published, ...] = ()
    circuit: Circuit | None = None
    observed: bool = False
    exhibition: str = ""
    sizes: Mapping[SizeName, Size]
    training: Training = Training()
    slices: Mapping[str, Slice]
    shortcuts: Mapping[str, Annotated[float, Field(gt=0.5, le=1)]] = {}

    @model_validator(mode="after")
    def _slices_fill_the_holdout(self) -> "Track":
        for needed in (PUBLIC, PRIVATE):
            if needed not in self.slices:
                raise ValueError(f"track {self.id} needs a slice {needed}, got {sorted(self.slices)}")
        total = sum(part.fraction for part in self.slices.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the slices' fractions of track {self.id} must add to 1, got {total:g}")
        return self

    @model_validator(mode="after")
    def _answers_are_described(self) -> "Track":
        images = self.answers == "images"
        if bool(self.columns) == images or (len(self.shape) == 2) != images:
            raise ValueError(
                f"track {self.id} has {self.answers} as answers: images need a shape of two numbers and no columns, "
                f"all else columns and no shape; got columns {self.columns}, shape {self.shape}"
            )
        if isinstance(self.sample, str) != (self.answers == "texts"):
            raise ValueError(f"track {self.id}: the sample answer is a text if answers are, got {self.sample!r}")
        if (self.ranges or self.rows_in_order) and self.answers != "numbers":
            raise ValueError(f"track {self.id}: ranges and rows_in_order are for numbers, not for {self.answers}")
        if not set(self.ranges) <= set(self.columns):
            raise ValueError(f"track {self.id} has ranges of {sorted(self.ranges)}, its columns are {self.columns}")
        return self

    @model_validator(mode="after")
    def _sizes_are_told(self) -> "Track":
        if missing := {"small", "default"} - self.sizes.keys():
            raise ValueError(f"track {self.id} needs sizes small and default, {', '.join(sorted(missing))} is missing")
        return self

    def size(self, name: SizeName) -> Size:
        """Return how many rows are simulated: for a first look as many as for an event, unless the track says fewer."""
        return self.sizes.get(name, self.sizes["default"])

    @property
    def exhibition_note(self) -> str:
        """Return what page, board and kit say of an exhibition, and nothing of any other track."""
        return self.exhibition and f"An exhibition: {self.exhibition}. It counts no points across challenges."


class Challenge(Strict):
    """What is asked: one folder, read from its challenge.toml.

    ``extra_simulation`` says whether teams may train on more than the kit holds, simulated by themselves.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    title: str
    summary: str
    licence: str
    citation: str
    extra_simulation: bool
    tracks: tuple[Track, ...] = Field(min_length=1)

    def track(self, track_id: str) -> Track:
        """Return the track of that id, or raise ChallengeError naming the ones there are."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise ChallengeError(f"challenge {self.id} has no track {track_id!r}; it has {[t.id for t in self.tracks]}")

    def full_name(self, track: Track) -> str:
        """Return how a track is called outside its challenge: ``higgs.signal``."""
        return f"{self.id}.{track.id}"

    @property
    def folder(self) -> Path:
        """Where the challenge's own files lie."""
        return FOLDER / self.id

    def starter(self, track: Track) -> Path:
        """Return where the first model lies that teams start from on a track; it reads the kit's files beside it."""
        return self.folder / "starters" / f"{track.id}.py"

    @property
    def manifest(self) -> Path:
        """The Croissant file that says where the real data are."""
        return MANIFESTS / f"{self.id}.json"

    def module(self, name: Literal["data", "simulate", "figure", "picture", "declaration", "observe"]) -> ModuleType:
        """Import one of the challenge's modules; only then are its heavy libraries needed."""
        return import_module(f"challenges.{self.id}.{name}")

    def function(self, module: Literal["data", "simulate"], name: str, track: Track) -> Callable:
        """Return a function of one of the challenge's modules, told which track it is for where there are several."""
        found = getattr(self.module(module), name)
        return partial(found, track=track.id) if len(self.tracks) > 1 else found

    def simulator(self, track: Track, **options: object) -> "Callable[..., Dataset]":
        """Return ``simulate(n, seed, *, signal=True, progress=None)`` for one track, with options of its own.

        Raises
        ------
        ChallengeError
            If the challenge's simulator has no such option.
        """
        simulate = self.function("simulate", "simulate", track)
        unknown = sorted(options.keys() - inspect.signature(simulate).parameters.keys())
        if unknown:
            raise ChallengeError(f"the simulator of {self.id} has no option {', '.join(unknown)}")
        return partial(simulate, **options)


def available() -> list[str]:
    """Return the ids of all challenges: the folders that hold a challenge.toml."""
    return sorted(path.parent.name for path in FOLDER.glob("*/challenge.toml"))


def load(challenge_id: str) -> Challenge:
    """Read one challenge.

    Raises
    ------
    ChallengeError
        If there is no such challenge or its challenge.toml does not fit the model; the message names the key.
    """
    path = FOLDER / challenge_id / "challenge.toml"
    if not path.is_file():
        raise ChallengeError(f"there is no challenge {challenge_id!r}; there are {available()}")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> Challenge:
    try:
        challenge = Challenge.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ChallengeError(f"{path}: {error}") from error
    if challenge.id != path.parent.name:
        raise ChallengeError(f"{path}: its id is {challenge.id!r}, its folder {path.parent.name!r}; they must agree")
    return challenge


def find_track(name: str) -> tuple[Challenge, Track]:
    """Return challenge and track for ``higgs.signal``, or for ``higgs`` where it has one track only."""
    challenge_id, _, track_id = name.partition(".")
    challenge = load(challenge_id)
    if not track_id:
        if len(challenge.tracks) > 1:
            names = [challenge.full_name(track) for track in challenge.tracks]
            raise ChallengeError(f"challenge {challenge.id} has several tracks, say which: {names}")
        return challenge, challenge.tracks[0]
    return challenge, challenge.track(track_id)
