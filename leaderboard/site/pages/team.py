"""The team: who is in it and how others join, and all of its files with what became of them."""

import streamlit as st

from leaderboard.people.teams import TeamOut, must_take_part
from leaderboard.site import opened, signing
from leaderboard.site.opened import Site
from leaderboard.site.team import files as team_files
from leaderboard.site.team import members as team_members
from leaderboard.site.words import plain


def show(site: Site) -> None:
    """Draw the page."""
    st.header("Team", anchor=False)
    visitor = signing.signed_in(site, "team")
    if visitor is None or visitor.team is None:
        return
    try:
        must_take_part(visitor.team)
    except TeamOut as error:
        st.warning(plain(str(error)), icon=":material/block:")
    team_members.show(site, visitor)
    team_files.show(site, visitor.team)


if __name__ == "__main__":
    opened.run(show)
