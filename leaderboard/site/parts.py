"""What the pages are made of: tables, facts, the choice of a track, the badge of secrecy."""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

import streamlit as st

from challenges.spec import Challenge, Track
from leaderboard import qr
from leaderboard.people.codes import address_of
from leaderboard.serve import is_loopback
from leaderboard.site import navigation, opened, signing
from leaderboard.site.markdown import MARKDOWN
from leaderboard.site.opened import Site
from leaderboard.site.pages import page_address
from leaderboard.site.words import plain
from leaderboard.store.queries import SECRECY

SECRET_MEANS = "Nobody has seen these labels."
OPEN_MEANS = "The labels of this data set are public and can be looked up, so its scores prove little."
MOST_PAGES = 7
"""Pages beside the one that is looked at to which links lead."""

HERE_ALONE = "This address works on this machine alone: others need one that the organiser serves in the network."


@dataclass(frozen=True)
class Link:
    """A cell of a table that leads somewhere on this site."""

    text: str
    address: str

    def __str__(self) -> str:
        return f'<a href="{html.escape(self.address)}">{html.escape(self.text)}</a>'


@dataclass(frozen=True)
class Noted:
    """A cell of a table with something smaller below."""

    text: str
    note: str

    def __str__(self) -> str:
        return f"{html.escape(self.text)}<small>{html.escape(self.note)}</small>"


def table(columns: Sequence[tuple[str, str]], rows: Iterable[tuple[str, Sequence[object]]], *, label: str) -> None:
    """Show a table; see `table_html`."""
    st.html(table_html(columns, rows, label=label))


def table_html(columns: Sequence[tuple[str, str]], rows: Iterable[tuple[str, Sequence[object]]], *, label: str) -> str:
    """Return a table; every cell is shown as written, so that names and file contents cannot become HTML.

    Parameters
    ----------
    columns : sequence of (title, style)
        Styles are classes of tables.css: ``number``, ``code``, ``word`` (never broken), ``words`` (broken between words
        alone), ``spare`` (not on a phone).
    rows : iterable of (style, cells)
        The style ``ghost`` dims a row, ``mark`` makes it stand out. A cell may be a `Link`, a `Noted`, or a list.
    label : str
        What the table is, for those who hear it.
    """
    styles = [style for _, style in columns]
    head = "".join(f'<th scope="col" class="{style}">{html.escape(title)}</th>' for title, style in columns)
    body = "".join(
        f'<tr class="{row_style}">'
        + "".join(f'<td class="{style}">{_cell(cell)}</td>' for style, cell in zip(styles, cells, strict=True))
        + "</tr>"
        for row_style, cells in rows
    )
    return (
        f'<table class="physathon" aria-label="{html.escape(label)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(cell: object) -> str:
    if isinstance(cell, list):
        return " · ".join(map(_cell, cell))
    return str(cell) if isinstance(cell, Link | Noted) else html.escape(str(cell))


def facts(pairs: Mapping[str, object]) -> None:
    """Show names and values one below the other, as written."""
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>'
        for name, value in pairs.items()
    )
    st.html(f'<table class="physathon facts"><tbody>{rows}</tbody></table>')


def typed_html(text: str) -> str:
    """Return what one types in a terminal, to be copied whole by one click.

    Streamlit's own block of code would load half a megabyte for its colours.
    """
    return f'<pre class="physathon-typed" tabindex="0">{html.escape(text)}</pre>'


def download(text: str, address: str) -> None:
    """Draw a link by which the browser keeps what this site answers there as a file."""
    st.html(_download(text, address), width="content")


def downloads_html(addresses: Mapping[str, str]) -> str:
    """Return such links side by side, by what they are called."""
    return f'<p class="physathon-downloads">{"".join(_download(*one) for one in addresses.items())}</p>'


def _download(text: str, address: str) -> str:
    return f'<a class="physathon-download" href="{html.escape(address)}" download>{html.escape(text)}</a>'


def said_html(markdown: str) -> str:
    """Return sentences, written in Markdown, as HTML."""
    return f'<div class="physathon-sentences">{MARKDOWN.render(markdown)}</div>'


def caption_html(text: str) -> str:
    """Return a line in small print, as written."""
    return f'<p class="physathon-caption">{html.escape(text)}</p>'


def pages_html(page: int, pages: int, address: Callable[[int], str]) -> str:
    """Return links to the pages of a table: the first, the last, and those around the one that is looked at."""
    if pages < 2:
        return ""
    first = max(1, min(page - MOST_PAGES // 2, pages - MOST_PAGES + 1))
    shown = sorted({1, *range(first, min(first + MOST_PAGES, pages + 1)), pages})
    links = []
    for before, at in pairwise([0, *shown]):
        links += ["<span>…</span>"] if at > before + 1 else []
        here = ' aria-current="page"' if at == page else ""
        links.append(f'<a href="{html.escape(address(at))}" aria-label="Page {at}"{here}>{at}</a>')
    return f'<nav class="physathon-paging" aria-label="Pages of the table">{"".join(links)}</nav>'


def way(text: str, address: str) -> None:
    """Draw a link to a page of this site, which is followed in place."""
    st.html(f'<a class="physathon-way" href="{html.escape(address)}">{html.escape(text)}</a>', width="content")


def to_come(site: Site) -> None:
    """Say when the event opens, and what it will ask."""
    config = site.event.config
    st.info(f"{plain(opened.opens(config.name, config.opens))}.", icon=":material/hourglass_empty:")
    st.header("What will be asked", anchor=False)
    for challenge in map(site.event.challenge, config.challenges):
        st.markdown(f"**{plain(challenge.title)}**  \n{plain(challenge.summary)}")
        if config.out_at(challenge.id) > config.opens:
            st.caption(f"{plain(opened.opens('It', config.out_at(challenge.id)))}.")


def choose_track(found: Site) -> str:
    """Draw the way to the other tracks, and return the one that the page is about, as its address then says.

    Raises
    ------
    leaderboard.event.NotOut
        If it is not out yet.
    """
    track = navigation.choose_track(found)
    opened.must_be_out(found, found.tracks[track][0].id)
    return track


def board_of(challenge: Challenge, track: Track) -> str:
    """Return the address of a track's board, as a browser keeps it."""
    return page_address("board", challenge.full_name(track))


def secrecy_badge(secret: bool) -> None:
    """Say wherever scores are shown or sent whether the labels could be looked up."""
    st.html(secrecy_html(secret), width="content")


def secrecy_html(secret: bool) -> str:
    """Return that as HTML."""
    style, says = ("secret", SECRET_MEANS) if secret else ("open", OPEN_MEANS)
    return f'<span class="physathon-badge {style}" title="{says}">{SECRECY[secret]}</span>'


def code(found: Site, code: str, says: str, *, large: bool = False) -> None:
    """Show a code to be typed, and the address that has it behind #, which is sent to no server, to be scanned.

    A ``large`` one can be read off a projector.
    """
    where = signing.place(found)
    picture = f'<img src="{html.escape(qr.as_picture(address_of(where, code)))}" alt="QR code of the address">'
    style = "physathon-code large" if large else "physathon-code"
    st.html(f'<div class="{style}">{picture}<p><strong>{html.escape(code)}</strong><br>{html.escape(says)}</p></div>')
    if is_loopback(urlsplit(where).hostname or "localhost"):
        st.caption(HERE_ALONE)
