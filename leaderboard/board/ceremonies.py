"""A ceremony: results are let out team by team, from the end of the frozen board upwards. What its picture is made of.

All of it is read from what is out, or made up for a rehearsal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.spec import PUBLIC
from leaderboard.board.entries import Entry, board, metric_of
from leaderboard.board.overall import Total, counting, overall
from leaderboard.event import Event, EventError
from leaderboard.store.queries import COUNTS, track_state
from leaderboard.store.tables import Ceremony, Submission, Team, Turn
from leaderboard.store.tables.ceremonies import POINTS
from scoring.groups import possible_ranks

SIGMAS = 2 * 1.96
"""Standard errors that a 95% interval is wide."""


@dataclass(frozen=True)
class Place:
    """Where a team, or a baseline without any rank, stands in the picture; ``out`` once it had its turn."""

    team: str
    kind: str
    bracket: str | None
    value: float
    low: float
    high: float
    rank: int | None
    rank_best: int | None
    rank_worst: int | None
    out: bool = False


@dataclass(frozen=True)
class Scene:
    """What is on the screen at one step: after so many ``turns``; an award is that of a ``bracket``."""

    kind: Literal["title", "board", "turn", "first", "award", "end"]
    turns: int
    bracket: str = ""


@dataclass(frozen=True)
class Script:
    """A ceremony as it goes on.

    Attributes
    ----------
    ceremony : Ceremony
    frozen : list of Place
        The public board that it begins with.
    order : list of str
        Whose turn it is, one after the other: from the end of that board upwards.
    turns : list of Place
        Those whose result is out, in this order; in a rehearsal all of them, made up.
    final : list of Place
        All places once the result is published; empty before.
    scenes : list of Scene
    greater_is_better : bool
    """

    ceremony: Ceremony
    frozen: list[Place]
    order: list[str]
    turns: list[Place]
    final: list[Place]
    scenes: list[Scene]
    greater_is_better: bool

    @property
    def step(self) -> int:
        """The step that is on the screen; when the result is published at once, the end."""
        last, step = len(self.scenes) - 1, number_in(self.ceremony, "step")
        if self.final:
            return step if self.first <= step <= last else last
        return min(step, last)

    @property
    def first(self) -> int:
        """The step at which all are out, and the first are named."""
        return len(self.order) + 2

    @property
    def scene(self) -> Scene:
        """What is on the screen, or will be once the judge has let out whose turn it is."""
        return self.scenes[self.step]

    @property
    def waits(self) -> bool:
        """Whether the judge has not yet let out whose turn it is."""
        return not self.final and self.scene.turns > len(self.turns)

    @property
    def shown(self) -> int:
        """How many turns are in the picture."""
        return min(self.scene.turns, len(self.turns))

    @property
    def places(self) -> list[Place]:
        """Who stands where in the picture, best first."""
        return self.final or after(self.frozen, self.turns[: self.shown], greater_is_better=self.greater_is_better)

    def winners(self, bracket: str = "") -> list[str]:
        """Return who cannot be told from the first of a bracket, or of all, by the ranks that they may truly have."""
        teams = [one for one in self.places if one.rank and bracket in ("", one.bracket)]
        reach = max((one.rank_worst or 0 for one in teams[:1]), default=0) if bracket else 1
        return [one.team for one in teams if one is teams[0] or (one.rank_best or 0) <= reach]


def tracks_of(event: Event, scope: str) -> list[str]:
    """Return the tracks, by their full names, whose results a ceremony lets out.

    Raises
    ------
    EventError
        If the event has no such track, or none that counts points.
    """
    if scope == POINTS:
        names = counting(event.tracks())
        if not names:
            raise EventError("no track of this event counts points: begin the ceremony of a track")
        return names
    challenge, track = event.track(scope)
    return [challenge.full_name(track)]


def greater_is_better(scope: str) -> bool:
    return scope == POINTS or metric_of(scope).greater_is_better


def frozen_board(session: Session, event: Event, scope: str) -> list[Place]:
    """Return where everybody stands on the public slice, best first: what a ceremony begins with."""
    if scope == POINTS:
        return [place_of(one) for one in overall({name: board(session, name, PUBLIC) for name in event.tracks()})]
    return [place_of(one) for one in board(session, scope, PUBLIC)]


def place_of(one: Entry | Total, *, out: bool = False) -> Place:
    """Return the place of a team on a board, or over all tracks."""
    kind, value = ("team", one.points) if isinstance(one, Total) else (one.kind, one.value)
    return Place(one.team, kind, one.bracket, value, one.low, one.high, one.rank, one.rank_best, one.rank_worst, out)


def order_of(session: Session, tracks: Iterable[str], frozen: Sequence[Place]) -> list[str]:
    """Return whose turn comes after whose: from the end of the frozen board upwards, before them who is not on it.

    Once finals are chosen only teams that have one have a turn.
    """
    upwards = [one.team for one in reversed(frozen) if one.kind == "team"]
    states = [track_state(session, track) for track in tracks]
    if any(state.finals is None for state in states):
        return upwards
    chosen = [number for state in states for number in state.finals or []]
    have = select(Team.name).join(Submission).where(Submission.id.in_(chosen), COUNTS)
    have = have.where(Team.kind == "team", Team.out.is_(None)).distinct().order_by(Team.name)
    finalists = list(session.scalars(have))
    known = set(upwards)
    return [*(team for team in finalists if team not in known), *(team for team in upwards if team in finalists)]


def after(frozen: Sequence[Place], turns: Sequence[Place], *, greater_is_better: bool) -> list[Place]:
    """Return who stands where after some turns, best first; all others stand at their frozen values.

    Examples
    --------
    >>> one, two = (Place(team, "team", None, value, 0, 1, 1, 1, 2) for team, value in (("a", 0.8), ("b", 0.7)))
    >>> places = after([one, two], [replace(two, value=0.9, out=True)], greater_is_better=True)
    >>> [(place.rank, place.team, place.out) for place in places]
    [(1, 'b', True), (2, 'a', False)]
    """
    out = {one.team: one for one in turns}
    places = [out.pop(one.team, one) for one in frozen]
    places = sorted([*places, *out.values()], key=lambda one: -one.value if greater_is_better else one.value)
    ranks: dict[float, int] = {}
    for rank, one in enumerate((one for one in places if one.kind == "team"), start=1):
        ranks.setdefault(one.value, rank)
    return [replace(one, rank=ranks[one.value] if one.kind == "team" else None) for one in places]


def made_up(scope: str, frozen: Sequence[Place], order: Sequence[str], seed: int) -> list[Place]:
    """Return turns for a rehearsal: what is shown already, and noise as large as its intervals tell."""
    noise, metric = np.random.default_rng(seed), None if scope == POINTS else metric_of(scope)
    known = {one.team: one for one in frozen}
    shown = np.array([(known[team].value, known[team].low, known[team].high) for team in order]).reshape(-1, 3)
    shown += noise.normal(scale=(shown[:, 2] - shown[:, 1]) / SIGMAS)[:, None]
    shown = np.clip(shown, *((metric.low, metric.high) if metric else (0, None)))
    limits = possible_ranks(shown[:, 1], shown[:, 2], greater_is_better=greater_is_better(scope))
    return [
        Place(team, "team", known[team].bracket, value, low, high, None, best, worst, out=True)
        for team, (value, low, high), (best, worst) in zip(order, shown.tolist(), limits.tolist(), strict=True)
    ]


def on_screen(session: Session) -> Ceremony | None:
    """Return the ceremony that is on the screen: the one that goes on, else the last whose result is published."""
    seen = (Ceremony.ended_at.is_(None), Ceremony.id), (~Ceremony.rehearsal, Ceremony.id)
    for condition, newest in seen:
        found = session.scalar(select(Ceremony).where(condition).order_by(newest.desc()).limit(1))
        if found is not None:
            return found
    return None


@dataclass(frozen=True)
class Start:
    """What a ceremony begins with: the frozen board, and whose turn comes after whose."""

    frozen: list[Place]
    order: list[str]


class Starts:
    """Keeps what the ceremony on the screen begins with: it is looked up at each step, and does not move."""

    def __init__(self) -> None:
        self._kept: tuple[object, Start] | None = None

    def of(self, session: Session, event: Event, ceremony: Ceremony) -> Start:
        """Return what a ceremony begins with; teams may be renamed while it goes on."""
        teams = session.execute(select(Team.id, Team.name, Team.bracket, Team.out)).all()
        key = ceremony.id, ceremony.ended_at, teams
        kept = self._kept
        if kept is None or kept[0] != key:
            kept = self._kept = key, start_of(session, event, ceremony)
        return kept[1]


def start_of(session: Session, event: Event, ceremony: Ceremony) -> Start:
    """Return what a ceremony begins with."""
    frozen = frozen_board(session, event, ceremony.scope)
    order = order_of(session, tracks_of(event, ceremony.scope), frozen)
    if ceremony.rehearsal:
        known = {one.team for one in frozen}
        order = [team for team in order if team in known]
    return Start(frozen, order)


def script_of(session: Session, event: Event, ceremony: Ceremony, start: Start | None = None) -> Script:
    """Return how a ceremony goes on, and how far it is; what it begins with is looked up where it is not given."""
    scope, start = ceremony.scope, start or start_of(session, event, ceremony)
    frozen, order = start.frozen, start.order
    turns, final = turns_of(session, ceremony), []
    if ceremony.rehearsal:
        turns = made_up(scope, frozen, order, ceremony.id)
    elif ceremony.ended_at:
        final = _published(session, event, scope, turns)
    brackets, n = {one.bracket for one in [*frozen, *turns] if one.team in order}, len(order)
    scenes = [Scene("title", 0), Scene("board", 0), *(Scene("turn", k + 1) for k in range(n)), Scene("first", n)]
    scenes += [Scene("award", n, one) for one in event.config.brackets if one in brackets]
    scenes.append(Scene("end", n))
    return Script(ceremony, frozen, order, turns, final, scenes, greater_is_better(scope))


def turns_of(session: Session, ceremony: Ceremony) -> list[Place]:
    """Return those whose result is out, in the order in which they were let out."""
    rows = session.scalars(select(Turn).where(Turn.ceremony_id == ceremony.id).order_by(Turn.number))
    return [
        Place(
            team.name,
            team.kind,
            team.bracket,
            one.value,
            one.low,
            one.high,
            None,
            one.rank_best,
            one.rank_worst,
            out=True,
        )
        for one, team in ((one, one.team) for one in rows)
    ]


def _published(session: Session, event: Event, scope: str, turns: Sequence[Place]) -> list[Place]:
    """Return the final places; of the points before all tracks are published, those that are out so far."""
    if scope != POINTS:
        return [place_of(one, out=True) for one in board(session, scope)]
    names, had = event.tracks(), {one.team for one in turns}
    whole = all(track_state(session, name).published_at for name in counting(names))
    totals = overall({name: board(session, name) for name in names})
    return [place_of(one, out=whole or one.team in had) for one in totals]


def number_in(ceremony: Ceremony, key: str) -> int:
    """Return a number that the picture keeps; whatever else the web has written there is none."""
    found = ceremony.picture.get(key) if isinstance(ceremony.picture, dict) else None
    return found if isinstance(found, int) and found > 0 else 0
