"""A board is a query over releases: of each team the newest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Bundle, Session

from challenges.spec import OBSERVED, PRIVATE, PUBLIC, find_track
from leaderboard.store.cards import CardText, cards_of
from leaderboard.store.queries import COUNTS, Read, excluded, out_of, track_state
from leaderboard.store.tables import Circuit, Declared, Member, Out, Release, Submission, Tally, Team, TeamStanding
from scoring.estimate import Metric
from scoring.groups import possible_ranks
from scoring.metrics import METRICS


@dataclass(frozen=True)
class Best:
    """The submission that stands for a team, and what may be shown of it."""

    submission: int
    value: float
    low: float
    high: float
    rank_best: int | None = None
    rank_worst: int | None = None


SHOWN = Bundle(
    "shown",
    Release.best_submission_id,
    Release.value,
    Release.low,
    Release.high,
    Release.rank_best,
    Release.rank_worst,
)
SENT = Bundle("sent", Team.name, Team.kind, Team.bracket, Team.out, Submission.received_at)
CIRCUIT = Bundle("circuit", Circuit.qubits, Circuit.parameters, Circuit.depth)


class Sent(NamedTuple):
    """What a board says of a submission itself, and of the team that sent it."""

    team: str
    kind: str
    bracket: str | None
    out: Out | None
    received_at: datetime
    declared: Declared | None

    @classmethod
    def of(cls, submission: Submission) -> "Sent":
        """Return it of one submission."""
        team = submission.team
        return cls(team.name, team.kind, team.bracket, team.out, submission.received_at, submission.declared)


@dataclass(frozen=True)
class Entry:
    """What a board says of one team; baselines are ghosts, without any rank.

    ``rank_best`` and ``rank_worst`` limit the rank that the team may truly have: after publication at 95% for all teams
    at once, before as far as the shown intervals tell. ``slice`` is the one that the value is of: while results
    are let out one by one, teams that had their turn stand on the private one and all others still on the public one.
    ``declared`` is the circuit that the team declared with its file, where the track asks for one.
    ``observed`` is what its model makes of recordings, where the holdout has some: for interest, it decides nothing.
    ``card`` is what the team says of how its file was made, and ``members`` are the names of those of it who want
    theirs beside the result (`with_names`), once that is published.
    """

    team: str
    kind: str
    value: float
    low: float
    high: float
    submission: int
    submissions: int
    received_at: datetime
    rank: int | None = None
    rank_best: int | None = None
    rank_worst: int | None = None
    slice: str = PUBLIC
    bracket: str | None = None
    declared: Declared | None = None
    observed: Best | None = None
    card: CardText | None = None
    members: tuple[str, ...] = ()

    @property
    def circuit(self) -> str:
        """The declared circuit as it is shown, on tracks that ask for one; only ghosts may go without."""
        return str(self.declared or "classical")

    @property
    def recordings(self) -> str:
        """What the team's model makes of recordings, as it is shown: ``0.67 (0.09 – 0.99)``."""
        one = self.observed
        return f"{one.value:.2f} ({one.low:.2f} – {one.high:.2f})" if one else ""

    @property
    def rank_range(self) -> str:
        """The ranks that the team may truly have, as it is shown: ``1–3``; empty where nobody knows."""
        if self.rank_best is None:
            return ""
        return f"{self.rank_best}" if self.rank_best == self.rank_worst else f"{self.rank_best}–{self.rank_worst}"


@dataclass(frozen=True)
class Unranked:
    """A team that is not on the board although it sent files: it is ``out``, or a file of it was excluded.

    ``submission`` is that file; ``reason`` is why, which goes without saying where a team withdrew.
    """

    team: str
    submission: int | None = None
    reason: str | None = None
    out: Out | None = None

    @property
    def why(self) -> str:
        """What became of it, in words that stand before a list."""
        return {None: "excluded by the organiser", "disqualified": "disqualified by the organiser"}.get(
            self.out, "withdrawn"
        )

    def __str__(self) -> str:
        whose = self.team if self.submission is None else f"no. {self.submission} of {self.team}"
        return f"{whose}: {self.reason}" if self.reason else whose


def metric_of(track: str) -> Metric:
    """Return the metric of a track, given by its full name."""
    return METRICS[find_track(track)[1].metric]


def direction(metric: Metric) -> str:
    """Return which way a metric's values are read, in words."""
    return "greater is better" if metric.greater_is_better else "lower is better"


def ranked(entries: Iterable[Entry], *, greater_is_better: bool = True, possible: bool = False) -> list[Entry]:
    """Return the entries, best first, with ranks; equal values share the better rank and the earlier one comes first.

    Parameters
    ----------
    entries : iterable of Entry
        In any order.
    greater_is_better : bool
        The metric's direction.
    possible : bool
        Whether teams get the ranks that the intervals allow, too, which are shown and nothing else.

    Examples
    --------
    >>> now = datetime(2026, 1, 1)
    >>> def entry(team, value, kind="team"): return Entry(team, kind, value, value - 0.02, value + 0.02, 1, 1, now)
    >>> entries = entry("a", 0.8), entry("b", 0.8), entry("x", 0.85, "baseline"), entry("c", 0.7)
    >>> [(e.rank, e.team) for e in ranked(entries)]
    [(None, 'x'), (1, 'a'), (1, 'b'), (3, 'c')]
    >>> [(e.rank, e.team) for e in ranked(entries, greater_is_better=False)]
    [(1, 'c'), (2, 'a'), (2, 'b'), (None, 'x')]
    >>> [e.rank_range for e in ranked(entries, possible=True)]
    ['', '1–2', '1–2', '3']
    """
    sign = -1 if greater_is_better else 1
    entries = sorted(entries, key=lambda entry: (sign * entry.value, entry.submission))
    teams = [entry for entry in entries if entry.kind == "team"]
    ranks: dict[float, int] = {}
    for rank, entry in enumerate(teams, start=1):
        ranks.setdefault(entry.value, rank)
    limits = [(entry.rank_best, entry.rank_worst) for entry in teams]
    if possible:
        low, high = [entry.low for entry in teams], [entry.high for entry in teams]
        limits = possible_ranks(low, high, greater_is_better=greater_is_better).tolist()
    place = dict(zip([entry.team for entry in teams], limits, strict=True))
    return [
        replace(entry, rank=ranks[entry.value], rank_best=place[entry.team][0], rank_worst=place[entry.team][1])
        if entry.kind == "team"
        else entry
        for entry in entries
    ]


def board(session: Session, track: str, slice_name: str | None = None) -> list[Entry]:
    """Return a track's board on one slice.

    By default this is the public one, after publication the private one; while results are let out one by one, the
    private one of those teams that had their turn.

    Raises
    ------
    EventError
        If the track has no holdout yet.
    """
    state = track_state(session, track)
    files = _files_by_team(session, track)
    if slice_name is None and state.revealing_at and not state.published_at:
        entries = _partly_revealed(session, track, state.holdout, files)
    else:
        slice_name = slice_name or (PRIVATE if state.published_at else PUBLIC)
        entries = assemble(track, released(session, state.holdout, slice_name), files, slice_name)
    observed = {sent.team: best for sent, best in released(session, state.holdout, OBSERVED)}
    cards = cards_of(session, [entry.submission for entry in entries]) if state.published_at else {}
    if not observed and not cards:
        return entries
    return [replace(entry, observed=observed.get(entry.team), card=cards.get(entry.submission)) for entry in entries]


def brought_up(session: Session, track: str, entries: Iterable[Entry], read: Read) -> list[Entry]:
    """Return the public board of now, of one that was read before and not told differently since.

    Only the teams are read again that sent a file since, to whatever track, or of whose files one was released.

    Parameters
    ----------
    session : Session
    track : str
    entries : iterable of Entry
        The board of before.
    read : Read
        How far that was read.
    """
    holdout = track_state(session, track).holdout
    public = Release.slice == PUBLIC, Release.holdout == holdout
    sent = select(Submission.team_id).where(Submission.id > read.submission)
    judged = select(Submission.team_id).join(Release, Release.submission_id == Submission.id)
    judged = judged.where(Release.id > read.release, *public)
    moved = sent.union(judged)
    files = _files_by_team(session, track, Tally.team_id.in_(moved))
    if not files:
        return list(entries)
    new = assemble(track, released(session, holdout, PUBLIC, TeamStanding.team_id.in_(moved)), files)
    kept = [entry for entry in entries if entry.team not in files]
    return ranked([*kept, *new], greater_is_better=metric_of(track).greater_is_better, possible=True)


def _partly_revealed(session: Session, track: str, holdout: str, files: Mapping[str, int]) -> list[Entry]:
    out, public = (released(session, holdout, slice_name) for slice_name in (PRIVATE, PUBLIC))
    had_their_turn = {sent.team for sent, _ in out}
    frozen = assemble(track, public, files, PUBLIC)
    waiting = [entry for entry in frozen if entry.team not in had_their_turn]
    return ranked(
        [*assemble(track, out, files, PRIVATE), *waiting], greater_is_better=metric_of(track).greater_is_better
    )


def with_names(session: Session, entries: Iterable[Entry]) -> list[Entry]:
    """Return a published board's entries with the names of those members who want theirs beside the result."""
    named: dict[str, tuple[str, ...]] = {}
    wanted = select(Team.name, Member.name).join(Member.team).where(Member.publishes).order_by(Member.id)
    for team, name in session.execute(wanted):
        named[team] = (*named.get(team, ()), name)
    return [replace(entry, members=named.get(entry.team, ())) for entry in entries]


def unranked(session: Session, track: str, entries: Iterable[Entry]) -> list[Unranked]:
    """Return the teams that are not on a track's board because they are out, then what was excluded of others."""
    ranked_teams = {entry.team for entry in entries}
    return [
        *(
            Unranked(team.name, reason=team.out_because if team.out == "disqualified" else None, out=team.out)
            for team in out_of(session, track)
        ),
        *(
            Unranked(one.team.name, one.id, one.excluded)
            for one in excluded(session, track)
            if one.team.out is None and one.team.name not in ranked_teams
        ),
    ]


def without_a_rank(teams: Iterable[Unranked]) -> list[str]:
    """Return who has no rank and why, a sentence for each kind of reason.

    Examples
    --------
    >>> teams = Unranked("Muon", out="withdrawn"), Unranked("Tau", 3, "sent twice"), Unranked("Pion", out="withdrawn")
    >>> without_a_rank(teams)
    ['Without a rank, withdrawn: Muon; Pion.', 'Without a rank, excluded by the organiser: no. 3 of Tau: sent twice.']
    """
    by_why: dict[str, list[str]] = {}
    for one in teams:
        by_why.setdefault(one.why, []).append(str(one))
    return [f"Without a rank, {why}: {'; '.join(names)}." for why, names in by_why.items()]


def assemble(
    track: str, best: Iterable[tuple[Sent, Best]], files: Mapping[str, int], slice_name: str = PUBLIC
) -> list[Entry]:
    """Return a track's board; teams that are out are not on it.

    Parameters
    ----------
    track : str
    best : iterable of (Sent, Best)
        What stands for each team, and what is shown of it.
    files : mapping
        How many files each team has sent, by its name.
    slice_name : str
        The slice that this is shown of.
    """
    entries = [
        Entry(
            team=sent.team,
            kind=sent.kind,
            slice=slice_name,
            bracket=sent.bracket,
            submissions=files[sent.team],
            received_at=sent.received_at,
            declared=sent.declared,
            **vars(shown),
        )
        for sent, shown in best
        if sent.out is None
    ]
    return ranked(entries, greater_is_better=metric_of(track).greater_is_better, possible=slice_name == PUBLIC)


def released(session: Session, holdout: str, slice_name: str, *which: ColumnElement[bool]) -> list[tuple[Sent, Best]]:
    """Return what stands for each team, or some, on one slice, from one row a team; also for those that are out."""
    newest = (
        (Release.submission_id == TeamStanding.submission_id)
        & (Release.holdout == TeamStanding.holdout)
        & (Release.slice == TeamStanding.slice)
    )
    rows = session.execute(
        select(SHOWN, SENT, CIRCUIT)
        .select_from(TeamStanding)
        .join(Release, newest)
        .join(Submission, Submission.id == Release.best_submission_id)
        .join(Submission.team)
        .outerjoin(Submission.circuit)
        .where(TeamStanding.holdout == holdout, TeamStanding.slice == slice_name, COUNTS, *which)
    )
    return [
        (Sent(*sent, declared=Declared(*circuit) if circuit.qubits is not None else None), Best(*shown))
        for shown, sent, circuit in rows
    ]


def _files_by_team(session: Session, track: str, *which: ColumnElement[bool]) -> dict[str, int]:
    counted = select(Team.name, Tally.counted).join(Tally, Tally.team_id == Team.id).where(Tally.track == track, *which)
    return {name: sent for name, sent in session.execute(counted)}  # noqa: C416


def submissions_by_team(submissions: Iterable[Submission]) -> dict[str, list[Submission]]:
    """Return the submissions of each team, in the order given."""
    teams: dict[str, list[Submission]] = {}
    for submission in submissions:
        teams.setdefault(submission.team.name, []).append(submission)
    return teams
