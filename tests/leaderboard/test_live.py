"""One snapshot of a board serves every reader, and it is read anew when, and only when, something has changed."""

import threading
from contextlib import suppress

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from leaderboard.board import history
from leaderboard.board.entries import board
from leaderboard.event import EventError
from leaderboard.intake.receive import receive
from leaderboard.intake.standing import select_final
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.people import talk
from leaderboard.site import live
from leaderboard.site.api import create_api
from leaderboard.site.live import Boards
from leaderboard.site.past import Past
from leaderboard.store.queries import audit, holdout_record, track_state
from leaderboard.store.tables import Submission, Team
from tests.support import add_team, corrections, noisy_answers, prediction_file, publish_rescored

TRACK = "higgs.signal"
BOARD = "/tracks/higgs/board"


def send(judge, team, noise=1.0):
    return receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, noise)), "a.csv")


def version(judge):
    with judge.store.read() as session:
        return track_state(session, TRACK).version


def test_every_change_that_a_page_shows_raises_the_version_and_nothing_else_does(judge, monkeypatch):
    def raises(change):
        before = version(judge)
        change()
        return version(judge) > before

    def write(change):
        with judge.store.write() as session:
            change(session)

    team = add_team(judge)
    held = []
    assert raises(lambda: send(judge, team))
    assert not raises(lambda: send(judge, team)), "the same predictions again"
    assert raises(lambda: held.append(worker.claim(judge, "a")))
    assert raises(lambda: worker.handle(judge, held.pop()))
    assert not raises(lambda: worker.work(judge, once=True))
    assert not raises(lambda: write(lambda session: audit(session, "looked")))
    assert raises(lambda: write(lambda session: select_final(session, judge.event, team, 1)))
    assert raises(lambda: write(lambda session: setattr(session.get(Team, team.id), "name", "Renamed")))
    assert raises(lambda: write(lambda session: setattr(holdout_record(session, TRACK), "secret", False)))
    send(judge, team, 2)
    with monkeypatch.context() as broken:
        broken.setattr(worker, "ATTEMPTS", 1)
        broken.setattr(Judge, "score", lambda *_: 1 / 0)
        assert raises(lambda: worker.work(judge, once=True))
    assert raises(lambda: worker.retry_failed(judge))
    worker.work(judge, once=True)
    fixed = rescoring.corrected_holdout(judge, TRACK, corrections(judge, [0]))
    assert not raises(lambda: rescoring.rescore(judge, TRACK, fixed))
    assert raises(lambda: publish_rescored(judge, fixed))
    assert raises(lambda: finals.finalize(judge, TRACK, early=True))
    assert raises(lambda: finals.publish(judge, TRACK))
    assert raises(lambda: write(lambda session: session.execute(update(Submission).values(selected=False))))


def test_a_statement_that_loads_no_rows_changes_the_board_as_well(judge):
    for noise in (1, 0.3):
        send(judge, add_team(judge, f"Noise {noise}"), noise)
    worker.work(judge, once=True)
    with judge.store.write() as session:
        session.execute(update(Submission).where(Submission.id == 2).values(state="failed"))
    with judge.store.read() as session:
        assert [entry.submission for entry in board(session, TRACK)] == [1]


def test_a_look_that_finds_nothing_new_reads_no_board_and_makes_no_table_again(judge, monkeypatch):
    send(judge, add_team(judge))
    worker.work(judge, once=True)
    boards = Boards(judge.store)
    first = boards.now(TRACK)
    made = first.once("table", object)
    send(judge, add_team(judge, "Another"), 2)
    worker.claim(judge, "a")
    again = boards.now(TRACK)
    assert (again.waiting, again.version > first.version) == (1, True)
    assert again == first, "a file that waits is on no board"
    assert again.once("table", object) is made
    monkeypatch.setattr(live, "snapshot", lambda *_: pytest.fail("read again"))
    assert boards.now(TRACK) is again


def test_a_board_that_goes_on_is_the_one_read_anew_whatever_happens(judge, monkeypatch):
    """Teams send, files are judged in any order, fail and are judged again; teams leave, come back and are renamed."""
    rng = np.random.default_rng(5)
    monkeypatch.setattr(live, "SECONDS", 0)
    boards, past = Boards(judge.store), Past(judge.store)
    members = [add_team(judge, f"Team {number}") for number in range(4)]

    def change(key, value):
        with judge.store.write() as session:
            setattr(session.get_one(Team, members[rng.integers(4)].id), key, value)

    def fail():
        with judge.store.write() as session:
            scored = list(session.scalars(select(Submission).where(Submission.state == "scored")))
            if scored:
                scored[rng.integers(len(scored))].state = "failed"

    def judged_out_of_order():
        held = [worker.claim(judge, "a"), worker.claim(judge, "a")]
        for one in held[::-1]:
            if one:
                worker.handle(judge, one)

    acts = [
        *3 * [lambda: send(judge, members[rng.integers(4)], float(rng.uniform(0.3, 3)))],
        *2 * [lambda: worker.work(judge, once=True)],
        judged_out_of_order,
        lambda: change("out", "withdrawn"),
        lambda: change("out", None),
        lambda: change("name", f"Renamed {rng.integers(10**6)}"),
        fail,
        lambda: worker.retry_failed(judge),
    ]
    for _ in range(60):
        with suppress(EventError):
            acts[rng.integers(len(acts))]()
        with judge.store.read() as session:
            assert boards.now(TRACK) == live.snapshot(session, TRACK)
            assert list(past.steps(TRACK)) == history.steps(session, TRACK)


def test_of_a_board_only_what_moved_is_read_again(judge, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0)
    team, other = add_team(judge), add_team(judge, "Another")
    send(judge, team)
    worker.work(judge, once=True)
    boards, past = Boards(judge.store), Past(judge.store)
    before = boards.now(TRACK), past.steps(TRACK)
    monkeypatch.setattr(live, "board", lambda *_: pytest.fail("read whole"))
    whole = history.steps

    def later(session, track, *, after=0):
        assert after, "read whole"
        return whole(session, track, after=after)

    monkeypatch.setattr(history, "steps", later)
    for one, noise in ((other, 0.5), (team, 0.3)):
        send(judge, one, noise)
        worker.work(judge, once=True)
        boards.now(TRACK), past.steps(TRACK)
    assert [(entry.team, entry.submissions) for entry in boards.now(TRACK).entries] == [(team.name, 2), ("Another", 1)]
    assert len(before[1]) == 1
    assert [step.team for step in past.steps(TRACK)] == [team.name, "Another", team.name]


def test_news_is_read_again_when_it_has_changed(judge, monkeypatch):
    def write(change, *arguments):
        with judge.store.write() as session:
            change(session, *arguments)

    news = live.news(judge.store)
    seen = [news.now()]
    for change in ((talk.announce, "Pizza"), (talk.announce, "Buses"), (talk.withdraw, 2)):
        write(*change)
        seen.append(news.now())
    assert [[one.text for one in told] for told in seen] == [[], ["Pizza"], ["Buses", "Pizza"], ["Pizza"]]
    monkeypatch.setattr(talk, "messages", lambda _: pytest.fail("read again"))
    assert news.now() is seen[-1]


def test_within_a_second_nobody_looks(judge, monkeypatch):
    boards = Boards(judge.store)
    shown = boards.now(TRACK)
    monkeypatch.setattr(live, "SECONDS", 3600)
    send(judge, add_team(judge))
    monkeypatch.setattr(judge.store, "read", lambda: pytest.fail("looked"))
    assert boards.now(TRACK) is shown


def test_while_one_looks_the_others_get_what_was_there(judge, monkeypatch):
    boards, read = Boards(judge.store), live.snapshot
    old = boards.now(TRACK)
    looking, go_on = threading.Event(), threading.Event()

    def slow(*arguments):
        looking.set()
        assert go_on.wait(30)
        return read(*arguments)

    monkeypatch.setattr(live, "snapshot", slow)
    send(judge, add_team(judge))
    found = []
    thread = threading.Thread(target=lambda: found.append(boards.now(TRACK)))
    thread.start()
    assert looking.wait(30)
    assert boards.now(TRACK) is old
    go_on.set()
    thread.join()
    assert found[0].waiting == 1


def test_a_board_that_has_not_changed_is_not_sent_again(judge):
    send(judge, add_team(judge))
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        empty = client.get(BOARD)
        assert empty.headers["cache-control"] == "no-cache"
        name = empty.headers["etag"]
        for known in (name, f"W/{name}", f'"other", {name}'):
            unchanged = client.get(BOARD, headers={"If-None-Match": known})
            assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", name)
        worker.work(judge, once=True)
        full = client.get(BOARD, headers={"If-None-Match": name})
    assert (full.status_code, len(full.json()["entries"])) == (200, 1)
    assert full.headers["etag"] != name


def test_page_and_api_look_at_the_same_snapshot(judge, monkeypatch):
    boards = Boards(judge.store)
    shown = boards.now(TRACK)
    monkeypatch.setattr(live, "SECONDS", 3600)
    with TestClient(create_api(judge.event, judge.store, boards, loopback=True)) as client:
        send(judge, add_team(judge))
        worker.work(judge, once=True)
        assert client.get("/tracks/higgs.signal/board").content == shown.json
    with judge.store.read() as session:
        assert session.scalars(select(Submission.state)).all() == ["scored"]
