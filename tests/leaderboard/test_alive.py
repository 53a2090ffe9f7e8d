"""Parts that a browser keeps alive by itself, and what makes it have the whole page drawn anew."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from leaderboard.event import EVENT_VARIABLE, NotOut
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.judge.judging import Judge
from leaderboard.people import talk
from leaderboard.public.data import ready_tracks
from leaderboard.public.results import path_of
from leaderboard.site import alive, live, opened
from leaderboard.site.alive import AGAIN, LONGEST
from leaderboard.site.answered import MOST_KEPT, Answers
from leaderboard.site.face import Face, face
from leaderboard.site.live import Boards
from leaderboard.site.pages import OWN
from leaderboard.site.web import PARTS
from leaderboard.store import settings, team_names
from tests.support import add_team, noisy_answers, prediction_file

TRACK = "higgs.signal"
BOARD = f"/parts/board?track={TRACK}"


@contextmanager
def asked(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Yield a browser that asks for parts of an event's pages; nothing is kept for any time."""
    monkeypatch.setenv(EVENT_VARIABLE, str(judge.event.folder))
    for module, name in ((live, "SECONDS"), (settings, "FRESH")):
        monkeypatch.setattr(module, name, 0)
    site = opened.site()
    with TestClient(Starlette(routes=alive.routes(site, PARTS))) as client:
        yield client


def send(judge: Judge, name: str, noise: float = 1) -> None:
    receive(
        judge.event, judge.store, add_team(judge, name), TRACK, prediction_file(judge, noisy_answers(judge, noise)), "a"
    )
    worker.work(judge, once=True)


def put(judge: Judge, key: str, text: str) -> None:
    with judge.store.write() as session:
        settings.change(session, judge.event, key, text, who="test", reason="")


def test_a_part_is_sent_when_it_has_changed_and_only_then(judge, monkeypatch):
    send(judge, "First")
    with asked(judge, monkeypatch) as client:
        first = client.get(BOARD)
        assert (first.status_code, "First" in first.text) == (200, True)
        known = {"If-None-Match": first.headers["ETag"]}
        again = client.get(BOARD, headers=known)
        assert (again.status_code, again.content, again.headers[AGAIN]) == (304, b"", "3")
        send(judge, "Second", 0.7)
        changed = client.get(BOARD, headers=known)
        assert (changed.status_code, "Second" in changed.text) == (200, True)
        assert changed.headers["ETag"] != first.headers["ETag"]
        plain = client.get(BOARD, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert changed.headers["Content-Encoding"] == "gzip"
        assert plain.text == changed.text
        assert len(gzip.compress(plain.content)) < len(plain.content) / 2


def test_whose_row_is_marked_and_which_zone_is_said_is_in_the_address(judge, monkeypatch):
    send(judge, "Own & co")
    with asked(judge, monkeypatch) as client:
        assert "<b>you</b>" not in client.get(BOARD).text
        assert "<b>you</b>" in client.get(f"{BOARD}&own={quote('Own & co')}").text
        put(judge, "freezes_at", "2026-07-01T12:00+00:00")
        assert "Wed 1 Jul, 12:00" in client.get(BOARD).text
        assert "Wed 1 Jul, 14:00" in client.get(f"{BOARD}&zone=Europe/Berlin").text
        assert "Wed 1 Jul, 12:00" in client.get(f"{BOARD}&zone=../../etc/passwd").text


def test_names_of_the_longest_in_letters_of_any_script_fit_into_an_address(judge, monkeypatch):
    name = quote("漢" * team_names.LONGEST)
    with asked(judge, monkeypatch) as client:
        assert client.get(f"{BOARD}&own={name}&team={name}&bracket={name}").status_code == 200


def test_nobody_is_answered_what_is_not_out_or_what_nobody_asks(make_judge, monkeypatch):
    judge = make_judge(challenges=["higgs", "nmr"])
    with asked(judge, monkeypatch) as client:
        assert [client.get(path).status_code for path in (BOARD, f"{BOARD}&early=1", f"{BOARD}&x={'a' * LONGEST}")] == [
            200,
            404,
            404,
        ]
        wrong = [client.get(f"/parts/board{query}") for query in ("", "?track=nmr.gauss", "?track=<b>", "?track=exo")]
        assert [one.status_code for one in wrong] == [404] * 4
        assert wrong[0].json()["detail"] == "expected the name of a track"
        put(judge, "releases.higgs", (datetime.now(UTC) + timedelta(days=1)).isoformat())
        early = client.get(BOARD)
        assert (early.status_code, early.json()["type"]) == (409, "urn:physathon:not-out")
        assert TRACK not in client.get("/parts/cards").text
        assert "It opens on" in client.get("/parts/cards").text


def test_every_part_has_an_address_that_the_site_knows(judge, monkeypatch):
    assert {f"parts/{part.name}" for part in PARTS} <= set(OWN)
    with asked(judge, monkeypatch) as client:
        for part in PARTS:
            assert client.get(f"/parts/{part.name}?track={TRACK}").status_code == 200


def test_of_many_addresses_the_newest_are_kept():
    answers, made = Answers(), []
    for number in range(MOST_KEPT + 1):
        answers.of(f"/parts/board?own={number}", lambda: made.append(1) or "").now()
    answers.of(f"/parts/board?own={MOST_KEPT}", lambda: made.append(1) or "").now()
    assert len(made) == MOST_KEPT + 1
    answers.of("/parts/board?own=0", lambda: made.append(1) or "").now()
    assert len(made) == MOST_KEPT + 2


def test_pages_go_by_moments_settings_what_was_said_data_and_what_is_published(make_judge, monkeypatch):
    for module, name in ((live, "SECONDS"), (settings, "FRESH")):
        monkeypatch.setattr(module, name, 0)
    judge = make_judge(challenges=["higgs", "nmr"], releases={"nmr": datetime.now(UTC) + timedelta(hours=1)})
    boards, news = Boards(judge.store), live.news(judge.store)

    def at(moment: datetime, tracks: tuple[str, ...] = (TRACK,)) -> Face:
        return face(judge.event, tracks, boards, news, moment)

    config = judge.event.config
    times = config.opens, config.opens + timedelta(hours=2), config.closes
    assert [at(moment).passed for moment in times] == [1, 2, 3]
    near = config.closes - timedelta(minutes=1)
    assert [at(moment).soon for moment in (near, near - timedelta(hours=1))] == [True, False]
    assert tuple(ready_tracks(judge.event)) == (TRACK,)
    seen = [at(near)]
    assert at(near) == seen[0]
    put(judge, "banner", "Pizza at eight.")
    seen.append(at(near))
    with judge.store.write() as session:
        talk.announce(session, "Pizza is here")
    seen.append(at(near))
    seen.append(at(near, ()))
    send(judge, "First")
    finals.finalize(judge, TRACK, early=True)
    assert at(near).finalized_at
    seen.append(at(near))
    finals.publish(judge, TRACK)
    seen.append(at(near))
    written = path_of(judge.event, TRACK)
    Path(written).touch()
    seen.append(at(near))
    assert len({one.name for one in seen}) == len(seen)
    assert at(near).name == seen[-1].name


def test_the_clock_says_by_what_pages_go(judge, page, monkeypatch):
    with asked(judge, monkeypatch) as client:
        (name,) = re.findall(r'data-face="(\w+)"', client.get("/parts/clock").text)
        assert name == opened.site().faces.now().name
        put(judge, "paused", "the printer is on fire")
        changed = client.get("/parts/clock").text
    assert f'data-face="{name}"' not in changed
    assert "the printer is on fire" in changed


def test_who_previews_is_drawn_a_part_that_no_address_has(make_judge, page, at_desk, monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    judge = make_judge()
    put(judge, "opens", (datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert isinstance(judge.event.not_out("higgs"), NotOut)
    at_desk(judge, "overview")
    drawn = [one.proto.body for one in page(judge).main if one.type == "html"]
    assert [one for one in drawn if "physathon-alive" in one and "data-from" not in one]
