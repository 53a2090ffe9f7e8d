"""A web process that ends while requests wait: each is told to come again, none that something broke."""

import asyncio
import json

import pytest
from starlette.types import Message

from leaderboard.site.problems import MEDIA_TYPE
from leaderboard.site.web import Ending


async def cut_off(application, kind: str = "http") -> list[Message]:
    """Cancel an application in the middle, as a server does that has waited long enough; return what it sent."""
    sent = []

    async def send(message: Message) -> None:
        sent.append(message)

    task = asyncio.ensure_future(Ending(application)({"type": kind}, asyncio.Event().wait, send))
    await asyncio.sleep(0)
    task.cancel("timeout graceful shutdown exceeded")
    try:
        await task
    except asyncio.CancelledError:
        sent.append({"type": "cancelled"})
    return sent


async def waits(_scope, receive, _send) -> None:
    await receive()


async def has_begun(_scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await receive()


def test_who_was_not_answered_is_told_to_send_the_same_again():
    start, body = asyncio.run(cut_off(waits))
    headers = dict(start["headers"])
    assert start["status"] == 503
    assert headers[b"retry-after"] == b"5"
    assert headers[b"content-type"] == MEDIA_TYPE.encode()
    assert "send the same again" in json.loads(body["body"])["detail"]


@pytest.mark.parametrize(("application", "kind"), [(has_begun, "http"), (waits, "websocket")])
def test_an_answer_that_has_begun_is_not_begun_anew(application, kind):
    sent = asyncio.run(cut_off(application, kind))
    assert sent[-1] == {"type": "cancelled"}
    assert [one["type"] for one in sent[:-1]] == (["http.response.start"] if kind == "http" else [])


def test_what_goes_well_is_left_alone():
    async def answers(_scope, _receive, send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def asked() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await Ending(answers)({"type": "http"}, asyncio.Event().wait, send)
        return sent

    assert [one["type"] for one in asyncio.run(asked())] == ["http.response.start", "http.response.body"]
