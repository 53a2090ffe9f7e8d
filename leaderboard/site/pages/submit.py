"""Send a file: who you are, the check, the receipt, and what became of the newest files."""

from datetime import datetime
from functools import partial

import streamlit as st

from leaderboard.event import EventError
from leaderboard.intake import circuits
from leaderboard.intake.cards import read_card, write_card
from leaderboard.intake.checking import CheckFailed, started
from leaderboard.intake.circuits import Reading
from leaderboard.intake.quota import quota
from leaderboard.intake.receipts import ReceiptKeyError
from leaderboard.intake.receive import is_sample, receive
from leaderboard.intake.standing import history
from leaderboard.kit.layout import submission_name
from leaderboard.people.sessions import Visitor
from leaderboard.people.teams import TeamOut, must_take_part
from leaderboard.public.data import public_data
from leaderboard.site import again, opened, parts, signing, words
from leaderboard.site.opened import Site
from leaderboard.site.pages import page_address
from leaderboard.site.problems import NO_RECEIPTS
from leaderboard.site.rates import TooManyRequests, rates_of
from leaderboard.site.stages import Stage, stage_of
from leaderboard.site.team import card_form, commands
from leaderboard.site.team.newest import newest_html
from leaderboard.site.team.own import own_files, state_in_words
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

RECENT = 3  # of a team's files, those that became something just now; the page Team has all


def show(site: Site) -> None:
    """Draw the page."""
    began = now()
    st.header("Submit", anchor=False)
    visitor = signing.signed_in(site, "submit")
    if visitor is None or visitor.team is None:
        if site.event.phase() == "before" and opened.previews(site):
            st.caption("A preview sends nothing: here a team sees its field for files and its newest ones.")
        return
    team = visitor.team
    track = parts.choose_track(site)
    view = site.boards.now(track)
    stage = stage_of(site.event, view)
    try:
        must_take_part(team)
    except TeamOut as error:
        st.warning(plain(str(error)), icon=":material/block:")
        _recent(site, track, team)
        return
    parts.secrecy_badge(view.secret)
    lost = _has_lost(site, team, track)
    if refuses := stage.refuses():
        st.info(plain(refuses) + (" A file of yours was lost here: that one is taken back." if lost else ""))
    if lost or not stage.over:
        _fields(site, visitor, track, stage, began, disabled=bool(refuses and not lost))
    else:
        _receipt_of(team, track)
    _recent(site, track, team)
    if lost or not stage.over:
        _from_a_terminal(site, track)


def _fields(site: Site, visitor: Visitor, track: str, stage: Stage, began: datetime, *, disabled: bool) -> None:
    """Take a file, and the circuit that its track may ask for, and send them."""
    team = visitor.team
    assert team
    wanted = site.tracks[track][1].circuit
    if wanted:
        st.info(
            f"This track takes two files: the predictions, and the circuit that made them, in OpenQASM 3 with at most "
            f"{wanted.qubits} qubits. Without a circuit nothing can be sent.",
            icon=":material/account_tree:",
        )
    file = _predictions(site, team, track, stage)
    good = file is not None and _check(site, team, track, file)
    circuit = _circuit(site, team, track, wanted.qubits) if wanted else None
    if good and (circuit or not wanted):
        _send(site, visitor, track, file, circuit, began, disabled=disabled)


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
        "Should this page not take yours, the kit's `submit.py` and the API do."
    )
    if file is None:
        parts.way("What a file holds, and the starter kit", page_address("challenge", track))
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
                predictions = started(site.event).check(track, found.path, team)
            outcome = len(predictions.values), is_sample(site.event, track, predictions)
        except PredictionFileError as error:
            outcome = found.filename, error.problems
            site.spool.drop(file)
        except (CheckFailed, TooManyRequests) as error:
            st.info(plain(str(error)), icon=":material/hourglass_empty:")
            return False
        st.session_state[CHECKED] = key, outcome
    if isinstance(outcome[0], int):
        st.success(f"The file is in order: {outcome[0]:,} rows.", icon=":material/check:")
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
    site: Site, visitor: Visitor, track: str, file: str, circuit: Reading | None, began: datetime, *, disabled: bool
) -> None:
    team = visitor.team
    assert team
    key = team.id, track, file, circuit and circuit.sha256
    known, receipt, again = st.session_state.get(RECEIPT, (None, None, False))
    if known == key:
        _show_receipt(receipt, again)
        return
    meant = _sample_is_meant()
    _cost(site, team, track)
    card = card_form.in_short()
    if not st.button("Submit", type="primary", icon=":material/send:", disabled=disabled or not meant):
        return
    found = site.spool.find(file, team.id)
    if found is None:
        st.info(GONE)
        return
    try:
        said = read_card(card | {"title": card["title"] or found.filename[:120]}) if any(card.values()) else None
        declared = circuits.keep(site.store, circuit).sha256 if circuit else None
        receipt = receive(
            *(site.event, site.store, team, track, found.path, found.filename),
            member=visitor.member,
            circuit=declared,
            sample=meant,
            began=began,
            check=partial(started(site.event).check, team=team),
        )
        if said:
            with site.store.write() as session:
                write_card(session, team, receipt["submission"], said)
    except EventError as error:
        st.error(NO_RECEIPTS if isinstance(error, ReceiptKeyError) else plain(str(error)))
        return
    site.spool.drop(file)
    st.session_state[RECEIPT] = key, receipt, receipt["began_at"] != began.isoformat()
    st.rerun()


def _cost(site: Site, team: Team, track: str) -> None:
    """Say what sending a file would cost."""
    with site.store.read() as session:
        may = quota(session, site.event, team, track, now())
    if may.left:
        st.markdown(
            f"This would be **file {may.a_day - may.left_today + 1} of {may.a_day}** within 24 hours, and "
            f"{may.in_all - may.left_in_all + 1} of {may.in_all} in all. Predictions that you sent before cost nothing."
        )
        return
    until = f" until {words.moment(may.next_at, words.reader_zone())}" if may.next_at else ""
    st.markdown(f"You have **no file left**{until}: only predictions that you sent before are taken, and cost nothing.")


def _sample_is_meant() -> bool:
    """Ask once, where the checked file is the kit's sample as it came."""
    _, (_, sample) = st.session_state[CHECKED]
    if not sample:
        return True
    st.warning("This is the kit's sample as it came: it would cost a file, and tell nothing.", icon=":material/help:")
    return st.checkbox("Send it all the same")


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
        st.caption(
            "Signed by this event: with it you can prove what you sent, and when. Keep it; "
            "[anybody can check it](/verify)."
        )
        parts.download("Download the receipt", f"/api/v1/submissions/{number}/receipt")


@again.every(SECONDS)
def _recent(site: Site, track: str, drawn: Team) -> None:
    """Say what became of the newest files, as it stands now, to whoever is signed in now."""
    team = opened.visitor(site).team
    if team is None or (team.id, team.out) != (drawn.id, drawn.out):
        st.rerun()
    with site.store.read() as session:
        sent = own_files(session, site.boards, team, Submission.track == track)
    st.subheader("Your newest files", anchor=False)
    if not sent:
        st.caption("No file of yours is on this track yet.")
        return
    view, zone = site.boards.now(track), words.reader_zone()
    board = page_address("board", track, team=team.name)
    st.html(newest_html(sent[0], view, stage_of(site.event, view), board, zone))
    rows = [
        ("", (one.submission, one.filename, words.moment(one.received_at, zone), state_in_words(one)))
        for at, one in enumerate(sent)
        if at < RECENT or one.lost
    ]
    columns = [("No.", "number"), ("File", ""), ("Received", "spare"), ("State", "")]
    parts.table(columns, rows, label="Your newest files")
    parts.way("All your files, and which of them decides", page_address("team", track))


def _from_a_terminal(site: Site, track: str) -> None:
    """Show what sends a file from a terminal, ready to be copied."""
    _, asked = site.tracks[track]
    st.subheader("From a terminal", anchor=False)
    address = signing.place(site) or signing.HERE
    ways = {"submit.py": commands.with_client, "curl": commands.with_curl}
    for tab, way in zip(st.tabs(list(ways)), ways.values(), strict=True):
        tab.html(parts.typed_html(way(address, track, asked, submission_name(asked))))
    st.caption(
        "The token is your own, made on the page Team, or the one that the organiser gave to your team. "
        "What comes back is the receipt."
    )


if __name__ == "__main__":
    opened.run(show)
