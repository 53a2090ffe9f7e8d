"""Of the desk: one team, who is in it, and what is done to it."""

import shlex
from datetime import timedelta

import streamlit as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.people import codes, members, organising, teams
from leaderboard.people.organising import LONGEST_REASON, Listed
from leaderboard.public import places
from leaderboard.site import parts, words
from leaderboard.site.desk.frame import Desk
from leaderboard.site.words import plain
from leaderboard.store.tables import Member, Out, Submission, Team

MEMBERS_CODE = timedelta(hours=1)
WHAT: dict[str, Out | None] = {"withdraw": "withdrawn", "disqualify": "disqualified", "restore": None}


def show(desk: Desk, number: str) -> None:
    """Draw a team by its number."""
    st.page_link("pages/desk.py", label="All teams", icon=":material/arrow_back:", query_params={"part": "teams"})
    with desk.site.store.read() as session:
        named = select(Team.id, Team.name).where(Team.kind == "team").order_by(Team.id)
        names = {str(one): name for one, name in session.execute(named)}
        mine = organising.listed(session, Team.id == int(number)) if number in names else []
    if not mine:
        st.info("There is no such team.", icon=":material/search_off:")
        return
    (found,) = mine
    team, zone = found.team, words.reader_zone()
    st.subheader(plain(team.name), anchor=False)
    out = f"{team.out}{f': {team.out_because}' if team.out_because else ''}" if team.out else "takes part"
    seen = words.moment(found.seen_at, zone) if found.seen_at else "never"
    about = {
        "Number": team.id,
        "Bracket": team.bracket or "none",
        "Files": found.files,
        "Last seen": seen,
        "State": out,
    }
    parts.facts(about)
    _members(found)
    _let_in(desk, found)
    if desk.may():
        with st.expander("Rename it, change its bracket, move a member", icon=":material/edit:"):
            _name(desk, team)
            _bracket(desk, team)
            _move(desk, found, {int(one): name for one, name in names.items() if one != number})
        with st.expander("Take it out of the event, or put it back", icon=":material/block:"):
            _out(desk, team)


def _members(found: Listed) -> None:
    zone = words.reader_zone()
    rows = [("", (one.id, one.name, one.affiliation or "", words.moment(one.joined_at, zone))) for one in found.members]
    if rows:
        columns = [("No.", "word"), ("Member", ""), ("Affiliation", "spare"), ("Joined", "spare")]
        parts.table(columns, rows, label="Members")
    else:
        st.caption("Nobody has joined by name yet.")


def _let_in(desk: Desk, found: Listed) -> None:
    """Offer what brings somebody in: codes that are scanned, and the token that programs need."""
    team = found.team
    with st.container(horizontal=True):
        joins = st.button("Show its join code", icon=":material/qr_code_2:")
        renews = st.button("New join code", help="The old one joins nobody any more.")
        token = st.button("New token", icon=":material/key:", help="All of its tokens of before stop working.")
    if joins or renews:
        with desk.act("let in", "helper") as session:
            mine = session.get_one(Team, team.id)
            code = members.renew_code(session, mine) if renews else members.code_of(mine)
            desk.say(f"Whoever has this code joins {mine.name}.", code=code)
    if token:
        with desk.act("let in", "helper") as session:
            mine = session.get_one(Team, team.id)
            teams.revoke_tokens(session, mine)
            desk.say(
                f"{mine.name} has a new token; the old ones stop working:", secret=teams.issue_token(session, mine)
            )
    if found.members:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            names = {one.id: f"{one.name} (no. {one.id})" for one in found.members}
            number = st.selectbox("Member", names, format_func=names.__getitem__, width=280, key=f"member of {team.id}")
            signs_in = st.button("A code that signs them in, once")
        if signs_in:
            with desk.act("let in", "helper") as session:
                member = _member(session, number)
                code = codes.issue_code(session, "member", life=MEMBERS_CODE, member=member)
                desk.say(f"No. {number} of {team.name} signs in by this. {codes.serves(1, '1h')}", code=code)


def _member(session: Session, number: int) -> Member:
    found = session.get(Member, number)
    if found is None:
        raise EventError(f"there is no member of number {number} any more")
    return found


def _name(desk: Desk, team: Team) -> None:
    with (
        st.form(desk.key(f"rename {team.id}", "form"), border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("New name", team.name, max_chars=100, key=desk.key(f"rename {team.id}", "name"))
        renames = st.form_submit_button("Rename it")
    if renames:
        with desk.act(f"rename {team.id}") as session:
            new = organising.rename(session, session.get_one(Team, team.id), name)
            places.rename(desk.site.event, team.name, new)
            desk.say(f"{team.name} → {new}")


def _bracket(desk: Desk, team: Team) -> None:
    brackets = desk.site.event.config.brackets
    if not brackets:
        return
    with st.form("bracket", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        at = brackets.index(team.bracket) if team.bracket in brackets else None
        bracket = st.selectbox("Bracket", brackets, index=at, placeholder="none", key=f"bracket {team.id}")
        sets = st.form_submit_button("Put it there")
    if sets:
        with desk.act("bracket") as session:
            organising.set_bracket(session, desk.site.event, session.get_one(Team, team.id), bracket)
            desk.say(f"{team.name}: {bracket or 'no bracket'}")


def _move(desk: Desk, found: Listed, others: dict[int, str]) -> None:
    if not found.members or not others:
        return
    names = {one.id: f"{one.name} (no. {one.id})" for one in found.members}
    with st.form("move", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        who = st.selectbox("Member", names, format_func=names.__getitem__, key=f"who moves from {found.team.id}")
        to = st.selectbox("goes to", others, format_func=others.__getitem__, key=f"where from {found.team.id}")
        moves = st.form_submit_button("Move")
    if moves:
        with desk.act("move") as session:
            team = session.get_one(Team, to)
            taken = organising.move(session, desk.site.event, who, team)
            desk.say(organising.moved(who, team, taken))


def _out(desk: Desk, team: Team) -> None:
    with st.form("out", border=False):
        ways = ["restore"] if team.out else ["withdraw", "disqualify"]
        way = st.radio("What becomes of it", ways, horizontal=True, key=f"out {team.id} {team.out}")
        reason = st.text_input(
            "Why", max_chars=LONGEST_REASON, help=organising.READ_BY, key=desk.key(f"out {team.id}", "reason")
        )
        sets = st.form_submit_button("Do it")
    if sets:
        with desk.act(f"out {team.id}") as session:
            mine = session.get_one(Team, team.id)
            published = organising.published_finals(session, Submission.team_id == team.id)
            if published:
                raise EventError(
                    f"the ranking of {', '.join(published)} is published, and only the judge ranks it anew: run "
                    f"`physathon team {way} {shlex.quote(team.name)} --reason ...` where the judge runs"
                )
            organising.set_out(session, mine, WHAT[way], reason)
            desk.say(f"{mine.name}: {mine.out or 'takes part again'}")
