"""A ceremony while files are lost, teams change, judges end and tables say nonsense: there is always a way on."""

import pytest
from sqlalchemy import text

from leaderboard.board import presenting
from leaderboard.board.ceremonies import on_screen
from leaderboard.event import EventError
from leaderboard.judge import ceremony, exclusion, finals, plans, tasks
from leaderboard.people import organising
from leaderboard.store.queries import Revealing, now, track_state
from leaderboard.store.tables import Submission, Team
from tests.leaderboard.test_ceremony import TRACK, UPWARDS, finalized, over, press, private, script, shown
from tests.support import kept_file

__all__ = ["finalized", "over"]


def final_of(judge, name: str) -> Submission:
    with judge.store.read() as session:
        return session.query(Submission).join(Team).filter(Team.name == name).one()


def test_a_final_that_is_lost_meanwhile_can_be_taken_out_and_a_new_ceremony_begun(over):
    ceremony.begin(over, TRACK)
    for _ in range(3):
        press(over)
    tau = final_of(over, "Tau")
    kept_file(over.event, tau.sha256).unlink()
    with pytest.raises(EventError, match="missing or damaged"):
        finals.publish(over, TRACK)
    with pytest.raises(Revealing):
        exclusion.exclude(over, [final_of(over, "Kaon").id], "its file is whole")
    exclusion.exclude(over, [tau.id], "its file is lost")
    with over.store.read() as session:
        assert on_screen(session) is None
    assert not any(final for final, *_ in shown(over).values()), "the ranks that were let out were those among four"
    assert len(ceremony.begin(over, TRACK).turns) == 3
    for _ in range(5):
        press(over)
    assert private(over) == ["Kaon", "Pion", "Muon"]
    finals.publish(over, TRACK)
    assert script(over).places[0].team == "Muon"


def test_who_is_renamed_while_it_begins_has_its_turn_and_who_goes_lets_it_begin_anew(over, monkeypatch):
    work_out = ceremony.exact_scores

    def meanwhile(deed):
        def exact_scores(*arguments):
            with over.store.write() as session:
                deed(session)
            return work_out(*arguments)

        monkeypatch.setattr(ceremony, "exact_scores", exact_scores)

    meanwhile(lambda session: organising.set_out(session, organising.find(session, "Tau"), "withdrawn"))
    with pytest.raises(EventError, match="meanwhile: try again"):
        ceremony.begin(over, TRACK)
    meanwhile(lambda session: organising.rename(session, organising.find(session, "Pion"), "Rho"))
    assert len(ceremony.begin(over, TRACK).turns) == 3
    for _ in range(4):
        press(over)
    assert private(over) == ["Kaon", "Rho", "Muon"]


def test_a_judge_that_ends_while_it_publishes_leaves_no_ceremony_behind(over, monkeypatch):
    ceremony.begin(over, TRACK)
    monkeypatch.setattr(finals, "audit", lambda *_, **__: pytest.fail("killed before the commit"))
    with pytest.raises(pytest.fail.Exception):
        finals.publish(over, TRACK)
    monkeypatch.undo()
    press(over)
    press(over)
    assert private(over) == ["Kaon"], "it goes on"
    monkeypatch.setattr(plans, "drop", lambda *_: pytest.fail("killed after the commit"))
    with pytest.raises(pytest.fail.Exception):
        finals.publish(over, TRACK)
    with over.store.write() as session:
        presenting.rehearse(session, over.event, TRACK)
        presenting.end_rehearsal(session)
    before = shown(over)
    ceremony.go_on(over)
    assert shown(over) == before


def test_a_judge_that_ends_as_it_begins_can_begin_again(over, monkeypatch):
    keep = plans.keep
    monkeypatch.setattr(plans, "keep", lambda *plan: (keep(*plan), pytest.fail("killed before the commit")))
    with pytest.raises(pytest.fail.Exception):
        ceremony.begin(over, TRACK)
    monkeypatch.undo()
    with over.store.write() as session:
        presenting.rehearse(session, over.event, TRACK)  # it has the number that the ceremony would have had
    press(over)
    press(over)
    assert private(over) == []
    assert len(ceremony.begin(over, TRACK).turns) == 4


def test_a_ceremony_that_the_vault_does_not_know_keeps_nobody_from_the_finals(over):
    """Whoever can write the tables can say that there is one, before finals are chosen."""
    with over.store.write() as session:
        state = track_state(session, TRACK)
        state.revealing_at, state.finals, state.finalized_at = now(), None, None
    finals.finalize(over, TRACK, early=True)
    finals.publish(over, TRACK)
    assert sorted(private(over)) == sorted([*UPWARDS, "Logistic"])


def test_tables_that_say_nonsense_of_a_ceremony_stop_neither_tasks_nor_its_end(over):
    ceremony.begin(over, TRACK)
    press(over)
    with over.store.write() as session:
        session.execute(text("UPDATE ceremonies SET picture = '{', started_at = 'noon'"))
    tasks.look_after(over, lambda _: None)
    tasks.look_after(over, lambda _: None)
    assert (over.vault.folder / "judge.log").read_text().count("Traceback") == 1
    finals.publish(over, TRACK)
    tasks.look_after(over, lambda _: None)
    assert sorted(private(over)) == sorted([*UPWARDS, "Logistic"])
