"""The board: who stands where, and how sure that is."""

from datetime import tzinfo
from functools import partial

import streamlit as st

from challenges.spec import Track
from leaderboard.board.entries import Entry, without_a_rank
from leaderboard.intake.circuits import WHAT_IT_MEANS
from leaderboard.site import again, opened, parts, picture, words
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from leaderboard.site.results import page as results
from leaderboard.site.stages import Stage, stage_of
from scoring.metrics import METRICS

SECONDS = 2  # between two looks for something new


def show(site: Site) -> None:
    """Draw the page."""
    if site.event.phase() == "before" and not opened.previews(site):
        parts.to_come(site)
        return
    track = parts.choose_track(site)
    challenge, found = site.tracks[track]
    view, zone = site.boards.now(track), words.reader_zone()
    if view.published_at:
        results.show(site, track, view)
        return
    stage = stage_of(site.event, view)
    st.header(words.plain(f"{challenge.title}: {found.title}"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.secrecy_badge(view.secret)
        _watch(site, track, view, stage)
    if not view.entries:
        if not view.unranked:
            st.info(stage.empty(zone), icon=":material/flag:")
        _without_a_rank(view)
        return
    decimals = words.decimals(view.step)
    names = view.once("names", partial(picture.labels, view.entries, challenge.id))
    _picture(view, names, found, decimals)
    st.markdown(stage.meaning(view, zone) + _also(view, found))
    table = partial(_table, view, names, decimals, zone, circuits=found.circuit is not None)
    st.html(view.once(("table", str(zone)), table))
    _without_a_rank(view)


def _without_a_rank(view: Snapshot) -> None:
    for sentence in without_a_rank(view.unranked):
        st.caption(words.plain(sentence))


@again.every(SECONDS)
def _watch(site: Site, track: str, drawn: Snapshot, stood: Stage) -> None:
    """Say what waits, and draw the page anew only when the board, or where it stands, is not what was drawn."""
    view = site.boards.now(track)
    stage = stage_of(site.event, view)
    if (view, stage) != (drawn, stood):
        st.rerun()
    st.caption(words.plain(stage.line(view, words.reader_zone())))


def _picture(view: Snapshot, names: list[str], track: Track, decimals: int) -> None:
    best = view.entries[0]
    title, greater_is_better = words.metric_title(track), METRICS[track.metric].greater_is_better

    def drawn() -> dict:
        # Altair checks a whole schema, which takes longer than all else.
        return picture.picture(
            view.entries, names, title=title, greater_is_better=greater_is_better, decimals=decimals
        ).to_dict()

    st.vega_lite_chart(
        view.once("picture", drawn),
        width="stretch",
        alt=f"{len(view.entries)} scores with 95% intervals; best: {names[0]}, {best.value:.{decimals}f}",
    )


def _also(view: Snapshot, track: Track) -> str:
    ghosts = " Dashed: baselines, not ranked." if any(entry.kind != "team" for entry in view.entries) else ""
    also = ghosts + (f" {WHAT_IT_MEANS}" if track.circuit else "")
    also += f" **{words.plain(track.exhibition_note)}**" if track.exhibition else ""
    return also


def _table(view: Snapshot, names: list[str], decimals: int, zone: tzinfo, *, circuits: bool) -> str:
    observed = any(entry.observed for entry in view.entries)
    rows = [
        (
            "" if entry.kind == "team" else "ghost",
            (
                entry.rank or "",
                *([entry.rank_range] if view.published_at else []),
                _who(name, entry),
                f"{entry.value:.{decimals}f}",
                f"{entry.low:.{decimals}f} – {entry.high:.{decimals}f}",
                *([entry.circuit] if circuits else []),
                *([entry.recordings] if observed else []),
                entry.submissions,
                words.moment(entry.received_at, zone),
            ),
        )
        for name, entry in zip(names, view.entries, strict=True)
    ]
    columns = [
        ("Rank", "number"),
        *([("Rank range", "number")] if view.published_at else []),
        ("Team", ""),
        ("Score", "number"),
        ("95% interval", "number"),
        *([("Circuit (declared)", "")] if circuits else []),
        *([("Observed, for interest", "number")] if observed else []),
        ("Files", "number spare"),
        ("Received", "number spare"),
    ]
    return parts.table_html(columns, rows, label="Board")


def _who(name: str, entry: Entry) -> str | parts.Noted:
    if entry.kind != "team":
        return f"{name} (baseline)"
    return parts.Noted(name, ", ".join(entry.members)) if entry.members else name


if __name__ == "__main__":
    opened.run(show)
