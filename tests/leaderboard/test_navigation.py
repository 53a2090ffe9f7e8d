"""Which track a page is about, and how its address says so."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import streamlit as st

from challenges.spec import find_track
from leaderboard.judge import prepare
from leaderboard.site import navigation
from leaderboard.site.navigation import tracks_html
from leaderboard.site.policy import STATIC
from leaderboard.store.queries import now
from tests.leaderboard.tabs import all_text
from tests.support import toy_images

HIGGS, PHOTONS = "higgs.signal", "particle_images.electron_photon"


@pytest.fixture(autouse=True)
def _no_page_before():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def two_tracks(make_judge, monkeypatch):
    """Return the judge of an event of two challenges."""
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)
    judge = make_judge(challenges=["higgs", "particle_images"])
    prepare.simulate(judge, "particle_images")
    return judge


def test_an_address_names_a_track_as_the_api_does_and_an_unknown_name_gives_way(two_tracks, page):
    app = page(two_tracks, "board")
    assert app.query_params["track"] == HIGGS
    photons = "particle_images"
    for named, shown in ((PHOTONS, PHOTONS), ("Find the Higgs boson", PHOTONS), (HIGGS, HIGGS), (photons, PHOTONS)):
        app.query_params["track"] = named
        app.run()
        assert [w.value for w in app.warning] == (
            [f"This event has no track {named}; this is {PHOTONS}."] if " " in named else []
        ), "who mistyped an address is told that this is another page"
        assert app.query_params["track"] == shown, "what the tab was last about stands in for what nobody knows"
        assert f'<a href="?track={shown}" aria-current="page">' in all_text(app)


def test_a_page_without_a_track_is_about_the_first_that_is_out(make_judge, monkeypatch, page):
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)
    later = {"higgs": now() + timedelta(days=1)}
    judge = make_judge(challenges=["higgs", "particle_images"], closes=now() + timedelta(days=2), releases=later)
    prepare.simulate(judge, "particle_images")
    assert page(judge, "board").query_params["track"] == PHOTONS


def test_every_page_leads_to_the_others_about_the_same_track(two_tracks, page):
    app = page(two_tracks, "home")
    app.query_params["track"] = PHOTONS
    (ways,) = re.findall('<nav class="physathon-pages".*?</nav>', all_text(app.run()))
    assert f'href="/board?track={PHOTONS}"' in ways
    assert 'href="/" aria-current="page"' in ways
    assert "/desk" not in ways


def test_tracks_of_one_challenge_stand_together_below_its_title():
    names = (HIGGS, "nmr.gauss", "nmr.rkky")
    shown = tracks_html({name: find_track(name) for name in names}, "nmr.rkky")
    items = re.findall("<li>(.*?)</li>", shown)
    assert [re.findall("<span>(.*?)</span>", item) for item in items] == [[], ["Who couples to whom"]]
    assert re.findall(r'\?track=([\w.]+)"( aria-current="page")?', shown) == [
        (HIGGS, ""),
        ("nmr.gauss", ""),
        ("nmr.rkky", ' aria-current="page"'),
    ]


def test_what_streamlit_says_while_the_server_is_away_is_still_what_our_script_replaces():
    ours = re.findall(r'^  "(.*?)":', Path(navigation.__file__).with_suffix(".js").read_text("utf-8"), re.MULTILINE)
    (script,) = (STATIC / "static" / "js").glob("index.[!e]*.js")
    assert len(ours) == 2
    for sentence in ours:
        assert sentence in script.read_text("utf-8")
