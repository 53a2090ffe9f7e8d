"""What is made is whole or not there, one process makes it, and what killed ones left is swept."""

import os

import pytest

from challenges import files
from challenges.files import InTheMaking, folder_made_whole, passing_folder, staged, sweep, write_atomically


def age(path) -> None:
    long_ago = path.stat().st_mtime - 2 * files.OLD
    os.utime(path, (long_ago, long_ago))


def test_a_folder_that_is_broken_off_is_not_there(tmp_path):
    def stopped() -> None:
        with folder_made_whole(tmp_path / "higgs") as staging:
            (staging / "train").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(files.fcntl is None, reason="nothing can be held here")
def test_what_one_process_makes_no_other_takes_away_and_what_a_killed_one_left_gives_way(tmp_path):
    with folder_made_whole(tmp_path / "higgs") as staging:
        (staging / "rows").write_text("1")
        with pytest.raises(InTheMaking, match="higgs is being made by another process"):
            folder_made_whole(tmp_path / "higgs").__enter__()
        age(staging)
        assert sweep(tmp_path) == []
    assert (tmp_path / "higgs" / "rows").read_text() == "1"
    left = tmp_path / ".nmr.partial"
    (left / "ising").mkdir(parents=True)
    with folder_made_whole(tmp_path / "nmr") as staging:
        assert list(staging.iterdir()) == []


def test_what_was_left_half_done_for_an_hour_is_swept_and_nothing_else(tmp_path):
    write_atomically(tmp_path / "vault" / "key", b"1")
    young, old = tmp_path / ".a.123.partial", tmp_path / "vault" / ".key.123.partial"
    folder, inside = tmp_path / ".higgs.partial", tmp_path / ".higgs.partial" / "rows"
    folder.mkdir()
    for path in (young, old, inside, tmp_path / "b.partial", tmp_path / "vault" / ".hidden"):
        path.write_text("")
    for path in (old, folder, tmp_path / "b.partial", tmp_path / "vault" / ".hidden", tmp_path / "vault" / "key"):
        age(path)
    assert sorted(sweep(tmp_path)) == [folder, old]
    assert {path.name for path in tmp_path.rglob("*")} == {"vault", "key", ".hidden", ".a.123.partial", "b.partial"}


def test_what_is_written_beside_a_name_is_called_so_that_it_is_swept(tmp_path):
    with staged(tmp_path / "a", b"1"), passing_folder(tmp_path / ".work.partial"):
        assert all(files.PARTIAL.fullmatch(path.name) for path in tmp_path.iterdir())
        assert len(list(tmp_path.iterdir())) == 2
