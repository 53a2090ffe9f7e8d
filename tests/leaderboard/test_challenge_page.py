"""The page of a challenge, and an event whose data come one after the other."""

import hashlib
import html
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import streamlit as st

from leaderboard.event import EVENT_VARIABLE
from leaderboard.judge import prepare
from leaderboard.kit.build import build_kit
from leaderboard.public.data import public_data
from leaderboard.public.samples import samples
from tests.leaderboard.tabs import all_text
from tests.support import toy_images

TRACK = "higgs.signal"


@pytest.fixture(autouse=True)
def _no_page_before():
    """Let no test see what an earlier one has cached."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_challenge_page_shows_task_kit_and_commitments(judge, page):
    app = page(judge, "challenge")
    luck = public_data(judge.event, TRACK).facts()["luck"]
    assert 0.05 < luck < 0.25
    assert f"the best of 30 random files would show {0.5 + luck:.2f} on it" in all_text(app)
    text = all_text(app)
    assert "id, score" in text
    for sha256 in judge.holdout(TRACK).commitments.values():
        assert sha256 in text
    assert "Nature Communications" in text
    assert text.index("The starter, as it is") < text.index("Next: Deep net") < text.index("0.8085 (0.8025 – 0.8144)")
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    kit = build_kit(judge.event, "higgs")
    text = all_text(app.run())
    assert hashlib.sha256(kit.read_bytes()).hexdigest() in text
    assert "curl -fLC - -o higgs-kit.zip http" in text


def test_challenge_page_turns_through_training_rows_each_with_its_text(judge, page):
    text = all_text(page(judge, "challenge"))
    for number, one in enumerate(samples(judge.event, "higgs")):
        assert f'src="/api/v1/samples/higgs/{number}" alt="{html.escape(one.text)}"' in text
    assert text.count("checked") == 1
    assert '(prefers-color-scheme: dark)" srcset="/api/v1/figures/higgs/higgs_dark.png"' in text
    assert 'alt="Three reconstructed masses, Higgs signal against top-quark pairs"' in text


def test_challenge_page_says_what_this_event_allows_and_what_decides(make_judge, page):
    rules = {"largest_team": 3, "brackets": ["Students", "<Experts>"], "submissions_per_day": 7}
    judge = make_judge(**rules, freezes_at=datetime(2100, 1, 1, tzinfo=UTC), days=40_000)
    text = all_text(page(judge, "challenge"))
    for said in ("7 within 24 hours", "at most 3", "Students, &lt;Experts&gt;", "Fri 1 Jan 2100, 00:00"):
        assert said in text
    assert f">{len(judge.holdout(TRACK).rows('private'))}</td>" in text
    assert "the ranking" in text


def test_streamlit_reads_the_settings_whatever_the_folder(judge, tmp_path):
    code = (
        "import json; from leaderboard.site.web import create; create(); from streamlit import get_option as get; "
        "print(json.dumps([get(name) for name in ('runner.postScriptGC', 'browser.gatherUsageStats', "
        "'client.showErrorDetails', 'client.toolbarMode')]))"
    )
    environment = os.environ | {EVENT_VARIABLE: str(judge.event.folder)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout) == [False, False, "none", "minimal"]


def test_challenges_join_the_page_as_their_data_come(make_judge, page, monkeypatch):
    judge = make_judge(challenges=["higgs", "particle_images"])
    assert "Electron or photon?" not in all_text(page(judge, "challenge"))
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)
    prepare.simulate(judge, "particle_images")
    assert '<a href="?track=particle_images.electron_photon">Electron or photon?</a>' in all_text(
        page(judge, "challenge")
    )


def test_an_event_without_data_says_so(make_judge, page, tmp_path):
    judge = make_judge()
    (judge.event.public / "higgs").rename(tmp_path / "elsewhere")
    assert "no data yet" in all_text(page(judge))
