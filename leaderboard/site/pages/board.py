"""The board: who stands where, and how sure that is."""

from functools import partial
from urllib.parse import quote

import streamlit as st

from leaderboard.board.entries import without_a_rank
from leaderboard.public.data import public_data
from leaderboard.site import again, news, opened, parts, words
from leaderboard.site.board import seen, sentences
from leaderboard.site.board.table import part_of
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from leaderboard.site.results import page as results
from leaderboard.site.stages import Stage, stage_of, told_at
from leaderboard.store.queries import now

EVERYBODY = "All teams"
AMONG_ALL = "Ranks are those among all teams."
TEAM = "team"  # whose row an address names
SECONDS = 3  # between two looks for something new


def show(site: Site) -> None:
    """Draw the page."""
    if site.event.phase() == "before" and not opened.previews(site):
        parts.to_come(site)
        return
    track = parts.choose_track(site)
    view = site.boards.now(track)
    if view.published_at:
        results.show(site, track, view)
        return
    challenge, found = site.tracks[track]
    st.header(words.plain(words.track_title(challenge, found)), anchor=False)
    team = news.who(site).team
    _draw(site, track, team.name if team else None)


@again.every(SECONDS)
def _draw(site: Site, track: str, own: str | None) -> None:
    view = site.boards.now(track)
    if view.published_at:
        st.rerun()
    stage = stage_of(site.event, view)
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.secrecy_badge(view.secret)
        st.caption(words.plain(stage.line(view, words.reader_zone())))
    if view.entries:
        _board(site, view, stage, own)
    elif not view.unranked:
        st.info(stage.empty(words.reader_zone()), icon=":material/flag:")
    for sentence in without_a_rank(view.unranked):
        st.caption(words.plain(sentence))


def _board(site: Site, view: Snapshot, stage: Stage, own: str | None) -> None:
    """Draw the table with all that explains it, then how it came to be."""
    table, zone = seen.table_of(site, view), words.reader_zone()
    bracket = _bracket(site)
    place, pages = st.container(), part_of(view.entries, bracket, 1).pages
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    place.html(table.html(part_of(view.entries, bracket, page), own, st.query_params.get(TEAM)))
    st.html(view.once("legend", partial(sentences.legend, table.track, table.axis)))
    ranks = sentences.ranks(view, told_at(site.event, view), zone, live=not (stage.over or stage.frozen))
    st.markdown(
        f"{stage.meaning(view, zone)} {ranks} {AMONG_ALL if bracket else ''}\n\n"
        f"{_gap(site, view)} {sentences.also(view, table.track)}"
    )
    address = f"/api/v1/tracks/{quote(view.track)}/board"
    parts.downloads({"CSV": f"{address}.csv", "JSON": address})
    progress = seen.progress(site, view, own, now())
    if progress:
        st.subheader("Progress", anchor=False)
        st.html(progress + seen.steps_html(site, view, zone))


def _bracket(site: Site) -> str | None:
    """Ask for a bracket, where there are some."""
    brackets = site.event.config.brackets
    if not brackets:
        return None
    chosen = st.segmented_control(
        "Bracket",
        [EVERYBODY, *brackets],
        default=EVERYBODY,
        required=True,
        key="bracket",
        bind="query-params",
        on_change=_from_the_first_page,
    )
    return None if chosen == EVERYBODY else chosen


def _from_the_first_page() -> None:
    st.session_state["page"] = 1


def _gap(site: Site, view: Snapshot) -> str:
    return view.once("gap", lambda: sentences.gap(public_data(site.event, view.track).facts()))


if __name__ == "__main__":
    opened.run(show)
