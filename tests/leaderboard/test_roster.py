"""Tables of teams as people have them: every encoding, delimiter and order that a spreadsheet writes."""

import pytest

from leaderboard.people import roster
from leaderboard.people.roster import Problem, RosterError, Row, read

ROWS = (
    Row(2, "Équipe Å", "Émilie du Châtelet", "students"),
    Row(3, "Équipe Å", "Søren, Ørsted", "students"),
    Row(5, "Lonely"),
)
LINES = (
    "Team,Member,Bracket",
    "Équipe Å,Émilie du Châtelet,students",
    'Équipe Å,"Søren, Ørsted",students',
    ",,",
    "Lonely,,",
)
TEXT = "".join(f"{line}\r\n" for line in LINES)


@pytest.fixture
def table(tmp_path):
    """Return a function that reads what it is given as a file."""

    def read_it(content: str | bytes, encoding: str = "utf-8", name: str = "teams.csv") -> roster.Roster:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read(path)

    return read_it


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_every_encoding_of_a_spreadsheet_says_the_same(table, encoding):
    assert table(TEXT, encoding).rows == ROWS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_by_its_mark_in_either_order(table, encoding):
    assert table("\ufeff" + TEXT, encoding).rows == ROWS


def test_which_encoding_was_taken_is_told(table):
    assert [table("team\nMünchen", one).encoding for one in ("utf-8", "cp1252")] == ["utf-8", "cp1252"]
    assert table(b"team\nM\x81\xfcnchen").encoding == "latin-1", "a byte that Windows-1252 does not have"


@pytest.mark.parametrize(
    "content",
    [
        "team;member;bracket\nMuon; Ada ;x\n",
        "team\tmember\tbracket\nMuon\tAda\tx\n",
        "sep=;\r\nteam;member;bracket\r\n\r\nMuon;Ada;x\r\n",
        '"sep=\t"\r\nteam\tmember\tbracket\r\nMuon\tAda\tx\r\n',
        'bracket,"Team name",Full  Name\rx,Muon,"Ada"\r',
        "\n;;\n Division ;Téam_Name;PARTICIPANT;;\nx;Muon;Ada\n",
        "First name,Last name,Group,Category\n,Ada,Muon,x",
        "member,e-mail,team,bracket,,\nAda,a@b.c,Muon,x,,\n",
    ],
)
def test_delimiters_quotes_orders_and_names_of_columns(table, content):
    (row,) = table(content).rows
    assert (row.team, row.member, row.bracket) == ("Muon", "Ada", "x")


def test_names_are_put_together_and_other_columns_are_read_or_named(table):
    found = table("Team,First name,Surname,University,ORCID iD,T-shirt,E-mail\nMuon,Ada,Lovelace,Évora,0000,M,a@b.c\n")
    assert found.rows == (Row(2, "Muon", "Ada Lovelace", "", "Évora", "0000"),)
    assert found.ignored == ("T-shirt", "E-mail")


def test_lines_are_counted_as_an_editor_counts_them(table):
    found = table('sep=,\nteam,member\n"Muon\nCollective",Ada\nMuon Collective,Max,what,,is this\n\nTau,Eva\n')
    assert [(row.line, row.team) for row in found.rows] == [(3, "Muon Collective"), (7, "Tau")]
    assert found.problems == (Problem(5, "expected 2 cells as in the header, got 5"),)


@pytest.mark.parametrize("wrong", ['Tau,"Eva\nMax\n', 'Tau,"Eva" Max\n', f'Tau,"{"x" * 140_000}"\n'])
def test_quotes_that_do_not_match_are_a_problem_of_their_line(table, wrong):
    found = table(f"team,member\nMuon,Ada\n{wrong}")
    assert [row.team for row in found.rows] == ["Muon"]
    assert [(one.line, one.what.partition(" (")[0]) for one in found.problems] == [(3, "its quotes do not match")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04 and so on", "is a workbook, not a text: save it as CSV"),
        (b"\xd0\xcf\x11\xe0 and so on", "is an old workbook"),
        (b"team,member\nMuon,A\0da\n", "line 2 has the character NUL"),
        ("team,member\nMuon,Ada\n".encode("utf-16-le"), "line 1 has the character NUL"),
        (b"\xff\xfet\0e\0a", "begins as a text in utf-16, and is none"),
        (b"", "no column of teams: expected team, team name.*got nothing"),
        (b"name,bracket\nAda,x\n", "no column of teams: .*got 'name', 'bracket'"),
        (b"team,Team name\nMuon,Tau\n", "two columns of teams.csv are the team's: 'team' and 'Team name'"),
        (b"team" + b",x" * 10_000, "at most 60 columns, got 10,001"),
    ],
)
def test_what_is_no_table_of_teams_is_refused_by_name(table, content, why):
    with pytest.raises(RosterError, match=why):
        table(content)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "teams.csv"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(type(path), "read_bytes", lambda _path: pytest.fail("it was read"))
    with pytest.raises(RosterError, match=r"at most 2,000,000 bytes, got 50,000,000: teams\.csv"):
        read(path)
