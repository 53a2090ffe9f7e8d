"""Of the team page: the tracks at a glance, what became of each file, the file that decides, and files one by one."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

import streamlit as st

from challenges.spec import Challenge, Track
from leaderboard.event import EventError
from leaderboard.intake.quota import Quota, quota
from leaderboard.intake.standing import automatic_final, select_final
from leaderboard.people.members import members_of
from leaderboard.site import again, opened, parts, words
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from leaderboard.site.parts import Link
from leaderboard.site.stages import Stage, stage_of
from leaderboard.site.team import card_form
from leaderboard.site.team.own import OwnFile, own_files, state_in_words
from leaderboard.site.words import plain
from leaderboard.store.queries import now
from leaderboard.store.tables import Submission, Team

SENT = "files of the team"  # as this tab has read them last
SECONDS = 2  # between two looks at what the judge has done
RANKS_MEAN = (
    "Possible ranks: those that the interval allows among the other teams as the board shows them now. All of it "
    "follows from what the board shows."
)


def show(site: Site, team: Team) -> None:
    """Draw the team's files on all tracks."""
    with site.store.read() as session:
        sent = own_files(session, site.boards, team)
    st.subheader("Files", anchor=False)
    out = {name: found for name, found in site.tracks.items() if not site.event.not_out(found[0].id)}
    if out:
        _overview(site, out, team, sent)
    track = parts.choose_track(site)
    mine = [one for one in sent if one.track == track]
    stage = stage_of(site.event, site.boards.now(track))
    _history(site, track, stage, [one.state for one in mine])
    if mine:
        _final(site, team, track, stage, mine)
        _one(site, team, track, stage, mine)


def _overview(site: Site, tracks: Mapping[str, tuple[Challenge, Track]], team: Team, sent: Sequence[OwnFile]) -> None:
    zone, rows, over = words.reader_zone(), [], True
    for name, (challenge, track) in tracks.items():
        view = site.boards.now(name)
        mine, stage = [one for one in sent if one.track == name], stage_of(site.event, view)
        over = over and stage.over
        with site.store.read() as session:
            may = None if stage.over or team.out else quota(session, site.event, team, name, now())
        title = Link(words.track_title(challenge, track), parts.board_of(challenge, track))
        rows.append(("", (title, len(mine), *_place(view, track, team, mine), _decides(mine), *_left(may, zone))))
    columns = [
        ("Track", ""),
        ("Files", "number spare"),
        ("On the board", "number"),
        ("Ranks", "number"),
        ("Decides", "spare"),
        ("Files left", "word"),
        ("Next back", "spare"),
    ]
    used = len(columns) - 2 * (over or bool(team.out))
    parts.table(columns[:used], [(style, cells[:used]) for style, cells in rows], label="Tracks")


def _place(view: Snapshot, track: Track, team: Team, mine: Sequence[OwnFile]) -> tuple[str, str]:
    """Return what the board shows of the team, and the ranks that this allows."""
    entry = next((entry for entry in view.entries if entry.team == team.name), None)
    if entry is None:
        return "", ""
    decimals = words.decimals(track.step) + 2 if view.published_at else words.decimals(view.step)
    ranks = entry.rank_range or next((one.ranks for one in mine if one.best), "")
    if view.published_at and entry.rank and ranks != str(entry.rank):
        ranks = f"{entry.rank} ({ranks})"
    return f"{entry.value:.{decimals}f}", ranks


def _decides(mine: Sequence[OwnFile]) -> str:
    decides = next((one for one in mine if one.decides), None)
    return "" if decides is None else f"no. {decides.submission}{' (chosen)' * decides.selected}"


def _left(may: Quota | None, zone: tzinfo) -> tuple[str, str]:
    if may is None:
        return "", ""
    most = may.a_day if may.left_today <= may.left_in_all else may.in_all
    return f"{may.left} of {most}", words.moment(may.next_at, zone) if may.next_at else ""


@again.every(SECONDS)
def _history(site: Site, track: str, drawn: Stage, states: list[str]) -> None:
    """List what the team sent, as it stands now, to whoever is signed in now."""
    team = opened.visitor(site).team
    view = site.boards.now(track)
    if team is None or stage_of(site.event, view) != drawn:
        st.rerun()
    sent = _sent(site, team, view)
    with site.store.read() as session:
        may = quota(session, site.event, team, track, now())
    if [one.state for one in sent] != states:
        st.rerun()
    zone = words.reader_zone()
    if not drawn.over and not team.out:
        st.caption(plain(_quota(may, zone)))
    if not sent:
        st.caption("No file of this track yet.")
        return
    with_circuits = site.tracks[track][1].circuit is not None
    decimals = words.decimals(view.step)
    rows = [
        (
            "mark" if one.best else "",
            (
                one.submission,
                one.filename + (" (best)" if one.best else "") + (" (final)" if one.selected else ""),
                *([one.declared or ""] if with_circuits else []),
                words.moment(one.received_at, zone),
                state_in_words(one),
                "" if one.value is None else f"{one.value:.{decimals}f}",
                "" if one.value is None else f"{one.low:.{decimals}f} – {one.high:.{decimals}f}",
                one.ranks,
            ),
        )
        for one in sent
    ]
    circuit = [("Circuit (declared)", "spare")] if with_circuits else []
    columns = [("No.", "number"), ("File", ""), *circuit, ("Received", "spare"), ("State", "")]
    columns += [("Shown then", "number"), ("95% interval", "number spare"), ("Ranks", "number")]
    used = len(columns) - (not any(one.ranks for one in sent))
    parts.table(columns[:used], [(style, cells[:used]) for style, cells in rows], label="Your files")
    if used == len(columns):
        st.caption(RANKS_MEAN)


def _sent(site: Site, team: Team, view: Snapshot) -> list[OwnFile]:
    """Return the team's files of a track, read anew where the track has changed since, or one of them waits."""
    key = team.id, view.track, view.version
    known, sent = st.session_state.get(SENT, (None, []))
    if known != key or any(one.state in ("queued", "judging") for one in sent):
        with site.store.read() as session:
            sent = own_files(session, site.boards, team, Submission.track == view.track)
        st.session_state[SENT] = key, sent
    return sent


def _quota(may: Quota, zone: tzinfo) -> str:
    back = f" The next one comes back on {words.moment(may.next_at, zone)} ({zone})." if may.next_at else ""
    today, in_all = f"{may.left_today} of {may.a_day} files", f"{may.left_in_all} of {may.in_all}"
    return f"{today} are left within 24 hours, {in_all} in all.{back}"


def _final(site: Site, team: Team, track: str, stage: Stage, mine: Sequence[OwnFile]) -> None:
    """Say which file decides, and let the team leave that to the board again."""
    decides, chosen = (next((one for one in mine if getattr(one, how)), None) for how in ("decides", "selected"))
    decided = "decided" if stage.phase == "published" else "decides"
    if chosen:
        said = f"**No. {chosen.submission} {decided}**: you chose it."
    elif decides:
        at_present = "" if stage.over else ", at present"
        said = f"**No. {decides.submission} {decided}**{at_present}: your best on the board, for you chose none."
    elif any(one.state != "failed" for one in mine):
        said = "**Your best file decides**, which is not shown before the result: you chose none."
    else:
        said = "No file of yours counts."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(said)
        if chosen and stage.refuses() is None and st.button("Back to automatic", icon=":material/undo:"):
            try:
                with site.store.write() as session:
                    automatic_final(session, site.event, team, track)
            except EventError as error:
                st.error(plain(str(error)))
                return
            st.rerun()
    if stage.refuses() is None:
        st.caption("Only the file that decides is judged on the private slice after the close.")


def _one(site: Site, team: Team, track: str, stage: Stage, mine: Sequence[OwnFile]) -> None:
    """Show one file: its receipt, itself to download again, whether it decides, and its card."""
    by_number = {one.submission: one for one in mine}
    first = next((at for at, one in enumerate(mine) if one.decides), 0)
    number = st.selectbox(
        "A file of yours",
        list(by_number),
        index=first,
        format_func=lambda number: f"No. {number}: {by_number[number].filename}",
        key=f"file of {track}",
    )
    one = by_number[number]
    with st.container(horizontal=True, vertical_alignment="center"):
        may = stage.refuses() is None and one.state != "failed" and not team.out
        if may and st.button("Make it final", icon=":material/flag:", type="primary", disabled=one.selected):
            _make_final(site, team, number)
        parts.download("Download the file", f"/api/v1/submissions/{number}/file")
        parts.download("Download the receipt", f"/api/v1/submissions/{number}/receipt")
        if one.declared:
            parts.download("Download the circuit", f"/api/v1/submissions/{number}/circuit")
    if one.moved is False:
        st.caption("This file did not move the board.")
    with site.store.read() as session:
        names = {member.id: member.name for member in members_of(session, team)}
    by = {"Sent by": names[one.member]} if one.member in names else {}
    received = words.moment(one.received_at, words.reader_zone(), year=True)
    parts.facts({"Received": received, **by, "SHA-256 of the predictions": one.predictions_sha256})
    with st.expander("Its card: how it was made", icon=":material/badge:", expanded=one.card is not None):
        card_form.show(site, team, one, fixed=stage.phase == "published")


def _make_final(site: Site, team: Team, number: int) -> None:
    try:
        with site.store.write() as session:
            select_final(session, site.event, team, number)
    except EventError as error:
        st.error(plain(str(error)))
        return
    st.toast(f"No. {number} is your final file now.")
    st.rerun()
