"""Boards, scores, comparisons and moves as tables of a terminal."""

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from leaderboard.board.entries import Entry
    from leaderboard.judge.rescoring import Move
    from scoring.ranks import Comparison
    from scoring.sealed.judge import Score


def board_table(track: str, entries: list["Entry"], *, decimals: int, note: str, circuits: bool = False) -> Table:
    """Return a board as a table; baselines are ghosts without a rank, and rank ranges come with publication.

    With ``circuits`` it tells which one each team has declared.
    """
    known, observed = any(entry.rank_range for entry in entries), any(entry.observed for entry in entries)
    table = Table(title=track, caption=note, title_style="bold", caption_justify="left")
    table.add_column("", justify="right")
    if known:
        table.add_column("rank range")
    for heading, justify in (("team", "left"), ("score", "right"), ("95% interval", "left"), ("files", "right")):
        table.add_column(heading, justify=justify)
    if circuits:
        table.add_column("circuit (declared)")
    if observed:
        table.add_column("observed, for interest")
    for entry in entries:
        table.add_row(
            str(entry.rank) if entry.rank else "·",
            *([entry.rank_range] if known else []),
            _name(entry),
            f"{entry.value:.{decimals}f}",
            _span(entry.low, entry.high, decimals),
            str(entry.submissions),
            *([entry.circuit] if circuits else []),
            *([entry.recordings] if observed else []),
            style=None if entry.kind == "team" else "dim",
        )
    return table


def scores_table(track: str, scores: list["Score"], *, note: str) -> Table:
    """Return what one file scores, a row a slice."""
    table = Table(title=track, caption=note, title_style="bold", caption_justify="left")
    table.add_column("slice")
    table.add_column("metric")
    for heading in ("score", "95% interval", "standard error", "exact integers"):
        table.add_column(heading, justify="right")
    for score in scores:
        exact = ", ".join(map(str, score.exact))
        span = _span(score.low, score.high, 5)
        table.add_row(
            score.slice,
            score.metric.partition("/")[0],
            f"{score.value:.5f}",
            span,
            f"{score.standard_error:.5f}",
            exact,
        )
    return table


def comparison_table(
    track: str, names: list[str], scores: list["Score"], comparison: "Comparison", *, note: str
) -> Table:
    """Return two files' scores and their difference, with z and p of the hypothesis that they are equally good."""
    test = f"z = {comparison.z:.2f}, p = {comparison.p_value:.2g} (two-sided)"
    table = Table(
        title=f"{track}, {scores[0].slice}", caption=f"{test}\n{note}", title_style="bold", caption_justify="left"
    )
    table.add_column("")
    for heading in ("score", "95% interval", "standard error"):
        table.add_column(heading, justify="right")
    for name, score in zip(names, scores, strict=True):
        table.add_row(
            escape(name), f"{score.value:.5f}", _span(score.low, score.high, 5), f"{score.standard_error:.5f}"
        )
    difference = f"{comparison.difference:+.5f}", _span(*comparison.interval, 5), f"{comparison.standard_error:.5f}"
    table.add_row("first − second", *difference, style="bold")
    return table


def moves_table(track: str, moves: list["Move"], *, decimals: int) -> Table:
    """Return what a rescoring would do, team by team."""
    table = Table(title=f"{track}: what the rescoring changes", title_style="bold")
    for heading in ("team", "rank", "score"):
        table.add_column(heading)
    for move in moves:
        moved = move.rank_before != move.rank_after
        table.add_row(
            _name(move),
            "·" if move.rank_after is None else f"{move.rank_before} → {move.rank_after}",
            f"{move.value_before:.{decimals}f} → {move.value_after:.{decimals}f}",
            style="bold" if moved else None,
        )
    return table


def _span(low: float, high: float, decimals: int) -> str:
    return f"{low:.{decimals}f} – {high:.{decimals}f}"


def _name(row: "Entry | Move") -> str:
    return escape(row.team if row.kind == "team" else f"{row.team} (baseline)")
