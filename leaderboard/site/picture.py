"""The picture of a board."""

from collections.abc import Sequence

import altair as alt

from leaderboard.board.entries import Entry

MOST_ROWS = 40
"""The picture shows the best of a longer board; its table shows all."""

AXIS = 65
"""Pixels below the rows."""

TEAM, GHOST = "#3a80c1", "#8a9099"
"""Each stands out from a light and from a dark page."""


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
    return [name if short.count(name) == 1 else entry.team for name, entry in zip(short, entries, strict=True)]


def picture(
    entries: Sequence[Entry], names: Sequence[str], *, title: str, decimals: int, greater_is_better: bool = True
) -> alt.LayerChart | alt.FacetChart:
    """Draw a board, best on top and to the right; baselines are dim, dashed and hollow.

    Parameters
    ----------
    entries : sequence of Entry
        Best first.
    names : sequence of str
        What to call them, no two alike.
    title : str
        Of the axis.
    decimals : int
        Of the values.
    greater_is_better : bool
        Where it is not, the axis runs from right to left.
    """
    entries, names = entries[:MOST_ROWS], names[:MOST_ROWS]
    rows = [
        {
            "name": name,
            "value": entry.value,
            "low": entry.low,
            "high": entry.high,
            "shown": f"{entry.value:.{decimals}f}",
            "interval": f"{entry.low:.{decimals}f} – {entry.high:.{decimals}f}",
            "team": entry.kind == "team",
        }
        for name, entry in zip(names, entries, strict=True)
    ]
    ghosts = [row for row, entry in enumerate(entries) if entry.kind != "team"]
    # Rows are known by their place: a name, which anybody may choose, never becomes part of an expression.
    is_ghost = f"indexof({ghosts}, indexof(domain('y'), datum.value)) >= 0"
    margin = 0.06 * (max(row["high"] for row in rows) - min(row["low"] for row in rows)) or 0.01
    low, high = min(row["low"] for row in rows) - margin, max(row["high"] for row in rows) + margin
    axis = alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        labelLimit=170,
        labelFontSize=14,
        labelPadding=10,
        labelFontStyle=alt.condition(is_ghost, alt.value("italic"), alt.value("normal")),
    )
    y = alt.Y("name:N", sort=None, axis=axis, scale=alt.Scale(domain=names, paddingInner=0.1))
    x_axis = alt.Axis(title=title, tickCount=6, labelFontSize=12, labelFlush=False, titlePadding=8)
    scale = alt.Scale(domain=[low, high], zero=False, nice=False, reverse=not greater_is_better)
    hint = [
        alt.Tooltip("name:N", title="team"),
        alt.Tooltip("shown:N", title="score"),
        alt.Tooltip("interval:N", title="95% interval"),
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y, tooltip=hint)
    team, ghost = base.transform_filter("datum.team"), base.transform_filter("!datum.team")
    interval = {"x": alt.X("low:Q", axis=x_axis, scale=scale), "x2": "high:Q"}
    value = {"x": alt.X("value:Q", axis=x_axis, scale=scale)}
    return alt.layer(
        ghost.mark_rule(color=GHOST, strokeWidth=1.5, strokeDash=[4, 3]).encode(**interval),
        team.mark_rule(color=TEAM, strokeWidth=6, strokeCap="round", opacity=0.42).encode(**interval),
        ghost.mark_point(color=GHOST, size=60, filled=False, strokeWidth=1.5, opacity=1).encode(**value),
        team.mark_point(color=TEAM, size=110, filled=True, opacity=1).encode(**value),
    ).properties(height=AXIS + len(rows) * (32 if len(rows) <= 15 else 22))
