"""A backup brings the event back on another machine; without its vault it says what it cannot do."""

import shutil
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import Event
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.replay import replay
from leaderboard.judge.vault import Vault
from leaderboard.judge.vault_archive import back_up_vault, restore_vault
from leaderboard.store import archive
from leaderboard.store.archive import ArchiveError
from leaderboard.store.tables import Base, Release
from tests.support import add_team, noisy_answers, prediction_file

TRACK, WORDS = "higgs.signal", "correct horse battery staple"


def asked(*arguments: object):
    return CliRunner().invoke(
        cli.app, list(map(str, arguments)), env={"COLUMNS": "200", "PHYSATHON_BACKUP_PASSPHRASE": WORDS}
    )


@pytest.fixture
def played(make_judge) -> Judge:
    """Return the judge of an event with two teams, three files each."""
    return make_judge(grow=play)


def play(judge: Judge) -> None:
    for name in ("Muon Collective", "Tau Guild"):
        team = add_team(judge, name)
        for seed, noise in enumerate((2.0, 1.0, 1.5)):
            upload = prediction_file(judge, noisy_answers(judge, noise, seed).round(6))
            receive(judge.event, judge.store, team, TRACK, upload, "predictions.csv")
    worker.work(judge, once=True)


def everything(judge: Judge) -> dict[str, list]:
    with judge.store.read() as session:
        return {
            name: list(session.execute(select(table).order_by(*table.primary_key)))
            for name, table in Base.metadata.tables.items()
        }


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_event_that_is_restored_elsewhere_ends_as_the_first_one_does(played, tmp_path, database_elsewhere):
    there, kept = tmp_path / "elsewhere" / "event", everything(played)
    made = asked("backup", tmp_path / "event.tar", "--vault", tmp_path / "vault.bin", "--event", played.event.folder)
    assert made.exit_code == 0, made.output
    files = tmp_path / "event.tar", "--vault", tmp_path / "vault.bin"
    back = asked("restore", *files, *database_elsewhere, "--event", there)
    assert back.exit_code == 0, back.output
    assert "6 receipts, all verify" in back.output
    assert f"{TRACK}: 6 scores follow from the vault as they are shown" in back.output
    event = Event(there)
    with closing(Judge(event, Vault(event))) as other:
        assert everything(other) == kept
        boards = []
        for one in (played, other):
            finals.finalize(one, TRACK, early=True)
            boards.append([(entry.team, entry.value, entry.rank_range) for entry in finals.publish(one, TRACK)])
            assert replay(one, TRACK).differing == []
        assert boards[0] == boards[1]
        before, after = files_of(played.event.folder), files_of(there)
        same = [name for name in before if name.startswith(("public/", "submissions/", "vault/holdouts"))]
        assert same
        assert all(after[name] == before[name] for name in same)


def test_files_that_come_in_while_it_is_made_are_in_it_with_their_rows_or_not_at_all(
    played, tmp_path, monkeypatch, database_elsewhere
):
    copy = archive.copy_database

    def and_then_one_more(*what):
        copy(*what)
        team = add_team(played, "Late")
        receive(
            played.event, played.store, team, TRACK, prediction_file(played, noisy_answers(played, 1.0, 9)), "x.csv"
        )

    monkeypatch.setattr(archive, "copy_database", and_then_one_more)
    archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    files = tmp_path / "event.tar", "--vault", vault_of(played, tmp_path)
    back = asked("restore", *files, *database_elsewhere, "--event", tmp_path / "other")
    assert back.exit_code == 0, back.output
    assert "6 receipts" in back.output


def vault_of(judge: Judge, folder: Path) -> Path:
    back_up_vault(judge.vault, folder / "v.bin", WORDS, lambda *_: None)
    return folder / "v.bin"


def test_without_its_vault_it_shows_boards_and_says_what_it_cannot_do(played, tmp_path, database_elsewhere):
    archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    back = asked("restore", tmp_path / "event.tar", *database_elsewhere, "--event", tmp_path / "other")
    assert back.exit_code == 0, back.output
    assert "it cannot judge, rescore, finalize, publish or reveal" in " ".join(back.output.split())
    assert not (tmp_path / "other" / "vault").exists()
    shown = asked("board", "--event", tmp_path / "other")
    assert "Tau Guild" in shown.output
    with pytest.raises(ValueError, match="no vault at"):
        CliRunner().invoke(cli.app, ["finalize", "--event", str(tmp_path / "other")], catch_exceptions=False)


def test_nothing_of_the_vault_is_in_the_open_file_nor_readable_in_the_other(played, tmp_path):
    archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    with tarfile.open(tmp_path / "event.tar") as tar:
        names = tar.getnames()
    assert not [name for name in names if "vault" in name or "judge" in name]
    sealed = vault_of(played, tmp_path).read_bytes()
    for secret in (played.vault.key, played.vault.key.hex().encode(), b"judge.sqlite", TRACK.encode()):
        assert secret not in sealed
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("event.tar", "v.bin")} == {0o600}


def test_a_backup_of_the_vault_is_opened_by_its_passphrase_whole_or_not_at_all(played, tmp_path):
    path = vault_of(played, tmp_path)
    whole = path.read_bytes()
    for number, (content, says) in enumerate(
        [
            (whole[:-1], "damaged"),
            (whole[: len(whole) // 2], "damaged"),
            (whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:], "damaged"),
            (b"PK" + whole, "no backup of a vault"),
            (b"", "no backup of a vault"),
        ]
    ):
        path.write_bytes(content)
        (tmp_path / f"{number}").mkdir()
        with pytest.raises(ArchiveError, match=says):
            restore_vault(path, tmp_path / f"{number}", WORDS)
    path.write_bytes(whole)
    with pytest.raises(ArchiveError, match="passphrase is another one"):
        restore_vault(path, tmp_path / "0", WORDS + "!")
    with pytest.raises(ArchiveError, match="at least 12 letters, got 5"):
        back_up_vault(played.vault, tmp_path / "short.bin", "short", lambda *_: None)
    assert not (tmp_path / "short.bin").exists()


def test_a_long_vault_goes_through_several_blocks(played, tmp_path, monkeypatch):
    monkeypatch.setattr("leaderboard.judge.vault_archive.BLOCK", 1000)
    (tmp_path / "back").mkdir()
    restore_vault(vault_of(played, tmp_path), tmp_path / "back", WORDS)
    assert (tmp_path / "back" / "key").read_text() == played.vault.key.hex()
    monkeypatch.setattr("leaderboard.judge.vault_archive.BLOCK", 1001)
    with pytest.raises(ArchiveError, match="cannot be opened"):
        restore_vault(tmp_path / "v.bin", tmp_path / "back", WORDS)


def test_a_backup_that_was_changed_is_not_restored_and_leaves_nothing(played, tmp_path):
    archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    for change, says in (("added", "extra.txt"), ("cut", "damaged")):
        copy = tmp_path / f"{change}.tar"
        if change == "cut":
            copy.write_bytes((tmp_path / "event.tar").read_bytes()[:200_000])
        else:
            shutil.copy(tmp_path / "event.tar", copy)
            (tmp_path / "extra.txt").write_text("x")
            with tarfile.open(copy, "a") as tar:
                tar.add(tmp_path / "extra.txt", "extra.txt")
        told = asked("restore", copy, "--event", tmp_path / "other")
        assert told.exit_code == 1
        assert says in str(told.exception), told.exception
        assert not (tmp_path / "other").exists()
        assert not list(tmp_path.glob(".other*"))


def test_links_and_paths_out_of_the_folder_are_refused(tmp_path):
    (tmp_path / "x").write_text("x")
    for number, (name, kind) in enumerate((("../out", tarfile.REGTYPE), ("link", tarfile.SYMTYPE))):
        path = tmp_path / f"{number}.tar"
        with tarfile.open(path, "w") as tar:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        told = asked("restore", path, "--event", tmp_path / "other")
        assert told.exit_code == 1
        assert isinstance(told.exception, ArchiveError)
        assert not (tmp_path / "out").exists()


def test_a_backup_overwrites_nothing_and_an_event_neither(played, tmp_path):
    (tmp_path / "event.tar").write_text("mine")
    with pytest.raises(ArchiveError, match="is there already"):
        archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    assert (tmp_path / "event.tar").read_text() == "mine"
    archive.back_up(played.event, tmp_path / "other.tar", lambda *_: None)
    told = asked("restore", tmp_path / "other.tar", "--event", played.event.folder)
    assert "already holds something" in str(told.exception)


def test_a_board_that_does_not_follow_from_the_vault_is_named(played, tmp_path, database_elsewhere):
    with played.store.write() as session:
        session.scalars(select(Release)).first().value += 0.1
    path = vault_of(played, tmp_path)
    archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    files = tmp_path / "event.tar", "--vault", path
    told = asked("restore", *files, *database_elsewhere, "--event", tmp_path / "other")
    assert f"what is shown does not follow from the vault: {TRACK}: no. 1" in str(told.exception)
    with played.store.read() as session:
        assert len(board(session, TRACK)) == 2


def test_the_vault_of_another_event_is_named(played, make_judge, tmp_path):
    path = vault_of(make_judge(tmp_path / "second"), tmp_path)
    archive.back_up(played.event, tmp_path / "event.tar", lambda *_: None)
    told = asked("restore", tmp_path / "event.tar", "--vault", path, "--event", tmp_path / "other")
    assert "is the vault of another event" in str(told.exception)
    assert not (tmp_path / "other").exists()
