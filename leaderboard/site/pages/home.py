"""Home: the event at a glance, standings over all tracks, and the way to each of them."""

import streamlit as st

from leaderboard.board.overall import overall
from leaderboard.site import again, opened, parts, words
from leaderboard.site.opened import Site

SECONDS = 2  # between two looks for something new


def show(site: Site) -> None:
    """Draw the page."""
    if site.event.phase() == "before" and not opened.previews(site):
        parts.to_come(site)
        return
    _standings(site)


@again.every(SECONDS)
def _standings(site: Site) -> None:
    boards = {track: site.boards.now(track).entries for track in site.tracks}
    totals = overall(
        {track: entries for track, entries in boards.items() if not site.event.not_out(track.partition(".")[0])}
    )
    st.header("Standings", anchor=False)
    if not totals:
        st.caption("No team is on a board yet.")
    rows = [("", (one.rank_range, one.team, f"{one.points:.1f}", f"{one.low:.1f} – {one.high:.1f}")) for one in totals]
    columns = [("Rank", "number"), ("Team", ""), ("Points", "number"), ("95% interval", "number")]
    if rows:
        parts.table(columns, rows, label="Standings")
    st.header("Tracks", anchor=False)
    tracks = [
        (
            "",
            (
                parts.Link(words.track_title(*site.tracks[track]), parts.board_of(*site.tracks[track])),
                len(boards[track]),
            ),
        )
        for track in boards
    ]
    parts.table([("Track", ""), ("On the board", "number")], tracks, label="Tracks")


if __name__ == "__main__":
    opened.run(show)
