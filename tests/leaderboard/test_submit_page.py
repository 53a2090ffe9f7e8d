"""The page that sends a file: what it costs, what becomes of it while one looks, and the same from a terminal."""

import html
import shlex
from datetime import UTC, datetime

import numpy as np
import pytest
import streamlit as st

from challenges import spec
from leaderboard.board.entries import board
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.site.team import commands
from leaderboard.store import settings
from tests.leaderboard.tabs import all_text, choose
from tests.support import noisy_answers, prediction_file

TRACK = "higgs.signal"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def send(judge, team, values: np.ndarray) -> None:
    receive(judge.event, judge.store, team, TRACK, prediction_file(judge, values), "<b>file</b>.csv")


def test_the_newest_file_is_followed_from_the_queue_to_its_place(judge, signed_in):
    team, app = signed_in(judge)
    assert "No file of yours is on this track yet" in all_text(app)
    send(judge, team, noisy_answers(judge, 1))
    text = all_text(app.run())
    assert "It waits for the judge. It is the next." in text
    assert "<bdi>&lt;b&gt;file&lt;/b&gt;.csv</bdi>" in text
    assert "Your row on the board" not in text
    worker.work(judge, once=True)
    with judge.store.read() as session:
        (entry,) = board(session, TRACK)
    text = all_text(app.run())
    shown = f"{entry.value:.3f}, with 95% confidence {entry.low:.3f} to {entry.high:.3f}."
    assert f"It became your best: the board shows {shown} That is rank 1 of 1" in text
    assert '<a href="/board?track=higgs.signal&amp;team=Muon+Collective">Your row on the board</a>' in text
    send(judge, team, np.random.default_rng(3).normal(size=600))
    worker.work(judge, once=True)
    assert f"It did not move your best: the board still shows {shown}" in all_text(app.run())
    finals.finalize(judge, TRACK, early=True)
    finals.publish(judge, TRACK)
    assert "the result of this track is published" in all_text(app.run())


def test_a_frozen_board_withholds_what_a_file_scores(judge, signed_in):
    team, app = signed_in(judge)
    with judge.store.write() as session:
        settings.change(session, judge.event, "freezes_at", datetime.now(UTC).isoformat(), who="test", reason="")
    send(judge, team, noisy_answers(judge, 1))
    worker.work(judge, once=True)
    text = all_text(app.run())
    assert "It is judged. The board stands still since" in text
    assert "are shown with the result" in text
    assert "Your row on the board" not in text


def test_what_a_file_would_cost_is_said_before_it_is_sent(make_judge, signed_in):
    judge = make_judge(submissions_per_day=2, submissions_in_all=5)
    team, app = signed_in(judge)
    costs = "This would be **file 2 of 2** within 24 hours, and 2 of 5 in all."
    send(judge, team, noisy_answers(judge, 1))
    assert costs not in all_text(app.run())
    app = choose(app, judge, team, TRACK, "predictions", prediction_file(judge, noisy_answers(judge, 2)), "two.csv")
    assert costs in all_text(app)
    send(judge, team, noisy_answers(judge, 3))
    assert "You have **no file left** until" in all_text(app.run())


def test_what_is_typed_in_a_terminal_has_no_token_and_takes_any_name_and_circuit(judge, signed_in):
    place, odd = "https://example.org", "-it's $HOME & more.csv"
    (higgs,), (quantum,) = spec.load("higgs").tracks, spec.load("quantum").tracks
    log_in, with_client = commands.with_client(place, TRACK, higgs, odd).splitlines()
    assert shlex.split(log_in, comments=True) == ["python", "submit.py", "login", "--url", place]
    sent = ["python", "submit.py", "submit", f"./{odd}", "--track", TRACK, "--wait", "--url", place]
    assert shlex.split(with_client) == sent
    _, with_curl = commands.with_curl(place, TRACK, higgs, odd).splitlines()
    *_, header, _, data, address = shlex.split(with_curl)
    assert (header, data) == ("Authorization: Bearer $PHYSATHON_TOKEN", f"@./{odd}")
    named = "filename=-it%27s+%24HOME+%26+more.csv"
    assert address == f"{place}/api/v1/tracks/{TRACK}/submissions?{named}"
    assert "--circuit circuit.qasm" in commands.with_client(place, "quantum.anomaly", quantum, odd)
    _, declared, sent = commands.with_curl(place, "quantum.anomaly", quantum, odd).splitlines()
    assert "@circuit.qasm" in declared
    assert shlex.split(sent)[-1] == f"{place}/api/v1/tracks/quantum.anomaly/submissions?{named}&circuit=$circuit"
    _, app = signed_in(judge)
    assert html.escape(commands.with_curl("http://127.0.0.1:8501", TRACK, higgs, "submission.csv")) in all_text(app)
