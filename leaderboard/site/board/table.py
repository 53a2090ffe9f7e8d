"""The table of a board: a row a team with its interval drawn in it, and the baselines as rungs between them."""

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from challenges.spec import PRIVATE, Track
from leaderboard.board.entries import Entry
from leaderboard.site import words
from leaderboard.site.board import sentences
from leaderboard.site.board.axis import Axis, axis_of, lines_of
from leaderboard.site.live import Snapshot
from leaderboard.site.pages import page_address

MOST_ROWS = 50
"""Rows of a page."""


def labels(entries: Sequence[Entry], challenge: str) -> list[str]:
    """Return how a board calls each entry, no two alike: a baseline without its challenge, where that is clear.

    Examples
    --------
    >>> from datetime import datetime
    >>> def entry(team, kind): return Entry(team, kind, 0.8, 0.7, 0.9, 1, 1, datetime(2026, 1, 1))
    >>> labels([entry("XGBoost, higgs", "baseline"), entry("Up, higgs", "team")], "higgs")
    ['XGBoost', 'Up, higgs']
    """
    short = [entry.team if entry.kind == "team" else entry.team.removesuffix(f", {challenge}") for entry in entries]
    times = Counter(short)
    return [name if times[name] == 1 else entry.team for name, entry in zip(short, entries, strict=True)]


@dataclass(frozen=True)
class Part:
    """The rows that are looked at.

    Attributes
    ----------
    rows : tuple of int
        Places in the board's entries, best first.
    page, pages : int
        Which page of how many; 1 is the first.
    whole : bool
        Whether no team is left out by a filter.
    """

    rows: tuple[int, ...]
    page: int = 1
    pages: int = 1
    whole: bool = True


def part_of(entries: Sequence[Entry], bracket: str | None = None, page: int | None = None) -> Part:
    """Return a page of a board, of one bracket's teams or of all, with the baselines between them; None is all pages.

    Examples
    --------
    >>> day = datetime(2026, 1, 1)
    >>> def entry(team, kind, bracket): return Entry(team, kind, 0.8, 0.7, 0.9, 1, 1, day, bracket=bracket)
    >>> entries = [entry("a", "team", "Students"), entry("b", "team", None), entry("x", "baseline", None)]
    >>> part_of(entries, "Students"), part_of(entries * 17, page=7)
    (Part(rows=(0, 2), page=1, pages=1, whole=False), Part(rows=(50,), page=2, pages=2, whole=True))
    """
    rows = [at for at, one in enumerate(entries) if bracket is None or one.kind != "team" or one.bracket == bracket]
    if page is None:
        return Part(tuple(rows), whole=bracket is None)
    pages = max(1, -(-len(rows) // MOST_ROWS))
    page = min(max(page, 1), pages)
    return Part(tuple(rows[(page - 1) * MOST_ROWS : page * MOST_ROWS]), page, pages, bracket is None)


@dataclass(frozen=True)
class Table:
    """A board's table at one moment, for all readers.

    Attributes
    ----------
    view : Snapshot
    challenge : str
    track : Track
    at : datetime
        When the board stands so: now, or since when it stands still.
    moves : mapping of str to int or None
        By how many ranks each team has risen; None for one that is new.
    """

    view: Snapshot
    challenge: str
    track: Track
    at: datetime
    moves: Mapping[str, int | None]

    @cached_property
    def names(self) -> list[str]:
        """What the entries are called."""
        return labels(self.view.entries, self.challenge)

    @cached_property
    def axis(self) -> Axis:
        """The axis that all rows share, on whatever page they are."""
        return axis_of(self.track, self.view.entries, lines_of(self.track))

    def html(self, part: Part, own: str | None = None, asked: str | None = None) -> str:
        """Return a part of the table, and with it the first row, the reader's own and the one asked for.

        Parameters
        ----------
        part : Part
        own : str, optional
            The reader's team.
        asked : str, optional
            The team whose row the address names.
        """
        entries, body = self.view.entries, list[str]()
        marked = {
            at: self._row(at, own=one.team == own, asked=one.team == asked)
            for at, one in enumerate(entries)
            if one.team in (own, asked)
        }
        first = next((at for at, one in enumerate(entries) if one.kind == "team"), 0)
        if part.page > 1 and first not in marked:
            body += [self._shared(first), self._across("gap", "⋯")]
        for at in part.rows:
            body.append(marked.get(at) or self._shared(at))
            if part.whole and len(self._leading) > 1 and at == self._leading[-1]:
                body.append(self._across("group", self._group))
        if elsewhere := [row for at, row in marked.items() if at not in part.rows]:
            body += [self._across("gap", "⋯"), *elsewhere]
        return f"{self._head}<tbody>{''.join(body)}</tbody></table>"

    @cached_property
    def _drawn(self) -> dict[int, str]:
        return {}

    def _shared(self, at: int) -> str:
        """Return a row as those see it whose own it is not; drawn when somebody looks at it first."""
        if at not in self._drawn:
            self._drawn[at] = self._row(at)
        return self._drawn[at]

    @cached_property
    def _leading(self) -> list[int]:
        return sentences.leaders(self.view)

    @cached_property
    def _group(self) -> str:
        teams = sum(one.kind == "team" for one in self.view.entries)
        return sentences.group(len(self._leading), teams, published=self.view.published_at is not None)

    def _leads(self, at: int) -> bool:
        """Return whether a row stands in the block of those who may be the first; a baseline does not part them."""
        between = bool(self._leading) and self._leading[0] < at < self._leading[-1]
        return at in self._leading or (between and self.view.entries[at].kind != "team")

    @cached_property
    def _observed(self) -> bool:
        return any(one.observed for one in self.view.entries)

    @cached_property
    def _columns(self) -> list[tuple[str, str]]:
        """The titles and styles of the columns."""
        return [
            ("Rank", "number"),
            ("Rank range", "number") if self.view.published_at else ("Moved", "moved"),
            ("Team · Circuit (declared)" if self.track.circuit else "Team", "team"),
            ("Score", "number"),
            ("95% interval", "bar"),
            *([("Observed, for interest", "number spare")] if self._observed else []),
            ("Files", "number spare"),
            ("Age of best", "number spare"),
        ]

    @cached_property
    def _head(self) -> str:
        ticks = self.axis.ticks
        decimals = words.decimals(round(abs(ticks[1] - ticks[0]), 10))
        marks = "".join(f'<i style="left:{self.axis.at(one):.1f}%">{one:.{decimals}f}</i>' for one in ticks)
        cells = "".join(
            f'<th scope="col" class="{style}">{title}{f"<span>{marks}</span>" if style == "bar" else ""}</th>'
            for title, style in self._columns
        )
        lines = ", ".join(
            f"var(--{line.kind}) {self.axis.at(line.value):.2f}% 0 / 3px 100% no-repeat"
            for line in lines_of(self.track)
            if self.axis.holds(line.value)
        )
        style = f' style="--lines: {lines}"' if lines else ""
        return f'<table class="physathon board" aria-label="Board"{style}><thead><tr>{cells}</tr></thead>'

    def _across(self, style: str, text: str) -> str:
        return f'<tr class="{style}"><td colspan="{len(self._columns)}">{html.escape(text)}</td></tr>'

    def _row(self, at: int, *, own: bool = False, asked: bool = False) -> str:
        entry = self.view.entries[at]
        decimals = words.decimals(self.track.step) + 2 if entry.slice == PRIVATE else words.decimals(self.view.step)
        value, low, high = (f"{one:.{decimals}f}" for one in (entry.value, entry.low, entry.high))
        published = self.view.published_at is not None
        cells = [
            f"{entry.rank or ''}" if published else self._rank(entry),
            entry.rank_range if published else self._moved(entry.team),
            self._who(at, own=own),
            value,
            self._bar(entry, f"95% interval {low} – {high}"),
            *([entry.recordings] if self._observed else []),
            f"{entry.submissions}",
            words.brief(self.at - entry.received_at),
        ]
        styles = {"ghost": entry.kind != "team", "leader": self._leads(at), "own": own, "asked": asked}
        row = "".join(
            f'<th scope="row" class="{column}">{cell}</th>' if column == "team" else f'<td class="{column}">{cell}</td>'
            for (_, column), cell in zip(self._columns, cells, strict=True)
        )
        return f'<tr class="{" ".join(style for style, holds in styles.items() if holds)}">{row}</tr>'

    def _rank(self, entry: Entry) -> str:
        """Return the ranks that a team may have; while results are let out, of those alone whose result is out."""
        return "" if self.view.revealing_at and entry.slice != PRIVATE else entry.rank_range

    def _moved(self, team: str) -> str:
        rose = self.moves.get(team, 0)
        if rose is None:
            return "new"
        arrow, how = ("▲", "risen") if rose > 0 else ("▼", "fallen")
        return f'<span role="img" aria-label="{how} by {abs(rose)}">{arrow} {abs(rose)}</span>' if rose else ""

    def _who(self, at: int, *, own: bool) -> str:
        entry, name = self.view.entries[at], f"<bdi>{html.escape(self.names[at])}</bdi>"
        if entry.kind != "team":
            name += " (baseline)"
        elif own:
            name = f'<a href="{html.escape(page_address("team", self.view.track))}">{name}</a> <b>you</b>'
        if self.view.revealing_at and not self.view.published_at and entry.kind == "team":
            name += f" <b>{'result' if entry.slice == PRIVATE else 'public'}</b>"
        notes = [entry.circuit] if self.track.circuit else []
        notes += [", ".join(entry.members)] if entry.members else []
        return name + "".join(f"<small>{html.escape(note)}</small>" for note in notes)

    def _bar(self, entry: Entry, says: str) -> str:
        left, right = sorted((self.axis.at(entry.low), self.axis.at(entry.high)))
        dot = f'<b style="left:{self.axis.at(entry.value):.2f}%"></b>' if self.axis.holds(entry.value) else "<u>◂</u>"
        return (
            f'<span role="img" aria-label="{says}" title="{says}">'
            f'<i style="left:{left:.2f}%;width:{right - left:.2f}%"></i>{dot}</span>'
        )
