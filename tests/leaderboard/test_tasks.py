"""What the desk asks of the judge: a row alone moves nothing; the code of the judge's side lets it be done, once."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from leaderboard.board.entries import board
from leaderboard.event import EventError
from leaderboard.intake.receive import receive
from leaderboard.judge import corrections, tasks, worker
from leaderboard.judge.judging import Judge
from leaderboard.people import desk
from leaderboard.public.data import kit_file
from leaderboard.store import settings
from leaderboard.store.tables import Release, Task, TrackState
from tests.support import add_team, noisy_answers, prediction_file
from tests.support import corrections as of_labels

TRACK = "higgs.signal"
BEGAN = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture
def over(make_judge, monkeypatch) -> Judge:
    """Return the judge of an event that is over by the judge's own clock, with two teams on the board."""
    monkeypatch.setattr(settings, "FRESH", 0)
    return make_judge(opens=BEGAN, grow=play_and_close)


def play_and_close(judge: Judge) -> None:
    for name, noise in (("Muon Collective", 2.0), ("Tau Guild", 1.0)):
        upload = prediction_file(judge, noisy_answers(judge, noise).round(6))
        team = add_team(judge, name)
        receive(judge.event, judge.store, team, TRACK, upload, "x.csv")
    worker.work(judge, once=True)
    closes = BEGAN + timedelta(hours=1)
    with judge.store.write() as session:
        settings.change(session, judge.event, "closes", closes.isoformat(), who="Ada", reason="")
    judge.vault.confirm("closes", closes)


def asked(judge: Judge, kind: str, **details: str) -> int:
    with judge.store.write() as session:
        return desk.ask(session, judge.event, kind, TRACK, who="Ada", **details).id


def look(judge: Judge) -> list[str]:
    """Let the judge look once; return what its own side says."""
    said: list[str] = []
    worker.work(judge, once=True, meanwhile=partial(tasks.look_after, judge, said.append))
    return said


def give(judge: Judge, number: int, code: str) -> Task:
    """Type a code at the desk, let the judge look, and return what became of the task."""
    with judge.store.write() as session:
        desk.give_code(session, number, code, who="Ada")
    look(judge)
    return task_of(judge, number)


def task_of(judge: Judge, number: int) -> Task:
    with judge.store.read() as session:
        return session.get_one(Task, number)


def code_of(judge: Judge, number: int) -> str:
    return next(one.code for one in tasks.pending(judge) if one.task == number)


def done(judge: Judge, kind: str, **details: str) -> Task:
    """Ask for something, type the code that the judge's side shows, and return the task when it is done."""
    number = asked(judge, kind, **details)
    look(judge)
    found = give(judge, number, code_of(judge, number).lower().replace("-", " "))
    assert found.state == "done", found.said
    return found


def test_rows_and_an_earlier_close_let_nothing_out(judge, monkeypatch):
    """What a web that was taken over can write: tasks of every kind, codes it makes up, a close in the past."""
    monkeypatch.setattr(settings, "FRESH", 0)
    team = add_team(judge)
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, 1.0)), "x.csv")
    worker.work(judge, once=True)
    judge.vault.confirm("closes", judge.event.config.closes)
    with judge.store.write() as session:
        settings.change(session, judge.event, "opens", "2020-01-01", who="web", reason="")
        settings.change(session, judge.event, "closes", "2020-01-02", who="web", reason="")
        before = session.query(Release).count()
        for kind in ("finalize", "publish", "reveal", "rescore", "switch", "roll back"):
            for state, code in (("waiting", None), ("asking", "0000-0000-0000"), ("running", None), ("waiting", "x")):
                told = {"kind": kind, "track": TRACK, "asked_by": "web", "asked_at": datetime.now(UTC)}
                session.add(Task(**told, details={"corrections": "x", "dry_run": "0"}, state=state, code=code))
    for _ in range(4):
        look(judge)
    with judge.store.read() as session:
        state = session.get_one(TrackState, TRACK)
        assert (state.finalized_at, state.finals, state.published_at) == (None, None, None)
        assert session.query(Release).count() == before
        assert {task.state for task in session.query(Task)} <= {"asking", "refused"}
        assert {task.result for task in session.query(Task)} == {None}
    assert not (judge.event.public / "revealed").exists()
    number = next(one.task for one in tasks.pending(judge) if one.kind == "finalize")
    late = give(judge, number, code_of(judge, number))
    assert late.state == "refused"
    assert late.said.startswith("the event closes at")


def test_a_code_lets_its_task_be_done_and_no_other(over):
    first, second = asked(over, "finalize"), asked(over, "reveal")
    said = look(over)
    assert [one.split(":")[0] for one in said] == [f"task {first}", f"task {second}"]
    assert f"finalize {TRACK}" in said[0]
    assert code_of(over, first) in said[0]
    assert give(over, second, code_of(over, first)).state == "asking"
    found = give(over, first, code_of(over, first))
    assert (found.state, found.said, found.code) == ("done", f"2 finals of {TRACK}", None)
    assert [one.task for one in tasks.pending(over)] == [second]
    with over.store.write() as session, pytest.raises(EventError, match=f"task {first} waits for no code"):
        desk.give_code(session, first, "x", who="Ada")


def test_wrong_codes_end_a_task(over):
    number = asked(over, "finalize")
    look(over)
    assert give(over, number, "0000-0000-0000").said.startswith("that was not the code")
    assert give(over, number, "").state == "asking"
    found = give(over, number, "0000-0000-0001")
    assert (found.state, found.said) == ("refused", "3 codes were wrong: ask for it again")
    assert tasks.pending(over) == []


@pytest.mark.parametrize(("key", "value"), [("kind", "reveal"), ("details", {"x": "y"}), ("track", "higgs.other")])
def test_a_code_is_of_no_use_to_a_task_that_was_changed(over, key, value):
    number = asked(over, "finalize")
    look(over)
    code = code_of(over, number)
    with over.store.write() as session:
        setattr(session.get_one(Task, number), key, value)
    found = give(over, number, code)
    assert found.state == "refused"
    assert found.result is None
    with over.store.read() as session:
        assert session.get_one(TrackState, TRACK).finalized_at is None


def test_words_that_name_no_task_are_not_shown_where_codes_are(over):
    with over.store.write() as session:
        for kind, track in (("finalize", "x\x1b[2J"), ("open the vault", TRACK), ("kit", "../vault")):
            task = Task(kind=kind, track=track, details={}, asked_by="", asked_at=datetime.now(UTC), state="waiting")
            session.add(task)
    assert look(over) == []
    with over.store.read() as session:
        assert {task.state for task in session.query(Task)} == {"refused"}


def test_the_whole_end_of_an_event_goes_by_tasks(over):
    done(over, "finalize")
    done(over, "publish")
    first = board_of(over)
    key = corrections.public_key(over.vault)
    table = of_labels(over, list(range(40))).to_csv(index=False).encode()
    sealed = corrections.seal(key, "fix.csv", table, os.urandom(12))
    dry_run = done(over, "rescore", corrections=sealed)
    assert dry_run.said == f"dry run {dry_run.result['dry_run']}: nothing has changed"
    assert {move["team"] for move in dry_run.result["moves"]} == {"Muon Collective", "Tau Guild"}
    assert board_of(over) == first
    done(over, "switch", corrections=sealed, dry_run=dry_run.result["dry_run"])
    assert board_of(over) != first
    done(over, "roll back")
    assert board_of(over) == first
    revealed = done(over, "reveal")
    assert f"{TRACK}.private.csv" in revealed.said


def board_of(judge: Judge) -> list[tuple]:
    with judge.store.read() as session:
        return [(entry.team, entry.value) for entry in board(session, TRACK)]


def test_a_switch_is_to_the_dry_run_that_was_looked_at_or_to_none(over):
    key = corrections.public_key(over.vault)
    sealed = corrections.seal(key, "fix.csv", of_labels(over, [0, 1]).to_csv(index=False).encode(), os.urandom(12))
    number = asked(over, "switch", corrections=sealed, dry_run="0" * 12)
    look(over)
    found = give(over, number, code_of(over, number))
    assert found.state == "refused"
    assert "not 000000000000: the board changed" in found.said


@pytest.mark.parametrize("sealed", ["", "no base64!", "AAAA", "BA==" * 40])
def test_corrections_that_are_not_for_this_vault_are_refused(over, sealed):
    number = asked(over, "rescore", corrections=sealed)
    look(over)
    found = give(over, number, code_of(over, number))
    assert (found.state, found.said) == ("refused", "these corrections were not encrypted to this event's vault")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"id,secret\n", "the columns have other names (1\u00d7)"),
        (b"id,label\n%(id)s,0.125\n", f"these are no corrections of {TRACK}, or none that change anything"),
        (b"id,label\n%(id)s,%(label)s\n", f"these are no corrections of {TRACK}, or none that change anything"),
    ],
)
def test_of_corrections_that_are_none_the_web_is_told_no_value(over, content, told):
    label = int(over.holdout(TRACK).targets["label"].iloc[0])
    content %= {b"id": f"{over.holdout(TRACK).ids[0]:016x}".encode(), b"label": b"%d" % label}
    sealed = corrections.seal(corrections.public_key(over.vault), "fix.csv", content, os.urandom(12))
    number = asked(over, "rescore", corrections=sealed)
    look(over)
    found = give(over, number, code_of(over, number))
    assert (found.state, found.said) == ("refused", f"fix.csv: {told}; judge.log in the vault says more")
    log = (over.vault.folder / "judge.log").read_text("utf-8")
    assert "HoldoutError" in log


def test_corrections_for_another_vault_and_changed_ones_are_refused(over, make_judge, tmp_path):
    other = make_judge(tmp_path / "other")
    key = corrections.public_key(over.vault)
    assert key != corrections.public_key(other.vault)
    sealed = corrections.seal(key, "fix.csv", b"id,label\n", os.urandom(12))
    assert corrections.open_sealed(over.vault, sealed)["name"] == "fix.csv"
    with pytest.raises(corrections.CorrectionsUnreadable):
        corrections.open_sealed(other.vault, sealed)
    changed = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    with pytest.raises(corrections.CorrectionsUnreadable):
        corrections.open_sealed(over.vault, changed)


def test_a_kit_needs_no_code_and_a_task_whose_judge_died_is_ended(over):
    kit_file(over.event, "higgs").unlink(missing_ok=True)
    number, other = asked(over, "kit"), asked(over, "publish")
    with over.store.write() as session:
        session.get_one(Task, other).state = "running"
    assert look(over) == []
    assert kit_file(over.event, "higgs").is_file()
    assert task_of(over, number).state == "done"
    assert task_of(over, other).said.startswith("the judge ended while it did this")


def test_the_same_is_asked_once_and_may_be_taken_back(over):
    number = asked(over, "finalize")
    with pytest.raises(EventError, match=f"task {number} asks for the same"):
        asked(over, "finalize")
    look(over)
    with over.store.write() as session:
        desk.withdraw(session, number, who="Ada")
    assert task_of(over, number).said == "taken back by Ada"
    asked(over, "finalize")


def test_the_desk_has_roles_and_who_is_dismissed_is_signed_out(judge):
    with judge.store.write() as session:
        ada = desk.add_organiser(session, "Ada", "organiser")
        helper = desk.add_organiser(session, "Grace", "helper")
        assert desk.must_be(ada, "helper") is ada
        assert desk.must_be(helper, "helper") is helper
        for who, roles in ((helper, ()), (None, ("helper",))):
            with pytest.raises(desk.NotAllowed):
                desk.must_be(who, *roles)
        with pytest.raises(EventError, match="is at the desk already"):
            desk.add_organiser(session, "Ada", "jury")
        with pytest.raises(EventError, match="expected one of organiser, helper, jury, got 'boss'"):
            desk.add_organiser(session, "Eve", "boss")
