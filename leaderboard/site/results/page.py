"""The page of a published result: who won, how sure that is, and everything behind it."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from leaderboard.board.entries import without_a_rank
from leaderboard.intake.circuits import WHAT_IT_MEANS
from leaderboard.site import parts, words
from leaderboard.site.board.table import MOST_ROWS
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from leaderboard.site.pages import PAGE, page_address
from leaderboard.site.results import markup, recordings
from leaderboard.site.results.plots import PLOTS
from leaderboard.site.results.serving import numbers
from leaderboard.site.results.shown import MOST_PICKED, Shown, shown
from leaderboard.site.team import card_form
from leaderboard.store.cards import WHAT_IT_MEANS as WHAT_CARDS_MEAN
from scoring.metrics import METRICS

CHOSEN = ("roc", "comparisons")
"""Figures of those finals that the reader picks."""


def show(site: Site, track: str, view: Snapshot) -> None:
    """Draw the result of a published track."""
    challenge, described = site.tracks[track]
    found, zone = shown(site.event, view), words.reader_zone()
    st.header(words.plain(words.track_title(challenge, described)), anchor=False)
    parts.secrecy_badge(view.secret)
    st.html(markup.head(found, view, zone))
    if described.exhibition:
        st.markdown(f"**{words.plain(described.exhibition_note)}**")
    if found.result is None:
        st.info(
            f"Only the ranking is here. `physathon publish {track}` makes the rest anew, from the same files.",
            icon=":material/hourglass_empty:",
        )
    _ranking(found, view)
    for name in PLOTS:
        if name not in ("ranking", *CHOSEN):
            _figure(found, view, name, [])
    _chosen(found, view)
    _tables(found)
    _cards(found, view)
    recordings.show(site, track)
    _data(found)


def _ranking(found: Shown, view: Snapshot) -> None:
    pages = max(1, -(-len(found.lines) // MOST_ROWS))
    page = min(words.page_number(st.query_params.get(PAGE)), pages)
    rows = slice((page - 1) * MOST_ROWS, page * MOST_ROWS)
    ranking = view.once(("ranking", id(found), page), partial(markup.ranking, found, rows))
    st.html(ranking + parts.pages_html(page, pages, lambda at: page_address("board", view.track, page=str(at))))
    notes = [markup.RANGES]
    notes += [WHAT_IT_MEANS] if found.track.circuit else []
    notes += [recordings.OBSERVED_MEANS] if any(line.entry.observed for line in found.lines) else []
    st.markdown(" ".join(notes))
    for sentence in without_a_rank(view.unranked):
        st.caption(words.plain(sentence))
    st.html(markup.files_of(found, "ranking", []))


def _figure(found: Shown, view: Snapshot, name: str, picked: Sequence[int]) -> None:
    def made() -> tuple[str, str] | None:
        plot = PLOTS[name](found, picked)
        return (plot.title, markup.figure(found, name, plot, picked)) if plot else None

    drawn = view.once(("figure", id(found), name, tuple(picked)), made)
    if drawn:
        title, figure = drawn
        st.subheader(title, anchor=False)
        st.html(figure)


def _chosen(found: Shown, view: Snapshot) -> None:
    """Draw the figures of those finals that the reader picks; the address keeps them."""
    names: Mapping[int, str] = {line.number: line.name for line in found.lines if line.final}
    if not names:
        return
    asked = [number for number in _asked() if number in names]
    picked = st.multiselect(
        "Teams to look at more closely",
        list(names),
        default=asked[:MOST_PICKED],
        format_func=lambda number: names[number],
        max_selections=MOST_PICKED,
        placeholder="The best ones, as long as nobody is chosen",
        key=f"picked {found.name}",
    )
    if picked != asked:
        st.query_params["teams"] = ",".join(map(str, picked))
    for name in CHOSEN:
        _figure(found, view, name, picked)


def _asked() -> list[int]:
    """Return which finals the address names; what it says besides is nobody's."""
    text = st.query_params.get("teams", "")
    return numbers(text) if text.replace(",", "").isdecimal() and text.isascii() else []


def _tables(found: Shown) -> None:
    points = markup.working_points(found)
    if points:
        st.subheader("Working points", anchor=False)
        st.html(points)
        st.caption("Background rejection: one over the share of background that passes. With 95% intervals.")
    also = [METRICS[name] for name in found.track.also]
    if also and found.result:
        st.subheader("Other metrics", anchor=False)
        st.html(markup.also(found, also))
        st.caption("On the private slice, with 95% intervals; for interest: they decide nothing.")


def _cards(found: Shown, view: Snapshot) -> None:
    """Show what teams say of how their finals were made, if any does."""
    names, cards = [line.name for line in found.lines], [line.entry.card for line in found.lines]
    drawn = view.once("cards", partial(card_form.cards_html, names, cards))
    if drawn:
        st.subheader("How they were made", anchor=False)
        st.markdown(WHAT_CARDS_MEAN)
        st.html(drawn)


def _data(found: Shown) -> None:
    if found.result:
        st.subheader("All of it", anchor=False)
        parts.download("The whole result as JSON", markup.address(found, "results"))
        st.caption(
            f"Judged by {found.result.metric} on the holdout {found.result.holdout[:16]}…: "
            + ", ".join(f"{rows:,} rows {name}" for name, rows in found.result.rows.items())
        )
