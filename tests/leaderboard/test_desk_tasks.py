"""What the desk asks of the judge: tracks, finals, tasks with their codes, and corrections encrypted in the browser."""

import base64
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
import streamlit as st

from leaderboard.intake.choices import choices
from leaderboard.judge import corrections, finals, prepare, tasks
from leaderboard.judge.judging import Judge
from leaderboard.people import desk
from leaderboard.public.corrections import fingerprint, published_key
from leaderboard.site import corrections as field
from leaderboard.store import settings
from leaderboard.store.queries import now
from leaderboard.store.tables import Submission, Task, Team, TrackState
from tests.leaderboard.tabs import all_text
from tests.leaderboard.test_tasks import code_of, look, over, task_of  # noqa: F401 - the third a fixture
from tests.support import corrections as of_labels
from tests.support import kept_file, physathon, toy_images

TRACK = "higgs.signal"
NUMBER = re.compile(r"0\.\d")


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def click(app, label: str):
    return next(button for button in app.button if button.label == label).click().run()


def give_code(judge: Judge, app, number: int):
    """Type at the desk the code that the judge's side shows, let the judge look, and return the page of then."""
    look(judge)
    app = app.run()
    app.text_input[0].set_value(code_of(judge, number))
    app = click(app, "Give the code")
    look(judge)
    return app.run()


def test_the_desk_asks_shows_the_digest_and_hands_the_code_over(over, at_desk):  # noqa: F811 - the fixture
    app = at_desk(over, "tasks")
    ask = next(button for button in app.button if button.label == "Ask the judge")
    assert ask.disabled, "what cannot be undone asks for the event's name"
    app.text_input[0].set_value("toy ")
    app = click(app.run(), "Ask the judge")
    assert "task 1, finalize higgs.signal, waits for the judge; its code is where the judge runs" in all_text(app)
    look(over)
    digest = tasks.pending(over)[0].digest
    assert digest == desk.digest_of(task_of(over, 1))
    text = all_text(app.run())
    assert f"details `{digest[:8]}`" in text
    assert f"details {digest[:8]}" in physathon("tasks", "--event", over.event.folder)
    assert code_of(over, 1) not in text
    app.text_input[0].set_value("0000-0000-0000")
    app = click(app, "Give the code")
    assert "The judge looks at it" in all_text(app)
    look(over)
    assert "that was not the code" in all_text(app.run())
    text = all_text(give_code(over, app, 1))
    assert "2 finals of higgs.signal" in text
    assert "Take it back" not in text
    with over.store.read() as session:
        assert session.get_one(TrackState, TRACK).finals == [1, 2]


def test_a_row_that_was_changed_shows_another_digest_than_the_judges_side(over, at_desk):  # noqa: F811
    with over.store.write() as session:
        desk.ask(session, over.event, "finalize", TRACK, who="Ada")
    look(over)
    with over.store.write() as session:
        session.get_one(Task, 1).kind = "reveal"
    text = all_text(app := at_desk(over, "tasks"))
    assert f"details `{tasks.pending(over)[0].digest[:8]}`" not in text
    assert "Task 1: reveal higgs" in text
    assert "task 1 is taken back" in all_text(click(app, "Take it back"))
    assert task_of(over, 1).said == "taken back by Ada 0"


def test_corrections_go_from_the_field_to_the_dry_run_to_the_board_and_back(over, at_desk):  # noqa: F811
    text = all_text(at_desk(over, "corrections"))
    assert "no judge has shown its key" in text
    corrections.publish_key(over)
    app = at_desk(over, "corrections")
    key = published_key(over.event)
    assert key == corrections.public_key(over.vault)
    assert f"The judge's key: `{fingerprint(key)}`" in all_text(app)
    assert fingerprint(key) in physathon("tasks", "--event", over.event.folder)
    sealed = corrections.seal(key, "fix.csv", of_labels(over, range(40)).to_csv(index=False).encode(), os.urandom(12))
    app.session_state[f"corrections {TRACK} 0"] = {"sealed": {"name": "fix.csv", "text": sealed}}
    app = click(app.run(), "Ask for a dry run of fix\\.csv")
    assert f'href="/desk?part=corrections&amp;track={TRACK}"' in all_text(give_code(over, at_desk(over, "tasks"), 1))
    app = at_desk(over, "corrections")
    name = task_of(over, 1).result["dry_run"]
    text = all_text(app)
    assert f"Dry run {name}" in text
    assert "Tau Guild" in text
    app = click(app, "Make this the board")
    assert task_of(over, 2).details == {"corrections": sealed, "file": "fix.csv", "dry_run": name}
    assert f"the board of {TRACK} is that of dry run {name}" in all_text(give_code(over, at_desk(over, "tasks"), 2))
    app = at_desk(over, "corrections")
    assert "This is the board now" in all_text(app)
    assert "Make this the board" not in [button.label for button in app.button]
    click(app, "Ask to roll back")
    give_code(over, at_desk(over, "tasks"), 3)
    assert task_of(over, 3).said == f"{TRACK} is judged as before the last correction"


def test_an_address_leads_to_its_track(make_judge, at_desk, monkeypatch):
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)
    judge = make_judge(challenges=["higgs", "particle_images"])
    prepare.simulate(judge, "particle_images")
    corrections.publish_key(judge)
    for track in judge.event.tracks():
        for part in ("finals", "corrections"):
            assert at_desk(judge, part, track=track).selectbox[0].value == track


def test_what_the_field_never_says_is_not_asked_of_the_judge(judge, at_desk):
    corrections.publish_key(judge)
    app = at_desk(judge, "corrections")
    for text, offered in ((7, 0), (None, 0), ("x" * (field.LARGEST_SEALED + 1), 0), ("x", 1)):
        app.session_state[f"corrections {TRACK} 0"] = {"sealed": {"name": "fix.csv", "text": text}}
        assert sum("dry run" in button.label for button in app.run().button) == offered


def test_finals_say_who_chose_what_who_has_none_and_what_is_missing(over, at_desk):  # noqa: F811
    with over.store.write() as session:
        session.add(Team(name="Nobody", kind="team", created_at=now()))
        session.get_one(Submission, 1).selected = True
    with over.store.read() as session:
        said = [(one.team.name, one.final and one.final.id, one.said) for one in choices(session, over.event, TRACK)]
    assert said == [
        ("Muon Collective", 1, "the team's choice"),
        ("Tau Guild", None, "none chosen: the best on the board will be"),
        ("Nobody", None, "no file"),
    ]
    finals.finalize(over, TRACK)
    with over.store.write() as session:
        frozen = over.event.config.opens.isoformat()
        settings.change(session, over.event, "freezes_at", frozen, who="Ada", reason="")
    with over.store.read() as session:
        tau = choices(session, over.event, TRACK)[1]
    assert (tau.decided, tau.final, tau.said) == (True, None, "its best, named with the result")
    with over.store.write() as session:
        settings.change(session, over.event, "freezes_at", "none", who="Ada", reason="")
        session.get_one(Team, 1).out = "disqualified"
        sha256 = session.get_one(Submission, 2).sha256
    kept_file(over.event, sha256).unlink()
    text = all_text(at_desk(over, "finals"))
    assert "the team&#x27;s choice; disqualified, decides nothing" in text
    assert "its best" in text
    assert "no\\. 2 of Tau Guild" in text
    assert NUMBER.search(text) is None, "no value is told here"


def test_tracks_tell_of_files_kit_and_commitments_and_a_kit_is_built_without_a_code(over, at_desk):  # noqa: F811
    app = at_desk(over, "tracks")
    text = all_text(app)
    assert "2 judged, 0 waiting, 0 failed, 0 excluded, 0 lost" in text
    assert "not built yet" in text
    assert all(sha256 in text for sha256 in over.holdout(TRACK).commitments.values())
    app = click(app, "Build the kit anew")
    assert "task 1, kit higgs, waits for the judge" in all_text(app)
    assert look(over) == []
    assert f"SHA-256 {kit_sha256(over)}" in all_text(app.run())


def kit_sha256(judge: Judge) -> str:
    return hashlib.sha256((judge.event.public / "higgs" / "kit.zip").read_bytes()).hexdigest()


PAGE = """<!doctype html><body>%s<script type="module">
import field from "/corrections.js";
window.said = [];
field({parentElement: document.body, data: %s, setStateValue: (_, value) => window.said.push(value)});
</script>"""


def test_the_browser_encrypts_so_that_this_vault_alone_opens_it(judge, browser):
    corrections.publish_key(judge)
    data = {"label": "L", "key": published_key(judge.event).hex(), "limit": 70_000, "rule": "R", "instead": "COMMAND"}
    page = PAGE % (field.HTML, json.dumps(data))
    script = Path(field.__file__).with_suffix(".js").read_text("utf-8")
    browser.route("**/*", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    browser.route("**/*.js", lambda route: route.fulfill(body=script, content_type="text/javascript; charset=utf-8"))
    tab = browser.new_page()
    tab.goto("http://localhost/")
    contents = {
        "fix.csv": b"id,label\n",
        "ö “x”.csv": bytes(range(256)) * 250,
        "empty.csv": b"",
        "large.csv": b"0" * 70_001,
    }
    for name, content in contents.items():
        tab.locator("input").set_input_files({"name": name, "mimeType": "", "buffer": content})
        tab.get_by_text(f"{name} is").wait_for()
    assert "large.csv is too large: R" in tab.locator("p").text_content()
    said = [one for one in tab.evaluate("window.said") if one]
    opened = [corrections.open_sealed(judge.vault, one["text"]) for one in said]
    assert [one["name"] for one in said] == [one["name"] for one in opened] == list(contents)[:3]
    assert [base64.b64decode(one["content"]) for one in opened] == list(contents.values())[:3]
    tab.goto("http://event.test/")
    tab.get_by_text("This page came without https").wait_for()
    assert "COMMAND" in tab.locator("p").text_content()
    assert tab.locator("input").is_disabled()
