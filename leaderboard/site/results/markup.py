"""The HTML of a result: its head, its ranking with intervals, its figures, each with a table of its numbers."""

import html
import math
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from challenges.spec import PRIVATE
from leaderboard.public.results import WORKING_POINTS, Value
from leaderboard.site import words
from leaderboard.site.live import Snapshot
from leaderboard.site.parts import table_html
from leaderboard.site.results.plots import Plot
from leaderboard.site.results.shown import Line, Shown
from scoring.estimate import Metric

RANGES = (
    "The rank range holds every rank that the team may truly have, with 95% for all teams at once: teams whose ranges "
    "overlap may have earned their order by luck. An arrow tells how many places a team gained or lost from the public "
    "slice to the private one."
)
MOST_TOLD = 8
"""Teams that are named in the head."""

MOST_OPEN = 30
"""Rows of a table that is open from the first."""

EVERY = 10
"""Of the points of a curve, so many a row of its table; the file has all."""

FORMS = {"svg": "SVG", "pdf": "PDF", "csv": "CSV"}


def head(found: Shown, view: Snapshot, zone: tzinfo) -> str:
    """Return who won, of how many, and since when that is out."""
    assert view.published_at is not None, "a result is published"
    teams = [line for line in found.lines if line.is_team]
    files = sum(line.entry.submissions for line in teams)
    facts = [
        _count(len(teams), "team"),
        _count(files, "file"),
        *([f"{found.result.rows[PRIVATE]:,} rows that nobody had seen"] if found.result and view.secret else []),
        words.metric_title(found.track),
    ]
    return (
        '<header class="physathon-end">'
        f"<p>Final result, published {words.moment(view.published_at, zone, year=True)}</p>"
        f"{_winners(found.leaders)}<p>{' · '.join(map(html.escape, facts))}</p></header>"
    )


def _winners(leaders: Sequence[Line]) -> str:
    if not leaders:
        return "<strong>No team took part</strong>"
    first, *others = leaders
    members = f"<small>{html.escape(', '.join(first.entry.members))}</small>" if first.entry.members else ""
    won = f"<strong>{_name(first)}</strong>{members}<span>{_interval(first.entry)}</span>"
    if not others:
        alone = first.entry.rank_worst == 1
        return won + ("<p>First, and surely ahead of all other teams.</p>" if alone else "")
    named = ", ".join(map(_name, others[:MOST_TOLD]))
    more = f" and {len(others) - MOST_TOLD} more" if len(others) > MOST_TOLD else ""
    return won + f"<p>First by value. Not to be told apart from it: <b>{named}</b>{more}.</p>"


def ranking(found: Shown, shown: slice = slice(None)) -> str:
    """Return the ranking, or some rows of it, as a table with a drawn interval in each row; one axis for all rows."""
    low, high = _span(found)
    observed = any(line.entry.observed for line in found.lines)
    heads = [
        ("Rank", "number"),
        ("Team", ""),
        ("Score", "number"),
        ("With 95% interval", "whisker"),
        *([("From public", "number")] if found.result else []),
        *([("Circuit (declared)", "spare")] if found.track.circuit else []),
        *([("Observed, for interest", "number spare")] if observed else []),
        ("Files", "number spare"),
    ]
    rows = []
    for line in found.lines[shown]:
        entry = line.entry
        cells = [
            f"<b>{entry.rank}</b>{_small(entry.rank_range)}" if line.is_team else "",
            _name(line) + (_small(", ".join(entry.members)) if line.is_team else _small("baseline")),
            f"{entry.value:.5f}{_small(f'{entry.low:.5f} – {entry.high:.5f}')}",
            _whisker(line, low, high, reverse=not found.metric.greater_is_better),
            *([_climbed(line)] if found.result else []),
            *([html.escape(entry.circuit)] if found.track.circuit else []),
            *([html.escape(entry.recordings)] if observed else []),
            str(entry.submissions),
        ]
        styles = [style for _, style in heads]
        row = "".join(f'<td class="{style}">{cell}</td>' for style, cell in zip(styles, cells, strict=True))
        leads = line in found.leaders
        rows.append(f'<tr class="{"ghost" if not line.is_team else "leads" if leads else ""}">{row}</tr>')
    titles = "".join(f'<th scope="col" class="{style}">{title}</th>' for title, style in heads)
    return (
        '<table class="physathon result" aria-label="Final ranking">'
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def figure(found: Shown, name: str, plot: Plot, picked: Sequence[int]) -> str:
    """Return a figure with its words, its files, and the table of its numbers."""
    width, height = plot.size
    where = html.escape(address(found, f"figures/{name}.svg", picked))
    shape = f"width: {width:.2f}in; aspect-ratio: {width:.2f} / {height:.2f}"
    return (
        f'<figure class="physathon-plot"><div><img src="{where}" alt="{html.escape(plot.says)}" style="{shape}"'
        ' loading="lazy"></div>'
        f"<figcaption>{html.escape(plot.note)}</figcaption>{files_of(found, name, picked)}"
        f"<details><summary>The numbers</summary>{_table(plot.title, plot.rows, name)}</details></figure>"
    )


def files_of(found: Shown, name: str, picked: Sequence[int]) -> str:
    """Return links to a figure as files, and to its data."""
    links = " ".join(
        f'<a href="{html.escape(address(found, f"figures/{name}.{form}", picked))}"'
        f' download="{found.name}.{name}.{form}">{title}</a>'
        for form, title in FORMS.items()
    )
    return f'<p class="physathon-files">As a file: {links}</p>'


def address(found: Shown, name: str, picked: Sequence[int] = ()) -> str:
    """Return where something of a result is served; about some finals, where they can be picked."""
    about = f"?{urlencode({'teams': ','.join(map(str, sorted(picked)))})}" if picked else ""
    return f"/api/v1/tracks/{quote(found.name)}/{name}{about}"


def working_points(found: Shown) -> str:
    """Return the background rejection of each final as a table; empty where a track has none."""
    lines = [line for line in found.lines if line.final and line.final.points]
    if not lines:
        return ""
    heads = [("Team", ""), *((f"at {asked:.0%} signal", "number") for asked in WORKING_POINTS)]
    rows = [
        (_style(line), (_called(line), *(_limits(*point.rejection) for point in line.final.points)))
        for line in lines
        if line.final
    ]
    return _folded(table_html(heads, rows, label="Background rejection"), len(rows))


def also(found: Shown, metrics: Sequence[Metric]) -> str:
    """Return what other metrics say of each final as a table."""
    heads = [("Team", "")]
    for metric in metrics:
        unit = f", {metric.unit}" if metric.unit else ""
        heads.append((f"{metric.title}{unit}{'' if metric.greater_is_better else ' (lower is better)'}", "number"))
    rows = [
        (_style(line), (_called(line), *(_limits_of(line.final.also.get(metric.name)) for metric in metrics)))
        for line in found.lines
        if line.final
    ]
    return _folded(table_html(heads, rows, label="Other metrics"), len(rows))


def _folded(table: str, rows: int) -> str:
    """Return a table that is open only where it is short."""
    return f"<details{' open' if rows <= MOST_OPEN else ''}><summary>All {rows} finals</summary>{table}</details>"


def _table(title: str, rows: Sequence[dict[str, Any]], name: str) -> str:
    shown = rows[::EVERY] if name == "roc" else rows
    heads = [(key, "number" if isinstance(rows[0][key], float | int) else "") for key in rows[0]]
    cells = [("", [_number(value) for value in row.values()]) for row in shown]
    return f'<div class="physathon-wide">{table_html(heads, cells, label=title)}</div>'


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:#.4g}" if math.isfinite(value) else "no limit"
    return "" if value is None else str(value)


def _span(found: Shown) -> tuple[float, float]:
    ends = [end for line in found.lines for end in (line.entry.low, line.entry.high) if math.isfinite(end)]
    ends += [line.entry.value for line in found.lines]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    margin = 0.02 * (high - low) or 0.01
    return low - margin, high + margin


def _whisker(line: Line, low: float, high: float, *, reverse: bool) -> str:
    """Return an interval as it is drawn in a cell: a band from limit to limit, and a mark at the value."""
    entry = line.entry

    def at(value: float) -> float:
        share = min(max((value - low) / (high - low), 0), 1)
        return 100 * (1 - share if reverse else share)

    left, right = sorted((at(entry.low), at(entry.high)))
    return (
        f'<span aria-hidden="true"><i style="left: {left:.2f}%; width: {right - left:.2f}%"></i>'
        f'<b style="left: {at(entry.value):.2f}%"></b></span>'
    )


def _climbed(line: Line) -> str:
    if line.climbed is None:
        return ""
    if line.climbed == 0:
        return '<span aria-label="the same place">=</span>'
    way, arrow = ("up", "▲") if line.climbed > 0 else ("down", "▼")
    return f'<span aria-label="{way} {abs(line.climbed)}">{arrow} {abs(line.climbed)}</span>'


def _interval(value: Any) -> str:
    return f"{value.value:.5f} ({value.low:.5f} – {value.high:.5f})"


def _limits_of(value: Value | None) -> str:
    return _limits(value.value, value.low, value.high) if value else ""


def _limits(value: float, low: float, high: float) -> str:
    return f"{_short(value)} ({_short(low)} – {_short(high)})"


def _short(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "∞"


def _style(line: Line) -> str:
    return "" if line.is_team else "ghost"


def _called(line: Line) -> str:
    return line.name if line.is_team else f"{line.name} (baseline)"


def _name(line: Line) -> str:
    return f"<bdi>{html.escape(line.name)}</bdi>"


def _small(text: str) -> str:
    return f"<small>{html.escape(text)}</small>" if text else ""


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
