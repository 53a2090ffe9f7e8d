"""Home: standings over all tracks, a card for each challenge, what is new; all of it from what boards show."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st

from challenges.spec import find_track, load
from leaderboard.board.entries import Entry, ranked
from leaderboard.board.history import Rise, Step
from leaderboard.board.overall import overall, paths
from leaderboard.intake.receive import receive
from leaderboard.judge import worker
from leaderboard.people import talk
from leaderboard.site.home import cards, feed, standings
from leaderboard.site.home.glance import Glance, Glances, News, newest
from leaderboard.site.live import Boards, Snapshot
from leaderboard.site.past import Past
from leaderboard.store import settings
from scoring.points import points
from scoring.roc import ROC_AUC
from tests.leaderboard.tabs import all_text
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def send(judge, team, noise: float) -> None:
    file = prediction_file(judge, noisy_answers(judge, noise, seed=team.id))
    receive(judge.event, judge.store, team, TRACK, file, "file.csv")
    worker.work(judge, once=True)


def glances(judge) -> Glances:
    return Glances(judge.event, Boards(judge.store), Past(judge.store))


def board(*rows: tuple[str, str, float], **moments: datetime) -> Snapshot:
    entries = ranked(Entry(name, kind, value, value - 0.1, value + 0.1, 1, 1, NOON) for name, kind, value in rows)
    empty = dict.fromkeys(field.name for field in fields(Snapshot) if field.name != "_made")
    return Snapshot(**empty | {"track": TRACK, "entries": tuple(entries), "step": 0.005} | moments)


def step(team: str, hours: float, value: float, kind: str = "team") -> Step:
    return Step(int(hours * 10), team, kind, NOON + timedelta(hours=hours), value, value - 0.01, value + 0.01)


def test_home_follows_the_judge_and_shows_nobody_s_name_as_html(judge, page):
    at_first = page(judge, "home")
    assert "No team is on a board yet" in all_text(at_first)
    send(judge, add_team(judge, "<b>Tau</b> & co"), 0.7)
    with judge.store.write() as session:
        talk.announce(session, "Pizza <i>at</i> **noon**")
    at_first.run()
    assert "Pizza &lt;i&gt;" not in all_text(at_first), "what stands above the page is said once"
    shown = all_text(next(one for one in at_first.button if one.label == "Mark as read").click().run().run())
    assert "<bdi>&lt;b&gt;Tau&lt;/b&gt; &amp; co</bdi>" in shown
    assert "came in with" in shown
    assert "<b>Tau</b>" not in shown
    assert "Pizza &lt;i&gt;at&lt;/i&gt; <strong>noon</strong>" in shown


def test_a_glance_stays_the_same_until_a_board_changes_and_its_points_end_where_they_came_to(judge):
    found, team = glances(judge), add_team(judge)
    send(judge, team, 1)
    first = found.now()
    assert found.now() is first
    send(judge, team, 0.3)
    second = found.now()
    assert second is not first
    (total,) = second.totals
    told = [points for _, points in second.paths[team.name]]
    assert len(told) == 2
    assert told[-1] == pytest.approx(total.points)
    assert told[0] == pytest.approx(first.totals[0].points)


def test_before_a_challenge_is_out_its_card_tells_when_it_opens_and_nothing_of_its_data(judge, page):
    later = datetime.now(UTC) + timedelta(days=1)
    with judge.store.write() as session:
        settings.change(session, judge.event, "releases.higgs", later.isoformat(), who="test", reason="")
    shown = all_text(page(judge, "home"))
    assert "It opens on" in shown
    assert load("higgs").summary in shown
    assert not any(told in shown for told in ("/api/v1/samples", "on the board", "files"))


def test_a_freeze_lets_home_stand_still_and_says_so(judge, page):
    send(judge, add_team(judge), 1)
    before = glances(judge).now()
    with judge.store.write() as session:
        settings.change(session, judge.event, "freezes_at", datetime.now(UTC).isoformat(), who="test", reason="")
    send(judge, add_team(judge, "Latecomers"), 0.1)
    after = glances(judge).now()
    assert (after.news, after.paths, [(one.team, one.points) for one in after.totals]) == (
        before.news,
        before.paths,
        [(one.team, one.points) for one in before.totals],
    )
    assert "Stands still since" in all_text(page(judge, "home"))


def test_own_team_is_marked_and_on_any_other_page_of_the_standings_pinned(monkeypatch):
    monkeypatch.setattr(standings, "PAGE", 1)
    entries = board(("Good", "team", 0.9), ("Own", "team", 0.7), ("XGBoost, higgs", "baseline", 0.8)).entries
    glance = Glance({TRACK: board()}, {}, overall({TRACK: entries}), {}, [])
    assert standings.pages(glance) == 2
    first, second = (standings.table(glance, page, "Own") for page in (1, 2))
    assert first.index('<tr class="own">') < first.index("<bdi>Own</bdi>") < first.index("<bdi>Good</bdi>")
    assert second.count('<tr class="own">') == second.count("<bdi>") == 1
    assert '<tr class="own">' not in standings.table(glance, 2)


def test_the_head_tells_which_tracks_are_final():
    live, final = (Glance({TRACK: one}, {}, [], {}, []) for one in (board(), board(published_at=NOON)))
    assert ("<span>higgs</span>" in standings.table(live, 1), standings.meaning(live).count("final")) == (True, 0)
    assert ("<span>higgs · final</span>" in standings.table(final, 1), standings.meaning(final).count("final")) == (
        True,
        1,
    )


def test_baselines_count_as_beaten_by_the_values_that_are_shown():
    def told(*values: float, **moments: datetime) -> str:
        teams = ((f"Team {value}", "team", value) for value in values)
        view = board(("XGBoost, higgs", "baseline", 0.8), *teams, **moments)
        return cards.beaten(load("higgs"), view)

    assert told() == told(0.7, 0.8) == "No team beats XGBoost yet"
    assert told(0.7, finalized_at=NOON) == "No team beats XGBoost"
    assert told(0.7, 0.81) == "1 team beats XGBoost"
    assert told(0.9, 0.81) == "2 teams beat XGBoost"


def test_points_over_time_are_the_mean_of_a_challenge_s_tracks_and_know_no_exhibition_and_no_baseline():
    told = {
        "higgs.signal": [step("a", 0, 0.7), step("x", 1, 0.9, "baseline"), step("a", 3, 0.8)],
        "lensing.substructure": [step("a", 2, 0.8)],
        "lensing.super_resolution": [],
        "quantum.anomaly": [step("a", 1, 0.7)],
    }

    def worth(track: str, value: float) -> float:
        anchors = find_track(track)[1].anchors
        return points(value, ROC_AUC, anchors.floor, anchors.reference)

    higgs, better = worth("higgs.signal", 0.7), worth("higgs.signal", 0.8)
    half = worth("lensing.substructure", 0.8) / 2
    found = paths(told)
    assert found.keys() == {"a"}
    assert [at for at, _ in found["a"]] == [NOON, NOON + timedelta(hours=2), NOON + timedelta(hours=3)]
    assert [value for _, value in found["a"]] == pytest.approx([higgs, higgs + half, better + half])


def test_news_are_told_by_when_a_file_came_whatever_its_number():
    later, earlier = replace(step("Tau", 2, 0.7), submission=1), replace(step("Muon", 1, 0.8), submission=2)
    assert [one.rise.step.team for one in newest({TRACK: [later], "nmr.gauss": [earlier]})] == ["Tau", "Muon"]


def test_news_say_by_how_much_in_the_grid_of_the_board_and_lower_is_better_comes_down():
    def said(track: str, before: float | None, kind: str = "team") -> str:
        one = News(track, Rise(step("Tau", 1, 0.75, kind), before))
        return feed.sentence(one, 0.005, linked=False)

    assert said(TRACK, 0.7) == "<bdi>Tau</bdi> rose by 0.050 to <b>0.750</b> on Find the Higgs boson"
    assert said("nmr.gauss", 0.8) == "<bdi>Tau</bdi> came down by 0.050 to <b>0.750</b> on A Gaussian coupling"
    assert said(TRACK, None) == "<bdi>Tau</bdi> came in with <b>0.750</b> on Find the Higgs boson"
    assert said(TRACK, None, "baseline").startswith("The baseline <bdi>Tau</bdi> shows <b>0.750</b>")
