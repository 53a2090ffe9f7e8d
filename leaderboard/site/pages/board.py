"""The board: who stands where, and how sure that is."""

from datetime import tzinfo
from functools import partial

import streamlit as st

from challenges.spec import Track
from leaderboard.board import without_a_rank
from leaderboard.intake.circuits import WHAT_IT_MEANS
from leaderboard.public import places
from leaderboard.site import opened, parts, picture, words
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from scoring.metrics import METRICS

OBSERVED_MEANS = (
    "Observed: the share of real recordings that raise an alarm which only 5% of simulated empty ones raise, or where "
    "both kinds are known the track's own metric, with its 95% interval. A handful of recordings, none proven empty: "
    "it decides nothing. From 0 to 1 means that the empty ones are too few to set the threshold."
)
PLACES_MEAN = (
    "**What all models make of each recording.** Shares of simulated rows without a signal, seen through the "
    "recording's own beam and noise, that score lower than it. Where one model says 0.99 and another 0.2, nothing was "
    "found out about the recording, only about the models."
)
SECONDS = 2  # between two looks for something new


def show(site: Site) -> None:
    """Draw the page."""
    track = parts.choose_track(site)
    challenge, found = site.tracks[track]
    view = site.boards.now(track)
    st.header(words.plain(f"{challenge.title}: {found.title}"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.secrecy_badge(view.secret)
        _watch(site, track, view)
    if not view.entries:
        st.info("No file has been judged yet. The first one opens the board.", icon=":material/flag:")
        return
    decimals = words.decimals(found.step) + 2 if view.published_at else words.decimals(view.step)
    names = view.once("names", partial(picture.labels, view.entries, challenge.id))
    _picture(view, names, found, decimals)
    st.markdown(_what_is_shown(view, found))
    zone = words.reader_zone()
    table = partial(_table, view, names, decimals, zone, circuits=found.circuit is not None)
    st.html(view.once(("table", str(zone)), table))
    if view.published_at:
        _places(site, track)
    for sentence in without_a_rank(view.unranked):
        st.caption(words.plain(sentence))


def _places(site: Site, track: str) -> None:
    """Show the spread of the models on each recording, if there are some."""
    spreads = places.spreads(site.event, track)
    if not spreads:
        return
    st.markdown(PLACES_MEAN)
    columns = [("Recording", ""), *((name, "number") for name in ("Lowest", "Median", "Highest")), ("", "")]
    rows = [
        ("", (one.recording, f"{one.lowest:.2f}", f"{one.middle:.2f}", f"{one.highest:.2f}", one.verdict))
        for one in spreads
    ]
    st.html(parts.table_html(columns, rows, label="Recordings"))


@st.fragment(run_every=SECONDS)
def _watch(site: Site, track: str, drawn: Snapshot) -> None:
    """Say what waits, and draw the page anew only when the board is another than the one drawn."""
    view = site.boards.now(track)
    if view != drawn:
        st.rerun()
    if view.published_at:
        st.caption(f"published {words.moment(view.published_at, words.reader_zone())}")
    else:
        waits = {0: "no file waits", 1: "1 file waits"}.get(view.waiting, f"{view.waiting} files wait")
        st.caption(f"live · {waits} for the judge")


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


def _what_is_shown(view: Snapshot, track: Track) -> str:
    ghosts = " Dashed: baselines, not ranked." if any(entry.kind != "team" for entry in view.entries) else ""
    also = ghosts + (f" {WHAT_IT_MEANS}" if track.circuit else "")
    also += f" **{words.plain(track.exhibition_note)}**" if track.exhibition else ""
    also += f" {OBSERVED_MEANS}" if any(entry.observed for entry in view.entries) else ""
    if view.published_at:
        return (
            "**Final ranking.** Each team's final file on the private slice, which nobody was scored on before: "
            "exact values with their 95% intervals. The rank range holds every rank that a team may truly have, "
            f"with 95% confidence in all of them at once.{also}"
        )
    return (
        "Each team's best file on the public slice, with its 95% interval; chosen among as many files as it sent, it "
        f"looks a little better than it is. Scores are on a grid of {view.step:g} and move only when a new file beats "
        f"the old best by more than the noise.{also}"
    )


def _table(view: Snapshot, names: list[str], decimals: int, zone: tzinfo, *, circuits: bool) -> str:
    observed = any(entry.observed for entry in view.entries)
    rows = [
        (
            "" if entry.kind == "team" else "ghost",
            (
                entry.rank or "",
                *([entry.rank_range] if view.published_at else []),
                name if entry.kind == "team" else f"{name} (baseline)",
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


if __name__ == "__main__":
    opened.run(show)
