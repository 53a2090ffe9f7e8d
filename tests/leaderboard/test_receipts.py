"""Receipts bind what was received, whatever is renamed or replaced later, and a wrong key signs none."""

import json
import re
from dataclasses import fields

import pytest

from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.site.web import create
from leaderboard.store.tables import Submission, Team
from tests.support import ROOT, add_team, kept_files, noisy_answers, prediction_file

TRACK = "higgs.signal"


def send(judge, team, seed, event=None):
    upload = prediction_file(judge, noisy_answers(judge, 1, seed))
    return receive(event or judge.event, judge.store, team, TRACK, upload, f"{seed}.csv")


def test_renaming_team_and_event_breaks_no_receipt_and_the_first_one_is_given_again(judge, tmp_path):
    team = add_team(judge)
    first = send(judge, team, 1)
    with judge.store.write() as session:
        renamed = session.get(Team, team.id)
        renamed.name = "Boosted Tops"
    config = judge.event.folder / "event.toml"
    config.write_text(config.read_text().replace('name = "toy"', 'name = "grown up"'))
    event = Event(judge.event.folder)
    assert send(judge, renamed, 1, event) == first
    assert receipts.verify(first, event).team == "Muon Collective"
    second = receipts.verify(send(judge, renamed, 2, event), event)
    assert (second.event, second.team) == ("grown up", "Boosted Tops")
    assert (second.event_id, second.team_id) == (first["event_id"], first["team_id"])


def test_a_receipt_binds_all_that_matters(judge):
    team = add_team(judge)
    document = send(judge, team, 1)
    assert json.loads(json.dumps(document)) == document
    with judge.store.read() as session:
        submission = session.get(Submission, document["submission"])
    assert document["event_id"] == judge.event.config.id
    assert document["team_id"] == team.id
    assert document["predictions_sha256"] == submission.sha256
    assert document["upload_sha256"] == submission.upload_sha256
    assert document["began_at"] == submission.began_at.isoformat()
    assert document["received_at"] == submission.received_at.isoformat()
    assert [document["key"]] == list(receipts.public_keys(judge.event))
    for name in document.keys() - {"event_id", "key", "signature", "version", "secret_holdout"}:
        forged = document | {name: document[name] + 1 if isinstance(document[name], int) else f"{document[name]}0"}
        with pytest.raises(receipts.ReceiptError, match="does not fit: the receipt was changed"):
            receipts.verify(forged, judge.event)


def test_a_receipt_of_another_event_or_another_key_is_told_by_its_name(judge, tmp_path):
    document = send(judge, add_team(judge), 1)
    other = Event.create(tmp_path / "other", name="other", challenges=["nmr"])
    receipts.make_key(other)
    with pytest.raises(receipts.ReceiptError, match=f"of the event '{judge.event.config.id}', called 'toy' then"):
        receipts.verify(document, other)
    with pytest.raises(receipts.ReceiptError, match=r"names the key 'ab', by which this event signs none"):
        receipts.verify(document | {"key": "ab"}, judge.event)
    for forged, told in (
        ({"key": ["ab"]}, "this is no receipt: key should be one value"),
        ({"place": 1}, "this is no receipt: no receipt has place"),
        ({"signature": document["signature"] + "\n"}, "this is no receipt: its signature is none"),
    ):
        with pytest.raises(receipts.ReceiptError, match=f"^{told}$"):
            receipts.verify(document | forged, judge.event)
    with pytest.raises(receipts.ReceiptError, match="this is no receipt: it is no JSON"):
        receipts.read_json(b"[" * 100_000)


def test_a_replaced_key_signs_nothing_and_the_way_out_keeps_old_receipts_good(judge, tmp_path, monkeypatch):
    team, event = add_team(judge), judge.event
    old = send(judge, team, 1)
    other = Event.create(tmp_path / "other", name="other", challenges=["nmr"])
    receipts.make_key(other)
    key, right = event.folder / "receipts.key", (event.folder / "receipts.key").read_bytes()
    monkeypatch.setenv("PHYSATHON_EVENT", str(event.folder))
    for wrong in ((other.folder / "receipts.key").read_bytes(), b"", None):
        key.unlink() if wrong is None else key.write_bytes(wrong)
        for start in (create, lambda: receipts.make_key(event), lambda: send(judge, team, 2)):
            with pytest.raises(receipts.ReceiptKeyError, match=r"put the event's own receipts\.key back"):
                start()
    assert len(kept_files(event)) == 1
    key.write_bytes(right)
    receipts.make_key(event)
    key.unlink()
    (event.public / "receipts.pem").rename(event.public / "receipts-1.pem")
    receipts.make_key(event)
    new = send(judge, team, 2)
    assert new["key"] != old["key"]
    assert [receipts.verify(one, event).submission for one in (old, new)] == [1, 2]
    assert send(judge, team, 1) == old


def test_every_field_of_a_receipt_is_on_the_page_about_events():
    page = (ROOT / "docs" / "event.md").read_text("utf-8")
    section = page.partition("\n## Receipts\n")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert rows == {field.name for field in fields(receipts.Receipt)} | {"signature"}
