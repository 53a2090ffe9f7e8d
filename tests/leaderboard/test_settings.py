"""Settings that change while people play: read as people write them, followed at once, kept with who and why."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from leaderboard import cli
from leaderboard.event import Event, EventError, EventNotOpen
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, worker
from leaderboard.store import settings
from leaderboard.store.database import open_store
from leaderboard.store.faults import StoreBusy
from leaderboard.store.tables import AuditEntry
from leaderboard.times import TimeError, moment
from tests.support import add_team, noisy_answers, prediction_file

LISBON = ZoneInfo("Europe/Lisbon")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def asked(event: Event, *arguments: str):
    return CliRunner().invoke(cli.app, [*arguments, "--event", str(event.folder)], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-12-01 18:00 Europe/Berlin", "2026-12-01T17:00+00:00"),
        ("2026-12-01T18:00+01:00", "2026-12-01T17:00+00:00"),
        ("2026-12-01T18:00:30Z", "2026-12-01T18:00:30+00:00"),
        ("2026-07-01 9:05", "2026-07-01T08:05+00:00"),
        ("2026-07-01", "2026-06-30T23:00+00:00"),
        ("+1h", "2026-07-01T13:00+00:00"),
        ("- 1d 30m", "2026-06-30T11:30+00:00"),
    ],
)
def test_times_are_read_as_people_write_them(text, meant):
    assert moment(text, zone=LISBON, base=NOON) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tomorrow", "expected a time such as"),
        ("1h", "expected a time such as"),
        ("2026-02-30", "there is no such day"),
        ("2026-12-01 25:00", "there is no such day or time"),
        ("2026-12-01 18:00 Mars/Olympus", "no time zone 'Mars/Olympus'"),
        ("2026-10-25 01:30", "twice, when clocks go back"),
        ("2026-03-29 01:30", "never, for clocks go forward"),
    ],
)
def test_a_time_that_nobody_can_mean_is_named(text, says):
    with pytest.raises(TimeError, match=says):
        moment(text, zone=LISBON, base=NOON)


def test_a_deadline_that_moves_is_seen_by_who_was_there_before(make_judge, monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    judge = make_judge()
    before = judge.event.config.closes
    told = asked(judge.event, "set", "closes", "+1h", "--reason", "the network was down")
    assert told.exit_code == 0, told.output
    assert judge.event.config.closes == before + timedelta(hours=1)
    assert judge.event.first.closes == before
    assert judge.vault.confirmed("closes") == before + timedelta(hours=1)
    with judge.store.read() as session:
        (entry,) = [one for one in session.query(AuditEntry) if one.action == "setting changed"]
    assert entry.details == {
        "key": "closes",
        "old": before.isoformat(),
        "new": (before + timedelta(hours=1)).isoformat(),
        "who": "command line",
        "reason": "the network was down",
    }
    listed = asked(judge.event, "settings").output
    assert [line.split()[-2] for line in listed.splitlines() if " closes " in line] == ["changed"]


def test_settings_are_read_once_in_a_while_and_the_last_hold_while_they_cannot_be(make_judge):
    judge, at = make_judge(), [0.0]
    reads = []

    def reading():
        reads.append(at[0])
        if at[0] > 5:
            raise StoreBusy("somebody else writes")
        return judge.store.read()

    judge.event.follow(settings.followed(reading, clock=lambda: at[0]))
    with judge.store.write() as session:
        settings.change(session, judge.event, "name", "Second try", who="a test", reason="")
    at[0] = 2.0
    assert judge.event.config.name == "Second try"
    assert judge.event.config.name == "Second try"
    at[0] = 10.0
    assert judge.event.config.name == "Second try", "a store that cannot be read forgets nothing"
    assert reads == [2.0, 10.0]


def test_a_pause_takes_no_file_says_why_and_ends(make_judge, monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    judge = make_judge()
    team, file = add_team(judge), prediction_file(judge, noisy_answers(judge, 1))

    def send():
        with judge.store.read() as session:
            return receive(judge.event, judge.store, session.merge(team), "higgs.signal", file, filename="a.csv")

    assert asked(judge.event, "set", "paused", "the projector fell").exit_code == 0
    with pytest.raises(EventNotOpen, match="takes no files for now: the projector fell"):
        send()
    assert asked(judge.event, "set", "paused", "none").exit_code == 0
    assert send()["submission"]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("source", "real", "expected one of name, opens.*got 'source', which is fixed"),
        ("colour", "red", "expected one of .*got 'colour'$"),
        ("submissions_per_day", "0", "submissions_per_day: Input should be greater than or equal to 1, got '0'"),
        ("zone", "Mars/Olympus", "there is no time zone 'Mars/Olympus'"),
        ("closes", "2001-01-01", "the event must close after it opens"),
        ("closes", "soon", "expected a time such as"),
        ("public_url", "the big hall", "public_url: .*got 'the big hall'"),
    ],
)
def test_what_cannot_be_set_is_told_in_a_sentence_and_changes_nothing(make_judge, key, value, says):
    judge = make_judge()
    told = asked(judge.event, "set", key, value)
    assert isinstance(told.exception, (EventError, TimeError))
    assert re.search(says, str(told.exception)), str(told.exception)
    with judge.store.read() as session:
        assert settings.changed(session) == {}
        assert not [one for one in session.query(AuditEntry) if one.action == "setting changed"]


def test_the_judge_waits_for_the_close_that_was_set_on_its_own_side(make_judge, monkeypatch):
    """What a web that was taken over writes into the settings closes nothing sooner."""
    monkeypatch.setattr(settings, "FRESH", 0)
    judge = make_judge()
    judge.vault.confirm("closes", judge.event.config.closes)
    with judge.store.write() as session:
        settings.change(session, judge.event, "opens", "2020-01-01", who="a thief", reason="")
        settings.change(session, judge.event, "closes", "2020-01-02", who="a thief", reason="")
    worker.work(judge, once=True)
    with pytest.raises(EventError, match="the event closes at"):
        finals.finalize(judge, "higgs.signal")


def test_an_event_is_made_with_times_as_people_write_them(tmp_path):
    folder = tmp_path / "event"
    told = CliRunner().invoke(
        cli.app,
        [
            "init",
            str(folder),
            "--challenge",
            "higgs",
            "--opens",
            "2026-07-01",
            "--closes",
            "+2d",
            "--zone",
            "Europe/Lisbon",
        ],
        env={"COLUMNS": "300"},
    )
    assert told.exit_code == 0, told.output
    assert "open from Wednesday 01 July 2026 00:00 to Friday 03 July 2026 00:00 (Europe/Lisbon)" in told.output
    event = Event(folder)
    assert event.first.closes == datetime(2026, 7, 2, 23, tzinfo=UTC)
    store = open_store(event)
    assert event.config == event.first
    store.close()
    both = CliRunner().invoke(cli.app, ["init", str(tmp_path / "b"), "--closes", "+2d", "--days", "3"])
    assert "both say when it ends" in str(both.exception)


def test_an_event_of_real_data_without_files_is_made_of_what_can_be_fetched(tmp_path):
    told = CliRunner().invoke(cli.app, ["init", str(tmp_path / "event"), "--source", "real"], env={"COLUMNS": "200"})
    assert told.exit_code == 0, told.output
    assert Event(tmp_path / "event").config.challenges == ("higgs",)
    assert "left out: nobody has published checksums of the real files of exoplanet, lensing" in told.output
    assert "next: physathon fetch" in told.output
    refused = ["init", str(tmp_path / "other"), "--source", "real", "--challenge", "nmr", "--challenge", "higgs"]
    with pytest.raises(EventError, match="real files of nmr, so they are not fetched"):
        CliRunner().invoke(cli.app, refused, catch_exceptions=False)
    assert not (tmp_path / "other").exists()


def test_releases_brackets_and_limits_are_set_as_people_write_them(judge, monkeypatch):
    monkeypatch.setattr(settings, "FRESH", 0)
    config = judge.event.config
    for key, text in (
        ("releases.higgs", "+2h"),
        ("brackets", "students,  high  school"),
        ("largest_team", "5"),
        ("registration", "open"),
        ("freezes_at", "-1h"),
        ("banner", "Pizza at seven."),
    ):
        assert asked(judge.event, "set", key, text).exit_code == 0
    now = judge.event.config
    assert now.out_at("higgs") == config.opens + timedelta(hours=2)
    assert now.freezes_at == config.closes - timedelta(hours=1)
    assert (now.brackets, now.largest_team, now.registration, now.banner) == (
        ("students", "high school"),
        5,
        "open",
        "Pizza at seven.",
    )
    for key in ("releases.higgs", "brackets", "largest_team", "freezes_at", "banner"):
        assert asked(judge.event, "set", key, "none").exit_code == 0
    assert judge.event.config == config.model_copy(update={"registration": "open"})


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("releases", "+1h", "expected one of"),
        ("releases.nmr", "+1h", "no challenge 'nmr' to release"),
        ("brackets", "students, students", "different names"),
        ("largest_team", "0", "greater than or equal to 1"),
        ("registration", "sometimes", "'code', 'open' or 'closed'"),
        ("name.first", "x", "expected one of"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_sentence(judge, key, text, says):
    told = asked(judge.event, "set", key, text)
    assert says in str(told.exception), told.exception
    assert "\n" not in str(told.exception)
