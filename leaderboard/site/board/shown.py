"""A board as pages show it: the table with all that explains it, then how it came to be."""

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial
from html import escape
from urllib.parse import quote

from challenges.spec import ChallengeError
from leaderboard.board.entries import without_a_rank
from leaderboard.public.data import public_data
from leaderboard.site import parts
from leaderboard.site.alive import Part, Said
from leaderboard.site.board import seen, sentences
from leaderboard.site.board.table import part_of
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from leaderboard.site.pages import BRACKET, PAGE, TRACK, page_address
from leaderboard.site.stages import Stage, stage_of, told_at
from leaderboard.site.words import page_number, zone_of
from leaderboard.store.queries import now

OWN, ASKED = "own", "team"
"""What a part's address calls the reader's team, and that whose row the page's address names."""

EVERYBODY = "All teams"
AMONG_ALL = "Ranks are those among all teams."
SECONDS = 3


def board_html(site: Site, said: Said) -> str:
    """Return the board of the track that is named, as HTML.

    Parameters
    ----------
    site : Site
    said : mapping of str to str
        ``track`` by its full name, and where they are asked for ``zone``, ``bracket``, ``page``, ``own`` and ``team``.

    Raises
    ------
    ChallengeError
        If no track is named.
    EventError
        If it has no data yet.
    """
    if TRACK not in said:
        raise ChallengeError("expected the name of a track")
    view, zone = site.boards.now(said[TRACK]), zone_of(said.get("zone"))
    stage = stage_of(site.event, view)
    line = f"{parts.secrecy_html(view.secret)} {escape(stage.line(view, zone))}"
    shown = [f'<p class="physathon-caption">{line}</p>']
    if view.entries:
        shown += _board(site, view, stage, zone, said)
    elif not view.unranked:
        shown.append(f'<p class="physathon-empty">{escape(stage.empty(zone))}</p>')
    return "".join([*shown, *map(parts.caption_html, without_a_rank(view.unranked))])


def _board(site: Site, view: Snapshot, stage: Stage, zone: tzinfo, said: Said) -> Iterator[str]:
    table, bracket, own = seen.table_of(site, view), _bracket(site, said), said.get(OWN)
    part = part_of(view.entries, bracket, page_number(said.get(PAGE)))
    yield _brackets(site, view.track, bracket)
    yield table.html(part, own, said.get(ASKED))
    kept = {BRACKET: bracket} if bracket else {}
    yield parts.pages_html(part.page, part.pages, lambda page: _here(view.track, **kept, **{PAGE: str(page)}))
    yield view.once("legend", partial(sentences.legend, table.track, table.axis))
    ranks = sentences.ranks(view, told_at(site.event, view), zone, live=not (stage.over or stage.frozen))
    yield parts.said_html(
        f"{stage.meaning(view, zone)} {ranks} {AMONG_ALL if bracket else ''}\n\n"
        f"{_gap(site, view)} {sentences.also(view, table.track)}"
    )
    address = f"/api/v1/tracks/{quote(view.track)}/board"
    yield parts.downloads_html({"CSV": f"{address}.csv", "JSON": address})
    progress = seen.progress(site, view, own, now())
    if progress:
        yield f"<h3>Progress</h3>{progress}{seen.steps_html(site, view, zone)}"


def _brackets(site: Site, track: str, bracket: str | None) -> str:
    """Return the way to the teams of each bracket, where there are some."""
    brackets = site.event.config.brackets
    if not brackets:
        return ""
    links = [(EVERYBODY, _here(track), bracket is None)]
    links += [(one, _here(track, **{BRACKET: one}), bracket == one) for one in brackets]
    return f'<nav class="physathon-brackets" aria-label="Brackets">{"".join(_link(*one) for one in links)}</nav>'


def _link(text: str, address: str, here: bool) -> str:
    current = ' aria-current="true"' if here else ""
    return f'<a href="{escape(address)}"{current}>{escape(text)}</a>'


def _here(track: str, **said: str) -> str:
    return page_address("board", track, **said)


def _bracket(site: Site, said: Said) -> str | None:
    asked = said.get(BRACKET)
    return asked if asked in site.event.config.brackets else None


def _gap(site: Site, view: Snapshot) -> str:
    return view.once("gap", lambda: sentences.gap(public_data(site.event, view.track).facts()))


BOARD = Part("board", board_html, SECONDS)
