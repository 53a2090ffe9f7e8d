"""Of the desk: boards and cards, with released values alone, for the jury."""

import streamlit as st

from leaderboard.board.entries import Entry
from leaderboard.site import parts, words
from leaderboard.site.desk.frame import Desk
from leaderboard.site.team import card_form
from leaderboard.site.words import plain
from leaderboard.store.cards import WHAT_IT_MEANS, cards_of


def show(desk: Desk) -> None:
    """Draw the part."""
    tracks, track = desk.site.tracks, desk.choose_track()
    view = desk.site.boards.now(track)
    exact = view.published_at or view.revealing_at
    decimals = words.decimals(tracks[track][1].step) + 2 if exact else words.decimals(view.step)
    rows = []
    for one in view.entries:
        interval = f"{one.low:.{decimals}f} – {one.high:.{decimals}f}"
        cells = one.rank or "", one.rank_range, one.team, f"{one.value:.{decimals}f}", interval
        rows.append(("" if one.kind == "team" else "ghost", cells))
    state = "As everybody sees it"
    if view.finalized_at:
        state = "Published" if view.published_at else "Let out team by team" if view.revealing_at else "Finals chosen"
    st.caption(f"{state}; files that wait: {view.waiting}. Nobody sees private scores before they are out.")
    numbers = [("Score", "number"), ("95% interval", "number")]
    parts.table([("Rank", "number"), ("Rank range", "number"), ("Team", ""), *numbers], rows, label="Board")
    _cards(desk, view.entries)


def _cards(desk: Desk, entries: tuple[Entry, ...]) -> None:
    """Show the cards of the files that the board stands on; everybody sees them once the result is published."""
    with desk.site.store.read() as session:
        cards = cards_of(session, [one.submission for one in entries])
    found = card_form.cards_html([one.team for one in entries], [cards.get(one.submission) for one in entries])
    st.markdown(f"**Cards.** {plain(WHAT_IT_MEANS)}")
    st.html(found) if found else st.caption("None of these files has a card.")
