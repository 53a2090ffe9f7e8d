"""Of the desk: how each track is: data, kit, commitments, files, what its board is worth, when it is out."""

import streamlit as st
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from leaderboard.people import desk as asking
from leaderboard.public.data import public_data, revealed_files
from leaderboard.site import parts, words
from leaderboard.site.desk.frame import Desk
from leaderboard.site.desk.tasks import tell_asked
from leaderboard.site.kits import kit_in_words
from leaderboard.site.stages import stage_of
from leaderboard.site.words import plain
from leaderboard.store.queries import SECRECY, holdout_record, out_of, waiting
from leaderboard.store.tables import Submission, Tally


def show(desk: Desk) -> None:
    """Draw the part."""
    event, ready = desk.site.event, desk.site.tracks
    for challenge in map(event.challenge, event.config.challenges):
        st.subheader(plain(challenge.title), anchor=False)
        parts.facts(
            {
                "Opens": words.moment(event.config.out_at(challenge.id), words.reader_zone(), year=True),
                "Starter kit": kit_in_words(event, challenge.id),
            }
        )
        names = [name for name, (of, _) in ready.items() if of.id == challenge.id]
        if not names:
            st.caption(f"It has no data yet: `physathon simulate {challenge.id}`, or `physathon fetch`.")
            continue
        if st.button("Build the kit anew", key=f"kit {challenge.id}"):
            with desk.act("kit") as session:
                tell_asked(desk, asking.ask(session, event, "kit", names[0], who=session.info["who"]))
        for name in names:
            _track(desk, name)


def _track(desk: Desk, name: str) -> None:
    event, view = desk.site.event, desk.site.boards.now(name)
    facts = public_data(event, name).facts()
    with desk.site.store.read() as session:
        record, files, out = holdout_record(session, name), files_in_words(session, name), out_of(session, name)
    st.markdown(f"**{plain(name)}** · {stage_of(event, view).phase}")
    told = {
        "Rows": f"{facts['train_rows']:,} to learn from, {facts.get('validation_rows', 0):,} to validate with, "
        f"{facts['holdout_rows']:,} to predict: {facts['source']}",
        "Labels": SECRECY[record.secret],
        "Files": files,
        "Grid of the board": f"{view.step:g}",
    }
    if facts.get("luck"):
        told["Luck"] = (
            f"the best of {event.config.submissions_in_all} random files would show {0.5 + facts['luck']:.2f}"
        )
    if facts.get("gap"):
        told["Gap"] = f"two teams near 0.8 that are {facts['gap']:.2g} apart are told apart four times out of five"
    if out:
        told["Teams that are out"] = ", ".join(team.name for team in out)
    revealed = revealed_files(event, name)
    if revealed:
        told["Revealed"] = ", ".join(path.name for path in revealed)
    parts.facts(told)
    rows = [("", (slice_name, f"{record.rows[slice_name]:,}", sha)) for slice_name, sha in record.commitments.items()]
    columns = [("Slice", "word"), ("Rows", "number"), ("SHA-256", "code")]
    parts.table(columns, rows, label=f"Commitments of {name}")


def files_in_words(session: Session, track: str) -> str:
    """Return what became of the files of a track, in numbers."""
    of_track = Submission.track == track
    sums = select(func.sum(Tally.counted), func.sum(Tally.failed)).where(Tally.track == track)
    counted, failed = (number or 0 for number in session.execute(sums).one())

    def those(*which: ColumnElement[bool] | InstrumentedAttribute[bool]) -> int:
        return session.scalars(select(func.count()).select_from(Submission).where(of_track, *which)).one()

    wait = waiting(session, track)
    excluded, lost = those(Submission.excluded.is_not(None)), those(Submission.lost)
    counts = {
        "judged": counted - wait,
        "waiting": wait,
        "failed": failed - excluded,
        "excluded": excluded,
        "lost": lost,
    }
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())
