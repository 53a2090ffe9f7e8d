"""What becomes of the bodies of uploads: on disk, within limits, one a team, and gone afterwards."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request

from leaderboard.site import spool as spools
from leaderboard.site.multipart import ENVELOPE
from leaderboard.site.spool import DiskFull, Spool, UploadInFlight, UploadTooLarge, UploadTooSlow

LIMIT = 1000


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "uploads")


def request(*parts: bytes | None, length: int | None = None, asked: list | None = None, kind: bytes = b"") -> Request:
    """Return a request whose body comes in parts; None stands for a sender that falls silent."""
    messages = [
        {"type": "http.request", "body": part, "more_body": True} if part is not None else None for part in parts
    ]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        if asked is not None:
            asked.append(1)
        message = messages.pop(0)
        if message is None:
            await asyncio.sleep(60)
        return message

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    headers += [(b"content-type", kind)] if kind else []
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def taken(spool: Spool, upload: Request, team: int = 1) -> bytes:
    async def take():
        async with spool.take(upload, team, LIMIT) as path:
            return path.read_bytes()

    return asyncio.run(take())


def left(spool: Spool) -> list:
    return list(spool.folder.iterdir())


def test_a_body_lies_in_a_closed_folder_while_it_is_looked_at(spool):
    assert taken(spool, request(b"id,", b"score\n", length=9)) == b"id,score\n"
    assert left(spool) == []
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_what_was_left_by_the_process_before_is_gone(spool):
    (spool.folder / "old").write_bytes(b"x")
    assert left(Spool(spool.folder)) == []


def test_only_its_own_team_finds_a_kept_file_until_it_is_dropped(spool):
    async def keep(team):
        async with spool.take(request(b"x"), team, LIMIT) as path:
            return spool.keep(path, team, "a.csv")

    kept = asyncio.run(keep(1))
    assert spool.find(kept.id, 1).path.read_bytes() == b"x"
    assert spool.find(kept.id, 2) is None
    others = [asyncio.run(keep(1)).id for _ in range(spools.KEPT)]
    assert spool.find(kept.id, 1) is None
    assert len(left(spool)) == spools.KEPT
    for id in [*others, *others]:
        spool.drop(id)
    assert left(spool) == []


@pytest.mark.parametrize("length", [LIMIT + 1, None, 1])
def test_a_body_beyond_the_limit_is_refused_and_not_read_on(spool, length):
    asked = []
    with pytest.raises(UploadTooLarge, match="expected at most 1,000 bytes"):
        taken(spool, request(*[b"x" * 400] * 10, length=length, asked=asked))
    assert len(asked) == (0 if length and length > LIMIT else 3)
    assert left(spool) == []


def test_a_body_of_exactly_the_limit_is_taken(spool):
    assert len(taken(spool, request(b"x" * LIMIT, length=LIMIT))) == LIMIT


HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
FORM, END = {"kind": b"multipart/form-data; boundary=x"}, b"\r\n--x--\r\n"


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_of_a_form_the_file_alone_is_kept_however_it_comes(spool, step):
    content = b"id,score\r\n--x\r\n-1\r" * 40
    content = content.replace(b"--x", b"--y")[:LIMIT]
    whole = HEAD + content + END
    parts = [whole[start : start + step] for start in range(0, len(whole), step)]
    assert taken(spool, request(*parts, **FORM)) == content
    assert left(spool) == []


def test_a_form_has_room_for_a_file_of_the_limit_and_little_more(spool):
    assert len(taken(spool, request(HEAD, b"x" * LIMIT, END, **FORM))) == LIMIT
    for parts in ((HEAD, b"x" * (LIMIT + 1), END), (HEAD, b"x", END, b"x" * (LIMIT + ENVELOPE))):
        with pytest.raises(UploadTooLarge, match="expected at most"):
            taken(spool, request(*parts, **FORM))
    assert left(spool) == []


def test_who_falls_silent_is_not_waited_for(spool, monkeypatch):
    monkeypatch.setattr(spools, "SECONDS", 0.01)
    with pytest.raises(UploadTooSlow):
        taken(spool, request(b"x", None))
    monkeypatch.undo()
    assert left(spool) == []
    assert taken(spool, request(b"x")) == b"x"


def test_who_hangs_up_leaves_nothing(spool):
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        taken(spool, Request({"type": "http", "method": "POST", "headers": []}, receive))
    assert left(spool) == []


def test_a_team_sends_one_file_at_a_time_and_another_team_does_not_wait_for_it(spool):
    async def race():
        async with spool.take(request(b"x"), 1, LIMIT):
            with pytest.raises(UploadInFlight):
                async with spool.take(request(b"y"), 1, LIMIT):
                    pass
            async with spool.take(request(b"y"), 2, LIMIT) as path:
                assert path.read_bytes() == b"y"

    asyncio.run(race())
    assert taken(spool, request(b"z")) == b"z"


def test_who_waits_for_a_turn_loses_no_time_by_it(tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "AT_ONCE", 1)
    monkeypatch.setattr(spools, "SECONDS", 0.05)
    spool = Spool(tmp_path / "uploads")

    async def queue():
        asked = []
        slow = [asyncio.create_task(take(team, request(b"x", None))) for team in (1, 2)]
        last = asyncio.create_task(take(3, request(b"y", asked=asked)))
        await asyncio.sleep(0)
        assert asked == []
        assert await asyncio.gather(*slow, return_exceptions=True) == [UploadTooSlow, UploadTooSlow]
        assert await last is None

    async def take(team, upload):
        try:
            async with spool.take(upload, team, LIMIT):
                return None
        except UploadTooSlow as error:
            return type(error)

    asyncio.run(queue())


def test_uploads_leave_the_rest_of_the_disk_to_the_event(spool, monkeypatch):
    free = spools.RESERVE + 5
    monkeypatch.setattr(spools.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert taken(spool, request(b"12345")) == b"12345"
    with pytest.raises(DiskFull, match="tell the organiser"):
        taken(spool, request(b"123456"))
    assert left(spool) == []
