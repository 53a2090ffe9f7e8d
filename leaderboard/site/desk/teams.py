"""Of the desk: which teams there are, new ones one by one or from a table, and codes by which they are formed."""

import streamlit as st
from sqlalchemy import select

from leaderboard.event import EventError
from leaderboard.people import codes, importing, organising, roster, teams
from leaderboard.people.organising import Listed
from leaderboard.people.slips import page, slips_of
from leaderboard.site import parts, words
from leaderboard.site.desk import team
from leaderboard.site.desk.frame import Desk
from leaderboard.site.parts import Link
from leaderboard.site.signing import place as here
from leaderboard.site.words import plain
from leaderboard.store.tables import Team
from leaderboard.times import span

LONGEST_TABLE = 40_000
"""Letters of a table that is pasted: a page says no more to the server at once."""

MOST = 200
"""Teams that the list shows at once."""

SHOWN = "an import that was looked at"


def show(desk: Desk) -> None:
    """Draw the part, or one team."""
    number = st.query_params.get("team", "")
    if number:
        team.show(desk, number)
        return
    _list(desk)
    if desk.may():
        with st.expander("Add a team", icon=":material/group_add:"):
            _add(desk)
        with st.expander(
            "Import a table of teams and members", icon=":material/table:", expanded=SHOWN in st.session_state
        ):
            _import(desk)
        with st.expander("A code by which teams are formed", icon=":material/qr_code_2:"):
            _code(desk)
        with st.expander("Slips of paper for all members", icon=":material/print:"):
            _slips(desk)


def _list(desk: Desk) -> None:
    brackets = desk.site.event.config.brackets
    bracket = None
    with st.container(horizontal=True):
        wanted = st.text_input("Filter", placeholder="team or member", key="filter of teams")
        if brackets:
            bracket = st.selectbox(
                "Bracket", brackets, index=None, placeholder="all", key="bracket of teams", width=220
            )
    with desk.site.store.read() as session:
        every = len(organising.search(session))
        found = organising.search(session, wanted, bracket)
        shown = organising.listed(session, Team.id.in_(found[:MOST]))
    rows = [("ghost" if one.team.out else "", _row(one)) for one in shown]
    numbers = [("Members", "number"), ("Files", "number")]
    parts.table([("Team", ""), ("Bracket", "word spare"), *numbers, ("Last seen", "word")], rows, label="Teams")
    rest = f" These are the first {len(rows)} of them: the filter finds the others." if len(found) > len(rows) else ""
    st.caption(f"{len(found)} of {every} teams.{rest}")


def _row(one: Listed) -> tuple[object, ...]:
    seen = words.moment(one.seen_at, words.reader_zone()) if one.seen_at else "never"
    name: list[object] = [Link(one.team.name, f"/desk?part=teams&team={one.team.id}")]
    return name + [one.team.out] * bool(one.team.out), one.team.bracket or "", len(one.members), one.files, seen


def _add(desk: Desk) -> None:
    with st.form(desk.key("add", "form"), border=False):
        name = st.text_input("Name of the team", max_chars=100, key=desk.key("add", "name"))
        adds = st.form_submit_button("Add it")
    if adds:
        with desk.act("add") as session:
            token = teams.issue_token(session, added := teams.add_team(session, name))
            desk.say(f"{added.name} is registered; its token:", secret=token)


def _import(desk: Desk) -> None:
    """Read a table that is pasted: what it would do is shown, then done, or something else is done and it is not."""
    with st.form(desk.key("import", "form"), border=False):
        text = st.text_area(
            "Paste it here, with its first line, from a spreadsheet or a CSV file",
            max_chars=LONGEST_TABLE,
            height=160,
            placeholder="team,member,bracket,affiliation,orcid",
            key=desk.key("import", "text"),
        )
        looks = st.form_submit_button("Look what it would do")
    st.caption(f"More than {LONGEST_TABLE:,} letters: `physathon team import FILE`.")
    if looks:
        st.session_state.pop(SHOWN, None)
        try:
            table = roster.parse(text, name="this table")
            st.session_state[SHOWN] = table, importing.preview(desk.site.store, desk.site.event, table)
        except EventError as error:
            st.error(plain(str(error)), icon=":material/close:")
    if SHOWN in st.session_state:
        _imported(desk, *st.session_state[SHOWN])


def _imported(desk: Desk, table: roster.Roster, shown: importing.Import) -> None:
    rows = [
        (
            "",
            (one.team, "new" if one.is_new else "", one.bracket or "", ", ".join(one.members.values()), len(one.known)),
        )
        for one in shown.teams
    ]
    columns = [("Team", ""), ("", ""), ("Bracket", ""), ("New members", ""), ("There already", "number")]
    parts.table(columns, rows, label="What the import would do")
    if table.ignored:
        st.caption(plain(f"Ignored columns: {', '.join(table.ignored)}"))
    if shown.problems:
        problems = [("", (one.line, one.what)) for one in shown.problems]
        st.error("Nothing can be imported before these lines are in order.", icon=":material/close:")
        parts.table([("Line", "number"), ("What is wrong", "")], problems, label="Bad lines")
        return
    st.markdown(plain(str(shown)))
    if shown.is_new and st.button("Import this", type="primary"):
        del st.session_state[SHOWN]
        with desk.act("import") as session:
            done = importing.carry_out(session, desk.site.event, table, shown)
            slips = importing.slips_of_new(session, desk.site.event, done) if _could_print(desk) else []
            file = page(desk.site.event, here(desk.site), slips).encode() if slips else b""
            desk.say(f"imported: {done}", file=("slips.html", file) if file else None)


def _could_print(desk: Desk) -> bool:
    return bool(here(desk.site)) and desk.site.event.phase() != "closed"


def _code(desk: Desk) -> None:
    form = st.form(desk.key("code", "form"), border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        uses = st.number_input("How many teams it may form", 1, 1000, 1, width=240, key=desk.key("code", "uses"))
        life = st.text_input("For how long: 15m, 2h, 1d", width=240, key=desk.key("code", "life"))
        makes = st.form_submit_button("Make a code")
    if makes:
        with desk.act("code") as session:
            lasts = span(life) if life.strip() else None
            code = codes.issue_code(session, "team", life=lasts, uses=uses)
            desk.say(f"By this code teams are formed. {codes.serves(uses, life)}", code=code, for_all=True)


def _slips(desk: Desk) -> None:
    st.caption(
        "Names, teams and codes that sign in, once, eight to a page. Codes of before that were not used stop working."
    )
    if st.button("Make slips"):
        with desk.act("slips") as session:
            taking_part = select(Team).where(Team.kind == "team", Team.out.is_(None)).order_by(Team.id)
            slips = [slip for one in session.scalars(taking_part) for slip in slips_of(session, desk.site.event, one)]
            content = page(desk.site.event, here(desk.site), slips).encode()
            desk.say(f"{len(slips)} slips: whoever sees a code can use it", file=("slips.html", content))
