"""An event that version 0.1 made: this version opens, judges, finalizes, publishes, reveals and verifies it."""

import json
import tarfile
from dataclasses import asdict

import pytest
from fastapi.testclient import TestClient

from challenges.spec import PRIVATE, PUBLIC
from leaderboard.board.entries import board
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receipts import verify_revealed
from leaderboard.judge import finals, rescoring, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.site.api import create_api
from leaderboard.store.tables import AuditEntry, Submission
from tests.support import ROOT, publish_rescored

FIXTURE = ROOT / "tests" / "fixtures" / "event-0.1"
PUBLISHED, WAITING = "higgs.signal", "renaissance.token_errors"


def kept(name: str):
    return json.loads((FIXTURE / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def judge(tmp_path, monkeypatch):
    for variable in ("PHYSATHON_VAULT", "PHYSATHON_VAULT_KEY", "PHYSATHON_EVENT"):
        monkeypatch.delenv(variable, raising=False)
    with tarfile.open(FIXTURE / "event.tar.xz") as archive:
        archive.extractall(tmp_path, filter="tar")
    event = Event(tmp_path / "event")
    judge = Judge(event, Vault(event))
    yield judge
    judge.close()


SINCE = ("card", "members", "slice", "bracket")
"""What boards have since, and that version's teams have not."""


def shown(judge, track):
    """Return a board as that version had it; it told the ranks that a team may have after publication alone."""
    with judge.store.read() as session:
        entries = [asdict(entry) for entry in board(session, track)]
    of_slice = {PUBLIC: {"rank_best": None, "rank_worst": None}, PRIVATE: {}}
    entries = [entry | of_slice[entry["slice"]] for entry in entries]
    news = [{key: entry.pop(key) for key in SINCE} for entry in entries]
    assert all((one["card"], one["members"], one["bracket"]) == (None, (), None) for one in news)
    return [entry | {"received_at": entry["received_at"].isoformat()} for entry in entries]


def test_it_is_small():
    assert sum(path.stat().st_size for path in FIXTURE.iterdir()) < 300_000


def test_every_board_is_what_it_was(judge):
    boards = kept("boards")
    assert set(boards) == set(judge.event.tracks())
    for track, entries in boards.items():
        assert shown(judge, track) == entries


def test_every_receipt_verifies_and_a_changed_one_does_not(judge):
    for document in kept("receipts"):
        assert receipts.verify(document, judge.event).submission == document["submission"]
    with pytest.raises(receipts.ReceiptError):
        receipts.verify(document | {"team": "Somebody else"}, judge.event)


def test_the_file_that_waited_is_judged_and_no_other_score_changes(judge):
    before = {track: shown(judge, track) for track in judge.event.tracks()}
    assert worker.work(judge, once=True) == 1
    with judge.store.read() as session:
        assert session.get(Submission, 13).state == "scored"
    assert {entry["team"] for entry in shown(judge, WAITING)} == {"Transverse Mass", "Boosted Tops"}
    assert all(shown(judge, track) == before[track] for track in before if track != WAITING)


def test_a_team_comes_back_with_its_token_and_its_history(judge):
    api = TestClient(create_api(judge.event, judge.store, loopback=False))
    sign_in = {"Authorization": f"Bearer {kept('tokens')['Muon Collective']}"}
    sent = api.get("/submissions", headers=sign_in).json()
    assert [(one["submission"], one["state"]) for one in sent] == [
        (11, "failed"), (7, "scored"), (4, "scored"), (1, "scored"),
    ]  # fmt: skip


def test_running_tracks_are_finalized_published_and_revealed(judge):
    worker.work(judge, once=True)
    for track in judge.event.tracks():
        if track != PUBLISHED:
            assert finals.finalize(judge, track, early=True)
            finals.publish(judge, track)
        for path in finals.reveal(judge, track):
            with judge.store.read() as session:
                assert f"answers of {track}, committed to" in verify_revealed(session, path.read_bytes())
    assert shown(judge, PUBLISHED) == kept("boards")[PUBLISHED]
    revealed = sorted(path.name for path in (judge.event.public / "revealed").iterdir())
    assert len(revealed) == 2 * (len(judge.event.tracks()) + 1), "both slices, and those before the correction"


def test_the_published_correction_is_rolled_back(judge):
    publish_rescored(judge, rescoring.earlier_holdout(judge, PUBLISHED))
    with judge.store.read() as session:
        switches = session.query(AuditEntry).filter_by(action="holdout switched").count()
    assert switches == 2
    assert {entry["team"] for entry in shown(judge, PUBLISHED)} == {
        entry["team"] for entry in kept("boards")[PUBLISHED]
    }
