"""Of the team page: who is in the team, how others join it, and a member's own token and second device."""

import streamlit as st

from leaderboard.people import codes, members, teams
from leaderboard.people.sessions import Visitor
from leaderboard.site import again, opened, parts, words
from leaderboard.site.opened import Site
from leaderboard.site.words import plain
from leaderboard.store.tables import Member, Team

SECONDS = 3  # between two looks at who is in the team


def show(site: Site, visitor: Visitor) -> None:
    """Draw the team's members, its join code, and what is a member's own."""
    assert visitor.team
    _members(site, visitor.team)
    if not visitor.team.out and site.event.phase() != "closed":
        with st.expander("Let others join", icon=":material/group_add:"):
            _join_code(site, visitor.team)
    if visitor.member:
        with st.expander("Your token, your devices, your data", icon=":material/key:"):
            _own(site, visitor.member)
    else:
        st.caption(
            "This browser is signed in by the team's token. Who [joins](/join) by the team's code is a member, with a "
            "token of their own."
        )


@again.every(SECONDS)
def _members(site: Site, drawn: Team) -> None:
    """List who is in the team now; the page is drawn anew once it is about another team, or this one is out."""
    reader = opened.visitor(site)
    team, me = reader.team, reader.member
    if team is None or (team.id, team.out) != (drawn.id, drawn.out):
        st.rerun()
    with site.store.read() as session:
        found = members.members_of(session, team)
    st.subheader("Members", anchor=False)
    if not found:
        st.caption("Nobody has joined by name yet.")
        return
    zone = words.reader_zone()
    rows = [
        (
            "",
            (
                f"{one.name} (you)" if me and one.id == me.id else one.name,
                one.affiliation or "",
                words.moment(one.joined_at, zone),
            ),
        )
        for one in found
    ]
    parts.table([("Name", ""), ("Affiliation", ""), ("Joined", "spare")], rows, label="Members")
    most = site.event.config.largest_team
    limit = f" A team has at most {most} members." if most else ""
    st.caption(f"Only your team and the organiser see this.{limit}")


def _join_code(site: Site, team: Team) -> None:
    shown = st.container()
    renew = st.button("New code", icon=":material/refresh:", help="The old one stops working.")
    with site.store.read() as session:
        code = session.get_one(Team, team.id).code
    if code is None or renew:
        with site.store.write() as session:
            mine = session.get_one(Team, team.id)
            code = members.renew_code(session, mine) if renew else members.code_of(mine)
    with shown:
        parts.code(site, code, "Whoever has this code joins your team: scan it, or type it on the page Join.")


def _own(site: Site, member: Member) -> None:
    zone = words.reader_zone()
    st.markdown("**Your token**, for programs and the kit's `submit.py`.")
    with st.container(horizontal=True):
        make = st.button("Make a new token", icon=":material/key:", help="The one before stops working.")
        revoke = st.button("Revoke it", icon=":material/delete:")
    if make:
        with site.store.write() as session:
            secret = teams.issue_token(session, member.team, member=session.get_one(Member, member.id))
        st.code(secret, language=None, wrap_lines=True)
        st.caption("It is shown this once: copy it now. The event keeps its digest alone.")
    elif revoke:
        with site.store.write() as session:
            teams.revoke_token(session, member)
    with site.store.read() as session:
        token = teams.token_of_member(session, member)
    if token is None:
        st.caption("You have none.")
    else:
        used = f"last used {words.moment(token.last_used_at, zone)}" if token.last_used_at else "not used yet"
        st.caption(f"Made {plain(words.moment(token.created_at, zone))}, {plain(used)}.")
    st.markdown("**A second device**, signed in as you.")
    if st.button("Show a code", icon=":material/qr_code_2:"):
        with site.store.write() as session:
            code = codes.code_for_device(session, session.get_one(Member, member.id))
        minutes = int(codes.DEVICE_LIFE.total_seconds() / 60)
        parts.code(site, code, f"Scan it with the device, or type it on the page Join, within {minutes} minutes; once.")
    st.markdown("**What is kept of you**: [see, download or delete it](/privacy).")
