"""A ceremony on the screen: how soon after a key a result is drawn, and how smoothly its row glides; writes docs."""

import os
import platform
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.boards import toy
from benchmarks.evening import CHROMIUM
from benchmarks.web import PORT, served, simulated
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import ceremony, finals, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import desk, sessions, teams
from leaderboard.public import files
from leaderboard.public.data import public_data
from scoring.predictions import id_text

TRACK = "higgs.signal"
TEAMS = 30, 200
TURNS = 25
"""Results that are let out of each."""

APART = 2000
"""Milliseconds between two keys: a glide lasts less."""

GOAL = 500
PAGE = Path(__file__).parents[1] / "docs/evidence/ceremony.md"

WATCH = """() => {
  window.frames = []; window.drawn = []; let last = null, said = null;
  const look = now => {
    if (last !== null) frames.push(now - last);
    last = now;
    const count = document.getElementById("count")?.textContent;
    if (count !== said) { said = count; drawn.push(performance.timeOrigin + performance.now()); }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def finalized(folder: Path, count: int) -> Judge:
    """Return the judge of an event of so many teams, a file each, whose finals are chosen and whose ceremony began."""
    event = Event.create(folder, name=f"{count} teams", size="small", challenges=["higgs"])
    receipts.make_key(event)
    judge = Judge(event, Vault(event, create=True))
    simulated(judge, toy)
    holdout, rng = judge.holdout(TRACK), np.random.default_rng(1)
    labels, track = holdout.targets["label"].to_numpy(float), event.track(TRACK)[1]
    ids = id_text(public_data(event, TRACK).format().ids)
    for number in range(1, count + 1):
        with judge.store.write() as session:
            team = teams.add_team(session, f"Team {number}")
        values = labels + rng.normal(scale=rng.uniform(0.5, 4), size=len(labels))
        receive(event, judge.store, team, TRACK, files.predictions(ids, values[:, None], track), "file.csv")
    worker.work(judge, once=True)
    finals.finalize(judge, TRACK, early=True)
    ceremony.begin(judge, TRACK)
    return judge


def presented(browser: Browser, judge: Judge) -> tuple[Page, Page]:
    """Return the screen, and the page of a presenter who is signed in at the desk."""
    address = f"http://127.0.0.1:{PORT}"
    with judge.store.write() as session:
        value = sessions.open_session(session, organiser=desk.add_organiser(session, "Presenter", "organiser"))
    screen = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    context = browser.new_context()
    context.add_cookies([{"name": sessions.cookie_name(judge.event), "value": value, "url": address}])
    presenter = context.new_page()
    screen.goto(f"{address}/ceremony")
    presenter.goto(f"{address}/ceremony?presenter")
    presenter.get_by_text("On the screen: the title").wait_for()
    return screen, presenter


def measured(browser: Browser, judge: Judge) -> tuple[list[float], list[float]]:
    """Let results out, one by one; return the milliseconds from each key to its row, and those of each frame."""
    screen, presenter = presented(browser, judge)
    with closing(screen.context), closing(presenter.context):
        presenter.keyboard.press("Space")
        screen.get_by_text("0 of ").wait_for()
        screen.wait_for_timeout(APART)
        screen.evaluate(WATCH)
        pressed = []
        for turn in range(1, TURNS + 1):
            presenter.evaluate(
                "addEventListener('keydown', () => window.pressed = performance.timeOrigin + performance.now(),"
                " {capture: true, once: true})"
            )
            presenter.keyboard.press("Space")
            pressed.append(presenter.evaluate("window.pressed"))
            screen.get_by_text(f"{turn} of ").wait_for()
            screen.wait_for_timeout(APART)
        drawn = screen.evaluate("drawn")[1:]
        return (np.array(drawn) - pressed).tolist(), screen.evaluate("frames")


def main() -> None:
    """Measure and write the page."""
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for count in TEAMS:
            with (
                tempfile.TemporaryDirectory() as name,
                closing(finalized(Path(name) / "event", count)) as judge,
                served(judge.event),
            ):
                waits, frames = measured(browser, judge)
            cells = np.median(waits), max(waits), 1000 / np.median(frames), np.percentile(frames, 99), max(frames)
            late = np.mean(np.array(frames) > 25)
            rows.append(f"| {count} | {' | '.join(f'{cell:.0f}' for cell in cells)} | {late:.1%} |")
            print(rows[-1], flush=True)
            assert np.median(waits) < GOAL, f"a row is drawn {np.median(waits):.0f} ms after its key"
        browser.close()
    table = "\n".join(rows)
    PAGE.write_text(f"""# A ceremony on the screen

A presenter presses a key {TURNS} times, {APART / 1000:g} s apart; each time the judge lets out one team's result, and
the web pushes it to a screen of 1920 x 1080 pixels. Counted are the time from the key to the moment at which the screen
draws it, and each frame while rows glide.

| teams | key to drawn, median, ms | longest | frames/s | 99% of frames within, ms | longest | frames over 25 ms |
|---|---|---|---|---|---|---|
{table}

Browser (without a graphics card), web and judge share {os.cpu_count()} cores ({platform.machine()}).
Made by `python -m benchmarks ceremony`.
""")


if __name__ == "__main__":
    main()
