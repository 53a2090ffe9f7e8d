"""Of the desk: what teams ask and are answered, what everybody is told, and answers that are given often."""

import html

import streamlit as st
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.people import talk
from leaderboard.site import words
from leaderboard.site.desk.frame import Desk
from leaderboard.site.words import plain
from leaderboard.store.tables import Announcement, CannedAnswer, Question

MOST = 20
"""Questions, and announcements, that are shown at once."""

TOO_LATE = "What is withdrawn leaves the pages; who has read it has read it."


def show(desk: Desk) -> None:
    """Draw the part."""
    with desk.site.store.read() as session:
        asked, told, canned = talk.questions(session), talk.announcements(session), talk.canned_answers(session)
    still_open = [one for one in asked if one.answered_at is None]
    st.subheader(f"Waiting for an answer: {len(still_open)}", anchor=False)
    for one in still_open[:MOST]:
        _question(desk, one, canned)
    if len(still_open) > MOST:
        st.caption(f"{len(still_open) - MOST} more wait after these.")
    _announcements(desk, told)
    answered = [one for one in reversed(asked) if one.answered_at is not None]
    st.subheader(f"Answered: {len(answered)}", anchor=False)
    for one in answered[:MOST]:
        _answered(desk, one, canned)
    if desk.may():
        _canned(desk, canned)


def waiting(session: Session, _event: Event) -> int:
    """Return how many questions wait for an answer."""
    return talk.count_unanswered(session)


def _question(desk: Desk, one: Question, canned: list[CannedAnswer]) -> None:
    when = words.moment(one.asked_at, words.reader_zone())
    head = f"<strong>{one.id} · {html.escape(one.team.name)}</strong>{f' · {one.track}' if one.track else ''} · {when}"
    with st.container(border=True):
        st.html(f'<p class="physathon-said">{head}</p><p class="physathon-text">{html.escape(one.text)}</p>')
        _answer(desk, one, canned)


def _answered(desk: Desk, one: Question, canned: list[CannedAnswer]) -> None:
    with st.expander(plain(f"{one.id} · {one.team.name}: {' '.join(one.text.split())[:80]}")):
        whom = "everybody" if one.to_all else "its team alone"
        st.html(
            f'<p class="physathon-text">{html.escape(one.text)}</p>'
            f'<p class="physathon-said"><strong>Answered to {whom}</strong></p>'
        )
        st.markdown(one.answer or "")
        _answer(desk, one, canned)


def _answer(desk: Desk, one: Question, canned: list[CannedAnswer]) -> None:
    """Take an answer, or a correction of one: as the command, a text or the name of a canned answer."""
    # Of two who answer the same at once, the second sees what the first wrote before correcting it.
    place = f"answer {one.id} {one.answered_at}"
    with st.form(desk.key(place, "form"), border=False):
        text = st.text_area(
            f"Answer to {one.id}",
            one.answer or "",
            max_chars=talk.LONGEST,
            height=80,
            label_visibility="collapsed",
            placeholder="The answer: Markdown without HTML",
            key=desk.key(place, "text"),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            names = [kept.name for kept in canned]
            name = None
            if names:
                name = st.selectbox(
                    "Canned answer",
                    names,
                    index=None,
                    placeholder="or a canned answer",
                    label_visibility="collapsed",
                    width=240,
                    key=desk.key(place, "canned"),
                )
            to_all = st.checkbox("to everybody, without the team's name", one.to_all, key=desk.key(place, "all"))
            sent = st.form_submit_button("Answer" if one.answer is None else "Correct the answer")
    if not sent:
        return
    with desk.act(place, "helper") as session:
        if name and text.strip() != (one.answer or "").strip():
            raise EventError("expected either the text of an answer or the name of a canned one")
        given = talk.canned_answer(session, name).text if name else text
        question = talk.answer(session, one.id, given, to_all=to_all)
        desk.say(talk.told_of(session, question))


def _announcements(desk: Desk, told: list[Announcement]) -> None:
    st.subheader("Announcements", anchor=False)
    if desk.may():
        with st.form(desk.key("announce", "form"), border=False):
            text = st.text_area(
                "Tell everybody",
                max_chars=talk.LONGEST,
                height=80,
                help="Markdown without HTML. It stands above every page until it is read.",
                key=desk.key("announce", "text"),
            )
            standing = {one.id: f"{one.id}: {one.text}" for one in told if one.withdrawn_at is None}
            replaced = st.selectbox(
                "In place of",
                standing,
                index=None,
                format_func=standing.__getitem__,
                placeholder="none",
                key=desk.key("announce", "old"),
            )
            sent = st.form_submit_button("Announce", type="primary")
        if sent:
            with desk.act("announce") as session:
                if replaced is not None:
                    talk.withdraw(session, replaced)
                desk.say(f"announcement {talk.announce(session, text).id} is on every page within two seconds")
    zone = words.reader_zone()
    for one in told[:MOST]:
        gone = f" · withdrawn {words.moment(one.withdrawn_at, zone)}" if one.withdrawn_at else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(
                f'<p class="physathon-said"><strong>{one.id}</strong> · {words.moment(one.at, zone)}{gone}</p>'
                f'<p class="physathon-text">{html.escape(one.text or "")}</p>'
            )
            takes_back = not gone and desk.may() and st.button("Withdraw", key=f"withdraw {one.id}", help=TOO_LATE)
        if takes_back:
            with desk.act("withdraw") as session:
                talk.withdraw(session, one.id)
                desk.say(f"announcement {one.id} is withdrawn")
    if not told:
        st.caption("Nothing was announced yet.")


def _canned(desk: Desk, canned: list[CannedAnswer]) -> None:
    with st.expander(f"Canned answers: {len(canned)}"):
        for one in canned:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(f"<p><strong>{html.escape(one.name)}</strong>: {html.escape(one.text)}</p>")
                drops = st.button("Drop", key=f"drop {one.name}")
            if drops:
                with desk.act("canned") as session:
                    talk.drop_canned(session, one.name)
                    desk.say(f"the canned answer {one.name} is dropped")
        with st.form(desk.key("canned", "form"), border=False):
            name = st.text_input("Its name", max_chars=talk.LONGEST_NAME, key=desk.key("canned", "name"))
            text = st.text_area("Its text", max_chars=talk.LONGEST, height=80, key=desk.key("canned", "text"))
            keeps = st.form_submit_button("Keep it")
        if keeps:
            with desk.act("canned") as session:
                desk.say(f"the canned answer {talk.keep_canned(session, name, text).name} is kept")
