"""Of the desk: which file of each team decides, or would; never what it scored."""

import streamlit as st

from leaderboard.intake.choices import choices
from leaderboard.site import parts
from leaderboard.site.desk.frame import Desk
from leaderboard.site.words import plain
from leaderboard.store.queries import track_state


def show(desk: Desk) -> None:
    """Draw the part."""
    track = desk.choose_track()
    with desk.site.store.read() as session:
        found, state = choices(session, desk.site.event, track), track_state(session, track)
    none = [one for one in found if not one.decided]
    missing = [one for choice in found for one in choice.missing]
    stands = (
        "published" if state.published_at else "chosen, not published" if state.finals is not None else "not chosen yet"
    )
    without = "Teams that chose none" if state.finals is None else "Teams without a final"
    parts.facts({"Finals": stands, "Teams": len(found), without: len(none), "Files missing": len(missing)})
    if missing:
        st.warning(
            "Missing or damaged: "
            + plain(", ".join(f"no. {one.id} of {one.team.name} ({one.filename})" for one in missing))
            + ". Let their teams send them again, which restores them, or take them out by `physathon exclude`.",
            icon=":material/warning:",
        )
    rows = [
        (
            "ghost" if one.team.out or not one.decided else "",
            (
                one.team.name,
                one.final.id if one.final else "",
                one.final.filename if one.final else "",
                one.said,
            ),
        )
        for one in found
    ]
    parts.table([("Team", ""), ("No.", "number"), ("File", ""), ("Chosen", "")], rows, label=f"Finals of {track}")
