"""A ceremony: results let out team by team, in an order and at a pace that no web decides."""

import asyncio
import json
import shutil
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from challenges.spec import PRIVATE
from leaderboard.board import presenting
from leaderboard.board.ceremonies import Place, Scene, Script, on_screen, script_of
from leaderboard.board.entries import board
from leaderboard.event import Event, EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import ceremony, exclusion, finals, plans, prepare, rescoring, tasks, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import desk, organising, sessions
from leaderboard.site import answers as described
from leaderboard.site import ceremony as site_ceremony
from leaderboard.site.ceremony import Screen, Streams
from leaderboard.site.exports import export
from leaderboard.store import settings
from leaderboard.store.queries import Revealing, now, track_state
from leaderboard.store.tables import Ceremony, Release, Submission, Task, Team, TrackState, Turn
from tests.leaderboard.people import phone
from tests.support import add_team, noisy_answers, prediction_file, toy_simulate

TRACK = "higgs.signal"
TEAMS = {"Muon": 0.3, "Tau": 0.5, "Pion": 0.8, "Kaon": 1.1}
UPWARDS = ["Kaon", "Pion", "Tau", "Muon"]


@pytest.fixture(scope="module")
def finalized(tmp_path_factory) -> Path:
    """Return the folder of a finalized event of four teams and a baseline."""
    folder = tmp_path_factory.mktemp("finalized") / "event"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("challenges.higgs.simulate.simulate", toy_simulate)
        event = Event.create(folder, name="toy", size="small", challenges=["higgs"])
        with closing(Judge(event, Vault(event, create=True))) as judge:
            receipts.make_key(event)
            prepare.simulate(judge, "higgs")
            for name, noise in (TEAMS | {"Logistic": 0.6}).items():
                team = add_team(judge, name)
                with judge.store.write() as session:
                    session.get_one(Team, team.id).kind = "team" if name in TEAMS else "baseline"
                file = prediction_file(judge, noisy_answers(judge, noise))
                receive(event, judge.store, team, TRACK, file, "file.csv")
            worker.work(judge, once=True)
            finals.finalize(judge, TRACK, early=True)
    return folder


@pytest.fixture
def over(finalized, tmp_path, monkeypatch):
    """Return the judge of that event; turns may follow each other at once."""
    monkeypatch.setattr(settings, "FRESH", 0)
    monkeypatch.setattr("leaderboard.site.live.SECONDS", 0)
    monkeypatch.setattr(ceremony, "A_SECOND", timedelta(0))
    event = Event(shutil.copytree(finalized, tmp_path / "event"))
    with closing(Judge(event, Vault(event))) as judge:
        yield judge


def private(judge) -> list[str]:
    """Return the teams whose private score is out, in the order of their numbers."""
    with judge.store.read() as session:
        rows = session.query(Release, Submission).join(Submission, Submission.id == Release.submission_id)
        return [one.team.name for _, one in rows.filter(Release.slice == PRIVATE).order_by(Release.id)]


def press(judge, how: str = "next") -> None:
    """Press a key of the presenter's and let the judge look."""
    with judge.store.write() as session:
        presenting.move(session, judge.event, how)
    ceremony.go_on(judge)


def script(judge):
    with judge.store.read() as session:
        return script_of(session, judge.event, on_screen(session))


def shown(judge) -> dict:
    """Return what the board shows of each team: whether it is the final value, rank and limits."""
    with judge.store.read() as session:
        return {
            one.team: (one.slice == PRIVATE, one.value, one.rank, one.rank_best, one.rank_worst)
            for one in board(session, TRACK)
        }


def test_each_key_lets_out_one_team_upwards_and_board_and_picture_say_the_same(over):
    ceremony.begin(over, TRACK)
    press(over)
    assert private(over) == [], "the board before the first turn lets nothing out"
    for count in range(1, 5):
        press(over)
        assert private(over) == UPWARDS[:count]
        picture = {
            one.team: (one.out, one.value, one.rank, one.rank_best, one.rank_worst) for one in script(over).places
        }
        assert picture == shown(over)
    before = shown(over)
    finals.publish(over, TRACK)
    after = shown(over)
    assert {team: after[team] for team in TEAMS} == {team: before[team] for team in TEAMS}
    assert script(over).scene.kind == "end"
    assert plans.kept(over.vault) is None


def test_back_goes_the_picture_and_what_is_out_is_out(over):
    ceremony.begin(over, TRACK)
    for _ in range(3):
        press(over)
    assert script(over).scene.turns == 2
    press(over, "back")
    assert (script(over).scene.turns, private(over)) == (1, UPWARDS[:2])
    assert [one.team for one in script(over).places if one.out] == ["Kaon"]
    press(over)
    assert (script(over).scene.turns, private(over)) == (2, UPWARDS[:2])
    press(over, "pause")
    press(over)
    assert private(over) == UPWARDS[:2]


def test_a_web_in_other_hands_can_at_most_hurry(over, monkeypatch):
    """It writes what it likes: rows of ceremonies and turns, and how many are asked for."""
    with over.store.write() as session:
        session.get_one(TrackState, TRACK).revealing_at = now()
        forged = Ceremony(scope=TRACK, rehearsal=False, started_at=now(), picture={"asked": 4, "step": 5})
        session.add(forged)
        session.flush()
        session.add(turn := Turn(ceremony_id=forged.id, number=0, team_id=1, value=1, low=1, high=1, at=now()))
        turn.rank_best = turn.rank_worst = 1
        session.add(
            Task(kind="ceremony", track=TRACK, asked_by="", asked_at=now(), state="asking", code="0000-0000-0000")
        )
    tasks.look_after(over, lambda _: None)
    assert private(over) == [], "without the code nothing begins"
    with over.store.write() as session:
        session.get_one(TrackState, TRACK).revealing_at = None
    monkeypatch.setattr(ceremony, "A_SECOND", timedelta(hours=1))
    begun = ceremony.begin(over, TRACK)
    with over.store.write() as session:
        row = session.get_one(Ceremony, begun.ceremony)
        row.picture = {"asked": 10**9, "step": 10**9, "team": "Muon", "done": 3}
        for number in range(3):  # as if all but the best had had their turns
            told = {"value": 0, "low": 0, "high": 0, "rank_best": 1, "rank_worst": 1, "at": now()}
            session.add(Turn(ceremony_id=row.id, number=number, team_id=4, **told))
    for _ in range(5):
        ceremony.go_on(over)
    assert private(over) == ["Kaon"], "one an hour, and the one whose turn it is"
    for nonsense in ({"asked": "all"}, [], {"asked": -1}):
        with over.store.write() as session:
            session.get_one(Ceremony, begun.ceremony).picture = nonsense
        ceremony.go_on(over)


def test_a_code_begins_it(over):
    with over.store.write() as session:
        number = desk.ask(session, over.event, "ceremony", "points", who="Ada").id
    said: list[str] = []
    look = partial(tasks.look_after, over, said.append)
    look()
    with over.store.write() as session:
        desk.give_code(session, number, tasks.pending(over)[0].code, who="Ada")
    look()
    with over.store.read() as session:
        task = session.get_one(Task, number)
    assert (task.state, task.said) == ("done", "the ceremony of points is on the screen: 4 teams, one by one")
    press(over)
    press(over)
    assert private(over) == ["Kaon"]


def test_a_judge_that_ends_in_the_middle_of_a_turn_goes_on_with_it(over, monkeypatch):
    ceremony.begin(over, TRACK)
    press(over)
    monkeypatch.setattr(over, "release", lambda *_: pytest.fail("killed"))
    with pytest.raises(pytest.fail.Exception):
        press(over)
    monkeypatch.undo()
    assert private(over) == []
    ceremony.go_on(over)
    ceremony.go_on(over)
    assert private(over) == ["Kaon"]


def test_meanwhile_nothing_changes_results_and_nothing_unfit_begins(over):
    holdout = over.holdout(TRACK)
    ceremony.begin(over, TRACK)
    with over.store.read() as session:
        kaon = session.query(Submission).join(Team).filter(Team.name == "Kaon").one().id
    for deed in (
        lambda: rescoring.rescore(over, TRACK, holdout),
        lambda: finals.finalize(over, TRACK, early=True),
        lambda: exclusion.exclude(over, [kaon], "why"),
        lambda: exclusion.set_out(over, "Kaon", "disqualified", "why"),
        lambda: ceremony.begin(over, TRACK),
    ):
        with pytest.raises(Revealing, match=f"`physathon publish {TRACK}` ends that"):
            deed()
    finals.publish(over, TRACK)
    assert not any(one.out is False for one in script(over).places), "published at once, all is shown"
    with pytest.raises(EventError, match=f"lets out what is published already: {TRACK}"):
        ceremony.begin(over, TRACK)


def test_a_ceremony_of_points_waits_for_all_tracks_and_leaves_out_who_is_out(over):
    with over.store.write() as session:
        organising.set_out(session, organising.find(session, "Pion"), "disqualified", "sold its labels")
        state = track_state(session, TRACK)
        chosen, state.finals = state.finals, None
    with pytest.raises(EventError, match=f"lets out what is not finalized yet: {TRACK}"):
        ceremony.begin(over, "points")
    with over.store.write() as session:
        track_state(session, TRACK).finals = chosen
    assert len(ceremony.begin(over, "points").turns) == 3
    for _ in range(5):
        press(over)
    assert private(over) == ["Kaon", "Tau", "Muon"]
    assert [one.team for one in script(over).places] == ["Muon", "Tau", "Kaon"]


def test_a_rehearsal_is_made_up_and_lets_nothing_out(over):
    before = shown(over)
    with over.store.write() as session:
        presenting.rehearse(session, over.event, "higgs")
    seen = [script(over).places]
    for _ in range(10):
        press(over)
        seen.append(script(over).places)
    assert script(over).scene.kind == "end"
    assert seen[-1] != seen[0]
    assert private(over) == []
    assert shown(over) == before
    with over.store.write() as session:
        assert track_state(session, TRACK).revealing_at is None
        presenting.end_rehearsal(session)
        assert on_screen(session) is None


def at_desk(judge, role: str) -> dict[str, str]:
    """Return what the browser sends of somebody who has signed in at the desk."""
    with judge.store.write() as session:
        value = sessions.open_session(session, organiser=desk.add_organiser(session, role, role))
    return {"Cookie": f"{sessions.cookie_name(judge.event)}={value}"}


def test_the_keys_and_notes_are_the_organisers_alone(over):
    with over.store.write() as session:
        presenting.rehearse(session, over.event, TRACK)
        presenting.set_texts(session, notes="thank the cooks", awards={"Students": "a telescope"})
    client, ada = phone(over), at_desk(over, "organiser")

    def presses(headers: dict[str, str], how: str = "next") -> int:
        return client.post(f"/api/v1/ceremony/{how}", headers=headers).status_code

    for other in ({}, at_desk(over, "helper"), at_desk(over, "jury")):
        assert presses(other) == 403
        assert client.get("/api/v1/ceremony/notes", headers=other).status_code == 403
    assert presses(ada | {"Origin": "https://elsewhere.example"}) == 403
    assert client.get("/api/v1/ceremony").json()["scene"] == "title"
    assert presses(ada) == 204
    assert presses(ada, "jump") == 404
    seen = client.get("/api/v1/ceremony")
    assert seen.json()["scene"] == "board"
    assert client.get("/api/v1/ceremony/notes", headers=ada).json()["notes"] == "thank the cooks"
    assert "cooks" not in seen.text
    assert "telescope" not in seen.text, "an award is told when its scene comes"


def test_screen_api_and_export_say_the_same(over):
    ceremony.begin(over, TRACK)
    for _ in range(3):
        press(over)
    client = phone(over)
    screen, told = client.get("/api/v1/ceremony").json(), client.get(f"/api/v1/tracks/{TRACK}/board").json()
    assert described.Ceremony.model_validate(screen).rows
    assert described.Board.model_validate(told).revealing
    with over.store.write() as session:
        content, _ = export(session, over.event, "boards", "json")
    keys = ("team", "value", "low", "high", "rank", "rank_best", "rank_worst")
    as_shown = [[row[key] for key in keys] for row in screen["rows"]]
    assert as_shown == [[row[key] for key in keys] for row in told["entries"]]
    assert as_shown == [[row[key] for key in keys] for row in json.loads(content)]
    assert (screen["turn"], screen["next"], told["revealing"]) == ("Pion", "Tau", True)
    assert client.get("/api/v1/event").json()["revealing"] == [TRACK]
    assert client.get(f"/api/v1/tracks/{TRACK}").json()["revealing"] is True


def test_all_who_look_are_told_and_streams_end_with_the_server(over, monkeypatch):
    monkeypatch.setattr(site_ceremony, "QUICK", 0.01)
    monkeypatch.setattr(site_ceremony, "HEARTBEAT", 0.5)
    ceremony.begin(over, TRACK)

    async def look() -> None:
        streams = Streams(Screen(over.event, over.store))
        viewers = [streams.open(), streams.open()]
        for one in viewers:
            assert await anext(one) == b"retry: 2000\n\n"
            assert b'"scene":"title"' in await anext(one)
        press(over)
        for one in viewers:
            while b'"scene":"board"' not in (told := await anext(one)):
                assert b'"scene":"title"' in told
        assert await anext(viewers[0]) == b":\n\n", "while nothing changes it says that it is there"
        streams._end()
        for one in viewers:
            assert len([told async for told in one]) <= 1
        assert streams._queues == set()

    asyncio.run(look())


def test_equals_share_an_award_as_far_as_ranks_cannot_be_told():
    def place(team: str, rank: int, best: int, worst: int, bracket: str) -> Place:
        return Place(team, "team", bracket, 1 - rank / 10, 0, 1, rank, best, worst, out=True)

    final = [place("a", 1, 1, 2, "x"), place("b", 2, 1, 3, "y"), place("c", 3, 3, 4, "y"), place("d", 4, 4, 4, "y")]
    told = Script(Ceremony(picture={}), [], [], [], final, [Scene("end", 0)], greater_is_better=True)
    assert told.winners() == ["a", "b"]
    assert told.winners("x") == ["a"]
    assert told.winners("y") == ["b", "c"]
