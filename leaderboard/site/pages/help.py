"""Help: what was announced, what was asked and answered, and a question of one's own."""

import html

import streamlit as st

from challenges.spec import ChallengeError, find_track
from leaderboard.event import EventError
from leaderboard.people import talk
from leaderboard.people.sessions import Visitor
from leaderboard.site import again, news, opened, parts, words
from leaderboard.site.opened import Site
from leaderboard.site.pages import page_address
from leaderboard.site.words import plain

ASKED = "questions asked"  # in this tab
SECONDS = 2  # between two looks for something new


def show(site: Site) -> None:
    """Draw the page."""
    st.header("Help", anchor=False)
    reader = news.who(site)
    if reader.team:
        _ask(site, reader)
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Teams that are signed in ask the organiser here.", width="content")
            parts.way("Sign in", page_address("submit"))
    _said(site)


def _ask(site: Site, reader: Visitor) -> None:
    """Take a question; a field of a new name is empty."""
    assert reader.team
    number = st.session_state.setdefault(ASKED, 0)
    with st.form(f"question {number}", border=False):
        text = st.text_area(
            "Your question to the organiser",
            max_chars=talk.LONGEST,
            help="Only the organiser reads it, and who asked. Answered to all, it is shown without your name.",
        )
        about = st.selectbox("It is about", [None, *_tracks(site)], format_func=_about)
        if not st.form_submit_button("Ask", type="primary"):
            return
    try:
        with site.store.write() as session:
            talk.ask(session, site.event, reader.team, text, track=about, member=reader.member)
    except (EventError, ChallengeError) as error:
        st.error(plain(str(error)))
        return
    st.session_state[ASKED] = number + 1
    st.rerun()


def _tracks(site: Site) -> list[str]:
    try:
        return list(site.tracks)
    except EventError:
        return []


def _about(track: str | None) -> str:
    return words.track_title(*find_track(track)) if track else "the event at large"


@again.every(SECONDS)
def _said(site: Site) -> None:
    """Show what the reader may read, as it stands now."""
    team, mine = news.who(site).team, []
    if team:
        with site.store.read() as session:
            mine = talk.questions_of(session, team)
    own = {question.id for question in mine}
    told = talk.meant_for(None, site.news.now())
    answered = [(one, one.question) for one in told if one.question and one.question.number not in own]
    announced = [one for one in told if not one.question]
    zone = words.reader_zone()
    if mine:
        st.subheader("Your questions", anchor=False)
    for question in mine:
        with st.container(border=True):
            _head(f"No. {question.id} · {words.moment(question.asked_at, zone)}", question.track, question.text)
            if question.answer is None or question.answered_at is None:
                st.caption("Not answered yet.")
            else:
                whom = "Answered to all" if question.to_all else "Answered"
                _text(f"<strong>{whom}</strong> · {words.moment(question.answered_at, zone)}", question.answer)
    if answered:
        st.subheader("Answered to all", anchor=False)
    for one, question in answered:
        with st.container(border=True):
            _head(f"No. {question.number}", question.track, question.text)
            _text(f"<strong>Answered</strong> · {words.moment(one.at, zone)}", one.text)
    st.subheader("Announcements", anchor=False)
    for one in announced:
        with st.container(border=True):
            _text(words.moment(one.at, zone), one.text)
    if not announced:
        st.caption("None yet.")


def _head(head: str, track: str | None, text: str) -> None:
    """Show a question letter by letter, with its line breaks."""
    about = f" · {html.escape(_about(track))}" if track else ""
    st.html(f'<p class="physathon-said">{head}{about}</p><p class="physathon-text">{html.escape(text)}</p>')


def _text(head: str, text: str) -> None:
    """Show what the organiser wrote."""
    st.html(f'<p class="physathon-said">{head}</p>')
    st.markdown(text)


if __name__ == "__main__":
    opened.run(show)
