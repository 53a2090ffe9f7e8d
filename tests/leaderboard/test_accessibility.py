"""The pages for those who do not see them as others do, or have no mouse: axe finds nothing, and keys do all."""

from importlib import resources

import pytest

from leaderboard.board import presenting
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.people import desk, members, sessions, talk, teams
from leaderboard.people.sessions import cookie_name
from tests.leaderboard.test_browser import issue_token, served
from tests.support import add_team, missing_tool, noisy_answers, prediction_file

TRACK = "higgs.signal"
STREAMLITS = (f"/board?track={TRACK}", "/", f"/challenge?track={TRACK}", "/submit", "/help")
"""Pages by Streamlit, as somebody sees them who is not signed in."""

OURS = ("/join", "/verify", "/privacy", "/rules", "/trust", "/projector", "/ceremony", "/nowhere")
"""Pages in HTML of our own."""

RUN = """async options => (await axe.run(document, options)).violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .flatMap(one => one.nodes.map(node => `${one.id}: ${node.target} ${node.html.slice(0, 200)}`))"""
ALL = {"resultTypes": ["violations"], "preload": False}
CONTRAST = ALL | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""What may differ on dark paper."""

SETTLED = """() => document.querySelector("h1, h2")
  && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
  && !document.getAnimations().some(
    one => one.playState === "running" && one.effect.getTiming().iterations < Infinity)"""


@pytest.fixture
def axe():
    """Return what finds the serious faults of a page on light and on dark paper."""
    try:
        script = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    except ModuleNotFoundError as error:
        missing_tool(str(error))

    def look(tab, address: str, text: str = "") -> list[str]:
        tab.emulate_media(color_scheme="light")
        tab.goto(address)
        tab.get_by_text(text).first.wait_for()
        tab.wait_for_function(SETTLED)
        tab.evaluate(script)
        found = tab.evaluate(RUN, ALL)
        tab.emulate_media(color_scheme="dark")
        tab.wait_for_function(SETTLED)
        return [f"{address} {one}" for one in (*found, *tab.evaluate(RUN, CONTRAST))]

    return look


@pytest.fixture
def played(make_judge):
    """Return the judge of an event with brackets, news, a baseline and three teams on the board."""
    judge = make_judge(brackets=["Students", "Experts"])
    with judge.store.write() as session:
        baseline = teams.add_team(session, "Oracle, higgs", kind="baseline")
        talk.announce(session, "Pizza at noon")
    of = {baseline: 0.1} | {
        add_team(judge, name): noise for name, noise in (("Muon", 0.3), ("Tau", 1.0), ("Pion", 1.1))
    }
    for team, noise in of.items():
        receive(judge.event, judge.store, team, TRACK, prediction_file(judge, noisy_answers(judge, noise)), "a.csv")
    worker.work(judge, once=True)
    return judge


def test_axe_finds_nothing_serious_on_the_pages_of_a_visitor_and_a_team(played, browser, axe):
    with played.store.write() as session:
        member = members.add_member(session, played.event, teams.find_team(session, "Muon"), "Emmy Noether")
        team = sessions.open_session(session, member=member)
    with served(played) as address:
        tab = browser.new_page()
        found = [one for path in ("/", "/join") for one in axe(tab, f"{address}{path}")]
        browser.add_cookies([{"name": cookie_name(played.event), "value": team, "url": address}])
        found += axe(tab, f"{address}/board?track={TRACK}", "Muon")
        found += axe(tab, f"{address}/submit?track={TRACK}", "Prediction file")
    assert found == []


@pytest.mark.proof
def test_axe_finds_nothing_serious_on_any_page_on_light_and_on_dark_paper(played, browser, axe):
    found: list[str] = []
    with played.store.write() as session:
        member = members.add_member(session, played.event, teams.find_team(session, "Muon"), "Emmy Noether")
        team = sessions.open_session(session, member=member)
        organiser = sessions.open_session(session, organiser=desk.add_organiser(session, "Ada", "organiser"))
    with served(played) as address:

        def as_who(value: str) -> None:
            browser.clear_cookies()
            browser.add_cookies([{"name": cookie_name(played.event), "value": value, "url": address}])

        tab = browser.new_page()
        for path in (*STREAMLITS, *OURS):
            found += axe(tab, f"{address}{path}")
        as_who(team)
        for path, text in ((f"/submit?track={TRACK}", "Prediction file"), (f"/team?track={TRACK}", "Muon")):
            found += axe(tab, f"{address}{path}", text)
        as_who(organiser)
        with played.store.write() as session:
            presenting.rehearse(session, played.event, TRACK)
        found += axe(tab, f"{address}/desk?part=teams", "Add a team")
        found += axe(tab, f"{address}/ceremony?presenter", "made up")
        for turn in (0, 1, 2):
            tab.keyboard.press(" ")
            tab.get_by_text(f"{turn} of 3").wait_for()
        found += axe(tab, f"{address}/ceremony", "2 of 3")
        finals.finalize(played, TRACK, early=True)
        finals.publish(played, TRACK)
        found += axe(tab, f"{address}/board?track={TRACK}", "Final result")
    assert found == []


@pytest.mark.proof
def test_a_team_signs_in_chooses_a_file_and_sends_it_by_keys_alone(judge, browser, tmp_path):
    (tmp_path / "good.csv").write_bytes(prediction_file(judge, noisy_answers(judge, 1)))
    token = issue_token(judge, add_team(judge))
    with served(judge) as address:
        tab = browser.new_page()

        def go_to(one) -> None:
            """Press the tab key until something has the focus."""
            one.wait_for()
            for _ in range(60):
                if one.evaluate("one => one.matches(':focus')"):
                    return
                tab.keyboard.press("Tab")
            raise AssertionError(f"no way by keys to {one}")

        tab.goto(address)
        go_to(tab.get_by_role("link", name="Submit", exact=True))
        tab.keyboard.press("Enter")
        go_to(tab.get_by_label("Team token"))
        tab.keyboard.type(token)
        tab.keyboard.press("Enter")
        tab.get_by_label("Prediction file").wait_for()
        tab.wait_for_function(SETTLED)  # nobody's keys are faster than a page is drawn
        go_to(tab.get_by_label("Prediction file"))
        with tab.expect_file_chooser() as chooser:
            tab.keyboard.press("Enter")
        chooser.value.set_files(tmp_path / "good.csv")
        tab.get_by_text("The file is in order: 600 rows").wait_for()
        go_to(tab.get_by_role("button", name="Submit", exact=True))
        tab.keyboard.press("Enter")
        go_to(tab.get_by_role("link", name="All your files"))
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/team?track=higgs.signal")
