"""An evening in real browsers: an organiser at a terminal, phones that join by a code, teams and a visitor."""

import csv
import io
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from leaderboard.event import Event
from leaderboard.store.database import open_store
from leaderboard.store.tables import AuditEntry

DOCS = Path(__file__).parents[1] / "docs/evidence"
CHROMIUM = os.environ.get("PHYSATHON_CHROMIUM", "/usr/bin/chromium")
BOARD = "/board?track=higgs.signal"
CODE = re.compile(r"(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
RULES = "# Rules\nOne team, one sign-in each.\n"
QUESTION, ANSWER = "May we use the <b>masses</b> of pairs?", "Yes: they follow from the columns you have."
HEARD = re.compile("Content Security Policy|React error")
"""What in a console is a fault of the page; much else is said there while the server is away."""

PERSONS = ("Ada Lovelace", *(f"Person {at}" for at in range(90)))
ODD = ("مجموعة الهادرونات", "🚀 Rocket", "Ångström—Ünïcode", "<script>alert(1)</script>", "| *pipe* | $x$", "W" * 60)


@dataclass
class Evening:
    """An event with whoever looks at it, and what was seen of it."""

    folder: Path
    port: int
    seen: list[tuple[str, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where browsers find it."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str, status: int = 0) -> str:
        """Run a command as the organiser does at a terminal, and return what it printed."""
        command = [sys.executable, "-m", "leaderboard", *words, "--event", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "160"})
        assert done.returncode == status, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def code(self, *words: str) -> str:
        """Return a new code for phones."""
        found = CODE.search(self.command("code", "--url", self.address, *words))
        assert found
        self.codes.append(found[0])
        return found[0]

    def note(self, what: str, seconds: float | None = None, more: str = "") -> None:
        """Write down what was seen."""
        took = "" if seconds is None else f"{seconds:.1f} s"
        self.seen.append((what, "; ".join(filter(None, (took, more))) or "seen"))
        print(*self.seen[-1], sep=": ", flush=True)

    def until(self, what: str, look: Callable[[], object], more: str = "") -> None:
        """Wait for something on a page, and write down how long it took from now."""
        begin = time.perf_counter()
        look()
        self.note(what, time.perf_counter() - begin, more)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve the event, as a command of its own, until the block ends."""
        command = [sys.executable, "-m", "leaderboard", "serve", "--event", str(self.folder), "--port", str(self.port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for _ in range(1200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                assert process.poll() is None, "serving ended"
                time.sleep(0.1)
            else:
                raise AssertionError("nobody answers at the port")
            yield
        finally:
            process.send_signal(signal.SIGINT)
            self.told.append(process.communicate(timeout=30)[0])


def main() -> None:
    """Play the evening and write the page of evidence."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        evening = Evening(Path(place) / "event", port)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        prepare(evening)
        phone, visitor = browser.new_context(**PHONE), browser.new_context(**DESK, color_scheme="dark")
        with evening.served():
            overheard, broken = listen(visitor), faults(visitor)
            home, board, mine = visitor.new_page(), visitor.new_page(), phone.new_page()
            before_the_opening(evening, browser, home, board, mine)
            while_it_is_open(evening, home, board, mine)
            out_and_frozen(evening, board, mine)
        with evening.served():
            after_a_restart(evening, phone, mine)
            the_end(evening, board)
        browser.close()
        nothing_leaked(evening, overheard)
        assert broken == [], broken
    seconds = time.perf_counter() - begin
    (DOCS / "evening.md").write_text(page(evening, seconds))


def prepare(evening: Evening) -> None:
    """Make the event and import thirty teams."""
    event = ("--name", "An evening", "--size", "small", "--challenge", "higgs", "--opens", "+2h", "--days", "1")
    made = [sys.executable, "-m", "leaderboard", "init", str(evening.folder), *event]
    subprocess.run(made, check=True, capture_output=True)
    (evening.folder / "rules.md").write_text(RULES)
    evening.command("simulate")
    evening.command("kit", "build")
    table = io.StringIO()
    rows = csv.writer(table, delimiter=";")
    rows.writerow(("Team name", "Member"))
    names = (*ODD, *(f"Team {at}" for at in range(30 - len(ODD))))
    rows.writerows((names[at // 3], f"Person {at}") for at in range(90))
    roster, slips = evening.folder.parent / "teams.csv", evening.folder.parent / "slips.html"
    roster.write_bytes(table.getvalue().encode("utf-8-sig"))
    evening.until(
        "thirty teams of three from a table, with slips",
        lambda: evening.command(
            "team", "import", str(roster), "--yes", "--slips", str(slips), "--url", evening.address
        ),
        "90 slips with a code each",
    )
    printed = set(CODE.findall(slips.read_text()))
    assert len(printed) == 90
    evening.codes += printed


def before_the_opening(evening: Evening, browser: Browser, home: Page, board: Page, mine: Page) -> None:
    """A phone forms a team, a member signs in by a slip; then the clock opens the event."""
    for tab, address in ((home, "/"), (board, BOARD)):
        tab.goto(evening.address + address)
        tab.get_by_text("What will be asked").wait_for()
    spent = evening.code()

    def join() -> None:
        mine.goto(f"{evening.address}/join#{spent}")
        mine.get_by_label("Name of the team").fill("Boosted Tops")
        mine.get_by_label("Your name").fill("Ada Lovelace")
        mine.get_by_label("I agree").check()
        mine.get_by_role("button", name="Form the team").click()
        mine.get_by_role("cell", name="Ada Lovelace (you)").wait_for()

    evening.until("a phone scans a code, forms a team and sees its page", join, "two fields, one tick, one button")
    assert urlsplit(mine.url).path == "/team"
    refused(evening, browser, spent, "This code has been used", "the same code on a second phone")
    slip = next(code for code in evening.codes if code != spent)
    with closing(browser.new_context(**PHONE, java_script_enabled=False)) as plain:
        tab = plain.new_page()
        tab.goto(f"{evening.address}/join")
        tab.get_by_label("Code").fill(slip.lower().replace("-", " "))
        tab.get_by_role("button", name="Go on").click()
        tab.get_by_label("I agree").check()
        tab.get_by_role("button", name="Sign in").click()
        assert urlsplit(tab.url).path == "/team"
    evening.note("a slip's code, typed on a phone without JavaScript", more="signed in")
    evening.command("set", "opens", _in(6))
    evening.until("the clock opens the event on a board that stands open", board.get_by_text("No file has").wait_for)
    evening.until("on Home, too", home.get_by_text("the first file that is judged opens the standings").wait_for)


def refused(evening: Evening, browser: Browser, code: str, why: str, what: str) -> None:
    """Open a code on a phone of its own, which is told why it does not serve."""
    with closing(browser.new_context(**PHONE)) as other:
        tab = other.new_page()
        tab.goto(f"{evening.address}/join#{code}")
        tab.get_by_text(why).wait_for()
    evening.note(what, more=f"“{why}”")


def while_it_is_open(evening: Evening, home: Page, board: Page, mine: Page) -> None:
    """A file, a question and its answer, an announcement, a later close, a pause."""
    with urlopen(f"{evening.address}/api/v1/kits/higgs.zip") as answer:
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall(evening.folder.parent)
    kit = evening.folder.parent / "higgs"
    subprocess.run([sys.executable, "starter.py"], cwd=kit, check=True, capture_output=True)
    send, receipt = mine.get_by_role("button", name="Submit", exact=True), mine.get_by_text("Receipt no. 1")

    def submit() -> None:
        mine.get_by_role("link", name="Submit").click()
        mine.get_by_label("Prediction file").set_input_files(kit / "submission.csv")
        send.click()
        receipt.wait_for()

    evening.until("from the team's page to the first receipt", submit, "three steps: Submit, the file, Submit")
    evening.until("its row on a visitor's board", board.get_by_role("rowheader", name="Boosted Tops").wait_for)
    evening.until("its row in the standings on Home", home.get_by_role("rowheader", name="Boosted Tops").wait_for)
    mine.screenshot(path=DOCS / "images/evening_receipt.png")
    mine.get_by_role("link", name="Help").click()
    mine.get_by_role("textbox", name="Your question").fill(QUESTION)
    mine.get_by_role("button", name="Ask").click()
    mine.get_by_text("Not answered yet").wait_for()
    assert QUESTION in evening.command("question", "list", "--open")
    evening.command("question", "answer", "1", ANSWER)
    evening.until("the answer above the team's page, after the command", mine.get_by_text(ANSWER).first.wait_for)
    board.wait_for_timeout(3000)
    assert home.get_by_text(ANSWER).count() == board.get_by_text(ANSWER).count() == 0
    evening.note("the same answer on a visitor's pages", more="not there")
    evening.command("announce", "Pizza at **noon**")
    evening.until("an announcement, after the command", board.get_by_text("Pizza at").wait_for)
    evening.command("set", "closes", "+1h", "--reason", "the network was down")
    evening.until("a later close, after the command", board.get_by_text(re.compile("closes in 1 d 2 h")).wait_for)
    evening.command("set", "paused", "the network is down")
    evening.until("a pause, after the command", board.get_by_text("The event takes no files for now").wait_for)
    evening.command("set", "paused", "none")


def out_and_frozen(evening: Evening, board: Page, mine: Page) -> None:
    """A team is disqualified and restored; then the board freezes."""
    row = board.get_by_role("rowheader", name="Boosted Tops")
    mine.get_by_role("link", name="Team").click()
    mine.get_by_text("Let others join").wait_for()
    evening.command("team", "disqualify", "Boosted Tops", "--reason", "trained on <b>sealed</b> labels")
    evening.until("a team out, on the board", lambda: row.wait_for(state="hidden"))
    board.get_by_text("Without a rank, disqualified by the organiser").wait_for()
    evening.until("a team out, on its own open page", mine.get_by_text("It sends no files").wait_for)
    evening.command("team", "restore", "Boosted Tops")
    evening.until("the team back", row.wait_for)
    evening.command("set", "freezes_at", _in(0))
    evening.until("a freeze, after the command", board.get_by_text("Frozen since").wait_for)
    board.get_by_text("best file on the public slice").wait_for()
    board.screenshot(path=DOCS / "images/evening_frozen.png")


def after_a_restart(evening: Evening, phone: BrowserContext, mine: Page) -> None:
    """The phone is signed in still, in both of its tabs, and signs out in both."""
    mine.reload()
    mine.get_by_role("cell", name="Ada Lovelace (you)").wait_for()
    second = phone.new_page()
    second.goto(f"{evening.address}/submit")
    second.get_by_text("Ada Lovelace").wait_for()
    evening.note("a restart of the server and a reload", more="signed in still, a second tab too")
    mine.get_by_role("button", name="Sign out everywhere").click()
    evening.until("signed out in one tab: the other", second.get_by_text("Join or sign in by a code").wait_for)


def the_end(evening: Evening, board: Page) -> None:
    """The books are closed early, and the result is published."""
    board.goto(evening.address + BOARD)
    board.get_by_text("Frozen since").wait_for()
    evening.command("finalize", "--early")
    evening.command("publish")
    ranking = board.get_by_role("table", name="Final ranking")
    evening.until("the published result, after the command", ranking.get_by_text("Boosted Tops").wait_for)
    board.get_by_role("img", name=re.compile("Boosted Tops")).first.wait_for()


def listen(context: BrowserContext) -> list[str]:
    """Return the list that fills with whatever this browser's pages are sent."""
    heard: list[str] = []

    def frame(payload: str | bytes) -> None:
        heard.append(payload if isinstance(payload, str) else payload.decode("utf-8", "replace"))

    context.on("page", lambda tab: tab.on("websocket", lambda socket: socket.on("framereceived", frame)))
    return heard


def faults(context: BrowserContext) -> list[str]:
    """Return the list that fills with what goes wrong in this browser: errors that nobody caught, refusals, crashes."""
    found: list[str] = []

    def told(what: object) -> None:
        found.append(str(what))
        print(f"a page broke: {what}", flush=True)

    context.on("weberror", lambda fault: told(fault.error))
    context.on("console", lambda message: told(message.text) if HEARD.search(message.text) else None)
    context.on("page", lambda tab: tab.on("crash", lambda _: told("its process ended")))
    return found


def nothing_leaked(evening: Evening, overheard: list[str]) -> None:
    """Look for persons, answers to others and codes where they must not be."""
    assert overheard, "the visitor's page was sent nothing"
    with closing(open_store(Event(evening.folder))) as store, store.read() as session:
        audit = str([entry.details for entry in session.query(AuditEntry)])
    places = {
        "what a visitor was sent": str(overheard),
        "the server's output": str(evening.told),
        "the audit log": audit,
    }
    secrets = (*PERSONS, *evening.codes)
    found = [(where, secret) for where, text in places.items() for secret in secrets if secret in text]
    assert found == [], found
    assert not any(ANSWER in frame for frame in overheard), "a visitor was sent what a team alone was answered"
    evening.note(
        f"{len(PERSONS)} names of persons and {len(evening.codes)} codes, looked for in {', '.join(places)}; "
        "the team's answer, looked for in the first",
        more="none found",
    )


def _in(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def page(evening: Evening, seconds: float) -> str:
    """Return the page of evidence."""
    rows = "".join(f"| {what} | {came} |\n" for what, came in evening.seen)
    return f"""# An evening in real browsers

Written by `python -m benchmarks evening` on {platform.machine()}, Python {platform.python_version()}: an organiser at a
terminal, a phone (390 wide, touch), a phone without JavaScript, a visitor's dark pages, all in Chromium;
{seconds:.0f} s in all. Times are those of this machine, from when a command had ended or a page was asked; pages look
every 1.5 or 2 s.

| what | what came of it |
|---|---|
{rows}
![The first receipt, on a phone](images/evening_receipt.png)

![The frozen board, on a dark page](images/evening_frozen.png)
"""


if __name__ == "__main__":
    main()
