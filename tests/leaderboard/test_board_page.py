"""The board as pages and API show it: intervals on one axis, groups for false ranks, the own row always there."""

import csv
import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from fastapi.testclient import TestClient

from challenges.spec import PRIVATE, find_track
from leaderboard.board.entries import Entry, ranked
from leaderboard.board.history import Step
from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.people import teams
from leaderboard.site.api import create_api
from leaderboard.site.board import sentences
from leaderboard.site.board.axis import axis_of, lines_of
from leaderboard.site.board.progress import Look, apart, picture
from leaderboard.site.board.table import MOST_ROWS, Table, part_of
from leaderboard.site.live import Snapshot, snapshot
from leaderboard.site.stages import told_at
from leaderboard.store import settings
from leaderboard.store.tables import Team
from tests.leaderboard.tabs import all_text, sign_in
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
HIGGS = find_track(TRACK)
LESS = find_track("nmr.gauss")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def entry(team: str, value: float, kind: str = "team", half: float = 0.01, **more) -> Entry:
    return Entry(team, kind, value, value - half, value + half, 1, 1, NOON - timedelta(hours=2), **more)


def drawn(entries: list[Entry], moves=None, of=HIGGS, **more) -> Table:
    challenge, track = of
    nothing = dict.fromkeys(("finalized_at", "revealing_at", "published_at"))
    told = {"secret": True, "holdout": "", "unranked": (), "step": 0.005, "waiting": 0, "version": 1, "read": None}
    view = Snapshot(track=TRACK, entries=tuple(entries), **told | nothing | more)
    return Table(view, challenge.id, track, NOON, moves or {})


def rows(table: str) -> list[str]:
    return [one.partition("</tr>")[0] for one in table.split("<tr")[2:]]


def test_who_cannot_be_told_from_the_first_stands_in_one_block_told_in_one_sentence():
    entries = ranked([entry("a", 0.8), entry("b", 0.79), entry("x", 0.795, "baseline"), entry("c", 0.7)], possible=True)
    found = rows(drawn(entries).html(part_of(entries)))
    assert ["leader" in one.partition(">")[0] for one in found] == [True, True, True, False, False]
    assert "2 teams may each be the first" in found[3]
    assert [">1–2<" in one for one in found] == [True, False, True, False, False]


def test_the_first_and_the_own_row_are_there_whatever_page_or_bracket_is_looked_at():
    entries = ranked([entry(f"team {at}", 0.9 - at / 1000, bracket="Experts") for at in range(3 * MOST_ROWS)])
    table, name = drawn(entries), "team 120"
    pages = [table.html(part_of(entries, page=page), name) for page in (1, 2, 3)]
    assert [page.count("<bdi>team 0</bdi>") for page in pages] == [1, 1, 1]
    assert [page.count("<b>you</b>") for page in pages] == [1, 1, 1]
    assert [len(rows(page)) for page in pages] == [MOST_ROWS + 2, MOST_ROWS + 4, MOST_ROWS + 2]
    assert name in table.html(part_of(entries, "Students", 1), name)
    assert "<b>you</b>" not in table.html(part_of(entries))
    shown = table.html(part_of(entries, page=1), None, name)
    assert [name in row for row in rows(shown) if 'class="asked"' in row] == [True], "whose row the address names"


def test_a_name_is_shown_as_written_and_keeps_its_direction_to_itself():
    table = drawn([entry('<img src=x> "Ü"', 0.8), entry("فريق", 0.7)])
    shown = table.html(part_of(table.view.entries), '<img src=x> "Ü"')
    assert "<bdi>&lt;img src=x&gt; &quot;Ü&quot;</bdi>" in shown
    assert "<bdi>فريق</bdi>" in shown


@pytest.mark.parametrize(("of", "better"), [(HIGGS, 1), (LESS, -1)])
def test_better_is_right_whichever_way_the_metric_runs(of, better):
    entries = [entry("a", 0.8), entry("b", 0.8 - better * 0.05)]
    axis = axis_of(of[1], entries)
    assert axis.at(entries[0].value) > axis.at(entries[1].value)
    assert axis.ticks == sorted(axis.ticks, reverse=better < 0)


def test_one_empty_answer_does_not_make_all_others_look_alike():
    _, track = HIGGS
    good = [entry("a", 0.8), entry("b", 0.78)]
    assert axis_of(track, [*good, entry("empty", 0.5)]) == axis_of(track, good)
    assert "◂" in drawn([*good, entry("empty", 0.5)]).html(part_of([*good, good[0]]))


def test_lines_that_are_far_from_all_scores_are_told_in_words_alone():
    _, track = HIGGS
    near, far = (axis_of(track, [entry("a", value)], lines_of(track)) for value in (0.8, 0.6))
    assert (near.holds(0.81), far.holds(0.885)) == (True, False)
    told = sentences.legend(track, far)
    assert "Published 0.885, beyond the axis: on real data: deep net" in told
    assert "Floor 0.675" in told


def test_what_moved_is_said_in_words_too():
    entries = ranked([entry("a", 0.9), entry("b", 0.8), entry("c", 0.7), entry("d", 0.6)])
    found = rows(drawn(entries, {"a": 3, "b": -1, "c": None, "d": 0}).html(part_of(entries)))
    assert 'aria-label="risen by 3">▲ 3' in found[0]
    assert 'aria-label="fallen by 1">▼ 1' in found[1]
    assert '<td class="moved">new</td>' in found[2]
    assert '<td class="moved"></td>' in found[3]


def test_while_results_are_let_out_a_row_says_which_slice_it_is_of():
    entries = [entry("a", 0.81234, slice=PRIVATE, rank_best=1, rank_worst=2), entry("b", 0.8)]
    shown = rows(drawn(entries, revealing_at=NOON).html(part_of(entries)))
    assert "<b>result</b>" in shown[0]
    assert ">0.81234<" in shown[0]
    assert "<b>public</b>" in shown[1]


def test_progress_is_drawn_of_steps_alone_and_runs_nobodys_name():
    challenge, track = HIGGS
    steps = [
        Step(at, name, "team", NOON + timedelta(hours=at), 0.7 + at / 100, 0.6, 0.8)
        for at, name in enumerate(("<script>", "b", "<script>", "a long name that nobody reads to its end"))
    ]
    svg = picture(steps, challenge, track, Look(NOON + timedelta(hours=9), own="b"))
    texts = [one.text for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"<script>", "b", "a long name that nobo…", "now"} <= set(texts)
    assert svg.count('class="own"') == 1
    ended = picture(steps, challenge, track, Look(NOON, live=False, narrow=True))
    assert ">the end<" in ended


def test_names_at_the_end_of_lines_never_touch_and_stay_in_the_picture():
    places = apart([10, 11, 11, 290, 291], 16, 296)
    assert all(after - before >= 16 for before, after in pairwise(places))
    assert max(places) <= 296


@pytest.fixture
def played(make_judge, monkeypatch):
    """Return the judge of an event with brackets, and two teams on its board."""
    monkeypatch.setattr(settings, "FRESH", 0)
    judge = make_judge(brackets=["Students", "Experts"])
    for name, bracket, noise in (("=Muon", "Students", 0.7), ("Tau", "Experts", 2)):
        team = add_team(judge, name)
        with judge.store.write() as session:
            session.get_one(Team, team.id).bracket = bracket
        file = prediction_file(judge, noisy_answers(judge, noise))
        receive(judge.event, judge.store, team, TRACK, file, "file.csv")
    worker.work(judge, once=True)
    return judge


def test_a_view_is_an_address_and_ones_own_team_is_in_it(played, page, monkeypatch):
    with played.store.read() as session:
        sign_in(played, teams.find_team(session, "Tau"), monkeypatch)
    assert "=Muon" in all_text(page(played))
    app = page(played, "home")
    app.query_params["bracket"] = "Experts"
    shown = all_text(app.switch_page("pages/board.py").run())
    assert "=Muon" not in shown.partition("Progress")[0]
    assert "<b>you</b>" in shown
    assert "Ranks are those among all teams" in shown


def test_the_board_is_a_table_for_spreadsheets_and_runs_nothing_in_one(played):
    with TestClient(create_api(played.event, played.store, loopback=True)) as client:
        answer = client.get("/tracks/higgs/board.csv")
        told = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [(one["team"], one["bracket"]) for one in told] == [("'=Muon", "Students"), ("Tau", "Experts")]
        entries = client.get("/tracks/higgs/board").json()["entries"]
        svg = client.get("/tracks/higgs/progress.svg", params={"own": 2, "narrow": True})
    assert [one["bracket"] for one in entries] == ["Students", "Experts"]
    assert svg.headers["content-type"] == "image/svg+xml"
    (own,) = ET.fromstring(svg.content).findall(".//{http://www.w3.org/2000/svg}g[@class='own']")
    assert "Tau" in "".join(own.itertext())


def test_a_board_tells_of_now_until_it_stands_still(judge):
    with judge.store.read() as session:
        view = snapshot(session, TRACK)
    config = judge.event.config
    early, late = config.closes - timedelta(days=1), config.closes + timedelta(days=1)
    assert told_at(judge.event, view, early) == early
    assert told_at(judge.event, view, late) == config.closes
    assert told_at(judge.event, replace(view, finalized_at=config.opens), late) == config.opens
