"""Submission cards on the pages: filled in by their team, read by everybody beside a published result."""

import html
from collections.abc import Iterable

import streamlit as st

from leaderboard.event import EventError
from leaderboard.intake.cards import read_card, write_card
from leaderboard.site.opened import Site
from leaderboard.site.team.own import OwnFile
from leaderboard.site.words import plain
from leaderboard.store.cards import AI_HELP, WHAT_IT_MEANS, CardText
from leaderboard.store.tables import AiHelp, Team

SEEN_BY = "Only your team sees it until the result of this track is published; then it stands beside it, as it is."


def show(site: Site, team: Team, one: OwnFile, *, fixed: bool) -> None:
    """Draw the card of a file, to be filled in, or as it is once it cannot be changed."""
    if fixed:
        st.html(f'<div class="physathon-card">{_html(one.card) if one.card else "It has none."}</div>')
        return
    st.caption(f"{WHAT_IT_MEANS} {SEEN_BY}")
    card, at = one.card or CardText.model_construct(title=""), one.submission
    with st.form(f"card {at}", border=False):
        said: dict[str, object] = {
            "title": st.text_input("Title", card.title, max_chars=120, key=f"title {at}"),
            "tags": _tags(st.text_input("Methods, with commas between", ", ".join(card.tags), key=f"tags {at}")),
            "code_url": st.text_input("Address of its code", card.code_url or "", max_chars=300, key=f"code {at}"),
            "external_data": st.text_area(
                "Data other than the kit's", card.external_data or "", max_chars=500, key=f"data {at}", height=70
            ),
            "compute": st.text_area("Compute", card.compute or "", max_chars=500, key=f"compute {at}", height=70),
            "hours": st.number_input("Hours of training", 0.0, 100_000.0, card.hours, key=f"hours {at}", format="%g")
            or None,
            "ai": ask_for_ai(card.ai, key=f"ai {at}"),
            "ai_model": st.text_input("Which model", card.ai_model or "", max_chars=80, key=f"model {at}"),
        }
        if not st.form_submit_button("Save the card"):
            return
    try:
        with site.store.write() as session:
            write_card(session, team, one.submission, read_card(said))
    except EventError as error:
        st.error(plain(str(error)))
        return
    st.toast(f"The card of no. {one.submission} is saved.")
    st.rerun()


def in_short() -> dict[str, object]:
    """Ask for what a card says in short, before a file is sent; empty fields make none."""
    with st.expander("How it was made (optional)", icon=":material/badge:"):
        title = st.text_input("Title", max_chars=120, key="card title")
        ai = ask_for_ai(key="card ai")
        st.caption(f"{SEEN_BY} The page Team has the whole card.")
    return {"title": title, "ai": ai}


def ask_for_ai(known: AiHelp | None = None, *, key: str) -> AiHelp | None:
    """Ask how much AI helped."""
    helps = list(AI_HELP)
    return st.selectbox(
        "Help by AI",
        helps,
        index=helps.index(known),
        format_func=lambda one: AI_HELP[one][0].upper() + AI_HELP[one][1:],
        key=key,
    )


def cards_html(names: Iterable[str], cards: Iterable[CardText | None]) -> str:
    """Return the cards of a board's entries, each closed under its team's name; nothing without any."""
    return "".join(
        f'<details class="physathon-card"><summary>{html.escape(name)}: {html.escape(card.title)}</summary>'
        f"{_html(card)}</details>"
        for name, card in zip(names, cards, strict=True)
        if card
    )


def _html(card: CardText) -> str:
    url = card.code_url and html.escape(card.code_url)
    said = {
        "Methods": html.escape(", ".join(card.tags)),
        "Code": url and f'<a href="{url}" rel="nofollow noopener" target="_blank">{url}</a>',
        "Data other than the kit's": html.escape(card.external_data or ""),
        "Compute": html.escape(card.compute or ""),
        "Training": f"{card.hours:g} hours" if card.hours else "",
        "Help by AI": card.ai and html.escape(AI_HELP[card.ai]),
        "Model": html.escape(card.ai_model or ""),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in said.items() if text)
    return f"<p>{html.escape(card.title)}</p><dl>{rows}</dl>"


def _tags(text: str) -> list[str]:
    return [tag for tag in map(str.strip, text.split(",")) if tag]
