"""An evening at the desk: what is kept of it, and how the desk is driven in a browser."""

import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from benchmarks.evening import Evening

LINK = re.compile(r"http\S+/join#\S+")
SHOWN = re.compile(r"task (\d+): (.+) \(details (\w{8})\): code (\S+)")
WRONG = "0000-0000-0000"


TRACK = "higgs.signal"
T = TypeVar("T")


@dataclass
class Played(Evening):
    """An evening of which each click is written down beside its command."""

    name: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, str, float]] = field(default_factory=list)
    words: dict[str, dict[str, str]] = field(default_factory=dict)

    def step(self, who: str, what: str, act: Callable[[], T]) -> T:
        """Do a step and keep how long it took."""
        begin = time.perf_counter()
        came = act()
        self.steps.append((who, what, time.perf_counter() - begin))
        print(f"{who}: {what}: {self.steps[-1][2]:.1f} s", flush=True)
        return came

    def said(self, what: str, words: str, by: str = "desk") -> None:
        """Keep what a click, or after it a command, said."""
        self.words.setdefault(what, {})[by] = " ".join(words.split())

    def asks(self, method: str, path: str, body: bytes | None = None, token: str = "", kind: str = "") -> dict:
        """Ask the API, as a program does."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Content-Type": kind} if kind else {}
        with urlopen(Request(f"{self.address}/api/v1{path}", body, headers, method=method)) as answer:
            return json.load(answer)

    def send(self, team: str, content: bytes) -> dict:
        """Send a team's file, and return its receipt."""
        path = f"/tracks/{TRACK}/submissions?filename=mine.csv"
        return self.asks("POST", path, content, self.tokens[team], "application/octet-stream")

    def board(self) -> dict:
        """Return the board that the API shows."""
        return self.asks("GET", f"/tracks/{TRACK}/board")


@dataclass(frozen=True)
class Desk:
    """Somebody at the desk of an event.

    Attributes
    ----------
    evening : Played
    tab : Page
    """

    evening: Played
    tab: Page

    def sign_in(self, name: str, role: str) -> None:
        """Come by the link that the command prints."""
        url = ("--url", self.evening.address)
        found = LINK.search(self.evening.command("organiser", "add", name, "--role", role, *url))
        assert found
        self.evening.codes.append(found[0].partition("#")[2])
        self.tab.goto(found[0])
        self.tab.get_by_role("button", name="Sign in").click()
        self.tab.get_by_text(f"{name} · {role}").wait_for()

    def open(self, part: str) -> None:
        """Go to a part."""
        self.tab.get_by_role("link", name=re.compile(rf"^{part}( \(\d+\))?$")).first.click()
        self.tab.get_by_role("heading", name=part, exact=True).wait_for()

    def unfold(self, title: str) -> None:
        """Open a fold."""
        self.tab.locator("summary").filter(has_text=title).click()

    def choose(self, field: str, value: str) -> None:
        """Choose one of a list."""
        box = self.tab.get_by_test_id("stSelectbox").filter(has_text=field).locator("input")
        option = self.tab.get_by_role("option", name=re.compile(rf"^{re.escape(value)}($|:)"))
        for _ in range(5):  # a page that is just being drawn closes the list again
            box.click()
            box.fill(value)
            with suppress(PlaywrightTimeout):
                return option.click(timeout=3000)
        raise AssertionError(f"{value!r} is not to be chosen of {field}")

    def says(self, words: str) -> str:
        """Wait until it says something in which these words are, and return it."""
        told = self.tab.locator("p.physathon-done").filter(has_text=words)
        told.wait_for()
        return told.inner_text()

    def set(self, key: str, value: str, reason: str = "") -> str:
        """Change a setting, which is said back first."""
        self.open("Settings")
        self.choose("Setting", key)
        self.tab.get_by_label("New value").fill(value)
        self.tab.get_by_label("Why, for the audit log").fill(reason)
        self.tab.get_by_role("button", name="Look at it first").click()
        self.tab.get_by_role("button", name="Set it", exact=True).click()
        return self.says(f"{key}: ")

    def ask(self, kind: str) -> None:
        """Ask the judge for what cannot be undone, by the event's name."""
        self.open("Tasks")
        self.unfold("Ask for something")
        self.choose("What", kind)
        self.confirm()
        self.tab.get_by_role("button", name="Ask the judge").click()
        self.says("waits for the judge")

    def confirm(self) -> None:
        """Type the event's name, as before all that cannot be undone."""
        name = self.tab.get_by_label("This cannot be undone")
        name.fill(self.evening.name)
        name.press("Enter")

    def code(self, kind: str, *, wrong: bool = False) -> str:
        """Give a task the code of the judge's side, and return what the judge says in the end."""
        self.open("Tasks")
        field = self.tab.get_by_role("textbox", name="Code", exact=True)
        field.wait_for()
        shown = SHOWN.search(self.evening.command("tasks"))
        assert shown, "no task waits for a code"
        assert shown[2].startswith(kind), shown[2]
        self.tab.get_by_text(shown[3]).first.wait_for()
        assert shown[4] not in self.tab.content()
        if wrong:
            self._give(field, WRONG)
            self.tab.get_by_text("that was not the code").first.wait_for()
        self._give(field, shown[4])
        state = self.row(shown[1]).get_by_role("cell").nth(3)
        state.filter(has_text=re.compile(r"^(not )?done ·")).wait_for(timeout=30_000)
        return state.inner_text()

    def row(self, number: str) -> Locator:
        """Return a task's row."""
        rows = self.tab.get_by_role("table", name="Tasks").get_by_role("row")
        return rows.filter(has=self.tab.get_by_role("cell", name=number, exact=True))

    def _give(self, field: Locator, code: str) -> None:
        field.fill(code)
        self.tab.get_by_role("button", name="Give the code").click()

    def picture(self, path: Path, table: str) -> None:
        """Draw what is seen of a table, once the page stands still."""
        self.tab.get_by_role("table", name=table).evaluate("one => one.scrollIntoView()")
        time.sleep(0.5)
        self.tab.screenshot(path=path, clip={"x": 150, "y": 0, "width": 1140, "height": 560})


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def at(seconds: int) -> str:
    """Return a moment from now, as settings take it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.3)
