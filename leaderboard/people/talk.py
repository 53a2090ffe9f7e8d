"""What organiser and teams say to each other: announcements, questions, answers, and answers that are given often."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Announcement, CannedAnswer, Member, Question, Team, Token

LONGEST, LONGEST_NAME = 2000, 40
"""Letters that a text, and the name of a canned answer, may have."""

QUESTIONS, EVERY = 5, timedelta(hours=1)
"""Questions that a team may ask within any such time."""

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters, what turns the direction of writing round, halves of characters."""


class TextRefused(EventError):
    """A text that says nothing, or too much."""


class TooManyQuestions(EventError):
    """More questions than a team may ask within an hour.

    Attributes
    ----------
    headers : dict
        ``Retry-After``: seconds until it may ask again.
    """

    def __init__(self, left: timedelta) -> None:
        seconds = max(1, int(left.total_seconds()) + 1)
        self.headers = {"Retry-After": str(seconds)}
        super().__init__(
            f"your team may ask {QUESTIONS} questions within an hour: ask again in {-(-seconds // 60)} min"
        )


@dataclass(frozen=True)
class Asked:
    """A question as others may read it: without who asked."""

    number: int
    track: str | None
    text: str
    to_all: bool


@dataclass(frozen=True)
class Message:
    """An announcement, or an answer with its question.

    Attributes
    ----------
    id : int
        Later ones have higher ids.
    at : datetime
    text : str
        What the organiser wrote: Markdown.
    question : Asked or None
        What this answers.
    asker : int or None
        The id of the team that asked, which is nobody else's business.
    """

    id: int
    at: datetime
    text: str
    question: Asked | None = None
    asker: int | None = None

    def is_for(self, team: int | None) -> bool:
        """Return whether a team, by its id, or somebody without one may read this."""
        return self.question is None or self.question.to_all or self.asker == team


def announce(session: Session, text: str) -> Announcement:
    """Tell everybody.

    Raises
    ------
    TextRefused
        If the text is empty or too long.
    """
    told = Announcement(text=clean(text), at=now())
    session.add(told)
    session.flush()
    audit(session, "announced", announcement=told.id, text=told.text)
    return told


def announcements(session: Session) -> list[Announcement]:
    """Return what was told to everybody, withdrawn or not, newest first."""
    told = select(Announcement).where(Announcement.question_id.is_(None))
    return list(session.scalars(told.order_by(Announcement.id.desc())))


def withdraw(session: Session, number: int) -> Announcement:
    """Take an announcement back, from pages and from those who have not read it.

    Raises
    ------
    EventError
        If there is none of that number, or it is withdrawn already.
    """
    told = session.get(Announcement, number)
    if told is None or told.question_id is not None:
        raise EventError(f"there is no announcement {number}")
    if told.withdrawn_at is not None:
        raise EventError(f"announcement {number} is withdrawn already")
    told.withdrawn_at = now()
    audit(session, "announcement withdrawn", announcement=number)
    return told


def version(session: Session) -> tuple[int | None, int]:
    """Return what changes with every announcement, answer, correction and withdrawal."""
    newest, withdrawn = session.execute(select(func.max(Announcement.id), func.count(Announcement.withdrawn_at))).one()
    return newest, withdrawn


def messages(session: Session) -> tuple[Message, ...]:
    """Return all announcements and answers that hold, to whomever they go, newest first."""
    told = select(Announcement).where(Announcement.withdrawn_at.is_(None)).order_by(Announcement.id.desc())
    return tuple(_message(one) for one in session.scalars(told))


def _message(told: Announcement) -> Message:
    asked = told.question
    if asked is None:
        return Message(told.id, told.at, told.text or "")
    question = Asked(asked.id, asked.track, asked.text, asked.to_all)
    return Message(told.id, told.at, asked.answer or "", question, asked.team_id)


def meant_for(team: int | None, told: Iterable[Message], *, after: int = 0) -> list[Message]:
    """Return those of some notices that a team, by its id, or somebody without one may read, after one that was read.

    Examples
    --------
    >>> moment = datetime(2026, 3, 1)
    >>> told = [Message(2, moment, "Yes.", Asked(1, None, "May we?", False), 7), Message(1, moment, "Hello")]
    >>> [[one.id for one in meant_for(*who)] for who in ((7, told), (8, told), (None, told))]
    [[2, 1], [1], [1]]
    """
    return [one for one in told if one.id > after and one.is_for(team)]


def mark_read(reader: Member | Token, number: int) -> None:
    """Note that a member, or whoever sends a token, has read everything up to an announcement."""
    reader.read_up_to = max(reader.read_up_to, number)


def ask(
    session: Session, event: Event, team: Team, text: str, *, track: str | None = None, member: Member | None = None
) -> Question:
    """Ask the organiser, about a track or at large.

    Raises
    ------
    TextRefused
        If the text is empty or too long.
    EventError, ChallengeError
        If there is no such track.
    TooManyQuestions
        If the team has asked too many within an hour.
    """
    text = clean(text)
    if track is not None:
        challenge, found = event.track(track)
        track = challenge.full_name(found)
    asked_at = now()
    recent = select(Question.asked_at).where(Question.team_id == team.id, Question.asked_at > asked_at - EVERY)
    times = session.scalars(recent.order_by(Question.asked_at.desc()).limit(QUESTIONS)).all()
    if len(times) == QUESTIONS:
        raise TooManyQuestions(times[-1] + EVERY - asked_at)
    question = Question(team_id=team.id, member_id=member and member.id, track=track, text=text, asked_at=asked_at)
    session.add(question)
    session.flush()
    return question


def questions_of(session: Session, team: Team) -> list[Question]:
    """Return what a team has asked, newest first."""
    return list(session.scalars(select(Question).where(Question.team_id == team.id).order_by(Question.id.desc())))


def questions(session: Session, *, unanswered: bool = False) -> list[Question]:
    """Return what all teams have asked, or what of it waits for an answer, oldest first."""
    asked = select(Question).order_by(Question.id)
    return list(session.scalars(asked.where(Question.answered_at.is_(None)) if unanswered else asked))


def count_unanswered(session: Session) -> int:
    """Return how many questions wait for an answer."""
    return session.scalars(select(func.count()).where(Question.answered_at.is_(None))).one()


def answer(session: Session, number: int, text: str, *, to_all: bool | None = None) -> Question:
    """Answer a question, or correct an answer: who may read it is told of it anew.

    Parameters
    ----------
    session : Session
    number : int
        The question's.
    text : str
    to_all : bool, optional
        Whether everybody may read question and answer, or its team alone; None leaves that as it is, at first its team.

    Raises
    ------
    EventError
        If there is no such question.
    TextRefused
        If the text is empty or too long.
    """
    question = session.get(Question, number)
    if question is None:
        raise EventError(f"there is no question {number}")
    old, question.answer, question.answered_at = question.answer, clean(text), now()
    question.to_all = question.to_all if to_all is None else to_all
    earlier = select(Announcement).where(Announcement.question_id == number, Announcement.withdrawn_at.is_(None))
    for told in session.scalars(earlier):
        told.withdrawn_at = now()
    session.add(Announcement(question_id=number, at=question.answered_at))
    action = "question answered" if old is None else "answer corrected"
    audit(session, action, question=number, old=old, new=question.answer, to_all=question.to_all)
    return question


def told_of(session: Session, question: Question) -> str:
    """Return what whoever answered a question is told of it."""
    whom = "everybody" if question.to_all else question.team.name
    return f"question {question.id} is answered to {whom}; {count_unanswered(session)} without an answer"


def canned_answers(session: Session) -> list[CannedAnswer]:
    """Return the answers that are given often, by name."""
    return list(session.scalars(select(CannedAnswer).order_by(CannedAnswer.name)))


def canned_answer(session: Session, name: str) -> CannedAnswer:
    """Return an answer that is given often, or raise EventError naming those that there are."""
    found = session.get(CannedAnswer, name)
    if found is None:
        names = ", ".join(one.name for one in canned_answers(session)) or "none"
        raise EventError(f"there is no canned answer {name!r}; there are: {names}")
    return found


def keep_canned(session: Session, name: str, text: str) -> CannedAnswer:
    """Keep an answer under a name, in place of what has that name.

    Raises
    ------
    TextRefused
        If the text is empty or too long, or the name is none.
    """
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise TextRefused(f"expected a name of at most {LONGEST_NAME} letters, got {name[:LONGEST_NAME]!r}")
    return session.merge(CannedAnswer(name=name, text=clean(text)))


def drop_canned(session: Session, name: str) -> None:
    """Drop an answer that was given often, or raise EventError where there is none of that name."""
    session.delete(canned_answer(session, name))


def clean(text: str) -> str:
    """Return a text as it is kept: without what cannot be seen and could harm a terminal or a line's direction.

    Raises
    ------
    TextRefused
        If it is empty or too long.

    Examples
    --------
    >>> clean(" May we use \\x1b[31mother data?\\r\\n")
    'May we use [31mother data?'
    """
    cleaned = UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not any(map(str.isprintable, cleaned)):
        raise TextRefused("expected a text, got none")
    if len(cleaned) > LONGEST:
        raise TextRefused(f"expected at most {LONGEST:,} letters, got {len(cleaned):,}")
    return cleaned
