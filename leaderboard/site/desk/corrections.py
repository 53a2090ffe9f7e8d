"""Of the desk: corrections of labels, encrypted in the browser; what they would change; the way there and back."""

from collections.abc import Mapping
from math import isnan

import streamlit as st

from leaderboard.event import EventError
from leaderboard.people import desk as asking
from leaderboard.public.corrections import fingerprint, published_key
from leaderboard.site import parts, words
from leaderboard.site.corrections import sealed_corrections
from leaderboard.site.desk.frame import Desk
from leaderboard.site.desk.tasks import tell_asked
from leaderboard.site.words import plain
from leaderboard.store.queries import track_state
from leaderboard.store.tables import Task, TrackState

SHOWN = 3
"""Dry runs of a track."""


def show(desk: Desk) -> None:
    """Draw the part."""
    track = desk.choose_track()
    try:
        key = published_key(desk.site.event)
    except EventError as error:
        st.info(plain(str(error)), icon=":material/hourglass_empty:")
        return
    _give(desk, track, key)
    with desk.site.store.read() as session:
        state = track_state(session, track)
        dry_runs = asking.dry_runs(session, track, SHOWN)
    for task in dry_runs:
        _dry_run(desk, track, task, state)
    if state.earlier_holdouts:
        _roll_back(desk, track)


def _give(desk: Desk, track: str, key: bytes) -> None:
    st.markdown(
        "Corrections are labels. Your browser encrypts the file to the judge's key, and this site keeps what it cannot "
        "read; a dry run then shows who would move, and changes nothing."
    )
    st.markdown(
        f"The judge's key: `{fingerprint(key)}`. Compare it with what `{asking.SHOW_CODES}` shows where the judge "
        "runs: if it is another, give no file."
    )
    command = f"physathon rescore {track} --labels FILE"
    sealed = sealed_corrections(desk.key("corrections", track), key, instead=command)
    if sealed and st.button(f"Ask for a dry run of {plain(sealed.name)}", type="primary"):
        with desk.act("corrections") as session:
            details = {"corrections": sealed.text, "file": sealed.name}
            task = asking.ask(session, desk.site.event, "rescore", track, who=session.info["who"], **details)
            tell_asked(desk, task)


def _dry_run(desk: Desk, track: str, task: Task, state: TrackState) -> None:
    result, done = task.result or {}, words.moment(task.finished_at or task.asked_at, words.reader_zone())
    name = str(result.get("dry_run", ""))
    with st.container(border=True):
        st.markdown(f"**Dry run {plain(name)}** · {plain(task.details.get('file', 'corrections'))} · {done}")
        decimals = 5 if state.published_at else words.decimals(desk.site.boards.now(track).step)
        moves_table(result.get("moves", []), decimals)
        if result.get("holdout") == state.holdout:
            st.caption("This is the board now.")
            return
        st.caption("The switch is to exactly this: should the board have changed since, nothing is switched.")
        if st.button("Make this the board", key=f"switch {task.id}"):
            with desk.act("switch") as session:
                details = {**task.details, "dry_run": name}
                tell_asked(
                    desk, asking.ask(session, desk.site.event, "switch", track, who=session.info["who"], **details)
                )


def moves_table(moves: list[Mapping], decimals: int) -> None:
    """Show who would move, by released values: as `physathon rescore` does."""
    rows = [
        (
            "mark" if move["rank_before"] != move["rank_after"] else "",
            (
                move["team"] if move["kind"] == "team" else f"{move['team']} (baseline)",
                "·" if move["rank_after"] is None else f"{move['rank_before']} → {move['rank_after']}",
                f"{_value(move['value_before'], decimals)} → {_value(move['value_after'], decimals)}",
            ),
        )
        for move in moves
    ]
    parts.table([("Team", ""), ("Rank", "number"), ("Score", "number")], rows, label="What the rescoring changes")


def _value(value: float | None, decimals: int) -> str:
    return "·" if value is None or isnan(value) else f"{value:.{decimals}f}"


def _roll_back(desk: Desk, track: str) -> None:
    st.subheader("Back", anchor=False)
    st.markdown("The board can be made again what it was before the last correction.")
    if st.button("Ask to roll back"):
        with desk.act("roll back") as session:
            tell_asked(desk, asking.ask(session, desk.site.event, "roll back", track, who=session.info["who"]))
