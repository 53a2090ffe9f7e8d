"""Of the desk: boards and cards, with released values alone, for the jury."""

import streamlit as st

from leaderboard.board.entries import Entry
from leaderboard.site.board import seen, sentences
from leaderboard.site.board.table import part_of
from leaderboard.site.desk.frame import Desk
from leaderboard.site.team import card_form
from leaderboard.site.words import plain
from leaderboard.store.cards import WHAT_IT_MEANS, cards_of


def show(desk: Desk) -> None:
    """Draw the part."""
    view = desk.site.boards.now(desk.choose_track())
    state = "As everybody sees it"
    if view.finalized_at:
        state = "Published" if view.published_at else "Let out team by team" if view.revealing_at else "Finals chosen"
    st.caption(f"{state}; files that wait: {view.waiting}. Nobody sees private scores before they are out.")
    if view.entries:
        table = seen.table_of(desk.site, view)
        st.html(table.html(part_of(view.entries)))
        st.html(sentences.legend(table.track, table.axis))
    _cards(desk, view.entries)


def _cards(desk: Desk, entries: tuple[Entry, ...]) -> None:
    """Show the cards of the files that the board stands on; everybody sees them once the result is published."""
    with desk.site.store.read() as session:
        cards = cards_of(session, [one.submission for one in entries])
    found = card_form.cards_html([one.team for one in entries], [cards.get(one.submission) for one in entries])
    st.markdown(f"**Cards.** {plain(WHAT_IT_MEANS)}")
    st.html(found) if found else st.caption("None of these files has a card.")
