"""Send a file: who you are, the check, the receipt, and what became of the files sent before."""

import json
import math
import os
from datetime import datetime
from functools import partial

import streamlit as st
from streamlit import config
from streamlit.runtime.uploaded_file_manager import UploadedFile

from leaderboard.event import LOOPBACK_VARIABLE, EventError
from leaderboard.intake import circuits
from leaderboard.intake.checking import CheckFailed, started
from leaderboard.intake.receive import quota_left, receive
from leaderboard.intake.standing import Standing, history, select_final
from leaderboard.intake.teams import TokenRefused, team_of
from leaderboard.public.data import public_data
from leaderboard.site import opened, parts, words
from leaderboard.site.opened import Site
from leaderboard.site.rates import TooManyRequests, rates_of
from leaderboard.site.words import plain
from leaderboard.store.queries import SECRECY, now
from leaderboard.store.tables import Team
from scoring.predictions import KINDS, PredictionFileError, Problem

# What a session remembers; a reload forgets it all.
TOKEN, CHECKED, DECLARED, RECEIPT = "team_token", "checked", "declared", "receipt"
FILES = {"numbers": "CSV, Parquet or npy", "texts": "CSV or Parquet", "images": "npy"}
NO_LIMIT = 10**6  # megabytes that the browser would send
SECONDS = 2  # between two looks at what the judge has done


def show(site: Site) -> None:
    """Draw the page."""
    st.header("Submit", anchor=False)
    team = _team(site)
    if team is None:
        return
    track = parts.choose_track(site)
    parts.secrecy_badge(opened.holdout_of(site, track).secret)
    upload = _upload(site, team, track)
    good = upload is not None and _check(site, team, track, upload)
    wanted = site.tracks[track][1].circuit
    circuit = _circuit(site, team, track, wanted.qubits) if wanted else None
    if good and (circuit or not wanted):
        _send(site, team, track, upload, circuit)
    _history(site, team, track)
    _final(site, team, track)


def _team(site: Site) -> Team | None:
    """Return the team whose token this session holds, or ask for one."""
    token = st.session_state.get(TOKEN)
    if token is None:
        with st.form("sign-in", border=False):
            token = st.text_input("Team token", type="password")
            asked = st.form_submit_button("Continue", type="primary")
        if not asked:
            st.caption("Your organiser gave it to you. It stays in this tab: after a reload it is asked for again.")
            return None
    loopback = os.environ.get(LOOPBACK_VARIABLE) == "1"
    try:
        with site.store.read() as session:
            team = team_of(session, token, loopback=loopback)
    except TokenRefused as error:
        st.session_state.pop(TOKEN, None)
        st.error(plain(str(error)))
        return None
    if TOKEN not in st.session_state:
        st.session_state[TOKEN] = token
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Team **{plain(team.name)}**")
        st.button("Leave", on_click=_forget, type="tertiary")
    return team


def _forget() -> None:
    for key in (TOKEN, CHECKED, DECLARED, RECEIPT):
        st.session_state.pop(key, None)


def _upload(site: Site, team: Team, track: str) -> UploadedFile | None:
    with site.store.read() as session:
        left = quota_left(session, site.event, team, track, now())
    limit = public_data(site.event, track).format().size_limit
    _take_files_of(limit)
    upload = st.file_uploader(
        f"Prediction file ({FILES[site.tracks[track][1].answers]}, gzipped or not)",
        key=f"upload {track}",
        # A file that the browser refuses leaves the one before it in place, to be sent by mistake: the server refuses.
        max_upload_size=NO_LIMIT,
    )
    day = site.event.config.submissions_per_day
    st.caption(
        f"It is checked at once, which costs nothing. You have {left} of {day} files left within 24 hours. "
        f"No file of this track has more than {math.ceil(limit / 1e5) / 10:,} MB (a larger one ends in error 413). "
        "Should this page not take yours, `physathon submit` and the API do."
    )
    return upload


def _take_files_of(size: int) -> None:
    """Let Streamlit's server, which has one limit for all pages and looks at it anew each time, take such files."""
    option, megabytes = "server.maxUploadSize", -(-size // 2**20) + 1  # The form around the file counts too.
    if config.get_option(option) < megabytes:
        config.set_option(option, megabytes)


def _check(site: Site, team: Team, track: str, upload: UploadedFile) -> bool:
    """Check the uploaded file, once, and show what came out; return whether it is in order."""
    key = track, upload.file_id
    known, outcome = st.session_state.get(CHECKED, (None, None))
    if known != key:
        try:
            with rates_of(site.event.folder).check(team.id):
                outcome = len(started(site.event).check(track, upload.getvalue(), team).values)
        except PredictionFileError as error:
            outcome = error.problems
        except (CheckFailed, TooManyRequests) as error:
            st.info(plain(str(error)), icon=":material/hourglass_empty:")
            return False
        st.session_state[CHECKED] = key, outcome
    if isinstance(outcome, int):
        st.success(f"The file is in order: {outcome:,} rows.", icon=":material/check:")
        return True
    _problems(upload.name, outcome)
    return False


def _problems(filename: str, problems: list[Problem]) -> None:
    count = len(problems)
    st.error(
        f"{plain(filename)} cannot be scored: {count} kind{'s' * (count > 1)} of problem. This cost you nothing.",
        icon=":material/close:",
    )
    for at, problem in enumerate(problems):
        title = f"{plain(KINDS[problem.kind])} · **{problem.count:,}**"
        with st.expander(title[0].upper() + title[1:], expanded=at < 2):
            rows = [
                ("", [_cell(value) for value in (one.line, one.id, one.column, one.expected, one.got)])
                for one in problem.examples
            ]
            columns = [("Line", "number"), ("Id", "code"), ("Column", ""), ("Expected", ""), ("Got", "code")]
            used = [place for place in range(len(columns)) if any(cells[place] for _, cells in rows)]
            parts.table(
                [columns[place] for place in used],
                [(style, [cells[place] for place in used]) for style, cells in rows],
                label=KINDS[problem.kind],
            )
            if problem.count > len(rows):
                st.caption(f"and {problem.count - len(rows):,} more")


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _circuit(site: Site, team: Team, track: str, qubits: int) -> UploadedFile | None:
    """Ask for the circuit that is declared with the predictions; return it once it may be."""
    upload = st.file_uploader("Circuit (OpenQASM 3)", key=f"circuit {track}")
    if upload is None:
        st.caption(f"The circuit that made the predictions, at most {qubits} qubits. {circuits.WHAT_IT_MEANS}")
        return None
    key = track, upload.file_id
    known, outcome = st.session_state.get(DECLARED, (None, None))
    if known != key:
        try:
            with rates_of(site.event.folder).check(team.id):
                outcome = str(started(site.event).read_circuit(track, upload.getvalue(), team).found)
        except circuits.DeclarationRefused as error:
            outcome = error.problems
        except (CheckFailed, TooManyRequests) as error:
            st.info(plain(str(error)), icon=":material/hourglass_empty:")
            return None
        st.session_state[DECLARED] = key, outcome
    if isinstance(outcome, str):
        st.success(f"The circuit may be declared: {plain(outcome)}.", icon=":material/check:")
        return upload
    st.error(f"{plain(upload.name)} cannot be declared. This cost you nothing.", icon=":material/close:")
    rows = [("", (problem.line, problem.reason)) for problem in outcome]
    parts.table([("Line", "number"), ("What is wrong", "")], rows, label="Problems of the circuit")
    return None


def _send(site: Site, team: Team, track: str, upload: UploadedFile, circuit: UploadedFile | None) -> None:
    key = team.id, track, upload.file_id, circuit and circuit.file_id
    known, receipt, again = st.session_state.get(RECEIPT, (None, None, False))
    if known == key:
        _show_receipt(receipt, again)
        return
    phase = site.event.phase()
    if phase != "open":
        st.info("The event is not open yet: come back then." if phase == "before" else "The event is closed.")
    if not st.button("Submit", type="primary", icon=":material/send:", disabled=phase != "open"):
        return
    arrived, checkers = now(), started(site.event)
    try:
        declared = None
        if circuit:
            reading = checkers.read_circuit(track, circuit.getvalue(), team)
            declared = circuits.keep(site.store, reading).sha256
        receipt = receive(
            *(site.event, site.store, team, track, upload.getvalue(), upload.name),
            circuit=declared,
            at=arrived,
            check=partial(checkers.check, team=team),
        )
    except EventError as error:
        st.error(plain(str(error)))
        return
    st.session_state[RECEIPT] = key, receipt, receipt["received_at"] != arrived.isoformat()
    st.rerun()


def _show_receipt(receipt: dict, again: bool) -> None:
    number, circuit = receipt["submission"], receipt.get("circuit_sha256")
    zone = words.reader_zone()
    when = words.moment(datetime.fromisoformat(receipt["received_at"]), zone, year=True)
    if again:
        st.info(
            f"These very predictions came before, as no. {number} on {plain(when)}. "
            "Here is that receipt again; sending them twice cost you nothing.",
            icon=":material/history:",
        )
    with st.container(border=True):
        st.markdown(f"**Receipt no. {number}**")
        parts.facts(
            {
                "Received": f"{when} ({zone})",
                "File": receipt["filename"],
                "SHA-256 of the predictions": receipt["predictions_sha256"],
                **({"SHA-256 of the declared circuit": circuit} if circuit else {}),
                "Holdout": SECRECY[receipt["secret_holdout"]],
            }
        )
        st.caption("Signed by this event: with it you can prove what you sent, and when. Keep it.")
        st.download_button(
            "Download the receipt",
            json.dumps(receipt, indent=2) + "\n",
            file_name=f"receipt-{number}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )


@st.fragment(run_every=SECONDS)
def _history(site: Site, team: Team, track: str) -> None:
    """List what the team sent, as it stands now."""
    st.subheader("Your files", anchor=False)
    with site.store.read() as session:
        sent = [one for one in history(session, team) if one.track == track]
    if not sent:
        st.caption("None yet.")
        return
    zone = words.reader_zone()
    with_circuits = site.tracks[track][1].circuit is not None
    rows = [
        (
            "mark" if one.selected else "",
            (
                one.submission,
                one.filename + (" (final)" if one.selected else ""),
                *([one.declared or ""] if with_circuits else []),
                words.moment(one.received_at, zone),
                state_in_words(one),
            ),
        )
        for one in sent
    ]
    circuit = [("Circuit (declared)", "")] if with_circuits else []
    columns = [("No.", "number"), ("File", ""), *circuit, ("Received", "spare"), ("State", "")]
    parts.table(columns, rows, label="Your files")


def state_in_words(one: Standing) -> str:
    """Return where a submission stands, as its team reads it."""
    if one.state == "scored" and one.moved is not None:
        return "scored: became your best" if one.moved else "scored: did not move your best"
    if one.state == "queued":
        return f"queued: {one.ahead} before it" if one.ahead else "queued: next"
    words = {"judging": "being judged", "failed": "the judge failed: it costs you nothing"}
    return words.get(one.state, one.state)


def _final(site: Site, team: Team, track: str) -> None:
    """Let the team choose which of its files is judged at the end."""
    with site.store.read() as session:
        sent = [one for one in history(session, team) if one.track == track and one.state != "failed"]
    if not sent or site.event.phase() == "closed":
        return
    by_number = {one.submission: one for one in sent}
    chosen = next((one.submission for one in sent if one.selected), None)
    st.subheader("Your final file", anchor=False)
    st.caption("Only this one is judged on the private slice after the close. Unless you choose, it is your best.")
    with st.form(f"final {track}", border=False):
        number = st.selectbox(
            "Final file",
            list(by_number),
            index=None if chosen is None else list(by_number).index(chosen),
            format_func=lambda number: f"No. {number}: {by_number[number].filename}",
            placeholder="your best on the board",
            label_visibility="collapsed",
        )
        if not st.form_submit_button("Make it final") or number is None:
            return
    try:
        with site.store.write() as session:
            select_final(session, site.event, team, number)
    except EventError as error:
        st.error(plain(str(error)))
        return
    st.toast(f"No. {number} is your final file now.")
    st.rerun()


if __name__ == "__main__":
    opened.run(show)
