"""An event whose files lie in a bucket: any machine has them, and a storage that fails for a while costs time alone."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from challenges.files import passing_folder
from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import Event, EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import check_file, receive
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.people import organising, teams
from leaderboard.public.data import kit_file, public_data, ready_tracks, revealed_files
from leaderboard.site.api import create_api
from leaderboard.store import archive, copies, prediction_files
from leaderboard.store.bucket import Bucket, NotInBucket
from leaderboard.store.database import open_store
from leaderboard.store.faults import StoreUnwritable
from leaderboard.store.tables import Submission
from tests.s3 import Storage
from tests.support import (
    about_the_folder,
    add_team,
    corrections,
    noisy_answers,
    prediction_file,
    publish_rescored,
    toy_event,
)

pytest.importorskip("obstore", reason="files in a bucket need obstore: pip install physathon[cluster]")

TRACK, WORDS = "higgs.signal", "correct horse battery staple"
PATIENCE = 0.4


@pytest.fixture(scope="module")
def judge(s3: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Yield the judge of an event whose files lie in a bucket, for which it waits for some tenths of a second."""
    with toy_event(tmp_path_factory.mktemp("events") / "event", files_url=s3.new_url()) as judge:
        judge.event.patience = judge.store.patience = PATIENCE
        yield judge


@pytest.fixture
def new(make_judge: Callable[..., Judge], s3: Storage) -> Judge:
    """Return the judge of an event whose files lie in a bucket, of one test's own."""
    return make_judge(files_url=s3.new_url())


def send(judge: Judge, name: str = "Muon Collective", noise: float = 1.0, **more) -> dict:
    upload = prediction_file(judge, noisy_answers(judge, noise))
    with judge.store.read() as session:
        team = teams.find_team(session, name)
    return receive(judge.event, judge.store, team or add_team(judge, name), TRACK, upload, f"{noise}.csv", **more)


def rows(judge: Judge) -> list[str]:
    with judge.store.read() as session:
        return [one.sha256 for one in session.query(Submission)]


def bucket_of(judge: Judge) -> Bucket:
    return Bucket(judge.event.first.files_url, PATIENCE)


def kept(judge: Judge) -> set[str]:
    return {name.rpartition("/")[2].removesuffix(".npy") for name in bucket_of(judge).names("submissions")}


def asked(*arguments: object):
    variables = {"COLUMNS": "200", "PHYSATHON_BACKUP_PASSPHRASE": WORDS}
    return CliRunner().invoke(cli.app, list(map(str, arguments)), env=variables)


def another_machine(judge: Judge, folder: Path) -> Event:
    """Return the event as another machine has it, which is given its settings and the key of receipts alone."""
    folder.mkdir()
    for name in ("event.toml", "receipts.key"):
        shutil.copy(judge.event.folder / name, folder)
    return Event(folder)


def boards(judge: Judge) -> list[tuple]:
    with judge.store.read() as session:
        return [(one.team, one.value, one.low, one.high) for one in board(session, TRACK)]


def test_an_event_goes_its_whole_way_and_is_restored_into_another_bucket(new, s3, tmp_path, database_elsewhere):
    judge = new
    names = {"Strong": 0.3, "Even": 1.4}
    sent = {name: send(judge, name, noise) for name, noise in names.items()}
    assert kept(judge) == {one["predictions_sha256"] for one in sent.values()}
    assert not judge.event.submissions.exists()
    assert worker.work(judge, once=True) == 2
    before = boards(judge)
    publish_rescored(judge, rescoring.corrected_holdout(judge, TRACK, corrections(judge, list(range(40)))))
    after = boards(judge)
    assert [one[0] for one in after] == [one[0] for one in before] == list(names)
    assert after[0][1] < before[0][1], "forty labels fewer agree with what was sent"

    there, other_url = tmp_path / "elsewhere", s3.new_url()
    made = asked("backup", tmp_path / "event.tar", "--vault", tmp_path / "vault.bin", "--event", judge.event.folder)
    assert made.exit_code == 0, made.output
    shutil.rmtree(judge.event.public)
    arguments = "restore", tmp_path / "event.tar", "--vault", tmp_path / "vault.bin", "--event", there
    with s3.out_of_order(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("leaderboard.event.PATIENCE", PATIENCE)
        failed = asked(*arguments, *database_elsewhere, "--files", other_url)
    assert isinstance(failed.exception, StoreUnwritable)
    assert not there.exists()
    back = asked(*arguments, *database_elsewhere, "--files", other_url)
    assert back.exit_code == 0, back.output
    assert "2 receipts, all verify" in back.output
    event = Event(there)
    assert event.first.files_url == other_url
    with closing(Judge(event, Vault(event))) as other:
        assert boards(other) == after
        assert kept(other) == kept(judge)
        copies.refresh(judge.event)
        for one in (judge, other):
            finals.finalize(one, TRACK, early=True)
            finals.publish(one, TRACK)
        assert boards(other) == boards(judge)


def test_a_backup_of_a_bucket_is_restored_into_a_folder(new, tmp_path, database_elsewhere):
    send(new)
    archive.back_up(new.event, tmp_path / "event.tar", lambda *_: None)
    arguments = *database_elsewhere, "--files", "none", "--event", tmp_path / "other"
    back = asked("restore", tmp_path / "event.tar", *arguments)
    assert back.exit_code == 0, back.output
    assert {path.stem for path in (tmp_path / "other" / "submissions").rglob("*.npy")} == kept(new)


def test_an_outage_within_patience_costs_time_and_a_longer_one_is_named_and_gives_no_receipt(judge, s3):
    judge.event.patience = judge.store.patience = 30
    with s3.out_of_order(seconds=0.5):
        first = send(judge, noise=0.5)
    judge.event.patience = judge.store.patience = PATIENCE
    before = rows(judge), kept(judge)
    assert first["predictions_sha256"] in before[1]
    with s3.out_of_order(), pytest.raises(StoreUnwritable, match="nothing of it was kept, try again in a moment"):
        send(judge, noise=0.6)
    assert (rows(judge), kept(judge)) == before
    second = send(judge, noise=0.6)
    assert kept(judge) == before[1] | {second["predictions_sha256"]}


def test_a_judge_waits_for_its_bucket_and_takes_no_file_for_lost(judge, s3, monkeypatch):
    monkeypatch.setattr(worker, "REST", 0.05)
    receipt = send(judge, noise=0.7)
    with s3.out_of_order(seconds=3 * PATIENCE):
        with pytest.raises(StoreUnwritable):
            prediction_files.is_whole(judge.event, receipt["predictions_sha256"])
        assert worker.work(judge, once=True) >= 1
    with judge.store.read() as session:
        found = session.get_one(Submission, receipt["submission"])
        assert (found.state, found.lost) == ("scored", False)


def test_a_file_that_is_missing_or_another_is_told_to_be_and_sent_again_is_there(judge):
    receipt = send(judge, noise=0.8)
    sha256 = receipt["predictions_sha256"]
    name = f"submissions/{sha256[:2]}/{sha256}.npy"
    store = bucket_of(judge)._store
    for damage in (lambda: store.delete(name), lambda: store.put(name, b"other bytes")):
        damage()
        assert not prediction_files.is_whole(judge.event, sha256)
        with pytest.raises(prediction_files.DamagedFile, match=r"is missing|holds 11 bytes"):
            prediction_files.get(judge.event, sha256)
        assert send(judge, noise=0.8) == receipt
        assert prediction_files.is_whole(judge.event, sha256)


def test_a_file_that_is_refused_at_the_last_moment_has_no_row_and_takes_none_from_who_sent_the_same(judge, monkeypatch):
    receipt = send(judge, noise=0.9)
    before = rows(judge)

    def withdrawn_meanwhile(*arguments):
        with judge.store.write() as session:
            organising.set_out(session, teams.find_team(session, "Late"), "withdrawn", "it leaves")
        return check_file(*arguments)

    monkeypatch.setattr("leaderboard.intake.receive.check_file", withdrawn_meanwhile)
    with pytest.raises(teams.TeamOut):
        send(judge, "Late", noise=0.9)
    assert rows(judge) == before
    assert prediction_files.is_whole(judge.event, receipt["predictions_sha256"])


def test_two_who_send_the_same_at_once_are_given_a_receipt_each_for_one_file(judge):
    senders = [add_team(judge, f"Team {number}") for number in range(4)]
    upload = prediction_file(judge, noisy_answers(judge, 1.1))
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda team: receive(judge.event, judge.store, team, TRACK, upload, "same.csv"), senders))
    assert len({one["submission"] for one in given}) == 4
    assert len({one["predictions_sha256"] for one in given} & kept(judge)) == 1


def test_another_machine_has_what_is_public_whole_and_what_is_written_anywhere(judge, tmp_path):
    there = another_machine(judge, tmp_path / "there")
    assert ready_tracks(there) == []
    copies.refresh(there)
    assert ready_tracks(there) == [TRACK]
    for name in ("train", "validation", "test"):
        ours, theirs = (getattr(public_data(event, TRACK), name).read_bytes() for event in (judge.event, there))
        assert ours == theirs
    receipts.make_key(there)
    built = build_kit(there, "higgs").read_bytes()
    copies.refresh(judge.event)
    assert kit_file(judge.event, "higgs").read_bytes() == built
    copies.write(judge.event, judge.event.public / "revealed" / f"{TRACK}.private.csv", b"id,label")
    copies.refresh(there)
    assert [path.read_bytes() for path in revealed_files(there)] == [b"id,label"]
    copies.remove(judge.event, *revealed_files(judge.event))
    copies.refresh(there)
    assert revealed_files(there) == []
    assert kit_file(there, "higgs").read_bytes() == built


def test_a_copy_that_is_lost_damaged_or_cut_off_in_the_middle_is_brought_again(judge, s3, tmp_path):
    there = another_machine(judge, tmp_path / "there")
    test_rows = public_data(judge.event, TRACK).test.relative_to(judge.event.folder)
    with passing_folder(there.public / ".higgs.partial"):  # another process of that machine is at it
        copies.refresh(there)
        assert not (there.public / "higgs").exists()
    copies.refresh(there)
    (there.folder / test_rows).unlink()
    copies.refresh(there)
    assert (there.folder / test_rows).read_bytes() == (judge.event.folder / test_rows).read_bytes()
    there.patience = PATIENCE
    with s3.out_of_order():
        with pytest.raises(StoreUnwritable):
            copies.refresh(there)
        again = Event(judge.event.folder)
        again.patience = PATIENCE
        with judge.store.read() as session:
            copies.opened(again, session)  # it has all that it needs to show
        with pytest.raises(StoreUnwritable):
            copies.write(there, there.public / "corrections.key", b"not to be seen by one machine alone")
    assert not (there.public / "corrections.key").exists()


def test_machines_that_publish_at_once_lose_nothing_of_each_other(judge):
    def publish(number: int) -> None:
        copies.write(judge.event, judge.event.public / "results" / f"higgs.t{number}.json", b"%d" % number)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(publish, range(12)))
    shutil.rmtree(judge.event.public / "results")
    copies.refresh(judge.event)
    found = {path.name: path.read_bytes() for path in (judge.event.public / "results").iterdir()}
    assert found == {f"higgs.t{number}.json": b"%d" % number for number in range(12)}


def test_an_index_that_names_what_no_event_publishes_is_refused_whole(judge, tmp_path):
    bucket, there = bucket_of(judge), another_machine(judge, tmp_path / "there")
    whole = bucket.get(copies.INDEX)
    try:
        for name in (
            "../vault/key",
            "/etc/passwd",
            "higgs/../../x.json",
            "key",
            "higgs/key",
            ".a.json",
            "results/a.json",
        ):
            index = {"event": judge.event.config.id, "files": {name: "0" * 64}}
            bucket._store.put(copies.INDEX, json.dumps(index).encode())
            with pytest.raises(EventError, match="does not say which files are public"):
                copies.refresh(there)
    finally:
        bucket._store.put(copies.INDEX, whole)
    assert not there.public.exists()


def test_a_bucket_of_another_event_without_the_events_files_or_that_is_none_is_named(make_judge, s3, tmp_path):
    judge = make_judge(files_url=s3.new_url())
    send(judge)
    folder, url = judge.event.folder, judge.event.first.files_url

    def opened(url: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PHYSATHON_FILES_URL", url)
            open_store(Event(folder), PATIENCE).close()

    other = make_judge(tmp_path / "other", files_url=s3.new_url())
    shutil.rmtree(judge.event.public)
    with pytest.raises(EventError, match=f"holds the files of another event: {other.event.config.id}"):
        opened(other.event.first.files_url)
    with pytest.raises(EventError, match="has nothing of this event, and 1 of its files are not in"):
        opened(s3.new_url())
    with pytest.raises(StoreUnwritable, match="there is no bucket at s3://nowhere/x"):
        opened("s3://nowhere/x")
    with pytest.raises(EventError, match="files_url"):
        opened("ftp://hackathon/x")
    opened(url)
    assert ready_tracks(judge.event) == [TRACK]


@about_the_folder
def test_an_event_moves_from_its_folder_into_a_bucket_when_it_is_told_where(make_judge, s3, tmp_path, monkeypatch):
    judge = make_judge(tmp_path / "local")
    receipt = send(judge)
    monkeypatch.setenv("PHYSATHON_FILES_URL", s3.new_url())
    event = Event(judge.event.folder)
    with closing(Judge(event, judge.vault)) as moved:
        assert kept(moved) == {receipt["predictions_sha256"]}
        shutil.rmtree(event.submissions)
        assert worker.work(moved, once=True) == 1
        there = another_machine(moved, tmp_path / "there")
        copies.refresh(there)
        assert ready_tracks(there) == [TRACK]


def test_the_api_gives_a_file_back_and_tells_an_outage_with_when_to_come_again(judge, s3):
    team = add_team(judge, "By HTTP")
    with judge.store.write() as session:
        header = {"Authorization": f"Bearer {teams.issue_token(session, team)}"}
    upload = prediction_file(judge, noisy_answers(judge, 1.2))
    with TestClient(create_api(judge.event, judge.store, loopback=True)) as client:
        with s3.out_of_order():
            refused = client.post(f"/tracks/{TRACK}/submissions", content=upload, headers=header)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert "127.0.0.1" not in refused.text
        first = client.post(f"/tracks/{TRACK}/submissions", content=upload, headers=header)
        back = client.get(f"/submissions/{first.json()['submission']}/file", headers=header)
        assert client.post(f"/tracks/{TRACK}/submissions", content=back.content, headers=header).json() == first.json()


def test_a_process_follows_what_others_publish(judge, tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "SECONDS", 0.02)
    there = another_machine(judge, tmp_path / "there")
    end = copies.follow(there)
    try:
        for _ in range(3000):
            if ready_tracks(there):
                break
            time.sleep(0.01)
        assert ready_tracks(there) == [TRACK]
    finally:
        end.set()


def test_names_come_from_all_pages_of_a_listing(s3):
    bucket = Bucket(s3.new_url(), PATIENCE)
    names = {f"submissions/{number}" for number in range(7)}
    for name in names:
        bucket.put(name, b"x")
    assert set(bucket.names("submissions")) == names
    with pytest.raises(NotInBucket):
        bucket.get("submissions/8")


def test_without_obstore_it_is_said_what_to_install(s3, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(EventError, match=r"pip install 'physathon\[cluster\]'"):
        Bucket(s3.new_url(), PATIENCE)
