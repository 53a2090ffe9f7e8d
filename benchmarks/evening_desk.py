"""An evening at the desk: an organiser, two helpers and thirty teams in real browsers, and each click as a command."""

import io
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from benchmarks import _ceremony as ceremony
from benchmarks._desk import TRACK, Desk, Played, at, free_port, until
from benchmarks.evening import CHROMIUM, DESK, DOCS, faults
from leaderboard.event import Event
from leaderboard.intake.receive import GRACE
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import teams
from leaderboard.store.database import open_store
from leaderboard.store.tables import AuditEntry

TEAMS = [f"Team {at}" for at in range(30)]
TABLE = "team,member\n" + "".join(f"{team},Person {at} of {team}\n" for team in TEAMS for at in range(2))
QUESTION, ANSWER = "Is the missing energy in GeV?", "Yes, as all energies and momenta are."
PASSPHRASE = "the passphrase of this evening"


def main() -> None:
    """Play the evening and write the page of evidence."""
    begin = time.perf_counter()
    os.environ["PHYSATHON_BACKUP_PASSPHRASE"] = PASSPHRASE
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        evening = Played(Path(place) / "desk/event", free_port(), name="An evening")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        make(evening)
        with evening.served():
            context = browser.new_context(**DESK)
            broken, organiser = faults(context), Desk(evening, context.new_page())
            before(evening, browser, organiser)
            receipt = rush(evening)
            closed = extended_frozen_closed(evening, organiser)
            evening.step(
                "organiser",
                "the same evening by commands, until the books are closed",
                lambda: by_commands(evening, Path(place) / "commands/event"),
            )
            wait_for_the_books(evening, closed)
            result(evening, browser, organiser)
            checked(evening, browser, receipt)
            restored(evening, browser)
        browser.close()
        nothing_leaked(evening)
        assert broken == [], broken
    (DOCS / "evening_desk.md").write_text(page(evening, time.perf_counter() - begin))


def make(evening: Played) -> None:
    """Make an event that opens in two hours."""
    event = ("--name", evening.name, "--size", "small", "--challenge", "higgs", "--opens", "+2h", "--days", "1")
    evening.folder.parent.mkdir()
    made = [sys.executable, "-m", "leaderboard", "init", str(evening.folder), *event]
    subprocess.run(made, check=True, capture_output=True)
    evening.command("simulate")
    evening.command("kit", "build")


def before(evening: Played, browser: Browser, organiser: Desk) -> None:
    """Everybody comes to the desk; the teams are imported; the event is opened."""
    evening.step(
        "organiser",
        "to the desk by the link of `physathon organiser add`",
        lambda: organiser.sign_in("Grace", "organiser"),
    )
    tab = organiser.tab

    def imports() -> str:
        organiser.open("Teams")
        organiser.unfold("Import a table")
        tab.get_by_label("Paste it here").fill(TABLE)
        tab.get_by_role("button", name="Look what it would do").click()
        tab.get_by_role("button", name="Import this").click()
        return organiser.says("imported: ")

    evening.said("import thirty teams", evening.step("organiser", "a CSV of thirty teams of two, pasted", imports))
    for name in TEAMS:
        tab.get_by_role("table", name="Teams").get_by_role("link", name=name, exact=True).wait_for()
    with closing(open_store(Event(evening.folder))) as store, store.write() as session:
        evening.tokens = {name: teams.issue_token(session, teams.find_team(session, name)) for name in TEAMS}
    evening.said("open now", evening.step("organiser", "the event opens now", lambda: organiser.set("opens", at(0))))
    asked = {"text": QUESTION, "track": TRACK}
    evening.asks("POST", "/questions", json.dumps(asked).encode(), evening.tokens["Team 3"], "application/json")
    first, second = (Desk(evening, browser.new_context(**DESK).new_page()) for _ in range(2))
    evening.step("first helper", "to the desk", lambda: first.sign_in("Marie", "helper"))

    def answers() -> str:
        first.open("Talk")
        first.tab.get_by_label("Answer to 1").fill(ANSWER)
        first.tab.get_by_role("button", name="Answer", exact=True).click()
        return first.says("question 1 is answered")

    evening.said("answer a question", evening.step("first helper", "answers Team 3's question", answers))
    evening.step("second helper", "to the desk", lambda: second.sign_in("Emmy", "helper"))
    evening.step("second helper", "looks for what is the organiser's, is led away from it", lambda: shut_out(second))
    evening.step("second helper", "is dismissed by command: the open page goes", lambda: dismissed(evening, second))


def shut_out(helper: Desk) -> None:
    """Try, as a helper, each part that is not a helper's."""
    helper.tab.get_by_role("link", name="Talk").first.wait_for()
    for part in ("settings", "tasks", "corrections", "audit", "exports", "overview"):
        assert helper.tab.get_by_role("link", name=re.compile(f"^{part}", re.IGNORECASE)).count() == 0
    helper.tab.goto(f"{helper.evening.address}/desk?part=tasks")
    helper.tab.get_by_role("heading", name="Teams", exact=True).wait_for()
    assert helper.tab.get_by_text("Ask for something").count() == 0
    assert helper.tab.get_by_text("Import a table").count() == 0


def dismissed(evening: Played, helper: Desk) -> None:
    """Dismiss a helper, whose page stands open."""
    evening.command("organiser", "dismiss", "Emmy")
    helper.tab.get_by_role("heading", name="Sign in").wait_for(timeout=15_000)


def rush(evening: Played) -> dict:
    """All thirty teams send a file within seconds; return the last receipt."""
    kit = kit_of(evening)

    def send() -> dict:
        return [evening.send(name, another(kit, seed)) for seed, name in enumerate(TEAMS)][-1]

    def judged() -> None:
        until(lambda: len(evening.board()["entries"]) >= len(TEAMS))

    receipt = evening.step("thirty teams", "a file each over the API, one after the other", send)
    evening.step("the judge", "until all thirty stand on the board", judged)
    return receipt


def kit_of(evening: Played) -> Path:
    """Fetch the kit and run its starter; return the file that it writes."""
    with urlopen(f"{evening.address}/api/v1/kits/higgs.zip") as answer:
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall(evening.folder.parent)
    kit = evening.folder.parent / "higgs"
    subprocess.run([sys.executable, "starter.py"], cwd=kit, check=True, capture_output=True)
    return kit / "submission.csv"


def another(path: Path, seed: int) -> bytes:
    """Return the starter's predictions with noise of a team's own."""
    rows = pd.read_csv(path, dtype={"id": str})
    rows["score"] += np.random.default_rng(seed).normal(scale=0.02 * seed, size=len(rows)) * rows["score"].std()
    return rows.to_csv(index=False).encode()


def extended_frozen_closed(evening: Played, organiser: Desk) -> float:
    """The close is moved, the board frozen; then the judge's side sets the close: return when."""
    more = evening.step(
        "organiser",
        "the close an hour later, with a reason",
        lambda: organiser.set("closes", "+1h", "the network was down"),
    )
    evening.said("an hour more", more)
    evening.said(
        "freeze", evening.step("organiser", "the board freezes now", lambda: organiser.set("freezes_at", at(0)))
    )
    asked = evening.step(
        "organiser",
        "asks for finalize while files are taken",
        lambda: (organiser.ask("finalize"), organiser.code("finalize"))[1],
    )
    assert asked.startswith("not done"), asked
    evening.said("finalize before the close", asked)
    closed = time.time()
    evening.step("the judge's side", "`physathon set closes`: now", lambda: evening.command("set", "closes", at(0)))
    return closed


def by_commands(evening: Played, folder: Path) -> None:
    """Play the same on another event, by commands alone, and keep what they say."""
    other = Played(folder, free_port(), name="By commands")
    make(other)
    (table := folder.parent / "teams.csv").write_text(TABLE)
    said = partial(evening.said, by="command")
    said("import thirty teams", other.command("team", "import", str(table), "--yes"))
    said("open now", other.command("set", "opens", at(0)))
    with other.served():
        kit = kit_of(other)
        for seed, name in enumerate(TEAMS[:3]):
            token = other.command("team", "token", name).split()[-1]
            os.environ["PHYSATHON_TOKEN"] = token
            (mine := folder.parent / f"{seed}.csv").write_bytes(another(kit, seed))
            sent = "submit", str(mine), "--track", TRACK, "--url", other.address
            client = [sys.executable, "-m", "leaderboard", "client"]
            subprocess.run([*client, *sent], check=True, capture_output=True)
        asked = json.dumps({"text": QUESTION, "track": TRACK}).encode()
        other.asks("POST", "/questions", asked, token, "application/json")
        said("answer a question", other.command("question", "answer", "1", ANSWER))
    other.command("judge", "--once")
    said("an hour more", other.command("set", "closes", "+1h", "--reason", "the network was down"))
    said("freeze", other.command("set", "freezes_at", at(0)))
    said("finalize before the close", other.command("finalize", status=1))
    other.command("set", "closes", at(0))
    said("finalize", other.command("finalize", "--early"))
    said("rehearse", other.command("ceremony", "rehearse", TRACK))
    said("begin the ceremony", other.command("ceremony", "begin", TRACK))
    said("publish", other.command("publish"))
    labels = corrected(other, folder.parent / "other.csv")
    dry = other.command("rescore", TRACK, "--labels", str(labels))
    said("dry run", dry)
    name = re.findall(r"dry run (\w+)", dry)[-1]
    said("switch", other.command("rescore", TRACK, "--labels", str(labels), "--publish", "--dry-run", name))
    said("reveal", other.command("reveal"))


def corrected(evening: Played, path: Path) -> Path:
    """Write corrections that turn forty labels round, as only the vault's side knows them."""
    event = Event(evening.folder)
    with closing(Judge(event, Vault(event))) as judge:
        holdout = judge.holdout(TRACK)
        ids = [f"{one:016x}" for one in holdout.ids[:40]]
        turned = 1 - holdout.targets["label"].to_numpy()[:40]
    pd.DataFrame({"id": ids, "label": turned}).to_csv(path, index=False)
    return path


def wait_for_the_books(evening: Played, closed: float) -> None:
    """Wait until no file that began before the close can be on its way."""
    left = closed + 2 * GRACE.total_seconds() + 1 - time.time()
    evening.step(
        "everybody",
        "until the last file that began before the close may have come",
        lambda: time.sleep(max(0.0, left)),
    )


def result(evening: Played, browser: Browser, organiser: Desk) -> None:
    """Finalize with a wrong code first, let the result out at a ceremony, publish, correct, reveal."""
    tab = organiser.tab

    def asked(kind: str, what: str, *, wrong: bool = False) -> None:
        organiser_says = evening.step(
            "organiser", what, lambda: (organiser.ask(kind), organiser.code(kind, wrong=wrong))
        )
        assert organiser_says[1].startswith("done"), organiser_says
        evening.said(kind, organiser_says[1])

    asked("finalize", "finalize: a wrong code, then the right one", wrong=True)
    ceremony.play(evening, browser, organiser, lambda: asked("publish", "publish, with its code"))
    labels = corrected(evening, evening.folder.parent / "fix.csv")

    def dry_run() -> str:
        organiser.open("Corrections")
        tab.locator("input[type=file]").set_input_files(labels)
        tab.get_by_role("button", name="Ask for a dry run").click()
        organiser.says("waits for the judge")
        return organiser.code("rescore")

    def switch() -> str:
        organiser.open("Corrections")
        organiser.picture(DOCS / "images/evening_desk_moves.png", "What the rescoring changes")
        tab.get_by_role("button", name="Make this the board").click()
        organiser.says("waits for the judge")
        return organiser.code("switch")

    before = evening.board()
    evening.said("dry run", evening.step("organiser", "corrections encrypted in the browser, a dry run", dry_run))
    assert evening.board() == before
    evening.said("switch", evening.step("organiser", "that dry run made the board", switch))
    assert evening.board() != before
    asked("reveal", "reveal, with its code")
    organiser.picture(DOCS / "images/evening_desk_tasks.png", "Tasks")


def checked(evening: Played, browser: Browser, receipt: dict) -> None:
    """Anybody checks a receipt and the answers, in a browser that is signed in nowhere."""
    with closing(browser.new_context(**DESK)) as context:
        tab = context.new_page()
        tab.goto(f"{evening.address}/verify")
        with tab.expect_download() as download:
            tab.get_by_role("link", name=f"{TRACK}.private.csv", exact=True).click()
        answers = download.value.path().read_bytes()

        def says(name: str, content: bytes, words: str) -> str:
            tab.locator("#file").set_input_files({"name": name, "mimeType": "", "buffer": content})
            tab.locator("#says").filter(has_text=words).wait_for()
            return tab.locator("#says").inner_text()

        kept = json.dumps(receipt).encode()
        tampered = kept.replace(b"Team 29", b"Team 28")
        swapped = answers.replace(b",0", b",1", 1)
        assert tampered != kept
        assert swapped != answers
        for name, content, words in (
            ("receipt.json", kept, "OK"),
            ("receipt.json", tampered, "Not verified"),
            ("answers.csv", answers, "OK"),
            ("answers.csv", swapped, "Not verified"),
        ):
            what = f"verify {name}{'' if words == 'OK' else ', tampered with'}"
            evening.said(what, evening.step("anybody", what, partial(says, name, content, words)))
            (file := evening.folder.parent / name).write_bytes(content)
            evening.said(what, evening.command("verify", str(file), status=int(words != "OK")), by="command")


def restored(evening: Played, browser: Browser) -> None:
    """Back up while served, restore elsewhere, serve it there: the board is the same."""
    place = evening.folder.parent
    everything, vault = str(place / "event.tar"), str(place / "vault.enc")
    evening.step(
        "organiser",
        "`physathon backup`, with the vault, while it is served",
        lambda: evening.command("backup", everything, "--vault", vault),
    )
    there = Played(place / "there", free_port(), name=evening.name)
    told = evening.step(
        "organiser",
        "`physathon restore` into another folder",
        lambda: there.command("restore", everything, "--vault", vault),
    )
    evening.note("restored", more=" ".join(told.split()).replace(str(place), "…"))

    def same() -> None:
        with there.served():
            assert there.board() == evening.board()

    evening.step("organiser", "served there: its board equals", same)
    evening.told += there.told


def nothing_leaked(evening: Played) -> None:
    """Look for persons and codes where they must not be."""
    with closing(open_store(Event(evening.folder))) as store, store.read() as session:
        audit = str([entry.details for entry in session.query(AuditEntry)])
    secrets = (*evening.codes, *evening.tokens.values(), "Person 0 of", "Person 1 of")
    found = [
        (where, one)
        for where, text in (("audit", audit), ("output", str(evening.told)))
        for one in secrets
        if one in text
    ]
    assert found == [], found
    evening.note(f"{len(secrets)} codes, tokens and persons, looked for in output and audit log", more="none found")


def page(evening: Played, seconds: float) -> str:
    """Return the page of evidence."""
    steps = "".join(f"| {who} | {what} | {took:.1f} |\n" for who, what, took in evening.steps)
    words = "".join(
        f"| {what} | {cell(said['desk'])} | {cell(said['command'])} |\n" for what, said in evening.words.items()
    )
    seen = "".join(f"- {what}: {came}.\n" for what, came in evening.seen)
    return f"""# An evening at the desk

Written by `python -m benchmarks evening_desk` on {platform.machine()}, Python {platform.python_version()};
{seconds:.0f} s in all. An organiser, two helpers and a reader in Chromium, each in a browser of their own; thirty teams
over the API. Where a step needs a code, its time has the command that shows it, too. Beside it the same acts by
commands alone, on another event.

| who | what | seconds |
|---|---|--:|
{steps}
## What each click says, and its command

| act | the desk | the command |
|---|---|---|
{words}
{seen}
![The ceremony's screen after its last turn](images/evening_desk_ceremony.png)

![What corrections would change, before they do](images/evening_desk_moves.png)

![What was asked of the judge, and what came of it](images/evening_desk_tasks.png)
"""


def cell(text: str, most: int = 220) -> str:
    """Return a text, or the end of a long one, as a cell of a table."""
    text = re.sub(r"[\u2500-\u257f|]+", " ", text)
    text = re.sub(r"\S*/tmp\S*/", "…/", " ".join(text.split()))
    return text if len(text) <= most else f"… {text[-most:]}"


if __name__ == "__main__":
    main()
