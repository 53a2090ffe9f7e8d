"""Send a file: who you are, the check, the receipt, and what became of the files sent before."""

import json
from datetime import datetime
from functools import partial

import streamlit as st

from leaderboard.event import EventError
from leaderboard.intake import circuits, sessions
from leaderboard.intake.checking import CheckFailed, started
from leaderboard.intake.circuits import Reading
from leaderboard.intake.quota import quota
from leaderboard.intake.receipts import ReceiptKeyError
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import Standing, history, select_final
from leaderboard.intake.teams import DemoTokenRefused, TeamOut, TokenRefused, must_take_part
from leaderboard.public.data import public_data
from leaderboard.serve import in_clear
from leaderboard.site import opened, parts, words
from leaderboard.site.opened import Site
from leaderboard.site.problems import NO_RECEIPTS
from leaderboard.site.rates import TooManyRequests, rates_of
from leaderboard.site.stages import Stage, stage_of
from leaderboard.site.upload import megabytes, upload
from leaderboard.site.words import plain
from leaderboard.store.queries import SECRECY, now
from leaderboard.store.tables import Submission, Team
from scoring.predictions import KINDS, PredictionFileError, Problem

# What a tab remembers of the files in its fields; a reload forgets it all.
CHECKED, DECLARED, RECEIPT = "checked", "declared", "receipt"
FILES = {"numbers": "CSV, Parquet or npy", "texts": "CSV or Parquet", "images": "npy"}
SECONDS = 2  # between two looks at what the judge has done
GONE = "The file was here for too long without being sent: choose it again."

# A form, not a widget: the cookie comes with a page that is loaded anew, and the token stays out of the session.
SIGN_IN = """<form class="physathon" method="post" action="/api/session"><label for="token">Team token</label>
<input id="token" name="token" type="password" autocomplete="off" required><button>Sign in</button></form>"""
JOIN = """<p>A code, from a screen, a sheet of paper or your team, goes <a href="/join">here</a>.</p>"""
SIGN_OUT = """<form class="physathon quiet" method="post" action="/api/session/end"><button>Sign out</button></form>"""
REFUSED = {
    TokenRefused.__name__: "This token is not known here: it must be one that the organiser gave to a team.",
    DemoTokenRefused.__name__: "Demo tokens work on a loopback address only: ask the organiser for one of your own.",
}

IN_CLEAR = "This page comes without encryption (http): others in this network can read what you send, your token too."


def show(site: Site) -> None:
    """Draw the page."""
    began = now()
    st.header("Submit", anchor=False)
    team = _team(site)
    if team is None:
        if site.event.phase() == "before" and opened.previews(site):
            st.caption("A preview sends nothing: here a team sees its field for files, its files and its final one.")
        return
    track = parts.choose_track(site)
    view = site.boards.now(track)
    stage = stage_of(site.event, view)
    try:
        must_take_part(team)
    except TeamOut as error:
        st.warning(plain(str(error)), icon=":material/block:")
        _history(site, track, stage)
        return
    parts.secrecy_badge(view.secret)
    lost = _has_lost(site, team, track)
    if refuses := stage.refuses():
        st.info(plain(refuses) + (" A file of yours was lost here: that one is taken back." if lost else ""))
    if lost or not stage.over:
        _fields(site, team, track, stage, began, disabled=bool(refuses and not lost))
    else:
        _receipt_of(team, track)
    _history(site, track, stage)
    if not refuses:
        _final(site, team, track)


def _fields(site: Site, team: Team, track: str, stage: Stage, began: datetime, *, disabled: bool) -> None:
    """Take a file, and the circuit that its track may ask for, and send them."""
    file = _predictions(site, team, track, stage)
    good = file is not None and _check(site, team, track, file)
    wanted = site.tracks[track][1].circuit
    circuit = _circuit(site, team, track, wanted.qubits) if wanted else None
    if good and (circuit or not wanted):
        _send(site, team, track, file, circuit, began, disabled=disabled)


def _team(site: Site) -> Team | None:
    """Return the team that this browser is signed in for, or ask for its token."""
    refused = REFUSED.get(st.query_params.get("refused", ""))
    try:
        team = opened.visitor(site).team
    except TokenRefused as error:
        team, refused = None, str(error)
    if team is None:
        if refused:
            st.error(plain(refused), icon=":material/close:")
        st.html(SIGN_IN)
        if in_clear(st.context.url or ""):
            st.warning(IN_CLEAR, icon=":material/lock_open:")
        st.caption(
            f"Your organiser gave it to your team. This browser stays signed in, in all its tabs, "
            f"for {sessions.LIFE.days} days or until you sign out."
        )
        st.html(JOIN)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Team **{plain(team.name)}**")
        st.html(SIGN_OUT, width="content")
    return team


def _predictions(site: Site, team: Team, track: str, stage: Stage) -> str | None:
    with site.store.read() as session:
        may = quota(session, site.event, team, track, now())
    today, in_all = f"{may.left_today} of {may.a_day} files", f"{may.left_in_all} of {may.in_all}"
    left = f"You have {today} left within 24 hours, and {in_all} in all. "
    limit = public_data(site.event, track).format().size_limit
    kinds = FILES[site.tracks[track][1].answers]
    file = upload(site.spool, track, "predictions", label=f"Prediction file ({kinds}, gzipped or not)", limit=limit)
    st.caption(
        f"It is checked at once, which costs nothing. {'' if stage.over else left}"
        f"No file of this track has more than {megabytes(limit)}. "
        "Should this page not take yours, `physathon submit` and the API do."
    )
    if stage.frozen and not stage.over:
        st.caption("The board stands still: what you send now is judged, and shown with the result.")
    return file


def _check(site: Site, team: Team, track: str, file: str) -> bool:
    """Check the uploaded file, once, and show what came out; return whether it is in order."""
    key = team.id, track, file
    known, outcome = st.session_state.get(CHECKED, (None, None))
    if known != key:
        found = site.spool.find(file, team.id)
        if found is None:
            st.info(GONE)
            return False
        try:
            with rates_of(site.event.folder).check(team.id):
                outcome = len(started(site.event).check(track, found.path, team).values)
        except PredictionFileError as error:
            outcome = found.filename, error.problems
            site.spool.drop(file)
        except (CheckFailed, TooManyRequests) as error:
            st.info(plain(str(error)), icon=":material/hourglass_empty:")
            return False
        st.session_state[CHECKED] = key, outcome
    if isinstance(outcome, int):
        st.success(f"The file is in order: {outcome:,} rows.", icon=":material/check:")
        return True
    _problems(*outcome)
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


def _circuit(site: Site, team: Team, track: str, qubits: int) -> Reading | None:
    """Ask for the circuit that is declared with the predictions; return it once it may be."""
    limit = circuits.size_limit(site.event, track)
    file = upload(site.spool, track, "circuit", label="Circuit (OpenQASM 3)", limit=limit)
    if file is None:
        st.caption(f"The circuit that made the predictions, at most {qubits} qubits. {circuits.WHAT_IT_MEANS}")
        return None
    key = team.id, track, file
    known, outcome = st.session_state.get(DECLARED, (None, None))
    if known != key:
        found = site.spool.find(file, team.id)
        if found is None:
            st.info(GONE)
            return None
        try:
            with rates_of(site.event.folder).check(team.id):
                outcome = started(site.event).read_circuit(track, found.path.read_bytes(), team)
        except circuits.DeclarationRefused as error:
            outcome = found.filename, error.problems
        except (CheckFailed, TooManyRequests) as error:
            st.info(plain(str(error)), icon=":material/hourglass_empty:")
            return None
        site.spool.drop(file)
        st.session_state[DECLARED] = key, outcome
    if isinstance(outcome, Reading):
        st.success(f"The circuit may be declared: {plain(str(outcome.found))}.", icon=":material/check:")
        return outcome
    filename, problems = outcome
    st.error(f"{plain(filename)} cannot be declared. This cost you nothing.", icon=":material/close:")
    rows = [("", (problem.line, problem.reason)) for problem in problems]
    parts.table([("Line", "number"), ("What is wrong", "")], rows, label="Problems of the circuit")
    return None


def _send(
    site: Site, team: Team, track: str, file: str, circuit: Reading | None, began: datetime, *, disabled: bool
) -> None:
    key = team.id, track, file, circuit and circuit.sha256
    known, receipt, again = st.session_state.get(RECEIPT, (None, None, False))
    if known == key:
        _show_receipt(receipt, again)
        return
    if not st.button("Submit", type="primary", icon=":material/send:", disabled=disabled):
        return
    found = site.spool.find(file, team.id)
    if found is None:
        st.info(GONE)
        return
    try:
        declared = circuits.keep(site.store, circuit).sha256 if circuit else None
        receipt = receive(
            *(site.event, site.store, team, track, found.path, found.filename),
            circuit=declared,
            began=began,
            check=partial(started(site.event).check, team=team),
        )
    except EventError as error:
        st.error(NO_RECEIPTS if isinstance(error, ReceiptKeyError) else plain(str(error)))
        return
    site.spool.drop(file)
    st.session_state[RECEIPT] = key, receipt, receipt["began_at"] != began.isoformat()
    st.rerun()


def _has_lost(site: Site, team: Team, track: str) -> bool:
    with site.store.read() as session:
        return any(one.lost for one in history(session, team) if one.track == track)


def _receipt_of(team: Team, track: str) -> None:
    """Leave the receipt of a file that was sent in the last moment where it is."""
    known, receipt, again = st.session_state.get(RECEIPT, ((None, None), None, False))
    if known[:2] == (team.id, track):
        _show_receipt(receipt, again)


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
def _history(site: Site, track: str, stage: Stage) -> None:
    """List what the team sent, as it stands now, to whoever is signed in now."""
    team = opened.visitor(site).team
    if team is None:
        st.rerun()
    st.subheader("Your files", anchor=False)
    with site.store.read() as session:
        sent = history(session, team, Submission.track == track)
    if not sent:
        st.caption("None." if stage.over else "None yet.")
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
    if one.excluded is not None:
        return f"excluded: {one.excluded}"
    if one.lost:
        return "its file was lost here: send it again, which restores it and costs you nothing"
    if one.state == "scored":
        moved = {None: "judged: shown with the result", True: "became your best", False: "did not move your best"}
        return moved[one.moved] if one.moved is None else f"scored: {moved[one.moved]}"
    if one.state == "queued":
        return f"queued: {one.ahead} before it" if one.ahead else "queued: next"
    words = {"judging": "being judged", "failed": "the judge failed: it costs you nothing"}
    return words.get(one.state, one.state)


def _final(site: Site, team: Team, track: str) -> None:
    """Let the team choose which of its files is judged at the end."""
    with site.store.read() as session:
        sent = [one for one in history(session, team, Submission.track == track) if one.state != "failed"]
    if not sent:
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
