"""Of the desk: what is asked of the judge, how far it is, and the codes that let it be done."""

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st
from sqlalchemy.orm import Session

from leaderboard.event import Event
from leaderboard.people import desk as asking
from leaderboard.people.desk import digest_of
from leaderboard.site import again, parts, words
from leaderboard.site.desk.frame import Desk
from leaderboard.site.parts import Link
from leaderboard.site.words import plain
from leaderboard.store.tables import Task, TaskKind

SECONDS = 2  # between two looks at how far the judge is
SHOWN = 20
SHORT = 8
"""Digits of a task's digest that both sides show."""

KINDS: dict[TaskKind, str] = {
    "finalize": "finalize: close the books and judge every team's final file; nothing is shown yet",
    "publish": "publish: show everybody the final ranking",
    "reveal": "reveal: give everybody the answers",
    "kit": "kit: build the challenge's starter kit anew",
}
"""What is asked for in this part, and what it does; the rest is about corrections."""

FOR_GOOD = ("finalize", "publish", "reveal")
"""What cannot be undone."""

STATES = {
    "waiting": "waits for the judge",
    "asking": "waits for its code",
    "running": "under way",
    "done": "done",
    "refused": "not done",
}


def show(desk: Desk) -> None:
    """Draw the part."""
    with desk.site.store.read() as session:
        tasks = asking.newest(session, SHOWN)
    for task in reversed(tasks):
        if task.state in asking.NOT_BEGUN:
            _waiting(desk, task)
    _ask(desk)
    _queue(desk, _states(tasks))


def waiting(session: Session, _event: Event) -> int:
    """Return how many tasks have not ended."""
    return asking.count_not_ended(session)


def tell_asked(desk: Desk, task: Task) -> None:
    """Tell what follows from having asked for a task."""
    free = "" if task.kind in asking.FREELY else f"; its code is where the judge runs: {asking.SHOW_CODES}"
    desk.say(f"task {task.id}, {task.kind} {task.track}, waits for the judge{free}")


def _ask(desk: Desk) -> None:
    with st.expander("Ask for something", icon=":material/gavel:"):
        kind = st.selectbox("What", list(KINDS), format_func=KINDS.__getitem__, key=desk.key("ask", "kind"))
        track = st.selectbox("Track", list(desk.site.tracks), key=desk.key("ask", "track"))
        meant = kind not in FOR_GOOD or desk.is_meant("ask")
        if st.button("Ask the judge", disabled=not meant):
            with desk.act("ask") as session:
                tell_asked(desk, asking.ask(session, desk.site.event, kind, track, who=session.info["who"]))


def _waiting(desk: Desk, task: Task) -> None:
    with st.container(border=True):
        st.markdown(f"**Task {task.id}: {plain(f'{task.kind} {task.track}')}** · details `{digest_of(task)[:SHORT]}`")
        if task.state == "waiting" or task.code is not None:
            st.caption("The judge looks at it within seconds, while it runs.")
        else:
            _code(desk, task)
        if st.button("Take it back", key=f"take back {task.id}"):
            with desk.act("take back") as session:
                asking.withdraw(session, task.id, who=session.info["who"])
                desk.say(f"task {task.id} is taken back")


def _code(desk: Desk, task: Task) -> None:
    st.markdown(plain(f"{task.said or ''}."))
    st.caption(
        f"There `{asking.SHOW_CODES}` shows the code, beside what is truly asked for. If kind, track or the eight "
        "digits of the details are others, somebody changed the row: give no code, take it back."
    )
    form = st.form(desk.key(f"code {task.id}", "form"), border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.text_input("Code", max_chars=40, width=260, key=desk.key(f"code {task.id}", "code"))
        gives = st.form_submit_button("Give the code")
    if gives:
        with desk.act(f"code {task.id}") as session:
            asking.give_code(session, task.id, code, who=session.info["who"])
            desk.say(f"task {task.id} has a code: the judge looks whether it is the right one")


@again.every(SECONDS)
def _queue(desk: Desk, drawn: list[tuple]) -> None:
    """Draw all tasks with how far they are; when one moves on, the page is drawn anew."""
    with desk.site.store.read() as session:
        tasks = asking.newest(session, SHOWN)
    if _states(tasks) != drawn:
        st.rerun()
    zone = words.reader_zone()
    rows = [
        (
            "ghost" if task.state == "done" else "",
            (
                task.id,
                f"{task.kind} {task.track}",
                digest_of(task)[:SHORT],
                _told(task),
                f"{task.asked_by}, {words.moment(task.asked_at, zone)}",
            ),
        )
        for task in tasks
    ]
    columns = [("No.", "number"), ("Task", "word"), ("Details", "word code spare"), ("State", "")]
    if rows:
        parts.table([*columns, ("Asked by", "spare")], rows, label="Tasks")
    else:
        st.caption("Nothing has been asked of the judge yet.")


def _told(task: Task) -> list[object]:
    """Return where a task is, what the judge says of it, and the way to what came out."""
    moves = Link("who would move", f"/desk?part=corrections&track={quote(task.track)}")
    to_moves = moves if task.kind == "rescore" and task.state == "done" else None
    return [part for part in (STATES[task.state], task.progress or task.said, to_moves) if part]


def _states(tasks: Sequence[Task]) -> list[tuple]:
    return [(task.id, task.state, task.said, task.code is None) for task in tasks]
