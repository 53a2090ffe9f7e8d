"""A published result as it is shown: the board's entries, each with what the judge wrote of its final."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from challenges.spec import PUBLIC, Track, find_track
from leaderboard.board.entries import Entry, metric_of
from leaderboard.event import Event, EventError
from leaderboard.public import results
from leaderboard.public.results import Final, Pair, Result, Value
from leaderboard.site.board.table import labels
from leaderboard.site.live import Snapshot
from scoring.estimate import Metric

MOST_PICKED = 8
"""So many finals are told apart in one figure of curves."""

BEST_PICKED = 3
"""So many of the best teams are in it where nobody chose, and the best baseline with them."""

BEST_COMPARED = 15
"""So many of the best teams are in the matrix where nobody chose two or more."""


class NotPublished(EventError):
    """A result that is not published yet."""


class NotWritten(EventError):
    """A published result of which nothing but the ranking is there."""


@dataclass(frozen=True)
class Line:
    """A final: what the board calls its team, what it says of it, and what the judge wrote.

    ``final`` is None where nothing was written. ``climbed`` is how many places the team gained from the public slice to
    the private one.
    """

    name: str
    entry: Entry
    final: Final | None
    climbed: int | None = None

    @property
    def number(self) -> int:
        """The final's number."""
        return self.entry.submission

    @property
    def is_team(self) -> bool:
        """Whether it is ranked."""
        return self.entry.kind == "team"

    def on(self, slice_name: str) -> Value | None:
        """Return its exact value on a slice, where it is known."""
        return self.final.slices.get(slice_name) if self.final else None


@dataclass(frozen=True, eq=False)
class Shown:
    """All that is shown of a published track.

    Attributes
    ----------
    name : str
        The track's, in full.
    track : Track
    metric : Metric
    lines : tuple of Line
        As the board has them: best first, without those that are out.
    result : Result or None
        What was written; None where the track was published by an earlier version, or is just being worked out.
    drawn : dict
        Its figures, as they were asked for.
    """

    name: str
    track: Track
    metric: Metric
    lines: tuple[Line, ...]
    result: Result | None
    drawn: dict = field(default_factory=dict, repr=False)

    @property
    def leaders(self) -> list[Line]:
        """The teams that may truly be the best; where no rank ranges are known, those of rank 1."""
        return [line for line in self.lines if 1 in (line.entry.rank, line.entry.rank_best)]

    def picked(self, numbers: Sequence[int]) -> list[Line]:
        """Return the lines of finals, by their numbers, best first: the first few, and nobody twice."""
        return [line for line in self.lines if line.number in set(numbers)][:MOST_PICKED]

    def curves(self, numbers: Sequence[int]) -> list[Line]:
        """Return the lines whose curves are drawn: those picked, else the best teams and the best baseline."""
        lines = [line for line in self.lines if line.final and line.final.curve]
        picked = [line for line in self.picked(numbers) if line in lines]
        teams = [line for line in lines if line.is_team][:BEST_PICKED]
        ghosts = [line for line in lines if not line.is_team][:1]
        return picked or [line for line in lines if line in (*teams, *ghosts)]

    def compared(self, numbers: Sequence[int]) -> tuple[list[Line], dict[tuple[int, int], Pair]]:
        """Return the teams of the matrix, best first, and their pairs, by both numbers in that order."""
        pairs = {(pair.first, pair.second): pair for pair in self.result.pairs} if self.result else {}
        known = {number for pair in pairs for number in pair}
        lines = [line for line in self.lines if line.number in known]
        picked = [line for line in self.picked(numbers) if line in lines]
        lines = picked if len(picked) > 1 else lines[:BEST_COMPARED]
        within = {line.number for line in lines}
        return lines, {pair: found for pair, found in pairs.items() if within.issuperset(pair)}


def shown(event: Event, view: Snapshot) -> Shown:
    """Return what is shown of a track.

    Raises
    ------
    NotPublished
        Before its publication.
    """
    if view.published_at is None:
        raise NotPublished(f"the result of {view.track} is not published yet")
    result = results.read(event, view.track)
    if result and result.holdout != view.holdout:
        result = None  # it is being worked out anew
    return view.once(("result", id(result)), lambda: _shown(view, result))


def _shown(view: Snapshot, result: Result | None) -> Shown:
    finals = {final.submission: final for final in result.finals} if result else {}
    challenge, track = find_track(view.track)
    metric = metric_of(view.track)
    named = zip(labels(view.entries, challenge.id), view.entries, strict=True)
    lines = [Line(name, entry, finals.get(entry.submission)) for name, entry in named]
    return Shown(view.track, track, metric, _with_climbs(lines, metric), result)


def _with_climbs(lines: Sequence[Line], metric: Metric) -> tuple[Line, ...]:
    sign = -1 if metric.greater_is_better else 1
    public = {line.number: sign * value.value for line in lines if line.is_team and (value := line.on(PUBLIC))}
    before = {number: 1 + sum(other < own for other in public.values()) for number, own in public.items()}
    return tuple(
        Line(line.name, line.entry, line.final, before[line.number] - (line.entry.rank or 0))
        if line.number in before
        else line
        for line in lines
    )


def document(found: Shown) -> dict:
    """Return a result as the API answers it.

    Raises
    ------
    NotWritten
        If nothing but the ranking is there.
    """
    if found.result is None:
        raise NotWritten(
            f"only the ranking of {found.name} is there: `physathon publish {found.name}` makes the rest anew"
        )
    wanted = {"submission", "team", "kind", "rank", "rank_best", "rank_worst", "submissions"}
    entries = [
        {key: value for key, value in vars(line.entry).items() if key in wanted}
        | line.final.model_dump(exclude={"submission"})
        for line in found.lines
        if line.final
    ]
    numbers = {entry["submission"] for entry in entries}
    return {
        "track": found.name,
        "metric": found.result.metric,
        "title": found.metric.title,
        "unit": found.metric.unit,
        "greater_is_better": found.metric.greater_is_better,
        "holdout": found.result.holdout,
        "rows": found.result.rows,
        "entries": entries,
        "pairs": [pair for pair in found.result.pairs if numbers.issuperset((pair.first, pair.second))],
    }
