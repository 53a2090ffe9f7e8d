"""The page in a real browser: what it asks for and may do, how one signs in, and how a file comes through."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from leaderboard import serve
from leaderboard.board import presenting
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import check_file, receive
from leaderboard.judge import prepare, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.people import desk, members, organising, sessions, talk, teams
from leaderboard.people.sessions import cookie_name
from leaderboard.public.data import public_data
from leaderboard.separation import separated
from leaderboard.site.problems import problem
from leaderboard.store import settings
from leaderboard.store.database import Database, open_store
from leaderboard.tls.pair import Pair
from tests.leaderboard.people import code_for
from tests.support import add_team, free_port, noisy_answers, prediction_file, toy_images

TRACK, PHOTONS = "higgs.signal", "particle_images.electron_photon"


def sign_in(tab, token: str) -> None:
    tab.get_by_label("Team token").fill(token)
    tab.get_by_role("button", name="Sign in").click()


def issue_token(judge: Judge, team) -> str:
    with judge.store.write() as session:
        return teams.issue_token(session, team)


def put(store: Database, event: Event, key: str, text: str) -> None:
    with store.write() as session:
        settings.change(session, event, key, text, who="test", reason="")


@contextmanager
def served(judge: Judge, tls: Pair | None = None) -> Iterator[str]:
    """Yield the address at which the web process of an event answers."""
    port = free_port()
    with separated(judge.event) as separation:
        web = serve.start_web(judge.event, "127.0.0.1", port, separation=separation, tls=tls)
        try:
            serve.wait_until_up("127.0.0.1", port, web, tls=tls is not None)
            yield f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        finally:
            web.terminate()
            web.wait(10)


def test_page_opens_by_the_clock_needs_no_vault_asks_no_other_machine_and_follows_the_judge(judge, browser):
    upload, vault = prediction_file(judge, noisy_answers(judge, 1)), judge.event.folder / "vault"
    receive(judge.event, judge.store, add_team(judge, "Boosted Tops"), TRACK, upload, "old.csv")
    worker.work(judge, once=True)
    put(judge.store, judge.event, "opens", f"{datetime.now(UTC) + timedelta(minutes=9):%FT%TZ}")
    assert vault.is_dir()
    judge.close()
    away = vault.rename(vault.with_name("elsewhere"))
    with served(judge) as address:
        asked = []
        tab = browser.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        # The first reader of all may come by a link to a page that is not the first.
        tab.goto(f"{address}/submit")
        tab.get_by_label("Team token").wait_for()
        tab.get_by_role("heading", name="toy").wait_for()
        tab.get_by_role("link", name="Board").click()
        tab.get_by_text("Find the Higgs boson").wait_for()
        assert tab.get_by_text("Boosted Tops").count() == 0
        with closing(open_store(judge.event)) as store:
            put(store, judge.event, "opens", "-10m")
        tab.get_by_role("rowheader", name="Boosted Tops").wait_for(timeout=10_000)
        tab.wait_for_function("document.querySelector('.physathon-progress img').naturalWidth > 0")
        tab.get_by_text("The newest steps as a table").click()
        away.rename(vault)
        again = Judge(judge.event, Vault(judge.event))
        try:
            receive(again.event, again.store, add_team(again, "Newcomer"), TRACK, upload, "new.csv")
            worker.work(again, once=True)
            with again.store.write() as session:
                talk.announce(session, "Pizza at noon")
        finally:
            again.close()
        tab.get_by_role("rowheader", name="Newcomer").wait_for(timeout=10_000)
        assert tab.evaluate("document.activeElement.matches('details[open] > summary')"), "what one has opened stays"
        tab.get_by_text("Pizza at noon").wait_for(timeout=10_000)
        tab.get_by_role("button", name="Mark as read").click()
        tab.get_by_text("Pizza at noon").wait_for(state="hidden")
        with closing(open_store(judge.event)) as store:
            put(store, judge.event, "paused", "the printer is on fire")
        tab.get_by_text("the printer is on fire").wait_for(timeout=10_000)
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.proof
def test_choosing_a_track_is_a_step_that_back_undoes_and_no_page_is_loaded_anew(make_judge, browser, monkeypatch):
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)
    judge = make_judge(challenges=["higgs", "particle_images"])
    prepare.simulate(judge, "particle_images")
    with served(judge) as address:
        tab, loads = browser.new_page(), []
        tab.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)

        def is_at(page: str, track: str, title: str) -> None:
            tab.wait_for_function("title => document.title === title", arg=f"{page.capitalize()} · {title} · toy")
            tab.locator(f'.physathon-tracks [aria-current][href="?track={track}"]').wait_for()
            assert tab.url == f"{address}/{page}?track={track}"

        tab.goto(f"{address}/board?track={TRACK}")
        is_at("board", TRACK, "Find the Higgs boson")
        tab.get_by_role("link", name="Electron or photon?").press("Enter")
        is_at("board", PHOTONS, "Electron or photon?")
        tab.wait_for_function("address => document.activeElement.search === address", arg=f"?track={PHOTONS}")
        tab.get_by_role("link", name="Challenge", exact=True).click()
        is_at("challenge", PHOTONS, "Electron or photon?")
        tab.go_back()
        is_at("board", PHOTONS, "Electron or photon?")
        tab.go_back()
        is_at("board", TRACK, "Find the Higgs boson")
        tab.go_forward()
        is_at("board", PHOTONS, "Electron or photon?")
        assert loads == [f"{address}/board?track={TRACK}"]
        with tab.context.expect_page() as another:
            tab.get_by_role("link", name="Find the Higgs boson").click(modifiers=["ControlOrMeta"])
        assert another.value.url == f"{address}/board?track={TRACK}"


@pytest.mark.proof
def test_training_rows_are_turned_through_by_keys_alone(judge, browser):
    with served(judge) as address:
        tab = browser.new_page()
        tab.goto(f"{address}/challenge?track={TRACK}")
        first = tab.get_by_role("radio", name="1, Higgs signal", exact=True)
        first.wait_for()
        tab.wait_for_load_state("networkidle")  # what writes addresses is there
        first.press("ArrowRight")
        large = tab.locator(".physathon-gallery figure:visible")
        large.get_by_text("previous 2 of 24").wait_for()
        picture = large.get_by_role("img").element_handle()
        tab.wait_for_function("one => one.complete && one.naturalWidth", arg=picture)
        tab.wait_for_url(f"{address}/challenge?track={TRACK}&sample=2")
        tab.reload()
        large.get_by_text("previous 2 of 24").wait_for()


@pytest.mark.proof
def test_a_file_of_the_largest_size_is_taken_and_one_too_large_leaves_nothing_to_send(judge, browser, tmp_path):
    limit = public_data(judge.event, TRACK).format().size_limit
    content = prediction_file(judge, noisy_answers(judge, 1))
    for name, size in (("largest.csv", limit), ("larger.csv", limit + 1), ("far_larger.csv", limit + 2**22)):
        (tmp_path / name).write_bytes(content.ljust(size, b"\n"))
    token = issue_token(judge, add_team(judge))
    with served(judge) as address:
        tab = browser.new_page()
        tab.goto(f"{address}/submit")
        sign_in(tab, token)
        choose, send = tab.get_by_label("Prediction file"), tab.get_by_role("button", name="Submit", exact=True)
        for name in ("larger.csv", "far_larger.csv"):
            choose.set_input_files(tmp_path / "largest.csv")
            tab.get_by_text("The file is in order: 600 rows").wait_for()
            send.wait_for()
            choose.set_input_files(tmp_path / name)
            tab.get_by_text(f"{name} is too large: no such file of this track has more than 4.3 MB").wait_for()
            tab.get_by_text("The file is in order").wait_for(state="hidden")
            send.wait_for(state="hidden")
        assert list((judge.event.folder / "uploads").iterdir()) == []


def test_one_signs_in_sends_a_file_and_signs_out_everywhere(judge, browser, tmp_path):
    good = prediction_file(judge, noisy_answers(judge, 1))
    (tmp_path / "good.csv").write_bytes(good)
    (tmp_path / "bad.csv").write_bytes(good + b"0000000000000000,1\n")
    (token := tmp_path / "token").write_text(issue_token(judge, add_team(judge, "</b><img src=x onerror=alert(1)>")))
    with served(judge) as address:
        tab, other = browser.new_page(), browser.new_page()
        tab.goto(f"{address}/submit")
        sign_in(tab, "physathon_nonsense")
        tab.get_by_text("This token is not known here").wait_for()
        assert tab.url == f"{address}/submit?track={TRACK}&refused=TokenRefused"
        sign_in(tab, token.read_text())
        tab.get_by_text("</b><img").first.wait_for()
        assert tab.url == f"{address}/submit?track={TRACK}"
        assert tab.evaluate("document.cookie").startswith("_streamlit_xsrf=")
        assert "physathon" not in tab.evaluate("document.cookie")
        tab.reload()
        choose = tab.get_by_label("Prediction file")
        busy = problem(429, "another upload of your team has not ended")
        tab.route(
            "**/files?*",
            lambda route: route.fulfill(status=429, body=busy.body, headers={"Retry-After": "1"}),
            times=1,
        )
        choose.set_input_files(tmp_path / "good.csv")
        tab.get_by_text("good.csv waits: another upload of your team has not ended").wait_for()
        tab.get_by_text("The file is in order: 600 rows").wait_for()
        choose.set_input_files(tmp_path / "bad.csv")
        tab.get_by_text("bad.csv cannot be scored").wait_for()
        tab.get_by_role("button", name="Submit", exact=True).wait_for(state="hidden")
        choose.set_input_files(tmp_path / "good.csv")
        tab.get_by_role("button", name="Submit", exact=True).click()
        with tab.expect_download() as download:
            tab.get_by_role("link", name="Download the receipt").click()
        assert receipts.verify(json.loads(download.value.path().read_text()), judge.event).filename == "good.csv"
        tab.get_by_role("link", name="All your files").click()
        with tab.expect_download() as download:
            tab.get_by_role("link", name="Download the file").click()
        assert download.value.suggested_filename == "submission-1.csv"
        assert (
            check_file(judge.event, TRACK, download.value.path()).sha256 == check_file(judge.event, TRACK, good).sha256
        )
        other.goto(f"{address}/challenge")
        other.get_by_role("heading", name="What the organiser is bound to").wait_for()
        other.get_by_role("link", name="Submit").click()
        other.get_by_text("</b><img").first.wait_for()
        tab.get_by_role("button", name="Sign out", exact=True).click()
        for one in (tab, other):
            one.get_by_label("Team token").wait_for()
        tab.goto(f"{address}/api/v1/docs")
        tab.get_by_text("/tracks/{track}/submissions").first.wait_for()


@pytest.mark.proof
def test_a_phone_joins_by_the_code_that_it_scanned_and_stays_signed_in_over_a_restart(judge, browser):
    code = code_for(judge)
    tab = browser.new_page()
    tab.set_viewport_size({"width": 390, "height": 844})
    with served(judge) as address:
        tab.goto(f"{address}/join")
        tab.goto(f"{address}/join#{code}")
        tab.get_by_role("heading", name="A new team").wait_for()
        assert tab.url == f"{address}/join"
        tab.get_by_label("Name of the team").fill("Boosted Tops")
        tab.get_by_label("Your name").fill("Ada Lovelace")
        tab.get_by_role("button", name="Form the team").click()
        tab.get_by_text("Boosted Tops").first.wait_for()
        assert "physathon" not in tab.evaluate("document.cookie")
        with judge.store.write() as session:
            team = teams.find_team(session, "Boosted Tops")
            members.add_member(session, judge.event, team, "Emmy Noether")
        tab.get_by_role("cell", name="Emmy Noether").wait_for(timeout=10_000)
        with judge.store.write() as session:
            organising.set_out(session, teams.find_team(session, "Boosted Tops"), "withdrawn", "")
        tab.get_by_text("Let others join").wait_for(state="hidden", timeout=10_000)
    with served(judge) as address:
        tab.goto(f"{address}/submit")
        tab.get_by_text("Boosted Tops").first.wait_for()
        names = {one["name"] for one in tab.context.cookies()}
        assert names <= {cookie_name(judge.event), "_streamlit_xsrf"}, "/privacy tells of two cookies"
        tab.goto(f"{address}/privacy")
        tab.get_by_label("Delete what is kept of me").check()
        tab.get_by_role("button", name="Delete my data").click()
        tab.get_by_role("heading", name="Deleted").wait_for()
        tab.goto(f"{address}/submit")
        tab.get_by_label("Team token").wait_for()
        _works_at_the_desk(judge, tab, address)


def _works_at_the_desk(judge: Judge, tab, address: str) -> None:
    """Come to the desk by its link, and stay in the part in which something is done."""
    with judge.store.write() as session:
        code = desk.link_code(session, desk.add_organiser(session, "Grace", "organiser"))
    tab.goto(f"{address}/join#{code}")
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("link", name="Teams").click()
    tab.get_by_text("Add a team").click()
    tab.get_by_label("Name of the team").fill("Tau Guild")
    tab.get_by_role("button", name="Add it").click()
    tab.get_by_text("Tau Guild is registered").first.wait_for()
    tab.get_by_role("cell", name="Tau Guild").wait_for()
    assert tab.url == f"{address}/desk?part=teams"
    with judge.store.write() as session:
        desk.dismiss(session, desk.find_organiser(session, "Grace"))
    tab.get_by_role("heading", name="Sign in").wait_for(timeout=10_000)
    assert tab.get_by_role("link", name="Desk").count() == 0


@pytest.mark.proof
def test_a_ceremony_is_presented_by_keys_alone_and_stands_still_for_who_wants_that(judge, browser):
    for name, noise in (("Muon", 0.3), ("Tau", 1.0), ("<i>Pion</i>", 2.0)):
        upload = prediction_file(judge, noisy_answers(judge, noise))
        receive(judge.event, judge.store, add_team(judge, name), TRACK, upload, "x.csv")
    worker.work(judge, once=True)
    with judge.store.write() as session:
        value = sessions.open_session(session, organiser=desk.add_organiser(session, "Ada", "organiser"))
        presenting.rehearse(session, judge.event, TRACK)
        presenting.set_texts(session, notes="Thank the cooks.", awards={})
    with served(judge) as address:
        screen = browser.new_page()
        screen.emulate_media(reduced_motion="reduce")
        screen.goto(f"{address}/ceremony")
        screen.get_by_role("heading", name="Signal or background").wait_for()
        browser.add_cookies([{"name": cookie_name(judge.event), "value": value, "url": address}])
        tab = browser.new_page()
        tab.goto(f"{address}/ceremony?presenter")
        tab.get_by_text("Thank the cooks.").wait_for()
        for key, seen in ((" ", "0 of 3"), ("ArrowRight", "1 of 3"), (" ", "2 of 3"), ("ArrowLeft", "1 of 3")):
            tab.keyboard.press(key)
            screen.get_by_text(seen).wait_for()
            assert screen.evaluate("document.getAnimations().length") == 0
        screen.locator("li.out.now", has_text="<i>Pion</i>").wait_for()
        screen.locator("li.next", has_text="Tau").wait_for()
        tab.keyboard.press("p")
        screen.get_by_role("heading", name="A short break").wait_for()
        screen.get_by_text("these scores are made up").wait_for()
