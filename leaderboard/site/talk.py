"""HTTP: what is announced, asked and answered."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leaderboard.event import Event
from leaderboard.people import talk
from leaderboard.people.sessions import Visitor
from leaderboard.site import answers
from leaderboard.site.live import News
from leaderboard.site.paging import Paged
from leaderboard.store.database import Database
from leaderboard.store.tables import Member, Question, Team, Token

UNREAD = "Physathon-Unread"
"""The header that says, to whoever sent a token, how many announcements and answers it has not read."""

_STATE = "unread"


class Asking(BaseModel):
    """A question, about a track or at large."""

    model_config = ConfigDict(extra="forbid")

    text: str
    track: str | None = None


class TellsUnread:
    """An ASGI application whose answers to a token say what it has not read, whatever else they say.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def answer(message: Message) -> None:
            unread = scope.get("state", {}).get(_STATE)
            if message["type"] == "http.response.start" and unread:
                MutableHeaders(scope=message)[UNREAD] = str(unread)
            await send(message)

        await self.app(scope, receive, answer)


def unread(news: News, sender: Visitor) -> list[talk.Message]:
    """Return what whoever sent a token has not read, newest first."""
    reader = sender.member or sender.token
    return talk.meant_for(_team(sender).id, news.now(), after=reader.read_up_to if reader else 0)


def note_unread(request: Request, news: News, sender: Visitor) -> None:
    """Let the answer to a request say what its sender has not read."""
    setattr(request.state, _STATE, len(unread(news, sender)))


def serve_talk(
    api: FastAPI,
    event: Event,
    store: Database,
    news: News,
    *,
    caller: Callable[..., Visitor],
    patiently: Callable[..., Awaitable[Any]],
) -> None:
    """Add to an API what is announced, asked and answered.

    Parameters
    ----------
    api : FastAPI
    event : Event
    store : Database
    news : News
    caller : callable
        The dependency that tells by its token who sent a request, or refuses it.
    patiently : callable
        Runs a function that may have to wait.
    """
    Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
    Sender = Annotated[Visitor, Depends(caller)]

    def known(request: Request, bearer: Bearer) -> Visitor | None:
        return caller(request, bearer) if bearer else None

    @api.get("/announcements", response_model=answers.Announcements, response_model_exclude_unset=True)
    def show_announcements(sender: Annotated[Visitor | None, Depends(known)], page: Paged) -> dict:
        """What was announced, and answered to all; with a token also what was answered to its team alone."""
        told = page.of_newest(talk.meant_for(_team(sender).id if sender else None, news.now()), lambda one: one.id)
        if sender is None:
            return {"announcements": [_message(one) for one in told]}
        new = unread(news, sender)
        return {"announcements": [_message(one) | {"unread": one in new} for one in told]}

    def read(sender: Visitor, number: int) -> answers.Unread:
        told = talk.meant_for(_team(sender).id, news.now())
        if number not in (one.id for one in told):
            raise HTTPException(404, f"there is no announcement {number}")
        with store.write() as session:
            reader = _reader(session, sender)
            talk.mark_read(reader, number)
        return answers.Unread(unread=sum(one.id > reader.read_up_to for one in told))

    @api.post("/announcements/{number}/read")
    async def mark_read(number: Annotated[int, Path(ge=1, lt=2**63)], sender: Sender) -> answers.Unread:
        """Note that everything up to an announcement has been read."""
        return await patiently(read, sender, number)

    @api.get("/questions")
    def my_questions(sender: Sender, page: Paged) -> list[answers.Question]:
        """The team's own questions, the newest first."""
        with store.read() as session:
            asked = talk.questions_of(session, _team(sender))
            return [_question(one) for one in page.of_newest(asked, lambda one: one.id)]

    def asked(sender: Visitor, asking: Asking) -> answers.Question:
        with store.write() as session:
            return _question(
                talk.ask(session, event, _team(sender), asking.text, track=asking.track, member=sender.member)
            )

    @api.post("/questions", status_code=201)
    async def ask(asking: Asking, sender: Sender) -> answers.Question:
        """Ask the organiser."""
        return await patiently(asked, sender, asking)

    api.add_middleware(TellsUnread)


def _reader(session: Session, sender: Visitor) -> Member | Token:
    if sender.member:
        return session.get_one(Member, sender.member.id)
    assert sender.token is not None, "programs come by a token"
    return session.get_one(Token, sender.token.sha256)


def _team(sender: Visitor) -> Team:
    assert sender.team is not None, "a token is a team's"
    return sender.team


def _message(one: talk.Message) -> dict[str, Any]:
    asked = one.question and {
        "number": one.question.number,
        "track": one.question.track,
        "text": one.question.text,
        "to_all": one.question.to_all,
    }
    return {"id": one.id, "at": one.at, "text": one.text, "question": asked}


def _question(question: Question) -> answers.Question:
    return answers.Question(
        number=question.id,
        track=question.track,
        text=question.text,
        asked_at=question.asked_at,
        answer=question.answer,
        answered_at=question.answered_at,
        to_all=question.to_all,
    )
