"""Teams from a table: all or nothing, nothing twice, every bad row by its line; and slips to hand out."""

import html
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.event import EventError
from leaderboard.people import importing, organising, roster, slips, teams
from leaderboard.people.codes import CodeRefused, address_of, find_code, spend_code
from leaderboard.people.importing import ImportChanged
from leaderboard.people.members import members_of, team_of_code
from leaderboard.qr import as_svg
from leaderboard.store import settings
from leaderboard.store.queries import now
from leaderboard.store.tables import AuditEntry, Code, Team
from tests.support import physathon

PLACE = "https://hackathon.example.org"


@pytest.fixture
def table(tmp_path):
    def written(*lines: str):
        path = tmp_path / "teams.csv"
        path.write_text("\n".join(["team,member,bracket,affiliation,orcid", *lines]) + "\n")
        return path

    return written


def do(store, path):
    """Import a table as the command does, and return what it made."""
    read = roster.read(path)
    shown = importing.preview(store, store.event, read)
    with store.write() as session:
        return importing.carry_out(session, store.event, read, shown)


def there(store):
    with store.read() as session:
        return {
            (team.name, team.bracket): [(one.name, one.affiliation, one.orcid) for one in members_of(session, team)]
            for team in session.query(Team)
        }


GOOD = (
    "Muon Collective,Ada Lovelace,students,University of Évora,0000-0002-1825-0097",
    'Muon Collective,"=HYPERLINK(""http://evil"")",,,',
    "<b>Tau</b>,,Experts,,",
)
MADE = {
    ("Muon Collective", "Students"): [
        ("Ada Lovelace", "University of Évora", "0000-0002-1825-0097"),
        ('=HYPERLINK("http://evil")', None, None),
    ],
    ("<b>Tau</b>", "Experts"): [],
}


def test_a_table_makes_its_teams_and_members_once(store, table):
    path = table(*GOOD)
    assert str(do(store, path)) == "2 teams and 2 members new; 0 teams and 0 members there already"
    assert there(store) == MADE
    again = do(store, path)
    assert str(again) == "0 teams and 0 members new; 2 teams and 2 members there already"
    assert not again.is_new
    assert there(store) == MADE
    with store.read() as session:
        audit = [one for one in session.query(AuditEntry) if "Ada" in str(one.details)]
        assert not audit, "persons are numbers there"


def test_new_rows_of_a_table_that_grew_join_what_is_there(store, table):
    do(store, table("muon collective,Ada Lovelace,,,"))
    done = do(store, table("Muon  Collective,ada lovelace,Students,,", "MUON COLLECTIVE,Max,,,"))
    assert done.told() == [("muon collective", False, "Students", ["Max"], ["ada lovelace"])]
    assert [one[0] for one in there(store)[("muon collective", "Students")]] == ["Ada Lovelace", "Max"]


def test_a_preview_keeps_nothing(store, table):
    read = roster.read(table(*GOOD))
    shown = importing.preview(store, store.event, read)
    assert shown.told() == [
        ("Muon Collective", True, "Students", ["Ada Lovelace", '=HYPERLINK("http://evil")'], []),
        ("<b>Tau</b>", True, "Experts", [], []),
    ]
    assert there(store) == {}
    with store.read() as session:
        assert session.query(AuditEntry).count() == 0


BAD = {
    "Muon Collective,Ada,Students,,": None,
    ",Eva,,,": "it names no team",
    "Mu\u200bon,Eva,,,": "U+200B",
    "Mu\u043en Collective,Eva,,,": "much like 'Mu\u043en Collective'",
    "Trees,Eva,,,": "'Trees' is a baseline",
    "Muon Collective,ADA,,,": "'ADA' of Muon Collective stands in line 2 already",
    "Muon Collective,Eva,Wizards,,": "no bracket 'Wizards': it has Students, Experts",
    "Muon Collective,Zoe,Experts,,": "is in the bracket 'Students', not in 'Experts'",
    "Tau,Max,,,0000-0002-1825-0098": "its last digit does not fit",
    "Tau,Max,,,0000-0002-1825-0097": "stands in line 10 already",
    "Tau,One,,,0000-0002-1825-0097": None,
    "Pion,Two,,,0000-0002-1825-0097": "ORCID iD of somebody else: line 12",
    f"Pion,{'x' * 101},,,": "at most 100 letters",
    "Pion,,,CERN,": "of a member and names none",
    "Rho,1,,,": None,
    "Rho,2,,,": None,
    "Rho,3,,,": None,
    "Rho,4,,,": "Rho is full",
    "Kaon,Eva,,,,,,more": "got 8",
}


def test_every_bad_row_is_named_and_none_is_imported(store, table):
    with store.write() as session:
        teams.add_team(session, "Trees", kind="baseline")
    path = table(*BAD)
    shown = importing.preview(store, store.event, roster.read(path))
    said = {one.line: one.what for one in shown.problems}
    expected = {line: why for line, why in enumerate(BAD.values(), start=2) if why}
    assert said.keys() == expected.keys()
    for line, why in expected.items():
        assert why in said[line], line
    refused = CliRunner().invoke(cli.app, ["team", "import", str(path), "--yes", "--event", str(store.event.folder)])
    assert isinstance(refused.exception, roster.RosterError)
    assert f"bad rows in teams.csv: {len(expected)}; nothing was imported" in str(refused.exception)
    assert "line 3: it names no team" in refused.output
    assert [name for name, _ in there(store)] == ["Trees"]


def test_what_was_changed_meanwhile_is_not_imported_unseen(store, table):
    read = roster.read(table(*GOOD))
    shown = importing.preview(store, store.event, read)
    with store.write() as session:
        teams.add_team(session, "Muon Collective")
    with pytest.raises(ImportChanged), store.write() as session:
        importing.carry_out(session, store.event, read, shown)
    assert there(store) == {("Muon Collective", None): []}


def test_the_command_shows_and_asks_and_writes_slips_of_who_is_new(store, table, tmp_path):
    here, sheet = ("--event", store.event.folder), tmp_path / "slips.html"
    do(store, table("Muon Collective,Max,,,"))
    path = table(*GOOD, "Rockets,,,,").read_text().replace("orcid\n", "orcid\n\n")
    (tmp_path / "more.csv").write_bytes(path.encode("cp1252"))
    told = physathon("team", "import", tmp_path / "more.csv", *here)
    assert "look whether accents are right" in told
    assert "nothing was imported" in told
    assert len(there(store)) == 1
    told = physathon("team", "import", tmp_path / "more.csv", "--yes", "--slips", sheet, "--url", PLACE, *here)
    assert "slips to print: 4, A4 pages: 1" in told
    page = sheet.read_text("utf-8")
    assert sheet.stat().st_mode & 0o777 == 0o600
    assert re.findall("<h1>(.*?)</h1>", page) == [
        "Ada Lovelace",
        html.escape('=HYPERLINK("http://evil")'),
        "Whoever joins",
        "Whoever joins",
    ]
    assert "<b>Tau" not in page
    codes = re.findall("<code>(.*?)</code>", page)
    assert all(as_svg(address_of(PLACE, code)) in page for code in codes)
    with store.write() as session:
        assert spend_code(session, codes[0]).member.name == "Ada Lovelace"
        assert team_of_code(session, codes[2]).name == "<b>Tau</b>"
        assert session.query(Code).filter_by(kind="member").count() == 2, "Max is not new"


def test_slips_printed_again_end_those_of_before(store, table, tmp_path):
    do(store, table(*GOOD))
    sheet, here = tmp_path / "slips.html", ("--event", store.event.folder)

    def printed():
        physathon("team", "slips", sheet, "--team", "muon collective", *here)
        return re.findall("<code>(.*?)</code>", sheet.read_text("utf-8"))

    physathon("set", "public_url", PLACE, *here)
    before, after = printed(), printed()
    assert (len(before), len(after)) == (2, 2)
    with store.read() as session:
        assert find_code(session, after[0]).member.name == "Ada Lovelace"
        late = find_code(session, after[0]).expires_at - store.event.config.closes
        assert abs(late) < timedelta(minutes=10)
        with pytest.raises(CodeRefused):
            find_code(session, before[0])


def test_after_the_close_and_without_an_address_there_are_no_slips(store, table, tmp_path):
    do(store, table(*GOOD))
    command = ["team", "slips", str(tmp_path / "slips.html"), "--event", str(store.event.folder)]
    assert "set public_url" in str(CliRunner().invoke(cli.app, command).exception)
    assert "expected an address" in str(CliRunner().invoke(cli.app, [*command, "--url", "venue:8501"]).exception)
    with store.write() as session:
        settings.change(session, store.event, "opens", "-2d", who="test", reason="")
        settings.change(session, store.event, "closes", (now() - timedelta(days=1)).isoformat(), who="test", reason="")
    with pytest.raises(EventError, match="is closed"), store.write() as session:
        slips.slips_of(session, store.event, organising.find(session, "Muon Collective"))


def test_a_page_has_eight_slips():
    event = SimpleNamespace(config=SimpleNamespace(name="toy & co"))
    page = slips.page(event, PLACE, [slips.Slip("Muon", f"Ada {at}", "0000-0000-0000") for at in range(9)])
    first, second = re.findall("<section>(.*?)</section>", page, re.DOTALL)
    assert (first.count("<article>"), second.count("<article>")) == (8, 1)
    assert "toy &amp; co" in page
