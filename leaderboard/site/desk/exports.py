"""Of the desk: files of boards, participants, receipts and the audit log."""

import streamlit as st

from leaderboard.site import exports
from leaderboard.site.desk.frame import Desk

WHAT = {
    "boards": "Boards: what everybody can see of every track by now.",
    "participants": f"Participants: who is in which team. {exports.PERSONAL}",
    "receipts": "Receipts: every one that was given, as it was signed; in JSON each verifies as it is.",
    "audit": "Audit log: who did what and when, whole.",
}


def show(desk: Desk) -> None:
    """Draw the part."""
    for kind, about in WHAT.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(about)
            wanted = [form for form in exports.FORMS if st.button(form.upper(), key=f"{kind} as {form}")]
        for form in wanted:
            with desk.act("exports") as session:
                content, said = exports.export(session, desk.site.event, kind, form)
                desk.say(said, file=(f"{kind}.{form}", content))
    st.caption("In a CSV file a cell that a spreadsheet would run as a formula has a ' before it.")
