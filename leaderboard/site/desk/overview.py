"""Of the desk: how the event is, at one look, each thing with what to do where it is not well."""

import html

import streamlit as st
from sqlalchemy.orm import Session

from leaderboard import health
from leaderboard.event import Event
from leaderboard.health import Finding
from leaderboard.site import again
from leaderboard.site.desk.frame import Desk

SECONDS = 5  # between two looks

WORDS = {"good": "good", "watch": "watch", "act": "act now"}


@again.every(SECONDS)
def show(desk: Desk) -> None:
    """Draw the part."""
    with desk.site.store.read() as session:
        found = health.look(session, desk.site.event)
    st.html(_table(found))
    st.caption("It is looked at anew every five seconds. `physathon status` says the same.")
    st.link_button("Open the projector", "/projector", icon=":material/cast:")


def alarms(session: Session, event: Event) -> int:
    """Return how many things are to be acted on."""
    return sum(one.level == "act" for one in health.look(session, event))


def _table(found: list[Finding]) -> str:
    rows = "".join(
        f'<tr><td class="word"><span class="physathon-light {one.level}">{WORDS[one.level]}</span></td>'
        f'<th scope="row" class="word">{html.escape(one.what)}</th><td>{_with_commands(one.says)}'
        f"{f'<p>{_with_commands(one.to_do)}</p>' if one.to_do else ''}</td></tr>"
        for one in sorted(found, key=lambda one: list(WORDS).index(one.level), reverse=True)
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in ("", "Of what", "How it is, and what to do"))
    return (
        f'<table class="physathon health" aria-label="How the event is"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _with_commands(text: str) -> str:
    """Return a text as HTML, with what stands between backticks as code.

    >>> _with_commands("start `physathon judge`")
    'start <code>physathon judge</code>'
    """
    pieces = html.escape(text).split("`")
    return "".join(f"<code>{one}</code>" if at % 2 else one for at, one in enumerate(pieces))
