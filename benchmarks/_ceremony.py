"""The ceremony that ends an evening: rehearsed and begun at the desk, presented by keys; all are told the same."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Page

from benchmarks._desk import TRACK, Desk, Played, until
from benchmarks.evening import DESK, DOCS, faults
from challenges.spec import PRIVATE
from leaderboard.event import Event
from leaderboard.site.exports import export
from leaderboard.store.database import open_store

TOLD = ("team", "rank", "rank_best", "rank_worst", "value", "low", "high")
REHEARSED = 3
"""Turns of the rehearsal."""

A_WHILE = 10
"""Seconds within which a board that is looked for once a second follows the screen, on a busy machine."""

DRAWN = """rows => rows.map(row => [row.ariaPosInSet, row.querySelector("bdi").textContent,
  ...["rank", "score", "may"].map(one => row.querySelector("." + one).textContent), row.classList.contains("out")])"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Hall:
    """The screen, of a browser that is signed in nowhere, and the page of whoever presents."""

    evening: Played
    screen: Page
    presenter: Page

    def picture(self) -> dict[str, Any]:
        """Return what the API says is on the screen."""
        return self.evening.asks("GET", "/ceremony")

    def press(self, scene: str, shown: int, key: str = "Space") -> None:
        """Press a key, and wait until the screen shows what it asks for."""
        self.presenter.keyboard.press(key)

        def there() -> bool:
            now = self.picture()
            return (now["scene"], now["shown"], now["waits"]) == (scene, shown, False)

        until(there)
        self.screen.get_by_text(f"{shown} of {self.picture()['turns']}", exact=True).wait_for()


def play(evening: Played, browser: Browser, organiser: Desk, publish: Callable[[], None]) -> None:
    """Rehearse, begin and present the ceremony of the track, up to the last team, and publish what it has told."""
    with closing(browser.new_context(**DESK, reduced_motion="reduce")) as context:
        broken, frozen = faults(context), evening.board()
        hall = Hall(evening, context.new_page(), organiser.tab.context.new_page())
        said = evening.step("organiser", "a rehearsal of the ceremony", lambda: rehearse(hall, organiser))
        evening.said("rehearse", said)
        assert evening.board() == frozen, "a rehearsal let something out"
        said = evening.step("organiser", "begins the ceremony, with its code", lambda: begin(organiser))
        assert said.startswith("done"), said
        evening.said("begin the ceremony", said)
        assert evening.board()["entries"] == frozen["entries"], "something is out before the first turn"
        what = "presents it: a key for each team; after each, screen, API and exports are compared"
        evening.step("organiser", what, lambda: present(hall, frozen["entries"]))
        hall.screen.screenshot(path=DOCS / "images/evening_desk_ceremony.png")
        before = of_teams(evening)
        hall.press("first", len(before))
        hall.press("end", len(before))
        publish()
        assert of_teams(evening) == before, "publication says something else than the ceremony"
        until(lambda: hall.picture()["published"])
        assert broken == [], broken
        hall.presenter.close()


def rehearse(hall: Hall, organiser: Desk) -> str:
    """Put a rehearsal on the screen, go through some turns, and take it off."""
    organiser.open("Ceremony")
    organiser.tab.get_by_role("button", name="Put a rehearsal on the screen").click()
    said = organiser.says("a rehearsal of ")
    hall.screen.goto(f"{hall.evening.address}/ceremony")
    hall.presenter.goto(f"{hall.evening.address}/ceremony?presenter")
    hall.presenter.get_by_text("On the screen: the title").wait_for()
    hall.screen.get_by_text("these scores are made up").wait_for()
    hall.press("board", 0)
    for turn in range(REHEARSED):
        hall.press("turn", turn + 1)
    hall.press("turn", REHEARSED - 1, "ArrowLeft")
    organiser.tab.get_by_role("button", name="End the rehearsal").click()
    organiser.says("the rehearsal is over")
    hall.screen.get_by_role("heading", name="No ceremony is on").wait_for()
    return said


def begin(organiser: Desk) -> str:
    """Ask the judge to begin, by the event's name, and give its code; return what the judge says."""
    organiser.open("Ceremony")
    organiser.confirm()
    organiser.tab.get_by_role("button", name="Ask the judge to begin").click()
    organiser.says("waits for the judge")
    return organiser.code("ceremony")


def present(hall: Hall, frozen: list[Row]) -> None:
    """Let out one team after the other; each time all say the same, and of whoever had no turn nothing new."""
    hall.press("board", 0)
    public = {one["team"]: one for one in frozen}
    had: set[str] = set()
    for turn in range(hall.picture()["turns"]):
        hall.press("turn", turn + 1)
        shown = hall.picture()
        had.add(shown["turn"])
        until(partial(all_say, hall.evening, shown, had), A_WHILE)
        for row in shown["rows"]:
            assert row["out"] or all(row[key] == public[row["team"]][key] for key in ("value", "low", "high")), row
        until(partial(is_drawn, hall, shown), A_WHILE)
    assert had == {one["team"] for one in frozen if one["kind"] == "team"}


def of_teams(evening: Played) -> list[tuple]:
    """Return what the board tells of teams."""
    return [told(one) for one in evening.board()["entries"] if one["kind"] == "team"]


def all_say(evening: Played, shown: dict[str, Any], had: set[str]) -> bool:
    """Return whether board, its table and the organiser's export tell what is shown, and final results of no others."""
    with urlopen(f"{evening.address}/api/v1/tracks/{TRACK}/board.csv") as answer:
        table = list(csv.DictReader(io.StringIO(answer.read().decode("utf-8-sig"))))
    event = Event(evening.folder)
    with closing(open_store(event)) as store, store.write() as session:
        exported = json.loads(export(session, event, "boards", "json")[0])
    expected = [told(row) for row in shown["rows"]]
    return all(
        [told(row) for row in rows] == expected and {row["team"] for row in rows if row["slice"] == PRIVATE} == had
        for rows in (evening.board()["entries"], table, exported)
    )


def told(row: Row) -> tuple:
    """Return what a row tells of a team, numbers as numbers, from whichever file it is."""
    return tuple(row[key] if key == "team" else float(row[key]) if row[key] not in (None, "") else None for key in TOLD)


def is_drawn(hall: Hall, shown: dict[str, Any]) -> bool:
    """Return whether the screen has drawn a picture: the row whose turn it is, and those around it."""
    drawn = [tuple(row) for row in hall.screen.locator("#list > li").evaluate_all(DRAWN)]
    expected = {
        (
            str(at),
            row["team"],
            str(row["rank"] or "·"),
            f"{row['value']:.{shown['decimals'][row['out']]}f}",
            "–".join(str(one) for one in sorted({row["rank_best"], row["rank_worst"]} - {None})),
            row["out"],
        )
        for at, row in enumerate(shown["rows"], 1)
    }
    return shown["turn"] in [row[1] for row in drawn] and expected.issuperset(drawn)
