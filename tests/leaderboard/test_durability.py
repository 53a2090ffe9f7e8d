"""Nothing that has a receipt is lost: what is on the disk when it is given, and what happens to a file that is not."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import EventError, EventNotOpen
from leaderboard.intake.receive import check_file, receive
from leaderboard.intake.standing import history
from leaderboard.judge import exclusion, finals, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import FilesLost
from leaderboard.judge.vault import VaultError
from leaderboard.separation import separated
from leaderboard.site.live import snapshot
from leaderboard.store import prediction_files
from leaderboard.store.queries import now
from leaderboard.store.tables import AuditEntry, Job, Team
from tests.s3 import Object
from tests.support import (
    ROOT,
    about_sqlite,
    about_the_folder,
    add_team,
    corrections,
    kept_file,
    missing_tool,
    noisy_answers,
    prediction_file,
)

TRACK = "higgs.signal"


def send(judge: Judge, team: Team, seed: int, noise: float = 1.0, **more) -> dict:
    upload = prediction_file(judge, noisy_answers(judge, noise, seed))
    return receive(judge.event, judge.store, team, TRACK, upload, f"{seed}.csv", **more)


def kept(judge: Judge, receipt: dict) -> Path | Object:
    return kept_file(judge.event, receipt["predictions_sha256"])


def lose(judge: Judge, receipt: dict) -> None:
    """Take a kept file away, and what the judge has made of it."""
    kept(judge, receipt).unlink()
    shutil.rmtree(judge.vault.folder / "rankings", ignore_errors=True)


def entries(judge: Judge) -> dict[str, int]:
    with judge.store.read() as session:
        return {entry.team: entry.submission for entry in board(session, TRACK)}


def standings(judge: Judge, team: Team) -> dict[int, tuple]:
    with judge.store.read() as session:
        return {one.submission: (one.state, one.lost, one.excluded) for one in history(session, team)}


TAKE_IN = """
import sys
from pathlib import Path
from sqlalchemy import select
from leaderboard.event import Event
from leaderboard.intake.receive import receive
from leaderboard.store.database import open_store
from leaderboard.store.tables import Team

event = Event(Path(sys.argv[1]))
store = open_store(event)
with store.read() as session:
    team = session.scalar(select(Team))
for path in sys.argv[2:]:
    receipt = receive(event, store, team, "higgs.signal", Path(path).read_bytes(), path)
    print(f"receipt {receipt['predictions_sha256']}", flush=True)
"""


@about_sqlite
@about_the_folder
def test_file_and_folder_are_on_the_disk_before_the_receipt_is(judge, tmp_path):
    """Follow the system calls: what is not flushed before the receipt is out, a power cut may take back."""
    strace = shutil.which("strace") or missing_tool("strace, which records system calls, is not installed")
    add_team(judge)
    uploads = []
    for seed in range(3):
        uploads.append(tmp_path / f"{seed}.csv")
        uploads[-1].write_bytes(prediction_file(judge, noisy_answers(judge, 1, seed)))
    calls, trace = "write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat", tmp_path / "trace"
    command = [strace, "-f", "-qq", "-y", "--seccomp-bpf", "-s", "100", "-e", f"trace={calls}", "-o", str(trace)]
    script = [sys.executable, "-c", TAKE_IN, str(judge.event.folder), *map(str, uploads)]
    done = subprocess.run([*command, *script], cwd=ROOT, capture_output=True, text=True)
    if "ptrace" in done.stderr and done.returncode:
        missing_tool(f"system calls may not be recorded here: {done.stderr.strip()}")
    lines = trace.read_text().splitlines()

    def first(pattern: str, after: int = -1) -> int:
        return next(i for i, line in enumerate(lines) if i > after and re.search(pattern, line))

    receipts = done.stdout.split()[1::2]
    assert len(receipts) == len(uploads), done.stderr
    submissions = re.escape(str(judge.event.submissions))
    for sha256 in receipts:
        folder = f"{submissions}/{sha256[:2]}"
        out = first(f'write.*"receipt {sha256}')
        written = [i for i, line in enumerate(lines) if re.search(rf"write\S*\(\d+<{folder}/\.{sha256}\.npy\.", line)]
        flushed = first(rf"fsync\(\d+<{folder}/\.{sha256}\.npy\.")
        named = first(rf'rename.*"{folder}/{sha256}\.npy"')
        folder_flushed = first(rf"fsync\(\d+<{folder}>", after=named)
        committed = first(r"f(data)?sync\(\d+<\S+event\.sqlite-wal>", after=named)
        assert written
        assert max(written) < flushed < named < folder_flushed < committed < out
        for made, parent in ((folder, submissions), (submissions, re.escape(str(judge.event.folder)))):
            assert first(rf"fsync\(\d+<{parent}>", after=first(rf'mkdir.*"{made}"')) < committed


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-8]),
    "exchanged": lambda path: path.write_bytes(path.read_bytes()[:-8] + bytes(8)),
}


def test_the_same_predictions_again_restore_a_lost_file_even_when_the_books_are_closed(judge):
    team, late = add_team(judge), judge.event.config.closes + timedelta(days=1)
    receipt = send(judge, team, 1)
    worker.work(judge, once=True)
    file, content = kept(judge, receipt), kept(judge, receipt).read_bytes()

    def state() -> tuple:
        with judge.store.read() as session:
            return session.query(AuditEntry).count(), session.query(Job).one().state, entries(judge)

    for close in (lambda: None, lambda: finals.finalize(judge, TRACK, early=True)):
        close()
        before = state()
        for damage in DAMAGES.values():
            damage(file)
            assert not prediction_files.is_whole(judge.event, receipt["predictions_sha256"])
            assert send(judge, team, 1, began=late) == receipt
            assert file.read_bytes() == content
        assert state() == before
    with pytest.raises(EventNotOpen):
        send(judge, team, 2, began=late)
    with pytest.raises(EventNotOpen):
        send(judge, add_team(judge, "Boosted Tops"), 1, began=late)


@about_the_folder
def test_an_upload_that_is_refused_at_the_last_moment_leaves_no_file(judge, monkeypatch):
    team, late = add_team(judge), add_team(judge, "Late")
    receipt = send(judge, team, 1)
    worker.work(judge, once=True)

    def slow(*arguments):
        finals.finalize(judge, TRACK, early=True)
        return check_file(*arguments)

    monkeypatch.setattr("leaderboard.intake.receive.check_file", slow)
    for seed in (1, 2):
        with pytest.raises(EventNotOpen, match="was finalized at"):
            send(judge, late, seed)
    assert [path for path in judge.event.submissions.rglob("*") if path.is_file()] == [kept(judge, receipt)]


def test_a_lost_file_is_told_to_its_team_and_costs_nobody_else(judge, monkeypatch):
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    teams = [add_team(judge, name) for name in ("Muon Collective", "Boosted Tops")]
    lost, fine = (send(judge, team, team.id) for team in teams)
    lose(judge, lost)
    assert worker.work(judge, once=True) == 1
    assert standings(judge, teams[0]) == {lost["submission"]: ("failed", True, None)}
    assert standings(judge, teams[1]) == {fine["submission"]: ("scored", False, None)}
    assert send(judge, teams[0], teams[0].id) == lost
    assert standings(judge, teams[0]) == {lost["submission"]: ("queued", False, None)}
    assert worker.work(judge, once=True) == 1
    assert entries(judge).keys() == {"Muon Collective", "Boosted Tops"}


def test_finals_go_on_without_a_lost_one_and_publication_waits_for_it(judge):
    teams = [add_team(judge, f"Team {number}") for number in range(3)]
    sent = {team.name: send(judge, team, team.id) for team in teams}
    worker.work(judge, once=True)
    lost = sent["Team 0"]
    lose(judge, lost)
    chosen = finals.finalize(judge, TRACK, early=True)
    assert [one.id for one in chosen] == [receipt["submission"] for receipt in sent.values()]
    assert [one.id for one in finals.missing(judge, TRACK)] == [lost["submission"]]
    with pytest.raises(FilesLost, match=r"higgs\.signal are missing or damaged: no\. 1 of Team 0 \(1\.csv\)"):
        finals.publish(judge, TRACK)
    assert standings(judge, teams[0])[lost["submission"]] == ("scored", True, None)
    send(judge, teams[0], 1, began=judge.event.config.closes + timedelta(hours=1))
    assert {entry.team for entry in finals.publish(judge, TRACK)} == set(sent)


def test_a_final_that_is_lost_for_good_is_excluded_for_a_reason_and_its_team_gets_no_other(judge):
    teams = [add_team(judge, name) for name in ("Muon Collective", "Boosted Tops")]
    best, _, other = send(judge, teams[0], 1, 0.4), send(judge, teams[0], 2, 3.0), send(judge, teams[1], 3)
    worker.work(judge, once=True)
    lose(judge, best)
    finals.finalize(judge, TRACK, early=True)
    with pytest.raises(EventError, match="say it"):
        exclusion.exclude(judge, [best["submission"]], " ")
    exclusion.exclude(judge, [best["submission"]], "the disk lost it")
    finals.finalize(judge, TRACK, early=True)
    (entry,) = finals.publish(judge, TRACK)
    assert (entry.submission, entry.rank) == (other["submission"], 1)
    with judge.store.read() as session:
        told = json.loads(snapshot(session, TRACK).json)["unranked"]
    why = {"submission": best["submission"], "reason": "the disk lost it", "out": None}
    assert told == [{"team": "Muon Collective", **why}]
    assert standings(judge, teams[0])[best["submission"]] == ("failed", True, "the disk lost it")
    with judge.store.read() as session:
        assert session.query(AuditEntry).filter_by(action="submission excluded").one().details == {
            "submission": best["submission"],
            "reason": "the disk lost it",
        }
    assert worker.retry_failed(judge) == 0
    assert send(judge, teams[0], 1, 0.4) == best
    exclusion.include(judge, [best["submission"]])
    worker.work(judge, once=True)
    assert [entry.team for entry in finals.publish(judge, TRACK)] == ["Muon Collective", "Boosted Tops"]


def test_the_commands_name_what_is_lost_and_what_is_excluded(judge, tmp_path):
    def physathon(*arguments: str) -> str:
        found = CliRunner().invoke(cli.app, [*arguments, "--event", str(judge.event.folder)], catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.output

    teams = [add_team(judge, name) for name in ("[bold]Muons", "Boosted Tops")]
    lost, _ = (send(judge, team, team.id) for team in teams)
    (tmp_path / "receipt.json").write_text(json.dumps(lost))
    told = physathon("verify", str(tmp_path / "receipt.json"))
    assert f"it is no. 1, taken in at {lost['received_at']}, in a request that began at {lost['began_at']}" in told
    worker.work(judge, once=True)
    lose(judge, lost)
    told = physathon("finalize", "--early")
    assert "1 finals judged" in told
    assert "missing or damaged: no. 1 of [bold]Muons (1.csv)" in told
    assert "excluded: no. 1 of [bold]Muons (1.csv)" in physathon("exclude", "1", "--reason", "lost by [our] disk")
    told = physathon("publish")
    assert "Without a rank, excluded by the organiser: no. 1 of [bold]Muons: lost by [our] disk." in told
    assert "back in the queue: no. 1" in physathon("exclude", "1", "--undo")


def test_an_excluded_file_leaves_the_board_to_the_next_best(judge):
    team = add_team(judge)
    best, worse = send(judge, team, 1, 0.4)["submission"], send(judge, team, 2, 3.0)["submission"]
    worker.work(judge, once=True)
    assert entries(judge) == {team.name: best}
    exclusion.exclude(judge, [best], "labels in it")
    assert entries(judge) == {team.name: worse}
    assert send(judge, team, 1, 0.4)["submission"] == best
    assert entries(judge) == {team.name: worse}
    exclusion.include(judge, [best])
    worker.work(judge, once=True)
    assert entries(judge) == {team.name: best}


def test_a_team_whose_file_was_lost_before_it_was_judged_gets_its_final_when_it_is_back(judge, monkeypatch):
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    teams = [add_team(judge, name) for name in ("Muon Collective", "Boosted Tops")]
    lost, other = send(judge, teams[0], 1, 0.4), send(judge, teams[1], 2)
    lose(judge, lost)
    send(judge, teams[0], 3, 3.0)
    worker.work(judge, once=True)
    chosen = finals.finalize(judge, TRACK, early=True)
    assert [one.id for one in chosen] == [other["submission"]]
    assert [one.id for one in finals.missing(judge, TRACK)] == [lost["submission"]]
    with pytest.raises(FilesLost, match=r"no\. 1 of Muon Collective"):
        finals.publish(judge, TRACK)
    send(judge, teams[0], 1, 0.4, began=judge.event.config.closes + timedelta(hours=1))
    with pytest.raises(EventError, match="in no ranking yet: run `physathon finalize"):
        finals.publish(judge, TRACK)
    finals.finalize(judge, TRACK, early=True)
    assert [entry.submission for entry in finals.publish(judge, TRACK)] == [lost["submission"], other["submission"]]


def test_rescoring_names_a_lost_file_and_publishes_nothing_without_it(judge):
    teams = [add_team(judge, name) for name in ("Muon Collective", "Boosted Tops")]
    lost, other = (send(judge, team, team.id) for team in teams)
    worker.work(judge, once=True)
    lose(judge, lost)
    corrected = rescoring.corrected_holdout(judge, TRACK, corrections(judge, range(5)))
    dry_run = rescoring.rescore(judge, TRACK, corrected)
    assert [one.id for one in dry_run.results.lost] == [lost["submission"]]
    assert [move.team for move in dry_run.moves] == ["Boosted Tops"]
    with pytest.raises(FilesLost, match=r"no\. 1 of Muon Collective"):
        rescoring.switch(judge, dry_run)
    send(judge, teams[0], teams[0].id)
    rescoring.switch(judge, rescoring.rescore(judge, TRACK, corrected, known=dry_run))
    assert set(entries(judge).values()) == {lost["submission"], other["submission"]}


def test_a_lost_file_that_later_ones_are_held_against_does_not_end_the_judge(judge, monkeypatch):
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    team = add_team(judge)
    first = send(judge, team, 1, 3.0)
    worker.work(judge, once=True)
    lose(judge, first)
    better = send(judge, team, 2, 0.4)
    fresh = Judge(judge.event, judge.vault)
    try:
        assert worker.work(fresh, once=True) == 0
        assert standings(fresh, team)[first["submission"]] == ("scored", True, None)
        exclusion.exclude(fresh, [first["submission"]], "lost")
        assert worker.retry_failed(fresh) == 1
        assert worker.work(fresh, once=True) == 1
    finally:
        fresh.close()
    assert entries(judge) == {team.name: better["submission"]}


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)], ids=["back", "ahead"])
def test_a_clock_that_is_set_makes_no_job_wait(judge, monkeypatch, step):
    team = add_team(judge)
    send(judge, team, 1)
    held = worker.claim(judge, "killed")
    assert worker.claim(judge, "other") is None
    monkeypatch.setattr(worker, "now", lambda: now() + step)
    assert worker.claim(judge, "other").id == held.id


def test_judges_whose_clocks_differ_a_little_keep_their_leases(judge, monkeypatch):
    send(judge, add_team(judge), 1)
    worker.claim(judge, "one")
    monkeypatch.setattr(worker, "now", lambda: now() - timedelta(seconds=20))
    assert worker.claim(judge, "another") is None


def test_a_vault_that_is_moved_away_stops_the_judge_and_no_other_one_appears(judge):
    team = add_team(judge)
    sent = send(judge, team, 1)["submission"]
    moved = judge.vault.folder.rename(judge.vault.folder.with_name("away"))
    with pytest.raises(VaultError, match="no vault at"):
        worker.work(judge, once=True)
    job = worker.claim(judge, "in the middle")
    with pytest.raises(VaultError, match="no vault at"):
        worker.handle(judge, job)
    with pytest.raises(VaultError, match="no vault at"):
        judge.vault.ranking("0" * 64, lambda: pytest.fail("sorted for nothing"))
    with pytest.raises(VaultError, match="no vault at"):
        judge.vault.seal(judge.holdout(TRACK))
    assert not judge.vault.folder.exists()
    judge.vault.folder.mkdir(0o700)
    with pytest.raises(VaultError, match="belongs to another event"):
        worker.work(judge, once=True)
    judge.vault.folder.rmdir()
    moved.rename(judge.vault.folder)
    with judge.store.write() as session:
        session.query(Job).one().lease_until = now() - timedelta(seconds=1)
    assert worker.work(judge, once=True) == 1
    assert entries(judge) == {team.name: sent}


@about_sqlite
@about_the_folder
@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_what_an_event_keeps_is_closed_to_others(judge):
    receipt = send(judge, add_team(judge), 1)
    folder = judge.event.folder
    kept_private = [*folder.glob("event.sqlite*"), folder / "receipts.key", folder / "vault", judge.event.submissions]
    kept_private += [kept(judge, receipt).parent, kept(judge, receipt)]
    assert len(kept_private) >= 6
    assert {path: oct(path.stat().st_mode & 0o077) for path in kept_private} == dict.fromkeys(kept_private, "0o0")


@about_sqlite
def test_a_lost_database_is_named_and_none_is_made_in_its_place(make_judge):
    judge = make_judge()
    judge.close()
    database = judge.event.folder / "event.sqlite"
    kept_aside = database.rename(database.with_name("aside"))
    with pytest.raises(EventError, match=r"event.sqlite is not there, though this event has data: put it back"):
        Judge(judge.event, judge.vault)
    with pytest.raises(EventError, match="put it back"), separated(judge.event):
        pass
    assert not database.exists()
    kept_aside.rename(database)
    Judge(judge.event, judge.vault).close()


@about_sqlite
@about_the_folder
@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_an_event_that_was_left_open_is_closed_to_others_and_its_folder_says_who_may_read(make_judge):
    judge = make_judge()
    team = add_team(judge)
    judge.close()
    database = judge.event.folder / "event.sqlite"
    database.chmod(0o664)
    judge.event.submissions.mkdir()
    judge.event.submissions.chmod(0o775)
    again = Judge(judge.event, judge.vault)
    try:
        file = kept(again, send(again, team, 1))
        modes = [path.stat().st_mode & 0o777 for path in (database, again.event.submissions, file.parent, file)]
        assert [mode & 0o007 for mode in modes] == [0, 0, 0, 0]
        assert [mode & 0o040 for mode in modes] == [0o040] * 4
    finally:
        again.close()
