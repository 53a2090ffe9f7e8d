"""What publication shows beyond the board: nothing before, all of it after, and never of who is out."""

from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.judge import dossier, exclusion, finals, rescoring, worker
from leaderboard.people import teams
from leaderboard.public import results
from leaderboard.site import answers as described
from leaderboard.site.api import create_api
from leaderboard.site.results import drawing
from leaderboard.store import copies
from leaderboard.store.queries import now, track_state
from scoring.curve import roc_curve, working_point
from tests.leaderboard.tabs import all_text
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"


def send(judge, team, noise: float) -> int:
    upload = prediction_file(judge, noisy_answers(judge, noise, seed=int(10 * noise)))
    return receive(judge.event, judge.store, team, TRACK, upload, "a.csv")["submission"]


@pytest.fixture
def judge(make_judge):
    """Return the judge of an event in which three teams and a baseline have sent a file each."""
    return make_judge(grow=play)


def play(judge):
    for name, noise in {"Strong": 0.3, "Even": 1.4, "Same": 1.5}.items():
        send(judge, add_team(judge, name), noise)
    with judge.store.write() as session:
        baseline = teams.add_team(session, "Oracle, higgs", kind="baseline")
    send(judge, baseline, 0.1)
    worker.work(judge, once=True)


@pytest.fixture
def published(judge):
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    return judge


def test_a_result_has_what_the_board_has_and_what_the_scorer_says_of_the_answers(published):
    found, holdout = results.read(published.event, TRACK), published.holdout(TRACK)
    with published.store.read() as session:
        entries = board(session, TRACK)
    of = {one.submission: one for one in found.finals}
    for entry in entries:
        value = of[entry.submission].slices["private"]
        assert (value.value, value.low, value.high) == (entry.value, entry.low, entry.high)
    assert (found.holdout, found.metric) == (holdout.digest, "roc_auc/1")
    assert found.rows == {name: len(holdout.rows(name)) for name in ("public", "private")}
    rows, strong = holdout.rows("private"), entries[1]
    label, score = holdout.targets["label"].to_numpy()[rows], noisy_answers(published, 0.3, seed=3)[rows]
    curve, point = roc_curve(label, score, max_points=100), working_point(label, score, 0.3)
    assert of[strong.submission].curve.high == tuple(curve.high.round(5).tolist())
    told = of[strong.submission].points[0]
    assert (told.asked, told.background, (told.low, told.high)) == (
        0.3,
        point.background_efficiency,
        point.background_interval,
    )
    assert told.rejection == (point.rejection, *point.rejection_interval)


def test_who_is_surely_ahead_adds_up_to_the_rank_ranges(published):
    found = results.read(published.event, TRACK)
    with published.store.read() as session:
        entries = [entry for entry in board(session, TRACK) if entry.kind == "team"]
    ahead = [(pair.first, pair.second) for pair in found.pairs if pair.ahead]
    assert len(found.pairs) == 3
    for entry in entries:
        assert entry.rank_best == 1 + sum(second == entry.submission for _, second in ahead)
        assert entry.rank_worst == len(entries) - sum(first == entry.submission for first, _ in ahead)


def test_a_result_follows_who_is_taken_out_and_every_correction(published):
    before = results.read(published.event, TRACK)
    exclusion.set_out(published, "Strong", "withdrawn")
    assert {one.submission for one in results.read(published.event, TRACK).finals} == {2, 3, 4}
    exclusion.set_out(published, "Strong", None)
    assert results.read(published.event, TRACK) == before
    changed = rescoring.corrected_holdout(published, TRACK, corrections(published, [0, 1, 2]))
    publish_rescored(published, changed)
    assert results.read(published.event, TRACK).holdout == changed.digest


@pytest.fixture
def client(judge):
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        yield client


ADDRESSES = [f"/tracks/{TRACK}/results", *(f"/tracks/{TRACK}/figures/{name}.svg" for name in drawing.PLOTS)]


def test_before_publication_there_is_no_result_whatever_else_has_begun(judge, client):
    def told() -> set[tuple[int, str]]:
        return {(answer.status_code, answer.json()["type"]) for answer in map(client.get, ADDRESSES)}

    refused = {(409, "urn:physathon:not-published")}
    assert told() == refused
    finals.finalize(judge, TRACK, early=True)
    with judge.store.write() as session:
        track_state(session, TRACK).revealing_at = now()
    dossier.show(judge, TRACK)
    assert not results.path_of(judge.event, TRACK).parent.exists()
    assert told() == refused
    finals.publish(judge, TRACK)
    assert client.get(ADDRESSES[0]).status_code == 200


def test_the_api_tells_a_result_of_all_that_are_ranked_and_of_nobody_else(published, client):
    told = client.get(ADDRESSES[0]).json()
    assert described.Result.model_validate(told).metric == told["metric"]
    assert [(one["team"], one["rank"]) for one in told["entries"][:2]] == [("Oracle, higgs", None), ("Strong", 1)]
    assert told["entries"][1]["slices"].keys() == {"public", "private"}
    kept = results.path_of(published.event, TRACK).read_bytes()
    exclusion.set_out(published, "Strong", "withdrawn")
    results.path_of(published.event, TRACK).write_bytes(kept)  # as if it was not written anew yet
    assert "Strong" not in client.get(ADDRESSES[0]).text
    assert all(1 not in (pair["first"], pair["second"]) for pair in client.get(ADDRESSES[0]).json()["pairs"])


def test_what_an_earlier_version_published_has_its_ranking_until_it_is_published_again(published, client, page):
    before = client.get(ADDRESSES[0]).content
    copies.remove(published.event, results.path_of(published.event, TRACK))
    assert (client.get(ADDRESSES[0]).status_code, client.get(ADDRESSES[1]).status_code) == (404, 200)
    text = all_text(page(published))
    assert "Only the ranking is here" in text
    assert "Strong" in text
    finals.publish(published, TRACK)
    assert client.get(ADDRESSES[0]).content == before
    assert "Only the ranking is here" not in all_text(page(published))


NAME = "$\\alpha_<b>]]>--> 東京 فريق"


def test_every_figure_is_drawn_of_whatever_a_team_is_called_and_its_table_has_the_very_data(judge, client):
    send(judge, add_team(judge, NAME), 0.2)
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    for name in ("ranking", "shift", "roc", "comparisons"):
        address = f"/tracks/{TRACK}/figures/{name}"
        drawn = client.get(f"{address}.svg")
        texts = [
            "".join(one.itertext())
            for one in ElementTree.fromstring(drawn.text).iter("{http://www.w3.org/2000/svg}text")
        ]
        assert any(NAME in text for text in texts), name
        assert client.get(f"{address}.svg", headers={"If-None-Match": drawn.headers["ETag"]}).status_code == 304
        assert NAME in client.get(f"{address}.csv").text
    assert b"FontFile2" in client.get(f"/tracks/{TRACK}/figures/ranking.pdf").content, "its font is embedded"
    told = client.get(f"/tracks/{TRACK}/figures/roc.csv?teams=1").text
    assert NAME not in told
    final = next(one for one in results.read(judge.event, TRACK).finals if one.submission == 1)
    assert len(told.splitlines()) == 1 + len(final.curve.low)
    assert client.get(f"/tracks/{TRACK}/figures/compute.svg").status_code == 404
    assert client.get(f"/tracks/{TRACK}/figures/roc.svg?teams=a").status_code == 422


def test_a_page_shows_who_won_and_who_cannot_be_told_apart_and_follows_whom_one_picks(published, page):
    text = all_text(page(published))
    assert "<strong><bdi>Strong</bdi></strong>" in text
    assert "First, and surely ahead of all other teams." in text
    assert f"/api/v1/tracks/{TRACK}/figures/roc.svg" in text
    exclusion.set_out(published, "Strong", "withdrawn")
    app = page(published)
    assert "Not to be told apart from it: <b><bdi>" in all_text(app)
    app.query_params["teams"] = "<2>,999"
    app.multiselect[0].set_value([2, 3]).run()
    assert f"/api/v1/tracks/{TRACK}/figures/roc.svg?teams=2%2C3" in all_text(app)
    assert app.query_params["teams"] == "2,3"


def test_a_long_ranking_has_pages_on_one_axis_and_an_address_of_each(published, page, monkeypatch):
    monkeypatch.setattr("leaderboard.site.results.page.MOST_ROWS", 3)
    app = page(published)
    assert not app.exception
    ranking = [one.proto.body for one in app.get("html") if "Final ranking" in one.proto.body]
    assert [("Strong" in one, "Oracle" in one, ">Same<" in one) for one in ranking] == [(True, True, False)]
    app.query_params["page"] = "2"
    (second,) = [one.proto.body for one in app.run().get("html") if "Final ranking" in one.proto.body]
    assert "Strong" not in second
    assert second.count("<tr") == 2


def test_a_result_of_a_track_that_nobody_entered_has_a_page(make_judge, page):
    judge = make_judge()
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    assert "No team took part" in all_text(page(judge))
