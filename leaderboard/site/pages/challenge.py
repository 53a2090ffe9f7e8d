"""The challenge: what is asked, with which data, and what the organiser has committed to."""

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import streamlit as st

from challenges.manifest import Manifest
from challenges.paper import dark_of
from challenges.spec import Challenge, Track
from leaderboard.public.about import about
from leaderboard.public.data import public_data, revealed_files
from leaderboard.public.ladders import ladder_of
from leaderboard.public.samples import NoSamples, samples
from leaderboard.public.texts import rules
from leaderboard.site import navigation, opened, parts, signing, words
from leaderboard.site.gallery import gallery
from leaderboard.site.kits import kit_in_words, with_curl
from leaderboard.site.opened import Site
from leaderboard.site.plain.verify import address_of
from leaderboard.site.stages import stage_of
from leaderboard.site.terms import slices, terms

PICTURE = re.compile(r"!\[([^][]*)\]\(\s*<?([^()\s>]+)(?:[\s>][^()]*)?\)")
LINK = re.compile(r"(?<!!)\[([^][]+)\]\(\s*<?((?!https?://|mailto:)[^()\s>]+)(?:[\s>][^()]*)?\)")
HTML_PICTURE = re.compile(r"<img\b[^<>]*>")


def show(site: Site) -> None:
    """Draw the page."""
    challenge, _ = site.tracks[navigation.choose_track(site)]
    st.header(words.plain(challenge.title), anchor=False)
    st.markdown(words.plain(challenge.summary))
    opened.must_be_out(site, challenge.id)
    facts = {
        track.id: public_data(site.event, challenge.full_name(track)).facts()
        for track in site.event.tracks_of(challenge)
    }
    _kit(site, challenge, secret=all(one["secret"] for one in facts.values()))
    with suppress(NoSamples):
        st.html(gallery(challenge.id, samples(site.event, challenge.id), st.query_params.get("sample", "")))
    _tracks(site, challenge, facts)
    for part in readme_parts(challenge.folder):
        if isinstance(part, str):
            st.markdown(part)
        else:
            _figure(challenge, *part)
    st.subheader("The rules of this event", anchor=False)
    parts.facts(terms(site.event.config, challenge, words.reader_zone(), over=_is_over(site, challenge)))
    if rules(site.event):
        st.markdown("And [what everybody agreed to who takes part](/rules).")
    _commitments(site, challenge)
    _to_cite(site, challenge)


def _is_over(site: Site, challenge: Challenge) -> bool:
    boards = (site.boards.now(challenge.full_name(track)) for track in site.event.tracks_of(challenge))
    return all(stage_of(site.event, view).over for view in boards)


def _figure(challenge: Challenge, path: Path, caption: str) -> None:
    """Draw a picture of the README, dark on a dark page where it has such a version."""
    if path.parent != challenge.folder or path.suffix != ".png":
        st.image(path, caption=words.plain(caption) or None, alt=caption)
        return
    at, dark = f"/api/v1/figures/{challenge.id}", dark_of(path)
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{at}/{dark.name}">' if dark.is_file() else ""
    st.html(
        f'<figure class="physathon-figure"><picture>{source}<img src="{at}/{html.escape(path.name)}" '
        f'alt="{html.escape(caption)}" loading="lazy"></picture></figure>'
    )


def _kit(site: Site, challenge: Challenge, *, secret: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button(
            "Starter kit (zip)", f"/api/v1/kits/{challenge.id}.zip", icon=":material/download:", type="primary"
        )
        parts.secrecy_badge(secret)
    st.html(parts.typed_html(with_curl(signing.place(site) or signing.HERE, challenge.id)))
    st.caption(kit_in_words(site.event, challenge.id))


def _tracks(site: Site, challenge: Challenge, facts: dict[str, dict]) -> None:
    config, shown = (
        site.event.config,
        [("Slice", "word"), ("Rows", "number"), ("Share", "number"), ("Shown", ""), ("Decides", "")],
    )
    for track in site.event.tracks_of(challenge):
        its = facts[track.id]
        stop = "" if track.title.endswith("?") else "."
        st.markdown(f"**{words.plain(track.title)}{stop}** {words.plain(track.task)}")
        st.caption(
            f"{its['train_rows']:,} training and {its.get('validation_rows', 0):,} validation rows with answers, "
            f"{its['holdout_rows']:,} test rows without; "
            f"every {words.plain(track.row)} is one row. {words.plain(its['source']).capitalize()}."
        )
        if its.get("practice"):
            st.caption(
                "For practice only: one group of rows decides a third or more of a slice, too much to tell teams apart."
            )
        if its.get("luck"):
            st.caption(
                f"What the public board is worth: the best of {config.submissions_in_all} random files would show "
                f"{0.5 + its['luck']:.2f} on it. The private slice, which decides, shows nobody's luck."
            )
        if track.observed:
            st.caption(
                f"{its['recordings']} recordings of the real sky are among the test rows, for interest, and "
                f"{its.get('rows_seen_alike', 0):,} simulated rows that were seen as they were; none of them is judged."
                if its.get("recordings")
                else "No recordings were added to this event: there is no observed slice."
            )
        if track.exhibition:
            st.caption(words.plain(track.exhibition_note))
        view = site.boards.now(challenge.full_name(track))
        parts.facts(
            {
                "A prediction file holds": words.answers_of(track),
                "Metric": words.metric_title(track),
                "Grid of the board": f"{view.step:g}",
            }
        )
        _ladder(challenge, track)
        rows = slices(track, opened.holdout_of(site, challenge.full_name(track)))
        parts.table(shown, [("", cells) for cells in rows], label=f"What is public of {track.title}, and what decides")


def _ladder(challenge: Challenge, track: Track) -> None:
    """Say how far one can get, and what comes next after the starter."""
    shown = [("How far one can get", ""), ("Score, 95%", "number"), ("Points", "number")]
    rungs = [("", (rung.title, rung.score, rung.worth)) for rung in ladder_of(challenge, track)]
    if rungs:
        parts.table(shown, rungs, label=f"How far one can get: {track.title}")
        st.caption("On simulated data of default size, each trained on the training rows alone.")


def _commitments(site: Site, challenge: Challenge) -> None:
    st.subheader("What the organiser is bound to", anchor=False)
    tracks = {track.id: challenge.full_name(track) for track in site.event.tracks_of(challenge)}
    revealed = {name: revealed_files(site.event, name) for name in tracks.values()}
    st.markdown(
        "The organiser is bound to the answers by these SHA-256. "
        + ("The answers are revealed" if all(revealed.values()) else "After the event the answers are revealed")
        + ", and [anybody can check](/verify) that they are the same."
    )
    rows = []
    for track, name in tracks.items():
        commitments = opened.holdout_of(site, name).commitments
        rows += [("", (track, slice_name, sha256)) for slice_name, sha256 in commitments.items()]
    parts.table([("Track", "word"), ("Slice", "word"), ("SHA-256", "code")], rows, label="Commitments")
    files = [parts.Link(path.name, address_of(path)) for found in revealed.values() for path in found]
    if files:
        parts.table([("Revealed answers", "")], [("", (link,)) for link in files], label="Revealed answers")


def _to_cite(site: Site, challenge: Challenge) -> None:
    st.subheader("Licence and citation", anchor=False)
    manifest = Manifest.read(challenge.manifest)
    parts.facts(
        {
            "Data of this event": site.event.config.source,
            "Licence": challenge.licence,
            "Please cite": challenge.citation,
            "Real data set": manifest.name,
            "Its licence, as its source states it": manifest.licence,
            "Its citation": manifest.citation,
        }
    )


def readme_parts(folder: Path) -> Iterator[str | tuple[Path, str]]:
    """Yield what a challenge's README says to teams as Markdown and, between, its pictures.

    Links that lead nowhere from here are left out, and so are pictures that are not the project's own.
    """
    text = HTML_PICTURE.sub("", LINK.sub(r"\1", about(folder)))
    pieces = PICTURE.split(text)
    for at in range(0, len(pieces), 3):
        if pieces[at].strip():
            yield pieces[at]
        if at + 2 < len(pieces):
            caption, target = pieces[at + 1], pieces[at + 2]
            picture = (folder / target).resolve()
            if "://" not in target and picture.is_relative_to(folder.resolve()) and picture.is_file():
                yield picture, caption


if __name__ == "__main__":
    opened.run(show)
